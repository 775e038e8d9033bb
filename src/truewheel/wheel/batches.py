"""Work in parts: members in batches, so that a task costs less than the work in it, and who maps over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from truewheel.wheel.model import Entry

_T = TypeVar("_T")
_R = TypeVar("_R")


class Mapper(Protocol):
    """`map`, or the `map` of an executor that spreads the work over cores. Results come in order."""

    def __call__(self, function: Callable[[_T], _R], items: Iterable[_T], /) -> Iterator[_R]:
        """Apply `function` to each of `items`."""


def serially(function: Callable[[_T], _R], items: Iterable[_T], /) -> Iterator[_R]:
    """The mapper that uses the calling thread alone."""
    return map(function, items)


def batches(entries: Iterable[Entry], *, size: int = 1 << 20, count: int = 256) -> Iterator[tuple[Entry, ...]]:
    """The entries in their order, in tuples of at most `count`, or of few more than `size` bytes altogether."""
    batch: list[Entry] = []
    total = 0
    for entry in entries:
        batch.append(entry)
        total += entry.size
        if total >= size or len(batch) >= count:
            yield tuple(batch)
            batch, total = [], 0
    if batch:
        yield tuple(batch)
