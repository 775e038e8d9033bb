"""From what an ELF file is to say to the patch that makes it say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from truewheel.binary.elf_edit_follow import moved_symbols, new_sections, new_segments
from truewheel.binary.elf_edit_guard import DYNAMIC, HEADERS, Owned, check_writes
from truewheel.binary.elf_edit_image import Image, ProgramHeader, SectionHeader
from truewheel.binary.elf_edit_places import Content, Place, Places, allotted, final_entries
from truewheel.binary.elf_edit_room import Need, Room, find_room
from truewheel.binary.elf_edit_tables import Table
from truewheel.binary.elf_layout import Tag
from truewheel.binary.elf_symbols import SHT_DYNSYM, count_by_hashes, count_unhashed
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.errors import BinaryError


class Plan(NamedTuple):
    """What is to be written, the tables that must not be harmed, and whether the dynamic table is too small."""

    content: Content
    tables: tuple[Table, ...]
    dynamic_moves: bool

    @property
    def needs_room(self) -> bool:
        """Whether anything must go behind the end of the file."""
        return bool(self.content.added or self.dynamic_moves or self.content.expansion)


def headers_only(image: Image) -> Patch:
    """The patch that writes the headers of an image, and nothing else."""
    return _patch(image, _headers(image, image.segments, image.sections), "in place")


def written(image: Image, plan: Plan) -> Patch:
    """The patch that makes a plan come true. Raises `BinaryError` where there is no safe way to."""
    return _grown(image, plan) if plan.needs_room else _in_place(image, plan)


def _in_place(image: Image, plan: Plan) -> Patch:
    segment, content = image.segments[image.dynamic], plan.content
    count = max(len(content.entries), len(image.entries)) + 1
    writes = [
        *_owned_names(content),
        Owned(DYNAMIC, Write(segment.offset, image.dynamic_bytes(content.entries, count))),
        *_headers(image, image.segments, image.sections),
    ]
    check_writes(image, writes, plan.tables, content.strings)
    return _patch(image, writes, "in place")


def _grown(image: Image, plan: Plan) -> Patch:
    content, dynamic = plan.content, image.segments[image.dynamic]
    if plan.dynamic_moves and image.static:
        raise BinaryError("the dynamic table of a static program can't move: its own code finds it")
    start = content.strings.offset
    need = Need((start, start + len(content.strings.data)), bool(content.added), plan.dynamic_moves)
    room = find_room(image, plan.tables, need)
    places = allotted(image, room, content)
    entries = final_entries(content, places)
    _check_count(image, dict(entries))
    sections = new_sections(image, content, places)
    writes = [*_owned_names(content), *(Owned(Tag.SYMTAB, write) for write in moved_symbols(image, sections))]
    body = _body(image, room, content, places, writes)
    if places.dynamic is not None:
        count = places.dynamic.size // image.layout.codec.dynamic.size
        _put(body, room, places.dynamic, image.dynamic_bytes(entries, count))
    else:
        count = max(len(entries), len(image.entries)) + 1
        writes.append(Owned(DYNAMIC, Write(dynamic.offset, image.dynamic_bytes(entries, count))))
    if room.way == "move":
        writes += (Owned(HEADERS, Write(s.span.start, bytes(s.old.size))) for s in places.shifts)
    writes += _headers(image, new_segments(image, room, places), sections)
    kept = (table for table in plan.tables if _stays(table, content, places))
    check_writes(image, writes, kept, None if room.copies_strings else content.strings, places)
    return _patch(image, writes, room.way, room.offset, bytes(body))


def _check_count(image: Image, tags: dict[int, int]) -> None:
    """Without a table of hashes or sections, the table behind the symbols tells how many there are."""
    if Tag.SYMTAB not in tags or count_by_hashes(image.layout, image.tags) is not None:
        return
    address = image.tags[Tag.SYMTAB]
    if any(section.type == SHT_DYNSYM and section.address == address for section in image.sections):
        return
    if count_unhashed(image.layout, tags) != count_unhashed(image.layout, image.tags):
        raise BinaryError("nothing but the place of the string table tells where the table of symbols ends")


def _stays(table: Table, content: Content, places: Places) -> bool:
    if content.expansion is not None and table.tag in (*content.expansion.gone, content.expansion.tag):
        return False
    return places.shift_of(table.start) is None


def _owned_names(content: Content) -> Iterator[Owned]:
    yield from (Owned(Tag.STRTAB, write) for write in content.wiped)
    yield from (Owned(Tag.VERNEED, write) for write in content.followed)


def _body(image: Image, room: Room, content: Content, places: Places, writes: Iterable[Owned]) -> bytearray:
    """The new bytes, but for the dynamic table, which may or may not be among them."""
    body = bytearray(places.size)
    changed = [owned.write for owned in writes]
    for shift in places.shifts:
        _put(body, room, shift.new, _copied(image, shift.span.start, shift.span.end, changed))
    if content.expansion is not None and places.relocations is not None:
        _put(body, room, places.relocations, content.expansion.table)
    if room.copies_strings and places.strings is not None:
        start = content.strings.offset
        _put(body, room, places.strings, _copied(image, start, start + len(content.strings.data), changed))
        body[len(body) - len(content.added) :] = content.added
    elif content.added:
        body[: len(content.added)] = content.added
    return body


def _put(body: bytearray, room: Room, place: Place, data: bytes | bytearray) -> None:
    start = place.offset - room.offset
    body[start : start + len(data)] = data


def _copied(image: Image, start: int, end: int, writes: Iterable[Write]) -> bytearray:
    """Bytes of the file, as they are after some writes."""
    data = bytearray(image.buffer[start:end])
    for offset, new in writes:
        if start <= offset and offset + len(new) <= end:
            data[offset - start : offset - start + len(new)] = new
    return data


def _headers(image: Image, segments: tuple[ProgramHeader, ...], sections: tuple[SectionHeader, ...]) -> Iterator[Owned]:
    """The number of program headers, and all headers that differ."""
    little = image.layout.little_endian
    number = len(segments).to_bytes(2, "little" if little else "big")
    yield Owned(HEADERS, Write(image.records.segments_at, number))
    for index, segment in enumerate(segments):
        record = image.packed(segment)
        start = image.table_at + index * len(record)
        if image.buffer[start : start + len(record)] != record:
            yield Owned(HEADERS, Write(start, record))
    size = image.records.section.size
    for index, (old, new) in enumerate(zip(image.sections, sections, strict=True)):
        if old != new:
            yield Owned(HEADERS, Write(image.sections_at + index * size, image.records.section.pack(*new)))


def _patch(image: Image, writes: Iterable[Owned], way: str, offset: int = 0, body: bytes = b"") -> Patch:
    """The writes and the new bytes, of which some may still lie inside of the file, where zeros are."""
    size = len(image.buffer)
    inside = body[: max(0, size - offset)] if body else b""
    merged = merged_writes(image.buffer, [*(owned.write for owned in writes), Write(offset, inside)])
    if not (merged or body):
        return Patch(size)
    tail = body[len(inside) :]
    return Patch(size, merged, max(offset, size) if tail else 0, tail, way)
