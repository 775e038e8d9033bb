"""The canonical archive's records: one way to write each member, the central directory and the end."""

from __future__ import annotations

import datetime as dt
import struct
from typing import Final

from truewheel.errors import RequestError, WheelError
from truewheel.wheel.model import Entry
from truewheel.wheel.zipformat import (
    CENTRAL_SIGNATURE,
    ELSEWHERE_16,
    ELSEWHERE_32,
    END,
    END64,
    END64_SIGNATURE,
    END_SIGNATURE,
    LOCAL_SIGNATURE,
    LOCATOR,
    LOCATOR_SIGNATURE,
    UTF8,
    ZIP64_EXTRA,
)

UNIX: Final = 3
PLAIN_VERSION: Final = 20
ZIP64_VERSION: Final = 45
PLAIN_MODE: Final = 0o100644
EXECUTABLE_MODE: Final = 0o100755

_COMMON: Final = struct.Struct("<5H3IH")
_CENTRAL_START: Final = CENTRAL_SIGNATURE + bytes([PLAIN_VERSION, UNIX])
_CENTRAL_REST: Final = struct.Struct("<4H2I")

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_EARLIEST: Final = 315532800  # 1980-01-01 00:00:00
_LATEST: Final = 4354819198  # 2107-12-31 23:59:58


def stamp(timestamp: int | None) -> tuple[int, int, int, int, int, int]:
    """The time of every member (year, month, day, hour, minute, second), for seconds since 1970 in UTC.

    Clamped to what a zip can say, 1980 to 2107, and rounded down to two seconds; 1980-01-01 for None. The times of
    the local zone, which zip means by habit, would differ from machine to machine.
    """
    seconds = _EARLIEST if timestamp is None else min(max(timestamp, _EARLIEST), _LATEST)
    time = _EPOCH + dt.timedelta(seconds=seconds - seconds % 2)
    return time.year, time.month, time.day, time.hour, time.minute, time.second


class Layout:
    """Writes records one after the other and keeps count of the offsets.

    ZIP64 fields are written for members, and records at the end, where 32 bits (16 for the count) don't hold a value.
    Local and central headers agree in every field that both have.
    """

    def __init__(self, timestamp: int | None) -> None:
        year, month, day, hour, minute, second = stamp(timestamp)
        self._date = (year - 1980) << 9 | month << 5 | day
        self._time = hour << 11 | minute << 5 | second >> 1
        self._central: list[bytes] = []
        self.offset = 0

    def member(self, entry: Entry, *, method: int, crc: int, compressed_size: int, size: int) -> bytes:
        """The local header of the member that comes next; its compressed bytes are to follow it.

        Raises `WheelError` for a name that a zip can't hold.
        """
        name = entry.name
        path = _encoded(name)
        flags = 0 if len(path) == len(name) else UTF8  # an ASCII name is as long in bytes as in letters
        offset, packed, unpacked = self.offset, compressed_size, size
        version, local_extra, central_extra = PLAIN_VERSION, b"", b""
        if offset >= ELSEWHERE_32 or packed >= ELSEWHERE_32 or unpacked >= ELSEWHERE_32:
            version = ZIP64_VERSION
            packed, unpacked, offset, local_extra, central_extra = _zip64(packed, unpacked, offset)
        # The fields that local and central header share, from the version needed on to the length of the name.
        common = _COMMON.pack(version, flags, method, self._time, self._date, crc, packed, unpacked, len(path))
        mode = EXECUTABLE_MODE if entry.executable else PLAIN_MODE
        rest = _CENTRAL_REST.pack(len(central_extra), 0, 0, 0, mode << 16, offset)
        self._central.append(b"".join((_CENTRAL_START, common, rest, path, central_extra)))
        local = b"".join((LOCAL_SIGNATURE, common, len(local_extra).to_bytes(2, "little"), path, local_extra))
        self.offset += len(local) + compressed_size
        return local

    def end(self) -> bytes:
        """The central directory and the end of the archive."""
        directory = b"".join(self._central)
        count, size, start = len(self._central), len(directory), self.offset
        long = b""
        if count >= ELSEWHERE_16 or max(size, start) >= ELSEWHERE_32:
            # The record says how long it is, less its signature and this length.
            long = END64.pack(
                END64_SIGNATURE,
                END64.size - 12,
                UNIX << 8 | PLAIN_VERSION,
                ZIP64_VERSION,
                0,
                0,
                count,
                count,
                size,
                start,
            ) + LOCATOR.pack(LOCATOR_SIGNATURE, 0, start + size, 1)
        short = min(count, ELSEWHERE_16)
        end = END.pack(END_SIGNATURE, 0, 0, short, short, min(size, ELSEWHERE_32), min(start, ELSEWHERE_32), 0)
        self.offset += len(directory) + len(long) + len(end)
        return directory + long + end


def _encoded(name: str) -> bytes:
    """A name in UTF-8."""
    try:
        path = name.encode("utf-8")
    except UnicodeEncodeError:
        raise WheelError(f"a zip can't hold the name {name!r}: it is not Unicode") from None
    if not 0 < len(path) <= ELSEWHERE_16:
        raise WheelError(f"a zip can't hold a name of {len(path)} bytes")
    return path


def _zip64(packed: int, unpacked: int, offset: int) -> tuple[int, int, int, bytes, bytes]:
    """Sizes and offset as the headers say them, and the extra fields, local and central, that say what these can't.

    Both sizes stand there if one has to, since a local header can't have one alone (APPNOTE 4.5.3).
    """
    sizes = b""
    if packed >= ELSEWHERE_32 or unpacked >= ELSEWHERE_32:
        sizes = unpacked.to_bytes(8, "little") + packed.to_bytes(8, "little")
        packed = unpacked = ELSEWHERE_32
    place = b""
    if offset >= ELSEWHERE_32:
        place, offset = offset.to_bytes(8, "little"), ELSEWHERE_32
    return packed, unpacked, offset, _extra(sizes), _extra(sizes + place)


def _extra(payload: bytes) -> bytes:
    """The ZIP64 extra field; none without a payload."""
    return ZIP64_EXTRA.to_bytes(2, "little") + len(payload).to_bytes(2, "little") + payload if payload else b""


def epoch(text: str) -> int:
    """The value of SOURCE_DATE_EPOCH. Raises `RequestError` where it isn't a whole number (reproducible-builds.org)."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise RequestError(
            f"SOURCE_DATE_EPOCH is {text[:100]!r}, not a number of seconds since 1970",
            hint="set it to the time of the last commit, for instance: git log -1 --format=%ct",
        )
    return int(text)
