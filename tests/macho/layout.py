"""A reader of Mach-O files for the checker: fat header, load commands, segments, and code signatures.

Written from ``<mach-o/loader.h>``, ``<mach-o/fat.h>`` and xnu's ``cs_blobs.h``; nothing here is shared with the
reader or the editor of truewheel. It takes little-endian 64-bit slices, which is all that wheels hold.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

MH_EXECUTE = 2
ALIGNMENT = 16
"""What signatures are aligned to."""

FAT, THIN = b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"
ARCHS = {
    (0x01000007, 3): "x86_64",
    (0x01000007, 8): "x86_64h",
    (0x0100000C, 0): "arm64",
    (0x0100000C, 2): "arm64e",
}
"""By the numbers of the processor and its variant."""

SEGMENT, SIGNATURE, ID, RPATH = 0x19, 0x1D, 0xD, 0x8000001C
LOADS = {0xC: "load", 0x80000018: "weak", 0x8000001F: "reexport", 0x20: "lazy", 0x80000023: "upward"}
"""The commands that load a library, by their numbers."""

_NAMED = {ID: 8, RPATH: 8, 0xE: 8, **dict.fromkeys(LOADS, 8)}
"""Where the offset of the name stands in a command that has one."""

_ZERO_FILL = {0x1, 0xC, 0x12}  # S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL
_HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}


class LayoutError(Exception):
    """The file can't be read as what it claims to be."""


class Command(NamedTuple):
    """A load command with all of its bytes, at ``offset`` in its slice."""

    kind: int
    offset: int
    data: bytes

    @property
    def name(self) -> str:
        """The name or path in it; "" for a command without."""
        at = _NAMED.get(self.kind)
        if at is None:
            return ""
        (start,) = struct.unpack_from("<I", self.data, at)
        return self.data[start:].split(b"\0")[0].decode(errors="surrogateescape")

    @property
    def frame(self) -> bytes:
        """What stands before the name, without the size of the command; all of it where there is no name."""
        at = _NAMED.get(self.kind)
        return self.data if at is None else self.data[8 : struct.unpack_from("<I", self.data, at)[0]]


class Segment(NamedTuple):
    """A segment, with where its sections stand in the file (those that have bytes there)."""

    name: str
    memory_size: int
    offset: int
    size: int
    sections: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Directory:
    """A CodeDirectory. ``special`` are its hashes of blobs by slot, ``pages`` those of the code."""

    version: int
    flags: int
    identifier: str
    limit: int
    page: int
    hash_type: int
    special: dict[int, bytes]
    pages: tuple[bytes, ...]
    exec_segment: tuple[int, int, int] | None

    def digest(self, data: bytes) -> bytes:
        """The hash of some bytes, as this directory makes it."""
        name, size = _HASHES[self.hash_type]
        return hashlib.new(name, data, usedforsecurity=False).digest()[:size]


@dataclass(frozen=True)
class CodeSignature:
    """What LC_CODE_SIGNATURE points at: blobs by slot, and the directories among them.

    Behind the blobs codesign leaves room, and what was there before.
    """

    offset: int
    size: int
    length: int
    blobs: dict[int, bytes]
    directories: dict[int, Directory]

    @property
    def main(self) -> Directory:
        """The directory that kernels of old look at."""
        return self.directories[0]


@dataclass(frozen=True)
class Part:
    """A slice: its bytes, where they stand in the file, and what its header says."""

    arch: str
    offset: int
    align: int | None
    data: bytes
    commands: tuple[Command, ...]
    segments: tuple[Segment, ...]
    signature: CodeSignature | None

    @property
    def end_of_commands(self) -> int:
        """Where the last load command ends."""
        return 32 + int(struct.unpack_from("<I", self.data, 20)[0])

    @property
    def first_content(self) -> int:
        """Where the first byte of a section, or of a segment but the first, stands."""
        sections = [at for segment in self.segments for at, _ in segment.sections.values()]
        others = [segment.offset for segment in self.segments if segment.offset and segment.size]
        return min([*sections, *others], default=len(self.data))

    @property
    def room(self) -> int:
        """How many bytes load commands can still take."""
        return self.first_content - self.end_of_commands

    @property
    def linkedit(self) -> Segment | None:
        """The segment of the tables and the signature."""
        return next((segment for segment in self.segments if segment.name == "__LINKEDIT"), None)

    @property
    def contents_end(self) -> int:
        """Where the signature begins, or would: behind all that segments hold."""
        if self.signature:
            return self.signature.offset
        return max((segment.offset + segment.size for segment in self.segments), default=0)

    @property
    def tail(self) -> bytes:
        """What stands behind the last segment."""
        return self.data[max((segment.offset + segment.size for segment in self.segments), default=0) :]

    def names(self, *kinds: int) -> list[str]:
        """The names in commands of these kinds, in order."""
        return [command.name for command in self.commands if command.kind in kinds]

    @property
    def dylibs(self) -> list[str]:
        """The libraries that it loads."""
        return self.names(*LOADS)

    @property
    def rpaths(self) -> list[str]:
        """Its run paths."""
        return self.names(RPATH)

    @property
    def install_name(self) -> str | None:
        """What it is called, None for what isn't a library."""
        return next(iter(self.names(ID)), None)


class FatEntry(NamedTuple):
    """A line of the fat header; ``align`` is the exponent of two."""

    cpu: int
    subtype: int
    offset: int
    size: int
    align: int


