"""The hashes of the pages of a slice as an edit leaves it, worked out without a copy of the slice.

Source: Apple's ``cs_blobs.h`` (CS_HASHTYPE_*) and ``ubc_subr.c`` (xnu).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

from truewheel.binary.fields import Buffer
from truewheel.binary.patch import Write


class _Hash(Protocol):
    def update(self, data: Buffer, /) -> None: ...

    def digest(self) -> bytes: ...


_New: TypeAlias = Callable[[Buffer], _Hash]


class HashType(NamedTuple):
    """A hash as CodeDirectories use it: its first `size` bytes."""

    name: str
    size: int
    new: _New

    def digest(self, data: Buffer) -> bytes:
        """The hash of some bytes."""
        return self.new(data).digest()[: self.size]


SHA_256 = HashType("SHA-256", 32, hashlib.sha256)
HASH_TYPES = {
    1: HashType("SHA-1", 20, partial(hashlib.sha1, usedforsecurity=False)),  # for macOS before 10.11.4
    2: SHA_256,
    3: HashType("truncated SHA-256", 20, hashlib.sha256),
    4: HashType("SHA-384", 48, hashlib.sha384),
}
"""The hashes by the numbers that CodeDirectories have for them."""


class Contents:
    """What a signature covers: the first `limit` bytes of a slice, with writes over them and zeros behind its end."""

    def __init__(self, memory: memoryview, writes: Iterable[Write], limit: int) -> None:
        self._memory = memory
        self._head = bytearray()
        self.limit = limit
        for offset, data in writes:  # all of them lie among the load commands
            end = offset + len(data)
            self._head += memory[len(self._head) : end]
            self._head[offset:end] = data

    def hashes(self, kind: HashType, shift: int) -> list[bytes]:
        """The hashes of all pages of ``2 ** shift`` bytes; of everything as one page where the shift is 0."""
        page = 1 << shift if shift else max(self.limit, 1)
        head = -(-len(self._head) // page) * page
        stop = max(head, min(self.limit, len(self._memory)) // page * page)
        memory, new, size = self._memory, kind.new, kind.size
        plain = [new(memory[at : at + page]).digest()[:size] for at in range(head, stop, page)]
        first = [self._hash(kind, at, page) for at in range(0, min(head, self.limit), page)]
        return first + plain + [self._hash(kind, at, page) for at in range(stop, self.limit, page)]

    def _hash(self, kind: HashType, start: int, page: int) -> bytes:
        stop = min(start + page, self.limit)
        head, there = len(self._head), len(self._memory)
        found = kind.new(memoryview(self._head)[start:stop])
        found.update(self._memory[max(start, head) : min(stop, there)])
        found.update(bytes(max(0, stop - max(start, there))))
        return found.digest()[: kind.size]
