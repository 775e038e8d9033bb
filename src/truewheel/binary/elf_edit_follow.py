"""Headers and symbols that follow what moves, so that debuggers, ``strip`` and loaders agree on where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from truewheel.binary.elf_edit_image import (
    PF_R,
    PF_W,
    PT_PHDR,
    SHT_DYNAMIC,
    SHT_PROGBITS,
    SHT_REL,
    SHT_RELA,
    SHT_RELR,
    SHT_STRTAB,
    Image,
    ProgramHeader,
    SectionHeader,
)
from truewheel.binary.elf_edit_places import Content, Place, Places
from truewheel.binary.elf_edit_room import Room
from truewheel.binary.elf_edit_spans import placed
from truewheel.binary.elf_layout import PT_DYNAMIC, PT_LOAD, Tag
from truewheel.binary.elf_relr import WITHOUT_ADDEND
from truewheel.binary.elf_symbols import SHT_DYNSYM
from truewheel.binary.patch import Write

_SHT_SYMTAB = 2
_SHN_ABS = 0xFFF1
_LARGEST_INDEX = 0xFF00  # SHN_LORESERVE
_CHUNK = 1 << 16  # symbols looked at together
_FEW = 32  # sections that move: real files have a dozen


def new_segments(image: Image, room: Room, places: Places) -> tuple[ProgramHeader, ...]:
    """The program headers, with the segment that the new bytes are loaded by."""
    segments = [_followed(segment, places) for segment in room.segments]
    flags = PF_R | PF_W if room.dynamic_moves else PF_R
    if room.grown >= 0:
        old = segments[room.grown]
        size = old.file_size + places.size
        segments[room.grown] = old._replace(flags=old.flags | flags, file_size=size, memory_size=size)
    else:
        place = max(index for index, segment in enumerate(segments) if segment.type == PT_LOAD) + 1
        start, address, size = room.offset, room.address, places.size
        segments.insert(place, ProgramHeader(PT_LOAD, flags, start, address, address, size, size, room.alignment))
    size = len(segments) * image.records.program.size
    return tuple(s._replace(file_size=size, memory_size=size) if s.type == PT_PHDR else s for s in segments)


def _followed(segment: ProgramHeader, places: Places) -> ProgramHeader:
    if segment.type == PT_DYNAMIC and places.dynamic is not None:
        offset, address, size = places.dynamic
        return segment._replace(offset=offset, address=address, physical=address, file_size=size, memory_size=size)
    shift = places.shift_of(segment.offset) if placed(segment) else None
    if shift is None:
        return segment
    skip = segment.offset - shift.span.start
    address = shift.new.address + skip
    return segment._replace(offset=shift.new.offset + skip, address=address, physical=address)


def new_sections(image: Image, content: Content, places: Places) -> tuple[SectionHeader, ...]:
    """The section headers. Their number and order stay, so symbols keep naming the right ones."""
    heir = _heir(image, content)
    result = []
    for index, section in enumerate(image.sections):
        if index == heir:
            result.append(_at(_relocation_section(image, section), places.relocations))
        elif section.type == SHT_RELR and content.expansion is not None:
            result.append(section._replace(type=SHT_PROGBITS))  # bytes that nobody reads any more
        else:
            result.append(_at(section, _new_place(image, section, content, places)))
    return tuple(result)


def _at(section: SectionHeader, place: Place | None) -> SectionHeader:
    if place is None:
        return section
    return section._replace(offset=place.offset, address=place.address, size=place.size)


def _new_place(image: Image, section: SectionHeader, content: Content, places: Places) -> Place | None:
    """Where the contents of a section have gone; None if they stay."""
    if section.type == SHT_STRTAB and section.loaded and section.offset == content.strings.offset:
        return places.strings
    if section.type == SHT_DYNAMIC and section.offset == image.segments[image.dynamic].offset:
        return places.dynamic
    shift = places.shift_of(section.offset) if section.loaded else None
    if shift is None:
        return None
    skip = section.offset - shift.span.start
    return Place(shift.new.offset + skip, shift.new.address + skip, section.size)


def _heir(image: Image, content: Content) -> int:
    """The section that the expanded relocations are in: that of the old ones, else of DT_RELR; -1 for none."""
    if content.expansion is None:
        return -1
    old = image.tags.get(content.expansion.tag)
    tables = (index for index, s in enumerate(image.sections) if s.type in (SHT_RELA, SHT_REL) and s.loaded)
    same = (index for index in tables if image.sections[index].address == old)
    compact = (index for index, s in enumerate(image.sections) if s.type == SHT_RELR)
    return next(same, next(compact, -1))


def _relocation_section(image: Image, section: SectionHeader) -> SectionHeader:
    """A section of DT_RELR as one of ordinary relocations; one of these as it is."""
    if section.type != SHT_RELR:
        return section
    kind = SHT_REL if Tag.REL in image.tags or image.layout.machine in WITHOUT_ADDEND else SHT_RELA
    symbols = next((index for index, other in enumerate(image.sections) if other.type == SHT_DYNSYM), 0)
    size = (2 if kind == SHT_REL else 3) * image.records.native.size
    return section._replace(type=kind, link=symbols, info=0, entry_size=size)


def moved_symbols(image: Image, sections: tuple[SectionHeader, ...]) -> Iterator[Write]:
    """The values of symbols in sections that have moved; `sections` are the new headers.

    They are told by the section that a symbol names, not by its value, which is an offset for TLS. ``_DYNAMIC`` is
    absolute in the files of older linkers.
    """
    steps = {
        index: (old, new.address - old.address)
        for index, (old, new) in enumerate(zip(image.sections, sections, strict=True))
        if old.address != new.address and index < _LARGEST_INDEX
    }
    dynamic = next((item for item in steps.values() if item[0].type == SHT_DYNAMIC), None)
    if dynamic is not None:
        steps[_SHN_ABS] = (dynamic[0], dynamic[1])
    for kind in (_SHT_SYMTAB, SHT_DYNSYM) if steps else ():
        # A file has one of each (gABI, figure 4-9); more would only keep us busy.
        table = next((section for section in image.sections if section.type == kind), None)
        if table is not None and table.end <= len(image.buffer):
            yield from _moved_in(image, table, steps)


def _moved_in(image: Image, table: SectionHeader, steps: Mapping[int, tuple[SectionHeader, int]]) -> Iterator[Write]:
    size = image.layout.codec.symbol.size
    value_at, native = (8, image.records.native) if image.layout.bits == 64 else (4, image.records.native)
    for start in range(table.offset, table.end - size + 1, _CHUNK * size):
        data = bytes(image.buffer[start : min(start + _CHUNK * size, table.end)])
        for number, index in _in_sections(image, data, size, steps):
            section, step = steps[index]
            (value,) = native.unpack_from(data, number * size + value_at)
            if not section.address <= value <= section.address + section.size:
                continue
            if index != _SHN_ABS or _name(image, table, data, number * size) == b"_DYNAMIC":
                yield Write(start + number * size + value_at, native.pack(value + step))


def _in_sections(image: Image, data: bytes, size: int, steps: Mapping[int, object]) -> Iterator[tuple[int, int]]:
    """Number and section index of the symbols that name one of some sections.

    Only the column of the indexes is searched, which does the work of a loop in C where few sections move.
    """
    at = 6 if image.layout.bits == 64 else 14
    low_at, high_at = (at, at + 1) if image.layout.little_endian else (at + 1, at)
    count = len(data) // size
    low, high = data[low_at : count * size : size], data[high_at : count * size : size]
    if len(steps) > _FEW:
        pairs = enumerate(zip(low, high, strict=True))
        yield from ((number, index) for number, (a, b) in pairs if (index := a | b << 8) in steps)
        return
    for index in steps:
        number = low.find(index & 0xFF)
        while number >= 0:
            if high[number] == index >> 8:
                yield number, index
            number = low.find(index & 0xFF, number + 1)


def _name(image: Image, table: SectionHeader, data: bytes, at: int) -> bytes:
    """The first bytes of the name of a symbol, as many as ``_DYNAMIC`` has; b"" where its string table is damaged."""
    if not 0 < table.link < len(image.sections):
        return b""
    (name,) = image.layout.codec.word.unpack_from(data, at)
    start = image.sections[table.link].offset + name
    text, nul, _ = bytes(image.buffer[start : start + len("_DYNAMIC") + 1]).partition(b"\0")
    return text if nul else b""
