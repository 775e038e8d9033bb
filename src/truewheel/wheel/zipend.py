"""The end of an archive, from which all else is found: exactly one reading is possible, or there is none."""

from __future__ import annotations

from typing import Final, NamedTuple

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer
from truewheel.wheel.zipformat import (
    CENTRAL,
    ELSEWHERE_16,
    ELSEWHERE_32,
    END,
    END64,
    END64_SIGNATURE,
    END_SIGNATURE,
    LOCAL_SIGNATURE,
    LOCATOR,
    LOCATOR_SIGNATURE,
    End64Record,
    EndRecord,
    Locator,
)

_AGAIN: Final = "download it again, or build it again"
_END_SPAN: Final = END.size + ELSEWHERE_16
_OTHER_FORMATS: Final = (
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"!<arch>\n", "an ar archive (a Debian package or static library)"),
    (b"\x7fELF", "an ELF binary"),
    (b"MZ", "a Windows program"),
    (b"version https://git-lfs", "a pointer of Git LFS in place of the file"),
)


class Directory(NamedTuple):
    """Where the central directory is, and how many members it says it has."""

    start: int
    size: int
    members: int

    @property
    def end(self) -> int:
        """The offset of the first byte behind it."""
        return self.start + self.size


def find_directory(data: Buffer, limits: Limits, *, comment: bool = False) -> Directory:
    """The central directory of an archive that ends with its end record, and with nothing else.

    With `comment` there may be one, such as the commit that ``git archive`` writes there. Raises `WheelError` where the
    file isn't such an archive, says what it is instead where that can be seen, and `LimitError` where it declares more
    members than `limits` allows.
    """
    at = _commented_end(data) if comment else len(data) - END.size
    if at < 0 or data[at : at + 4] != END_SIGNATURE or (data[-2:] != b"\0\0" and not comment):
        raise _no_end_record(data)
    end = EndRecord._make(END.unpack_from(data, at))
    if at >= LOCATOR.size and data[at - LOCATOR.size :][:4] == LOCATOR_SIGNATURE:
        directory, stop = _from_zip64(data, end, at)
    else:
        directory, stop = _from_end(end, at), at
    return _checked(data, directory, stop, limits)


def _commented_end(data: Buffer) -> int:
    """Where the one end record is whose comment fills the file to its last byte; -1 where there is none.

    Raises `WheelError` where two are, since readers choose differently between them.
    """
    base = max(0, len(data) - _END_SPAN)
    tail = bytes(data[base:])
    found: list[int] = []
    at = tail.rfind(END_SIGNATURE)
    while at >= 0:
        stop = at + END.size
        if stop + int.from_bytes(tail[stop - 2 : stop], "little") == len(tail):
            found.append(base + at)
        at = tail.rfind(END_SIGNATURE, 0, at)
    if len(found) > 1:
        raise WheelError("the archive has two end records that could be meant", where=Where(offset=found[-1]))
    return found[0] if found else -1


def _checked(data: Buffer, directory: Directory, stop: int, limits: Limits) -> Directory:
    """The directory, if it ends where the end records start and its members can fit into it."""
    start, size, count = directory
    where = Where(offset=stop)
    if directory.end != stop:
        if directory.end < stop and data[:4] != LOCAL_SIGNATURE and data[start : start + 4] != b"PK\x01\x02":
            raise WheelError(
                f"the archive is preceded by {stop - directory.end:,} foreign bytes", where=Where(offset=0), hint=_AGAIN
            )
        raise WheelError(
            f"the central directory is said to span {start:,} to {directory.end:,}, the end record starts at {stop:,}",
            where=where,
            hint=_AGAIN,
        )
    if count == 0:
        raise WheelError("the archive has no members", where=where, hint=_AGAIN)
    if count > limits.members:
        raise limits.exceeded("members", f"the archive declares {count:,} members", where)
    if count * CENTRAL.size > size:
        raise WheelError(f"{count:,} members don't fit into a central directory of {size:,} bytes", where=where)
    return directory


def _from_end(end: EndRecord, at: int) -> Directory:
    """The directory that a plain end record describes."""
    where = Where(offset=at)
    if end.disk or end.directory_disk or end.members_here != end.members:
        raise _several_disks(end.disk, end.members_here, end.members, where)
    if ELSEWHERE_32 in (end.size, end.offset):
        raise WheelError("the end record refers to a ZIP64 record that is not there", where=where, hint=_AGAIN)
    return Directory(end.offset, end.size, end.members)


