"""Where a search for libraries leads: folders that were given, those of a run path, those of a whole system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH
from truewheel.world.ldconf import library_folders
from truewheel.world.trees import Folder, Root, is_spellable, within

_MOST_ENTRIES = 1024  # of one run path that are followed
_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})(?=/|$)")
_LIB = re.compile(r"\$(?:LIB(?![A-Za-z0-9_])|\{LIB\})")
_LIB_WORDS = ("lib64", "lib")


class Place(NamedTuple):
    """A folder to look in: `start` below `tree`. There may be none."""

    tree: Folder
    start: str = ""

    def file(self, name: str) -> str | None:
        """Where the regular file of that name really is, if this folder has one."""
        return self.tree.file(f"{self.start}/{name}")

    def matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """The regular files that a pattern means here: the path from this folder, and where each really is."""
        for path in self.tree.matching(pattern, self.start):
            real = self.tree.file(path)
            if real is not None:
                yield path[len(self.start) :].lstrip("/"), real

    def below(self, path: str) -> Place | None:
        """The place that a real path of this machine is, if that is this folder or lies in it."""
        rest = within(path, self.tree.place(self.start))
        return None if rest is None else Place(self.tree, f"{self.start}/{rest}")


class Entry(NamedTuple):
    """An entry of a run path, its tokens replaced: an absolute path, or one from the folder of who asks."""

    from_origin: bool
    path: str


def entries(run_paths: Iterable[str]) -> Iterator[Entry]:
    """What the entries of a run path mean (ld.so(8), "rpath token expansion"); ``$LIB`` means two folders.

    Relative entries lead to wherever a process happens to be, other tokens to what a loader knows: left out.
    """
    for text in islice(dict.fromkeys(run_paths), _MOST_ENTRIES):
        origin = _ORIGIN.match(text)
        path = text[origin.end() :] if origin else text
        if (origin or path.startswith("/")) and len(path) < LONGEST_PATH and is_spellable(path):
            replaced = dict.fromkeys(_LIB.sub(word, path) for word in _LIB_WORDS)
            yield from (Entry(bool(origin), each) for each in replaced if "$" not in each)


def given_by(asked: Iterable[Entry], folder: str | None, given: Iterable[Place]) -> Iterator[Place]:
    """Which entries of a run path lead to one of the `given` places, or below; `folder` is that of who asks."""
    places = tuple(given)
    for entry in asked:
        if not entry.from_origin:
            real = os.path.realpath(entry.path)
        elif folder is not None:
            real = os.path.realpath(f"{folder}/{entry.path}")
        else:
            continue
        yield from islice(filter(None, (place.below(real) for place in places)), 1)


class System:
    """A root with libraries in the usual folders; `first` are those that come before them."""

    def __init__(self, root: Root, first: Iterable[Place] = ()) -> None:
        self.root = root
        self._first = tuple(first)

    def named(self, asked: Iterable[Entry], folder: str | None) -> Iterator[Place]:
        """Where entries of a run path lead in this system; `folder` is, on this machine, that of who asks."""
        origin = None if folder is None else within(folder, self.root.path)
        for entry in asked:
            if not entry.from_origin:
                yield Place(self.root, entry.path)
            elif origin is not None:
                yield Place(self.root, f"{origin}/{entry.path}")

    @cached_property
    def usual(self) -> tuple[Place, ...]:
        """The folders in which every program of this system finds its libraries."""
        return (*self._first, *(Place(self.root, path) for path in library_folders(self.root)))
