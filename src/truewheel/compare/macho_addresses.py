"""Which addresses of two slices of Mach-O files are the same place, and what differs in nothing but such ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from truewheel.compare.macho_parts import STRINGS, SYMBOLS, MachParts
from truewheel.compare.native_arm64 import same_arm64
from truewheel.compare.native_map import AddressMap, Region
from truewheel.compare.native_parts import Part
from truewheel.compare.native_spread import runs
from truewheel.compare.native_x86 import same_x86

_OF_WORDS: Final = (",__got", ",__auth_got", ",__la_symbol_ptr", ",__nl_symbol_ptr", ",__mod_init_func")
_PLACE: Final = 36  # bits of a pointer that are a place, where the rest says what the loader does (chained fixups)
_BY_NAMES: Final = frozenset({STRINGS, "indirect symbols"})
_BY_PLACES: Final = frozenset({"function starts", "data in code", "split segments"})
"""What loaders bind and change isn't among them: whom a file calls must never hide."""


class MachAddresses:
    """Both slices, to be asked what follows from what moved."""

    def __init__(self, left: MachParts, right: MachParts) -> None:
        self._left, self._right = left, right
        self._map = AddressMap(*(tuple(_regions(side)) for side in (left, right)))
        self._moved = left.memory != right.memory
        tables = [(side.table.data, side.strings.data) for side in (left, right)]
        unlike = tables[0] != tables[1]
        self._renumbered = unlike and left.symbols != right.symbols
        self._renamed = self._renumbered or (unlike and left.stabs != right.stabs)

    def same(self, left: int, right: int) -> bool:
        """Whether two values of symbols are of the same place, or of code that differs itself."""
        return self._map.same(left, right, loosely=True)

    def is_code(self, name: str) -> bool:
        """Whether a section holds machine code."""
        return name in self._left.code

    def follows(self, name: str) -> bool:
        """Whether a table of the linker differs since symbols do, or since sections moved."""
        if name in _BY_NAMES:
            return self._renamed
        return self._renumbered if name == "exports" else name in _BY_PLACES and self._moved

    def explain(self, left: Part, right: Part) -> bool:
        """Whether all that differs are addresses of the same places."""
        sides, addresses = (left.data, right.data), (left.address, right.address)
        if len(sides[0]) != len(sides[1]) or left.name == SYMBOLS:
            return False
        if left.name in self._left.code:
            arch = self._left.slice.arch
            code = same_arm64 if arch.startswith("arm64") else same_x86
            return arch in {"arm64", "arm64e", "x86_64", "x86_64h"} and code(*sides, addresses, self._map.same)
        return left.name.endswith(_OF_WORDS) and self._words(*sides)

    def _words(self, left: memoryview, right: memoryview) -> bool:
        wide = self._left.slice.bits // 8
        if self._left.order != "<":
            return False
        for start, end in runs(left, right):
            for at in range(start - start % wide, end, wide):
                one, other = (int.from_bytes(side[at : at + wide], "little") for side in (left, right))
                places = (word % (1 << _PLACE) for word in (one, other))
                if one >> _PLACE != other >> _PLACE or not self.same(*places):
                    return False
        return True


def _regions(side: MachParts) -> Iterator[Region]:
    data = {part.name: part.data for part in side.parts}
    for name, (address, size) in side.memory.items():
        yield Region(name, address, size, data[name], name in side.code)
