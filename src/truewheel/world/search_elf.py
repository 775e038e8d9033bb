"""Libraries as Linux systems' loaders search them: ld.so(8), and musl's ``ldso/dynlink.c``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from truewheel.world.ldconf import library_folders
from truewheel.world.places import Entry, Place, Surroundings, distinct, given_by, is_path, listed, named_in
from truewheel.world.trees import Root, is_plain

_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})(?=/|$)")
_LIB = re.compile(r"\$(?:LIB(?![A-Za-z0-9_])|\{LIB\})")
_LIB_WORDS = ("lib64", "lib")
_VARIABLE = "LD_LIBRARY_PATH"


class ElfFinder:
    """Given folders first, whatever a file says; then each system's run path, variable, and usual folders."""

    def __init__(self, around: Surroundings) -> None:
        # ld.so(8) takes colons and semicolons, and tokens, which are of the process that would be started.
        entries = re.split("[:;]", around.environment.get(_VARIABLE, ""))
        self._given = around.given
        folders = listed(entry for entry in entries if "$" not in entry)
        self._systems = tuple(_System(root, folders if root is around.host else ()) for root in around.roots)
        self.words: tuple[str, ...] = (_VARIABLE,) if folders else ()

    def paths(self, name: str, run_paths: tuple[str, ...], folder: str | None) -> Iterator[str]:
        """See `Finder`. Entries may begin with ``$ORIGIN`` and contain ``$LIB``; others lead nowhere if relative.

        A name with a slash isn't searched for (ld.so(8)): it is a path, and followed like an entry of a run path.
        """
        path, slash, file_name = name.rpartition("/")
        if file_name and is_plain(file_name):
            places = self._named((path or "/",), folder) if slash else self._searched(run_paths, folder)
            yield from filter(None, (place.file(file_name) for place in places))

    def matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """See `Finder`."""
        for place in (*self._given, *(place for system in self._systems for place in system.usual)):
            yield from place.matching(pattern)

    def _searched(self, run_paths: tuple[str, ...], folder: str | None) -> Iterator[Place]:
        asked = tuple(_entries(run_paths))
        yield from self._given
        yield from given_by(asked, folder, self._given)
        for system in self._systems:
            yield from named_in(system.root, asked, folder)
            yield from system.usual

    def _named(self, run_paths: tuple[str, ...], folder: str | None) -> Iterator[Place]:
        asked = tuple(_entries(run_paths))
        yield from given_by(asked, folder, self._given)
        for system in self._systems:
            yield from named_in(system.root, asked, folder)


class _System:
    """A root with libraries in the usual folders; `first` are those that come before them."""

    def __init__(self, root: Root, first: tuple[Place, ...]) -> None:
        self.root = root
        self._first = first

    @cached_property
    def usual(self) -> tuple[Place, ...]:
        """The folders in which every program of this system finds its libraries."""
        return (*self._first, *(Place(self.root, path) for path in library_folders(self.root)))


def _entries(run_paths: Iterable[str]) -> Iterator[Entry]:
    """What the entries of a run path mean (ld.so(8), "rpath token expansion"); ``$LIB`` means two folders.

    Relative entries lead to wherever a process happens to be, other tokens to what a loader knows: left out.
    """
    for text in distinct(run_paths):
        origin = _ORIGIN.match(text)
        path = text[origin.end() :] if origin else text
        if (origin or path.startswith("/")) and is_path(path):
            replaced = dict.fromkeys(_LIB.sub(word, path) for word in _LIB_WORDS)
            yield from (Entry(bool(origin), each) for each in replaced if "$" not in each)
