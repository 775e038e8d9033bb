"""Libraries as macOS's loader searches them: dyld(1), whose variables count on the host alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from truewheel.world.places import Entry, Place, Surroundings, distinct, given_by, is_path, listed, named_in
from truewheel.world.trees import Folder, Root, is_plain

_LOADER, _PROGRAM = "@loader_path", "@executable_path"
_FRAMEWORK = re.compile(r"(?:.*/)?(([^/]+)\.framework/(?:Versions/[^/]+/)?\2)")
# In each of them frameworks are looked for by what follows the folder, and libraries by the name of the file.
_FIRST = (("DYLD_FRAMEWORK_PATH", True), ("DYLD_LIBRARY_PATH", False))
_LAST = (
    ("DYLD_FALLBACK_FRAMEWORK_PATH", True, ("/Library/Frameworks", "/System/Library/Frameworks")),
    ("DYLD_FALLBACK_LIBRARY_PATH", False, ("/usr/local/lib", "/usr/lib")),
)


class _Usual(NamedTuple):
    """A folder in which every program finds its frameworks, or its libraries."""

    place: Place
    frameworks: bool


class _System(NamedTuple):
    """A root, and where its loader looks before and after it looks where an install name leads."""

    root: Root
    first: tuple[_Usual, ...]
    last: tuple[_Usual, ...]


class MachFinder:
    """Given folders first, then ``@executable_path``, then each system as dyld sees it.

    Of given folders the one to which a file's names and run paths lead comes before the others. A given
    folder may hold the whole tree of a framework or its library alone, so it is asked for both.
    """

    def __init__(self, around: Surroundings) -> None:
        self._given = around.given
        self._program = around.executable_path
        self._systems = tuple(_system(root, around.environment if root is around.host else {}) for root in around.roots)
        names = (*(name for name, _ in _FIRST), *(name for name, _, _ in _LAST))
        self.words: tuple[str, ...] = tuple(name for name in names if _listed(around.environment, name))

    def paths(self, name: str, run_paths: tuple[str, ...], folder: str | None) -> Iterator[str]:
        """See `Finder`. Entries that begin neither with a slash nor with one of the two tokens lead nowhere."""
        base = name.rpartition("/")[2]
        if base and is_plain(base) and is_path(name):
            yield from filter(None, self._found(name, base, run_paths, folder))

    def matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """See `Finder`."""
        usual = (each.place for system in self._systems for each in (*system.first, *system.last))
        for place in (*self._given, *usual):
            yield from place.matching(pattern)

    def _found(self, name: str, base: str, run_paths: tuple[str, ...], folder: str | None) -> Iterator[str | None]:
        # What stands before the name of the file belongs to each entry: dyld opens the two put together.
        head = name.rpartition("/")[0]
        asked = tuple(_entries(run_paths, _LOADER, head))
        # Two libraries may have one name: of those in given folders the one that is meant comes first.
        yield from (place.file(base) for place in given_by(asked, folder, self._given))
        if ".." not in name.split("/"):
            yield from (place.file(name) for place in self._given)
        yield from (place.file(base) for place in self._given)
        yield from (place.file(base) for place in self._beside_program(run_paths, head))
        framework = _FRAMEWORK.fullmatch(name)
        for system in self._systems:
            yield from _usual(system.first, framework and framework[1], base)
            yield from (place.file(base) for place in named_in(system.root, asked, folder))
            yield from _usual(system.last, framework and framework[1], base)

    def _beside_program(self, run_paths: tuple[str, ...], head: str) -> Iterator[Place]:
        """Where ``@executable_path`` leads: out of that folder too, but not out of the sysroot that it is in."""
        if self._program is not None:
            tree, start = self._program
            for entry in _entries(run_paths, _PROGRAM, head):
                if entry.from_origin:
                    path = f"{start}/{entry.path}"
                    yield Place(tree, path) if isinstance(tree, Root) else Place(Folder(f"{tree.path}/{path}"))


def _usual(folders: Iterable[_Usual], framework: str | None, base: str) -> Iterator[str | None]:
    for place, frameworks in folders:
        if framework or not frameworks:
            yield place.file(framework if framework and frameworks else base)


def _system(root: Root, environment: Mapping[str, str]) -> _System:
    """A fallback that the environment names takes the place of the usual one."""
    first = (_Usual(place, frameworks) for name, frameworks in _FIRST for place in _listed(environment, name))
    last = (
        _Usual(place, frameworks)
        for name, frameworks, usual in _LAST
        for place in _listed(environment, name) or (Place(root, path) for path in usual)
    )
    return _System(root, tuple(first), tuple(last))


def _listed(environment: Mapping[str, str], name: str) -> tuple[Place, ...]:
    return listed(environment.get(name, "").split(":"))


def _entries(run_paths: Iterable[str], token: str, head: str) -> Iterator[Entry]:
    """What the entries of a run path mean, with `head` behind them: those with the token, and absolute ones."""
    for text in distinct(run_paths):
        start, slash, path = text.partition("/")
        if start in {token, ""} and (slash or start) and is_path(text):
            yield Entry(bool(start), f"{path}/{head}" if start else f"{text}/{head}")
