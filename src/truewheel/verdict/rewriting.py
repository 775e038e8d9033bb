"""A zip written anew: another one's contents, in the records that a published one chose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.verdict.zips import Archive, Record
from truewheel.wheel import Buffer
from truewheel.wheel.zipformat import (
    CENTRAL,
    DEFLATED,
    DESCRIPTOR_SIGNATURE,
    ELSEWHERE_16,
    ELSEWHERE_32,
    END,
    END64,
    LOCAL,
    LOCATOR,
    LOCATOR_SIGNATURE,
    ZIP64_EXTRA,
    extra_fields,
)

_SIGNED: Final = len(DESCRIPTOR_SIGNATURE)


class _Facts(NamedTuple):
    """What the contents of a member come to: CRC-32, compressed size, size."""

    crc: int
    packed: int
    size: int


def pieces(chosen: Archive, contents: Archive) -> Iterator[Buffer]:
    """The bytes of a zip with the contents of one archive in the records of another, one piece after the other.

    Both have the same members. Where a member is deflated, its stream is the one of `chosen`, of which the caller has
    proven that it comes from these contents. Raises `WheelError` where a member of `contents` can't be read.
    """
    offset = 0
    directory: list[bytes] = []
    for record in chosen.records:
        facts = _facts(record, contents)
        local = _local(record, facts)
        directory.append(_central(record, facts, offset))
        descriptor = _descriptor(record, facts)
        yield local
        if facts.packed:
            yield from _stream(record, contents)
        yield descriptor
        offset += len(local) + facts.packed + len(descriptor)
    joined = b"".join(directory)
    yield joined
    yield _end(chosen, len(directory), len(joined), offset)


def _facts(record: Record, contents: Archive) -> _Facts:
    """CRC and size of the other archive's member, and the length of the stream; all zero for a folder."""
    if record.is_folder:
        return _Facts(0, 0, 0)
    stored = contents.by_name[record.name].stored
    packed = record.stored.compressed_size if record.stored.method == DEFLATED else stored.size
    return _Facts(stored.crc, packed, stored.size)


def _stream(record: Record, contents: Archive) -> Iterator[Buffer]:
    if record.stored.method == DEFLATED:
        with record.stored.raw as raw:
            yield raw
    else:
        yield contents.by_name[record.name].stored.read()


def _local(record: Record, facts: _Facts) -> bytes:
    """The local header, whose CRC and sizes are those of the contents, or the placeholders that were chosen."""
    local, extra = record.local, record.stored.local_extra
    values = tuple(fact if chosen is None else chosen for fact, chosen in zip(facts, record.placeholders, strict=True))
    fixed = local._replace(crc=values[0], compressed_size=values[1], size=values[2], name_length=len(record.name))
    return LOCAL.pack(*fixed) + record.name + _extra(extra, _long_sizes(record, facts))


def _long_sizes(record: Record, facts: _Facts) -> bytes:
    """Size and compressed size as the local ZIP64 field has them: the true ones, or 0 before a descriptor."""
    chosen = next((payload for identity, payload in _fields(record.stored.local_extra) if identity == ZIP64_EXTRA), b"")
    places = (chosen[:8], facts.size), (chosen[8:], facts.packed)
    return b"".join((0 if there == bytes(8) else fact).to_bytes(8, "little") for there, fact in places)


def _central(record: Record, facts: _Facts, offset: int) -> bytes:
    """The central header, which defers to ZIP64 what it was chosen to."""
    values = facts.size, facts.packed, offset
    size, packed, start = (
        ELSEWHERE_32 if deferred else value for value, deferred in zip(values, record.deferred, strict=True)
    )
    payload = b"".join(
        value.to_bytes(8, "little") for value, deferred in zip(values, record.deferred, strict=True) if deferred
    )
    extra = _extra(record.stored.central_extra, payload)
    fixed = record.central._replace(
        crc=facts.crc, compressed_size=packed, size=size, name_length=len(record.name), offset=start
    )
    return CENTRAL.pack(*fixed) + record.name + extra


def _extra(chosen: bytes, long: bytes) -> bytes:
    """The extra field as it was chosen, with the true values in the field of ZIP64."""
    found: list[bytes] = []
    for identity, payload in _fields(chosen):
        held = long if identity == ZIP64_EXTRA else payload
        found.append(identity.to_bytes(2, "little") + len(held).to_bytes(2, "little") + held)
    return b"".join(found)


def _fields(extra: bytes) -> list[tuple[int, bytes]]:
    return extra_fields(extra) or []


def _descriptor(record: Record, facts: _Facts) -> bytes:
    """The data descriptor in the form that was chosen, if one was: with its signature or without, short or long."""
    length = len(record.descriptor)
    if not length:
        return b""
    signature = DESCRIPTOR_SIGNATURE if length in {_SIGNED + 12, _SIGNED + 20} else b""
    width = 8 if length >= 20 else 4
    crc, packed, size = facts
    return signature + b"".join(
        (crc.to_bytes(4, "little"), packed.to_bytes(width, "little"), size.to_bytes(width, "little"))
    )


def _end(chosen: Archive, count: int, size: int, start: int) -> bytes:
    """The end records, that of ZIP64 with them where it was chosen."""
    long = b""
    if chosen.end64 is not None:
        record = chosen.end64._replace(members_here=count, members=count, size=size, offset=start)
        long = END64.pack(*record) + LOCATOR.pack(LOCATOR_SIGNATURE, 0, start + size, 1)
    values = (count, ELSEWHERE_16), (count, ELSEWHERE_16), (size, ELSEWHERE_32), (start, ELSEWHERE_32)
    here, members, length, offset = (
        elsewhere if deferred else value
        for (value, elsewhere), deferred in zip(values, chosen.end_deferred, strict=True)
    )
    return long + END.pack(*chosen.end._replace(members_here=here, members=members, size=length, offset=offset))
