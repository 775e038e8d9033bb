"""Which bytes of an ELF file belong together, and which of them may be moved elsewhere.

A small table that only an entry of the dynamic table or a program header leads to (a note, a hash table, the name of
the interpreter) can live anywhere; code and data can't.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from truewheel.binary.elf_edit_image import (
    PT_GNU_RELRO,
    PT_PHDR,
    SHF_WRITE,
    SHT_NOBITS,
    SHT_REL,
    SHT_RELA,
    SHT_RELR,
    Image,
    ProgramHeader,
    SectionHeader,
)
from truewheel.binary.elf_edit_tables import Table
from truewheel.binary.elf_layout import PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_NOTE, Tag
from truewheel.binary.elf_symbols import SHT_DYNSYM

PT_GNU_PROPERTY = 0x6474E553
LARGEST_ALIGNMENT = 4096  # of a table that may be moved
_UNPLACED = frozenset((0, PT_LOAD, PT_PHDR, PT_GNU_STACK, PT_GNU_RELRO))
"""Types of segments that say nothing of what their bytes are."""
MOVABLE_SEGMENTS = frozenset((PT_INTERP, PT_NOTE, PT_GNU_PROPERTY))
_SHT_HASH, _SHT_NOTE = 5, 7
_SHT_GNU = frozenset((0x6FFFFFF6, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF))  # hash, verdef, verneed, versym
_MOVABLE_SECTIONS = _SHT_GNU | {_SHT_HASH, _SHT_NOTE, SHT_DYNSYM, SHT_RELA, SHT_REL, SHT_RELR}
MOVABLE_TAGS = frozenset(
    (
        Tag.HASH,
        Tag.SYMTAB,
        Tag.RELA,
        Tag.REL,
        Tag.JMPREL,
        Tag.RELR,
        Tag.ANDROID_RELR,
        Tag.GNU_HASH,
        Tag.VERSYM,
        Tag.VERDEF,
        Tag.VERNEED,
    )
)
"""Entries of the dynamic table that hold the address of a table which may be moved."""


class Span(NamedTuple):
    """Bytes of the file from `start` up to `end` that stay together."""

    start: int
    end: int
    movable: bool
    alignment: int


def placed(segment: ProgramHeader) -> bool:
    """Whether a segment tells what its bytes are, so that it must follow when they move."""
    return segment.type not in _UNPLACED and bool(segment.file_size)


def spans(image: Image, tables: Iterable[Table], without: Iterable[tuple[int, int]] = ()) -> list[Span]:
    """The spans of everything that headers and the dynamic table name, in order; those that overlap are one.

    What lies within one of the ranges in `without` is left out.
    """
    gone = tuple(without)
    result: list[Span] = []
    for span in sorted(_named(image, tables)):
        if any(start <= span.start and span.end <= end for start, end in gone):
            continue
        if result and span.start < result[-1].end:
            last = result[-1]
            result[-1] = Span(
                last.start,
                max(last.end, span.end),
                last.movable and span.movable,
                max(last.alignment, span.alignment),
            )
        else:
            result.append(span)
    return result


def _named(image: Image, tables: Iterable[Table]) -> Iterator[Span]:
    interpreters = {(s.offset, s.end) for s in image.segments if s.type == PT_INTERP}
    for section in image.sections[1:]:
        if section.type != SHT_NOBITS and section.size:
            movable = _movable(section, interpreters)
            yield Span(section.offset, section.end, movable, max(1, section.alignment))
    for segment in image.segments:
        if placed(segment):
            movable = segment.type in MOVABLE_SEGMENTS and _sound(segment.alignment)
            yield Span(segment.offset, segment.end, movable, max(1, segment.alignment))
    for table in tables:
        yield Span(table.start, table.end, table.tag in MOVABLE_TAGS, image.layout.bits // 8)
    if image.sections:
        size = len(image.sections) * image.records.section.size
        yield Span(image.sections_at, image.sections_at + size, movable=False, alignment=1)


def _movable(section: SectionHeader, interpreters: Container[tuple[int, int]]) -> bool:
    if not section.loaded or not _sound(section.alignment):
        return False
    known = section.type in _MOVABLE_SECTIONS and not section.flags & SHF_WRITE
    return known or (section.offset, section.end) in interpreters


def _sound(alignment: int) -> bool:
    """Whether an alignment is a power of two that can be kept elsewhere."""
    return alignment <= LARGEST_ALIGNMENT and not alignment & (alignment - 1)