def fat_entries(data: bytes) -> list[FatEntry]:
    """The fat header; empty for a thin file."""
    if data[:4] != FAT:
        return []
    (count,) = struct.unpack_from(">I", data, 4)
    return [FatEntry(*struct.unpack_from(">5I", data, 8 + 20 * number)) for number in range(count)]


def parts(data: bytes | bytearray) -> list[Part]:
    """The slices of a file, fat or thin. Raises `LayoutError`."""
    whole = bytes(data)
    try:
        if entries := fat_entries(whole):
            return [_part(whole[e.offset : e.offset + e.size], e.offset, e.align) for e in entries]
        return [_part(whole, 0, None)]
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise LayoutError(f"unreadable: {error!r}") from error


def arch_name(cpu: int, variant: int) -> str:
    """The name of an architecture; the top byte of the variant is about something else."""
    return ARCHS[cpu, variant & 0xFFFFFF]


def _part(data: bytes, offset: int, align: int | None) -> Part:
    if data[:4] != THIN:
        raise LayoutError(f"a slice begins with {data[:4].hex()}")
    commands = tuple(_commands(data))
    found = [struct.unpack_from("<2I", command.data, 8) for command in commands if command.kind == SIGNATURE]
    if len(found) > 1:
        raise LayoutError("two signatures")
    return Part(
        arch=arch_name(*struct.unpack_from("<2I", data, 4)),
        offset=offset,
        align=align,
        data=data,
        commands=commands,
        segments=tuple(_segment(command.data) for command in commands if command.kind == SEGMENT),
        signature=_signature(data, *found[0]) if found else None,
    )


def _commands(data: bytes) -> Iterator[Command]:
    count, size = struct.unpack_from("<2I", data, 16)
    at = 32
    for _ in range(count):
        kind, length = struct.unpack_from("<2I", data, at)
        if length < 8 or length % 8 or at + length > min(32 + size, len(data)):
            raise LayoutError(f"the load command at {at:#x} has {length} bytes")
        yield Command(kind, at, data[at : at + length])
        at += length
    if at != 32 + size:
        raise LayoutError(f"the load commands end at {at:#x}, not at {32 + size:#x}")


def _segment(data: bytes) -> Segment:
    name, _, memory_size, offset, size, _, _, count, _ = struct.unpack_from("<16s4Q4I", data, 8)
    if len(data) != 72 + 80 * count:
        raise LayoutError("the sections don't fill their segment's command")
    sections = {}
    for number in range(count):
        title, owner, _, extent, at, _, _, _, flags = struct.unpack_from("<16s16s2Q5I", data, 72 + 80 * number)
        if flags & 0xFF not in _ZERO_FILL and extent:
            sections[f"{_word(owner)},{_word(title)}"] = (at, extent)
    return Segment(_word(name), memory_size, offset, size, sections)


def _word(field: bytes) -> str:
    return field.rstrip(b"\0").decode(errors="surrogateescape")


def _signature(data: bytes, offset: int, size: int) -> CodeSignature:
    area = data[offset : offset + size]
    if len(area) != size:
        raise LayoutError("the signature reaches beyond the slice")
    magic, length, count = struct.unpack_from(">3I", area)
    if magic != 0xFADE0CC0 or length > size:
        raise LayoutError(f"a signature of {size} bytes begins with {magic:#x}, length {length}")
    blobs: dict[int, bytes] = {}
    spans = [(0, 12 + 8 * count)]
    for number in range(count):
        slot, start = struct.unpack_from(">2I", area, 12 + 8 * number)
        (extent,) = struct.unpack_from(">I", area, start + 4)
        if slot in blobs or start + extent > length:
            raise LayoutError(f"blob {slot:#x} twice, or beyond the end")
        blobs[slot] = area[start : start + extent]
        spans.append((start, start + extent))
    ordered = sorted(spans)
    if any(first[1] > second[0] for first, second in pairwise(ordered)):
        raise LayoutError("blobs overlap")
    found = {slot: _directory(blob) for slot, blob in blobs.items() if slot == 0 or 0x1000 <= slot < 0x1006}
    return CodeSignature(offset, size, length, blobs, found)


def _directory(blob: bytes) -> Directory:
    magic, _, version, flags, hashes, name, special, count, limit = struct.unpack_from(">9I", blob)
    size, kind, _, page = struct.unpack_from("4B", blob, 36)
    if magic != 0xFADE0C02 or _HASHES[kind][1] != size:
        raise LayoutError(f"a CodeDirectory begins with {magic:#x}, hash {kind} of {size} bytes")
    scattered, team, _, long_limit = struct.unpack_from(">3IQ", blob, 44) if version >= 0x20300 else (0, 0, 0, 0)
    if scattered:
        raise LayoutError("the pages of a CodeDirectory are scattered")
    texts = [at + len(_text(blob, at)) + 1 for at in (name, team) if at]
    if hashes - special * size < max(texts) or hashes + count * size > len(blob):
        raise LayoutError("the hashes reach beyond their CodeDirectory, or over a name")

    def hash_at(number: int) -> bytes:
        return blob[hashes + number * size : hashes + (number + 1) * size]

    return Directory(
        version=version,
        flags=flags,
        identifier=_text(blob, name).decode(errors="surrogateescape"),
        limit=long_limit or limit,
        page=1 << page,
        hash_type=kind,
        special={slot: hash_at(-slot) for slot in range(1, special + 1)},
        pages=tuple(hash_at(number) for number in range(count)),
        exec_segment=struct.unpack_from(">3Q", blob, 64) if version >= 0x20400 else None,
    )


def _text(blob: bytes, at: int) -> bytes:
    return blob[at : blob.index(b"\0", at)]
