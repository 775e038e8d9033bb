"""Which addresses of two PE files are the same place, and what differs in nothing but such ones.

Addresses count from the image's base. Which words are addresses is known of the tables of the loader and of frames,
and of those that base relocations change (PE/COFF specification, "The .reloc Section").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from struct import Struct
from typing import Final

from truewheel.binary.pe_header import PeHeader
from truewheel.compare.native_arm64 import same_arm64
from truewheel.compare.native_map import AddressMap, Region
from truewheel.compare.native_parts import Part
from truewheel.compare.native_spread import runs
from truewheel.compare.native_x86 import same_x86
from truewheel.compare.pe_parts import PeParts

_OF_WORDS: Final = frozenset({".pdata", ".idata", ".edata"})
_BASE_RELOCATIONS: Final = 5
_PAGE: Final = Struct("<II")
_KINDS: Final = {3: 4, 10: 8}  # HIGHLOW and DIR64: bytes that are changed


class PeAddresses:
    """Both files, to be asked whether a section differs in nothing but addresses of the same places."""

    def __init__(self, left: PeParts, right: PeParts, arch: str) -> None:
        self._left, self._right, self._arch = left, right, arch
        self._map = AddressMap(*(tuple(_regions(side)) for side in (left, right)))

    def is_code(self, name: str) -> bool:
        """Whether a section holds machine code."""
        return name in self._left.code

    def explain(self, left: Part, right: Part) -> bool:
        """Whether all that differs are addresses of the same places."""
        if len(left.data) != len(right.data):
            return False
        if left.name not in self._left.code:
            return self._words(left, right) is not None
        settled = self._words(left, right, whole=False)
        if settled is None or self._arch not in {"arm64", "amd64"}:
            return False
        sides, addresses = (left.data, memoryview(settled)), (left.address, right.address)
        return (same_arm64 if self._arch == "arm64" else same_x86)(*sides, addresses, self._map.same)

    def _words(self, left: Part, right: Part, *, whole: bool = True) -> bytes | None:
        """The right side with the words of the left, where these are addresses of the same places.

        None where an address isn't; of the `whole`, where anything else differs.
        """
        one, other, done = left.data, right.data, 0
        settled = bytearray(other)
        for start, end in runs(one, other):
            at = max(start, done)
            while at < end:
                field = self._field(left, at)
                if field is None and whole:
                    return None
                begin, size, _ = field or (at, end - at, 0)
                if field is not None:
                    if begin < done or begin + size > len(one) or not self._same_word(left, right, field):
                        return None
                    settled[begin : begin + size] = one[begin : begin + size]
                at = done = begin + size
        return bytes(settled)

    def _same_word(self, left: Part, right: Part, field: tuple[int, int, int]) -> bool:
        """Whether a word is the address of one place on both sides, or of the image itself."""
        begin, size, based = field
        mine, theirs = (
            int.from_bytes(part.data[begin : begin + size], "little") - based * side.header.optional.base
            for part, side in ((left, self._left), (right, self._right))
        )
        return mine == theirs == 0 or self._map.same(mine, theirs, loosely=True)

    def _field(self, part: Part, at: int) -> tuple[int, int, int] | None:
        """The word around an offset that is an address: where it begins, its size, and 1 if the base is in it."""
        for begin in range(at, at - 8, -1):
            size = self._relocated[0].get(part.address + begin, 0)
            if begin + size > at and self._relocated[1].get(part.address + begin) == size:
                return begin, size, 1
        return (at - at % 4, 4, 0) if part.name in _OF_WORDS else None

    @cached_property
    def _relocated(self) -> tuple[dict[int, int], dict[int, int]]:
        """The words that relocations change: their addresses and sizes."""
        return dict(_relocations(self._left.header)), dict(_relocations(self._right.header))


def _relocations(header: PeHeader) -> Iterator[tuple[int, int]]:
    address, size = header.directory(_BASE_RELOCATIONS)
    if not address:
        return
    table = header.image.part(address, size, "the base relocations")
    at = 0
    while at + _PAGE.size <= size:
        page, length = table.unpack(_PAGE, at, "the base relocations")
        if length < _PAGE.size:
            return
        rows = table.take(at + _PAGE.size, min(length, size - at) - _PAGE.size, "the base relocations")
        for (row,) in Struct("<H").iter_unpack(rows[: len(rows) // 2 * 2]):
            if row >> 12 in _KINDS:
                yield page + (row & 0xFFF), _KINDS[row >> 12]
        at += length


def _regions(side: PeParts) -> Iterator[Region]:
    for part, size in zip(side.sections, side.memory, strict=True):
        yield Region(part.name, part.address, size, part.data, part.name in side.code)


def same_symbols(left: PeParts, right: PeParts) -> Callable[[int, int], bool]:
    """Which places of symbols are the same: the number of a section, from 1 on, stands in the upper half."""
    found = AddressMap(*(tuple(_numbered(side)) for side in (left, right)))
    return lambda one, other: found.same(one, other, loosely=True)


def _numbered(side: PeParts) -> Iterator[Region]:
    for number, region in enumerate(_regions(side), 1):
        yield region._replace(address=number << 32)
