"""Where new bytes of an ELF file can be loaded from, and how the table of program headers gets an entry for them.

The table never moves: kernels before 5.18 and qemu take its address for granted, and ``strip`` ruins files where it
isn't behind the header. Ways to get along, in this order:

1. ``append``: the last segment, in file and memory alike, grows.
2. ``reuse``: a segment that an earlier editor made for the string table gives its entry.
3. ``gap``: there is unused room behind the table.
4. ``drop``: PT_PHDR goes, which loaders ask for in programs only.
5. ``extend``: the last segment grows, and its short rest of zeros (``.bss``) comes to stand in the file; only where
   there are no section headers, which would have to agree.
6. ``move``: the small tables behind it give way, and go along into the new segment.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from truewheel.binary.elf_edit_image import PF_X, PT_PHDR, SHT_DYNAMIC, SHT_STRTAB, Image, ProgramHeader
from truewheel.binary.elf_edit_spans import Span, placed, spans
from truewheel.binary.elf_edit_tables import Table
from truewheel.binary.elf_layout import PT_LOAD
from truewheel.errors import BinaryError

_LARGEST_BSS = 1 << 16
_LARGEST_PADDING = 1 << 16
_LARGEST_SEAM = 8  # bytes that align a table
_LEAD = 16  # bytes in front of what another segment begins with
_PAGES = {183: 0x10000, 21: 0x10000, 20: 0x10000, 258: 0x10000}
"""The largest page of a machine, where that isn't 4 KiB: AArch64, PowerPC, LoongArch."""
_CHUNK = 1 << 20


class Need(NamedTuple):
    """What room is needed for.

    ``strings`` is where the string table is in the file, ``grows`` whether it gets longer, ``dynamic_moves`` whether
    the dynamic table goes along, which loaders write to.
    """

    strings: tuple[int, int]
    grows: bool
    dynamic_moves: bool


class Room(NamedTuple):
    """Where new bytes go: from `offset` of the file, which will be loaded at `address`.

    ``segments`` is the table without what was given up for it. ``grown`` is the index in it of the segment that
    grows, -1 for a new one of `alignment`. ``moved`` are spans that go along, in this order and first of all;
    ``copies_strings`` says that the string table must, ``zeros`` how many bytes of zeros come before them.
    """

    way: str
    offset: int
    address: int
    alignment: int
    segments: tuple[ProgramHeader, ...]
    grown: int
    moved: tuple[Span, ...] = ()
    copies_strings: bool = False
    dynamic_moves: bool = False
    zeros: int = 0


def find_room(image: Image, tables: tuple[Table, ...], need: Need) -> Room:
    """The first of the ways that is open. Raises `BinaryError` where none is."""
    _check_loads(image)
    room = _append(image, need)
    if room is not None:
        return room
    _check_described(image, need)
    covered = _behind_everything(image)
    for way in (_reuse, _gap, _drop, _extend, _move):
        room = way(image, tables, need)
        if room is not None:
            _check_overlay(image, covered)
            return room
    raise BinaryError(
        "there is no room for a program header: what follows the table can't be moved, and no entry can be spared"
    )


def _check_loads(image: Image) -> None:
    loads = image.loads
    if not loads:
        raise BinaryError("the file has a dynamic table, but nothing of it is loaded")
    for load in loads:
        if load.memory_end > 1 << image.layout.bits or load.file_size > load.memory_size:
            raise BinaryError(f"the segment loaded at {load.address:#x} is larger than its memory")
        if load.alignment & (load.alignment - 1):
            raise BinaryError(f"the alignment of the segment loaded at {load.address:#x} isn't a power of two")
    for before, after in pairwise(loads):
        if after.address < before.memory_end:
            raise BinaryError("the segments are not in the order of their addresses, or overlap")


def _check_described(image: Image, need: Need) -> None:
    """What moves must have a section, or a later ``strip`` would drop the segment that nothing is in."""
    if not image.sections:
        return
    start = image.segments[image.dynamic].offset
    if need.grows and not _described(image, need):
        raise BinaryError("the section headers don't tell where the string table is: they would no longer agree")
    if need.dynamic_moves and not any(s.type == SHT_DYNAMIC and s.offset == start for s in image.sections):
        raise BinaryError("the section headers don't tell where the dynamic table is: they would no longer agree")


