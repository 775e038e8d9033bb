"""Whether machine code for arm64 differs in nothing but operands that name the same places.

An address is made by two instructions there: ADRP takes pages of 4 KiB into a register, and an ADD, or a load or
store, adds what is left. Both are looked at together. Source: the Arm Architecture Reference Manual (DDI 0487), C4.1,
"A64 instruction set encoding".
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from truewheel.compare.native_spread import runs

_MOST_RUNS: Final = 1 << 18
_NEAR: Final = 64  # instructions between the two that make an address
_PAGE: Final = 12
_ADR_BITS: Final = 0x9F000000
_ADR, _ADRP = 0x10000000, 0x90000000
_ADR_FIELD: Final = 0x60FFFFE0
_LOW_FIELD: Final = 0xFFF << 10
_RELATIVE: Final = ((0x3B000000, 0x18000000, 5, 19), (0x7C000000, 0x14000000, 0, 26))  # LDR of a literal; B and BL


def same_arm64(
    left: memoryview, right: memoryview, addresses: tuple[int, int], same: Callable[[int, int], bool]
) -> bool:
    """Whether all instructions that differ do so in an operand that leads to the `same` place.

    `addresses` are where both stand.
    """
    if len(left) != len(right) or len(left) % 4:
        return False
    sides = _Code(left, addresses[0]), _Code(right, addresses[1])
    done = -1
    for number, (start, end) in enumerate(runs(left, right)):
        if number == _MOST_RUNS:
            return False
        for at in range(max(start // 4, done), -(-end // 4)):
            if not _same(sides, at, same):
                return False
        done = -(-end // 4)
    return True


class _Code:
    """The instructions of one side."""

    def __init__(self, data: memoryview, address: int) -> None:
        self.words = _words(data)
        self.address = address

    def page(self, at: int) -> int:
        """Where an ADR or ADRP leads."""
        word = self.words[at]
        number = _signed((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21)
        here = self.address + 4 * at
        return here + number if word & _ADR_BITS == _ADR else (here >> _PAGE << _PAGE) + (number << _PAGE)

    def pages_of(self, at: int) -> int | None:
        """The ADRP whose register the instruction at `at` goes on from; None if another one wrote to it since."""
        register = self.words[at] >> 5 & 31
        for before in range(at - 1, max(-1, at - 1 - _NEAR), -1):
            word = self.words[before]
            if word & 31 == register:
                return before if word & _ADR_BITS == _ADRP else None
        return None

    def users(self, at: int) -> list[int]:
        """The instructions that go on from the register of an ADRP."""
        near = range(at + 1, min(len(self.words), at + 1 + _NEAR))
        return [behind for behind in near if _low(self.words[behind]) is not None and self.pages_of(behind) == at]

    def relative(self, at: int, low: int, size: int) -> int:
        """How far from itself an instruction leads."""
        return 4 * _signed(self.words[at] >> low & ((1 << size) - 1), size)

    def target(self, pages: int, at: int) -> int:
        """The address that two instructions make."""
        return self.page(pages) + (_low(self.words[at]) or 0)


def _words(data: memoryview) -> tuple[int, ...]:
    return Struct(f"<{len(data) // 4}I").unpack(data)


def _same(sides: tuple[_Code, _Code], at: int, same: Callable[[int, int], bool]) -> bool:
    one, other = (side.words[at] for side in sides)
    field, targets = 0, []
    if one & _ADR_BITS == _ADR:
        field, targets = _ADR_FIELD, [[side.page(at) for side in sides]]
    elif one & _ADR_BITS == _ADRP:
        field, targets = _ADR_FIELD, [[side.target(at, user) for side in sides] for user in sides[0].users(at)]
    elif _low(one) is not None:
        pages = sides[0].pages_of(at)
        if pages is not None and pages == sides[1].pages_of(at):
            field, targets = _LOW_FIELD, [[side.target(pages, at) for side in sides]]
    else:
        for mask, bits, low, size in _RELATIVE:
            if one & mask == bits:
                field = ((1 << size) - 1) << low
                targets = [[side.address + 4 * at + side.relative(at, low, size) for side in sides]]
    return not (one ^ other) & ~field and bool(targets) and all(same(*pair) for pair in targets)


def _low(word: int) -> int | None:
    """What an ADD, or a load or store, adds to a page; None for others."""
    number = word >> 10 & 0xFFF
    if word & 0xFFC00000 == 0x91000000:
        return number
    if word & 0x3B000000 != 0x39000000:
        return None
    # By which power of two it multiplies is the size of what it moves; of vectors there is one more.
    return number << (4 if word & 0x04800000 == 0x04800000 else word >> 30)


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number
