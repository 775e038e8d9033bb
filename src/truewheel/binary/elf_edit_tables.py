"""Where the tables of an ELF file are that its dynamic table leads to, and what in them refers to strings.

An editor must know both: what may not be written over, and which names are still in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.elf_edit_image import Image
from truewheel.binary.elf_layout import Tag
from truewheel.binary.elf_symbols import count_hashed, count_symbols, hash_head
from truewheel.binary.elf_versions import Chain
from truewheel.binary.fields import Buffer

_CHUNK = 1 << 16  # symbols looked at together
_SIZED = (
    (Tag.RELA, Tag.RELASZ),
    (Tag.REL, Tag.RELSZ),
    (Tag.JMPREL, Tag.PLTRELSZ),
    (Tag.RELR, Tag.RELRSZ),
    (Tag.ANDROID_RELR, Tag.ANDROID_RELRSZ),
    (Tag.INIT_ARRAY, Tag.INIT_ARRAYSZ),
    (Tag.FINI_ARRAY, Tag.FINI_ARRAYSZ),
    (Tag.PREINIT_ARRAY, Tag.PREINIT_ARRAYSZ),
)


class Table(NamedTuple):
    """The bytes of the file that the table of a tag takes, from `start` up to `end`."""

    tag: int
    start: int
    end: int


class Reference(NamedTuple):
    """A word at `offset` of the file that is the offset of a string."""

    offset: int
    value: int


class VersionTables(NamedTuple):
    """The tables of versions. ``files`` are the vn_file of the needs; ``names`` all other strings in use."""

    tables: tuple[Table, ...]
    files: tuple[Reference, ...]
    names: frozenset[int]


def version_tables(image: Image) -> VersionTables:
    """The version needs and definitions, followed as the reader does. Raises `BinaryError`."""
    tables: list[Table] = []
    files: list[Reference] = []
    names: set[int] = set()
    for tag, walk in ((Tag.VERNEED, _needs), (Tag.VERDEF, _definitions)):
        if tag not in image.tags:
            continue
        start, _ = image.layout.extent(image.tags[tag], f"the table of DT_{tag.name}")
        end = 0
        for offset, size, field, value in walk(image, image.tags[tag]):
            end = max(end, offset + size)
            if field:
                files.append(Reference(start + offset + field, value))
            else:
                names.add(value)
        tables.append(Table(tag, start, start + end))
    return VersionTables(tuple(tables), tuple(files), frozenset(names))


def _needs(image: Image, address: int) -> Iterator[tuple[int, int, int, int]]:
    """Offset and size of each record, where its vn_file stands in it (0 for none), and its string."""
    need, entry = Struct(image.layout.order + "HHIII"), Struct(image.layout.order + "8xII")
    chain = Chain(image.layout, Tag.VERNEED, address)
    for offset, (_, count, file, first, _) in chain.walk(need, 0):
        yield offset, need.size, 4, file
        for place, (name, _) in chain.walk(entry, offset + first) if count else ():
            yield place, entry.size, 0, name


def _definitions(image: Image, address: int) -> Iterator[tuple[int, int, int, int]]:
    definition, entry = Struct(image.layout.order + "6xH4xII"), Struct(image.layout.order + "II")
    chain = Chain(image.layout, Tag.VERDEF, address, entry.size)
    for offset, (count, first, _) in chain.walk(definition, 0):
        yield offset, 20, 0, 0
        for place, (name, _) in chain.walk(entry, offset + first) if count else ():
            yield place, entry.size, 0, name


def dynamic_tables(image: Image, versions: VersionTables) -> tuple[Table, ...]:
    """Every table of the file that an entry of the dynamic table leads to, but for the strings.

    Raises `BinaryError` where one isn't inside of a segment.
    """
    return (*_symbol_tables(image), *versions.tables, *_sized_tables(image))


def _sized_tables(image: Image) -> Iterator[Table]:
    for tag, size_tag in _SIZED:
        size = image.tags.get(size_tag, 0)
        if tag in image.tags and size:
            start = image.layout.locate(image.tags[tag], size, f"the table of DT_{tag.name}")
            yield Table(tag, start, start + size)


def _symbol_tables(image: Image) -> Iterator[Table]:
    layout, tags = image.layout, image.tags
    count = count_symbols(layout, tags) if Tag.SYMTAB in tags else 0
    sizes = {Tag.SYMTAB: count * layout.codec.symbol.size, Tag.VERSYM: 2 * count}
    if Tag.HASH in tags:
        head = hash_head(layout, tags[Tag.HASH])
        sizes[Tag.HASH] = (2 + head.buckets + head.chains) * head.word
    if Tag.GNU_HASH in tags:
        sizes[Tag.GNU_HASH] = _gnu_hash_size(image, tags[Tag.GNU_HASH])
    for tag, size in sizes.items():
        if tag in tags and size:
            start = layout.locate(tags[tag], size, f"the table of DT_{tag.name}")
            yield Table(tag, start, start + size)


def _gnu_hash_size(image: Image, address: int) -> int:
    """The bytes of DT_GNU_HASH, whose chains end with the last symbol that is hashed."""
    layout = image.layout
    offset = layout.locate(address, 16, "the GNU hash table")
    buckets, first, filters, _ = layout.fields.unpack(Struct(layout.order + "IIII"), offset, "the GNU hash table")
    chains = max(0, count_hashed(layout, address) - first)
    return 16 + filters * (layout.bits // 8) + 4 * buckets + 4 * chains


def symbol_names(image: Image, among: set[int]) -> set[int]:
    """Which of some offsets of strings are in use as the names of dynamic symbols."""
    found: set[int] = set()
    if not among or Tag.SYMTAB not in image.tags:
        return found
    size = image.layout.codec.symbol.size
    count = count_symbols(image.layout, image.tags)
    start = image.layout.locate(image.tags[Tag.SYMTAB], count * size, "the symbol table")
    for low in range(0, count, _CHUNK):
        stop = start + min(count, low + _CHUNK) * size
        found |= _names_between(image.buffer, start + low * size, stop, image.layout.order, size) & among
    return found


def _names_between(buffer: Buffer, start: int, stop: int, order: str, size: int) -> set[int]:
    return {name for (name,) in Struct(f"{order}I{size - 4}x").iter_unpack(buffer[start:stop])}
