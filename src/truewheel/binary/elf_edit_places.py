"""Addresses for what gets a new place in an ELF file, fixed before anything is written: all headers depend on them."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from truewheel.binary.elf_edit_image import Entry, Image
from truewheel.binary.elf_edit_room import Room
from truewheel.binary.elf_edit_spans import MOVABLE_TAGS, Span
from truewheel.binary.elf_layout import Strings, Tag
from truewheel.binary.elf_relr import Expansion
from truewheel.binary.patch import Write
from truewheel.errors import BinaryError

SPARE_ENTRIES = 4
"""Empty entries that a moved dynamic table gets, so that the next edit finds some."""
_LEAST_ALIGNMENT = 8


class Content(NamedTuple):
    """What is to be written: the dynamic table, the strings with what comes behind them, relative relocations.

    ``wiped`` are writes to the strings as they are, ``followed`` to the version needs.
    """

    entries: tuple[Entry, ...]
    strings: Strings
    added: bytes
    expansion: Expansion | None
    wiped: tuple[Write, ...]
    followed: tuple[Write, ...]


class Place(NamedTuple):
    """Bytes in the file, and the address that they are loaded at."""

    offset: int
    address: int
    size: int


class Shift(NamedTuple):
    """A span that moves."""

    span: Span
    old: Place
    new: Place


class Places(NamedTuple):
    """Where things are after the edit. What is None stays, or isn't there. ``size`` is that of all new bytes."""

    shifts: tuple[Shift, ...]
    strings: Place | None
    dynamic: Place | None
    relocations: Place | None
    size: int

    def shift_of(self, offset: int) -> Shift | None:
        """The shift that takes the byte at `offset` along, if one does."""
        index = bisect_right(self.shifts, offset, key=lambda shift: shift.span.start) - 1
        return self.shifts[index] if index >= 0 and offset < self.shifts[index].span.end else None

    def address(self, old: int) -> int:
        """The new address of a table."""
        for shift in self.shifts:
            if 0 <= old - shift.old.address < shift.old.size:
                return old - shift.old.address + shift.new.address
        return old


class _Ground:
    """The new bytes while they are given away."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = room.zeros

    def take(self, size: int, alignment: int) -> Place:
        address = -(-(self._room.address + self.size) // alignment) * alignment
        skip = address - self._room.address
        self.size = skip + size
        return Place(self._room.offset + skip, address, size)


def allotted(image: Image, room: Room, content: Content) -> Places:
    """A place for everything. The strings come last, so that the next edit can add to them where they are.

    Raises `BinaryError` where addresses run out.
    """
    ground = _Ground(room)
    strings, record = content.strings, image.layout.codec.dynamic
    strings_size = len(strings.data) + len(content.added)
    strings_place = dynamic = relocations = None
    if content.added and not room.copies_strings:
        ground.take(len(content.added), 1)
        strings_place = Place(strings.offset, image.tags[Tag.STRTAB], strings_size)
    shifts = tuple(_shift(image, span, ground) for span in room.moved)
    if room.dynamic_moves:
        dynamic = ground.take((len(content.entries) + 1 + SPARE_ENTRIES) * record.size, record.size)
    if content.expansion is not None:
        relocations = ground.take(len(content.expansion.table), _LEAST_ALIGNMENT)
    if room.copies_strings:
        strings_place = ground.take(strings_size, 1)
    if room.address + ground.size > 1 << image.layout.bits:
        raise BinaryError("there are no addresses left behind the segments of the file")
    return Places(shifts, strings_place, dynamic, relocations, ground.size)


def _shift(image: Image, span: Span, ground: _Ground) -> Shift:
    size = span.end - span.start
    for load in image.layout.loads:
        if load.offset <= span.start and span.end <= load.offset + load.file_size:
            old = Place(span.start, span.start - load.offset + load.address, size)
            return Shift(span, old, ground.take(size, max(span.alignment, _LEAST_ALIGNMENT)))
    raise image.layout.fields.error(f"a table of {size} bytes isn't inside of a segment", span.start)


def final_entries(content: Content, places: Places) -> tuple[Entry, ...]:
    """The dynamic table with all addresses and sizes as they will be."""
    fixed: dict[int, int] = {}
    if places.strings is not None:
        fixed |= {Tag.STRTAB: places.strings.address, Tag.STRSZ: places.strings.size}
    if places.relocations is not None and content.expansion is not None:
        fixed[content.expansion.tag] = places.relocations.address
    return tuple(
        (tag, fixed[tag] if tag in fixed else places.address(value) if tag in MOVABLE_TAGS else value)
        for tag, value in content.entries
    )
