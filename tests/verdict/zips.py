"""Wheels written field by field, in any style that a builder may have, and what is judged of two of them."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.compare.trees import zipped
from tests.support import SAMPLE, wheel_members
from truewheel.compare import compare
from truewheel.verdict import Judgement, Side, judge
from truewheel.wheel import Buffer, WheelName, read

INFO = "sample-1.0.dist-info"
MEMBERS = wheel_members(
    {
        "sample/__init__.py": b'"""A sample."""\n',
        "sample/code.py": b"".join(
            b"def f%d(x: int) -> int:\n    return x + %d\n\n\n" % (n, n * n) for n in range(300)
        ),
        "sample/empty.py": b"",
        "sample-1.0.data/scripts/run.sh": b"#!/bin/sh\necho sample\n",
    }
)
"""A wheel with a script, a long file, a short one and one without contents."""

Encode = Callable[[bytes], bytes]


def by_zlib(level: int = 6, memory: int = 8) -> Encode:
    def encode(data: bytes) -> bytes:
        stream = zlib.compressobj(level, zlib.DEFLATED, -15, memory)
        return stream.compress(data) + stream.flush()

    return encode


ZLIB = by_zlib()


@dataclass(frozen=True)
class Style:
    """How a member is stored. ``descriptor`` is "", or one of signed, bare, long-signed, long-bare."""

    time: int = 0x6000
    date: int = 0x5A21
    mode: int = 0o100644
    low: int = 0
    system: int = 3
    create: int = 20
    extract: int = 20
    flags: int = 0
    encode: Encode | None = ZLIB
    internal: int = 0
    local_extra: bytes = b""
    central_extra: bytes = b""
    descriptor: str = ""
    zeroed: bool = True
    """Whether CRC and sizes of the local header are 0 before a descriptor."""
    long: bool = False
    """Whether sizes stand in ZIP64's fields, though nothing needs it."""


PLAIN = Style()
Styles: TypeAlias = "Style | Callable[[str], Style]"


def archive(members: Mapping[str, bytes], styles: Styles = PLAIN, *, end64: bool = False) -> bytes:
    """A zip of the members in their order; names that end in a slash are folders'."""
    body, directory = b"", b""
    for name, data in members.items():
        style = styles if isinstance(styles, Style) else styles(name)
        local, central = _member(name.encode(), data, style, len(body))
        body += local
        directory += central
    count, size, start = len(members), len(directory), len(body)
    long = b""
    if end64:
        long = struct.pack("<IQ2H2I4Q", 0x06064B50, 44, 3 << 8 | 45, 45, 0, 0, count, count, size, start)
        long += b"PK\6\7" + struct.pack("<IQI", 0, start + size, 1)
        count, size, start = 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF
    return body + directory + long + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, count, count, size, start, 0)


def _member(name: bytes, data: bytes, style: Style, offset: int) -> tuple[bytes, bytes]:
    """The records of a member: what stands at `offset`, and what in the directory."""
    method = 0 if style.encode is None or name.endswith(b"/") else 8
    stream = data if method == 0 or style.encode is None else style.encode(data)
    flags = style.flags | (0 if name.isascii() else 0x800) | (8 if style.descriptor else 0)
    crc, packed, size = facts = zlib.crc32(data), len(stream), len(data)
    shared = style.extract, flags, method, style.time, style.date
    shown = (0, 0, 0) if style.descriptor and style.zeroed else facts
    local_extra, central_extra = style.local_extra, style.central_extra
    long_local, long_central = shown[1:], facts[1:]
    if style.long:
        local_extra += struct.pack("<HHQQ", 1, 16, long_local[1], long_local[0])
        central_extra += struct.pack("<HHQQ", 1, 16, size, packed)
        long_local = long_central = (0xFFFF_FFFF, 0xFFFF_FFFF)
    lengths = len(name), len(local_extra)
    local = b"PK\3\4" + struct.pack("<5H3I2H", *shared, shown[0], *long_local, *lengths) + name + local_extra
    descriptor = b""
    if style.descriptor:
        width = "<IQQ" if style.descriptor.startswith("long") or style.long else "<III"
        descriptor = b"" if style.descriptor.endswith("bare") else b"PK\7\x08"
        descriptor += struct.pack(width, *facts)
    central = b"PK\1\2" + struct.pack(
        "<2B5H3I5H2I",
        style.create,
        style.system,
        *shared,
        crc,
        *long_central,
        len(name),
        len(central_extra),
        0,
        0,
        style.internal,
        style.mode << 16 | style.low,
        offset,
    )
    return local + stream + descriptor, central + name + central_extra


def side(data: Buffer, name: str = SAMPLE) -> Side:
    """A wheel, read strictly."""
    return Side(read(data, WheelName.parse(name)), data, hashlib.sha256(data).hexdigest())


def judged(published: bytes, rebuilt: bytes, names: tuple[str, str] = (SAMPLE, SAMPLE)) -> Judgement:
    """The verdict, as it is come to in earnest: with the comparison of both files."""
    sides = side(published, names[0]), side(rebuilt, names[1])
    trees = zipped(published, "wheel", names[0]), zipped(rebuilt, "wheel", names[1])
    return judge(*sides, compare(*trees))
