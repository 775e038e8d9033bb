"""Made-up Mach-O files looked at without our own reader: their commands, their signatures, and what an edit changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from

from tests.strategies.macho import (
    HASHES,
    IDENTITY,
    LAZY,
    LOAD,
    REEXPORT,
    RPATH,
    SEGMENT,
    SEGMENT_64,
    SIGNATURE,
    UPWARD,
    WEAK,
)

LOADS = (LOAD, WEAK, REEXPORT, LAZY, UPWARD)


@dataclass(frozen=True)
class Raw:
    """A slice: its bytes, and its commands as (kind, bytes)."""

    data: bytes
    order: str
    bits: int
    commands: list[tuple[int, bytes]]

    @property
    def end(self) -> int:
        return (32 if self.bits == 64 else 28) + sum(len(data) for _, data in self.commands)

    @property
    def signature(self) -> tuple[int, int]:
        """Where the signature is; the end of the slice without one."""
        found = [unpack_from(self.order + "8x2I", data) for kind, data in self.commands if kind == SIGNATURE]
        return found[0] if found else (len(self.data), 0)

    @property
    def linkedit(self) -> tuple[int, int, int, int]:
        """Address, size in memory, offset and size of the last segment."""
        layout = self.order + ("4Q" if self.bits == 64 else "4I")
        *_, found = (unpack_from(layout, data, 24) for kind, data in self.commands if kind in (SEGMENT, SEGMENT_64))
        return found

    def names(self, *kinds: int) -> list[str]:
        """The names in commands of these kinds."""
        return [
            data[unpack_from(self.order + "I", data, 8)[0] :].partition(b"\0")[0].decode("utf-8", "surrogateescape")
            for kind, data in self.commands
            if kind in kinds
        ]


def raw(data: bytes | bytearray) -> Raw:
    """A thin file."""
    data = bytes(data)
    order = "<" if data[0] in (0xCE, 0xCF) else ">"
    bits = 64 if 0xCF in (data[0], data[3]) else 32
    at, (count, size) = 32 if bits == 64 else 28, unpack_from(order + "2I", data, 16)
    start, commands = at, []
    for _ in range(count):
        kind, length = unpack_from(order + "2I", data, at)
        commands.append((kind, data[at : at + length]))
        at += length
    assert at == start + size
    return Raw(data, order, bits, commands)


def slices(data: bytes | bytearray) -> list[bytes]:
    """The slices of a fat file, or the one of a thin one."""
    data = bytes(data)
    if data[:3] != b"\xca\xfe\xba":
        return [data]
    wide = data[3] == 0xBF
    layout, size = (">8x2Q", 32) if wide else (">8x2I", 20)
    places = (unpack_from(layout, data, 8 + size * number) for number in range(unpack_from(">4xI", data)[0]))
    return [data[at : at + length] for at, length in places]


def complaints(data: bytes | bytearray) -> list[str]:
    """What is wrong with the signature of a thin file; [] without one."""
    return list(_complaints(raw(data)))


def _complaints(part: Raw) -> Iterator[str]:
    start, size = part.signature
    if not size:
        return
    if any(len(data) % (part.bits // 8) for _, data in part.commands):
        yield "a command of an odd size"
    _, memory, offset, length = part.linkedit
    if not start + size == offset + length <= offset + memory:
        yield "the signature isn't at the end of the last segment"
    blobs = part.data[start : start + size]
    magic, _, count = unpack_from(">3I", blobs)
    assert magic == 0xFADE0CC0
    for number in range(count):
        slot, at = unpack_from(">2I", blobs, 12 + 8 * number)
        if slot == 0 or 0x1000 <= slot < 0x1005:
            yield from _about(part.data[:start], blobs[at:])


def _about(contents: bytes, directory: bytes) -> Iterator[str]:
    numbers = unpack_from(">9I4B", directory)
    at, count, limit, size, kind, shift = numbers[4], *numbers[7:11], numbers[12]
    if limit != len(contents):
        yield f"{limit} bytes covered of {len(contents)}"
    name, length = HASHES[kind]
    page = 1 << shift if shift else max(1, limit)
    found = [hashlib.new(name, contents[start : start + page]).digest()[:length] for start in range(0, limit, page)]
    if b"".join(found) != directory[at : at + count * size]:
        yield f"wrong {name} hashes"


def strayed(before: bytes | bytearray, after: bytes | bytearray) -> list[int]:
    """The offsets of bytes that an edit of names changed in a thin file, and that are no business of its."""
    old, new = raw(before), raw(after)
    start, stop = max(old.end, new.end), old.signature[0]
    assert new.signature[0] >= stop
    assert not any(new.data[new.end : start])
    assert _without_names(old) == _without_names(new)
    assert old.data[:16] == new.data[:16]
    behind = sum(old.signature)
    assert old.data[behind:] == new.data[sum(new.signature) :]
    return [at for at in range(start, stop) if old.data[at] != new.data[at]]


def _without_names(part: Raw) -> list[tuple[int, bytes]]:
    """The commands without what edits and signatures change: names, run paths, and the size of the last segment."""
    found, last = [], max((at for at, item in enumerate(part.commands) if item[0] in (SEGMENT, SEGMENT_64)), default=-1)
    for at, (kind, data) in enumerate(part.commands):
        if kind in (*LOADS, IDENTITY):
            (name_at,) = unpack_from(part.order + "I", data, 8)
            found.append((kind, data[8:name_at]))
        elif at == last:
            found.append((kind, data[8:24]))
        elif kind not in (RPATH, SIGNATURE):
            found.append((kind, data))
    return found
