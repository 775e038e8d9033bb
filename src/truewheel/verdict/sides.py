"""What is judged: a wheel that was read, with the file that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.wheel import Buffer, Wheel

_CHUNK: Final = 1 << 20


class Side(NamedTuple):
    """A published wheel or a rebuild of it: as it was read, the bytes of the whole file, and their sha256 in hex."""

    wheel: Wheel
    data: Buffer
    sha256: str


def same_bytes(one: Buffer, other: Buffer) -> bool:
    """Whether two files are the same, byte for byte; neither is copied whole."""
    if len(one) != len(other):
        return False
    return all(one[at : at + _CHUNK] == other[at : at + _CHUNK] for at in _chunks(len(one)))


def _chunks(size: int) -> Iterator[int]:
    return iter(range(0, size, _CHUNK))
