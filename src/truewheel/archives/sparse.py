"""Sparse files of tars: holes, that are zeros, aren't stored. tar on macOS makes of some programs such ones unasked.

Source: GNU tar's manual, "Storing Sparse Files", PAX Format, Version 1.0, which libarchive writes too. The contents
begin with a list of numbers, one in a line, in whole blocks: how many pieces there are, and offset and size of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final

from truewheel.errors import ArchiveError, LimitError, Where
from truewheel.sdist import Slice
from truewheel.sdist.pax import GNU_SPARSE
from truewheel.sdist.tarentries import FILE, TarEntry
from truewheel.sdist.tarformat import padded
from truewheel.wheel import Buffer, Limits

_NUMBER: Final = re.compile(rb"([0-9]{1,18})\n")
_LONGEST_NUMBER: Final = 20
_MOST_PIECES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Sparse:
    """Content with holes: ``pieces`` are those that aren't, each with the offset at which it belongs."""

    size: int
    pieces: tuple[tuple[int, Slice], ...]

    def read(self) -> bytearray:
        """All bytes. Raises `LimitError` where they don't fit into memory."""
        return self._filled(self.size)

    def head(self, count: int) -> bytes:
        """The first `count` bytes, or fewer if there are no more."""
        return bytes(self._filled(min(count, self.size)))

    def _filled(self, size: int) -> bytearray:
        try:
            data = bytearray(size)
        except MemoryError:
            raise LimitError(f"a member of {size:,} bytes doesn't fit into memory") from None
        for offset, piece in self.pieces:
            if offset < size:
                with piece.view as view:
                    data[offset : offset + piece.size] = view[: size - offset]
        return data


def is_sparse(entry: TarEntry) -> bool:
    """Whether pax records say that the member has holes."""
    return any(key.startswith(GNU_SPARSE) for key, _ in entry.records)


def sparse_name(entry: TarEntry) -> bytes:
    """The true name of a sparse member; the header has one for readers that don't know such members."""
    name = dict(entry.records).get(f"{GNU_SPARSE}name", "")
    return name.encode("utf-8", "surrogateescape") or entry.name


def sparse_content(buffer: Buffer, entry: TarEntry, limits: Limits) -> Sparse:
    """What the member holds. Raises `ArchiveError` where its list isn't sound, and `LimitError` for too much."""
    where = Where(member=sparse_name(entry).decode("utf-8", "backslashreplace"), offset=entry.offset)
    records = dict(entry.records)
    size = records.get(f"{GNU_SPARSE}realsize", "")
    if (
        entry.kind != FILE
        or (records.get(f"{GNU_SPARSE}major"), records.get(f"{GNU_SPARSE}minor")) != ("1", "0")
        or not re.fullmatch("[0-9]{1,18}", size)
    ):
        raise ArchiveError(
            "the member is sparse in another way than version 1.0 of the pax format",
            where=where,
            hint="pack the archive without --sparse",
        )
    if int(size) > limits.member_size:
        raise limits.exceeded("member_size", f"the member has {int(size):,} bytes", where)
    pieces = _pieces(buffer, entry, where)
    ends = [0, *chain.from_iterable((offset, offset + piece.size) for offset, piece in pieces), int(size)]
    if ends != sorted(ends):
        raise ArchiveError(f"the pieces of the sparse member overlap, or reach beyond its {size} bytes", where=where)
    return Sparse(int(size), pieces)


def _pieces(buffer: Buffer, entry: TarEntry, where: Where) -> tuple[tuple[int, Slice], ...]:
    """What the list at the start of the contents says, which it has to say of all that follows."""
    numbers, length = _numbers(buffer, entry, where)
    at, found = entry.data_offset + padded(length), list[tuple[int, Slice]]()
    for offset, size in zip(numbers[::2], numbers[1::2], strict=True):
        found.append((offset, Slice(buffer, at, size)))
        at += size
    if at != entry.data_offset + entry.size:
        raise ArchiveError("the list of the sparse member's pieces isn't one of its contents", where=where)
    return tuple(found)


def _numbers(buffer: Buffer, entry: TarEntry, where: Where) -> tuple[list[int], int]:
    """The numbers of the list without the first, and how many bytes the list takes."""
    numbers: list[int] = []
    at, end, left = entry.data_offset, entry.data_offset + entry.size, 1
    with memoryview(buffer) as view:
        while left:
            match = _NUMBER.match(bytes(view[at : min(at + _LONGEST_NUMBER, end)]))
            if match is None or len(numbers) > 2 * _MOST_PIECES:
                raise ArchiveError("the sparse member has no sound list of its pieces", where=where)
            numbers.append(int(match[1]))
            left = left - 1 if len(numbers) > 1 else 2 * numbers[0]
            at += match.end()
    return numbers[1:], at - entry.data_offset
