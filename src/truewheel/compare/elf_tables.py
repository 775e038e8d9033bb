"""Tables of addresses in ELF files: whether what differs in them are addresses of the same places.

Which fields are addresses is known of each: relocations and what they change (gABI, chapter 4), the frame tables
(LSB, "Exception Frames"), the tables of the linker. Other fields must be equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from struct import Struct
from typing import Final

from truewheel.compare.elf_parts import ElfParts, Section
from truewheel.compare.native_arm64 import same_arm64
from truewheel.compare.native_map import AddressMap, Region
from truewheel.compare.native_spread import runs
from truewheel.compare.native_x86 import same_x86

_OF_WORDS: Final = (".got", ".init_array", ".fini_array", ".preinit_array", ".ctors", ".dtors")
_NUMBERS: Final[dict[str, Callable[[memoryview], int]]] = {
    "<": lambda data: int.from_bytes(data, "little"),
    ">": lambda data: int.from_bytes(data, "big"),
}
_SHT_RELA, _SHT_REL, _ET_REL = 4, 9, 1
_SHF_ALLOC: Final = 2
_MOST_ROWS: Final = 1 << 21
_FRAME_HEADER: Final = bytes((1, 0x1B, 0x03, 0x3B))  # version 1; addresses of four bytes, relative to where they stand


def address_map(left: ElfParts, right: ElfParts) -> AddressMap:
    """Which addresses of two files are the same place. Objects that aren't linked have none."""
    return AddressMap(*(tuple(_regions(side)) for side in (left, right)))


def _regions(side: ElfParts) -> Iterator[Region]:
    if side.layout.type == _ET_REL:
        return
    for section in side.sections:
        if section.flags & _SHF_ALLOC and not section.flags & 0x400:  # but for SHF_TLS, which is nowhere itself
            yield Region(section.name, section.part.address, section.size, section.part.data, section.code)


