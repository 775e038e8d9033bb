"""The Mach-O reader: thin and fat files of macOS, iOS and their kin.

Source: ``<mach-o/loader.h>``, ``<mach-o/fat.h>`` and ``<mach/machine.h>``. Only load commands are read, so a
file of any size costs the same; symbols wait in `macho_symbols`, the signature is in `macho_signature`.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.macho_commands import read_commands
from truewheel.binary.macho_signature import UNSIGNED, read_signature
from truewheel.binary.macho_symbols import MachSymbolTable
from truewheel.binary.magic import FAT, FAT_64, MOST_SLICES, THIN
from truewheel.binary.model import MachO, Slice

ARCHIVE = b"!<arch>\n"
"""What a static library begins with; a fat one has it in every slice."""

_COUNT = Struct(">I")
_ENTRY, _ENTRY_64 = Struct(">5I"), Struct(">2I2Q2I")  # CPU type and subtype, offset, size, alignment (, reserved)
_CAPABILITIES = 0xFF000000  # the top byte of a subtype: LIB64, pointer authentication; not the architecture

_ABI64, _ABI64_32 = 0x01000000, 0x02000000
_X86, _ARM, _PPC = 7, 12, 18
_FAMILIES = {
    _X86: "i386",
    _X86 | _ABI64: "x86_64",
    _ARM: "arm",
    _ARM | _ABI64: "arm64",
    _ARM | _ABI64_32: "arm64_32",
    _PPC: "ppc",
    _PPC | _ABI64: "ppc64",
}
_VARIANTS = {
    (_X86 | _ABI64, 8): "x86_64h",
    (_ARM | _ABI64, 2): "arm64e",
    (_ARM, 5): "armv4t",
    (_ARM, 6): "armv6",
    (_ARM, 7): "armv5",
    (_ARM, 8): "xscale",
    (_ARM, 9): "armv7",
    (_ARM, 10): "armv7f",
    (_ARM, 11): "armv7s",
    (_ARM, 12): "armv7k",
    (_ARM, 13): "armv8",
    (_ARM, 14): "armv6m",
    (_ARM, 15): "armv7m",
    (_ARM, 16): "armv7em",
}


def arch_name(cpu_type: int, cpu_subtype: int) -> str:
    """The architecture as tags and Apple's tools call it, or ``machine-N`` with the CPU type."""
    variant = _VARIANTS.get((cpu_type, cpu_subtype & ~_CAPABILITIES))
    return variant or _FAMILIES.get(cpu_type) or f"machine-{cpu_type}"


def read_macho(buffer: Buffer) -> MachO:
    """The Mach-O file in `buffer`, thin or fat.

    Offsets of the slices count from the start of the buffer, which may be closed afterwards. Raises
    `BinaryError` if it is no Mach-O file, or one that is truncated or contradicts itself: slices that overlap
    or hold no Mach-O file, load commands that don't fill their area, tables beyond the end.
    """
    view = Fields(buffer)
    if view.take(0, 4, "the magic number") in (FAT, FAT_64):
        return MachO(fat=True, slices=tuple(_fat_slice(view, entry) for entry in fat_entries(view)))
    return MachO(fat=False, slices=(_slice(view),))


class FatEntry(NamedTuple):
    """A slice as the fat header announces it; ``align`` is the exponent of two."""

    cpu_type: int
    cpu_subtype: int
    offset: int
    size: int
    align: int


def fat_entries(view: Fields) -> tuple[FatEntry, ...]:
    """The slices that the fat file in `view` announces: in bounds, none over another or over the header."""
    layout = _ENTRY_64 if view.take(0, 4, "the magic number") == FAT_64 else _ENTRY
    (count,) = view.unpack(_COUNT, 4, "the number of slices")
    if not 1 <= count <= MOST_SLICES:
        raise view.error(f"a fat file has 1 to {MOST_SLICES} slices, not {count}", 4)
    entries = tuple(_fat_entry(view, layout, 8 + number * layout.size) for number in range(count))
    free = 8 + count * layout.size
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < free:
            raise view.error(f"a slice lies over what ends at {free:#x}", entry.offset)
        free = entry.offset + entry.size
    kinds = {(entry.cpu_type, entry.cpu_subtype & ~_CAPABILITIES) for entry in entries}
    if len(kinds) < count:
        raise view.error("a fat file has two slices for the same architecture", 8)
    return entries


def is_fat_archive(buffer: Buffer) -> bool:
    """Whether `buffer` is a fat static library: a fat file with an archive in every slice."""
    view = Fields(buffer)
    if view.size < 4 or view.take(0, 4, "the magic number") not in (FAT, FAT_64):
        return False
    entries = fat_entries(view)
    return all(view.take(entry.offset, min(8, entry.size), "a slice") == ARCHIVE for entry in entries)


def _fat_entry(view: Fields, layout: Struct, at: int) -> FatEntry:
    entry = FatEntry(*view.unpack(layout, at, "a slice of the fat header")[:5])
    view.check(entry.offset, entry.size, "a slice")
    return entry


def _fat_slice(view: Fields, entry: FatEntry) -> Slice:
    part = view.part(entry.offset, entry.size, "a slice")
    if part.take(0, min(4, part.size), "a slice") in (FAT, FAT_64):
        raise part.error("a slice of a fat file is a fat file again", 0)
    found = _slice(part)
    told = arch_name(entry.cpu_type, entry.cpu_subtype)
    if told != found.arch:
        raise part.error(f"the fat header announces {told}, the slice is for {found.arch}", 0)
    return found


class MachHeader(NamedTuple):
    """The header of a slice; ``order`` is the byte order for `struct`, ``area`` holds the `number` of load commands."""

    bits: int
    order: str
    cpu_type: int
    cpu_subtype: int
    filetype: int
    flags: int
    number: int
    area: Fields


def read_header(view: Fields) -> MachHeader:
    """What the slice in `view` begins with."""
    magic = view.take(0, min(4, view.size), "the magic number")
    if magic not in THIN:
        raise view.error(f"a Mach-O file can't begin with {magic.hex() or 'nothing'}", 0)
    bits, order = THIN[magic]
    layout = Struct(order + "4x6I")
    cpu_type, cpu_subtype, filetype, count, size, flags = view.unpack(layout, 0, "the Mach-O header")
    area = view.part(32 if bits == 64 else 28, size, "the load commands")
    return MachHeader(bits, order, cpu_type, cpu_subtype, filetype, flags, count, area)


def _slice(view: Fields) -> Slice:
    header = read_header(view)
    commands = read_commands(view, header.area, header.number, header.order, header.cpu_type)
    platform, minos, sdk = commands.build
    return Slice(
        arch=arch_name(header.cpu_type, header.cpu_subtype),
        cpu_type=header.cpu_type,
        cpu_subtype=header.cpu_subtype,
        offset=view.start,
        size=view.size,
        bits=header.bits,
        filetype=header.filetype,
        flags=header.flags,
        platform=platform,
        minos=minos,
        sdk=sdk,
        install_name=commands.install_name,
        dylibs=tuple(commands.dylibs),
        rpaths=tuple(commands.rpaths),
        signature=read_signature(commands.signature) if commands.signature else UNSIGNED,
        header_room=commands.header_room,
        symbols=MachSymbolTable(view, header.bits, header.order, commands.symbols),
        compatibility=commands.compatibility,
    )
