"""The load commands of a Mach-O slice: one pass, one small reader per kind of command.

Source: ``<mach-o/loader.h>``. Commands that say nothing about dependencies, platform, symbols or signature
are stepped over; their sizes are checked all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from struct import Struct
from typing import TypeAlias

from truewheel.binary.fields import LONGEST_PATH, Fields
from truewheel.binary.macho_symbols import SymbolCommands
from truewheel.binary.model import Dylib, Platform, Version3

_MOST_BYTES = 4 << 20  # of load commands: hundreds of times what any linker writes
_REQUIRED = 0x80000000  # LC_REQ_DYLD
_X86 = (7, 0x01000007)

DYLIB_KINDS = {
    0xC: "load",
    0x18 | _REQUIRED: "weak",
    0x1F | _REQUIRED: "reexport",
    0x20: "lazy",
    0x23 | _REQUIRED: "upward",
}
"""The commands that load a library, and the words for how they do it."""
ID_DYLIB, RPATH, CODE_SIGNATURE = 0xD, 0x1C | _REQUIRED, 0x1D
SEGMENT, SEGMENT_64 = 0x1, 0x19
# LC_LOAD_DYLIB in the form of macOS 15: this time stamp announces a word of flags behind the fields.
_FLAGS_FOLLOW = 0x1A741800
_DYLIB_FLAGS = {0x1: "weak", 0x2: "reexport", 0x4: "upward", 0x8: "lazy"}
_MIN_PLATFORMS = {
    0x24: (Platform.MACOS, Platform.MACOS),
    0x25: (Platform.IOS, Platform.IOS_SIMULATOR),
    0x2F: (Platform.TVOS, Platform.TVOS_SIMULATOR),
    0x30: (Platform.WATCHOS, Platform.WATCHOS_SIMULATOR),
}
_PLATFORMS = {platform.value: platform for platform in Platform}
_ZERO_FILL = (0x1, 0xC, 0x12)  # section types without bytes in the file

Build: TypeAlias = tuple[Platform, Version3 | None, Version3 | None]
"""Platform, oldest system and SDK."""


@dataclass
class Commands:
    """What the load commands of one slice said. Filled in by `read_commands`, and then left alone."""

    view: Fields
    order: str
    cpu_type: int
    area_end: int
    install_name: str | None = None
    compatibility: Version3 | None = None
    dylibs: list[Dylib] = field(default_factory=list)
    rpaths: list[str] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    signature: Fields | None = None
    symtab: tuple[int, ...] | None = None
    dysymtab: tuple[int, ...] | None = None

    @property
    def build(self) -> Build:
        """The platform that counts: the first that is macOS (a zippered library names Catalyst too), else the first."""
        named = [build for build in self.builds if build[0] is Platform.MACOS] or self.builds
        return named[0] if named else (Platform.UNKNOWN, None, None)

    def hold(self, offset: int, size: int, what: str) -> None:
        """Note that the slice has contents at `offset`; a segment from 0 on is the one with the header in it."""
        self.view.check(offset, size, what)
        if offset:
            self.contents.append(offset)

    @property
    def header_room(self) -> int:
        """The bytes between the load commands and whatever the slice holds first; 0 if it holds nothing."""
        return max(0, min(self.contents, default=self.area_end) - self.area_end)

    @property
    def symbols(self) -> SymbolCommands | None:
        """Where the symbols are."""
        if self.symtab is None:
            return None
        symbols, number, strings, strings_size = self.symtab
        if self.dysymtab is None:
            return SymbolCommands(symbols, number, strings, strings_size, None, None)
        _, _, defined, defined_number, undefined, undefined_number = self.dysymtab
        parts = (defined, defined_number), (undefined, undefined_number)
        return SymbolCommands(symbols, number, strings, strings_size, *parts)


def read_commands(view: Fields, area: Fields, count: int, order: str, cpu_type: int) -> Commands:
    """The `count` load commands that fill `area` of the slice in `view`; `order` is the byte order for `struct`.

    Raises `BinaryError` where they overrun or don't fill the area, hold a string without an end, repeat what
    may stand only once, or point outside the slice.
    """
    if area.size > _MOST_BYTES:
        raise area.error(f"{area.size} bytes of load commands are more than the {_MOST_BYTES} that are read", 0)
    commands = Commands(view, order, cpu_type, area.start - view.start + area.size)
    for kind, command in split_commands(area, count, order):
        if kind in _READERS:
            _READERS[kind](commands, kind, command)
    return commands


def split_commands(area: Fields, count: int, order: str) -> Iterator[tuple[int, Fields]]:
    """The load commands one by one: kind and bytes. Raises `BinaryError` where they don't fill the area."""
    head = _layout(order, "2I")
    offset = 0
    for _ in range(count):
        kind, size = area.unpack(head, offset, "a load command")
        if size < head.size:
            raise area.error(f"load command {kind:#x} claims {size} bytes, fewer than its own head", offset)
        yield kind, area.part(offset, size, f"load command {kind:#x}")
        offset += size
    if offset != area.size:
        raise area.error(f"{count} load commands take {offset} bytes, the header says {area.size}", offset)


