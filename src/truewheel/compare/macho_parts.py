"""A slice of a Mach-O file in parts: sections, the tables of ``__LINKEDIT``, symbols, and what commands say of tools.

Source: ``<mach-o/loader.h>``, ``<mach-o/nlist.h>`` and ``<mach-o/stab.h>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from struct import Struct
from typing import NamedTuple

from truewheel.binary import Slice
from truewheel.binary.fields import Fields
from truewheel.binary.macho import read_header
from truewheel.binary.macho_commands import CODE_SIGNATURE, SEGMENT, SEGMENT_64, split_commands
from truewheel.compare.native_parts import Part, between, bounded
from truewheel.compare.native_shapes import Headers, macho_shapes
from truewheel.compare.symbols import Names, Symbol

_SYMTAB, _DYSYMTAB, _UUID, _SOURCE_VERSION, _BUILD_VERSION = 0x2, 0xB, 0x1B, 0x2A, 0x32
_DYLD_INFO = (0x22, 0x80000022)
_DYLD_TABLES = ("rebases", "bindings", "weak bindings", "lazy bindings", "exports")
_TABLES = {
    CODE_SIGNATURE: "code signature",
    0x1E: "split segments",
    0x26: "function starts",
    0x29: "data in code",
    0x2B: "requirements of libraries",
    0x2E: "optimization hints",
    0x80000033: "exports",
    0x80000034: "fixups",
}
_TOOLS = {1: "clang", 2: "swift", 3: "ld", 4: "lld"}
_ZERO_FILL = (0x1, 0xC, 0x12)
_STAB, _TYPE, _UNDEFINED = 0xE0, 0x0E, 0x00
N_SO, N_OSO = 0x64, 0x66
SYMBOLS, STRINGS = "symbol table", "string table"


class Stab(NamedTuple):
    """A row for debuggers in the symbol table: a source folder or file (N_SO), or an object and its time (N_OSO)."""

    kind: int
    name: str
    value: int


@dataclass
class MachParts:
    """What a slice is made of. Filled in by `macho_parts`, and then left alone."""

    slice: Slice
    order: str
    parts: list[Part] = field(default_factory=list)
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
    code: set[str] = field(default_factory=set)
    uuid: str | None = None
    source_version: int | None = None
    tools: list[str] = field(default_factory=list)
    table: Part = field(default_factory=lambda: Part(SYMBOLS, 0, memoryview(b"")))
    strings: Part = field(default_factory=lambda: Part(STRINGS, 0, memoryview(b"")))
    shapes: dict[str, str] = field(default_factory=dict)
    rest: Part = field(default_factory=lambda: Part("between sections", 0, memoryview(b"")))
    headers: Headers = field(default_factory=lambda: Headers(b"", ()))

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols, without the rows for debuggers."""
        return tuple(row for row in self._rows if isinstance(row, Symbol))

    @cached_property
    def stabs(self) -> tuple[Stab, ...]:
        """The rows for debuggers that lead to sources and objects."""
        return tuple(row for row in self._rows if isinstance(row, Stab))

    @cached_property
    def _rows(self) -> tuple[Symbol | Stab, ...]:
        return tuple(_read_rows(self))


def macho_parts(data: bytes, part: Slice) -> MachParts:
    """The parts of one slice of the file in `data`. Raises `BinaryError`."""
    view = Fields(data).part(part.offset, part.size, "a slice")
    header = read_header(view)
    found = MachParts(part, header.order)
    for kind, command in split_commands(header.area, header.number, header.order):
        found.shapes.update(macho_shapes(kind, command, header.order))
        if kind in (SEGMENT, SEGMENT_64):
            found.parts += _sections(found, view, command, wide=kind == SEGMENT_64)
        elif kind == _SYMTAB:
            rows_at, number, strings_at, size = command.unpack(Struct(header.order + "8x4I"), 0, "LC_SYMTAB")
            found.table = _part(view, SYMBOLS, rows_at, number * _row(header.order, header.bits).size)
            found.strings = _part(view, STRINGS, strings_at, size)
        else:
            _note(found, view, kind, command)
    found.parts += (found.table, found.strings)
    commands = _part(view, "commands", 0, header.area.start - view.start + header.area.size)
    bounded(found.parts, part.size)
    whole = bytes(memoryview(data)[part.offset : part.offset + part.size])
    found.rest = between([commands, *found.parts], whole)
    said = bytes(commands.data).replace(bytes.fromhex(found.uuid or ""), bytes(16), 1) if found.uuid else commands.data
    found.headers = Headers(bytes(said), tuple((part.name, len(part.data)) for part in found.parts))
    return found


