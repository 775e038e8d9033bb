"""What sections of all formats have in common: bytes, addresses in them that moved, and causes seen beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from truewheel.compare.model import Cause, Difference, Kind, Reason
from truewheel.compare.native_arm64 import displaced_arm64
from truewheel.compare.native_clues import string_shifts
from truewheel.compare.native_parts import Part, changed, extent
from truewheel.compare.native_spread import displaced, spread
from truewheel.compare.reasons import COMPILER, LINK_ORDER, LINKER
from truewheel.compare.symbols import Symbol

_MOST_AMOUNTS = 256
_OF_STRINGS = frozenset({".rodata", ".rdata", ".data", "__TEXT,__cstring", "__TEXT,__const", "__DATA,__data"})
_ELSEWHERE = "other parts of the file show it"


class Moves(NamedTuple):
    """By how much addresses may differ since something moved, and how to find them.

    ``order`` is the byte order as `struct` writes it, ``arm64`` whether code is for that processor.
    """

    amounts: frozenset[int]
    order: str = "<"
    arm64: bool = False

    def explain(self, left: memoryview, right: memoryview, *, code: bool) -> bool:
        """Whether all that differs are addresses of what moved."""
        if not self.amounts:
            return False
        if code and self.arm64:
            return displaced_arm64(left, right, self.amounts)
        return displaced(left, right, self.amounts, self.order)


def compare_section(
    left: Part, right: Part, moves: Moves, *, silent: bool = False, code: bool = False
) -> Difference | None:
    """How a section without a meaning of its own differs: bytes, strings, addresses of what moved.

    Machine code and tables hold no strings, and what looks like one would only distract: they are `silent`.
    """
    found = spread(left.data, right.data)
    if found is None:
        return None
    if moves.explain(left.data, right.data, code=code):
        summary = f"{extent(left.data, right.data, found)}: all are addresses of what moved"
        return Difference(left.name, Kind.CONTENT, summary, follows=True)
    if silent or code:
        return Difference(left.name, Kind.CONTENT, extent(left.data, right.data, found))
    return changed(left.name, left.data, right.data)


def amounts(shifts: Iterable[int]) -> frozenset[int]:
    """The amounts by which an address or the distance of two may differ where things moved by `shifts`.

    Empty where nothing moved, and where so much did that any number could be one of them.
    """
    known = {0, *shifts}
    if len(known) > _MOST_AMOUNTS:
        return frozenset()
    return frozenset(one - other for one in known for other in known) - {0}


def part_shifts(left: Iterable[Part], right: Iterable[Part]) -> set[int]:
    """By how much parts of one name moved, in memory and in the file, or grew."""
    others = {part.name: part for part in right}
    shifts: set[int] = set()
    for part in left:
        if (other := others.get(part.name)) is not None:
            grown = len(other.data) - len(part.data)
            shifts |= {other.address - part.address, other.offset - part.offset, grown}
        if other is not None and part.name in _OF_STRINGS:
            shifts |= string_shifts(part.data, other.data)
    return shifts


def symbol_shifts(left: Sequence[Symbol], right: Sequence[Symbol]) -> set[int]:
    """By how much symbols moved of which there is one of each name; of very many amounts only some."""
    places, others = _places(left), _places(right)
    shifts: set[int] = set()
    for name, value in places.items():
        if name in others:
            shifts.add(others[name] - value)
            if len(shifts) > _MOST_AMOUNTS:
                break
    return shifts


def _places(rows: Iterable[Symbol]) -> dict[str, int]:
    found: dict[str, int] = {}
    twice: set[str] = set()
    for row in rows:
        if row.defined:
            if row.name in found:
                twice.add(row.name)
            found[row.name] = row.value
    return {name: value for name, value in found.items() if name not in twice}


def all_causes(found: Iterable[Difference]) -> tuple[Cause, ...]:
    """The causes of all differences, also of those within others."""
    return tuple(cause for difference in found for part in difference.walk() for cause in part.causes)


def concluded(
    found: Difference, causes: Iterable[Cause], sections: Callable[[str], bool], is_debug: Callable[[str], bool]
) -> Difference:
    """The difference of a section that shows no cause itself, with what probably is one.

    `sections` tells by its place whether it is about a section: what headers say was asked for.
    """
    if found.causes or found.follows or all_causes(found.inside) or not sections(found.place):
        return found
    return replace(found, causes=probable(causes, debug=is_debug(found.place)))


def probable(causes: Iterable[Cause], *, debug: bool) -> tuple[Cause, ...]:
    """What probably made a section differ that shows nothing itself: another tool, another order of the code.

    In a section for debuggers it is whatever others show. Another linker has an order of its own.
    """
    reasons = dict.fromkeys(cause.reason for cause in causes)
    wanted: tuple[Reason, ...] = tuple(reasons) if debug else (COMPILER, LINKER, LINK_ORDER)
    return tuple(
        Cause(reason, _ELSEWHERE, sure=False)
        for reason in wanted
        if reason in reasons and not (reason is LINK_ORDER and LINKER in reasons)
    )
