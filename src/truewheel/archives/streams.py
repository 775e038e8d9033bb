"""Compressed streams other than gzip: xz, Zstandard and bzip2, unpacked in pieces and never beyond the limits.

Several streams in a row are one, as each format's own definition or tool has it (The .xz File Format, section 2;
RFC 8878, section 3; bzip2's manual on concatenated files): pixz, pzstd and pbzip2 write them so. What may stand between
and behind is what these say, too: zeros in fours for xz, skippable frames for Zstandard. Anything else is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from truewheel.errors import ArchiveError, LimitError, RequestError, Where
from truewheel.sdist.gzip import excess
from truewheel.wheel import Limits

_FIRST_PIECE: Final = 1 << 10
"""What a stream is fed first; then twice as much each time, so that many tiny ones cost no more than one large one."""

_PIECE: Final = 1 << 18
_MEMORY: Final = 256 << 20
"""What unpacking xz may take; ``xz -9`` asks for 65 MiB (xz(1), --memlimit-decompress)."""

_WINDOW_LOG: Final = 27
"""The largest window of Zstandard, 128 MiB: what ``zstd`` itself accepts unless told otherwise (zstd(1), --long)."""

_MOST_STREAMS: Final = 100_000
"""Streams of one file; pbzip2 makes one of every 900 kB."""

_AGAIN: Final = "the archive is damaged or cut off; download it again"
_SKIPPABLE: Final = tuple(bytes((0x50 + last, 0x2A, 0x4D, 0x18)) for last in range(16))
"""The first bytes of frames that hold no data (RFC 8878, section 3.1.2)."""


class Unpacker(Protocol):
    """What lzma, bz2 and zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without input."""

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Feed input, and get output of no more than so many bytes."""


class Packing(NamedTuple):
    """A way to compress: its suffix behind ``.tar`` and its name, and how its streams begin.

    ``gap`` gives the number of bytes at an offset that stand before the next stream and mean nothing; ``opened`` an
    unpacker for one stream, and the errors that it raises.
    """

    suffix: str
    name: str
    magics: tuple[bytes, ...]
    gap: Callable[[memoryview, int], int]
    opened: Callable[[], tuple[Callable[[], Unpacker], type[Exception]]]


def packing_of(head: bytes) -> Packing | None:
    """How a file with these first bytes is compressed; None where it isn't by any of these."""
    return next((packing for packing in _PACKINGS if head.startswith(packing.magics)), None)


def unpacked(view: memoryview, packing: Packing, limits: Limits) -> bytearray:
    """What the streams in `view` hold, each proven by its own checksum where it has one.

    All is in memory, so no more is accepted than `limits` allows for one member, nor more than ``total_ratio``. Raises
    `ArchiveError` for what is damaged, cut off, or asks for too much memory, `LimitError`, and `RequestError` where
    this Python can't read the format.
    """
    streams, at = _Streams(view, packing, limits), packing.gap(view, 0)
    if at == len(view):
        raise ArchiveError(
            f"the file ends before its {packing.name} stream begins", where=Where(offset=at), hint=_AGAIN
        )
    for _ in range(_MOST_STREAMS):
        if not bytes(view[at : at + 8]).startswith(packing.magics):
            raise ArchiveError(
                f"{len(view) - at:,} bytes follow the end of the {packing.name} stream", where=Where(offset=at)
            )
        at = streams.take(at)
        at += packing.gap(view, at)
        if at == len(view):
            return streams.data
    raise ArchiveError(f"the file has more than {_MOST_STREAMS:,} {packing.name} streams", where=Where(offset=at))


