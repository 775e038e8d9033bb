"""How members are compressed: named profiles, each of which proves itself before its first use.

The bytes of a profile are fixed for ever by the vectors below. A library that answers differently is refused:
no version number is trusted, since distributions exchange the libraries underneath.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

from truewheel.errors import EncoderError
from truewheel.wheel import deflate
from truewheel.wheel.model import Data

STORED: Final = 0
DEFLATED: Final = 8
_LEVEL: Final = 6
_SMALLEST_STREAM: Final = 3
"""A deflate stream with a byte in it takes three bytes or more: an empty or tiny member is stored untried."""


class Profile(Enum):
    """How a member's bytes become the bytes in the archive.

    ``LD1`` deflates by libdeflate, level 6, and ``ZLIB6`` by classic zlib, level 6, as most published wheels
    are; both store what deflate doesn't make smaller. ``KEEP`` leaves compressed streams as they are; members
    that are new are compressed as by ``LD1``.
    """

    LD1 = "ld1"
    KEEP = "keep"
    ZLIB6 = "zlib6"

    @property
    def encode(self) -> Callable[[Data], tuple[int, Data]]:
        """What compresses a member under this profile: gives the zip method and the bytes.

        Raises `EncoderError` where the library installed here doesn't give the bytes that the profile promises.
        """
        encoder = _ENCODERS[self]
        prove(self)
        return encoder.encode


class _Encoder(NamedTuple):
    """A compressor, the sha256 of what it makes of the vectors, and what to say where that fails."""

    encode: Callable[[Data], tuple[int, Data]]
    proof: str
    library: Callable[[], str]
    hint: str


@cache
def prove(profile: Profile) -> None:
    """Compress the vectors and compare, once in a process. Raises `EncoderError`."""
    encoder = _ENCODERS[profile]
    digest = hashlib.sha256()
    for vector in vectors():
        method, data = encoder.encode(vector)
        digest.update(b"%d %d\n" % (method, len(data)))
        digest.update(data)
    if (found := digest.hexdigest()) != encoder.proof:
        raise EncoderError(
            f"{encoder.library()} doesn't give the bytes of profile {profile.value}: "
            f"its vectors have sha256 {found[:16]}…, not {encoder.proof[:16]}…",
            hint=encoder.hint,
        )


def vectors() -> Iterator[bytes]:
    """Inputs that call for every kind of block: none, stored, fixed, dynamic, long matches, changes on the way."""
    noise = hashlib.shake_128(b"truewheel").digest(24_000)
    letters = noise.translate(
        bytes(b"eeeeettaoinshrdl \n"[byte % 18 if byte < 144 else byte & 7] for byte in range(256))
    )
    yield b""
    yield b"a"
    yield b"fixed codes do for so short a text, for so short a text"
    yield noise[:4096]
    yield bytes(30_000)
    yield letters
    yield letters[:12_000] + noise[:12_000] + bytes(range(256)) * 40 + letters[12_000:]


def stream(data: Data | memoryview) -> Data:
    """`data` as one raw deflate stream as ``LD1`` makes them, also where that is no smaller. Raises `EncoderError`."""
    prove(Profile.LD1)
    return deflate.deflate(data, _LEVEL)


def _ld1(data: Data) -> tuple[int, Data]:
    return _smaller(data, deflate.deflate(data, _LEVEL)) if len(data) > _SMALLEST_STREAM else (STORED, data)


def _zlib6(data: Data) -> tuple[int, Data]:
    stream = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return _smaller(data, stream.compress(data) + stream.flush())


def _smaller(data: Data, deflated: Data) -> tuple[int, Data]:
    """Deflated only where that is smaller."""
    return (DEFLATED, deflated) if len(deflated) < len(data) else (STORED, data)


def _zlib() -> str:
    """Which zlib this interpreter has, in words."""
    other = getattr(zlib, "ZLIBNG_VERSION", "")
    return f"zlib-ng {other}" if other else f"zlib {getattr(zlib, 'ZLIB_RUNTIME_VERSION', 'of an unknown version')}"


_LD1: Final = _Encoder(
    _ld1,
    "bf524a1bc361875326d899822c321e236735007278aeb87a866464ee0c20b125",
    deflate.library,
    "install deflate 0.8 or newer from PyPI (it brings libdeflate 1.24 or 1.25), or use the profile keep",
)
_ENCODERS: Final = {
    Profile.LD1: _LD1,
    Profile.KEEP: _LD1,
    Profile.ZLIB6: _Encoder(
        _zlib6,
        "4a3556472ea0cd2e68a80b3a70b3e38a8e87ee4218fd792662813b783c556acd",
        _zlib,
        "use a Python that is linked to classic zlib (not zlib-ng), or another profile",
    ),
}
