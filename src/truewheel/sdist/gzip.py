"""Gzip (RFC 1952): one stream and nothing else is read, and written in one way only.

Several streams in a row are one file to Python and GNU gzip; other readers, uv's among them, stop after the first. So
that is refused. Zeros behind the end, which tapes and block devices leave, mean nothing to anyone, and pass.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.errors import LimitError, SdistError, WheelError, Where
from truewheel.sdist.model import GzipHeader
from truewheel.wheel import Buffer, Data, Limits
from truewheel.wheel.deflate import inflate
from truewheel.wheel.profiles import stream

MAGIC: Final = b"\x1f\x8b"

_START: Final = struct.Struct("<2s2BI2B")
_FOOTER: Final = struct.Struct("<II")
_DEFLATE: Final = 8
_TEXT, _CRC, _EXTRA, _NAME, _COMMENT, _RESERVED = 1, 2, 4, 8, 16, 0xE0
_LONGEST_HEADER: Final = 1 << 17
_PIECE: Final = 1 << 18
_CANONICAL_START: Final = _START.pack(MAGIC, _DEFLATE, 0, 0, 0, 255)
_AGAIN: Final = "download it again"


class Gzip(NamedTuple):
    """What a gzip stream says of itself, and the bytes in it."""

    header: GzipHeader
    data: Data


def read_gzip(buffer: Buffer, limits: Limits | None = None) -> Gzip:
    """The bytes in the gzip file `buffer`, which the stream's CRC and size have proven.

    They are all in memory, so no more are accepted than `limits` (the defaults if None) allows for one member, nor
    more than its ``total_ratio``. Raises `SdistError` where the file is damaged or holds more than one stream, and
    `LimitError`.
    """
    limits = limits or Limits()
    with memoryview(buffer) as view:
        header, start = _read_header(bytes(view[:_LONGEST_HEADER]))
        if len(view) < start + _FOOTER.size:
            raise SdistError("the gzip file breaks off in its header", where=Where(offset=len(view)), hint=_AGAIN)
        data = _inflate_whole(view, start, limits)
        if data is not None:
            return Gzip(header, data)
        found, end = _inflate_slowly(view, start, limits)
        return Gzip(header._replace(padding=_padding(view, found, end)), found)


def _read_header(head: bytes) -> tuple[GzipHeader, int]:
    """The header, and where the deflate stream begins."""
    if head[:2] != MAGIC:
        raise SdistError("this is no gzip file", where=Where(offset=0), hint="a .tar.gz is one (RFC 1952)")
    if len(head) < _START.size:
        raise SdistError("the gzip file breaks off in its header", where=Where(offset=len(head)), hint=_AGAIN)
    _, method, flags, mtime, level, system = _START.unpack_from(head)
    if method != _DEFLATE or flags & _RESERVED:
        raise SdistError(f"gzip defines neither method {method} nor flags {flags:#04x}", where=Where(offset=2))
    at, extra, texts = _START.size, b"", {_NAME: "", _COMMENT: ""}
    if flags & _EXTRA:
        length = int.from_bytes(head[at : at + 2], "little")
        extra, at = head[at + 2 : at + 2 + length], at + 2 + length
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            text, end, _ = head[at:].partition(b"\0")
            at += len(text) + 1 if end else _LONGEST_HEADER
            texts[flag] = text.decode("latin-1")
    if flags & _CRC:
        if head[at : at + 2] != (zlib.crc32(head[:at]) & 0xFFFF).to_bytes(2, "little"):
            raise SdistError("the gzip header's checksum is wrong", where=Where(offset=at), hint=_AGAIN)
        at += 2
    if at > len(head):
        raise SdistError("the gzip header doesn't end", where=Where(offset=len(head)), hint=_AGAIN)
    checked = bool(flags & _CRC)
    return GzipHeader(mtime, texts[_NAME], texts[_COMMENT], system, level, bool(flags & _TEXT), extra, checked), at


def excess(size: int, packed: int, limits: Limits, packing: str = "gzip") -> LimitError | None:
    """What is wrong with so many bytes in so many compressed ones, if anything is."""
    where = Where(offset=0)
    for field in ("member_size", "total_size"):
        if size > getattr(limits, field):
            return limits.exceeded(field, f"the {packing} stream holds {size:,} bytes or more", where)
    if size > limits.total_ratio_from and size > packed * limits.total_ratio:
        facts = f"{packed:,} compressed bytes hold {size:,} or more, a ratio of {size / packed:,.0f}"
        return limits.exceeded("total_ratio", facts, where)
    return None


def _inflate_whole(view: memoryview, start: int, limits: Limits) -> Data | None:
    """What the stream from `start` to the footer at the end holds; None where zlib has to find out what is wrong.

    Or how many zeros there are at the end: then what stands there is no footer, and believed in nothing.
    """
    crc, size = _FOOTER.unpack(view[-_FOOTER.size :])
    if excess(size, len(view), limits):
        return None
    with view[start : -_FOOTER.size] as raw:
        try:
            return inflate(raw, size, crc)
        except WheelError:
            return None


def _inflate_slowly(view: memoryview, start: int, limits: Limits) -> tuple[bytearray, int]:
    """What the stream at `start` holds, and where it ends, by zlib; in pieces, so that no more is made than allowed."""
    inflater, data = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    at = start
    try:
        while not inflater.eof:
            piece = inflater.unconsumed_tail or view[at : at + _PIECE]
            at += 0 if inflater.unconsumed_tail else len(piece)
            if not piece:
                raise SdistError(
                    f"the gzip stream breaks off, {len(data):,} bytes inflated", where=Where(offset=at), hint=_AGAIN
                )
            data += inflater.decompress(piece, _PIECE)
            if error := excess(len(data), len(view), limits):
                raise error
    except zlib.error:
        raise SdistError("the gzip stream is damaged", where=Where(offset=at), hint=_AGAIN) from None
    except MemoryError:
        raise LimitError(f"more than {len(data):,} bytes don't fit into memory") from None
    return data, at - len(inflater.unused_data)


def _padding(view: memoryview, data: bytearray, end: int) -> int:
    """The number of zeros behind the footer at `end`. Raises `SdistError` where it isn't true, or isn't the end."""
    rest = end + _FOOTER.size
    if rest > len(view):
        raise SdistError("the gzip file breaks off in its footer", where=Where(offset=len(view)), hint=_AGAIN)
    crc, size = _FOOTER.unpack(view[end:rest])
    if (found := zlib.crc32(data)) != crc:
        raise SdistError(
            f"the CRC-32 of the bytes is {found:08x}, the gzip file declares {crc:08x}",
            where=Where(offset=end),
            hint=_AGAIN,
        )
    if len(data) & 0xFFFF_FFFF != size:
        raise SdistError(
            f"the gzip stream holds {len(data):,} bytes, the file declares {size:,}", where=Where(offset=end + 4)
        )
    if bytes(view[rest : rest + 2]) == MAGIC:
        raise SdistError(
            "a second gzip stream follows the first, which some tools read and others don't", where=Where(offset=rest)
        )
    if not all_zeros(view[rest:]):
        raise SdistError(f"{len(view) - rest:,} bytes follow the end of the gzip stream", where=Where(offset=rest))
    return len(view) - rest


def all_zeros(view: memoryview) -> bool:
    """Whether there are nothing but zeros; of a mapped file, few pages are touched at a time."""
    return not any(bytes(view[at : at + _PIECE]).strip(b"\0") for at in range(0, len(view), _PIECE))


def compressed(data: Data) -> Iterator[Data]:
    """`data` as a gzip file in the one way in which the canonical form has it, in pieces.

    No time, no name, OS 255 (unknown), XFL 0; the stream is that of libdeflate at level 6. Raises `EncoderError` where
    the library installed here doesn't give those bytes.
    """
    yield _CANONICAL_START
    yield stream(data)
    yield _FOOTER.pack(zlib.crc32(data), len(data) & 0xFFFF_FFFF)
