"""The records of a zip archive (APPNOTE 6.3.10, sections 4.3 and 4.5), as they stand in the file. No judgement."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
END64_SIGNATURE: Final = b"PK\x06\x06"
LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"

LOCAL: Final = struct.Struct("<4s5H3I2H")
CENTRAL: Final = struct.Struct("<4s2B5H3I5H2I")
END: Final = struct.Struct("<4s4H2IH")
END64: Final = struct.Struct("<4sQ2H2I4Q")
LOCATOR: Final = struct.Struct("<4sIQI")

STORED: Final = 0
DEFLATED: Final = 8

ENCRYPTED: Final = 0x0001
DEFLATE_LEVEL: Final = 0x0006
DESCRIPTOR: Final = 0x0008
UTF8: Final = 0x0800

ELSEWHERE_16: Final = 0xFFFF
ELSEWHERE_32: Final = 0xFFFF_FFFF
"""The value of a field whose true value stands in a ZIP64 record."""

ZIP64_EXTRA: Final = 0x0001
UNICODE_NAME: Final = 0x7075
REFUSED_EXTRAS: Final = {
    0x0017: "strong encryption",
    0x6375: "a second comment in Unicode",
    UNICODE_NAME: "a second name in Unicode",
    0x9901: "AES encryption",
}


class LocalHeader(NamedTuple):
    """The record in front of a member's bytes."""

    signature: bytes
    extract_version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed_size: int
    size: int
    name_length: int
    extra_length: int


class CentralHeader(NamedTuple):
    """The record of a member in the central directory."""

    signature: bytes
    create_version: int
    system: int
    extract_version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed_size: int
    size: int
    name_length: int
    extra_length: int
    comment_length: int
    disk: int
    internal_attributes: int
    external_attributes: int
    offset: int


class EndRecord(NamedTuple):
    """The end of the central directory."""

    signature: bytes
    disk: int
    directory_disk: int
    members_here: int
    members: int
    size: int
    offset: int
    comment_length: int


class End64Record(NamedTuple):
    """The ZIP64 end of the central directory; ``record_size`` doesn't count the first twelve bytes."""

    signature: bytes
    record_size: int
    create_version: int
    extract_version: int
    disk: int
    directory_disk: int
    members_here: int
    members: int
    size: int
    offset: int


class Locator(NamedTuple):
    """The record that says where the ZIP64 end record is."""

    signature: bytes
    disk: int
    offset: int
    disks: int


def extra_fields(extra: bytes) -> list[tuple[int, bytes]] | None:
    """The (id, payload) pairs of an extra field; None where they don't fill it exactly."""
    fields: list[tuple[int, bytes]] = []
    at = 0
    while at + 4 <= len(extra):
        identity, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        fields.append((identity, extra[at - length : at]))
    return fields if at == len(extra) else None
