"""Which address of one build is the same place as which address of the other.

Sections are known by their names. In one within which nothing moved, a place is the same where its offset is; else
where it stands in a stretch of bytes that both have: their start, their end, or around a string that each has once.
What can't be told this way is not the same place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple

from truewheel.compare.native_clues import placed_strings
from truewheel.compare.native_spread import common_end, common_start

_MOST_BLOCKS: Final = 4096
_AROUND: Final = 1 << 14  # bytes on either side of a string that are compared


class Region(NamedTuple):
    """A stretch of memory. ``data`` is empty where the file holds none of it, ``size`` bytes in memory all the same."""

    name: str
    address: int
    size: int
    data: memoryview
    code: bool = False


class AddressMap:
    """Places of two builds. Empty regions, and those at no address, are nowhere."""

    def __init__(self, left: Iterable[Region], right: Iterable[Region]) -> None:
        self._sides = _Side(left), _Side(right)
        self._pairs: dict[tuple[str, int], _Pair] = {}

    def same(self, left: int, right: int, *, loosely: bool = False) -> bool:
        """Whether two addresses are of the same place.

        With `loosely` any two in code of another size are: what differs there is told of the code itself.
        """
        one, other = self._sides[0].at(left), self._sides[1].at(right)
        if one is None or other is None or one != other:
            return False
        pair = self._pairs.get(one)
        if pair is None:
            pair = self._pairs[one] = _Pair(self._sides[0].regions[one], self._sides[1].regions[one])
        mine, theirs = left - pair.left.address, right - pair.right.address
        if pair.left.size != pair.right.size:
            if pair.left.code and loosely:
                return True
            if (mine, theirs) == (pair.left.size, pair.right.size):
                return True
        return pair.same(mine, theirs)

    def named(self, name: str) -> tuple[Region, Region] | None:
        """The first regions of a name."""
        key = name, 1
        if key in self._sides[0].regions and key in self._sides[1].regions:
            return self._sides[0].regions[key], self._sides[1].regions[key]
        return None


class _Side:
    """The regions of one side, by name and number, and by address."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self.regions: dict[tuple[str, int], Region] = {}
        counts: dict[str, int] = {}
        for region in regions:
            if region.size and region.address:
                counts[region.name] = number = counts.get(region.name, 0) + 1
                self.regions[region.name, number] = region
        rows = sorted((region.address, key) for key, region in self.regions.items())
        self._starts, self._keys = [start for start, _ in rows], [key for _, key in rows]

    def at(self, address: int) -> tuple[str, int] | None:
        """In which region an address is; its end is in it too, if none begins there."""
        number = bisect_right(self._starts, address) - 1
        if number < 0:
            return None
        region = self.regions[self._keys[number]]
        return self._keys[number] if address <= region.address + region.size else None


class _Block(NamedTuple):
    start: int
    end: int
    shift: int


class _Pair:
    """A region of both sides."""

    def __init__(self, left: Region, right: Region) -> None:
        self.left, self.right = left, right

    def same(self, left: int, right: int) -> bool:
        """Whether two offsets are of the same place."""
        if self._fixed:
            return left == right
        starts, ends = self._shifted.get(right - left, ([], []))
        number = bisect_right(starts, left)
        return any(left <= end for end in ends[max(0, number - 2) : number])

    @cached_property
    def _shifted(self) -> dict[int, tuple[list[int], list[int]]]:
        """Where the stretches of each shift begin, in order, and where they end."""
        found: dict[int, tuple[list[int], list[int]]] = {}
        for block in sorted(self._blocks):
            starts, ends = found.setdefault(block.shift, ([], []))
            starts.append(block.start)
            ends.append(block.end)
        return found

    @cached_property
    def _fixed(self) -> bool:
        """Whether nothing moved within the region, as far as its size and its strings show."""
        if not self.left.data or not self.right.data:
            return True
        if len(self.left.data) != len(self.right.data):
            return False
        return self.left.code or all(mine == theirs for mine, theirs in self._strings)

    @cached_property
    def _strings(self) -> list[tuple[int, int]]:
        return placed_strings(self.left.data, self.right.data)

    @cached_property
    def _blocks(self) -> tuple[_Block, ...]:
        """The stretches that both sides have."""
        left, right = self.left.data, self.right.data
        start = common_start(left, right)
        end = common_end(left, right, min(len(left), len(right)) - start)
        blocks = [_Block(0, start, 0), _Block(len(left) - end, len(left), len(right) - len(left))]
        if self.left.code:
            return tuple(blocks)
        for mine, theirs in self._strings:
            shift = theirs - mine
            if any(block.shift == shift and block.start <= mine < block.end for block in blocks[-2:]):
                continue
            before = min(_AROUND, mine, theirs)
            most = common_end(left[:mine], right[:theirs], before)
            behind = common_start(left[mine : mine + _AROUND], right[theirs : theirs + _AROUND])
            blocks.append(_Block(mine - most, mine + behind, shift))
            if len(blocks) > _MOST_BLOCKS:
                break
        return tuple(blocks)
