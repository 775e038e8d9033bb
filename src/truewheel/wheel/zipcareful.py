"""One member's records, with every rule checked and every refusal worded (APPNOTE 6.3.10, sections 4.3 to 4.5)."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import Final, NamedTuple

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer
from truewheel.wheel.zipcontent import ZipContent
from truewheel.wheel.zipformat import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    DEFLATE_LEVEL,
    DEFLATED,
    DESCRIPTOR,
    DESCRIPTOR_SIGNATURE,
    ELSEWHERE_32,
    ENCRYPTED,
    LOCAL,
    LOCAL_SIGNATURE,
    REFUSED_EXTRAS,
    STORED,
    UNICODE_NAME,
    UTF8,
    ZIP64_EXTRA,
    CentralHeader,
    LocalHeader,
    extra_fields,
)

_UNKNOWN_FLAGS: Final = 0xFFFF & ~(DEFLATE_LEVEL | DESCRIPTOR | UTF8)
_UNIX_SYSTEMS: Final = frozenset({3, 19})
_SECOND_NAME: Final = b"\x01"
"""The version of the extra field that says a name in Unicode; CRC-32 of the name in the header and the name follow."""

_METHODS: Final = {1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd", 95: "xz"}


class Archive(NamedTuple):
    """What all records share: the file, its central directory and the offset of that, and the limits.

    In a ``foreign`` archive members may have comments, the version that it takes to read a member may be said in two
    ways, as Java's archivers do, and tools of Unix and macOS may leave names in UTF-8 unmarked, or say them once more:
    Info-ZIP's zip and macOS' Archive Utility do. A wheel's may not.
    """

    data: Buffer
    directory: bytes
    start: int
    limits: Limits
    foreign: bool = False


def careful_member(archive: Archive, at: int, position: int) -> tuple[bytes, ZipContent, int, int]:
    """The member whose central record stands at `at` of the directory, with every rule checked and worded.

    Its local header has to stand at `position`. Also returns where the next ones have to stand.
    """
    central, name, central_extra = _central_record(archive, at)
    where = Where(member=name.decode("utf-8", errors="backslashreplace"), offset=archive.start + at)
    _check_record(central, archive.limits, where)
    if not archive.foreign:
        _check_plain(central, name, where)
    elif not (central.flags & UTF8 or name.isascii()):
        _check_unmarked(central, name, where)
    twice = _SECOND_NAME + zlib.crc32(name).to_bytes(4, "little") + name if archive.foreign else None
    size, packed, offset = _true_sizes(central, central_extra, twice, where)
    _check_size(central.method, size, packed, archive.limits, where)
    _check_place(offset, position, archive.start, where)
    local, local_extra = _local_record(archive, central, name, position)
    if archive.foreign:
        local = local._replace(extract_version=central.extract_version)
    where = Where(member=where.member, offset=position)
    payload = _check_extra(local_extra, twice, where)
    _check_twin(local, central, (size, packed), payload, where)
    data_at = position + LOCAL.size + len(name) + len(local_extra)
    end = data_at + packed
    if end > archive.start:
        raise WheelError(
            f"its {packed:,} bytes would reach to {end:,}, into the central directory at {archive.start:,}",
            where=where,
        )
    if local.flags & DESCRIPTOR:
        end += _descriptor_length(archive, end, (central.crc, packed, size), payload is not None, where)
    stored = (
        *central[1:9], packed, size, central.internal_attributes, central.external_attributes,
        offset, data_at, local_extra, central_extra, archive.data,
    )  # fmt: skip
    return (
        name,
        ZipContent._make(stored),
        at + CENTRAL.size + len(name) + len(central_extra) + central.comment_length,
        end,
    )


def _central_record(archive: Archive, at: int) -> tuple[CentralHeader, bytes, bytes]:
    """The fixed part, name and extra field of a record that lies in the directory whole."""
    directory, where = archive.directory, Where(offset=archive.start + at)
    if at + CENTRAL.size > len(directory):
        raise WheelError("the central directory ends before the last of the members that it counts", where=where)
    central = CentralHeader._make(CENTRAL.unpack_from(directory, at))
    if central.signature != CENTRAL_SIGNATURE:
        raise WheelError(
            f"a record of the central directory starts with {central.signature.hex(' ')}, not 50 4b 01 02", where=where
        )
    name_at = at + CENTRAL.size
    extra_at = name_at + central.name_length
    if extra_at + central.extra_length + central.comment_length > len(directory):
        raise WheelError("a record reaches over the end of the central directory", where=where)
    name = directory[name_at:extra_at]
    return central, name, directory[extra_at : extra_at + central.extra_length]


def _check_record(central: CentralHeader, limits: Limits, where: Where) -> None:
    """Refuse what readers understand in different ways, or don't understand."""
    if central.name_length > limits.name_length:
        short = Where(member=where.member[:60] + "…", offset=where.offset)
        raise limits.exceeded("name_length", f"the name has {central.name_length:,} bytes", short)
    if central.flags & ENCRYPTED:
        raise WheelError("the member is encrypted", where=where)
    if central.flags & _UNKNOWN_FLAGS:
        raise WheelError(f"flags {central.flags:#06x} are set; only bits 1, 2, 3 and 11 may be", where=where)
    if central.method not in (STORED, DEFLATED):
        known = _METHODS.get(central.method)
        raise WheelError(
            f"compression method {central.method}{f' ({known})' if known else ''}; "
            "members are stored (0) or deflated (8), which every tool can read",
            where=where,
        )
    if central.disk:
        raise WheelError(f"the member is said to be on disk {central.disk} of several", where=where)


