"""Globs for paths: what settings write to mean files of an archive, or of a project's folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final, NamedTuple, TypeAlias

from truewheel.errors import RequestError

_FOLDERS_KEPT: Final = 1_024
"""Of how many folders is remembered how far the globs got in them: names of one folder come one after another."""

_PIECE: Final = re.compile(
    r"\[(?P<not>!|(?!!))(?P<among>.[^\]]*)\]|(?P<star>\*)|(?P<any>\?)|(?P<open>\[)|(?P<one>.)", re.DOTALL
)
"""A character of a pattern, or what stands for one. A bracket that comes first is among those in brackets."""

_Fits: TypeAlias = Callable[[str], bool]
_Reached: TypeAlias = frozenset[int]
"""How many parts of a glob may have been used up, all possibilities."""


class Globs:
    """Some globs, each matched against the whole of a path with slashes; upper and lower case differ.

    ``*`` stands for any characters of one part, leading dots too, ``?`` for one of them, and ``[abc]``, ``[a-z]`` and
    ``[!abc]`` for one that is, or isn't, among those. ``**`` as a part of its own stands for any number of folders,
    none as well. A glob that matches a folder means all that is in it, at any depth: ``lib``, ``lib/`` and ``lib/**``
    are alike. So ``LICENSE`` is the one at the top, and ``**/LICENSE`` one anywhere.

    Raises `RequestError` for what can match nothing or has another meaning elsewhere: absolute paths, ``..``, ``.``,
    backslashes, empty parts, brackets without an end, and ``**`` with something beside it. Time grows with the length
    of a path times that of the globs, whatever is in them.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._globs = tuple(_Glob.of(pattern) for pattern in self.patterns)
        self._in = lru_cache(maxsize=_FOLDERS_KEPT)(self._walked)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def __repr__(self) -> str:
        return f"Globs({list(self.patterns)!r})"

    def match(self, name: str) -> bool:
        """Whether one of the globs means the file."""
        folder, _, file = name.rpartition("/")
        reached = self._in(folder or None)
        return any(glob.done(glob.after(at, file)) for glob, at in zip(self._globs, reached, strict=True))

    def reach(self, folder: str) -> bool:
        """Whether one of the globs may mean a file in a folder, or deeper; "" is the folder of all."""
        return any(self._in(folder or None))

    def idle(self, names: Iterable[str]) -> tuple[str, ...]:
        """The globs, as they were written, that mean none of the files."""
        seen = tuple(names) if self.patterns else ()
        return tuple(pattern for pattern in self.patterns if not any(map(Globs((pattern,)).match, seen)))

    def _walked(self, folder: str | None) -> tuple[_Reached, ...]:
        """How far each glob is at a folder; None is that of all."""
        parts = () if folder is None else folder.split("/")
        return tuple(_walk(glob, parts) for glob in self._globs)


