"""Two texts as a unified difference: lines with their numbers, cut to what somebody reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Final

from truewheel.compare.alignment import Block, blocks
from truewheel.compare.model import Line, Mark
from truewheel.compare.spans import common_head

CONTEXT: Final = 3
"""Equal lines that are shown around those that differ."""
MOST_LINES: Final = 200
_LONGEST: Final = 240
_BEFORE: Final = 80
_MOST_BLOCK_LINES: Final = 40
"""Lines of one side of one block that are shown, so that a long one doesn't hide all that follow."""


def unified(left: Sequence[str], right: Sequence[str], first: tuple[int, int] = (1, 1)) -> tuple[Line, ...]:
    """The difference of two lists of lines, whose numbers begin with `first`; none where they are the same."""
    return render(left, right, blocks(left, right), first)


def render(
    left: Sequence[str], right: Sequence[str], found: Sequence[Block], first: tuple[int, int] = (1, 1)
) -> tuple[Line, ...]:
    """The lines of blocks and what stands around them, at most `MOST_LINES` and one that counts the rest."""
    told = list(islice(_lines(left, right, found, first), MOST_LINES))
    shown = sum(line.mark in {Mark.LEFT, Mark.RIGHT} for line in told)
    differing = sum(block.left_end - block.left + block.right_end - block.right for block in found)
    hidden = sum(_hidden(block) for block in found)
    if len(told) == MOST_LINES and shown + hidden < differing:
        told.append(Line(Mark.GAP, None, None, f"{differing - shown:,} more lines differ"))
    return tuple(told)


def clipped(text: str, at: int = 0) -> str:
    """A line that may be long: the window of it in which something differs `at` a place."""
    if len(text) <= _LONGEST:
        return text
    start = max(0, min(at - _BEFORE, len(text) - _LONGEST))
    end = start + _LONGEST
    before = f"({start:,} letters) … " if start else ""
    after = f" … ({len(text) - end:,} letters)" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}"


def _hidden(block: Block) -> int:
    """How many lines of a block are never shown."""
    sizes = (block.left_end - block.left, block.right_end - block.right)
    return sum(max(0, size - _MOST_BLOCK_LINES) for size in sizes)


def _lines(left: Sequence[str], right: Sequence[str], found: Sequence[Block], first: tuple[int, int]) -> Iterator[Line]:
    """All lines of a unified difference."""
    one, other = first
    shown_to = 0
    for index, block in enumerate(found):
        start = max(shown_to, block.left - CONTEXT)
        if start > shown_to:
            yield Line(Mark.GAP, None, None, f"{start - shown_to:,} lines are the same")
        offset = block.right - block.left
        for at in range(start, block.left):
            yield Line(Mark.SAME, at + one, at + offset + other, clipped(left[at]))
        yield from _block(left, right, block, first)
        after = found[index + 1].left if index + 1 < len(found) else len(left)
        shown_to = min(after, block.left_end + CONTEXT)
        offset = block.right_end - block.left_end
        for at in range(block.left_end, shown_to):
            yield Line(Mark.SAME, at + one, at + offset + other, clipped(left[at]))
    if shown_to < len(left):
        yield Line(Mark.GAP, None, None, f"{len(left) - shown_to:,} lines are the same")


def _block(left: Sequence[str], right: Sequence[str], block: Block, first: tuple[int, int]) -> Iterator[Line]:
    """What one block has on the left, then what it has on the right."""
    lefts, rights = left[block.left : block.left_end], right[block.right : block.right_end]
    places = [common_head(mine or "", theirs or "") for mine, theirs in zip_longest(lefts, rights)]
    for mark, lines, start in (
        (Mark.LEFT, lefts, block.left + first[0]),
        (Mark.RIGHT, rights, block.right + first[1]),
    ):
        for index, text in enumerate(lines[:_MOST_BLOCK_LINES]):
            number = start + index
            yield Line(
                mark,
                number if mark is Mark.LEFT else None,
                number if mark is Mark.RIGHT else None,
                clipped(text, places[index]),
            )
        if len(lines) > _MOST_BLOCK_LINES:
            side = "left" if mark is Mark.LEFT else "right"
            yield Line(Mark.GAP, None, None, f"{len(lines) - _MOST_BLOCK_LINES:,} more lines on the {side}")
