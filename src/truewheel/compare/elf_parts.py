"""The sections of an ELF file with their names and contents, and its symbol tables (gABI, chapters 4 and 5)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from truewheel.binary.elf_layout import PT_LOAD, Layout, read_layout
from truewheel.binary.fields import Fields
from truewheel.compare.native_parts import Part, between, bounded
from truewheel.compare.native_shapes import Headers
from truewheel.compare.symbols import Names, Symbol
from truewheel.errors import BinaryError

SHF_ALLOC: Final = 0x2
SHF_EXECINSTR: Final = 0x4
SHF_COMPRESSED: Final = 0x800
_NOBITS, _SYMTAB, _DYNSYM = 8, 2, 11
_SHN_XINDEX = 0xFFFF
_STT_SECTION, _STT_FILE, _STT_TLS = 3, 4, 6
_ZLIB, _ZSTD = 1, 2
_MOST_INFLATED = 1 << 28
_FLAGS = {4: "r", 2: "w", 1: "x"}


class Section(NamedTuple):
    """A section: its header's fields that matter, and its bytes (none for what only memory holds)."""

    part: Part
    type: int
    flags: int
    link: int
    size: int
    shape: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return self.part.name

    @property
    def code(self) -> bool:
        """Whether it holds machine code."""
        return bool(self.flags & SHF_EXECINSTR)


@dataclass(frozen=True, slots=True)
class ElfParts:
    """An ELF file in parts. ``sections`` are segments where there are no section headers."""

    layout: Layout
    entry: int
    sections: tuple[Section, ...]
    rest: Part
    headers: Headers

    def named(self, name: str) -> Section | None:
        """The first section of a name."""
        return next((section for section in self.sections if section.name == name), None)


def elf_parts(data: bytes) -> ElfParts:
    """The parts of an ELF file. Raises `BinaryError` where headers are damaged, or sections overlap beyond reason."""
    layout = read_layout(data)
    word = layout.bits // 8
    head = Struct(layout.order + ("QQQ" if word == 8 else "III"))
    entry, segments_at, _ = layout.fields.unpack(head, 24, "the ELF header")
    sections = tuple(_sections(layout, data)) or tuple(_segments(layout, data))
    bounded([section.part for section in sections], len(data))
    view = memoryview(data)
    at, size, number = layout.sections_at
    headers = (
        Part("header", 0, view[: 64 if word == 8 else 52]),
        Part(
            "program headers",
            segments_at,
            view[segments_at : segments_at + layout.codec.segment.size * len(layout.segments)],
        ),
        Part("section headers", at, view[at : at + size * number] if at else view[:0]),
    )
    rest = between((*headers, *(section.part for section in sections)), data)
    sizes = tuple((section.name, section.size) for section in sections)
    return ElfParts(layout, entry, sections, rest, Headers(b"".join(part.data for part in headers), sizes))


def _sections(layout: Layout, data: bytes) -> Iterator[Section]:
    """The sections but for the first, which is none."""
    fields, (start, entry, number) = layout.fields, layout.sections_at
    row = Struct(layout.order + ("IIQQQQIIQQ" if layout.bits == 64 else "IIIIIIIIII"))
    if not start or entry != row.size:
        return
    (names_index,) = fields.unpack(Struct(layout.order + "H"), 62 if layout.bits == 64 else 50, "the ELF header")
    first = fields.unpack(row, start, "section 0")
    number = number or first[5]
    names_index = first[6] if names_index == _SHN_XINDEX else names_index
    rows = [
        fields.unpack(row, start + entry * index, "a section header")
        for index in range(min(number, _most(fields, entry)))
    ]
    names = _bytes(fields, rows[names_index]) if names_index < len(rows) else b"\0"
    names_at = Names(memoryview(names)).at
    view = memoryview(data)
    for name, kind, flags, address, offset, size, link, _, align, entries in rows[1:]:
        if kind != _NOBITS:
            fields.check(offset, size, "a section")
        text = view[offset : offset + (0 if kind == _NOBITS else size)]
        shape = f"type {kind:#x}, flags {flags & ~SHF_COMPRESSED:#x}, rows of {entries} bytes"
        if flags & SHF_ALLOC:  # others may be compressed on one side, and are aligned for that
            shape += f", aligned to {align}"
        yield Section(Part(names_at(name), offset, text, address), kind, flags, link, size, shape)


def _most(fields: Fields, entry: int) -> int:
    return fields.size // entry + 1


def _bytes(fields: Fields, row: tuple[int, ...]) -> bytes:
    return fields.take(row[4], row[5], "the names of sections")


def _segments(layout: Layout, data: bytes) -> Iterator[Section]:
    """What is loaded, as if it were sections, in a file that has none."""
    view = memoryview(data)
    for segment in layout.of(PT_LOAD):
        rights = "".join(letter if segment.flags & bit else "-" for bit, letter in _FLAGS.items())
        text = view[segment.offset : segment.offset + segment.file_size]
        flags = SHF_ALLOC | (SHF_EXECINSTR if segment.flags & 1 else 0)
        yield Section(
            Part(f"segment {rights}", segment.offset, text, segment.address), 1, flags, 0, segment.memory_size
        )


def symbols(parts: ElfParts, table: Section) -> tuple[Symbol, ...]:
    """The rows of a symbol table, without those of sections, whose names are theirs. Raises `BinaryError`."""
    if table.type not in (_SYMTAB, _DYNSYM) or not 0 < table.link <= len(parts.sections):
        raise BinaryError("a symbol table has no strings")
    strings = parts.sections[table.link - 1].part
    name_at = Names(strings.data).at
    wide = parts.layout.bits == 64
    row = Struct(parts.layout.order + ("IBBHQQ" if wide else "IIIBBH"))
    size = len(table.part.data) - len(table.part.data) % row.size
    found = []
    for values in row.iter_unpack(table.part.data[:size]):
        name, info, other, section, value, length = values if wide else (values[0], *values[3:], *values[1:3])
        kind = info & 15
        if kind != _STT_SECTION:
            defined = bool(section) and kind != _STT_TLS
            found.append(Symbol(name_at(name), value, length, defined, (info, other), kind == _STT_FILE))
    return tuple(found)


class Inflated(NamedTuple):
    """The contents of a compressed section, or in ``why`` what speaks against reading it."""

    data: memoryview
    why: str = ""


def inflated(layout: Layout, section: Section) -> Inflated:
    """The contents of a section as they were before SHF_COMPRESSED; of others as they are."""
    if not section.flags & SHF_COMPRESSED:
        return Inflated(section.part.data)
    head = Struct(layout.order + ("I4xQ8x" if layout.bits == 64 else "II4x"))
    data = section.part.data
    if len(data) < head.size:
        return Inflated(data, "its compression header is cut off")
    kind, size = head.unpack_from(data)
    if kind != _ZLIB:
        return Inflated(data, "it is compressed by zstd" if kind == _ZSTD else f"its compression {kind} is unknown")
    if size > _MOST_INFLATED:
        return Inflated(data, "it is too large to be inflated")
    try:
        text = zlib.decompressobj().decompress(data[head.size :], size) if size else b""
    except zlib.error:
        return Inflated(data, "its compressed bytes are damaged")
    return Inflated(memoryview(text)) if len(text) == size else Inflated(data, "its compressed bytes are cut off")
