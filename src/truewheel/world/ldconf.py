"""The folders in which a Linux system's loader looks for libraries, from its configuration, which is read as data.

Sources: ldconfig(8) and ``elf/ldconfig.c`` of glibc for ``ld.so.conf`` with its ``include`` and ``hwcap`` lines;
``ldso/dynlink.c`` of musl for ``ld-musl-ARCH.path``, folders with colons or line ends between them, and for its
three defaults; ld.so(8) and Debian's multiarch for the other defaults. ``ld.so.cache`` isn't read: it says no more
than the folders do, and may be of yesterday. Nor are the ``glibc-hwcaps`` folders: the libraries there are for
newer processors, and what goes into a wheel must run on every one that the tag admits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from truewheel.binary.fields import decoded
from truewheel.world.trees import Root, has_magic

_CONF = "etc/ld.so.conf"
_MUSL = "etc/ld-musl-*.path"
_LARGEST = 1 << 16  # bytes that are read of one file
_MOST_FILES = 256
_MOST_INCLUDES = 64
_DEEPEST = 8
_MOST_FOLDERS = 1024

_ARCHS = ("x86_64", "i386", "aarch64", "powerpc64le", "s390x", "riscv64", "loongarch64")
_TRIPLETS = (
    *(f"{arch}-linux-gnu" for arch in _ARCHS),
    "arm-linux-gnueabihf",
    *(f"{arch}-linux-musl" for arch in _ARCHS),
    "arm-linux-musleabihf",
)
_DEFAULTS = (
    *("lib", "usr/lib", "lib64", "usr/lib64", "usr/local/lib"),
    *(f"{folder}/{triplet}" for triplet in _TRIPLETS for folder in ("lib", "usr/lib")),
)


def library_folders(root: Root) -> tuple[str, ...]:
    """The folders of a system, as paths in its root with all links resolved: those that are there, each once.

    The configured ones come before the defaults. Where glibc has a configuration, musl is a guest, and its
    folders come last: a library of the same name there is for the guest's programs. Of a configuration without
    measure the first part counts.
    """
    ours, guests = list(_Configuration(root).folders()), list(_musl_folders(root))
    ordered = [*ours, *_DEFAULTS, *guests] if ours else [*guests, *_DEFAULTS]
    inside = (root.inside(path) for path in ordered if root.folder(path) is not None)
    return tuple(dict.fromkeys(path for path in inside if path is not None))


class _Configuration:
    """``ld.so.conf`` and what it includes; each file is read once, so that includes may run in circles."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._read: set[str] = set()
        self._includes = 0

    def folders(self) -> Iterator[str]:
        return islice(self._of_file(_CONF, 0), _MOST_FOLDERS)

    def _of_file(self, path: str, depth: int) -> Iterator[str]:
        inside = self._root.inside(path)
        if inside is None or inside in self._read or len(self._read) == _MOST_FILES:
            return
        self._read.add(inside)
        for line in _lines(self._root, inside):
            word, *rest = line.split(None, 1)
            if word == "include":
                if depth < _DEEPEST:
                    yield from self._included(path, " ".join(rest), depth)
            elif word != "hwcap" and line.startswith("/"):
                yield line

    def _included(self, path: str, patterns: str, depth: int) -> Iterator[str]:
        """The folders of the files that an ``include`` line names, relative to its own file.

        Only the last part may be a pattern: a search through the whole system is nobody's configuration.
        """
        for pattern in patterns.split():
            folder, _, files = pattern.rpartition("/")
            start = folder if pattern.startswith("/") else f"{path.rpartition('/')[0]}/{folder}"
            self._includes += 1
            if self._includes > _MOST_INCLUDES or has_magic(folder):
                return
            for found in self._root.matching(files, start):
                yield from self._of_file(found, depth + 1)


def _lines(root: Root, path: str) -> Iterator[str]:
    """The lines of a file that say something, without their comments."""
    for line in _start(root, path).split("\n"):
        said = line.partition("#")[0].strip()
        if said:
            yield said


def _start(root: Root, path: str) -> str:
    """The text of a file; of a large one the whole lines at its beginning."""
    data = root.read(path, _LARGEST + 1) or b""
    return decoded(data if len(data) <= _LARGEST else data[:_LARGEST].rpartition(b"\n")[0])


def _musl_folders(root: Root) -> Iterator[str]:
    found = islice(root.matching(_MUSL), _MOST_FILES)
    entries = (entry.strip() for path in found for entry in _start(root, path).replace("\n", ":").split(":"))
    return islice((entry for entry in entries if entry.startswith("/")), _MOST_FOLDERS)
