"""Where a search for libraries leads: folders that were given, those of a run path, those of a whole system.

How the three loaders search is written down next door: `ElfFinder`, `MachFinder` and `DllFinder`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, Protocol

from truewheel.binary.fields import LONGEST_PATH
from truewheel.world.trees import Folder, Root, is_absolute, is_spellable, within

_MOST_ENTRIES = 1024  # of one run path that are followed


class Place(NamedTuple):
    """A folder to look in: `start` below `tree`. There may be none."""

    tree: Folder
    start: str = ""

    def file(self, path: str) -> str | None:
        """Where the regular file at that path below this folder really is, if there is one."""
        return self.tree.file(f"{self.start}/{path}")

    def names(self) -> list[str]:
        """The names in this folder, of an enormous one some."""
        return self.tree.names(self.start)

    def matching(self, pattern: str, *, any_case: bool = False) -> Iterator[tuple[str, str]]:
        """The regular files that a pattern means here: the path from this folder, and where each really is."""
        for path in self.tree.matching(pattern, self.start, any_case=any_case):
            real = self.tree.file(path)
            if real is not None:
                yield path[len(self.start) :].lstrip("/"), real

    def below(self, path: str) -> Place | None:
        """The place that a real path of this machine is, if that is this folder or lies in it."""
        rest = within(path, self.tree.place(self.start))
        return None if rest is None else Place(self.tree, f"{self.start}/{rest}")


class Surroundings(NamedTuple):
    """What a repair may look at outside of the wheel.

    ``given`` are the folders that the user named, ``sysroot`` and ``host`` whole systems, None where they weren't
    asked for. ``environment`` is the host's, and empty without it; ``executable_path`` stands for dyld's token.
    """

    given: tuple[Place, ...] = ()
    sysroot: Root | None = None
    host: Root | None = None
    environment: Mapping[str, str] = {}
    executable_path: Place | None = None

    @property
    def roots(self) -> tuple[Root, ...]:
        """The systems, in the order of the search."""
        return tuple(root for root in (self.sysroot, self.host) if root is not None)


class Finder(Protocol):
    """How one kind of loader finds libraries."""

    def paths(self, name: str, run_paths: tuple[str, ...], folder: str | None) -> Iterator[str]:
        """Where files really are that could be the library `name`, best first; some more than once.

        `folder` is, on this machine, that of the file that asks; None for a member of the wheel.
        """

    def matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """The files that a name or a pattern means in the folders that every search asks: `Place.matching`."""

    words: tuple[str, ...]
    """What of the environment is looked at, for the sentence that says that something was not found."""


class Entry(NamedTuple):
    """An entry of a run path, its tokens replaced: an absolute path, or one from the folder of who asks."""

    from_origin: bool
    path: str


def distinct(run_paths: Iterable[str]) -> Iterator[str]:
    """The entries of a run path, each once; of one without measure, the first."""
    return islice(dict.fromkeys(run_paths), _MOST_ENTRIES)


def is_path(path: str) -> bool:
    """Whether the rest of an entry, behind its token, is a path that a system could be asked for."""
    return len(path) < LONGEST_PATH and is_spellable(path)


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


def named_in(root: Root, asked: Iterable[Entry], folder: str | None) -> Iterator[Place]:
    """Where entries of a run path lead in a system; `folder` is, on this machine, that of who asks."""
    origin = None if folder is None else within(folder, root.path)
    for entry in asked:
        if not entry.from_origin:
            yield Place(root, entry.path)
        elif origin is not None:
            yield Place(root, f"{origin}/{entry.path}")


def listed(folders: Iterable[str]) -> tuple[Place, ...]:
    """The folders that a variable of the environment lists. Relative ones depend on where somebody is: left out."""
    return tuple(Place(Folder(folder)) for folder in folders if is_absolute(folder))
