"""Whether machine code for arm64 differs in nothing but the addresses of what moved.

An address is made by two instructions there: ADRP takes pages of 4 KiB, and an ADD, or a load or store, what is left.
Source: the Arm Architecture Reference Manual (DDI 0487), C4.1, "A64 instruction set encoding".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from truewheel.compare.native_spread import runs

_MOST_RUNS: Final = 1 << 18
_PAGE: Final = 12


class _Form(NamedTuple):
    """Instructions of one form: ``mask`` and ``bits`` tell them; ``low`` and ``size`` are the place of the number."""

    mask: int
    bits: int
    low: int
    size: int
    scale: int


_ADR, _ADRP = _Form(0x9F000000, 0x10000000, 5, 19, 0), _Form(0x9F000000, 0x90000000, 5, 19, _PAGE)
_LOAD = _Form(0x3B000000, 0x39000000, 10, 12, 0)
_FORMS: Final = (
    _ADR,
    _ADRP,
    _Form(0xFFC00000, 0x91000000, 10, 12, 0),  # ADD of what is left of a page
    _LOAD,
    _Form(0x3B000000, 0x18000000, 5, 19, 2),  # LDR of a literal
    _Form(0x7C000000, 0x14000000, 0, 26, 2),  # B and BL
)


def displaced_arm64(left: memoryview, right: memoryview, amounts: Collection[int]) -> bool:
    """Whether all instructions that differ do so by one of the `amounts` in the address that they make."""
    if len(left) != len(right) or len(left) % 4:
        return False
    done = -1
    for number, (start, end) in enumerate(runs(left, right)):
        if number == _MOST_RUNS:
            return False
        for at in range(max(start - start % 4, done), end, 4):
            one, other = (int.from_bytes(side[at : at + 4], "little") for side in (left, right))
            if not _moved(one, other, amounts):
                return False
        done = end + -end % 4
    return True


def _moved(left: int, right: int, amounts: Collection[int]) -> bool:
    form = next((form for form in _FORMS if left & form.mask == form.bits), None)
    if form is None:
        return False
    field = ((1 << form.size) - 1) << form.low
    if form in (_ADR, _ADRP):
        field |= 0x60000000
    if (left ^ right) & ~field:
        return False
    scale = _scale(left) if form is _LOAD else form.scale
    bits = form.size + (2 if form in (_ADR, _ADRP) else 0)
    grown = (_number(right, form) - _number(left, form)) & ((1 << bits) - 1)
    if form is _ADRP:
        return any(_pages(grown, amount) for amount in amounts)
    whole = (1 << min(bits + scale, _PAGE if form.size == 12 else 64)) - 1
    return any(grown << scale & whole == amount & whole for amount in amounts)


def _pages(grown: int, amount: int) -> bool:
    """Whether pages are those of an amount; what is left of it may carry over to the next one."""
    pages = amount >> _PAGE
    return grown in {pages & 0x1FFFFF, pages + bool(amount & 0xFFF) & 0x1FFFFF}


def _number(word: int, form: _Form) -> int:
    number = word >> form.low & ((1 << form.size) - 1)
    return number << 2 | word >> 29 & 3 if form in (_ADR, _ADRP) else number


def _scale(word: int) -> int:
    """By which power of two a load or store multiplies: the size of what it moves; of vectors there is one more."""
    return 4 if word & 0x04800000 == 0x04800000 else word >> 30