@dataclass(frozen=True)
class ElfAddresses:
    """Both files, to be asked whether a section differs in nothing but addresses of the same places."""

    left: ElfParts
    right: ElfParts
    arch: str
    map: AddressMap

    def explain(self, left: Section, right: Section) -> bool:
        """Whether all that differs are such addresses."""
        sides = left.part.data, right.part.data
        if len(sides[0]) != len(sides[1]) or self.left.layout.type == _ET_REL:
            return False
        addresses = left.part.address, right.part.address
        if left.code:
            return self._code(left, sides, addresses)
        if left.type in (_SHT_RELA, _SHT_REL):
            return self._relocations(left, right)
        if left.name in (".eh_frame_hdr", ".eh_frame"):
            return (self._frame_header if left.name == ".eh_frame_hdr" else self._frames)(*sides, addresses)
        return self._words(left, right)

    def _code(self, left: Section, sides: tuple[memoryview, memoryview], addresses: tuple[int, int]) -> bool:
        if self.arch == "aarch64":
            return same_arm64(*sides, addresses, self.map.same)
        return self.arch == "x86_64" and same_x86(*sides, addresses, self.map.same, self._functions(left))

    def same(self, left: int, right: int) -> bool:
        """Whether two values of a table of addresses are of the same place, or of code that differs itself."""
        return self.map.same(left, right, loosely=True)

    def _words(self, left: Section, right: Section) -> bool:
        """Whether whole words differ, of a table of the linker or where relocations put addresses."""
        wide, number = self.left.layout.bits // 8, _NUMBERS[self.left.layout.order]
        always = left.name.startswith(_OF_WORDS)
        one, other, done = left.part.data, right.part.data, 0
        for start, end in runs(one, other):
            for at in range(max(start - start % wide, done), end, wide):
                mine, theirs = (number(side[at : at + wide]) for side in (one, other))
                relocated = always or (
                    left.part.address + at in self._relocated[0] and right.part.address + at in self._relocated[1]
                )
                if at + wide > len(one) or not relocated or not self.same(mine, theirs):
                    return False
                done = at + wide
        return True

    def _relocations(self, left: Section, right: Section) -> bool:
        """Places are addresses; addends are, where they differ. What is put there, and of which symbol, is the same."""
        for one, other in zip(_rows(self.left, left), _rows(self.right, right), strict=True):
            if one != other and (one[1] != other[1] or not self.same(one[0], other[0])):
                return False
            if one[2:] != other[2:] and not self.same(*(row[2] % (1 << 64) for row in (one, other))):
                return False
        return True

    @cached_property
    def _relocated(self) -> tuple[frozenset[int], frozenset[int]]:
        """The addresses at which relocations change something."""
        found = (
            frozenset(
                row[0] for table in side.sections if table.type in (_SHT_RELA, _SHT_REL) for row in _rows(side, table)
            )
            for side in (self.left, self.right)
        )
        return next(found), next(found)

    def _functions(self, code: Section) -> list[int]:
        """At which offsets of code functions begin, as the header of the frame table says: it is sorted."""
        header = self.left.named(".eh_frame_hdr")
        if header is None or bytes(header.part.data[:4]) != _FRAME_HEADER or self.left.layout.order != "<":
            return []
        data = header.part.data[12:]
        rows = Struct("<ii").iter_unpack(data[: len(data) // 8 * 8])
        places = (header.part.address + start - code.part.address for start, _ in rows)
        return sorted(place for place in places if 0 <= place < len(code.part.data))

    def _frame_header(self, left: memoryview, right: memoryview, addresses: tuple[int, int]) -> bool:
        """A table of functions and their frames, relative to its own start; the frames' own place before it."""
        if bytes(left[:4]) != _FRAME_HEADER or len(left) % 4 or left[:4] != right[:4] or left[8:12] != right[8:12]:
            return False
        words = Struct(f"{self.left.layout.order}{len(left) // 4}i")
        for at, (one, other) in enumerate(zip(words.unpack(left), words.unpack(right), strict=True)):
            base = 4 if at == 1 else 0
            if one != other and not self.same(addresses[0] + base + one, addresses[1] + base + other):
                return False
        return True

    def _frames(self, left: memoryview, right: memoryview, addresses: tuple[int, int]) -> bool:
        """Frames: where functions begin, what handles their exceptions, and whose tables say how."""
        fields = _frame_fields(left, self.left.layout.order)
        word = Struct(f"{self.left.layout.order}i")
        end = 0
        for start, stop in runs(left, right):
            at = max(start, end)
            while at < stop:
                field = next((field for field in range(max(at - 3, end), at + 1) if field in fields), None)
                if field is None or field + 4 > len(left):
                    return False
                sides = ((left, addresses[0]), (right, addresses[1]))
                targets = (address + field + word.unpack_from(side, field)[0] for side, address in sides)
                if not self.same(*targets):
                    return False
                end = at = field + 4
        return True


def _rows(side: ElfParts, table: Section) -> Iterator[tuple[int, ...]]:
    """The rows of a table of relocations: place, symbol and kind, and the addend where the table has it."""
    wide = side.layout.bits == 64
    code = ("QQq" if wide else "IIi") if table.type == _SHT_RELA else ("QQ" if wide else "II")
    row = Struct(side.layout.order + code)
    data = table.part.data
    return row.iter_unpack(data[: len(data) // row.size * row.size])


def _frame_fields(data: memoryview, order: str) -> set[int]:
    """Where addresses of four bytes may stand in frames, as compilers for PIC write them.

    In a record for a function: its start, and behind the size of what is added (one byte) the place of its table. In
    one that they share: what handles exceptions.
    """
    found: set[int] = set()
    words = Struct(order + "II")
    at = 0
    while at + 12 <= len(data) and len(found) < _MOST_ROWS:
        size, shared = words.unpack_from(data, at)
        if not 4 <= size < 0xFFFFFFF0:
            break
        if shared:
            found |= {at + 8, at + 17}
        elif bytes(data[at + 9 : at + 11]) == b"zP":
            name = bytes(data[at + 9 : at + 17]).partition(b"\0")[0]
            found.add(at + 9 + len(name) + 1 + 5)  # alignments of code and data, a register, a size, an encoding
        at += 4 + size
    return found