def literal(path: str) -> str:
    """The glob that means a path, and no other that isn't below it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


class _Glob(NamedTuple):
    """A glob, part by part: what a part must fit, or None for any number of folders."""

    parts: tuple[_Fits | None, ...]

    @classmethod
    def of(cls, pattern: str) -> _Glob:
        """Read a pattern. Raises `RequestError`."""
        if problem := _fault(pattern):
            raise RequestError(f"{pattern!r} is no pattern for files: {problem[0]}", hint=problem[1])
        parts: list[str] = []
        for part in pattern.removesuffix("/").split("/"):
            if part != "**" or parts[-1:] != ["**"]:
                parts.append(part)
        return cls(tuple(None if part == "**" else _fitting(part) for part in parts))

    def start(self) -> _Reached:
        """What is used up before the first part of a path."""
        return self._from(0)

    def after(self, reached: _Reached, part: str) -> _Reached:
        """What is used up after one more part of the path."""
        if self.done(reached):
            return reached
        found: set[int] = set()
        for place in reached:
            fits = self.parts[place]
            if fits is None:
                found |= self._from(place)
            elif fits(part):
                found |= self._from(place + 1)
        return frozenset(found)

    def done(self, reached: _Reached) -> bool:
        """Whether the whole glob is used up: the path, and all that lies below it, is meant."""
        return len(self.parts) in reached

    def _from(self, place: int) -> _Reached:
        """A place, and the one behind the folders that may as well be none; two of these never stand together."""
        skips = place < len(self.parts) and self.parts[place] is None
        return frozenset({place, place + 1} if skips else {place})


def _walk(glob: _Glob, parts: Iterable[str]) -> _Reached:
    reached = glob.start()
    for part in parts:
        if not reached:
            break
        reached = glob.after(reached, part)
    return reached


# --- what is wrong with a pattern ----------------------------------------------------------------------------
def _fault(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a pattern, and what to do; None if nothing is."""
    if not pattern:
        return "it is empty", "`**` means all files"
    if "\\" in pattern:
        return "it has a backslash", "slashes separate folders, and in brackets a character stands for itself: [*]"
    if pattern.startswith("/") or re.match("[A-Za-z]:/", pattern):
        return "it is absolute", "paths start below the folder of all files, without a slash or a drive"
    faults = map(_fault_of_part, pattern.removesuffix("/").split("/"))
    return next(filter(None, faults), None)


def _fault_of_part(part: str) -> tuple[str, str] | None:
    if part in {"", ".", ".."}:
        return f"it has the part {part!r}", "name folders as a listing of the files does"
    if "**" in part and part != "**":
        return "`**` stands for whole folders", "between slashes, as in `**/*.txt`; within a part one `*` will do"
    for piece in _PIECE.finditer(part):
        if piece["open"]:
            return "a bracket has no end", "for the character itself write [[]"
        if piece["among"] and (backwards := next(_backwards(piece["among"]), "")):
            return f"the range {backwards} is empty", "the lower character comes first"
    return None


def _backwards(inside: str) -> Iterator[str]:
    return (f"{first}-{last}" for first, last in _ranges(inside) if first > last)


# --- one part ------------------------------------------------------------------------------------------------
def _fitting(part: str) -> _Fits:
    """What tells whether a part of a path fits a part of a glob."""
    pieces: list[str] = [""]
    for piece in _PIECE.finditer(part):
        if piece["star"]:
            pieces.append("")
        else:
            pieces[-1] += _single(piece)
    if not any(character in part for character in "*?["):
        return part.__eq__
    if len(pieces) == 1:
        return partial(_fits_whole, _compiled(pieces[0]))
    first, *middle, last = pieces
    return partial(_fits_pieces, _compiled(first), tuple(map(_compiled, middle)), _compiled(f"(?:{last})\\Z"))


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def _fits_whole(piece: re.Pattern[str], text: str) -> bool:
    return piece.fullmatch(text) is not None


def _fits_pieces(first: re.Pattern[str], middle: tuple[re.Pattern[str], ...], last: re.Pattern[str], text: str) -> bool:
    """Whether the text has the pieces between the stars, in their order: each where it comes first is soon enough.

    No piece has a choice of its length, so that nothing is ever tried twice.
    """
    found = first.match(text)
    for piece in middle:
        if found is None:
            return False
        found = piece.search(text, found.end())
    return found is not None and last.search(text, found.end()) is not None


def _single(piece: re.Match[str]) -> str:
    """A regular expression for exactly one character."""
    if piece["any"]:
        return "."
    if piece["one"]:
        return re.escape(piece["one"])
    ranges = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in _ranges(piece["among"]))
    return f"[{'^' if piece['not'] else ''}{ranges}]"


def _ranges(inside: str) -> Iterator[tuple[str, str]]:
    """What stands in brackets: the first and the last character of each range."""
    place = 0
    while place < len(inside):
        ranged = inside[place + 1 : place + 2] == "-" and place + 2 < len(inside)
        yield inside[place], inside[place + 2 if ranged else place]
        place += 3 if ranged else 1