class _Streams:
    """Unpacks one stream after the other."""

    def __init__(self, view: memoryview, packing: Packing, limits: Limits) -> None:
        self.data = bytearray()
        self._view = view
        self._name = packing.name
        self._limits = limits
        self._new, self._error = packing.opened()

    def take(self, at: int) -> int:
        """Append what the stream at `at` holds to the data; where it ends."""
        unpacker, step = self._new(), _FIRST_PIECE
        try:
            while not unpacker.eof:
                piece = b""
                if unpacker.needs_input:
                    piece = self._piece(at, step)
                    at, step = at + len(piece), min(2 * step, _PIECE)
                self.data += unpacker.decompress(piece, _PIECE)
                if beyond := excess(len(self.data), len(self._view), self._limits, self._name):
                    raise beyond
        except self._error as problem:
            raise _damage(str(problem), self._name, at) from None
        except MemoryError:
            raise LimitError(f"more than {len(self.data):,} bytes don't fit into memory") from None
        return at - len(unpacker.unused_data)

    def _piece(self, at: int, step: int) -> bytes:
        piece = bytes(self._view[at : at + step])
        if not piece:
            raise ArchiveError(
                f"the {self._name} stream breaks off, {len(self.data):,} bytes unpacked",
                where=Where(offset=at),
                hint=_AGAIN,
            )
        return piece


def _damage(said: str, name: str, at: int) -> ArchiveError:
    """What an unpacker's complaint means: lzma and zstd name memory where too much of it was asked for."""
    where = Where(offset=at)
    if "emory" in said:
        return ArchiveError(
            f"unpacking the {name} stream takes more memory than is granted",
            where=where,
            hint="compress it again at an ordinary level, without a larger dictionary or window",
        )
    return ArchiveError(f"the {name} stream is damaged", where=where, hint=_AGAIN)


# --- the formats ---------------------------------------------------------------------------------------------
def _no_gap(_view: memoryview, _at: int) -> int:
    return 0


def _zeros_in_fours(view: memoryview, at: int) -> int:
    """The padding of xz (section 2.2): never before the first stream."""
    start = at
    while at and (piece := bytes(view[at : at + _PIECE])):
        zeros = len(piece) - len(piece.lstrip(b"\0"))
        at += zeros
        if zeros < len(piece):
            break
    return (at - start) & ~3


def _skippable_frames(view: memoryview, at: int) -> int:
    """Frames without data, each with its length in its second four bytes."""
    start = at
    while bytes(view[at : at + 4]) in _SKIPPABLE:
        length = 8 + int.from_bytes(view[at + 4 : at + 8], "little")
        if length > len(view) - at:
            raise ArchiveError("a skippable frame of Zstandard is cut off", where=Where(offset=at), hint=_AGAIN)
        at += length
    return at - start


def _missing(what: str, hint: str) -> RequestError:
    return RequestError(f"the archive is compressed with {what}, which this Python can't read", hint=hint)


def _xz() -> tuple[Callable[[], Unpacker], type[Exception]]:
    try:
        import lzma  # noqa: PLC0415  # not every Python was built with it
    except ImportError:
        raise _missing("xz", "use a Python with the module lzma, or compress with gzip") from None
    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), lzma.LZMAError


def _bzip2() -> tuple[Callable[[], Unpacker], type[Exception]]:
    try:
        import bz2  # noqa: PLC0415  # not every Python was built with it
    except ImportError:
        raise _missing("bzip2", "use a Python with the module bz2, or compress with gzip") from None
    return bz2.BZ2Decompressor, OSError


def _zstd() -> tuple[Callable[[], Unpacker], type[Exception]]:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415  # not every Python was built with it
        else:
            from backports import zstd  # noqa: PLC0415  # of the extra `pack`
    except ImportError:
        raise _missing("Zstandard", "pip install 'truewheel[pack]'") from None
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    return lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError


_PACKINGS: Final = (
    Packing("xz", "xz", (b"\xfd7zXZ\0",), _zeros_in_fours, _xz),
    Packing("zst", "Zstandard", (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), _skippable_frames, _zstd),
    Packing("bz2", "bzip2", tuple(b"BZh%d" % level for level in range(1, 10)), _no_gap, _bzip2),
)
