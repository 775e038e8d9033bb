"""A tar in the one way in which the canonical form has it: pax, with records where ustar can't say it.

It is what Python's ``tarfile`` writes with its default format, for files and links without owner; so that anyone can
make it. GNU tar would split a long name between the fields ``name`` and ``prefix`` instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from truewheel.sdist import pax
from truewheel.sdist.model import Member, Slice
from truewheel.sdist.tarformat import BLOCK, LARGEST_OCTAL, RECORD, header_block, padded

PLAIN_MODE: Final = 0o644
EXECUTABLE_MODE: Final = 0o755
LINK_MODE: Final = 0o777

_FIELD: Final = 100
_PAX_NAME: Final = b"././@PaxHeader"


def tar_bytes(members: Iterable[Member], time: int) -> bytearray:
    """The members in their order, each with the same time, padded to whole records of 10,240 bytes.

    The whole tar is in memory. Raises whatever reading a member raises.
    """
    tar = bytearray()
    for member in members:
        tar += headers(member, time)
        _append(tar, member)
        tar += bytes(padded(len(tar)) - len(tar))
    end = len(tar) + 2 * BLOCK
    tar += bytes(-(-end // RECORD) * RECORD - len(tar))
    return tar


def mode_of(member: Member) -> int:
    """The permissions that the canonical form gives a member."""
    if member.link:
        return LINK_MODE
    return EXECUTABLE_MODE if member.executable else PLAIN_MODE


def headers(member: Member, time: int) -> bytes:
    """The header of a member, and before it one with pax records if it needs any."""
    name, linkname = member.name.encode("utf-8"), member.link.encode("utf-8")
    size = member.size
    records = _long("path", member.name, name) + _long("linkpath", member.link, linkname)
    if size > LARGEST_OCTAL:
        records += pax.record("size", str(size))
        size = 0
    before = b""
    if records:
        before = header_block(_PAX_NAME, typeflag=b"x", size=len(records)) + records
        before += bytes(padded(len(before)) - len(before))
    return before + header_block(
        _ascii(member.name),
        typeflag=b"2" if member.link else b"0",
        mode=mode_of(member),
        size=size,
        mtime=time,
        linkname=_ascii(member.link),
    )


def _long(key: str, text: str, data: bytes) -> bytes:
    """The record that holds a text which its field can't: one that is too long, or not ASCII."""
    return b"" if len(data) <= _FIELD and text.isascii() else pax.record(key, text)


def _ascii(text: str) -> bytes:
    """What stands in the field: the text, a question mark for each letter that isn't ASCII, cut to 100 bytes."""
    return text.encode("ascii", "replace")[:_FIELD]


def _append(tar: bytearray, member: Member) -> None:
    """Add the contents, without a copy on the way where they lie in memory."""
    if isinstance(member.content, Slice):
        with member.content.view as view:
            tar += view
    else:
        tar += member.read()
