"""Who loads whom as ld.so(8) has it: DT_RPATH, DT_RUNPATH and ``$ORIGIN``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from truewheel.binary.graph_model import Edge
from truewheel.binary.graph_search import Searcher, by_arch, distinct, file_of, folder_of, installed_path, join, search
from truewheel.binary.model import Elf

_SYSTEM_FOLDER = re.compile(r"/+(usr/+(local/+)?)?(lib|lib64|lib32|libx32)(/+[\w-]+-linux-\w+)?/*")


def of_elves(elves: Mapping[str, Elf]) -> Iterator[Edge]:
    """The edges of ELF files."""
    indexes = by_arch((_kind(elf), m, _names(m, elf)) for m, elf in elves.items())
    searchers = {member: _searcher(member, elf) for member, elf in elves.items()}

    def find(searcher: Searcher, name: str, folders: tuple[str, ...]) -> str | None:
        return indexes[searcher.arch].searched(name, folders)

    wants = (
        (searchers[member], name)
        for member, elf in elves.items()
        for name in dict.fromkeys(elf.needed)
        if name in indexes[_kind(elf)].names  # a file that isn't in the wheel needs no search
    )
    found = search(wants, find)
    for member, elf in elves.items():
        for name in elf.needed:
            provider, how = found.get((member, _kind(elf), name)), "run-path"
            if provider is None:
                provider, how = indexes[_kind(elf)].named(name, member), "soname"
            yield Edge(member, elf.arch, name, provider, how if provider else "")


def _kind(elf: Elf) -> str:
    """What the loader compares before it links two files: an armv5 library serves an armv7 program."""
    return f"{elf.machine}/{elf.bits}/{elf.little_endian}"


def _names(member: str, elf: Elf) -> tuple[str, ...]:
    return (file_of(member), elf.soname) if elf.soname else (file_of(member),)


def _searcher(member: str, elf: Elf) -> Searcher:
    """DT_RUNPATH holds for the file alone and switches DT_RPATH off, its loaders' included (ld.so(8))."""
    folder = folder_of(installed_path(member))
    if elf.runpath is not None:
        return Searcher(member, _kind(elf), distinct(_folders(folder, elf.runpath)), (), inherits=False)
    rpath = distinct(_folders(folder, elf.rpath or ()))
    return Searcher(member, _kind(elf), rpath, rpath, inherits=True)


def is_system_folder(entry: str) -> bool:
    """Whether a run path entry is a folder of the system's, where promised libraries are found."""
    return _SYSTEM_FOLDER.fullmatch(entry) is not None


def _folders(folder: str, entries: Iterable[str]) -> Iterator[str | None]:
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