def _from_zip64(data: Buffer, end: EndRecord, at: int) -> tuple[Directory, int]:
    """The directory that the ZIP64 end record describes, and where that record starts."""
    locator_at = at - LOCATOR.size
    locator = Locator._make(LOCATOR.unpack_from(data, locator_at))
    record_at = locator_at - END64.size
    if locator.disk or locator.disks != 1:
        raise _several_disks(locator.disk, locator.disks, 1, Where(offset=locator_at))
    if record_at < 0 or locator.offset != record_at or data[record_at : record_at + 4] != END64_SIGNATURE:
        raise WheelError(
            f"the ZIP64 locator points to {locator.offset:,}; the ZIP64 end record must stand at {record_at:,}, "
            f"right in front of it",
            where=Where(offset=locator_at),
        )
    record = End64Record._make(END64.unpack_from(data, record_at))
    where = Where(offset=record_at)
    if record.record_size != END64.size - 12:
        raise WheelError(f"the ZIP64 end record has {record.record_size + 12:,} bytes, not {END64.size}", where=where)
    if record.disk or record.directory_disk or record.members_here != record.members:
        raise _several_disks(record.disk, record.members_here, record.members, where)
    pairs = (
        ("disk", end.disk, record.disk, ELSEWHERE_16),
        ("disk of the directory", end.directory_disk, record.directory_disk, ELSEWHERE_16),
        ("member count on this disk", end.members_here, record.members_here, ELSEWHERE_16),
        ("member count", end.members, record.members, ELSEWHERE_16),
        ("directory size", end.size, record.size, ELSEWHERE_32),
        ("directory offset", end.offset, record.offset, ELSEWHERE_32),
    )
    for what, short, long, elsewhere in pairs:
        if short not in (long, elsewhere):
            raise WheelError(f"the {what} is {short:,} in the end record and {long:,} in ZIP64's", where=where)
    return Directory(record.offset, record.size, record.members), record_at


def _several_disks(disk: int, here: int, count: int, where: Where) -> WheelError:
    return WheelError(f"the archive says it spans several disks (disk {disk}, {here:,} of {count:,})", where=where)


def _no_end_record(data: Buffer) -> WheelError:
    """Why the file doesn't end with a bare end record: what it is instead, or what is wrong with its end."""
    size, start = len(data), bytes(data[:512])
    if size == 0:
        return WheelError("the file is empty", hint=_AGAIN)
    base = max(0, size - _END_SPAN)
    found = bytes(data[base:]).rfind(END_SIGNATURE)
    at = base + found
    if found >= 0 and at + END.size <= size:
        comment = int.from_bytes(data[at + END.size - 2 : at + END.size], "little")
        behind = size - at - END.size
        if comment == behind:
            return WheelError(f"the archive carries a comment of {comment:,} bytes", where=Where(offset=at))
        return WheelError(
            f"{behind:,} bytes follow the end of the archive"
            if comment == 0
            else f"the end record declares a comment of {comment:,} bytes, {behind:,} follow it",
            where=Where(offset=at + END.size),
            hint=_AGAIN,
        )
    if found >= 0 or start.startswith(LOCAL_SIGNATURE[: len(start)]):
        return WheelError(
            f"the archive is truncated: its end record is missing after {size:,} bytes",
            where=Where(offset=size),
            hint=_AGAIN,
        )
    return WheelError(f"the file is not a zip archive but {_what_is(start)}", where=Where(offset=0), hint=_AGAIN)


def _what_is(start: bytes) -> str:
    """What a file that is no archive seems to be, by its first bytes."""
    for magic, what in _OTHER_FORMATS:
        if start.startswith(magic):
            return what
    if start[257:262] == b"ustar":
        return "a tar archive"
    if start.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return "an HTML page"
    if not start.strip(b"\0"):
        return "a run of zero bytes"
    text = start.decode("ascii", errors="replace").strip()
    if start.isascii() and all(c.isprintable() or c.isspace() for c in text):
        return f"a text: {text.splitlines()[0][:40]!r}" if text else "blank text"
    return f"something that starts with {start[:8].hex(' ')}"
