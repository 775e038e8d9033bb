"""Two trees, member by member: what is on one side alone, what differs, and in what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from truewheel.compare.alone import compare_alone, unlike_files
from truewheel.compare.context import Comparer, Pair
from truewheel.compare.equality import LARGE, read, unequal
from truewheel.compare.model import Cause, Difference, Kind, Leaf, Tree
from truewheel.compare.pairing import Renamed, paired
from truewheel.compare.raw import compare_bytes
from truewheel.compare.reasons import PLATFORM, VERSION
from truewheel.compare.record import Listing, compare_record
from truewheel.compare.renames import following_names, renamed
from truewheel.compare.storage import compare_storage
from truewheel.compare.traces import explain
from truewheel.wheel import Mapper, serially

_RECORD: Final = ".dist-info/RECORD"
_INSTALLER: Final = ".dist-info/INSTALLER"
_NOT_UNIX: Final = frozenset({"DOS", "NTFS", "VFAT"})


class Compared(NamedTuple):
    """What two trees differ in, and how many members both have."""

    differences: tuple[Difference, ...]
    common: int


def nothing() -> None:
    """Nothing: what has no mapped pages needn't forget any."""


@dataclass(frozen=True, slots=True)
class Way:
    """How two trees are compared.

    ``contents`` compares two members that differ. ``prefix`` stands before the places, and ``depth`` counts how many
    archives these lie in. With ``contents_only`` it doesn't matter how the containers store things. ``forget`` is
    called when a large member was read: what it was read from isn't needed in memory for now.
    """

    contents: Comparer
    prefix: str = ""
    depth: int = 0
    contents_only: bool = False
    mapper: Mapper = serially
    forget: Callable[[], None] = nothing


def compare_members(left: Tree, right: Tree, way: Way) -> Compared:
    """What differs between two trees, those of the containers first, then by place.

    Raises `TruewheelError` where a member can't be read.
    """
    pairing = paired(left, right)
    found = [*_folders(pairing.folders, way), *compare_alone(pairing, way.prefix)]
    for mine, theirs in pairing.pairs:
        found += _modes(mine, theirs, way.prefix)
    differ = [pairing.pairs[index] for index in unequal(pairing.pairs, way.mapper)]
    others = [_contents(*pair, way) for pair in differ if not pair[0].name.endswith(_RECORD)]
    found += [following_names(difference, pairing.hashed) for difference in others]
    changed = {leaf.name for leaf in pairing.only_left} | {pairing.left_name(leaf.name) for leaf in pairing.only_right}
    changed |= {mine.name for mine, _ in differ}
    records = [pair for pair in differ if pair[0].name.endswith(_RECORD)]
    listings = None if way.contents_only else (_listing(left, lambda name: name), _listing(right, pairing.left_name))
    for pair in records:
        found += _record(
            *pair,
            way,
            partial(compare_record, changed=changed.__contains__, paired=pairing.left_name, listings=listings),
        )
    found += renamed(pairing.hashed, {mine.name for mine, _ in differ}, way.prefix)
    storage = () if way.contents_only else compare_storage(left, right, pairing)
    found.sort(key=lambda difference: (difference.place, difference.kind.value))
    return Compared((*_placed(storage, way.prefix), *found), len(pairing.pairs))


def _placed(storage: tuple[Difference, ...], prefix: str) -> Iterator[Difference]:
    """How the container stores things; inside of another, at that one's place."""
    for difference in storage:
        place = prefix.removesuffix("!/")
        yield difference if not prefix else _at(difference, f"{place} (storage)")


def _at(difference: Difference, place: str) -> Difference:
    return Difference(
        place,
        difference.kind,
        difference.summary,
        difference.left,
        difference.right,
        difference.lines,
        difference.causes,
        difference.inside,
        difference.follows,
    )


def _folders(folders: tuple[Renamed, ...], way: Way) -> Iterator[Difference]:
    """Folders at the top that have another name on the other side."""
    for folder in folders:
        found = explain(f"version {folder.left}", f"version {folder.right}")
        causes = tuple(cause for cause in found.causes if cause.reason is VERSION) if found.complete else ()
        summary = f"the folder is called {folder.left} on the left, {folder.right} on the right; members are paired"
        place = way.prefix.removesuffix("!/")
        yield Difference(place, Kind.CONTENT, summary, folder.left, folder.right, causes=causes)


def _modes(mine: Leaf, theirs: Leaf, prefix: str) -> Iterator[Difference]:
    """Links and executable bits that differ."""
    said = [unlike_files(leaf) or "a file" for leaf in (mine, theirs)]
    if said[0] != said[1]:
        summary = f"{said[0]} on the left, {said[1]} on the right"
        yield Difference(prefix + mine.name, Kind.MODE, summary, said[0], said[1])
    elif mine.executable != theirs.executable:
        side = "left" if mine.executable else "right"
        values = ["executable" if leaf.executable else "not executable" for leaf in (mine, theirs)]
        plain = dict((theirs if mine.executable else mine).facts).get("system", "")
        evidence = f"the other side was zipped on {plain}, which has no such bit"
        causes = (Cause(PLATFORM, evidence),) if plain in _NOT_UNIX else ()
        yield Difference(
            prefix + mine.name, Kind.MODE, f"executable on the {side} only", values[0], values[1], causes=causes
        )


def _pair(mine: Leaf, theirs: Leaf, way: Way) -> Pair:
    """The contents of both, with hardly more memory in use at a time than both take and one again."""
    sides = []
    for leaf in (mine, theirs):
        sides.append(bytes(read(leaf)))
        if leaf.content.size >= LARGE:
            way.forget()
    return Pair(way.prefix + mine.name, sides[0], sides[1], way.depth)


def _contents(mine: Leaf, theirs: Leaf, way: Way) -> Difference:
    """Two members that differ, asked of the comparers."""
    pair = _pair(mine, theirs, way)
    return _told(pair, way.contents(pair) or compare_bytes(pair))


def _record(
    mine: Leaf, theirs: Leaf, way: Way, comparer: Callable[[Pair], tuple[Difference, ...] | None]
) -> Iterator[Difference]:
    """Two RECORDs, whose rows follow from the members that differ, or don't; nothing where only their form differs."""
    pair = _pair(mine, theirs, way)
    found = comparer(pair)
    if found is None:
        found = way.contents(pair) or compare_bytes(pair)
    if found:
        yield _told(pair, found)


def _listing(tree: Tree, named: Callable[[str], str]) -> Listing:
    """What there is beside a RECORD, as the left calls it."""
    names = tuple(named(leaf.name) for leaf in tree.leaves) if tree.ordered else ()
    return Listing(names, any(leaf.name.endswith(_INSTALLER) for leaf in tree.leaves))


def _told(pair: Pair, found: tuple[Difference, ...]) -> Difference:
    """The member's own difference. A single one without a place is what there is to say of the whole member."""
    sizes = f"{len(pair.left):,} bytes", f"{len(pair.right):,} bytes"
    if len(found) == 1 and not found[0].place:
        only = found[0]
        return Difference(
            pair.name, Kind.CONTENT, only.summary, only.left or sizes[0], only.right or sizes[1],
            only.lines, only.causes, only.inside, only.follows,
        )  # fmt: skip
    summary = found[0].summary if len(found) == 1 else f"{len(found):,} things differ"
    if len(found) == 1:
        summary = f"{found[0].place}: {summary}"
    follows = all(part.follows for part in found)
    return Difference(pair.name, Kind.CONTENT, summary, sizes[0], sizes[1], inside=found, follows=follows)
