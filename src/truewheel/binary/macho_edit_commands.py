"""The load commands of a Mach-O slice as bytes, to be written with other names.

Source: ``<mach-o/loader.h>``. A command is carried as it is, whether it is known or not; one that gets another name
keeps all fields before the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH, Fields, encoded
from truewheel.binary.macho import read_header
from truewheel.binary.macho_commands import (
    CODE_SIGNATURE,
    DYLIB_KINDS,
    ID_DYLIB,
    RPATH,
    SEGMENT,
    SEGMENT_64,
    split_commands,
)
from truewheel.binary.patch import Write
from truewheel.errors import BinaryError, Where

LINKEDIT = b"__LINKEDIT"
"""The segment of what loaders and tools read, with the signature at its end."""
_COUNT_AT = 16
"""Where the header has the number of load commands, and behind it their size (ncmds, sizeofcmds)."""
_NAME_AT = 8
"""Where a command has the offset of its name (lc_str)."""
_NAMED = frozenset({*DYLIB_KINDS, ID_DYLIB, RPATH})


class Command(NamedTuple):
    """A load command, its head included."""

    kind: int
    data: bytes


class Segment(NamedTuple):
    """A segment: the index of its `command`, and what it maps. ``room`` is vmsize, ``size`` filesize."""

    command: int
    name: bytes
    address: int
    room: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset behind its last byte in the file."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class Commands:
    """The load commands of the slice in ``view``, as they are or as they are to be.

    ``order`` is the byte order for `struct`. ``end`` is the offset behind the commands that are there, ``limit`` the
    one of the first contents behind them: new commands must end before it.
    """

    view: Fields
    order: str
    bits: int
    end: int
    limit: int
    items: tuple[Command, ...]

    @property
    def start(self) -> int:
        """The offset of the first command: the size of the header."""
        return 32 if self.bits == 64 else 28

    @property
    def lacking(self) -> int:
        """How many bytes more than there are the commands take; 0 or less where they fit."""
        return self.start + sum(len(item.data) for item in self.items) - self.limit

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, in the order of their commands."""
        return tuple(self._segments())

    @property
    def signature(self) -> tuple[int, int] | None:
        """Offset and size of the code signature, where there is one."""
        for item in self.items:
            if item.kind == CODE_SIGNATURE:
                offset, size = Struct(self.order + "8x2I").unpack_from(item.data)
                return offset, size
        return None

    def segment(self, name: bytes) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def name(self, command: Command) -> bytes:
        """The name in a command that has one; the reader has checked it."""
        return Fields(command.data).cstring(self._name_at(command), LONGEST_PATH, "a load command")

    def named(self, command: Command, name: bytes) -> Command:
        """The command with another name, as long as it must be."""
        data = command.data[: self._name_at(command)] + name + b"\0"
        data += bytes(-len(data) % (self.bits // 8))
        head = Struct(self.order + "2I")
        return Command(command.kind, head.pack(command.kind, len(data)) + data[head.size :])

    def made(self, kind: int, *numbers: int) -> Command:
        """A new command with fields of 32 bits."""
        return Command(kind, Struct(f"{self.order}{2 + len(numbers)}I").pack(kind, 8 + 4 * len(numbers), *numbers))

    def _name_at(self, command: Command) -> int:
        (at,) = Struct(self.order + "I").unpack_from(command.data, _NAME_AT)
        return int(at)

    def _segments(self) -> Iterator[Segment]:
        for index, (kind, data) in enumerate(self.items):
            if kind in (SEGMENT, SEGMENT_64):
                fields = Struct(self.order + ("4Q" if kind == SEGMENT_64 else "4I")).unpack_from(data, 24)
                yield Segment(index, data[8:24].rstrip(b"\0"), *fields)


def read_items(view: Fields, room: int) -> Commands:
    """The load commands of a slice that the reader has found sound, and to have `room` bytes behind them."""
    header = read_header(view)
    items = tuple(
        Command(kind, command.take(0, command.size, "a load command"))
        for kind, command in split_commands(header.area, header.number, header.order)
    )
    end = header.area.start - view.start + header.area.size
    return Commands(view, header.order, header.bits, end, end + room, items)


def renamed(
    commands: Commands, dylibs: Mapping[str, str], install_name: str | None, rpaths: tuple[str, ...] | None
) -> tuple[Command, ...]:
    """The commands with other names; see `SliceChanges`.

    No command that loads a library goes or moves: symbols name their library by the number of its command (two-level
    namespaces). Run paths that stay do so in their places, as far as the order that is asked for allows; new ones
    come last, as Apple's and LLVM's ``install_name_tool`` put them: behind LC_CODE_SIGNATURE too, which loaders and
    ``codesign`` take wherever it stands.
    """
    new = {encoded(old, "a library"): encoded(name, "the new name of a library") for old, name in dylibs.items()}
    own = None if install_name is None else encoded(install_name, "the install name")
    paths = [encoded(path, "a run path") for path in rpaths or ()]
    items, staying = [], 0
    for item in commands.items:
        name = wanted = commands.name(item) if item.kind in _NAMED else b""
        if item.kind in DYLIB_KINDS:
            wanted = new.get(name, name)
        elif item.kind == ID_DYLIB and own is not None:
            wanted = own
        elif item.kind == RPATH and rpaths is not None:
            if paths[staying : staying + 1] != [name]:
                continue
            staying += 1
        items.append(item if wanted == name else commands.named(item, wanted))
    empty = commands.made(RPATH, 12)
    return (*items, *(commands.named(empty, path) for path in paths[staying:]))


def written(commands: Commands) -> tuple[Write, ...]:
    """What is written at the beginning of the slice; zeros where the commands have become shorter.

    Raises `BinaryError` where they don't fit, and where bytes behind the old ones aren't free.
    """
    lacking = commands.lacking
    if lacking > 0:
        raise BinaryError(
            f"the header has no room for the new names: {lacking} bytes lack",
            where=Where(offset=commands.view.start + commands.end),
            hint="choose shorter names, or link the file with -headerpad_max_install_names",
        )
    area = b"".join(item.data for item in commands.items)
    end = commands.start + len(area)
    if end > commands.end and any(commands.view.take(commands.end, end - commands.end, "the header")):
        what = "the room behind the load commands isn't free: there are bytes other than zero in it"
        raise commands.view.error(what, commands.end)
    numbers = Struct(commands.order + "2I").pack(len(commands.items), len(area))
    return Write(_COUNT_AT, numbers), Write(commands.start, area.ljust(commands.end - commands.start, b"\0"))
