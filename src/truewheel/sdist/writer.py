"""Writes a source distribution, so that the same one always gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from truewheel.errors import LimitError
from truewheel.sdist import gzip
from truewheel.sdist.archive import check_whole
from truewheel.sdist.canonical import canonical_sdist, stamp
from truewheel.sdist.model import Member, Sdist
from truewheel.sdist.tarwriter import tar_bytes
from truewheel.wheel import Data, Sink, Written


def write(sdist: Sdist, sink: Sink, *, timestamp: int | None = None) -> Written:
    """Write `sdist` to `sink` in canonical form, as a .tar.gz, whatever form it came in.

    ``timestamp`` is the time of every member: seconds since 1970, None for 1980-01-01 (see `stamp`). Gives the size of
    the file, its sha256, and the number of members. Memory: the unpacked archive, and the packed one.
    Raises `SdistError` where it is no sound source distribution, `WheelError` where a member of a zip can't be read,
    `LimitError` where memory doesn't suffice, and `EncoderError` where the compressor installed here doesn't give the
    bytes that the form demands; the sink has then got nothing, or a part that nobody should see.
    """
    check_whole(sdist)
    members = canonical_sdist(sdist).members
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(members, stamp(timestamp)):
        sink.write(piece)
        digest.update(piece)
        size += len(piece)
    return Written(size, digest.hexdigest(), len(members))


def _pieces(members: tuple[Member, ...], time: int) -> Iterator[Data]:
    """The file, in pieces."""
    try:
        yield from gzip.compressed(tar_bytes(members, time))
    except MemoryError:
        total = sum(member.size for member in members)
        raise LimitError(f"the members, {total:,} bytes together, don't fit into memory") from None
