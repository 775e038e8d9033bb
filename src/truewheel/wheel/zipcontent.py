"""A member's bytes, which stay in the mapped archive until they are asked for."""

from __future__ import annotations

import zlib

from truewheel.errors import LimitError, WheelError
from truewheel.wheel import deflate
from truewheel.wheel.model import Data, Stored
from truewheel.wheel.zipformat import DEFLATED


class ZipContent(Stored):
    """The bytes of a member, in the mapped archive until they are asked for."""

    __slots__ = ()

    def read(self) -> Data:
        """All bytes, verified; see `Content.read`. Raises `LimitError` where they don't fit into memory."""
        # The view is let go at once: in the traceback of an error it would keep the file from being closed.
        with self.raw as raw:
            if self.method == DEFLATED:
                return deflate.inflate(raw, self.size, self.crc)
            try:
                data = bytes(raw)
            except MemoryError:
                raise LimitError(f"a member of {self.size:,} bytes doesn't fit into memory") from None
        if (found := zlib.crc32(data)) != self.crc:
            raise WheelError(f"the CRC-32 of the bytes is {found:08x}, the archive declares {self.crc:08x}")
        return data

    def head(self, count: int) -> bytes:
        """The first `count` bytes, not verified."""
        with self.raw as raw:
            return deflate.head(raw, count) if self.method == DEFLATED else bytes(raw[:count])
