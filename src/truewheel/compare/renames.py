"""Members whose names differ in a hash that they hold, and what else differs because others name them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from truewheel.compare.model import Difference, Kind
from truewheel.compare.pairing import Renamed


def renamed(members: Sequence[Renamed], changed: Collection[str], prefix: str) -> Iterator[Difference]:
    """Members that are called otherwise on the right: as a consequence where `changed` has them, by the left's names.

    The names of places get a prefix.
    """
    for left, right in members:
        summary = f"renamed: called {_base(right)} on the right; the name holds a hash"
        yield Difference(prefix + left, Kind.CONTENT, summary, follows=left in changed)


def following_names(difference: Difference, members: Sequence[Renamed]) -> Difference:
    """A difference, where values that only name such members otherwise, as libraries that are needed, follow."""
    if not members:
        return difference
    inside = tuple(following_names(part, members) for part in difference.inside)
    follows = difference.follows or _only_names(difference, members)
    return replace(difference, inside=inside, follows=follows)


def _only_names(difference: Difference, members: Sequence[Renamed]) -> bool:
    """Whether the value of the left is that of the right, once the members are called alike."""
    left, right = difference.left, difference.right
    if left is None or right is None or left == right:
        return False
    names = {_base(member.left): _base(member.right) for member in members}
    return [names.get(line, line) for line in left.split("\n")] == right.split("\n")


def _base(name: str) -> str:
    return name.rpartition("/")[2]
