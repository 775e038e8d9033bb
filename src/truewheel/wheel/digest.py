"""The payload digest: what is in a wheel, however it was zipped and whatever it is tagged.

The format is published under the name ``truewheel-payload-1`` and never changes. The digest is the sha256, in small
hex, of this text in UTF-8, whose lines all end with LF:

1. the line ``truewheel-payload-1``;
2. for every member but those of step 3, sorted by the bytes of their names, the line ``SHA256 SIZE MODE NAME`` with
   single spaces between: the sha256 of the uncompressed bytes in small hex, their number in decimal, ``x`` if the
   member is executable and lies outside the ``.dist-info`` folder, else ``-``, and the path in the archive;
3. left out are entries for folders, and ``RECORD``, ``RECORD.jws`` and ``RECORD.p7s`` of the ``.dist-info`` folder;
4. of ``.dist-info/WHEEL``, hash and size are those of the file without its ``Tag:`` lines (header name in any case,
   line end and continuation lines included, up to the first line that is no header).

So it doesn't depend on compression, order, times, modes beyond the executable bit, the form of RECORD, the tags, or the
name of the file; it does on every other byte, such as the name and version that the ``.dist-info`` folder spells.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Final

from truewheel.errors import WheelError, Where
from truewheel.wheel import metadata, record
from truewheel.wheel.model import Entry, Wheel
from truewheel.wheel.record import RecordRow

FORMAT: Final = "truewheel-payload-1"


def payload_digest(wheel: Wheel, *, trust_record: bool = False) -> str:
    """The digest of the wheel's payload, as 64 small hex digits.

    Inflates and hashes every member. With ``trust_record`` hashes are taken from RECORD, which the caller has verified,
    as far as they are sha256. Raises `WheelError` where a member or RECORD can't be read.
    """
    rows = record.rows_of(wheel) if trust_record else {}
    inside, left_out = wheel.info_path(""), record.exempt(wheel)
    lines = [
        _line(wheel, entry, rows.get(entry.name), executable=entry.executable and not entry.name.startswith(inside))
        for entry in sorted(wheel.entries, key=lambda entry: entry.name)
        if entry.name not in left_out
    ]
    return hashlib.sha256("".join([f"{FORMAT}\n", *lines]).encode("utf-8")).hexdigest()


def _line(wheel: Wheel, entry: Entry, row: RecordRow | None, *, executable: bool) -> str:
    """The line of a member."""
    if "\n" in entry.name:
        raise WheelError("a name with a line feed has no payload digest", where=Where(member=entry.name))
    mode = "x" if executable else "-"
    if row and row.hash_name == record.HASH and entry.name != wheel.info_path("WHEEL"):
        return f"{_hex(row)} {entry.size} {mode} {entry.name}\n"
    data = entry.read()
    if entry.name == wheel.info_path("WHEEL"):
        data = metadata.without_tags(data)
    return f"{hashlib.sha256(data).hexdigest()} {len(data)} {mode} {entry.name}\n"


def _hex(row: RecordRow) -> str:
    """A hash of RECORD in hex."""
    try:
        return binascii.a2b_base64(row.hash_value.translate(_STANDARD) + "=").hex()
    except binascii.Error:
        raise WheelError(
            f"the hash in RECORD is not base64: {row.hash_value!r}", where=Where(member=row.path)
        ) from None


_STANDARD: Final = str.maketrans("-_", "+/")
