"""Members in batches: small ones together, so that a task costs less than the work in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from truewheel.wheel.model import Entry


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
