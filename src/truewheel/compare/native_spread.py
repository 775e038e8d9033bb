"""Where two stretches of bytes differ, and by how much: what every comparer of native formats stands on.

Bytes are compared a chunk at a time, which is as fast as memory; only chunks that differ are looked into. An
exclusive or of large integers does the work of a loop in C.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_CHUNK = 1 << 18
_FINE = 1 << 12
_RUN = re.compile(rb"[^\0]+")


class Spread(NamedTuple):
    """How two stretches of bytes differ.

    ``first`` is the offset of the first byte that differs, or where the shorter one ends. ``number`` is the number of
    bytes that differ, None where the sizes do: then ``tail`` is the number of equal bytes at the end of both.
    """

    first: int
    number: int | None
    tail: int


def spread(left: memoryview, right: memoryview) -> Spread | None:
    """How the two differ; None if they don't."""
    first = common_start(left, right)
    if len(left) != len(right):
        return Spread(first, None, common_end(left, right, min(len(left), len(right)) - first))
    if first == len(left):
        return None
    return Spread(first, sum(len(xor) - xor.count(0) for _, xor in _differing(left, right, first)), 0)


def common_start(left: memoryview, right: memoryview) -> int:
    """How many bytes at the start of both are the same."""
    size = min(len(left), len(right))
    found = _first_unlike(left, right, 0, size, _CHUNK)
    found = _first_unlike(left, right, found, min(found + _CHUNK, size), _FINE)
    piece, other = bytes(left[found : found + _FINE]), bytes(right[found : found + _FINE])
    return found + next(
        (at for at, (a, b) in enumerate(zip(piece, other, strict=False)) if a != b), min(size - found, _FINE)
    )


def _first_unlike(left: memoryview, right: memoryview, start: int, end: int, step: int) -> int:
    """Where the first of the chunks of `step` bytes begins that differs, or the end."""
    chunks = ((at, min(at + step, end)) for at in range(start, end, step))
    return next((at for at, stop in chunks if bytes(left[at:stop]) != bytes(right[at:stop])), end)


def common_end(left: memoryview, right: memoryview, most: int) -> int:
    """How many bytes at the end of both are the same, `most` at most."""
    found = 0
    step = _CHUNK
    while found < most and step:
        take = min(step, most - found)
        a = bytes(left[len(left) - found - take : len(left) - found])
        if a == bytes(right[len(right) - found - take : len(right) - found]):
            found += take
        else:
            step = min(step, take) // 2
    return found


def runs(left: memoryview, right: memoryview) -> Iterator[tuple[int, int]]:
    """The runs of bytes that differ in two stretches of one size: start and end, in order."""
    for at, xor in _differing(left, right, 0):
        for match in _RUN.finditer(xor):
            yield at + match.start(), at + match.end()


def _differing(left: memoryview, right: memoryview, start: int) -> Iterator[tuple[int, bytes]]:
    """The chunks that differ from `start` on, each with its offset and the exclusive or of both sides."""
    for at, a, b in _unlike(left, right, start):
        both = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
        yield at, both.to_bytes(len(a), "little")


def _unlike(left: memoryview, right: memoryview, start: int) -> Iterator[tuple[int, bytes, bytes]]:
    """The chunks that differ from `start` on, each with its offset and both sides."""
    for at in range(start, len(left), _CHUNK):
        a, b = bytes(left[at : at + _CHUNK]), bytes(right[at : at + _CHUNK])
        if a != b:
            yield at, a, b
