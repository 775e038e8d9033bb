"""A bounds-checked view of a buffer: what every reader of native files stands on.

Each access names what it reads, so an error can say it. Offsets count from the start of the view; errors
give them from the start of the whole buffer. Nothing here copies more than it is asked for.
"""

from __future__ import annotations

from mmap import mmap
from struct import Struct
from typing import TypeAlias

from truewheel.errors import BinaryError, RequestError, Where

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap
"""A file in memory, or mapped."""

LONGEST_PATH = 4096
"""Bytes of the name of a library or another path: no system opens a longer one (PATH_MAX of Linux)."""
LONGEST_SYMBOL = 1 << 20
"""Bytes of the name of a symbol: templates of C++ reach some tens of thousands."""


def decoded(name: bytes) -> str:
    """A string of a native file as text: UTF-8, and what is not stays as surrogates."""
    return name.decode("utf-8", "surrogateescape")


def encoded(text: str, what: str, longest: int = LONGEST_PATH) -> bytes:
    """A new name as it is written. Raises `RequestError` for one that no file can hold."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RequestError(f"{what} can't be written as UTF-8: {text!r}") from None
    if not raw or b"\0" in raw or len(raw) > longest:
        raise RequestError(f"{what} must have 1 to {longest} bytes, none of them NUL: {text[:80]!r}")
    return raw


class Fields:
    """`size` bytes of a buffer, read with checks; a part of a file is a view of its own.

    Every method raises `BinaryError` when the bytes that it is asked for aren't all there.
    """

    __slots__ = ("_buffer", "size", "start")

    def __init__(self, buffer: Buffer, start: int = 0, size: int | None = None) -> None:
        self._buffer = buffer
        self.start = start
        self.size = len(buffer) - start if size is None else size

    def error(self, what: str, offset: int) -> BinaryError:
        """An error about the byte at `offset`, ready to be raised."""
        return BinaryError(what, where=Where(offset=self.start + offset))

    def check(self, offset: int, size: int, what: str) -> int:
        """The position of `offset` in the buffer, if `size` bytes from there are in the view."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise self.error(f"{what} needs {size} bytes at {offset:#x}, but there are {self.size} in all", offset)
        return self.start + offset

    def part(self, offset: int, size: int, what: str) -> Fields:
        """A view of `size` bytes from `offset` on."""
        return Fields(self._buffer, self.check(offset, size, what), size)

    def memory(self) -> memoryview:
        """The bytes themselves. Whoever takes them releases them: as long as they are held, no mapped file closes."""
        with memoryview(self._buffer) as whole:
            return whole[self.start : self.start + self.size]

    def unpack(self, layout: Struct, offset: int, what: str) -> tuple[int, ...]:
        """The numbers at `offset`. The layout has integer fields only."""
        return layout.unpack_from(self._buffer, self.check(offset, layout.size, what))

    def take(self, offset: int, size: int, what: str) -> bytes:
        """A copy of `size` bytes from `offset` on."""
        position = self.check(offset, size, what)
        return bytes(self._buffer[position : position + size])

    def cstring(self, offset: int, limit: int, what: str) -> bytes:
        """The bytes from `offset` up to a NUL, which must come after no more than `limit` bytes."""
        room = max(0, min(limit + 1, self.size - offset))
        name, nul, _ = self.take(offset, room, what).partition(b"\0")
        if not nul:
            raise self.error(f"{what} has no end within {room} bytes", offset)
        return name

    def text(self, offset: int, limit: int, what: str) -> str:
        """`cstring`, decoded."""
        return decoded(self.cstring(offset, limit, what))
