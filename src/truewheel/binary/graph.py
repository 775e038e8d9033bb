"""Who needs whom inside a wheel: each library that a binary asks for, and the member that provides it.

The loaders' own rules come first (ld.so(8): DT_RPATH, DT_RUNPATH and ``$ORIGIN``; dyld(1): ``@loader_path``,
``@executable_path`` and ``@rpath``; Windows: the base name). Where they don't lead to a member, a member of the
same name and architecture still counts as the provider, because packages load libraries beforehand by their
path, and because it is the one that a repair has to point to; `Edge.how` tells the two apart.

Nothing here knows what a platform promises: libc is as external as any other library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile
from typing import NamedTuple, TypeAlias

from truewheel.binary.model import Dylib, Elf, Image, MachO, Pe, Slice, Wasm

_SCHEMES = {"platlib": "", "purelib": "", "scripts": "/scripts", "data": "/data", "headers": "/headers"}
_LINKABLE = (6, 8)  # MH_DYLIB, MH_BUNDLE; not objects, programs or debug symbols
_EXECUTE = 2
_APPLE_SYSTEM = ("/usr/lib/", "/System/")
_SYSTEM_FOLDER = re.compile(r"/+(usr/+(local/+)?)?(lib|lib64|lib32|libx32)(/+[\w-]+-linux-\w+)?/*")
_LONGEST_CHAIN = 12  # libraries found only through the run paths of their loader's loader's loader…
_MOST_FOLDERS = 256  # of the different ones in a run path; Bazel writes a hundred
_LONGEST_NAME = 4096  # PATH_MAX: no loader opens more


class Edge(NamedTuple):
    """One library that one member (one slice of it) asks for.

    ``provider`` is the member of the wheel that answers, or None. ``how`` says by which rule: "run-path" for
    the loader's own search, "soname" or "name" for a member that is merely called so, "" without a provider.
    ``strength`` is "" for what must be there when the file is loaded, "weak" for what may be absent, and
    "delayed" for what is loaded on first use.
    """

    member: str
    arch: str
    needed: str
    provider: str | None
    how: str
    strength: str = ""


@dataclass(frozen=True)
class Graph:
    """All edges of a wheel, sorted by member, architecture and name."""

    edges: tuple[Edge, ...]

    @cached_property
    def external(self) -> dict[str, tuple[str, ...]]:
        """The libraries that no member provides, each with the members that need it; weak needs don't count.

        DLL names are in lower case, as Windows compares them.
        """
        found: dict[str, set[str]] = {}
        for edge in self.edges:
            if edge.provider is None and edge.strength != "weak":
                found.setdefault(edge.needed, set()).add(edge.member)
        return {library: tuple(sorted(found[library])) for library in sorted(found)}

    @cached_property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """The ELF libraries that a member has the name of, though no run path leads to it, with who needs them."""
        found: dict[str, set[str]] = {}
        for edge in self.edges:
            if edge.how == "soname":
                found.setdefault(edge.needed, set()).add(edge.member)
        return {library: tuple(sorted(found[library])) for library in sorted(found)}

    @cached_property
    def loads(self) -> dict[str, tuple[Edge, ...]]:
        """The edges of each member that has any."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.member, []).append(edge)
        return {member: tuple(edges) for member, edges in found.items()}


def installed_path(member: str) -> str:
    """Where a member lands, relative to site-packages (PEP 427, the ``.data`` folder).

    What goes to the scripts, data and headers folders gets a root of its own (``/scripts/zig``), which no
    relative path leaves or enters: where these folders are is the installer's choice.
    """
    head, _, rest = member.partition("/")
    if not head.endswith(".data"):
        return member
    scheme, _, path = rest.partition("/")
    if scheme not in _SCHEMES or not path:
        return member
    root = _SCHEMES[scheme]
    return f"{root}/{path}" if root else path


