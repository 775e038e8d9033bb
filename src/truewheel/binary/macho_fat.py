"""Fat Mach-O files as what they are made of: slices, each at an offset of its own alignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from truewheel.binary.fields import Buffer
from truewheel.binary.patch import Patch


class FatSlice(NamedTuple):
    """A slice of a fat file to be: bytes of a source (``offset``, ``size``), and what is changed in them.

    ``align`` is the exponent of two, ``source`` the number of the file that the bytes come from, where there are
    several. The offsets of ``patch`` count from the start of the slice.
    """

    cpu_type: int
    cpu_subtype: int
    align: int
    offset: int
    size: int
    patch: Patch
    source: int = 0


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A fat file with its slices laid out anew: a step of an edit, like `Patch`."""

    source_size: int
    slices: tuple[FatSlice, ...]

    def __bool__(self) -> bool:
        """It always changes something."""
        return True

    @property
    def size(self) -> int:
        """The number of bytes of the new file."""
        raise NotImplementedError

    def applied(self, source: Buffer) -> bytearray:
        """The new file. `source` must be the very file that this was made for."""
        raise NotImplementedError

    def onto(self, copy: bytearray) -> bytearray:
        """The same, made of a copy that the caller does without."""
        raise NotImplementedError

    def head(self, start: bytes) -> bytes:
        """The first bytes of the new file: as many as `start` has, which are the first of the other."""
        raise NotImplementedError


def assembled(files: Sequence[Buffer]) -> bytearray:
    """One fat file of several Mach-O files, thin or fat, sorted by processor as `lipo` does it.

    Raises `BinaryError` where one is damaged, and `RequestError` where two hold the same architecture.
    """
    raise NotImplementedError