def _behind_everything(image: Image) -> int:
    """The end of what the headers account for."""
    ends = [image.table_end, *(load.end for load in image.loads), *(section.end for section in image.sections[1:])]
    if image.sections:
        ends.append(image.sections_at + len(image.sections) * image.records.section.size)
    return min(max(ends), len(image.buffer))


def _check_overlay(image: Image, covered: int) -> None:
    """Nothing may be put behind data that programs find by the end of their own file."""
    for start in range(covered, len(image.buffer), _CHUNK):
        if any(image.buffer[start : start + _CHUNK]):
            size = len(image.buffer) - covered
            raise image.layout.fields.error(
                f"{size} bytes follow what the headers describe, and a program may find them by the end of its file",
                covered,
            )


def _append(image: Image, need: Need) -> Room | None:
    last = image.loads[-1]
    if last.file_size != last.memory_size or not last.file_size or (need.dynamic_moves and last.flags & PF_X):
        return None
    if not _last_in_file(image, last):
        return None
    start, end = need.strings
    joined = need.grows and last.offset <= start and end == last.end
    return Room(
        "append",
        last.end,
        last.memory_end,
        1,
        image.segments,
        image.segments.index(last),
        copies_strings=need.grows and not joined,
        dynamic_moves=need.dynamic_moves,
    )


def _last_in_file(image: Image, last: ProgramHeader) -> bool:
    """Whether nothing but a few zeros follows a segment in the file."""
    rest = len(image.buffer) - last.end
    return 0 <= rest <= _LARGEST_PADDING and _behind_everything(image) == last.end and not any(image.buffer[last.end :])


def _reuse(image: Image, tables: tuple[Table, ...], need: Need) -> Room | None:
    """The segment of an editor before us, if nothing is in it but the strings and what can be moved."""
    start, end = need.strings
    for index, load in enumerate(image.segments):
        if load.type != PT_LOAD or not (load.offset <= start and end <= load.end) or load is image.loads[0]:
            continue
        if (
            not _described(image, need)
            or load.file_size != load.memory_size
            or load.offset <= image.table_at < load.end
        ):
            return None
        dynamic = image.segments[image.dynamic]
        moves = load.offset <= dynamic.offset < load.end
        without = [need.strings, (dynamic.offset, dynamic.end)] if moves else [need.strings]
        inside = [s for s in spans(image, tables, without) if s.start < load.end and s.end > load.offset]
        if all(s.movable and load.offset <= s.start and s.end <= load.end for s in inside):
            need = need._replace(dynamic_moves=need.dynamic_moves or moves)
            return _new(image, "reuse", need, (index,), tuple(inside))._replace(copies_strings=True)
    return None


def _gap(image: Image, tables: tuple[Table, ...], need: Need) -> Room | None:
    spare = next((index for index, segment in enumerate(image.segments) if segment.type == 0), -1)
    if spare >= 0:  # PT_NULL: an entry that somebody left
        return _new(image, "gap", need, (spare,))
    following = _following(image, tables, need)
    return _new(image, "gap", need) if following == () else None


def _drop(image: Image, tables: tuple[Table, ...], need: Need) -> Room | None:  # noqa: ARG001 one shape for all ways
    if image.program:
        return None
    index = next((index for index, segment in enumerate(image.segments) if segment.type == PT_PHDR), -1)
    return _new(image, "drop", need, (index,)) if index >= 0 else None


def _move(image: Image, tables: tuple[Table, ...], need: Need) -> Room | None:
    following = _following(image, tables, need)
    if not following or not all(span.movable for span in following):
        return None
    return _new(image, "move", need, moved=following)


