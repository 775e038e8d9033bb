"""An ELF file as an editor needs it: every field of its headers, and the dynamic table with its strings.

The reader skips what it doesn't need; an editor must write whole records back. Source: gABI chapters 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple, TypeAlias

from truewheel.binary.elf_layout import PT_DYNAMIC, PT_INTERP, PT_LOAD, Layout, Strings, Tag
from truewheel.binary.fields import Buffer
from truewheel.errors import BinaryError

ET_EXEC, ET_DYN = 2, 3
PT_PHDR, PT_GNU_RELRO = 6, 0x6474E552
PF_X, PF_W, PF_R = 1, 2, 4
SHT_PROGBITS, SHT_STRTAB, SHT_RELA, SHT_DYNAMIC, SHT_NOBITS, SHT_REL, SHT_RELR = 1, 3, 4, 6, 8, 9, 19
SHF_WRITE, SHF_ALLOC = 1, 2
DF_1_PIE = 0x08000000
_SHN_XINDEX = 0xFFFF

Entry: TypeAlias = tuple[int, int]
"""Tag and value of the dynamic table."""


class ProgramHeader(NamedTuple):
    """A program header (Elf_Phdr) with all of its fields, in the order of ELF64."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    alignment: int

    @property
    def end(self) -> int:
        """The file offset behind the segment."""
        return self.offset + self.file_size

    @property
    def memory_end(self) -> int:
        """The address behind the segment."""
        return self.address + self.memory_size


class SectionHeader(NamedTuple):
    """A section header (Elf_Shdr) with all of its fields; ``name`` is an offset in the table of section names."""

    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int

    @property
    def end(self) -> int:
        """The file offset behind the section; its beginning for one without bytes in the file."""
        return self.offset + (self.size if self.type != SHT_NOBITS else 0)

    @property
    def loaded(self) -> bool:
        """Whether the section has bytes that are loaded from the file."""
        return bool(self.flags & SHF_ALLOC and self.type != SHT_NOBITS and self.size)


class Records(NamedTuple):
    """The whole records of ELF for one size and byte order."""

    program: Struct
    section: Struct
    native: Struct
    segments_at: int  # where e_phnum stands in the file


def _records(bits: int, order: str) -> Records:
    if bits == 64:
        return Records(Struct(order + "IIQQQQQQ"), Struct(order + "IIQQQQIIQQ"), Struct(order + "Q"), 56)
    return Records(Struct(order + "IIIIIIII"), Struct(order + "10I"), Struct(order + "I"), 44)


_RECORDS = {(bits, order): _records(bits, order) for bits in (32, 64) for order in "<>"}


@dataclass(frozen=True, slots=True)
class Image:
    """A file with its headers, as they are before the edit.

    ``table_at`` and ``sections_at`` are the offsets of the two tables of headers; ``sections`` is empty where
    there are none that can be trusted. ``entries`` is the dynamic table up to DT_NULL, ``tags`` the same with
    the last of equal tags, as loaders see it, and ``dynamic`` the index of PT_DYNAMIC, -1 if there is none.
    """

    buffer: Buffer
    layout: Layout
    records: Records
    table_at: int
    segments: tuple[ProgramHeader, ...]
    sections_at: int
    sections: tuple[SectionHeader, ...]
    names_section: int
    dynamic: int
    entries: tuple[Entry, ...]
    tags: dict[int, int]

    @property
    def program(self) -> bool:
        """Whether this is the file that a kernel starts; a static PIE has no interpreter to tell by."""
        pie = bool(self.tags.get(Tag.FLAGS_1, 0) & DF_1_PIE)
        return self.layout.type == ET_EXEC or pie or self._interpreted

    @property
    def static(self) -> bool:
        """Whether no loader looks at the names in the file: a program that starts by itself, a static PIE too."""
        return self.dynamic < 0 or (self.program and not self._interpreted)

    @property
    def _interpreted(self) -> bool:
        return any(segment.type == PT_INTERP for segment in self.segments)

    @property
    def loads(self) -> tuple[ProgramHeader, ...]:
        """The segments that are loaded, in table order."""
        return tuple(segment for segment in self.segments if segment.type == PT_LOAD)

    @property
    def table_end(self) -> int:
        """The file offset behind the program headers."""
        return self.table_at + len(self.segments) * self.records.program.size

    def strings(self) -> Strings:
        """The dynamic string table, which must be whole to be added to."""
        if not self.tags.keys() >= {Tag.STRTAB, Tag.STRSZ}:
            raise BinaryError("the dynamic table names no string table, or not its size")
        size = self.tags[Tag.STRSZ]
        offset = self.layout.locate(self.tags[Tag.STRTAB], size, "the string table")
        data = self.layout.fields.take(offset, size, "the string table")
        if not data.endswith(b"\0"):
            raise self.layout.fields.error("the string table doesn't end with a NUL", offset)
        return Strings(data, offset)

    def packed(self, segment: ProgramHeader) -> bytes:
        """A program header as the file writes it; ELF32 has the flags behind the sizes."""
        kind, flags, *places, alignment = segment
        if self.layout.bits == 64:
            return self.records.program.pack(kind, flags, *places, alignment)
        return self.records.program.pack(kind, *places, flags, alignment)

    def dynamic_bytes(self, entries: tuple[Entry, ...], count: int) -> bytes:
        """The entries as a dynamic table of `count` records, the last ones DT_NULL."""
        record = self.layout.codec.dynamic
        return b"".join(record.pack(*entry) for entry in entries).ljust(count * record.size, b"\0")


def read_image(buffer: Buffer, layout: Layout) -> Image:
    """The headers of a file whose layout is known. Raises `BinaryError` where they are damaged."""
    records = _RECORDS[layout.bits, layout.order]
    header = layout.fields.unpack(layout.codec.header, 16, "the ELF header")
    segments = _segments(layout, records, header[4], len(layout.segments))
    entries = layout.dynamic()
    return Image(
        buffer=buffer,
        layout=layout,
        records=records,
        table_at=header[4],
        segments=segments,
        sections_at=layout.sections_at[0],
        sections=_sections(layout, records),
        names_section=header[12],
        dynamic=next((index for index, segment in enumerate(segments) if segment.type == PT_DYNAMIC), -1),
        entries=entries,
        tags=dict(entries),
    )


def _segments(layout: Layout, records: Records, offset: int, count: int) -> tuple[ProgramHeader, ...]:
    raw = layout.fields.take(offset, count * records.program.size, "the program headers")
    rows = records.program.iter_unpack(raw)
    if layout.bits == 64:
        return tuple(ProgramHeader(*row) for row in rows)
    return tuple(ProgramHeader(row[0], row[6], row[1], row[2], row[3], row[4], row[5], row[7]) for row in rows)


def _sections(layout: Layout, records: Records) -> tuple[SectionHeader, ...]:
    """The section headers; none where they don't fit, or are numbered beyond the header's fields."""
    offset, entry, count = layout.sections_at
    if not (offset and count) or entry != records.section.size or offset + count * entry > layout.fields.size:
        return ()
    raw = layout.fields.take(offset, count * entry, "the section headers")
    return tuple(SectionHeader(*row) for row in records.section.iter_unpack(raw))


def extended_numbering(image: Image) -> bool:
    """Whether the file has more segments or sections than the fields of its header can say (PN_XNUM, SHN_XINDEX)."""
    offset, _, count = image.layout.sections_at
    return len(image.segments) >= 0xFFFE or bool(offset and not count) or image.names_section == _SHN_XINDEX
