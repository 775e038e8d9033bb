"""What sections of all formats have in common: bytes, addresses in them that moved, and causes seen beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from truewheel.compare.model import Cause, Difference, Kind, Reason
from truewheel.compare.native_parts import Part, changed, extent
from truewheel.compare.native_spread import spread
from truewheel.compare.reasons import COMPILER, COMPILER_OPTIONS, LINK_ORDER, LINKER

_ELSEWHERE = "other parts of the file show it"


def compare_section(
    left: Part, right: Part, addresses: Callable[[], bool], *, silent: bool = False
) -> Difference | None:
    """How a section without a meaning of its own differs: bytes, strings, addresses of what moved.

    `addresses` finds out whether all that differs are addresses of the same places. Machine code and tables hold no
    strings, and what looks like one would only distract: they are `silent`.
    """
    found = spread(left.data, right.data)
    if found is None:
        return None
    if addresses():
        summary = f"{extent(left.data, right.data, found)}: all are addresses of what moved"
        return Difference(left.name, Kind.CONTENT, summary, follows=True)
    if silent:
        return Difference(left.name, Kind.CONTENT, extent(left.data, right.data, found))
    return changed(left.name, left.data, right.data)


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
    wanted: tuple[Reason, ...] = tuple(reasons) if debug else (COMPILER, COMPILER_OPTIONS, LINKER, LINK_ORDER)
    return tuple(
        Cause(reason, _ELSEWHERE, sure=False)
        for reason in wanted
        if reason in reasons and not (reason is LINK_ORDER and LINKER in reasons)
    )
