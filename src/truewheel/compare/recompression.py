"""Streams that differ though the bytes in them don't, and with what they were made.

A member is compressed again in the ways that are common: where the same stream comes out, that was it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from truewheel.compare.model import Cause, Difference, Kind, Leaf
from truewheel.compare.reasons import DEFLATE
from truewheel.wheel import Data
from truewheel.wheel.deflate import deflate
from truewheel.wheel.zipcontent import ZipContent

_STORED: Final = 0
_LEVELS: Final = (6, 9, 1, 5, 4, 3, 2, 7, 8)
"""The most common first: zlib's default is 6, and some builders ask for 9."""
_LD_LEVELS: Final = (6, 12, 9, 1)
_LARGEST: Final = 1 << 18
_SAMPLES: Final = 2


class _Streams(NamedTuple):
    """One member as both sides store it."""

    name: str
    left: ZipContent
    right: ZipContent


def compare_streams(pairs: Sequence[tuple[Leaf, Leaf]]) -> Iterator[Difference]:
    """Members whose bytes are the same and whose compressed streams aren't, told once for all of them.

    What made the streams is found out for two of them. Raises `WheelError` where one of these is damaged.
    """
    differ = [
        _Streams(mine.name, mine.content, theirs.content)
        for mine, theirs in pairs
        if isinstance(mine.content, ZipContent)
        and isinstance(theirs.content, ZipContent)
        and _recompressed(mine.content, theirs.content)
    ]
    if not differ:
        return
    inside = tuple(map(_stream, _chosen(differ)))
    told = dict.fromkeys(part.causes[0].evidence for part in inside)
    evidence = "; ".join(told) or "the members that differ are too large to be compressed again"
    total = f" of {len(pairs):,}" if len(differ) != len(pairs) else ""
    summary = f"compressed in another way: {len(differ):,}{total} member{'s' if len(pairs) != 1 else ''}"
    yield Difference("", Kind.STORAGE, summary, causes=(Cause(DEFLATE, evidence),), inside=inside)


def same_stream(left: ZipContent, right: ZipContent) -> bool:
    """Whether two members are stored as the same bytes, and so hold the same."""
    if (left.method, left.size, left.crc) != (right.method, right.size, right.crc):
        return False
    if left.compressed_size != right.compressed_size:
        return False
    with left.raw as one, right.raw as other:
        return one == other


def _recompressed(left: ZipContent, right: ZipContent) -> bool:
    if left.method == right.method == _STORED or (left.size, left.crc) != (right.size, right.crc):
        return False
    return not same_stream(left, right)


def _chosen(streams: list[_Streams]) -> list[_Streams]:
    """Members that tell levels apart, and that are compressed again soon: the largest below a limit."""
    fit = [stream for stream in streams if stream.left.size <= _LARGEST]
    return sorted(fit, key=lambda stream: (-stream.left.size, stream.name))[:_SAMPLES]


def _stream(stream: _Streams) -> Difference:
    data = stream.left.read()
    left, right = _encoder(stream.left, data), _encoder(stream.right, data)
    cause = Cause(DEFLATE, f"{left} on the left, {right} on the right")
    sizes = f"{stream.left.compressed_size:,} bytes on the left, {stream.right.compressed_size:,} on the right"
    return Difference(stream.name, Kind.STORAGE, f"{cause.evidence}: {sizes}", left, right, causes=(cause,))


def _encoder(stored: ZipContent, data: Data) -> str:
    """In words what made the stream of a member that holds `data`: "zlib level 6", or that it is unknown."""
    if stored.method == _STORED:
        return "stored"
    with stored.raw as raw:
        stream = bytes(raw)
    levels = [str(level) for level in _LEVELS if _zlib(data, level) == stream]
    if levels:
        return f"zlib level {' or '.join(levels[:3])}"
    found = next((level for level in _LD_LEVELS if deflate(data, level) == stream), None)
    return "an encoder unknown here" if found is None else f"libdeflate level {found}"


def _zlib(data: Data, level: int) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()
