"""Rebuilt contents, written the way a published zip stores its own: then the bytes are those of the published file.

Step by step, so that nothing of what is published is taken on trust:

1. the rebuild has the same members with the same bytes, and executable bits that mean the same;
2. the published zip holds nothing that no rebuild can vouch for (`unvouched`);
3. for each deflated member a known compressor gives the published stream *out of the rebuilt bytes* (`streams`);
4. headers, descriptors, central directory and end are written anew, of the rebuilt bytes' CRCs and sizes and of what
   the published zip chose (`Record`), and the sha256 of all that has been written is the published file's.
"""

from __future__ import annotations

import hashlib

from truewheel.verdict.members import contrasts
from truewheel.verdict.model import Transplanted
from truewheel.verdict.rewriting import pieces
from truewheel.verdict.sides import Side
from truewheel.verdict.streams import Pair, encoders_for
from truewheel.verdict.tally import taken
from truewheel.verdict.unvouched import unvouched
from truewheel.verdict.zips import Archive, Record, archive_of
from truewheel.wheel.zipformat import DEFLATED


def transplant(published: Side, rebuilt: Side) -> Transplanted | None:
    """What it takes from the published zip to write the rebuilt contents as the published file; None where they don't.

    The size of what it takes is that of `taken`. Memory: the largest member twice. Raises `WheelError` where a member
    can't be read.
    """
    return None if contrasts(published.wheel, rebuilt.wheel) else rewritten(published, rebuilt)


def rewritten(published: Side, rebuilt: Side) -> Transplanted | None:
    """The same for wheels that `contrasts` has found to hold the same, steps 2 to 4."""
    mine, theirs = archive_of(published.data), archive_of(rebuilt.data)
    if unvouched(mine, theirs):
        return None
    others = _other_streams(mine, theirs)
    found = encoders_for(Pair(rebuilt.wheel.by_name[record.name.decode()], record.stored) for record in others)
    if found is None:
        return None
    digest = hashlib.sha256()
    for piece in pieces(mine, theirs):
        digest.update(piece)
    if digest.hexdigest() != published.sha256:
        return None
    return Transplanted(*taken(mine, theirs, {record.name for record in others}), found)


def _other_streams(mine: Archive, theirs: Archive) -> list[Record]:
    """The records of deflated members that the rebuild hasn't stored as the very same stream."""
    return [
        record
        for record in mine.records
        if not record.is_folder and record.stored.method == DEFLATED and not _same_stream(record, theirs)
    ]


def _same_stream(record: Record, others: Archive) -> bool:
    one, other = record.stored, others.by_name[record.name].stored
    if (one.method, one.compressed_size) != (other.method, other.compressed_size):
        return False
    with one.raw as mine, other.raw as theirs:
        return mine == theirs
