"""Traces of the machine that built a wheel: in the headers of native files, and in the bytes of what was generated.

Which members are searched for paths decides between use and noise. Native code and archives of it are, because
nobody types what stands there. Of everything else only files that build tools write are: SBOMs and other JSON
of the ``.dist-info`` folder, DELVEWHEEL, and the few generated descriptions that packages carry (``.la``,
``.pc``, ``__config__.py``). Sources, documentation, METADATA (the project's README) and test data name
``/home/you`` on purpose, and are left alone.

Both expressions begin with one literal byte, which `re` hands to memchr: 850 and 1000 MB/s on 180 MB of machine
code, where a sweep of `bytes.find` for each of twelve prefixes makes 120 MB/s, and a look-behind 22 MB/s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from truewheel.binary.fields import Buffer
from truewheel.binary.graph import installed_path, join
from truewheel.binary.model import Elf, Image, MachO, Pe, Slice

EXAMPLES: Final = 5
"""How many different traces of one member are told."""

_MATCH_LIMIT = 200_000  # a file made of nothing but paths doesn't hold the reader up for longer than this


@dataclass(frozen=True)
class Leak:
    """A trace of the build machine.

    ``kind`` is "run-path" (absolute), "escape" (a relative run path that leads out of site-packages),
    "install-name", "pdb" or "build-path". ``text`` is what stands in the file, ``count`` how often something
    below the same directory does, ``offset`` where the first of them is, if it was found by searching.
    """

    kind: str
    text: str
    message: str
    offset: int | None = None
    count: int = 1


# --- headers -------------------------------------------------------------------------------------------------
_ELF_DEFAULT = re.compile(r"/(?:usr/)?lib(?:32|64|x32)?(?:/[a-z0-9_]+-linux-[a-z0-9]+)?/*")
_APPLE_SYSTEM = ("/usr/lib", "/System")
NEUTRAL_NAMES: Final = ("/DLC/", "/usr/lib/", "/System/", "/Library/Frameworks/Python.framework/")
"""How absolute install names begin that are the same on all machines: delocate calls grafts ``/DLC/…``."""
_ABSOLUTE_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|[\\/]")
# Microsoft's own build machines: in the runtime DLLs that they allow to be passed on unchanged only.
_MICROSOFT_PDB = "d:\\a\\_work\\1\\s\\"


def header_leaks(image: Image, member: str = "") -> tuple[Leak, ...]:
    """What the headers of a native file tell of the build machine.

    With the `member` path, relative run paths are followed to see whether they leave site-packages. The
    loader's default folders are no finding: searching them again changes nothing.
    """
    found: Iterable[Leak] = ()
    if isinstance(image, Elf):
        found = _elf_leaks(image, member)
    elif isinstance(image, MachO):
        found = chain.from_iterable(_mach_leaks(part, member) for part in image.slices)
    elif isinstance(image, Pe):
        found = _pe_leaks(image)
    return tuple(dict.fromkeys(found))


def _elf_leaks(elf: Elf, member: str) -> Iterator[Leak]:
    for tag, entries in (("DT_RPATH", elf.rpath), ("DT_RUNPATH", elf.runpath)):
        for entry in entries or ():
            if entry.startswith("/"):
                if not _ELF_DEFAULT.fullmatch(entry):
                    yield Leak("run-path", entry, f"{tag} holds {entry}")
            elif not entry.startswith("$"):
                place = entry or "an empty entry"
                yield Leak("escape", entry, f"{tag} holds {place}, which is searched in the current directory")
            elif member and entry.startswith(("$ORIGIN", "${ORIGIN}")):
                yield from _escape(tag, entry, member)


def _mach_leaks(part: Slice, member: str) -> Iterator[Leak]:
    for rpath in part.rpaths:
        if rpath.startswith("/"):
            if not rpath.startswith(_APPLE_SYSTEM):
                yield Leak("run-path", rpath, f"LC_RPATH holds {rpath}")
        elif not rpath.startswith("@"):
            yield Leak("escape", rpath, f"LC_RPATH holds {rpath}, which is searched in the current directory")
        elif member and rpath.startswith("@loader_path"):
            yield from _escape("LC_RPATH", rpath, member)
    if part.install_name and part.install_name.startswith("/") and not part.install_name.startswith(NEUTRAL_NAMES):
        yield Leak("install-name", part.install_name, f"its install name is {part.install_name}")
    for name in (dylib.name for dylib in part.dylibs):
        if name.startswith("/") and not name.startswith(NEUTRAL_NAMES):
            yield Leak("install-name", name, f"it loads {name}")


def _escape(tag: str, entry: str, member: str) -> Iterator[Leak]:
    relative = entry.partition("/")[2]
    if join(installed_path(member).rpartition("/")[0], relative) is None:
        yield Leak("escape", entry, f"{tag} holds {entry}, which leads out of the folder of installed packages")


def _pe_leaks(pe: Pe) -> Iterator[Leak]:
    path = pe.pdb_path
    if path and _ABSOLUTE_WINDOWS.match(path) and not path.lower().startswith(_MICROSOFT_PDB):
        yield Leak("pdb", path, f"the debug directory names {path}")


# --- contents ------------------------------------------------------------------------------------------------
_NATIVE = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
    b"MZ",
    b"\0asm",
    b"!<arch>\n",
)
_GENERATED = re.compile(
    r"[^/]+\.dist-info/(?:sboms/.+|[^/]+\.json|DELVEWHEEL)"
    r"|(?:.+/)?(?:[^/]+\.(?:la|pc|prl)|__config__\.py|_sysconfigdata[^/]*\.py|_?build_info\.(?:py|json)"
    r"|compile_commands\.json)"
)
_TAIL = rb"""[^\x00-\x20"'`<>|*?;,()\[\]{}\x7f-\xff]"""
_SOURCE = rb"\.(?:rs|cc?|cpp|cxx|hh?|hpp|go|pyx?|f90|f|S|s|mm?|swift|zig|toml|so|dylib|o|a|lib|cmake)(?![\w-])"
# A look-ahead, so that the next path is found where strings follow each other without a gap, as Rust has them.
_REST = rb"(?=(?P<rest>" + _TAIL + rb"{0,200}))"
_POSIX = re.compile(
    rb"/(?:(?P<weak>(?:home|Users)/(?:user(?:name)?|you|me|foo|bar|alice|bob|joe|john|jdoe|name|Shared)/"
    rb"|root/|project/)"
    rb"|(?:host/)?(?:home|Users)/[\w.-]{1,64}/"
    rb"|(?:private/)?tmp/(?:pip-|build-env-|build-via-|cibw-|cibuildwheel|tmp[a-z0-9_]{8}/)"
    rb"|(?:private/)?var/folders/[\w+]{2}/"
    rb"|builddir/build/|opt/hostedtoolcache/|__w/[\w.-]{1,64}/|github/(?:home|workspace)/)" + _REST
)
_WINDOWS = re.compile(
    rb":(?P<bar>[\\/]{1,2})(?:Users[\\/]{1,2}(?!Public|Default|All)[\w.~-]{1,64}[\\/]"
    rb"|a[\\/]{1,2}(?!_work[\\/]{1,2}1)[\w.-]{1,64}[\\/]{1,2}|hostedtoolcache[\\/]|cibw[\\/])" + _REST
)
_TO_SOURCE = re.compile(rb".*?" + _SOURCE, re.DOTALL)
_SEPARATORS = re.compile(rb"[\\/]+")
_HIDDEN = re.compile(rb"/root/\.[a-z]")
_DRIVE = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z]:\Z")
_BREAK = re.compile(rb"[\x00-\x20\"'`<>()\[\]]")


