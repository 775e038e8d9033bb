"""What an edit changes in a file, as a value: bytes written over it in place, and bytes behind its end.

An edit is worked out from the tables of a file, which are small; the file itself is copied once, when the patch
is applied. So a library of any size can be planned with from a mapped file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from truewheel.binary.fields import Buffer


class Write(NamedTuple):
    """Bytes that take the place of as many others from `offset` on, all of them inside of the file."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Patch:
    """The difference between two versions of a file of `source_size` bytes.

    ``writes`` don't overlap and are sorted by offset. ``cut`` bytes at the end of the source are left out: none of
    the writes lies there. ``tail`` is put behind the rest, which is filled with zeros up to ``tail_offset`` first
    (0 where there is no tail). ``way`` says in a word how room was made, for people who look into it; "" where
    nothing changes.
    """

    source_size: int
    writes: tuple[Write, ...] = ()
    tail_offset: int = 0
    tail: bytes = b""
    way: str = ""
    cut: int = 0

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.writes or self.tail or self.cut)

    @property
    def size(self) -> int:
        """The number of bytes of the patched file."""
        return self.tail_offset + len(self.tail) if self.tail else self.source_size - self.cut

    def applied(self, source: Buffer) -> bytearray:
        """The patched file, a new copy. `source` must be the very file that the patch was made for."""
        return self.onto(bytearray(source))

    def onto(self, copy: bytearray) -> bytearray:
        """The same, made of a copy that the caller does without."""
        for offset, data in self.writes:
            copy[offset : offset + len(data)] = data
        if self.cut:
            del copy[self.source_size - self.cut :]
        if self.tail:
            copy += bytes(self.tail_offset - len(copy))
            copy += self.tail
        return copy

    def head(self, start: bytes) -> bytes:
        """The first bytes of the patched file: as many as `start` has, which are the first of the other, or all."""
        return self.piece(start, 0, min(len(start), self.size))

    def piece(self, source: Buffer, start: int, end: int) -> bytes:
        """The bytes from `start` to `end` of the patched file, or as many as it has, without a copy of the rest."""
        kept = self.source_size - self.cut
        result = bytearray(source[start : min(end, kept)])
        if self.tail and end > kept:
            result += bytes(max(min(end, self.tail_offset) - max(start, kept), 0))
            result += self.tail[max(start - self.tail_offset, 0) : max(end - self.tail_offset, 0)]
        first = bisect_right(self.writes, start, key=attrgetter("offset")) - 1
        for index in range(max(first, 0), len(self.writes)):
            offset, data = self.writes[index]
            if offset >= end:
                break
            lower, upper = max(offset, start), min(offset + len(data), end)
            if lower < upper:
                result[lower - start : upper - start] = data[lower - offset : upper - offset]
        return bytes(result)


def merged_writes(source: Buffer, writes: Iterable[Write]) -> tuple[Write, ...]:
    """Writes in order, without those that change nothing; where two overlap, the later one wins.

    Neighbours become one. `source` is the file that they are meant for.
    """
    layers = sorted(enumerate(writes), key=lambda item: (item[1].offset, item[0]))
    result: list[tuple[int, bytearray]] = []
    groups: list[list[tuple[int, Write]]] = []
    end = -1
    for number, write in layers:
        if not write.data:
            continue
        if groups and write.offset <= end:
            groups[-1].append((number, write))
            end = max(end, write.offset + len(write.data))
        else:
            groups.append([(number, write)])
            end = write.offset + len(write.data)
    for group in groups:
        start = group[0][1].offset
        stop = max(write.offset + len(write.data) for _, write in group)
        data = bytearray(source[start:stop])
        for _, write in sorted(group, key=lambda item: item[0]):
            data[write.offset - start : write.offset - start + len(write.data)] = write.data
        if data != source[start:stop]:
            result.append((start, data))
    return tuple(Write(start, bytes(data)) for start, data in result)
