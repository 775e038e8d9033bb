"""The verb that compares two things."""

from __future__ import annotations

from pathlib import Path

from truewheel.api.common import AnyPath
from truewheel.api.reading import mapper_of
from truewheel.compare import UNRECOGNIZED, Comparison, compare, unrecognized
from truewheel.wheel import Limits
from truewheel.world.sides import first_difference, open_side


def diff(
    left: AnyPath,
    right: AnyPath,
    *,
    contents_only: bool = False,
    limits: Limits | None = None,
    workers: int | None = None,
) -> Comparison:
    """What differs between two wheels, source distributions, archives, directories or files, and why.

    With `contents_only` it doesn't matter how archives store their members: times, order, compression. What comes
    back holds no open file: members of its trees have names, sizes and facts, and can't be read any more.
    Raises `TruewheelError` where one of the two can't be read, or isn't sound.
    """
    with (
        open_side(Path(left), limits) as one,
        open_side(Path(right), limits) as other,
        mapper_of(workers) as mapper,
    ):
        comparison = compare(one, other, contents_only=contents_only, mapper=mapper)
    if comparison.differences == UNRECOGNIZED:
        return unrecognized(comparison, first_difference(Path(left), Path(right)))
    return comparison
