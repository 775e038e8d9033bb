"""From what goes out of an ELF file to the patch that leaves the rest.

Nothing that is loaded moves. Of the rest, what lies behind the last byte that must stay is put together there, the
table of sections last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from truewheel.binary.elf_edit_image import SHF_ALLOC, SHT_REL, SHT_RELA, Image, SectionHeader
from truewheel.binary.fields import LONGEST_PATH
from truewheel.binary.patch import Patch, Write
from truewheel.errors import BinaryError

Range: TypeAlias = tuple[int, int]
"""The offsets of the first byte, and of the one behind the last."""
HEADER, TABLE = -1, -2
"""The numbers of what takes bytes and is no section: headers, and the table of sections."""
SHT_NULL = 0
_SHF_INFO_LINK = 0x40
_ALIGNED = 64  # zeros between two sections that are no more than their alignment
_MOST_ALIGNED = 1 << 12  # what isn't loaded gains by no larger alignment


class Extent(NamedTuple):
    """Bytes of the file that belong together, and the index of their section, or one of the numbers above."""

    start: int
    end: int
    section: int


@dataclass(frozen=True, slots=True)
class Work:
    """A file that has something to strip.

    ``gone`` are the sections that go, ``extents`` all that takes bytes, in the order of the file and apart from each
    other; ``segments`` the ranges that program headers name, in order and apart; ``end`` is the offset up to which
    everything stays in its place. ``names`` are the bytes of the section with the names.
    """

    image: Image
    gone: frozenset[int]
    extents: tuple[Extent, ...]
    segments: tuple[Range, ...]
    end: int
    names: bytes

    def stays(self, extent: Extent) -> bool:
        """Whether something keeps its place. What is written anew does only where no segment has its bytes."""
        if extent.section in (TABLE, self.image.names_section) and self.outside(extent) != [extent[:2]]:
            return False
        return extent.start < self.end

    def outside(self, extent: Extent) -> list[Range]:
        """The parts of an extent that are in no segment, and have something behind them that stays."""
        position, stop = extent.start, min(extent.end, self.end)
        index = max(0, bisect_right(self.segments, (position, position)) - 1)
        found = []
        while position < stop:
            low, high = self.segments[index] if index < len(self.segments) else (stop, stop)
            if low > position:
                found.append((position, min(low, stop)))
            position, index = max(position, high), index + 1
        return found


class _Piece(NamedTuple):
    """What gets a new place: its section or `TABLE`, its bytes and their alignment."""

    section: int
    data: bytes
    alignment: int


class _Places(NamedTuple):
    """Where pieces go, and the range that holds them all."""

    offsets: dict[int, int]
    block: Range


def stripped(work: Work) -> Patch:
    """What makes a stripped file of the first `work.end` bytes.

    Raises `BinaryError` for damaged names, and where nothing would be gained.
    """
    image = work.image
    numbers = _numbers(work)
    names, starts = _squeezed(work.names, (image.sections[index].name for index in numbers))
    table = bytes((max(numbers.values()) + 1) * image.records.section.size)
    pieces = tuple(_pieces(work, {image.names_section: names, TABLE: table}))
    holes = tuple(_holes(work))
    if not holes and all(extent.start < work.end for extent in work.extents if extent.section in work.gone):
        raise BinaryError("what would go takes no bytes, or is loaded with the rest")
    places = _places(pieces, max(holes, key=_length, default=(0, 0)), work.end)
    headers = _headers(work, numbers, starts, places.offsets)
    headers[numbers[image.names_section]] = headers[numbers[image.names_section]]._replace(size=len(names))
    new = {image.names_section: names, TABLE: b"".join(image.records.section.pack(*header) for header in headers)}
    body = _body(pieces, places, new)
    writes = [_file_header(work, numbers, places), *_anew(work, new, places), *_zeros(holes, places.block)]
    inside = places.block[0] < work.end
    if inside and body:
        writes.append(Write(places.block[0], body))
    tail = b"" if inside else body
    return Patch(work.end, tuple(sorted(writes)), work.end if tail else 0, tail, "strip")


def _holes(work: Work) -> Iterator[Range]:
    """What is free before the end; neighbours are one, with the zeros that align the second."""
    last: Range | None = None
    for extent in work.extents:
        free = work.outside(extent) if extent.section in work.gone else []
        if last and (not free or not _meet(work, last, free[0])):
            yield last
            last = None
        if last and free:
            free[0] = (last[0], free[0][1])
        yield from free[:-1]
        last = free[-1] if free else None
    if last:
        yield last


def _meet(work: Work, first: Range, second: Range) -> bool:
    gap = Extent(first[1], second[0], HEADER)
    near = gap.end - gap.start < _ALIGNED and not any(work.image.buffer[gap.start : gap.end])
    return near and (gap.start == gap.end or work.outside(gap) == [gap[:2]])


def _numbers(work: Work) -> dict[int, int]:
    """The new indexes of the sections that stay.

    Dynamic symbols hold the indexes of what is loaded, so these don't change: where a section goes before the last
    of them, its header stays, as SHT_NULL.
    """
    sections = work.image.sections
    last = max(index for index, section in enumerate(sections) if section.flags & SHF_ALLOC)
    stay = [index for index in range(len(sections)) if index <= last or index not in work.gone]
    return {old: new for new, old in enumerate(stay) if old not in work.gone}


def _squeezed(data: bytes, starts: Iterable[int]) -> tuple[bytes, dict[int, int]]:
    """A string table with nothing but the strings that begin at `starts`, and where these begin then.

    Strings that share their ends still do, so it is never longer than the other.
    """
    wanted = sorted({0, *starts})
    ends = [data.find(b"\0", start, start + LONGEST_PATH) + 1 for start in wanted]
    if not all(ends):
        raise BinaryError("the names of its sections are damaged")
    result, places, last = bytearray(), {}, 0
    for start, end in zip(wanted, ends, strict=True):
        result += data[max(start, last) : end]
        last = max(last, end)
        places[start] = len(result) - (end - start)
    return bytes(result), places


def _pieces(work: Work, new: Mapping[int, bytes]) -> Iterator[_Piece]:
    """What can't stay where it is, in the order of the file; the table comes last."""
    table = None
    for extent in work.extents:
        if extent.section in work.gone or extent.section == HEADER or work.stays(extent):
            continue
        if extent.section == TABLE:
            table = _Piece(TABLE, new[TABLE], work.image.layout.bits // 8)
            continue
        alignment = work.image.sections[extent.section].alignment
        sane = alignment if alignment.bit_count() == 1 and alignment <= _MOST_ALIGNED else 1
        data = new.get(extent.section) or bytes(work.image.buffer[extent.start : extent.end])
        yield _Piece(extent.section, data, sane)
    if table is not None:
        yield table


def _places(pieces: Iterable[_Piece], hole: Range, end: int) -> _Places:
    """In a hole that has room for all of them, else behind the end."""
    offsets: dict[int, int] = {}
    position = start = end
    for start, stop in (hole, (end, 0)):
        position = start
        for index, data, alignment in pieces:
            offsets[index] = position + -position % alignment
            position = offsets[index] + len(data)
        if position <= stop:
            break
    return _Places(offsets, (start, position))


def _headers(
    work: Work, numbers: Mapping[int, int], names: Mapping[int, int], offsets: Mapping[int, int]
) -> list[SectionHeader]:
    """The new table of sections."""
    headers = [SectionHeader(*([0] * len(SectionHeader._fields)))] * (max(numbers.values()) + 1)
    for old, new in numbers.items():
        header = work.image.sections[old]
        refers = header.flags & _SHF_INFO_LINK or header.type in (SHT_REL, SHT_RELA)
        # What takes no bytes may be said to lie where the file is no more.
        offset = header.offset if header.flags & SHF_ALLOC else min(header.offset, work.end)
        headers[new] = header._replace(
            name=names[header.name],
            offset=offsets.get(old, offset),
            link=numbers.get(header.link, 0),
            info=numbers.get(header.info, 0) if refers else header.info,
        )
    return headers


def _body(pieces: Iterable[_Piece], places: _Places, new: Mapping[int, bytes]) -> bytes:
    """The bytes of everything that gets a new place."""
    body = bytearray(_length(places.block))
    for index, data, _ in pieces:
        start = places.offsets[index] - places.block[0]
        body[start : start + len(data)] = new.get(index, data)
    return bytes(body)


def _file_header(work: Work, numbers: Mapping[int, int], places: _Places) -> Write:
    layout = work.image.layout
    fields = list(layout.fields.unpack(layout.codec.header, 16, "the ELF header"))
    fields[5] = places.offsets.get(TABLE, work.image.sections_at)
    fields[11:] = max(numbers.values()) + 1, numbers[work.image.names_section]
    return Write(16, layout.codec.header.pack(*fields))


def _anew(work: Work, new: Mapping[int, bytes], places: _Places) -> Iterator[Write]:
    """What is written anew where it was; it is no longer than before."""
    for start, end, index in work.extents:
        if index in new and index not in places.offsets:
            yield Write(start, new[index].ljust(end - start, b"\0"))


def _zeros(holes: Iterable[Range], block: Range) -> Iterator[Write]:
    """Zeros for what goes, but for the part of a hole that is used."""
    for start, stop in holes:
        free = block[1] if start == block[0] else start
        if free < stop:
            yield Write(free, bytes(stop - free))


def _length(extent: Range) -> int:
    return extent[1] - extent[0]
