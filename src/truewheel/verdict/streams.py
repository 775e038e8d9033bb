"""Which compressor makes a published stream out of rebuilt bytes: those that builders of wheels use, tried in turn."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from truewheel.errors import EncoderError
from truewheel.wheel import Data, Entry, Profile, Stored
from truewheel.wheel.deflate import deflate
from truewheel.wheel.profiles import prove
from truewheel.wheel.zipformat import DEFLATED

_STEP: Final = 1 << 18
_LEVELS: Final = (6, 9, 1, 8, 7, 5, 4, 3, 2)
"""The most common first: 6 is zlib's default, and some builders ask for 9. All with the default memory and window,
as Python's zipfile, Info-ZIP's zip and Go's builders that link zlib have them.
"""
_LD_LEVELS: Final = (6, 12, 9, 1)
"""Those of our own profile, and the ones that tools ask libdeflate for."""
_LARGE: Final = 1 << 20
"""Bytes of a member from which on the first compressor that fits is taken."""
_HUGE: Final = 8 << 20
"""Bytes from which on compressors that don't work piece by piece are tried only where they fitted before."""
KNOWN: Final = "zlib (levels 1 to 9) and libdeflate (levels 6, 12, 9, 1)"


class Encoder(NamedTuple):
    """A compressor: its name in words, and what gives the pieces of a raw deflate stream."""

    name: str
    pieces: Callable[[Data], Iterable[Data]]
    whole: bool = False
    """Whether the first piece is all of the stream."""


class Pair(NamedTuple):
    """A member whose published stream isn't the rebuild's own: the rebuilt one, and how the published zip stores it."""

    entry: Entry
    stored: Stored


def encoders_for(pairs: Iterable[Pair]) -> str | None:
    """In words with what the published streams are made of the rebuilt bytes; None where something else made one.

    "" where there is nothing to make. Small members decide first, so that an unknown compressor is soon found out.
    Members of one archive may come from different compressors. Raises `WheelError` where a member can't be read.
    """
    known = list(_encoders())
    alive, before = known, list[str]()
    for entry, stored in sorted(pairs, key=lambda pair: (pair.entry.size, pair.entry.name)):
        data = entry.read()
        with stored.raw as stream:
            fitting = _fitting(alive, data, stream)
            if not fitting and alive is not known:
                before.append(alive[0].name)
                fitting = _fitting([each for each in known if not (each.whole and len(data) >= _HUGE)], data, stream)
        if not fitting:
            return None
        alive = fitting
    return "" if alive is known else " and ".join(dict.fromkeys((*before, alive[0].name)))


def stream_fits(encoder: Encoder, data: Data, stream: memoryview) -> bool:
    """Whether a compressor gives exactly this stream; it stops at the first byte that is another one."""
    at = 0
    for piece in encoder.pieces(data):
        if stream[at : at + len(piece)] != memoryview(piece):
            return False
        at += len(piece)
    return at == len(stream)


def _fitting(encoders: list[Encoder], data: Data, stream: memoryview) -> list[Encoder]:
    """Those that give the stream; of a large member's, the first."""
    found: list[Encoder] = []
    for encoder in encoders:
        if stream_fits(encoder, data, stream):
            found.append(encoder)
            if len(data) >= _LARGE:
                break
    return found


def _encoders() -> Iterator[Encoder]:
    name = _zlib_name()
    for level in _LEVELS:
        yield Encoder(f"{name} level {level}", _by_zlib(level))
    for level in _LD_LEVELS:
        yield Encoder(f"libdeflate level {level}", _by_libdeflate(level), whole=True)


def _zlib_name() -> str:
    """zlib, where the one of this Python gives what the classic one gives."""
    try:
        prove(Profile.ZLIB6)
    except EncoderError:
        return f"zlib-ng {getattr(zlib, 'ZLIBNG_VERSION', '')}".rstrip()
    return "zlib"


def _by_zlib(level: int) -> Callable[[Data], Iterator[bytes]]:
    def pieces(data: Data) -> Iterator[bytes]:
        stream = zlib.compressobj(level, DEFLATED, -zlib.MAX_WBITS)
        with memoryview(data) as view:
            for at in range(0, len(view), _STEP):
                yield stream.compress(view[at : at + _STEP])
        yield stream.flush()

    return pieces


def _by_libdeflate(level: int) -> Callable[[Data], Iterator[Data]]:
    def pieces(data: Data) -> Iterator[Data]:
        yield deflate(data, level)

    return pieces
