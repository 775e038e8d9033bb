"""A PE file in parts: sections with their whole names, the symbol table of GNU tools, and what lies between.

Source: the PE/COFF specification (Microsoft): "Section Table", "COFF Symbol Table", "COFF String Table".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from truewheel.binary.fields import Fields
from truewheel.binary.pe_header import CERTIFICATE, PeHeader, read_header
from truewheel.compare.native_parts import Part, between, blanked, bounded
from truewheel.compare.native_shapes import Headers
from truewheel.compare.symbols import Names, Symbol
from truewheel.errors import BinaryError

_CODE = 0x20000020  # contains code, or may be executed
_SYMBOLS = Struct("<2I")
_SYMBOLS_AT = -12  # from the optional header: where the symbol table is, and how many rows it has
_ROW = Struct("<8sIhHBB")
_SIZE = Struct("<I")
_FILE = 103  # IMAGE_SYM_CLASS_FILE: the name stands in the rows behind


@dataclass(frozen=True, slots=True)
class PeParts:
    """What a PE file is made of. ``code`` are the names of sections that hold machine code."""

    header: PeHeader
    sections: tuple[Part, ...]
    code: frozenset[str]
    symbols: tuple[Symbol, ...]
    rest: Part
    headers: Headers
    memory: tuple[int, ...]
    """The sizes of sections in memory."""


def pe_parts(data: bytes, blanks: tuple[tuple[int, int], ...]) -> PeParts:
    """The parts of a PE file, with `blanks` (offset, size) as zeros. Raises `BinaryError`."""
    view = Fields(data)
    header = read_header(view)
    table, strings = _symbol_tables(header)
    names = Names(strings.data)
    sections = []
    code = set()
    for section in header.sections:
        name = _whole(section.name, names)
        part = view.part(section.offset, section.size, "a section").memory()
        size = min(section.size, section.virtual_size) or section.size
        sections.append(Part(name, section.offset, part[:size], section.address))
        if section.characteristics & _CODE:
            code.add(name)
    bounded(sections, len(data))
    offset, size = header.directory(CERTIFICATE)
    certificate = Part("certificate", offset, view.part(offset, size, "the certificate").memory())
    head = Part("headers", 0, memoryview(data)[: max(header.optional.headers, header.table_end)])
    rest = between([head, *sections, certificate, table, strings], data)
    parts = tuple(blanked(part, blanks) for part in sections)
    sizes = tuple((part.name, len(part.data)) for part in (*sections, table, strings, certificate))
    memory = tuple(section.virtual_size or section.size for section in header.sections)
    headers = Headers(bytes(blanked(head, blanks).data), sizes)
    return PeParts(header, parts, frozenset(code), tuple(_symbols(table, names)), rest, headers, memory)


def _whole(name: str, names: Names) -> str:
    """The name of a section; a long one stands in the string table."""
    return names.at(int(name[1:])) if name[:1] == "/" and name[1:].isdecimal() and name.isascii() else name


def _symbol_tables(header: PeHeader) -> tuple[Part, Part]:
    """The symbol table and its strings; both empty in a file that has none, as nearly all do."""
    view = header.view
    at, number = view.unpack(_SYMBOLS, header.optional_at + _SYMBOLS_AT, "the COFF header")
    if not at:
        return Part("symbol table", 0, memoryview(b"")), Part("string table", 0, memoryview(b""))
    table = view.part(at, number * _ROW.size, "the symbol table")
    end = at + table.size
    (size,) = view.unpack(_SIZE, end, "the string table")
    strings = view.part(end, size, "the string table")
    return Part("symbol table", at, table.memory()), Part("string table", end, strings.memory())


def _symbols(table: Part, names: Names) -> Iterator[Symbol]:
    """The rows of the symbol table; addresses count from the start of a section, so its number goes before them."""
    skip = 0
    rows = list(_ROW.iter_unpack(table.data))
    for number, (raw, value, section, kind, storage, more) in enumerate(rows):
        if skip:
            skip -= 1
            continue
        skip = more
        if storage == _FILE:
            behind = bytes(table.data[(number + 1) * _ROW.size : (number + 1 + more) * _ROW.size])
            name = behind.partition(b"\0")[0].decode("utf-8", "backslashreplace")
        else:
            name = _name(raw, names)
        place = value + (section << 32) if section > 0 else value
        yield Symbol(name, place, 0, section > 0, (kind, storage), storage == _FILE)


def _name(raw: bytes, names: Names) -> str:
    if raw[:4] == bytes(4):
        return names.at(_SIZE.unpack(raw[4:])[0])
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")


def part_at(header: PeHeader, address: int, offset: int, size: int, what: str) -> Fields:
    """What is at an address, or at an offset where it isn't mapped."""
    if address:
        return header.image.part(address, size, what)
    if not offset:
        raise BinaryError(f"{what} is nowhere")
    return header.view.part(offset, size, what)
