"""A file on disk, mapped when somebody wants its bytes."""

from __future__ import annotations

import hashlib
import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from truewheel.binary.fields import Buffer
from truewheel.errors import RequestError, Where

_CHUNK = 4 << 20


def sha256_of(data: Buffer) -> str:
    """The sha256 of a file's bytes, in hexadecimal; read in pieces so that a mapped file never sits in memory whole."""
    digest = hashlib.sha256()
    with memoryview(data) as view:
        for start in range(0, len(view), _CHUNK):
            digest.update(view[start : start + _CHUNK])
    return digest.hexdigest()


class MappedLibrary:
    """A regular file as a `LibraryFile`; ``path`` is where it really is."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._mapping: mmap.mmap | None = None

    @cached_property
    def data(self) -> Buffer:
        """All its bytes, until it is closed. Raises `RequestError` where they can't be read."""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123 - world/trees.py speaks in strings
                if os.fstat(file.fileno()).st_size == 0:
                    return b""
                self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: cut short in this very moment
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise RequestError(f"can't be read: {reason}", where=Where(file=self.path)) from None
        return self._mapping

    def copy(self) -> bytearray:
        """All bytes, the caller's own, copied so that hardly more memory than the copy's is in use at a time."""
        result = bytearray(len(self.data))
        with memoryview(self.data) as view:
            for start in range(0, len(view), _CHUNK):
                result[start : start + _CHUNK] = view[start : start + _CHUNK]
                self.forget()
        return result

    def forget(self) -> None:
        """Tell the system that the mapped pages aren't needed now, where it can be told."""
        if self._mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapping.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Let the file go; where somebody still holds a view of it, it goes with that."""
        if self._mapping is not None:
            with suppress(BufferError):
                self._mapping.close()


@dataclass(frozen=True, slots=True)
class MappedContent:
    """The bytes of a file that is mapped, until it is closed."""

    mapped: MappedLibrary

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.mapped.data)

    def read(self) -> bytes:
        """A copy of all bytes; the pages of the file itself needn't stay in memory beside it."""
        data = bytes(self.mapped.data)
        self.mapped.forget()
        return data

    def head(self, count: int) -> bytes:
        """The first `count` bytes."""
        return bytes(self.mapped.data[:count])
