"""Bytes of no format that is known: where they begin to differ, and how many do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from truewheel.compare.context import Pair
from truewheel.compare.model import Difference, Kind, Line, Mark
from truewheel.compare.spans import common_head, common_tail, count_different
from truewheel.compare.traces import explain

_STRINGS: Final = re.compile(rb"[\t\x20-\x7e]{4,}").sub
_AROUND: Final = 256
_LARGEST_WINDOW: Final = 8 << 20
_ROW: Final = 16
_ROWS_BEFORE: Final = 1
_ROWS: Final = 6


def compare_bytes(pair: Pair) -> tuple[Difference, ...]:
    """Two runs of bytes; nothing where they are the same.

    They are explained where all strings that differ are, and nothing outside of strings differs.
    """
    left, right = pair.left, pair.right
    if left == right:
        return ()
    head = common_head(left, right)
    tail = common_tail(left, right, head)
    found = explain(left, right)
    lines = tuple(_rows(left, right, head))
    summary = _summary(left, right, head, tail)
    if not found.causes or (found.complete and _others(left, head, tail) == _others(right, head, tail) != b""):
        return (Difference("", Kind.CONTENT, summary, lines=lines, causes=found.causes),)
    inside = (
        Difference("strings", Kind.CONTENT, "some strings that differ are explained", causes=found.causes),
        Difference("other bytes", Kind.CONTENT, "no cause is known of the others"),
    )
    return (Difference("", Kind.CONTENT, summary, lines=lines, inside=inside),)


def _others(data: bytes, head: int, tail: int) -> bytes:
    """What differs on one side without the strings in it; empty where that is too much to look at."""
    start, end = max(0, head - _AROUND), len(data) - tail + _AROUND
    return _STRINGS(b"\0", data[start:end]) + b"." if end - start <= _LARGEST_WINDOW else b""


def _summary(left: bytes, right: bytes, head: int, tail: int) -> str:
    if len(left) == len(right):
        count = count_different(left, right)
        verb = "byte differs" if count == 1 else "bytes differ"
        return f"{count:,} {verb} of {len(left):,}, from offset {head:#x} to {len(left) - tail - 1:#x}"
    return (
        f"{len(left):,} bytes on the left, {len(right):,} on the right; "
        f"the first {head:,} and the last {tail:,} are the same"
    )


def _rows(left: bytes, right: bytes, at: int) -> Iterator[Line]:
    """Some rows of both sides around the first difference, as a hexdump has them; a row's number counts rows."""
    start = max(0, at // _ROW - _ROWS_BEFORE) * _ROW
    for row in range(start, start + _ROWS * _ROW, _ROW):
        number = row // _ROW + 1
        mine, theirs = left[row : row + _ROW], right[row : row + _ROW]
        if mine == theirs:
            if mine:
                yield Line(Mark.SAME, number, number, _dump(row, mine))
            continue
        if mine:
            yield Line(Mark.LEFT, number, None, _dump(row, mine))
        if theirs:
            yield Line(Mark.RIGHT, None, number, _dump(row, theirs))


def _dump(offset: int, data: bytes) -> str:
    letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
    return f"{offset:08x}  {data.hex(' '):<{3 * _ROW - 1}}  |{letters}|"