def join(folder: str, relative: str) -> str | None:
    """`relative` seen from an installed folder, with ``.`` and ``..`` resolved; None where it leaves the root."""
    parts = folder.split("/") if folder else []
    floor = 2 if folder.startswith("/") else 0
    for part in relative.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif len(parts) > floor:
            parts.pop()
        else:
            return None
    return "/".join(parts)


def resolve(images: Mapping[str, Image]) -> Graph:
    """The graph of a wheel's native files, given by their member paths. The order of `images` has no meaning."""
    ordered = dict(sorted(images.items()))
    elves = {member: image for member, image in ordered.items() if isinstance(image, Elf)}
    machos = {member: image for member, image in ordered.items() if isinstance(image, MachO)}
    pes = {member: image for member, image in ordered.items() if isinstance(image, Pe)}
    wasms = {member: image for member, image in ordered.items() if isinstance(image, Wasm)}
    edges = [*_of_elves(elves), *_of_machos(machos), *_of_pes(pes), *_of_wasms(wasms)]
    return Graph(tuple(sorted(set(edges), key=lambda e: (e.member, e.arch, e.needed, e.strength))))


class _Index:
    """The candidates of one architecture: by the path they are installed to, and by the names they answer to.

    Paths are split into the name of the file and its folder; so are names, of which each folder keeps the first.
    A wheel may hold thousands of files of one name, so nothing here looks at all of them for one question.
    """

    def __init__(self) -> None:
        self.places: dict[str, dict[str, str]] = {}
        self.names: dict[str, dict[str, str]] = {}

    def add(self, member: str, names: Iterable[str]) -> None:
        """Take in a member, which must come behind those added before."""
        folder, _, file = installed_path(member).rpartition("/")
        self.places.setdefault(file, {})[folder] = member
        for name in set(names):
            self.names.setdefault(name, {}).setdefault(_folder(member), member)

    def named(self, name: str, asking: str) -> str | None:
        """The candidate of that name: one in the folder of the asking member first, then the first by path."""
        candidates = self.names.get(name, {})
        return candidates.get(_folder(asking)) or next(iter(candidates.values()), None)

    def at(self, path: str | None) -> str | None:
        """The member that is installed to a path."""
        folder, _, file = (path or "").rpartition("/")
        return self.places.get(file, {}).get(folder)

    def searched(self, file: str, folders: Iterable[str | None]) -> str | None:
        """The member called `file` in the first of the folders that has one."""
        places = self.places.get(file, {})
        return next((places[folder] for folder in folders if folder in places), None)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _by_arch(candidates: Iterable[tuple[str, str, Iterable[str]]]) -> dict[str, _Index]:
    indexes: dict[str, _Index] = {}
    for arch, member, names in candidates:
        indexes.setdefault(arch, _Index()).add(member, names)
    return indexes


_Key: TypeAlias = tuple[str, str]
"""A member, and what it can be linked with."""


@dataclass(frozen=True)
class _Searcher:
    """One file of one architecture, as a dynamic loader sees it.

    ``arch`` names what may be linked with it. ``own`` are the folders it searches for itself; ``handed_down``
    those that hold for what it loads as well; ``inherits`` tells whether its own search goes on in the folders
    of those that load it.
    """

    member: str
    arch: str
    own: tuple[str, ...]
    handed_down: tuple[str, ...]
    inherits: bool


def _search(
    wants: Iterable[tuple[_Searcher, str]], find: Callable[[_Searcher, str, tuple[str, ...]], str | None]
) -> dict[tuple[str, str, str], str]:
    """The providers that run paths lead to: first through own folders, then through those of the loaders.

    A loader is known once its own edge is, so folders travel down one level in each round.
    """
    found: dict[tuple[str, str, str], str] = {}
    loaders: dict[_Key, list[_Searcher]] = {}
    inherited: dict[_Key, tuple[str, ...]] = {}
    pending = list(wants)
    for level in range(_LONGEST_CHAIN):
        left: list[tuple[_Searcher, str]] = []
        for searcher, name in pending:
            key = (searcher.member, searcher.arch)
            provider = find(searcher, name, inherited.get(key, ()) if level else searcher.own)
            if provider is None:
                left.append((searcher, name))
            else:
                found[(*key, name)] = provider
                loaders.setdefault((provider, searcher.arch), []).append(searcher)
        before, pending = inherited, [want for want in left if want[0].inherits]
        inherited = {key: _handed_down(above, before) for key, above in loaders.items()} if pending else {}
        if inherited == before:
            break
    return found


