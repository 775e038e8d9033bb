"""The records of a zip that the strict reader has accepted, as they stand in the file: all that a writer chooses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from truewheel.wheel import Buffer, Limits
from truewheel.wheel.zipcontent import ZipContent
from truewheel.wheel.zipend import find_directory
from truewheel.wheel.zipformat import (
    CENTRAL,
    ELSEWHERE_16,
    ELSEWHERE_32,
    END,
    END64,
    END64_SIGNATURE,
    LOCAL,
    LOCATOR,
    ZIP64_EXTRA,
    CentralHeader,
    End64Record,
    EndRecord,
    LocalHeader,
    extra_fields,
)
from truewheel.wheel.zipmembers import read_members

_ANY: Final = 1 << 62
_WITHIN: Final = Limits(_ANY, _ANY, _ANY, _ANY, _ANY, _ANY, _ANY, _ANY)
"""What is too large was refused when the wheel was read."""


class Record(NamedTuple):
    """A member's or a folder's headers, of which there may be very many: what isn't asked for isn't taken apart.

    ``at`` is where the central header stands, ``end`` where the next record or the directory starts.
    """

    name: bytes
    stored: ZipContent
    at: int
    end: int

    @property
    def local(self) -> LocalHeader:
        """The local header."""
        return LocalHeader._make(LOCAL.unpack_from(self.stored.archive, self.stored.header_offset))

    @property
    def central(self) -> CentralHeader:
        """The central header."""
        return CentralHeader._make(CENTRAL.unpack_from(self.stored.archive, self.at))

    @property
    def descriptor(self) -> bytes:
        """The data descriptor behind the bytes, empty where there is none."""
        return bytes(self.stored.archive[self.stored.data_offset + self.stored.compressed_size : self.end])

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder's entry."""
        return self.name.endswith(b"/")

    @property
    def placeholders(self) -> tuple[int | None, ...]:
        """CRC and sizes of the local header as far as they say nothing: 0 before a descriptor, all ones for ZIP64."""
        local, true = self.local, self.stored
        pairs = (local.crc, true.crc), (local.compressed_size, true.compressed_size), (local.size, true.size)
        return tuple(None if said == fact else said for said, fact in pairs)

    @property
    def deferred(self) -> tuple[bool, ...]:
        """Whether size, compressed size and offset of the central header stand in its ZIP64 field."""
        central = self.central
        return tuple(value == ELSEWHERE_32 for value in (central.size, central.compressed_size, central.offset))


@dataclass(frozen=True)
class Archive:
    """A zip's records in their order, and its end; ``end64`` is None where there is no ZIP64 end record."""

    records: tuple[Record, ...]
    end64: End64Record | None
    end: EndRecord

    @property
    def end_deferred(self) -> tuple[bool, ...]:
        """Whether counts, size and offset of the directory stand in the ZIP64 end record."""
        end = self.end
        counts = (end.members_here == ELSEWHERE_16, end.members == ELSEWHERE_16)
        return (*counts, end.size == ELSEWHERE_32, end.offset == ELSEWHERE_32)

    @cached_property
    def by_name(self) -> dict[bytes, Record]:
        """The records by the bytes of their names."""
        return {record.name: record for record in self.records}


def archive_of(data: Buffer) -> Archive:
    """The records of a file that `wheel.read` has accepted. Raises `WheelError` for any other."""
    directory = find_directory(data, _WITHIN)
    members = read_members(data, directory, _WITHIN)
    ends = [content.header_offset for content in members.contents[1:]] + [directory.start]
    found: list[Record] = []
    at = directory.start
    for name, content, end in zip(members.names, members.contents, ends, strict=True):
        found.append(Record(name, content, at, end))
        at += CENTRAL.size + len(name) + len(content.central_extra)
    stop = len(data) - END.size
    long_at = stop - LOCATOR.size - END64.size
    # The reader has found that the directory ends where the end records start: with or without those of ZIP64.
    long = data[at : at + 4] == END64_SIGNATURE and at == long_at
    end64 = End64Record._make(END64.unpack_from(data, at)) if long else None
    return Archive(tuple(found), end64, EndRecord._make(END.unpack_from(data, stop)))


def fields_of(extra: bytes) -> list[tuple[int, bytes]]:
    """The fields of an extra field that the reader has accepted, with their ids; ZIP64's without what it holds."""
    return [
        (identity, bytes(len(payload)) if identity == ZIP64_EXTRA else payload)
        for identity, payload in extra_fields(extra) or ()
    ]