def text_leaks(name: str, data: Buffer) -> tuple[Leak, ...]:
    """Directories of the build machine that a member names, at most `EXAMPLES` of them, with offsets.

    What lies below one directory (three levels deep) counts as one trace, told by its first example. Members
    that people write are not searched (see the module). Linear in the size of `data`.
    """
    if not (bytes(data[:8]).startswith(_NATIVE) or _GENERATED.fullmatch(name)):
        return ()
    first: dict[bytes, tuple[int, bytes]] = {}
    counts: dict[bytes, int] = {}
    for offset, path in chain(_posix_paths(data), _windows_paths(data)):
        root = b"/".join(_SEPARATORS.split(path, 4)[:4])
        first.setdefault(root, (offset, path))
        counts[root] = counts.get(root, 0) + 1
    chosen = sorted((offset, path, counts[root]) for root, (offset, path) in first.items())[:EXAMPLES]
    return tuple(_build_path(path, offset, count) for offset, path, count in chosen)


def _build_path(path: bytes, offset: int, count: int) -> Leak:
    """A trace, told by its path: up to the end of the first source file's name if there is one."""
    source = _TO_SOURCE.match(path)
    text = (source[0] if source else path).decode("ascii", "backslashreplace")
    times = "" if count == 1 else f" (and {count - 1} more below the same directory)"
    return Leak("build-path", text, f"it names {text}{times}", offset, count)


def _posix_paths(data: Buffer) -> Iterator[tuple[int, bytes]]:
    for match in islice(_POSIX.finditer(data), _MATCH_LIMIT):
        path, before = match[0] + match["rest"], bytes(data[max(0, match.start() - 120) : match.start()])
        scheme = _scheme(before)
        if (scheme and not scheme.endswith(b"file")) or _DRIVE.search(before):
            continue  # the path of a web address, or of a drive
        if match["weak"] and not (scheme or _HIDDEN.match(path) or _TO_SOURCE.match(path)):
            continue
        yield match.start(), path


def _windows_paths(data: Buffer) -> Iterator[tuple[int, bytes]]:
    for match in islice(_WINDOWS.finditer(data), _MATCH_LIMIT):
        before = bytes(data[max(0, match.start() - 2) : match.start() + 1])
        drive = before[-2:-1]
        # http://a/b has a letter before the colon too; with backslashes it is no web address.
        if drive.isalpha() and (b"\\" in match["bar"] or _DRIVE.search(before)):
            yield match.start() - 1, drive + match[0] + match["rest"]


def _scheme(before: bytes) -> bytes:
    """What stands before the ``://`` of the unbroken text at the end of `before`; empty if there is none."""
    scheme, mark, host = before.rpartition(b"://")
    return scheme if mark and not _BREAK.search(host) else b""
