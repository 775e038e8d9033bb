"""The front door: two trees compared, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from truewheel.compare.contents import Contents
from truewheel.compare.leaves import without_contents
from truewheel.compare.members import Compared, Way, compare_members, nothing
from truewheel.compare.model import Comparison, Difference, Kind, Tree
from truewheel.compare.storage import recompressed
from truewheel.wheel import Mapper, serially

UNRECOGNIZED: Final = (Difference("", Kind.STORAGE, "the files' bytes differ, in nothing that is compared"),)
"""All that can be said of two files that differ and in which nothing was found; where they do, only they can tell."""


def compare(
    left: Tree,
    right: Tree,
    *,
    contents_only: bool = False,
    mapper: Mapper = serially,
    forget: Callable[[], None] = nothing,
) -> Comparison:
    """What differs between two trees, and why.

    The members of the trees that come back can't be read any more, so nothing keeps their files open.
    With `contents_only` it doesn't matter how they store their members. The mapper spreads the reading of members;
    what it is has no influence on the result. What `forget` does is done when a large member was read: the pages of
    a mapped file needn't stay in memory beside its bytes. Raises `TruewheelError` where a member can't be read.
    """
    identical = left.sha256 is not None and left.sha256 == right.sha256
    found = Compared((), len(left.leaves))
    if not identical:
        found = compare_members(left, right, Way(Contents(), contents_only=contents_only, mapper=mapper, forget=forget))
    kept = without_contents(left), without_contents(right)
    comparison = Comparison(*kept, identical, contents_only, found.common, found.differences)
    if _accounted(comparison):
        return comparison
    return replace(comparison, differences=recompressed(left, right) or UNRECOGNIZED)


def _accounted(comparison: Comparison) -> bool:
    """Whether two files that aren't the same differ in something that was found."""
    both_files = comparison.left.sha256 is not None and comparison.right.sha256 is not None
    return comparison.identical or comparison.contents_only or not both_files or bool(comparison.differences)


def unrecognized(comparison: Comparison, offset: int | None) -> Comparison:
    """The comparison of two files that differ, from an offset on, in nothing that is compared."""
    if offset is None:
        return comparison
    summary = f"the files' bytes differ from offset {offset:#x} on, in nothing that is compared"
    return replace(comparison, differences=(Difference("", Kind.STORAGE, summary),))
