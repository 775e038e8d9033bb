"""Lines side by side: which of the left belongs to which of the right, and which words of the two differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeAlias

from truewheel.compare.model import Line, Mark

Words: TypeAlias = "tuple[tuple[str, bool], ...]"
"""A line in pieces, each with whether it differs from the other side."""

_WORD: Final = re.compile(r"\w+|\s+|.", re.DOTALL)
_MOST_WORDS: Final = 160
_MOST_LINES: Final = 40
_LONGEST: Final = 1_000
_ALIKE: Final = 0.3


class Row(NamedTuple):
    """What stands side by side: a line of both, one of each, or one of a side alone. A gap is on the left alone."""

    left: Line | None
    right: Line | None


def paired(lines: Sequence[Line]) -> Iterator[Row]:
    """The lines of a unified difference, side by side."""
    run: dict[Mark, list[Line]] = {Mark.LEFT: [], Mark.RIGHT: []}
    for line in lines:
        if line.mark in run:
            if line.mark is Mark.LEFT and run[Mark.RIGHT]:
                yield from _changed(run)
            run[line.mark].append(line)
            continue
        yield from _changed(run)
        yield Row(line, None if line.mark is Mark.GAP else line)
    yield from _changed(run)


def _changed(run: dict[Mark, list[Line]]) -> Iterator[Row]:
    """A run of lines that went and of lines that came, each beside the one that it became; then the run is empty."""
    left, right = run[Mark.LEFT], run[Mark.RIGHT]
    if len(left) == len(right) or not left or not right or max(len(left), len(right)) > _MOST_LINES:
        for index in range(max(len(left), len(right))):
            yield Row(left[index] if index < len(left) else None, right[index] if index < len(right) else None)
    else:
        yield from _aligned(left, right)
    left.clear()
    right.clear()


def _aligned(left: list[Line], right: list[Line]) -> Iterator[Row]:
    """The pairing, in order, that puts lines beside those that they are most like."""
    # best[i][j] is what can be gained from left[i:] and right[j:].
    likeness = [[_likeness(one.text, other.text) for other in right] for one in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            best[i][j] = max(best[i + 1][j + 1] + likeness[i][j], best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(left) or j < len(right):
        both = i < len(left) and j < len(right)
        if both and likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            yield Row(left[i], right[j])
            i, j = i + 1, j + 1
        elif i < len(left) and (not both or best[i][j] == best[i + 1][j]):
            yield Row(left[i], None)
            i += 1
        else:
            yield Row(None, right[j])
            j += 1


def _likeness(left: str, right: str) -> float:
    """How much of two lines is the same at their ends: 0 for nothing worth a mention, to 1."""
    start, end = _ends(left[:_LONGEST], right[:_LONGEST])
    share = (start + end) / max(len(left), len(right), 1)
    return share if share >= _ALIKE else 0.0


def _ends(left: str, right: str) -> tuple[int, int]:
    """How many characters two texts share at the start, and how many then at the end."""
    most = min(len(left), len(right))
    start = next((index for index in range(most) if left[index] != right[index]), most)
    rest = most - start
    end = next((index for index in range(rest) if left[-1 - index] != right[-1 - index]), rest)
    return start, end


def words(left: str, right: str) -> tuple[Words, Words]:
    """The two lines in pieces, those marked that differ. Nothing is marked in lines that have little in common.

    Nor in longer ones than a page shows.
    """
    if max(len(left), len(right)) > _LONGEST:
        return _plain(left), _plain(right)
    ones, others = _WORD.findall(left), _WORD.findall(right)
    if max(len(ones), len(others)) > _MOST_WORDS:
        return _by_ends(left, right)
    matcher = SequenceMatcher(None, ones, others, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    same = sum(len("".join(ones[block.a : block.a + block.size])) for block in blocks)
    if same < _ALIKE * max(len(left), len(right)):
        return _plain(left), _plain(right)
    return (
        _pieces(ones, [(block.a, block.a + block.size) for block in blocks]),
        _pieces(others, [(block.b, block.b + block.size) for block in blocks]),
    )


def _pieces(found: list[str], same: list[tuple[int, int]]) -> Words:
    """The words, joined where neighbours are both the same or both not."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in [*same, (len(found), len(found))]:
        pieces += [("".join(found[at:start]), True), ("".join(found[start:end]), False)]
        at = end
    return tuple(piece for piece in pieces if piece[0])


def _by_ends(left: str, right: str) -> tuple[Words, Words]:
    """For long lines: what lies between a common start and a common end."""
    start, end = _ends(left, right)
    if start + end < _ALIKE * max(len(left), len(right)):
        return _plain(left), _plain(right)
    return _between(left, start, end), _between(right, start, end)


def _between(text: str, start: int, end: int) -> Words:
    stop = len(text) - end
    pieces = ((text[:start], False), (text[start:stop], True), (text[stop:], False))
    return tuple(piece for piece in pieces if piece[0])


def _plain(text: str) -> Words:
    return ((text, False),) if text else ()