@cache
def _layout(order: str, fields: str) -> Struct:
    return Struct(order + fields)


def _version(packed: int) -> Version3:
    """A version packed as xxxx.yy.zz."""
    return packed >> 16, packed >> 8 & 0xFF, packed & 0xFF


def _build_version(commands: Commands, _: int, command: Fields) -> None:
    platform, minos, sdk = command.unpack(_layout(commands.order, "8x3I"), 0, "LC_BUILD_VERSION")
    named = _PLATFORMS.get(platform, Platform.UNKNOWN)
    commands.builds.append((named, _version(minos), _version(sdk) if sdk else None))


def _version_min(commands: Commands, kind: int, command: Fields) -> None:
    """The older command knows no simulators: there, a device's name on an Intel processor means one."""
    minos, sdk = command.unpack(_layout(commands.order, "8x2I"), 0, "LC_VERSION_MIN")
    platform = _MIN_PLATFORMS[kind][commands.cpu_type in _X86]
    commands.builds.append((platform, _version(minos), _version(sdk) if sdk else None))


def _text(command: Fields, offset: int, fixed: int, what: str) -> str:
    """The string at `offset` of the command, behind its `fixed` part."""
    if offset < fixed:
        raise command.error(f"the string of {what} lies in its fixed part, at {offset}", 8)
    return command.text(offset, LONGEST_PATH, what)


def _dylib(commands: Commands, kind: int, command: Fields) -> None:
    layout = _layout(commands.order, "8x4I")
    name_at, stamp, current, compatibility = command.unpack(layout, 0, "a dylib command")
    how = DYLIB_KINDS[kind]
    if stamp == _FLAGS_FOLLOW and name_at >= layout.size + 4 and how in {"load", "weak"}:
        (flags,) = command.unpack(_layout(commands.order, "I"), layout.size, "the flags of a dylib command")
        how = next((name for bit, name in _DYLIB_FLAGS.items() if flags & bit), how)
    name = _text(command, name_at, layout.size, "a dylib command")
    commands.dylibs.append(Dylib(name, how, _version(current), _version(compatibility), name_at))


def _id_dylib(commands: Commands, _: int, command: Fields) -> None:
    _once(commands.install_name, command, "LC_ID_DYLIB")
    layout = _layout(commands.order, "8x4I")
    name_at, _, _, compatibility = command.unpack(layout, 0, "LC_ID_DYLIB")
    commands.compatibility = _version(compatibility)
    commands.install_name = _text(command, name_at, layout.size, "LC_ID_DYLIB")


def _rpath(commands: Commands, _: int, command: Fields) -> None:
    layout = _layout(commands.order, "8xI")
    (path_at,) = command.unpack(layout, 0, "LC_RPATH")
    commands.rpaths.append(_text(command, path_at, layout.size, "LC_RPATH"))


def _code_signature(commands: Commands, _: int, command: Fields) -> None:
    _once(commands.signature, command, "LC_CODE_SIGNATURE")
    offset, size = command.unpack(_layout(commands.order, "8x2I"), 0, "LC_CODE_SIGNATURE")
    commands.signature = commands.view.part(offset, size, "the code signature")


def _symtab(commands: Commands, _: int, command: Fields) -> None:
    _once(commands.symtab, command, "LC_SYMTAB")
    commands.symtab = command.unpack(_layout(commands.order, "8x4I"), 0, "LC_SYMTAB")


def _dysymtab(commands: Commands, _: int, command: Fields) -> None:
    _once(commands.dysymtab, command, "LC_DYSYMTAB")
    commands.dysymtab = command.unpack(_layout(commands.order, "8x6I"), 0, "LC_DYSYMTAB")


def _once(known: object, command: Fields, what: str) -> None:
    if known is not None:
        raise command.error(f"there is a second {what}", 0)


def _segment(commands: Commands, kind: int, command: Fields) -> None:
    """Notes where the bytes of a segment and its sections begin."""
    wide = kind == SEGMENT_64
    layout = _layout(commands.order, "40x2Q8xI4x" if wide else "32x2I8xI4x")
    offset, size, count = command.unpack(layout, 0, "a segment command")
    if size:
        commands.hold(offset, size, "a segment")
    section = _layout(commands.order, "40xQI12xI12x" if wide else "36xII12xI8x")
    command.check(layout.size, count * section.size, "the sections of a segment")
    for number in range(count):
        length, start, flags = command.unpack(section, layout.size + number * section.size, "a section")
        # A dSYM names the sections of the program that it is about, without having their bytes.
        if size and length and start and flags & 0xFF not in _ZERO_FILL:
            commands.hold(start, length, "a section")


_READERS: dict[int, Callable[[Commands, int, Fields], None]] = {
    SEGMENT: _segment,
    0x2: _symtab,
    0xB: _dysymtab,
    ID_DYLIB: _id_dylib,
    SEGMENT_64: _segment,
    RPATH: _rpath,
    CODE_SIGNATURE: _code_signature,
    0x32: _build_version,
    **dict.fromkeys(_MIN_PLATFORMS, _version_min),
    **dict.fromkeys(DYLIB_KINDS, _dylib),
}
