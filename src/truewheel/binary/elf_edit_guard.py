"""The last check before a patch leaves the editor: no write harms a table that it doesn't belong to.

Linkers never let tables overlap; a damaged or hostile file may, and an edit would then change more than was asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from truewheel.binary.elf_edit_image import Image
from truewheel.binary.elf_edit_places import Places
from truewheel.binary.elf_edit_tables import Table
from truewheel.binary.elf_layout import PT_INTERP, PT_NOTE, PT_TLS, Strings, Tag
from truewheel.binary.patch import Write

DYNAMIC, HEADERS, SEGMENT = -1, -2, -3
"""Owners of bytes that no entry of the dynamic table leads to."""
_PROTECTED_SEGMENTS = frozenset((PT_INTERP, PT_NOTE, PT_TLS))
"""Not PT_GNU_PROPERTY, which repeats a PT_NOTE: patchelf 0.14 forgets it where the note was, in its own table."""


class Owned(NamedTuple):
    """A write, and the tag of the table that it is meant for, or one of the numbers above."""

    owner: int
    write: Write


class _Range(NamedTuple):
    start: int
    end: int


def check_writes(
    image: Image,
    writes: Iterable[Owned],
    tables: Iterable[Table],
    strings: Strings | None,
    places: Places | None = None,
) -> None:
    """Raise `BinaryError` where a write reaches into a table of another owner that stays in use.

    ``strings`` is None where the file's own are no longer used, ``places`` tells what has moved away.
    """
    owners: defaultdict[int, list[_Range]] = defaultdict(list)
    for owner, start, end in _in_use(image, tables, strings, places):
        owners[owner].append(_Range(start, end))
    kept = {owner: _joined(ranges) for owner, ranges in owners.items()}
    for owned in writes:
        for owner, ranges in kept.items():
            if owner != owned.owner and owned.write.data and _meets(ranges, owned.write):
                raise image.layout.fields.error("tables of the file overlap", owned.write.offset)


def _in_use(
    image: Image, tables: Iterable[Table], strings: Strings | None, places: Places | None
) -> Iterator[tuple[int, int, int]]:
    yield HEADERS, 0, 16 + image.layout.codec.header.size
    yield HEADERS, image.table_at, image.table_end
    yield from tables
    if strings is not None:
        yield Tag.STRTAB, strings.offset, strings.offset + len(strings.data)
    dynamic = image.segments[image.dynamic]
    if places is None or places.dynamic is None:
        yield DYNAMIC, dynamic.offset, dynamic.end
    for segment in image.segments:
        if segment.type in _PROTECTED_SEGMENTS and (places is None or places.shift_of(segment.offset) is None):
            yield SEGMENT, segment.offset, segment.end


def _joined(ranges: list[_Range]) -> list[_Range]:
    """Ranges in order, those that overlap as one."""
    result: list[_Range] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1].end:
            result[-1] = _Range(result[-1].start, max(end, result[-1].end))
        else:
            result.append(_Range(start, end))
    return result


def _meets(ranges: list[_Range], write: Write) -> bool:
    place = bisect_left(ranges, (write.offset + len(write.data), 0)) - 1
    return place >= 0 and ranges[place].end > write.offset
