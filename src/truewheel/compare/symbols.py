"""Symbol tables of two builds, compared by names: what came, what went, what stands elsewhere.

Names that are the same and stand elsewhere in memory mean that object files were linked in another order. Where only
numbers differ, the code that the symbols name has moved, or grew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_clues import clues, told
from truewheel.compare.native_producers import Strings
from truewheel.compare.reasons import LINK_ORDER
from truewheel.errors import BinaryError


class Names:
    """The strings of a symbol table, each decoded once.

    Names may overlap, for linkers merge tails: a table gives out `SHARING` times its size at most, so that a hostile
    one can't ask for endless text.
    """

    SHARING = 16

    def __init__(self, data: memoryview) -> None:
        self._data = bytes(data)
        self._room = self.SHARING * len(data)
        self._known: dict[int, str] = {}

    def at(self, start: int) -> str:
        """The string that begins at `start`. Raises `BinaryError` where there is none, or too much was asked for."""
        known = self._known.get(start)
        if known is None:
            end = self._data.find(b"\0", start)
            self._room -= end - start
            if end < 0 or self._room < 0:
                raise BinaryError(f"there is no name at {start:#x} of a table of {len(self._data)} bytes")
            known = self._known[start] = self._data[start:end].decode("utf-8", "backslashreplace")
        return known


class Symbol(NamedTuple):
    """A row of a symbol table. ``value`` is an address or 0, ``size`` 0 where the format has none.

    ``defined`` says whether the file holds what is named, ``other`` is everything else in the row: kind, binding,
    section. ``file`` is true for the name of a source file that the rows after it come from.
    """

    name: str
    value: int
    size: int
    defined: bool
    other: tuple[int, ...] = ()
    file: bool = False


def compare_symbols(
    place: str, left: Sequence[Symbol], right: Sequence[Symbol], same: Callable[[int, int], bool]
) -> Difference | None:
    """How two symbol tables differ; None if they don't. `same` tells whether two values are of the same place."""
    if left == right:
        return None
    names, others = Counter(row.name for row in left), Counter(row.name for row in right)
    if names != others:
        return _renamed(place, tuple((names - others).elements()), tuple((others - names).elements()))
    causes = _reordered(left, right)
    if causes or [row.name for row in left] != [row.name for row in right]:
        return Difference(place, Kind.CONTENT, f"the same {len(left):,} symbols in another order", causes=causes)
    return _renumbered(place, left, right, same)


def _renamed(place: str, left: tuple[str, ...], right: tuple[str, ...]) -> Difference:
    strings = Strings(*(tuple(filter(None, dict.fromkeys(side))) for side in (left, right)))
    summary = f"{len(left):,} names only on the left, {len(right):,} only on the right"
    return Difference(place, Kind.CONTENT, summary, *told(strings), causes=clues(strings))


def _reordered(left: Sequence[Symbol], right: Sequence[Symbol]) -> tuple[Cause, ...]:
    """What shows that object files came in another order.

    Those of whole source files do. Where these are named, and stand alike, the order of symbols is the compiler's; so
    it may be where symbols have other sizes.
    """
    files, others = ([row.name for row in side if row.file and row.name] for side in (left, right))
    if files != others:
        return (Cause(LINK_ORDER, _first("source files", files, others)),)
    ones, twos = (_by_address(side) for side in (left, right))
    if ones == twos or files or _sizes(left) != _sizes(right):
        return ()
    return (Cause(LINK_ORDER, _first("symbols by address", ones, twos), sure=False),)


def _sizes(side: Iterable[Symbol]) -> Counter[tuple[str, int]]:
    return Counter((row.name, row.size) for row in side)


def _by_address(side: Iterable[Symbol]) -> list[str]:
    """Names of what is defined, in the order of memory; of names at one address the least, as the order is free."""
    places: dict[int, str] = {}
    for row in side:
        if row.defined and row.name and not row.file:
            places[row.value] = min(row.name, places.get(row.value, row.name))
    return [name for _, name in sorted(places.items())]


def _first(what: str, left: Sequence[str], right: Sequence[str]) -> str:
    """Where two orders part, in words."""
    one, other = next(((a, b) for a, b in zip(left, right, strict=False) if a != b), ("", ""))
    return f"in the order of {what}, {one} stands on the left where {other} stands on the right"


def _renumbered(
    place: str, left: Sequence[Symbol], right: Sequence[Symbol], same: Callable[[int, int], bool]
) -> Difference:
    pairs = list(zip(left, right, strict=True))
    sizes = [one.name for one, other in pairs if one.size != other.size]
    kinds = [one.name for one, other in pairs if one.other != other.other]
    moved = [(one, other) for one, other in pairs if one.value != other.value]
    known = all(one.defined and other.defined and same(one.value, other.value) for one, other in moved)
    told_of = [f"{len(moved):,} of {len(left):,} symbols have another address"] if moved else []
    told_of += [f"{_some(sizes)} another size"] if sizes else []
    told_of += [f"{_some(kinds)} another kind or section"] if kinds else []
    return Difference(place, Kind.CONTENT, "; ".join(told_of), follows=known and not sizes and not kinds)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(list(dict.fromkeys(names))[:3])
    return f"{shown} has" if len(names) == 1 else f"{len(names):,} ({shown}{', …' if len(set(names)) > 3 else ''}) have"
