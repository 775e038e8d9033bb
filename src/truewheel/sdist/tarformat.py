"""The header block of a tar (POSIX.1-2008, pax, "ustar Interchange Format"; GNU tar's manual), field by field."""

from __future__ import annotations

import re
import struct
from typing import Final, NamedTuple

from truewheel.errors import SdistError, Where

BLOCK: Final = 512
RECORD: Final = 20 * BLOCK
"""What tar pads an archive to: the blocking factor of POSIX is 20."""

HEADER: Final = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12s")
ZEROS: Final = bytes(BLOCK)
LARGEST_OCTAL: Final = 8**11 - 1
"""What the eleven digits of size and mtime hold: 8 GiB less one byte."""

PAX: Final = "pax"
USTAR: Final = "ustar"
GNU: Final = "gnu"
V7: Final = "v7"

_LARGEST: Final = 2**63 - 1
"""What GNU tar takes for a time; for sizes and owners it is less."""

_OCTAL: Final = re.compile(rb" *([0-7]*)[ \0]*")
_CHECKSUM_AT: Final = 148
_BLANK: Final = b" " * 8
_MAGICS: Final = {b"ustar\x0000": USTAR, b"ustar  \0": GNU, bytes(8): V7}


class Header(NamedTuple):
    """A header block as it stands: bytes up to the first NUL for texts, numbers as numbers."""

    offset: int
    format: str
    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    typeflag: str
    linkname: bytes
    uname: bytes
    gname: bytes


def parse_header(block: bytes, offset: int) -> Header:
    """The fields of the header block at `offset`. Raises `SdistError` where readers would disagree on them."""
    (
        name, mode, uid, gid, size, mtime, checksum, typeflag, linkname, magic, version,
        uname, gname, major, minor, prefix, rest,
    ) = HEADER.unpack(block)  # fmt: skip
    where = Where(member=_shown(name), offset=offset)
    _check_sum(block, checksum, where)
    form = _format(block, magic + version, where)
    for device in (major, minor):  # of no use, but Python ends a tar without a word where it can't read them
        _number(device, "device", where)
    path = _text(name)
    if form == USTAR and prefix[0]:
        path = _text(prefix) + b"/" + path
    if rest != bytes(12) and form == USTAR:
        raise SdistError("the header has bytes behind its last field that no common format defines", where=where)
    return Header(
        offset,
        form,
        path,
        _number(mode, "mode", where),
        _number(uid, "uid", where),
        _number(gid, "gid", where),
        _number(size, "size", where),
        _number(mtime, "mtime", where),
        typeflag.decode("latin-1"),
        _text(linkname),
        _text(uname),
        _text(gname),
    )


def _shown(name: bytes) -> str:
    return _text(name).decode("utf-8", errors="backslashreplace")


def _text(field: bytes) -> bytes:
    """A text ends at the first NUL, or with its field."""
    return field.partition(b"\0")[0]


def _check_sum(block: bytes, field: bytes, where: Where) -> None:
    """Refuse a header whose bytes don't add up, the checksum's own taken for blanks."""
    found = sum(block) - sum(field) + sum(_BLANK)
    match = _OCTAL.fullmatch(field)
    if match is None or not match[1] or int(match[1], 8) != found:
        raise SdistError(
            f"the checksum of the header is {found:o}, the header declares {_shown(field).strip() or 'none'}",
            where=where,
            hint="the archive is damaged; download it again",
        )


def _format(block: bytes, magic: bytes, where: Where) -> str:
    """Which format the header is in, and that it holds nothing that only some readers would see."""
    form = _MAGICS.get(magic)
    if form is None:
        raise SdistError(f"the header is of an unknown format: magic {magic!r}", where=where)
    if form in {GNU, V7} and any(block[345:]):
        raise SdistError(
            "the header has bytes that GNU tar takes for times or holes, and others for a name",
            where=where,
            hint="write the archive with --format=posix",
        )
    return form


def _number(field: bytes, label: str, where: Where) -> int:
    """A number: octal digits between blanks and NULs, or GNU's base 256 where the highest bit is set."""
    match = _OCTAL.fullmatch(field)
    if match is not None:
        return int(match[1] or b"0", 8)
    number = int.from_bytes(field[1:], "big") if field[0] == 0x80 else None
    if field[0] == 0xFF and label == "mtime":
        number = int.from_bytes(field, "big", signed=True)
    if number is not None and abs(number) <= _LARGEST:
        return number
    raise SdistError(f"the {label} is no number: {field!r}", where=where)


def octal(number: int, width: int) -> bytes:
    """A number in a field of `width` bytes, as digits with leading zeros and a NUL."""
    return b"%0*o\0" % (width - 1, number)


def header_block(
    name: bytes, *, typeflag: bytes, mode: int = 0, size: int = 0, mtime: int = 0, linkname: bytes = b""
) -> bytes:
    """A ustar header in the one way in which the canonical form has it; texts that are too long are cut."""
    parts = (
        name[:100], octal(mode, 8), octal(0, 8), octal(0, 8), octal(size, 12), octal(mtime, 12), _BLANK, typeflag,
        linkname[:100], b"ustar\0", b"00", b"", b"", b"", b"", b"", b"",
    )  # fmt: skip
    block = HEADER.pack(*parts)
    return block[:_CHECKSUM_AT] + b"%06o\0 " % sum(block) + block[_CHECKSUM_AT + 8 :]


def padded(size: int) -> int:
    """The number of bytes that `size` bytes of contents take: whole blocks."""
    return (size + BLOCK - 1) // BLOCK * BLOCK
