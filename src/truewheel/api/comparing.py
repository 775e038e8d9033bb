"""The verb that compares two things."""

from __future__ import annotations

import os
from pathlib import Path

from truewheel.api.common import AnyPath, mapper_of
from truewheel.compare import UNRECOGNIZED, Comparison, compare, unrecognized
from truewheel.errors import RequestError
from truewheel.wheel import Limits
from truewheel.world.sides import first_difference, open_mapped


def _path(given: AnyPath) -> Path:
    """Raise `RequestError` for an empty path, which would be the current directory: a variable that isn't set."""
    if not os.fspath(given):
        raise RequestError("an empty path names nothing", hint="say . for the current directory")
    return Path(given)


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
        open_mapped(_path(left), limits) as (one, forget_one),
        open_mapped(_path(right), limits) as (other, forget_other),
        mapper_of(workers) as mapper,
    ):

        def forget() -> None:
            forget_one()
            forget_other()

        comparison = compare(one, other, contents_only=contents_only, mapper=mapper, forget=forget)
    if comparison.differences == UNRECOGNIZED:
        return unrecognized(comparison, first_difference(Path(left), Path(right)))
    return comparison
