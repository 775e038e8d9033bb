"""The members of an archive: every record of the central directory, checked against its twin before the bytes.

Most records of most wheels are plain: two headers that say the same, no extra fields, each right behind the
bytes of the one before. `_plain_members` recognises those with a handful of comparisons, which is what makes
20,000 members cheap. Whatever is not plain in any respect goes to `careful_member`, which knows all rules and
words every refusal; what is plain would pass it too.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final, NamedTuple

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer
from truewheel.wheel.zipcareful import Archive, careful_member
from truewheel.wheel.zipcontent import ZipContent
from truewheel.wheel.zipend import Directory
from truewheel.wheel.zipformat import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    DEFLATE_LEVEL,
    DEFLATED,
    ELSEWHERE_32,
    LOCAL_SIGNATURE,
    STORED,
    UTF8,
)

_UNUSUAL_FLAGS: Final = 0xFFFF & ~(DEFLATE_LEVEL | UTF8)


class Members(NamedTuple):
    """The records of the central directory: the bytes of each name, and what the record says of the contents."""

    names: list[bytes]
    contents: list[ZipContent]


def read_members(data: Buffer, where: Directory, limits: Limits, *, foreign: bool = False) -> Members:
    """The members in the order of the archive, which is that of the central directory.

    Records and bytes of all members fill the file from its first byte to the central directory without a gap. Of a
    `foreign` archive, that is no wheel, members may have comments and names in UTF-8 that aren't marked as such: see
    `zipcareful.Archive`.
    Raises `WheelError` for the first record that breaks a rule, and `LimitError` for one that asks too much.
    """
    archive = Archive(data, bytes(data[where.start : where.end]), where.start, limits, foreign)
    members = Members([], [])
    at = position = 0
    while len(members.names) < where.members:
        at, position = _plain_members(archive, where.members, at, position, members)
        if len(members.names) < where.members:
            name, content, at, position = careful_member(archive, at, position)
            members.names.append(name)
            members.contents.append(content)
    if at != where.size:
        raise WheelError(
            f"the end record counts {where.members:,} members, the central directory has "
            f"{where.size - at:,} bytes more than they take",
            where=Where(offset=where.start + at),
        )
    if position != where.start:
        raise WheelError(
            f"{where.start - position:,} bytes between the last member and the central directory belong to nothing",
            where=Where(offset=position),
        )
    _check_totals(members.contents, limits)
    return members


def _plain_members(archive: Archive, count: int, at: int, position: int, members: Members) -> tuple[int, int]:
    """Append members as long as they are plain; where the next record and its local header start."""
    data, directory, start, limits, _ = archive
    unpack, width, last = CENTRAL.unpack_from, CENTRAL.size, len(directory) - CENTRAL.size
    ratio, largest, longest = limits.ratio, min(limits.member_size, ELSEWHERE_32 - 1), limits.name_length
    add_name, add_content, new = members.names.append, members.contents.append, tuple.__new__
    for _ in range(count - len(members.names)):
        if at > last:
            break
        (
            signature, create, system, extract, flags, method, time, date, crc, packed, size,
            length, extra, comment, disk, internal, external, offset,
        ) = unpack(directory, at)  # fmt: skip
        name = directory[at + width : at + width + length]
        data_at = position + 30 + length
        end = data_at + packed
        if (
            signature != CENTRAL_SIGNATURE
            or extra
            or comment
            or disk
            or offset != position
            or flags & _UNUSUAL_FLAGS
            or (method != DEFLATED and (method != STORED or size != packed))
            or end > start
            or size > largest
            or size > packed * ratio
            or length > longest
            or not (flags & UTF8 or name.isascii())
            or data[position:data_at] != LOCAL_SIGNATURE + directory[at + 6 : at + 30] + b"\0\0" + name
        ):
            break
        stored = (
            create, system, extract, flags, method, time, date, crc, packed, size,
            internal, external, offset, data_at, b"", b"", data,
        )  # fmt: skip
        add_name(name)
        add_content(new(ZipContent, stored))
        at += width + length
        position = end
    return at, position


def _check_totals(contents: list[ZipContent], limits: Limits) -> None:
    """Refuse what is too large as a whole, though each member passes."""
    total = sum(map(attrgetter("size"), contents))
    packed = sum(map(attrgetter("compressed_size"), contents))
    if total > limits.total_size:
        raise limits.exceeded("total_size", f"the members declare {total:,} bytes together")
    if total > limits.total_ratio_from and total > packed * limits.total_ratio:
        raise limits.exceeded(
            "total_ratio", f"{packed:,} compressed bytes declare {total:,} together, a ratio of {total / packed:,.0f}"
        )
