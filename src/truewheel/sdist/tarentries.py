"""The entries of a tar, one header after the other, with what pax and GNU tar put before them already applied.

A tar has no directory: a reader that takes one size otherwise than another reads other members from there on. So each
of the two sizes that an entry can have must say the same, and every name and header may be given once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.errors import SdistError, Where
from truewheel.sdist import pax
from truewheel.sdist.gzip import all_zeros
from truewheel.sdist.pax import Records
from truewheel.sdist.tarformat import BLOCK, LARGEST_OCTAL, PAX, ZEROS, Header, padded, parse_header
from truewheel.wheel import Buffer, Limits

FILE, HARD_LINK, LINK, DIRECTORY = "0", "1", "2", "5"

_GLOBAL, _LOCAL, _LONG_NAME, _LONG_LINK = "g", "x", "L", "K"
_OTHER_TYPES: Final = {
    "3": "a character device",
    "4": "a block device",
    "6": "a named pipe",
    "7": "a contiguous file, which no tool writes any more",
    "D": "a listing of GNU tar's incremental format",
    "M": "the rest of a file from another volume",
    "N": "a list of long names as GNU tar wrote them of old",
    "S": "a sparse file, which not every tool can read",
    "V": "the name of a volume",
    "X": "an extended header of Solaris",
}
_OF_ONE_MEMBER: Final = ("path", "linkpath", "size")
_FACTS: Final = ("mtime", "uid", "gid", "uname", "gname")
_TRUNCATED: Final = "the archive is cut off; download it again"


class TarEntry(NamedTuple):
    """A file, link or folder as the archive has it. Names are bytes, and nobody has judged them."""

    header: Header
    kind: str
    name: bytes
    linkname: bytes
    size: int
    format: str
    offset: int
    data_offset: int
    records: Records
    facts: dict[str, str]
    """What pax records say of time and owner, those of the whole archive included."""


class _Before(NamedTuple):
    """What stands before an entry and is about it."""

    offset: int
    records: Records = ()
    name: bytes | None = None
    linkname: bytes | None = None


class TarReader:
    """Reads the entries of a tar in their order. ``records`` and ``end`` are known when all have been read.

    Where `sparse` files are understood, it is the caller who does: the contents are still those of the archive.
    """

    def __init__(self, buffer: Buffer, limits: Limits, *, sparse: bool = False) -> None:
        self._view = memoryview(buffer)
        self._sparse = sparse
        self._limits = limits
        self._at = 0
        self._headers = 0
        self._shared: dict[str, str] = {}

    @property
    def records(self) -> Records:
        """The pax records of the whole archive."""
        return tuple(self._shared.items())

    @property
    def end(self) -> int:
        """Where the archive ends, the zeros behind it included."""
        return self._at

    def entries(self) -> Iterator[TarEntry]:
        """The entries up to the two blocks of zeros. Raises `SdistError`, and `LimitError` for too many or too much."""
        before: _Before | None = None
        waiting: Header | None = None  # for what it is about
        while (header := self._header()) is not None:
            waiting = header
            if header.typeflag in {_LOCAL, _LONG_NAME, _LONG_LINK}:
                before = self._with(before or _Before(header.offset), header)
            elif header.typeflag == _GLOBAL:
                self._share(before, header)
            else:
                yield self._entry(before or _Before(header.offset), header)
                before = waiting = None
        if waiting is not None:
            raise SdistError("the tar ends where a member should follow", where=Where(offset=waiting.offset))

    def _header(self) -> Header | None:
        """The next header; None at the end of the archive."""
        block = bytes(self._view[self._at : self._at + BLOCK])
        if len(block) < BLOCK:
            raise SdistError("the tar has no end: two blocks of zeros", where=Where(offset=self._at), hint=_TRUNCATED)
        if block == ZEROS:
            self._finish()
            return None
        self._headers += 1
        if self._headers > self._limits.members:
            raise self._limits.exceeded("members", f"the tar has {self._headers:,} headers", Where(offset=self._at))
        header = parse_header(block, self._at)
        self._at += BLOCK
        return header

    def _finish(self) -> None:
        """Refuse a tar that ends in the middle of its end, or that goes on behind it."""
        second = self._view[self._at + BLOCK : self._at + 2 * BLOCK]
        if len(second) < BLOCK:
            raise SdistError(
                "the tar ends with one block of zeros, not two", where=Where(offset=self._at), hint=_TRUNCATED
            )
        if not all_zeros(self._view[self._at :]):
            raise SdistError(
                "the tar goes on behind its end, which some tools read and others don't", where=Where(offset=self._at)
            )
        self._at = len(self._view)

    def _payload(self, header: Header) -> bytes:
        """The contents of a header that is about others."""
        if header.size > pax.MOST_BYTES:
            raise SdistError(
                f"a header of {header.size:,} bytes about a member; {pax.MOST_BYTES:,} are the most",
                where=Where(offset=header.offset),
            )
        data = bytes(self._view[self._at : self._at + header.size])
        self._skip(header.size, Where(offset=header.offset))
        return data

    def _skip(self, size: int, where: Where) -> None:
        left = len(self._view) - self._at
        if padded(size) > left:
            raise SdistError(
                f"the header declares {size:,} bytes, {left:,} are left of the tar", where=where, hint=_TRUNCATED
            )
        self._at += padded(size)

    def _with(self, before: _Before, header: Header) -> _Before:
        """What stands before an entry, and one more header."""
        where, data = Where(offset=header.offset), self._payload(header)
        known = {_LOCAL: before.records, _LONG_NAME: before.name, _LONG_LINK: before.linkname}[header.typeflag]
        if known:
            raise SdistError("two headers of one kind before one member", where=where)
        if header.typeflag == _LOCAL:
            return before._replace(records=pax.parse_records(data, where, sparse=self._sparse))
        text, end, rest = data.partition(b"\0")
        if not text or not end or rest.strip(b"\0"):
            raise SdistError("a long name that is empty, has no NUL at its end, or goes on behind it", where=where)
        return before._replace(name=text) if header.typeflag == _LONG_NAME else before._replace(linkname=text)

    def _share(self, before: _Before | None, header: Header) -> None:
        """Take in records that are about all members from here on."""
        where = Where(offset=header.offset)
        if before is not None:
            raise SdistError("a header about all members stands between a member and its own", where=where)
        records = dict(pax.parse_records(self._payload(header), where))
        if wrong := [key for key in _OF_ONE_MEMBER if key in records]:
            raise SdistError(f"the pax record {wrong[0]} is given to all members", where=where)
        self._shared.update(records)

    def _entry(self, before: _Before, header: Header) -> TarEntry:
        own = dict(before.records)
        name, linkname = _one_name(before, own, header)
        where = Where(member=name[:100].decode("utf-8", errors="backslashreplace"), offset=header.offset)
        if len(name) > self._limits.name_length:
            raise self._limits.exceeded("name_length", f"the name has {len(name):,} bytes", where)
        kind = _kind(header, name, where)
        size, data_offset = _size(own, header, where), self._at
        if size > self._limits.member_size:
            raise self._limits.exceeded("member_size", f"the member has {size:,} bytes", where)
        if size and kind != FILE:
            raise SdistError(f"only files have contents, this member declares {size:,} bytes", where=where)
        self._skip(size, where)
        facts = {key: value for key in _FACTS if (value := own.get(key, self._shared.get(key)))}
        form = PAX if own or self._shared else header.format
        return TarEntry(header, kind, name, linkname, size, form, before.offset, data_offset, before.records, facts)


def _one_name(before: _Before, own: dict[str, str], header: Header) -> tuple[bytes, bytes]:
    """The member's name and where it leads, each of which may be given in one long form at most."""
    names: list[bytes] = []
    for key, long, short in (("path", before.name, header.name), ("linkpath", before.linkname, header.linkname)):
        record = own.get(key)
        if record == "" or (record is not None and long is not None):
            raise SdistError(f"the pax record {key} is empty, or not alone", where=Where(offset=header.offset))
        names.append(record.encode("utf-8", "surrogateescape") if record is not None else long or short)
    return names[0], names[1]


def _kind(header: Header, name: bytes, where: Where) -> str:
    """Whether it is a file, a link or a folder. Raises `SdistError` for anything else."""
    folder, flag = name.endswith(b"/"), header.typeflag
    if flag == "\0" and folder == header.name.endswith(b"/"):
        return DIRECTORY if folder else FILE  # before POSIX there was no type but the slash
    if flag not in {FILE, HARD_LINK, LINK, DIRECTORY}:
        what = _OTHER_TYPES.get(flag, f"of the unknown type {flag!r}")
        raise SdistError(f"the member is {what}; files, links and folders are understood", where=where)
    if folder and flag != DIRECTORY:
        raise SdistError("the name is a folder's, the type isn't", where=where)
    return flag


def _size(own: dict[str, str], header: Header, where: Where) -> int:
    """The one size that header and pax record agree on; the header says 0 where its digits don't suffice."""
    size = pax.whole(own, "size", header.size, where)
    if size != header.size and not (header.size == 0 and size > LARGEST_OCTAL):
        raise SdistError(
            f"the pax record says {size:,} bytes, the header {header.size:,}: readers would go on at different places",
            where=where,
        )
    return size