def _check_plain(central: CentralHeader, name: bytes, where: Where) -> None:
    """Refuse what a wheel has no use for, and names that need guessing."""
    if central.comment_length:
        raise WheelError(f"the member carries a comment of {central.comment_length:,} bytes", where=where)
    if not (central.flags & UTF8 or name.isascii()):
        raise WheelError(
            "the name isn't ASCII and not marked as UTF-8 (flag bit 11), so tools read it as cp437 or UTF-8",
            where=where,
        )


def _check_unmarked(central: CentralHeader, name: bytes, where: Where) -> None:
    """Refuse a name that isn't ASCII nor marked as UTF-8, unless a tool of Unix or macOS wrote it, and it is UTF-8."""
    if central.system in _UNIX_SYSTEMS:
        with suppress(UnicodeDecodeError):
            name.decode("utf-8")
            return
    raise WheelError(
        "the name isn't ASCII and not marked as UTF-8 (flag bit 11): tools guess what it means", where=where
    )


def _check_extra(extra: bytes, twice: bytes | None, where: Where) -> bytes | None:
    """The payload of the ZIP64 extra field, if there is one; refuse fields that change the meaning.

    The second name in Unicode (0x7075) may be there where it is exactly `twice`.
    """
    fields = extra_fields(extra)
    if fields is None:
        raise WheelError(f"the extra field of {len(extra):,} bytes is not a sequence of whole fields", where=where)
    found: bytes | None = None
    for identity, payload in fields:
        if identity in REFUSED_EXTRAS and not (identity == UNICODE_NAME and payload == twice):
            raise WheelError(f"extra field {identity:#06x}, {REFUSED_EXTRAS[identity]}, is not allowed", where=where)
        if identity == ZIP64_EXTRA:
            if found is not None:
                raise WheelError("there are two ZIP64 extra fields", where=where)
            found = payload
    return found


def _true_sizes(central: CentralHeader, extra: bytes, twice: bytes | None, where: Where) -> tuple[int, int, int]:
    """Size, compressed size and offset, from the ZIP64 field where the record defers to it (APPNOTE 4.5.3)."""
    payload = _check_extra(extra, twice, where)
    values = [central.size, central.compressed_size, central.offset]
    deferred = [index for index, value in enumerate(values) if value == ELSEWHERE_32]
    if payload is None and deferred:
        raise WheelError("the record defers to a ZIP64 extra field that is not there", where=where)
    if payload is not None:
        if len(payload) != 8 * len(deferred):
            raise WheelError(
                f"the ZIP64 extra field has {len(payload)} bytes, the record defers to {8 * len(deferred)} of it",
                where=where,
            )
        for place, index in enumerate(deferred):
            values[index] = int.from_bytes(payload[8 * place : 8 * place + 8], "little")
    size, packed, offset = values
    return size, packed, offset


def _check_size(method: int, size: int, packed: int, limits: Limits, where: Where) -> None:
    """Refuse what would be too large before a byte of it is read."""
    if size > limits.member_size:
        raise limits.exceeded("member_size", f"the member declares {size:,} bytes", where)
    if method == STORED and size != packed:
        raise WheelError(f"a stored member has one size, this one declares {size:,} and {packed:,}", where=where)
    if size > packed * limits.ratio:
        raise limits.exceeded(
            "ratio",
            f"{packed:,} compressed bytes declare {size:,}, a ratio of {size / packed if packed else size:,.0f}",
            where,
        )