def _handed_down(loaders: Iterable[_Searcher], inherited: Mapping[_Key, tuple[str, ...]]) -> tuple[str, ...]:
    """The folders of those that load a file, and of those that load them, as far as that is known yet."""
    folders: dict[str, None] = {}
    for searcher in loaders:
        folders |= dict.fromkeys(searcher.handed_down)
        folders |= dict.fromkeys(inherited.get((searcher.member, searcher.arch), ()))
        if len(folders) >= _MOST_FOLDERS:
            break
    return tuple(folders)[:_MOST_FOLDERS]


def _distinct(folders: Iterable[str | None]) -> tuple[str, ...]:
    """The folders of a run path that are in the wheel, each once."""
    return tuple(islice(dict.fromkeys(folder for folder in folders if folder is not None), _MOST_FOLDERS))


# --- ELF -----------------------------------------------------------------------------------------------------
def _of_elves(elves: Mapping[str, Elf]) -> Iterator[Edge]:
    indexes = _by_arch((_elf_kind(elf), m, _elf_names(m, elf)) for m, elf in elves.items())
    searchers = {member: _elf_searcher(member, elf) for member, elf in elves.items()}

    def find(searcher: _Searcher, name: str, folders: tuple[str, ...]) -> str | None:
        return indexes[searcher.arch].searched(name, folders)

    wants = (
        (searchers[member], name)
        for member, elf in elves.items()
        for name in dict.fromkeys(elf.needed)
        if name in indexes[_elf_kind(elf)].names  # a file that isn't in the wheel needs no search
    )
    found = _search(wants, find)
    for member, elf in elves.items():
        for name in elf.needed:
            provider, how = found.get((member, _elf_kind(elf), name)), "run-path"
            if provider is None:
                provider, how = indexes[_elf_kind(elf)].named(name, member), "soname"
            yield Edge(member, elf.arch, name, provider, how if provider else "")


def _elf_kind(elf: Elf) -> str:
    """What the loader compares before it links two files: an armv5 library serves an armv7 program."""
    return f"{elf.machine}/{elf.bits}/{elf.little_endian}"


def _elf_names(member: str, elf: Elf) -> tuple[str, ...]:
    return (_base(member), elf.soname) if elf.soname else (_base(member),)


def _elf_searcher(member: str, elf: Elf) -> _Searcher:
    """DT_RUNPATH holds for the file alone and switches DT_RPATH off, its loaders' included (ld.so(8))."""
    folder = _folder(installed_path(member))
    if elf.runpath is not None:
        return _Searcher(member, _elf_kind(elf), _distinct(_elf_folders(folder, elf.runpath)), (), inherits=False)
    rpath = _distinct(_elf_folders(folder, elf.rpath or ()))
    return _Searcher(member, _elf_kind(elf), rpath, rpath, inherits=True)


def is_system_folder(entry: str) -> bool:
    """Whether a run path entry is a folder of the system's, where promised libraries are found."""
    return _SYSTEM_FOLDER.fullmatch(entry) is not None


def _elf_folders(folder: str, entries: Iterable[str]) -> Iterator[str | None]:
    """The folders of the wheel that run path entries mean; what doesn't begin with ``$ORIGIN`` is elsewhere.

    Behind a folder of the system's the order decides: a promised library is found there first.
    """
    for entry in takewhile(lambda entry: not is_system_folder(entry), entries):
        for origin in ("$ORIGIN", "${ORIGIN}"):
            rest = entry[len(origin) :]
            if entry.startswith(origin) and rest[:1] in {"", "/"}:
                yield from (join(folder, variant) for variant in _lib_variants(rest))


