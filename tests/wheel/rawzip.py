"""Archives put together field by field, so that any field can lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.support import wheel_members

LIE_16 = 0xFFFF
LIE_32 = 0xFFFF_FFFF
INFO = "sample-1.0.dist-info"


def deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def zip64_extra(*values: int) -> bytes:
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)


@dataclass(frozen=True)
class Part:
    """A member. What is None follows from the rest; a ``local_`` field differs from the central one."""

    name: bytes
    data: bytes = b"text"
    method: int = 8
    flags: int = 0
    system: int = 3
    mode: int = 0o100644
    dos: int = 0
    disk: int = 0
    raw: bytes | None = None
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    offset: int | None = None
    comment: bytes = b""
    extra: bytes = b""
    central_signature: bytes = b"PK\x01\x02"
    central_name_length: int | None = None
    local_signature: bytes = b"PK\x03\x04"
    local_name: bytes | None = None
    local_extract: int = 20
    local_flags: int | None = None
    local_method: int | None = None
    local_time: int = 0
    local_crc: int | None = None
    local_size: int | None = None
    local_packed: int | None = None
    local_extra: bytes = b""
    local_extra_length: int | None = None
    before: bytes = b""
    after: bytes = b""
    listed: bool = True
    there: bool = True

    @property
    def stream(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return deflated(self.data) if self.method == 8 else self.data

    @property
    def facts(self) -> tuple[int, int, int]:
        """CRC, compressed and uncompressed size as the central record declares them."""
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        packed = len(self.stream) if self.packed is None else self.packed
        return crc, packed, len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        own = (self.local_crc, self.local_packed, self.local_size)
        facts = [other if mine is None else mine for mine, other in zip(own, self.facts, strict=True)]
        flags = self.flags if self.local_flags is None else self.local_flags
        method = self.method if self.local_method is None else self.local_method
        length = len(self.local_extra) if self.local_extra_length is None else self.local_extra_length
        fixed = (self.local_extract, flags, method, self.local_time, 0x21, *facts, len(name), length)
        return self.local_signature + struct.pack("<5H3I2H", *fixed) + name + self.local_extra

    def central(self, offset: int) -> bytes:
        length = len(self.name) if self.central_name_length is None else self.central_name_length
        lengths = (length, len(self.extra), len(self.comment), self.disk, 0)
        attributes = self.mode << 16 | self.dos
        fixed = (20, self.system, 20, self.flags, self.method, 0, 0x21, *self.facts, *lengths, attributes, offset)
        return self.central_signature + struct.pack("<2B5H3I5H2I", *fixed) + self.name + self.extra + self.comment


@dataclass(frozen=True)
class End:
    """The end of an archive; what is None is true."""

    disk: int = 0
    directory_disk: int = 0
    here: int | None = None
    members: int | None = None
    size: int | None = None
    offset: int | None = None
    comment: bytes = b""
    comment_length: int | None = None
    zip64: bool = False
    long: tuple[int | None, ...] = (None,) * 10
    locator: tuple[int | None, ...] = (None,) * 3
    between: bytes = b""

    def written(self, members: int, size: int, offset: int) -> bytes:
        length = len(self.comment) if self.comment_length is None else self.comment_length
        true = (members, members, size, offset)
        own = (self.here, self.members, self.size, self.offset)
        short = [other if mine is None else mine for mine, other in zip(own, true, strict=True)]
        end = b"PK\x05\x06" + struct.pack("<4H2IH", self.disk, self.directory_disk, *short, length) + self.comment
        return self._long(true, offset + size) + self.between + end

    def _long(self, true: tuple[int, ...], at: int) -> bytes:
        if not self.zip64:
            return b""
        record = [b if a is None else a for a, b in zip(self.long, (0x06064B50, 44, 45, 45, 0, 0, *true), strict=True)]
        locator = [b if a is None else a for a, b in zip(self.locator, (0, at, 1), strict=True)]
        return struct.pack("<IQ2H2I4Q", *record) + b"PK\x06\x07" + struct.pack("<IQI", *locator)


@dataclass(frozen=True)
class Built:
    """An archive, and where its records are."""

    data: bytes
    local: tuple[int, ...]
    central: tuple[int, ...]
    end: int


def build(
    parts: Iterable[Part], end: End | None = None, *, prefix: bytes = b"", gap: bytes = b"", tail: bytes = b""
) -> Built:
    """The archive of `parts`; `gap` stands in front of the central directory."""
    parts = tuple(parts)
    body, directory = bytearray(prefix), bytearray()
    local: list[int] = []
    for part in parts:
        body += part.before
        local.append(len(body))
        if part.there:
            body += part.local() + part.stream + part.after
    body += gap
    central: list[int] = []
    for part, offset in zip(parts, local, strict=True):
        central.append(len(body) + len(directory))
        if part.listed:
            directory += part.central(offset if part.offset is None else part.offset)
    count = sum(part.listed for part in parts)
    stop = len(body) + len(directory)
    last = (end or End()).written(count, len(directory), len(body))
    return Built(bytes(body + directory) + last + tail, tuple(local), tuple(central), stop)


def sample(*between: Part, without: str = "") -> list[Part]:
    """The parts of a sound wheel: ``sample/__init__.py``, then `between`, then the ``.dist-info`` folder."""
    parts = [Part(name.encode(), data) for name, data in wheel_members().items() if name != f"{INFO}/{without}"]
    return [parts[0], *between, *parts[1:]]