def _check_place(offset: int, position: int, end: int, where: Where) -> None:
    """Refuse a record that doesn't start where the one before it ends."""
    if offset == position:
        return
    if offset >= end:
        raise WheelError(f"the local header would be at {offset:,}, the members end at {end:,}", where=where)
    if offset < position:
        raise WheelError(
            f"the local header is at {offset:,}, inside or before a member that reaches to {position:,}: "
            "members overlap or are out of order",
            where=where,
        )
    raise WheelError(
        f"{offset - position:,} bytes from {position:,} on, before the local header, belong to no member",
        where=where,
    )


def _local_record(archive: Archive, central: CentralHeader, name: bytes, position: int) -> tuple[LocalHeader, bytes]:
    """The local header at `position`, which carries the same name, and its extra field."""
    where = Where(member=name.decode("utf-8", errors="backslashreplace"), offset=position)
    name_at = position + LOCAL.size
    if name_at + len(name) > archive.start:
        raise WheelError("the local header reaches into the central directory", where=where)
    local = LocalHeader._make(LOCAL.unpack_from(archive.data, position))
    if local.signature != LOCAL_SIGNATURE:
        raise WheelError(f"the local header starts with {local.signature.hex(' ')}, not 50 4b 03 04", where=where)
    extra_at = name_at + local.name_length
    if local.name_length != central.name_length or archive.data[name_at:extra_at] != name:
        found = bytes(archive.data[name_at : min(extra_at, archive.start)]).decode("utf-8", errors="backslashreplace")
        raise WheelError(f"the local header calls the member {found[:200]!r}", where=where)
    if extra_at + local.extra_length > archive.start:
        raise WheelError("the local extra field reaches into the central directory", where=where)
    return local, bytes(archive.data[extra_at : extra_at + local.extra_length])


def _check_twin(
    local: LocalHeader, central: CentralHeader, sizes: tuple[int, int], payload: bytes | None, where: Where
) -> None:
    """Refuse a local header that says something else than the central one.

    With a data descriptor (flag bit 3) the local CRC and sizes may be 0 instead; with a ZIP64 extra field the
    true sizes stand there, both of them, and in the fixed part either these or the deferring value. Some
    builders (Bazel's) write that field where nothing needs it.
    """
    for field in ("extract_version", "flags", "method", "time", "date"):
        mine, other = getattr(local, field), getattr(central, field)
        if mine != other:
            raise _differ(field.replace("_", " "), mine, other, where)
    later = bool(local.flags & DESCRIPTOR)
    if local.crc != central.crc and not (later and local.crc == 0):
        raise _differ("CRC-32", local.crc, central.crc, where)
    if payload is not None and len(payload) != 16:
        raise WheelError(f"the local ZIP64 extra field has {len(payload)} bytes, not 16", where=where)
    names = ("size", "compressed size")
    for index, (what, mine, true) in enumerate(zip(names, (local.size, local.compressed_size), sizes, strict=True)):
        found = {mine}
        if payload is not None:
            found = {int.from_bytes(payload[8 * index : 8 * index + 8], "little")} | (found - {ELSEWHERE_32})
        if not found <= ({true, 0} if later else {true}):
            raise _differ(what, max(found - {true}), true, where)


def _differ(what: str, local: int, central: int, where: Where) -> WheelError:
    return WheelError(f"the {what} is {local:#x} in the local header and {central:#x} in the central one", where=where)


def _descriptor_length(archive: Archive, at: int, facts: tuple[int, int, int], long: bool, where: Where) -> int:
    """The length of the data descriptor at `at`, which repeats CRC and sizes (APPNOTE 4.3.9)."""
    crc, packed, size = facts
    width = 8 if long or max(packed, size) > ELSEWHERE_32 else 4
    expected = b"".join((crc.to_bytes(4, "little"), packed.to_bytes(width, "little"), size.to_bytes(width, "little")))
    for descriptor in (DESCRIPTOR_SIGNATURE + expected, expected):
        end = at + len(descriptor)
        if end <= archive.start and archive.data[at:end] == descriptor:
            return len(descriptor)
    raise WheelError(
        f"no data descriptor that agrees with the central directory stands behind the bytes, at {at:,}", where=where
    )
