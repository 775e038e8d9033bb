"""Bytes on their way into the cache: hashed as they come, and kept only where every hash is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from truewheel.errors import RequestError, Where
from truewheel.index.model import IndexFile
from truewheel.index.store import Sink

STRONGEST: Final = ("sha512", "sha3_512", "blake2b", "sha384", "sha3_384", "sha256", "sha3_256", "blake2s")
"""Algorithms by which a file is known beyond doubt, the strongest first. Others are better than nothing."""

_WEAK: Final = ("sha224", "sha3_224", "sha1", "md5")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def hexdigest(self) -> str: ...


class Hashing:
    """A sink that counts and hashes what it passes on."""

    def __init__(self, sink: Sink, algorithms: Iterable[str]) -> None:
        self._sink = sink
        self._hashes: dict[str, _Hash] = {
            name: hashlib.new(name, usedforsecurity=False) for name in {"sha256", *algorithms}
        }
        self.size = 0

    def write(self, data: bytes, /) -> int:
        """Pass bytes on."""
        for each in self._hashes.values():
            each.update(data)
        self.size += len(data)
        return self._sink.write(data)

    def digest(self, algorithm: str) -> str:
        """In hexadecimal, of all that was written."""
        return self._hashes[algorithm].hexdigest()


def known(file: IndexFile) -> tuple[tuple[str, str], ...]:
    """The hashes of a file that can be checked here, the strongest first."""
    hashes = dict(file.hashes)
    return tuple((name, hashes[name]) for name in (*STRONGEST, *_WEAK) if name in hashes)


class Words(NamedTuple):
    """How errors speak of whoever said what a file is: of its hash, of its absence, and what to do about another."""

    said: str
    absent: str
    hint: str


INDEX: Final = Words(
    "the index says",
    "the file isn't there, though the index lists it",
    "it was damaged on its way, or isn't the file that was uploaded; it isn't kept",
)


def check(file: IndexFile, hashing: Hashing, address: str, words: Words = INDEX) -> None:
    """Raise `RequestError` where what came isn't what was said of it: its size, and each of its hashes."""
    where = Where(file=address)
    if file.size is not None and hashing.size != file.size:
        raise RequestError(
            f"the file has {hashing.size:,} bytes, and {words.said} {file.size:,}", where=where, hint=words.hint
        )
    for algorithm, wanted in known(file):
        found = hashing.digest(algorithm)
        if found != wanted:
            raise RequestError(
                f"the file's {algorithm} is {found}, and {words.said} {wanted}", where=where, hint=words.hint
            )
