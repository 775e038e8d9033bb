"""Where a PE file keeps what the loader would map: relative virtual addresses, found again in the file.

Source: the PE/COFF specification (Microsoft), "Section Table", and what the loader of Windows does with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH, Fields, decoded

_BLOCKS = (0x400, 0x10000)  # most names are short; none is longer than the second


class Section(NamedTuple):
    """A section: where it is mapped, and the bytes of the file that fill it."""

    name: str
    address: int
    virtual_size: int
    offset: int
    size: int
    characteristics: int


class PeMap:
    """The image of a PE file as addresses see it: its headers and its sections.

    Names and tables may overlap in a hostile file, so what is read through one map may not be larger, taken
    together, than twice the file; a name that is referred to again doesn't count.
    """

    def __init__(self, view: Fields, headers: int, alignment: int, sections: tuple[Section, ...]) -> None:
        self.view = view
        self._extents = [(0, 0, min(headers, view.size))]
        for section in sections:
            span = -(-section.virtual_size // alignment) * alignment
            backed = min(section.size, span) if span else section.size
            if section.address < sum(self._extents[-1][::2]):
                raise view.error(f"section {section.name!r} lies over what is mapped before it", section.offset)
            self._extents.append((section.address, section.offset, backed))
        self._starts = [start for start, _, _ in self._extents]
        self._names: dict[int, str] = {}
        self._paths: dict[int, str] = {}
        self._budget = 2 * view.size
        self._block_at, self._block = 0, b""

    def locate(self, rva: int, what: str) -> tuple[int, int]:
        """The offset of the address `rva` in the file, and how many mapped bytes follow from there on.

        Raises `BinaryError` if no bytes of the file are mapped there, or if it is 0, where the DOS header is.
        """
        start, offset, size = self._extents[bisect_right(self._starts, rva) - 1] if rva > 0 else (0, 0, 0)
        if not 0 <= rva - start < size:
            raise self.view.error(f"{what} is at address {rva:#x}, where nothing of the file is mapped", 0)
        return offset + rva - start, size - (rva - start)

    def part(self, rva: int, size: int | None, what: str) -> Fields:
        """The `size` bytes mapped at `rva`, or all to the end of what is mapped there."""
        offset, room = self.locate(rva, what)
        if size is not None and size > room:
            raise self.view.error(f"{what} needs {size} bytes at address {rva:#x}, but {room} are mapped", offset)
        return self.view.part(offset, room if size is None else size, what)

    def numbers(self, rva: int, count: int, code: str, what: str) -> tuple[int, ...]:
        """An array of `count` numbers, `code` being their kind for `struct`."""
        layout = Struct(f"<{count}{code}") if count < self.view.size else None
        if layout is None:
            raise self.view.error(f"{what} can't have {count} entries in a file of {self.view.size} bytes", 0)
        return self.part(rva, layout.size, what).unpack(layout, 0, what) if count else ()

    def name(self, rva: int, what: str) -> str:
        """The string at `rva`, which a NUL ends."""
        known = self._names.get(rva)
        return self._names.setdefault(rva, self._text(rva, what)) if known is None else known

    def _text(self, rva: int, what: str) -> str:
        start = rva - self._block_at
        end = self._block.find(0, start) if start >= 0 else -1
        if end < 0:
            start, end = 0, self._load(rva, what)
        self.spend(end - start, rva, what)
        return decoded(self._block[start:end])

    def strings(self) -> Iterator[tuple[int, int, bool]]:
        """The strings that were read so far: from an address to behind a NUL, and whether it names a file."""
        for names in (self._paths, self._names):
            for rva, name in names.items():
                yield rva, rva + len(name.encode("utf-8", "surrogateescape")) + 1, names is self._paths

    def path(self, rva: int, what: str) -> str:
        """`name` for the name of a file."""
        known = self._paths.get(rva)
        if known is None:
            known = self._paths[rva] = self._text(rva, what)
        if len(known) > LONGEST_PATH:
            raise self.view.error(f"{what} has {len(known)} letters, more than a path", self.locate(rva, what)[0])
        return known

    def _load(self, rva: int, what: str) -> int:
        """Take the bytes at `rva`, enough for one name and mostly for its neighbours, and find the name's end."""
        offset, room = self.locate(rva, what)
        for step in _BLOCKS:
            self._block_at, self._block = rva, self.view.take(offset, min(step, room), what)
            end = self._block.find(0)
            if end >= 0:
                return end
        raise self.view.error(f"{what} has no end within {len(self._block)} bytes", offset)

    def spend(self, size: int, rva: int, what: str) -> None:
        """Count `size` bytes that were read at `rva`."""
        self._budget -= size
        if self._budget < 0:
            raise self.view.error(f"{what} is one too many: tables overlap", self.locate(rva, what)[0])