def _lib_variants(path: str) -> tuple[str, ...]:
    """``$LIB`` is lib or lib64, as the distribution likes it."""
    path = path.replace("${LIB}", "$LIB")
    return tuple(path.replace("$LIB", word) for word in ("lib64", "lib")) if "$LIB" in path else (path,)


# --- Mach-O --------------------------------------------------------------------------------------------------
def _of_machos(machos: Mapping[str, MachO]) -> Iterator[Edge]:
    slices = [(member, part) for member, image in machos.items() for part in image.slices]
    indexes = _by_arch((part.arch, m, _mach_names(m, part)) for m, part in slices if part.filetype in _LINKABLE)
    empty = _Index()

    def find(searcher: _Searcher, name: str, folders: tuple[str, ...]) -> str | None:
        within, _, file = name.removeprefix("@rpath/").rpartition("/")
        places = (join(folder, within) for folder in folders) if within else folders
        return indexes.get(searcher.arch, empty).searched(file, places)

    wants = (
        (searcher, name)
        for m, part in slices
        for searcher in (_mach_searcher(m, part),)
        for name in dict.fromkeys(dylib.name for dylib in part.dylibs)
        if name.startswith("@rpath/")
        and len(name) <= _LONGEST_NAME
        and _base(name) in indexes.get(part.arch, empty).names
    )
    found = _search(wants, find)
    for member, part in slices:
        index = indexes.get(part.arch, empty)
        for dylib in part.dylibs:
            provider = found.get((member, part.arch, dylib.name)) or _mach_relative(member, part, dylib, index)
            yield _mach_edge(member, part, dylib, provider, index)


def _mach_edge(member: str, part: Slice, dylib: Dylib, provider: str | None, index: _Index) -> Edge:
    how = "run-path"
    if provider is None and not dylib.name.startswith(_APPLE_SYSTEM):
        provider, how = index.named(_base(dylib.name), member), "name"
    strength = {"weak": "weak", "lazy": "delayed"}.get(dylib.kind, "")
    return Edge(member, part.arch, dylib.name, provider, how if provider else "", strength)


def _mach_names(member: str, part: Slice) -> tuple[str, ...]:
    return (_base(member), _base(part.install_name)) if part.install_name else (_base(member),)


def _mach_expand(member: str, part: Slice, path: str) -> str | None:
    """The place in the wheel that ``@loader_path`` or, in a program, ``@executable_path`` leads to."""
    head, _, rest = path.partition("/")
    if head == "@loader_path" or (head == "@executable_path" and part.filetype == _EXECUTE):
        return join(_folder(installed_path(member)), rest)
    return None


def _mach_searcher(member: str, part: Slice) -> _Searcher:
    """The loader searches ``@rpath`` in the run paths of the file and of the whole chain that loads it."""
    folders = _distinct(_mach_expand(member, part, rpath) for rpath in part.rpaths)
    return _Searcher(member, part.arch, folders, folders, inherits=True)


def _mach_relative(member: str, part: Slice, dylib: Dylib, index: _Index) -> str | None:
    return index.at(_mach_expand(member, part, dylib.name))


# --- PE and WebAssembly --------------------------------------------------------------------------------------
def _of_pes(pes: Mapping[str, Pe]) -> Iterator[Edge]:
    """Windows looks a DLL up by its base name, in any case; where it lies is up to the package."""
    indexes = _by_arch((pe.arch, member, (_base(member).lower(),)) for member, pe in pes.items())
    for member, pe in pes.items():
        for wanted in pe.imports:
            name = wanted.name.lower()
            provider = indexes[pe.arch].named(name, member)
            strength = "delayed" if wanted.delayed else ""
            yield Edge(member, pe.arch, name, provider, "name" if provider else "", strength)


def _of_wasms(wasms: Mapping[str, Wasm]) -> Iterator[Edge]:
    index = _Index()
    for member in wasms:
        index.add(member, (_base(member),))
    for member, wasm in wasms.items():
        for name in wasm.needed:
            provider = index.named(_base(name), member)
            yield Edge(member, wasm.arch, name, provider, "name" if provider else "")
