"""Where two runs of bytes or of letters part, found in pieces: at the speed of memory, and in hardly any of it."""

from __future__ import annotations

from typing import Final, TypeVar

_PIECE: Final = 1 << 16

Run = TypeVar("Run", bytes, str)


def common_head(left: Run, right: Run) -> int:
    """How many bytes or letters from the start are the same."""
    most = min(len(left), len(right))
    for start in range(0, most, _PIECE):
        end = min(start + _PIECE, most)
        if left[start:end] != right[start:end]:
            return _parting(left, right, start, end)
    return most


def _parting(left: Run, right: Run, low: int, high: int) -> int:
    """The first place from `low` on that differs, where one before `high` does."""
    while high - low > 1:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low


def common_tail(left: Run, right: Run, head: int = 0) -> int:
    """How many bytes or letters at the end are the same, those of a common `head` not counted again."""
    most = min(len(left), len(right)) - head
    for done in range(0, most, _PIECE):
        size = min(_PIECE, most - done)
        mine = left[len(left) - done - size : len(left) - done]
        theirs = right[len(right) - done - size : len(right) - done]
        if mine != theirs:
            return done + _meeting(mine, theirs)
    return most


def _meeting(left: Run, right: Run) -> int:
    """How many bytes or letters at the end are the same of two runs of one length that differ."""
    same, different = 0, len(left)
    while different - same > 1:
        middle = (same + different) // 2
        if left[len(left) - middle : len(left) - same] == right[len(right) - middle : len(right) - same]:
            same = middle
        else:
            different = middle
    return same


def count_different(left: bytes, right: bytes) -> int:
    """How many bytes differ, place by place, as far as both reach."""
    count = 0
    for start in range(0, min(len(left), len(right)), _PIECE):
        mine, theirs = left[start : start + _PIECE], right[start : start + _PIECE]
        size = min(len(mine), len(theirs))
        if mine[:size] != theirs[:size]:
            mixed = int.from_bytes(mine[:size], "little") ^ int.from_bytes(theirs[:size], "little")
            count += size - mixed.to_bytes(size, "little").count(0)
    return count
