"""Raw deflate streams: inflated exactly, sniffed at their start. The one place that knows libdeflate's binding.

PyPI's ``deflate`` (libdeflate) inflates three times faster than zlib, but doesn't tell where a stream ended, so
bytes hidden behind the end of a stream would pass. Given a gzip wrapping, however, libdeflate looks for the
CRC and size *right behind the end of the stream* (RFC 1952, section 2.3.1). We put the expected eight bytes
behind the stream that the archive declares. When libdeflate finds true ones, and the size is the expected one, whose
four bytes occur nowhere earlier, then these were ours: the stream ended where it should, and CRC and size are proven
along the way. zlib decides every other case, slowly and exactly, and finds the facts for the error.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import deflate as libdeflate

from truewheel.errors import LimitError, WheelError
from truewheel.wheel.model import Data

_GZIP_HEADER: Final = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
_FOOTER: Final = struct.Struct("<II")
_LARGEST_RATIO: Final = 1032
"""A deflate block can't grow further than 258 bytes for two bits (RFC 1951, section 3.2.5)."""
_PROBE: Final = 1 << 16


def inflate(raw: Data | memoryview, size: int, crc: int) -> Data:
    """The `size` bytes of the deflate stream `raw`, which ends where `raw` ends and whose CRC-32 is `crc`.

    Raises `WheelError` with the facts where size, CRC or end of the stream are not as declared, or where the
    stream is damaged, and `LimitError` where the declared size doesn't fit into memory. Never holds much more
    than `size` bytes, and refuses a size that no stream of that length could have before it allocates.
    """
    if size > _LARGEST_RATIO * len(raw):
        raise WheelError(f"{len(raw)} bytes of deflate can't hold the {size} bytes that the archive declares")
    try:
        whole = _inflate_whole(raw, size, crc)
        return _inflate_exactly(raw, size, crc) if whole is None else whole
    except (MemoryError, OverflowError):
        raise LimitError(f"a member of {size} bytes doesn't fit into memory") from None


def head(raw: Data | memoryview, count: int) -> bytes:
    """The first `count` bytes of a deflate stream, or fewer if there are no more. Neither size nor CRC is checked.

    Reads no more of `raw` than it needs. Raises `WheelError` where the stream is damaged before that point.
    """
    stream, pieces, missing, start, step = zlib.decompressobj(-zlib.MAX_WBITS), [b""], count, 0, count + 512
    try:
        while missing > 0 and start < len(raw) and not stream.eof:
            pieces.append(stream.decompress(raw[start : start + step], missing))
            missing -= len(pieces[-1])
            start += step
    except zlib.error:
        raise WheelError("the deflate stream is damaged at its start") from None
    return b"".join(pieces)


def _inflate_whole(raw: Data | memoryview, size: int, crc: int) -> bytearray | None:
    """The bytes, if libdeflate proves all that is asked; None where it can't, for whatever reason."""
    if not 0 < size < 1 << 32:  # the footer counts modulo 2**32, and the binding reads 0 as "unknown"
        return None
    footer = _FOOTER.pack(crc, size)
    wrapped = b"".join((_GZIP_HEADER, raw, footer))
    if wrapped.find(footer[4:], len(_GZIP_HEADER)) != len(wrapped) - 4:
        return None
    try:
        data = libdeflate.gzip_decompress(wrapped)
    except libdeflate.DeflateError:
        return None
    return data if len(data) == size else None


def _inflate_exactly(raw: Data | memoryview, size: int, crc: int) -> bytes:
    """What `inflate` promises, by zlib, which knows where a stream ends; errors say what is wrong."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = stream.decompress(raw, size + 1)
    except zlib.error:
        raise WheelError(f"the deflate stream is damaged at byte {_damage(raw)} of {len(raw)}") from None
    if len(data) > size:
        raise WheelError(f"the deflate stream holds more than the {size} bytes that the archive declares")
    if not stream.eof:
        raise WheelError(f"the deflate stream breaks off after {len(raw)} bytes, {len(data)} bytes of {size} inflated")
    if stream.unused_data:
        raise WheelError(f"{len(stream.unused_data)} bytes follow the end of the deflate stream inside the member")
    if len(data) != size:
        raise WheelError(f"the deflate stream holds {len(data)} bytes, the archive declares {size}")
    if (found := zlib.crc32(data)) != crc:
        raise WheelError(f"the CRC-32 of the bytes is {found:08x}, the archive declares {crc:08x}")
    return data


def _damage(raw: Data | memoryview) -> int:
    """The position in a damaged stream of the byte at which zlib gives up: first roughly, then byte by byte."""
    stream = before = zlib.decompressobj(-zlib.MAX_WBITS)
    start = position = 0
    try:
        for start in range(0, len(raw), _PROBE):
            before = stream.copy()
            _discard(stream, raw[start : start + _PROBE])
    except zlib.error:
        stream = before
    try:
        for position in range(start, len(raw)):
            _discard(stream, raw[position : position + 1])
    except zlib.error:
        return position
    return len(raw)


def _discard(stream: zlib._Decompress, piece: Data | memoryview) -> None:
    """Feed a piece to a stream, without keeping what comes out."""
    stream.decompress(piece, _PROBE)
    while stream.unconsumed_tail:
        stream.decompress(stream.unconsumed_tail, _PROBE)


def deflate(data: Data | memoryview, level: int) -> bytearray:
    """`data` as one raw deflate stream, by libdeflate at `level` (1 to 12). Releases the GIL."""
    return libdeflate.deflate_compress(data, level)


def library() -> str:
    """What deflates here, in words."""
    return f"libdeflate through PyPI's deflate {libdeflate.__version__}"