def _part(view: Fields, name: str, offset: int, size: int, address: int = 0) -> Part:
    return Part(name, offset, view.part(offset, size, f"the {name}").memory(), address)


def _sections(found: MachParts, view: Fields, command: Fields, *, wide: bool) -> Iterator[Part]:
    head = Struct(found.order + ("64xI4x" if wide else "48xI4x"))
    row = Struct(found.order + ("32xQQI12xI12x" if wide else "32xIII12xI8x"))
    (count,) = command.unpack(head, 0, "a segment command")
    command.check(head.size, count * row.size, "the sections of a segment")
    for number in range(count):
        at = head.size + number * row.size
        address, size, offset, flags = command.unpack(row, at, "a section")
        section, segment = (
            command.take(at + skip, 16, "the name of a section").rstrip(b"\0").decode("utf-8", "replace")
            for skip in (0, 16)
        )
        name = f"{segment},{section}"
        found.memory[name] = address, size
        if flags & 0x80000400:  # instructions, some or all
            found.code.add(name)
        filled = offset and flags & 0xFF not in _ZERO_FILL and found.slice.filetype != _DSYM
        yield _part(view, name, offset, size if filled or segment == "__DWARF" else 0, address)


_DSYM = 10


def _note(found: MachParts, view: Fields, kind: int, command: Fields) -> None:
    """What a command other than those of segments and symbols says."""
    order = found.order
    if kind in _TABLES:
        offset, size = command.unpack(Struct(order + "8x2I"), 0, "the place of a table")
        found.parts.append(_part(view, _TABLES[kind], offset, size))
    elif kind in _DYLD_INFO:
        places = command.unpack(Struct(order + "8x10I"), 0, "LC_DYLD_INFO")
        for name, offset, size in zip(_DYLD_TABLES, places[::2], places[1::2], strict=True):
            found.parts.append(_part(view, name, offset, size))
    elif kind == _DYSYMTAB:
        offset, number = command.unpack(Struct(order + "56x2I"), 0, "LC_DYSYMTAB")
        found.parts.append(_part(view, "indirect symbols", offset, 4 * number))
    elif kind == _UUID:
        found.uuid = command.take(8, 16, "LC_UUID").hex()
    elif kind == _SOURCE_VERSION:
        (found.source_version,) = command.unpack(Struct(order + "8xQ"), 0, "LC_SOURCE_VERSION")
    elif kind == _BUILD_VERSION:
        (count,) = command.unpack(Struct(order + "20xI"), 0, "LC_BUILD_VERSION")
        pair = Struct(order + "2I")
        command.check(24, count * pair.size, "the tools of LC_BUILD_VERSION")
        for number in range(count):
            tool, version = command.unpack(pair, 24 + number * pair.size, "a tool of LC_BUILD_VERSION")
            told = f"{version >> 16}.{version >> 8 & 0xFF}.{version & 0xFF}"
            found.tools.append(f"{_TOOLS.get(tool, f'tool {tool}')} {told}")


def _read_rows(found: MachParts) -> Iterator[Symbol | Stab]:
    """The rows of the symbol table, those for debuggers as what they are. Raises `BinaryError`."""
    name_at = Names(found.strings.data).at
    for name, kind, _, description, value in _row(found.order, found.slice.bits).iter_unpack(found.table.data):
        if kind & _STAB:
            if kind in (N_SO, N_OSO):
                yield Stab(kind, name_at(name), value)
        else:
            defined = kind & _TYPE != _UNDEFINED
            yield Symbol(name_at(name), value, 0, defined, (kind, description & 0xFF))


def _row(order: str, bits: int) -> Struct:
    return Struct(order + ("IBBHQ" if bits == 64 else "IBBHI"))
