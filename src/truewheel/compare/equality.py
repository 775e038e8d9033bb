"""Which members hold the same bytes: by what archives say of them where that settles it, else by reading them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from truewheel.compare.model import Leaf
from truewheel.compare.recompression import same_stream
from truewheel.errors import TruewheelError
from truewheel.wheel import Data, Mapper
from truewheel.wheel.zipcontent import ZipContent

_BATCH_BYTES: Final = 1 << 20
_BATCH_COUNT: Final = 256
LARGE: Final = 32 << 20
"""Bytes from which on members are read one after the other, whatever the number of threads."""

Pairs = Sequence[tuple[Leaf, Leaf]]


def unequal(pairs: Pairs, mapper: Mapper) -> list[int]:
    """The indexes of the pairs whose bytes differ, or where links lead. Raises what reading them raises."""
    found: list[int] = []
    unsure: list[int] = []
    large: list[int] = []
    for index, (mine, theirs) in enumerate(pairs):
        known = _known(mine, theirs)
        if known is None:
            (large if mine.content.size >= LARGE else unsure).append(index)
        elif not known:
            found.append(index)

    def differing(batch: list[int]) -> list[int]:
        return [index for index in batch if not _same_bytes(*pairs[index])]

    for batch in mapper(differing, _batches(pairs, unsure)):
        found += batch
    found += differing(large)
    return sorted(found)


def read(leaf: Leaf) -> Data:
    """All bytes of a member; errors name it."""
    try:
        return leaf.content.read()
    except TruewheelError as error:
        raise error.within(member=leaf.name) from None


def twins(lefts: Sequence[Leaf], rights: Sequence[Leaf]) -> tuple[dict[str, str], dict[str, str]]:
    """Members without a partner that have the same bytes as one of the other side: names by names, both ways.

    Empty ones are nobody's twins. Each is read at most once, and only where sizes fit.
    """
    sizes = {leaf.content.size for leaf in lefts} & {leaf.content.size for leaf in rights} - {0}
    mine, theirs = [_by_digest(leaves, sizes) for leaves in (lefts, rights)]
    ways = [
        {name: others[digest][0] for digest, names in own.items() if digest in others for name in names}
        for own, others in ((mine, theirs), (theirs, mine))
    ]
    return ways[0], ways[1]


def _by_digest(leaves: Sequence[Leaf], sizes: set[int]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for leaf in leaves:
        if leaf.content.size in sizes and not leaf.link:
            found.setdefault(hashlib.sha256(read(leaf)).digest(), []).append(leaf.name)
    return found


def _known(mine: Leaf, theirs: Leaf) -> bool | None:
    """Whether two members are the same, as far as that can be told without unpacking them."""
    if mine.link or theirs.link:
        return True  # where links lead is compared elsewhere
    left, right = mine.content, theirs.content
    if left.size != right.size:
        return False
    if isinstance(left, ZipContent) and isinstance(right, ZipContent):
        if left.crc != right.crc:
            return False
        if same_stream(left, right):
            return True
    return None


def _same_bytes(mine: Leaf, theirs: Leaf) -> bool:
    return read(mine) == read(theirs)


def _batches(pairs: Pairs, indexes: Iterable[int]) -> Iterator[list[int]]:
    """Small members together, so that a task costs less than the work in it."""
    batch: list[int] = []
    total = 0
    for index in indexes:
        batch.append(index)
        total += pairs[index][0].content.size
        if total >= _BATCH_BYTES or len(batch) >= _BATCH_COUNT:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
