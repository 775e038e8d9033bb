"""How two archives store the same: times, modes, order and compression, each told once for all members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from truewheel.compare.leaves import FOLDERS, GZIP_TIME, LEVEL, METHOD, MODE, OTHER_TIMES, TIME
from truewheel.compare.model import Cause, Difference, Fact, Kind, Leaf, Reason, Tree
from truewheel.compare.pairing import Pairing
from truewheel.compare.reasons import BUILD_TIME, DEFLATE, HOST, ORDER, UMASK, ZIP_TOOL
from truewheel.compare.recompression import compare_streams

_EXAMPLES: Final = 8
_NAMES: Final = 20
_REASONS: Final[dict[str, Reason]] = {
    TIME: BUILD_TIME,
    METHOD: DEFLATE,
    LEVEL: DEFLATE,
    "uid": HOST,
    "gid": HOST,
    "user": HOST,
    "group": HOST,
    GZIP_TIME: BUILD_TIME,
    OTHER_TIMES: BUILD_TIME,
    "gzip level": DEFLATE,
}
_GROUP_AND_OTHERS: Final = 0o077
_PERMISSIONS: Final = 0o7777
_UNIX_TIME: Final = "5554"
"""What an extra field with times begins with, in hexadecimal (Info-ZIP's ``UT``)."""


class _Change(NamedTuple):
    """A fact of one member that differs."""

    place: str
    left: str
    right: str


def compare_storage(left: Tree, right: Tree, pairing: Pairing) -> tuple[Difference, ...]:
    """How the containers differ. Nothing is compared with a directory, which stores nothing in any way."""
    if "directory" in {left.form, right.form} or "file" in {left.form, right.form}:
        return ()
    kinds = [tuple(fact.label for fact in tree.leaves[0].facts) if tree.leaves else () for tree in (left, right)]
    if kinds[0] and kinds[1] and TIME in kinds[0] and kinds[0] != kinds[1]:
        said = [f"a {'tar' if 'uid' in labels else 'zip'}" for labels in kinds]
        summary = f"the left is {said[0]}, the right {said[1]}"
        return (Difference("", Kind.STORAGE, summary, said[0], said[1]),)
    return (
        *_whole(left, right, pairing),
        *_members(pairing),
        *_order(left, right, pairing),
        *compare_streams(pairing.pairs),
    )


def recompressed(left: Tree, right: Tree) -> tuple[Difference, ...]:
    """What is left to say of two gzip files that differ though all in them and about them is the same."""
    if not all(any(fact.label == GZIP_TIME for fact in tree.facts) for tree in (left, right)):
        return ()
    sizes = [f"{tree.size or 0:,} bytes" for tree in (left, right)]
    cause = Cause(DEFLATE, f"{sizes[0]} on the left, {sizes[1]} on the right", sure=left.form == "gzip")
    return (
        Difference(
            "", Kind.STORAGE, "the same contents, compressed in another way", sizes[0], sizes[1], causes=(cause,)
        ),
    )


def _whole(left: Tree, right: Tree, pairing: Pairing) -> Iterator[Difference]:
    """Facts of the containers themselves."""
    zipped = [any(fact.label == GZIP_TIME for fact in tree.facts) for tree in (left, right)]
    if zipped[0] != zipped[1]:
        said = ["compressed with gzip" if it else "not compressed" for it in zipped]
        summary = f"the left is {said[0]}, the right {said[1]}"
        cause = Cause(DEFLATE, f"{said[0]} on the left, {said[1]} on the right")
        yield Difference("", Kind.STORAGE, summary, said[0], said[1], causes=(cause,))
    theirs = dict(right.facts)
    for label, value in left.facts:
        other = theirs.get(label, value)
        if label == FOLDERS:
            yield from _folders(value, other, pairing)
        elif other != value:
            reason = _REASONS.get(label, ZIP_TOOL)
            cause = Cause(reason, f"{value} on the left, {other} on the right")
            yield Difference("", Kind.STORAGE, f"{label} {_verb(label)}", value, other, causes=(cause,))


def _folders(left: str, right: str, pairing: Pairing) -> Iterator[Difference]:
    """Which folders have entries of their own, where the same one may be called otherwise on the right."""
    mine, theirs = [side.split("\n") if side else [] for side in (left, right)]
    others, known = Counter(mine), Counter(pairing.left_name(f"{name}/")[:-1] for name in theirs)
    if others == known:
        return
    alone = [sorted((others - known).elements()), sorted((known - others).elements())]
    told = [_some(names) for names in alone]
    cause = Cause(ZIP_TOOL, f"only the left has {told[0]}; only the right has {told[1]}")
    yield Difference("", Kind.STORAGE, f"{FOLDERS} differ", told[0], told[1], causes=(cause,))


def _some(names: list[str]) -> str:
    """The first of names that may be many."""
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more or "none"


def _verb(label: str) -> str:
    return "differ" if label in {FOLDERS, OTHER_TIMES, "gzip flags", "pax records", "attributes"} else "differs"


def _members(pairing: Pairing) -> Iterator[Difference]:
    """Facts of members, each label told once."""
    changes: dict[str, list[_Change]] = {}
    for mine, theirs in pairing.pairs:
        if mine.facts != theirs.facts:
            for (label, left), (_, right) in zip(mine.facts, theirs.facts, strict=False):
                if left != right and not _follows(label, mine, theirs):
                    changes.setdefault(label, []).append(_Change(mine.name, left, right))
    order = [fact.label for mine, _ in pairing.pairs[:1] for fact in mine.facts]
    for label in sorted(changes, key=lambda label: order.index(label) if label in order else len(order)):
        yield _grouped(label, changes[label], pairing.pairs)


def _follows(label: str, mine: Leaf, theirs: Leaf) -> bool:
    """Whether a fact differs because something else does: the executable bit, or contents worth compressing or not."""
    if label == METHOD:
        return mine.content.size != theirs.content.size
    return label == MODE and mine.executable != theirs.executable


def _grouped(label: str, changes: list[_Change], pairs: Sequence[tuple[Leaf, Leaf]]) -> Difference:
    """One label that differs for some members, with examples."""
    total = len(pairs)
    of = "" if len(changes) == total else f" of {total:,}"
    summary = f"{label} {_verb(label)} for {len(changes):,}{of} member{'s' if total != 1 else ''}"
    values = [_side(label, (pair[side].facts for pair in pairs)) for side in (0, 1)]
    inside = tuple(
        Difference(change.place, Kind.STORAGE, f"{label}: {change.left} on the left, {change.right} on the right",
                   change.left, change.right)
        for change in changes[:_EXAMPLES]
    )  # fmt: skip
    return Difference(
        "", Kind.STORAGE, summary, values[0], values[1], causes=_causes(label, changes, values), inside=inside
    )


def _side(label: str, facts: Iterable[tuple[Fact, ...]]) -> str:
    """What one side has: its one value, or how many there are."""
    counts = Counter(value for leaf in facts for name, value in leaf if name == label)
    if len(counts) == 1:
        return f"{next(iter(counts))} for all"
    first, last = min(counts), max(counts)
    if label == TIME:
        return f"{len(counts):,} times from {first} to {last}"
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{value} ({count:,})" for value, count in most[:3])
    return f"{shown} and {len(most) - 3:,} more values" if len(most) > 3 else shown


def _causes(label: str, changes: list[_Change], values: list[str]) -> tuple[Cause, ...]:
    evidence = f"{values[0]} on the left, {values[1]} on the right"
    if label == MODE:
        return tuple(_causes_of_modes(changes, evidence))
    if label == TIME:
        return (Cause(BUILD_TIME, evidence + _fixed(values)),)
    if "extra field" in label and all(_UNIX_TIME in {change.left[:4], change.right[:4]} for change in changes):
        return (Cause(BUILD_TIME, f"times in an extra field: {evidence}"),)
    return (Cause(_REASONS.get(label, ZIP_TOOL), evidence),)


def _fixed(values: list[str]) -> str:
    """What it means where one side alone has one time for all members."""
    single = [value.endswith(" for all") for value in values]
    if single[0] == single[1]:
        return ""
    side = "left" if single[0] else "right"
    return f": the {side} was made under SOURCE_DATE_EPOCH, by a builder with a constant, or zipped anew as a whole"


def _causes_of_modes(changes: list[_Change], evidence: str) -> Iterator[Cause]:
    """The umask, as far as permissions differ; the tool, as far as the file's type does."""
    mixed = 0
    for change in changes:
        mixed |= int(change.left, 8) ^ int(change.right, 8)
    if mixed & _PERMISSIONS:
        yield Cause(UMASK, evidence, sure=not mixed & _PERMISSIONS & ~_GROUP_AND_OTHERS)
    if mixed & ~_PERMISSIONS:
        yield Cause(ZIP_TOOL, f"one tool writes the file's type into the mode, the other doesn't: {evidence}")


def _order(left: Tree, right: Tree, pairing: Pairing) -> Iterator[Difference]:
    """Whether the members that both have stand in another order."""
    if not (left.ordered and right.ordered):
        return
    partner = {theirs.name: mine.name for mine, theirs in pairing.pairs}
    both = set(partner.values())
    mine = [leaf.name for leaf in left.leaves if leaf.name in both]
    theirs = [partner[leaf.name] for leaf in right.leaves if leaf.name in partner]
    if mine == theirs:
        return
    count = sum(one != other for one, other in zip(mine, theirs, strict=True))
    said = [_sorting(names) for names in (mine, theirs)]
    first = next(index for index, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one != other)
    evidence = (
        f"{said[0]} on the left, {said[1]} on the right; member {first + 1:,} is {mine[first]} or {theirs[first]}"
    )
    summary = f"{count:,} of {len(mine):,} members stand at another place"
    yield Difference("", Kind.STORAGE, summary, said[0], said[1], causes=(Cause(ORDER, evidence),))


def _sorting(names: list[str]) -> str:
    """In words how members are sorted."""
    if names == sorted(names):
        return "sorted by name"
    info = [".dist-info/" in name for name in names]
    groups = sorted(names, key=lambda name: (".dist-info/" in name, name.endswith(".dist-info/RECORD"), name))
    if any(info) and names == groups:
        return "sorted by name, .dist-info last"
    return "not sorted"