def _following(image: Image, tables: tuple[Table, ...], need: Need) -> tuple[Span, ...] | None:
    """The spans in the way of one more entry; None where it can't be told, or the entry wouldn't be loaded."""
    start, end = image.table_end, image.table_end + image.records.program.size
    if not any(p.offset <= image.table_at and end <= p.end for p in image.loads):
        return None
    without = [need.strings] if need.grows else []  # of which the copy will be used
    near = tuple(s for s in spans(image, tables, without) if s.start < end and s.end > start)
    if any(span.start < start for span in near):
        return None
    named = (*without, *((span.start, span.end) for span in near))
    if image.sections:
        return near if _described(image, need) and _only_filling(image, start, end, named) else None
    return near if _seamless(image, start, end, named) else None


def _only_filling(image: Image, start: int, end: int, named: Iterable[tuple[int, int]]) -> bool:
    """Whether what nobody names is zeros, or of the one value that editors fill old tables with."""
    unnamed = bytearray(image.buffer[start:end])
    for first, last in named:
        low, high = max(first, start), min(last, end)
        if low < high:
            unnamed[low - start : high - start] = bytes(high - low)
    return len(set(unnamed) - {0}) <= 1


def _seamless(image: Image, start: int, end: int, named: Iterable[tuple[int, int]]) -> bool:
    """Whether known tables follow one another so closely that nothing unknown can lie between them.

    That is asked where no section headers tell what else there is.
    """
    for first, last in sorted(named):
        if start < end and (first - start >= _LARGEST_SEAM or any(image.buffer[start:first])):
            return False
        start = max(start, last)
    return start >= end


def _described(image: Image, need: Need) -> bool:
    """Whether there are section headers that describe the string table, so that the others can be believed."""
    return any(
        section.type == SHT_STRTAB and section.loaded and section.offset == need.strings[0]
        for section in image.sections[1:]
    )


def _new(image: Image, way: str, need: Need, given_up: tuple[int, ...] = (), moved: tuple[Span, ...] = ()) -> Room:
    """A new segment behind all others, in file and memory."""
    segments = tuple(segment for index, segment in enumerate(image.segments) if index not in given_up)
    loads = [segment for segment in segments if segment.type == PT_LOAD]
    largest = max(load.alignment for load in loads)
    alignment = next((size for size in (0x1000, 0x4000, 0x10000) if size >= largest), 0x10000)
    page = max(alignment, _PAGES.get(image.layout.machine, 0))
    offset = _rounded(len(image.buffer), 16)
    address = _rounded(max(load.memory_end for load in loads), page) + offset % page
    return Room(
        way,
        offset,
        address,
        alignment,
        segments,
        -1,
        moved,
        copies_strings=need.grows,
        dynamic_moves=need.dynamic_moves,
        zeros=_LEAD if _begun_before(image, segments, need, moved) else 0,
    )


def _begun_before(image: Image, segments: tuple[ProgramHeader, ...], need: Need, moved: tuple[Span, ...]) -> bool:
    """Whether what the new segment is to begin with is the beginning of one that stands before it in the table.

    llvm-objcopy takes the first such segment (PT_INTERP, or a PT_NOTE by mold) for the one that the other is a part of,
    and lays it out with no regard for its alignment: nothing could load it after llvm-strip.
    """
    first = moved[0].start if moved else image.segments[image.dynamic].offset if need.dynamic_moves else -1
    last = max(index for index, segment in enumerate(segments) if segment.type == PT_LOAD)
    return any(segment.offset == first and placed(segment) for segment in segments[:last])


def _extend(image: Image, tables: tuple[Table, ...], need: Need) -> Room | None:  # noqa: ARG001 one shape for all ways
    last = image.loads[-1]
    zeros = last.memory_size - last.file_size
    if image.sections or zeros > _LARGEST_BSS or (need.dynamic_moves and last.flags & PF_X):
        return None
    if not _last_in_file(image, last):
        return None
    return Room(
        "extend",
        last.end,
        last.address + last.file_size,
        1,
        image.segments,
        image.segments.index(last),
        copies_strings=need.grows,
        dynamic_moves=need.dynamic_moves,
        zeros=zeros,
    )


def _rounded(number: int, unit: int) -> int:
    return -(-number // unit) * unit
