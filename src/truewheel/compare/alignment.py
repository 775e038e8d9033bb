"""Which lines of two texts are the same: in time that grows with their number, whatever stands in them.

difflib takes cubic time at worst. Here lines that occur once on both sides are the anchors (patience diff, Bram
Cohen); what lies between two anchors is treated alike, and difflib sees only what is small by then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

_SMALL: Final = 64
"""Lines of one side that difflib may see."""
_DEEPEST: Final = 12


class Block(NamedTuple):
    """Lines that differ: those from ``left`` to ``left_end`` of one side stand where those of the other stand."""

    left: int
    left_end: int
    right: int
    right_end: int


def blocks(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[Block]:
    """The stretches in which two sequences differ, in order, with at least one equal item between each two."""
    found: list[Block] = []
    waiting = [(Block(0, len(left), 0, len(right)), 0)]
    while waiting:
        whole, depth = waiting.pop()
        block = _trimmed(left, right, whole)
        if block.left == block.left_end and block.right == block.right_end:
            continue
        if block.left == block.left_end or block.right == block.right_end:
            found.append(block)
            continue
        waiting.extend((part, depth + 1) for part in reversed(_parts(left, right, block, depth, found)))
    return _joined(found)


def _parts(
    left: Sequence[Hashable], right: Sequence[Hashable], block: Block, depth: int, found: list[Block]
) -> list[Block]:
    """What is to be looked at further in a block; where nothing is, its differences go to `found`."""
    if block.left_end - block.left <= _SMALL and block.right_end - block.right <= _SMALL:
        found += _small(left, right, block)
        return []
    anchors = _anchors(left, right, block) if depth < _DEEPEST else []
    if not anchors:
        found.append(block)
        return []
    starts = [(block.left, block.right), *((one + 1, other + 1) for one, other in anchors)]
    ends = [*anchors, (block.left_end, block.right_end)]
    return [
        Block(start[0], end[0], start[1], end[1])
        for start, end in zip(starts, ends, strict=True)
        if start[0] < end[0] or start[1] < end[1]
    ]


def _trimmed(left: Sequence[Hashable], right: Sequence[Hashable], block: Block) -> Block:
    """A block without what is the same at its two ends."""
    start, end, other, other_end = block
    while start < end and other < other_end and left[start] == right[other]:
        start += 1
        other += 1
    while start < end and other < other_end and left[end - 1] == right[other_end - 1]:
        end -= 1
        other_end -= 1
    return Block(start, end, other, other_end)


def _small(left: Sequence[Hashable], right: Sequence[Hashable], block: Block) -> list[Block]:
    matcher = SequenceMatcher(
        None, left[block.left : block.left_end], right[block.right : block.right_end], autojunk=False
    )
    return [
        Block(block.left + i, block.left + i_end, block.right + j, block.right + j_end)
        for tag, i, i_end, j, j_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _anchors(left: Sequence[Hashable], right: Sequence[Hashable], block: Block) -> list[tuple[int, int]]:
    """Places of lines that occur once on both sides: as many as stand in the same order on both."""
    counts = Counter(left[block.left : block.left_end])
    others = Counter(right[block.right : block.right_end])
    at = {
        right[index]: index
        for index in range(block.right, block.right_end)
        if others[right[index]] == 1 == counts.get(right[index], 0)
    }
    pairs = [(index, at[left[index]]) for index in range(block.left, block.left_end) if left[index] in at]
    return _rising(pairs)


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest run of the pairs, which rise on the left, that rises on the right too."""
    ends: list[int] = []
    indexes: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        position = bisect_left(ends, place)
        before.append(indexes[position - 1] if position else -1)
        if position == len(ends):
            ends.append(place)
            indexes.append(index)
        else:
            ends[position], indexes[position] = place, index
    chosen: list[tuple[int, int]] = []
    at = indexes[-1] if indexes else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _joined(found: list[Block]) -> list[Block]:
    """Blocks in order, those that touch made one."""
    result: list[Block] = []
    for block in sorted(found):
        last = result[-1] if result else None
        if last is not None and last.left_end == block.left and last.right_end == block.right:
            result[-1] = Block(last.left, block.left_end, last.right, block.right_end)
        else:
            result.append(block)
    return result
