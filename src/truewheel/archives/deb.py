"""Debian packages: an ar archive of three members, the last of which is a tar with the files (deb(5), ar(5))."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.errors import ArchiveError, Where

MAGIC: Final = b"!<arch>\n"

_HEADER: Final = struct.Struct("16s12s6s6s8s10s2s")
_END: Final = b"`\n"
_VERSION: Final = b"debian-binary"
_NUMBER: Final = re.compile(rb"[0-9]{1,10} *")
_AGAIN: Final = "the package is damaged or cut off; download it again"


class Part(NamedTuple):
    """A member of an ar archive: its name, and where its contents are."""

    name: bytes
    start: int
    end: int


def is_deb(head: bytes) -> bool:
    """Whether the file that begins so is a Debian package, and no other ar archive, such as a static library."""
    return head.startswith(MAGIC) and _name(head[len(MAGIC) :]) == _VERSION


def data_of(view: memoryview) -> Part:
    """The member with the files: ``data.tar``, compressed in whatever way.

    Version 2 of the format is understood; members whose name begins with an underscore are for other programs, and so
    is what follows the data. Raises `ArchiveError`.
    """
    parts = (part for part in _parts(view) if not part.name.startswith(b"_"))
    version = next(parts)
    told = bytes(view[version.start : min(version.end, version.start + 16)])
    if not told.startswith(b"2."):
        raise ArchiveError(
            f"the Debian package is of version {told.split(b'.')[0]!r}; version 2 is understood",
            where=Where(offset=version.start),
        )
    for expected in (b"control.tar", b"data.tar"):
        part = next(parts, None)
        if part is None:
            raise ArchiveError(
                f"the Debian package ends before its {expected.decode()}", where=Where(offset=len(view)), hint=_AGAIN
            )
        if part.name != expected and not part.name.startswith(expected + b"."):
            raise ArchiveError(
                f"the Debian package has {part.name.decode('latin-1')!r} where its {expected.decode()} should be",
                where=Where(offset=part.start - _HEADER.size),
            )
        if expected == b"data.tar":
            return part
    raise AssertionError  # pragma: no cover


def _parts(view: memoryview) -> Iterator[Part]:
    """The members in their order. Raises `ArchiveError` where a header isn't one, or reaches too far."""
    at = len(MAGIC)
    while at < len(view):
        header = bytes(view[at : at + _HEADER.size])
        where = Where(offset=at)
        if len(header) < _HEADER.size:
            raise ArchiveError("the Debian package breaks off in a header", where=where, hint=_AGAIN)
        _, _, _, _, _, size, end = _HEADER.unpack(header)
        if end != _END or not _NUMBER.fullmatch(size):
            raise ArchiveError("a header of the Debian package isn't one (ar(5))", where=where, hint=_AGAIN)
        start = at + _HEADER.size
        stop = start + int(size)
        if stop > len(view):
            raise ArchiveError(
                f"a member of the Debian package declares {int(size):,} bytes, {len(view) - start:,} are left",
                where=where,
                hint=_AGAIN,
            )
        yield Part(_name(header), start, stop)
        at = stop + stop % 2  # members begin at even offsets


def _name(header: bytes) -> bytes:
    """The name of a member, which some tools end with a slash."""
    return header[:16].rstrip(b" ").removesuffix(b"/")
