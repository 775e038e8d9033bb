"""How many bytes of zip metadata a transplant takes from the published file, and in which fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from truewheel.verdict.zips import Archive, Record, fields_of
from truewheel.wheel.zipformat import CENTRAL, END64, LOCAL, LOCATOR

FIELDS: Final = (
    "time",
    "mode",
    "order",
    "system",
    "version",
    "flags",
    "method",
    "extra",
    "attributes",
    "descriptor",
    "deflate",
    "folder",
    "end",
)
"""The kinds of metadata, in the order in which they are told."""


class Taken(NamedTuple):
    """A field of one record that the published zip has otherwise, and how many bytes it takes in all of its places."""

    field: str
    size: int


def taken(published: Archive, rebuilt: Archive, streams: Collection[bytes]) -> tuple[int, tuple[tuple[str, int], ...]]:
    """The bytes of metadata that differ, and for each field in how many members it does.

    Of every member, and every folder's entry, that both zips have:

    - ``time``: 8 where time or date differ, which take 2 bytes each in the local and in the central header;
    - ``mode``: 4, the external attributes; ``attributes``: 2, the internal ones; ``system``: 1, the host;
    - ``version``: 1 for the version made by, 4 for the version needed (2 in either header);
    - ``flags``: 4 (2 in either header); ``method``: 4 likewise;
    - ``extra``: the longer one's bytes of the local extra field where these differ, and likewise of the central one;
      12 where the central header defers other values to ZIP64's;
    - ``descriptor``: the longer one's bytes of the data descriptor where it is there in one alone or in another form;
      12 where the local header has other placeholders in place of CRC and sizes;
    - ``deflate``: 8 where the stream is another one (`streams` names these): its size in either header;
    - ``order``: 4, the offset, where the member is another in the order of those that both have.

    Besides: ``folder``, all bytes of the headers of a folder's entry that one of the zips alone has; ``end``, the 76
    bytes of the ZIP64 end records where one alone has them, else 2 for each version in them that differs, and 12 where
    the end record defers other values to them.

    Offsets, sizes and counts that only follow from these aren't counted: nothing is taken for them.
    """
    found = [*_of_records(published, rebuilt, streams), *_of_order(published, rebuilt), *_of_end(published, rebuilt)]
    counts = {field: sum(each.field == field for each in found) for field in FIELDS}
    return sum(each.size for each in found), tuple((field, count) for field, count in counts.items() if count)


def _of_records(published: Archive, rebuilt: Archive, streams: Collection[bytes]) -> Iterator[Taken]:
    for record in (*published.records, *rebuilt.records):
        mine, theirs = published.by_name.get(record.name), rebuilt.by_name.get(record.name)
        if mine is None or theirs is None:
            yield Taken("folder", _size(record))
        elif record is mine:
            sizes: dict[str, int] = {}
            for field, size in _of_record(mine, theirs):
                sizes[field] = sizes.get(field, 0) + size
            if record.name in streams:
                sizes["deflate"] = 8
            yield from (Taken(field, size) for field, size in sizes.items() if size)


def _of_record(mine: Record, theirs: Record) -> Iterator[Taken]:
    """The fields of two records; their names are the same."""
    one, other = mine.stored, theirs.stored
    yield Taken("time", 8 * ((one.dos_time, one.dos_date) != (other.dos_time, other.dos_date)))
    yield Taken("mode", 4 * (one.external_attributes != other.external_attributes))
    yield Taken("system", one.system != other.system)
    yield Taken("version", one.create_version != other.create_version)
    yield Taken("version", 4 * (one.extract_version != other.extract_version))
    yield Taken("flags", 4 * (one.flags != other.flags))
    yield Taken("method", 4 * (one.method != other.method))
    yield Taken(
        "extra", _longer(one.local_extra, other.local_extra, fields_of(one.local_extra), fields_of(other.local_extra))
    )
    yield Taken(
        "extra",
        _longer(one.central_extra, other.central_extra, fields_of(one.central_extra), fields_of(other.central_extra)),
    )
    yield Taken("extra", 12 * (mine.deferred != theirs.deferred))
    yield Taken("attributes", 2 * (one.internal_attributes != other.internal_attributes))
    yield Taken("descriptor", 12 * (mine.placeholders != theirs.placeholders))
    yield Taken("descriptor", _longer(mine.descriptor, theirs.descriptor, len(mine.descriptor), len(theirs.descriptor)))


def _longer(mine: bytes, theirs: bytes, form: object, other: object) -> int:
    """The length of the longer one, where their forms differ."""
    return max(len(mine), len(theirs)) if form != other else 0


def _of_order(published: Archive, rebuilt: Archive) -> Iterator[Taken]:
    mine = [record.name for record in published.records if record.name in rebuilt.by_name]
    theirs = [record.name for record in rebuilt.records if record.name in published.by_name]
    yield from (Taken("order", 4) for one, other in zip(mine, theirs, strict=True) if one != other)


def _of_end(published: Archive, rebuilt: Archive) -> Iterator[Taken]:
    one, other = published.end64, rebuilt.end64
    size = 0
    if one is None or other is None:
        size = 0 if one is other else END64.size + LOCATOR.size
    else:
        size += 2 * (one.create_version != other.create_version) + 2 * (one.extract_version != other.extract_version)
        size += 12 * (published.end_deferred != rebuilt.end_deferred)
    if size:
        yield Taken("end", size)


def _size(record: Record) -> int:
    """The bytes of both headers of a record, and of its descriptor."""
    names = 2 * len(record.name) + len(record.stored.local_extra) + len(record.stored.central_extra)
    return LOCAL.size + CENTRAL.size + names + len(record.descriptor)
