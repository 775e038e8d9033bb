"""Who loads whom as dyld(1) has it: ``@loader_path``, ``@executable_path`` and ``@rpath``.

Run paths are those of the file and of the whole chain that loads it. The program of a process is known where the
wheel has it: its folder holds for what it loads, and for what that loads. What nothing leads to may be loaded already,
by whatever path: dyld takes an image whose install name is the one that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from truewheel.binary.graph_model import Edge
from truewheel.binary.graph_search import (
    LONGEST_NAME,
    Index,
    Key,
    Searcher,
    by_arch,
    distinct,
    file_of,
    folder_of,
    installed_path,
    join,
    search,
)
from truewheel.binary.model import MachO, Slice

_LINKABLE = (6, 8)  # MH_DYLIB, MH_BUNDLE; not objects, programs or debug symbols
_EXECUTE = 2
_SYSTEM = ("/usr/lib/", "/System/")
_NOT_OF_SYSTEM = "/System/Volumes/"  # where other disks are, and the part of this one that can be written to
_MOST_PROGRAMS = 16  # folders with programs that are told apart
_MOST_ROUNDS = 12  # libraries found only from the program of a library found only from its program…
_MOST_LOOKS = 1 << 16  # needs that are looked for in these rounds, all together
_STRENGTHS = {"weak": "weak", "lazy": "delayed"}

_Found: TypeAlias = dict[tuple[str, str, str], str]
_Programs: TypeAlias = Mapping[Key, tuple[str, ...]]


class _Part(NamedTuple):
    member: str
    part: Slice


def is_of_system(library: str) -> bool:
    """Whether an install name is one of the libraries that come with macOS, or iOS, and nowhere else."""
    return library.startswith(_SYSTEM) and not library.startswith(_NOT_OF_SYSTEM) and "/../" not in library


def of_machos(machos: Mapping[str, MachO]) -> Iterator[Edge]:
    """The edges of Mach-O files, slice by slice."""
    parts = [_Part(member, part) for member, image in machos.items() for part in image.slices]
    indexes = by_arch((part.arch, m, _names(m, part)) for m, part in parts if part.filetype in _LINKABLE)
    found = _found(parts, indexes)
    for member, part in parts:
        index = indexes.get(part.arch) or Index()
        for name, kind, *_ in part.dylibs:
            provider, how = found.get((member, part.arch, name)), "run-path"
            if provider is None and not is_of_system(name):
                provider, how = index.named(name, member) or index.named(file_of(name), member), "name"
            yield Edge(member, part.arch, name, provider, how if provider else "", _STRENGTHS.get(kind, ""))


def _found(parts: Iterable[_Part], indexes: Mapping[str, Index]) -> _Found:
    """The providers that the loader's rules lead to."""
    programs: _Programs = {
        (member, part.arch): (folder_of(installed_path(member)),) for member, part in parts if part.filetype == _EXECUTE
    }
    found = _searched(parts, indexes, programs)
    if programs and any(map(_asks_program, parts)):
        needs = sum(len(part.dylibs) for _, part in parts)
        for _ in range(min(_MOST_ROUNDS, max(1, _MOST_LOOKS // max(1, needs)))):
            before, found = found, _searched(parts, indexes, _programs(programs, found))
            if found == before:
                break
    return found


def _names(member: str, part: Slice) -> tuple[str, ...]:
    """What a library answers to: an install name whole, or the file's name in it."""
    own = part.install_name
    return (file_of(member), own, file_of(own)) if own else (file_of(member),)


def _asks_program(found: _Part) -> bool:
    part = found.part
    paths = (*part.rpaths, *(dylib.name for dylib in part.dylibs))
    return part.filetype != _EXECUTE and any(path.startswith("@executable_path") for path in paths)


def _searched(parts: Iterable[_Part], indexes: Mapping[str, Index], programs: _Programs) -> _Found:
    """The providers that the loader's rules lead to; `programs` are the folders of those that load a slice."""

    def find(searcher: Searcher, name: str, folders: tuple[str, ...]) -> str | None:
        path, _, file = name.rpartition("/")
        start, _, rest = path.partition("/")
        if start != "@rpath":
            places = _expanded(searcher.member, programs.get((searcher.member, searcher.arch), ()), path)
        else:
            places = (join(folder, rest) if rest else folder for folder in folders)
        return indexes[searcher.arch].searched(file, places)

    wants = (
        (searcher, name)
        for member, part in parts
        if part.arch in indexes
        for searcher in (_searcher(member, part, programs.get((member, part.arch), ())),)
        for name in dict.fromkeys(dylib.name for dylib in part.dylibs)
        if name.startswith("@") and len(name) <= LONGEST_NAME and file_of(name) in indexes[part.arch].names
    )
    return search(wants, find)


def _expanded(member: str, programs: Iterable[str], path: str) -> Iterator[str | None]:
    """The folders of the wheel that a path with ``@loader_path`` or ``@executable_path`` leads to."""
    start, _, rest = path.partition("/")
    if start == "@loader_path":
        yield join(folder_of(installed_path(member)), rest)
    elif start == "@executable_path":
        yield from (join(folder, rest) for folder in programs)


def _searcher(member: str, part: Slice, programs: tuple[str, ...]) -> Searcher:
    folders = distinct(folder for rpath in part.rpaths for folder in _expanded(member, programs, rpath))
    return Searcher(member, part.arch, folders, folders, inherits=True)


def _programs(programs: _Programs, found: _Found) -> _Programs:
    """The folders of the programs in whose processes each slice is loaded; of very many some."""
    loads: dict[Key, list[Key]] = {}
    for (member, arch, _), provider in found.items():
        loads.setdefault((member, arch), []).append((provider, arch))
    reached: dict[Key, tuple[str, ...]] = {}
    for folder in sorted({folder for folders in programs.values() for folder in folders})[:_MOST_PROGRAMS]:
        ahead = [key for key, folders in programs.items() if folder in folders]
        seen = set(ahead)
        while ahead:
            new = set(loads.get(ahead.pop(), ())) - seen
            seen |= new
            ahead += new
        for key in seen:
            reached[key] = (*reached.get(key, ()), folder)
    return {**reached, **programs}
