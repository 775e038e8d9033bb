"""How two archives store the same: times, modes, order and compression, each told once for all members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from truewheel.compare.leaves import FOLDERS, GZIP_TIME, LEVEL, METHOD, MODE, OTHER_TIMES, TIME
from truewheel.compare.model import Cause, Difference, Fact, Kind, Leaf, Reason, Tree
from truewheel.compare.pairing import Pairing
from truewheel.compare.reasons import BUILD_TIME, DEFLATE, HOST, ORDER, UMASK, VERSION, ZIP_TOOL
from truewheel.compare.recompression import compare_streams
from truewheel.compare.traces import explain

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
_PLURALS: Final = ("times", "flags", "records", "attributes")
_GROUP_AND_OTHERS: Final = 0o077
_PERMISSIONS: Final = 0o7777
_EXTRA_FIELDS: Final = {"5554": BUILD_TIME, "0a00": BUILD_TIME, "7578": HOST}
"""Extra fields that hold more than the tool: Info-ZIP's ``UT`` and NTFS's (times), ``ux`` (uid and gid)."""
_CONSTANTS: Final = ("1980-01-01 00:00:00", "2016-01-01 00:00:00", "2020-02-02 00:00:00")
"""Times that builders give to members where no other was asked for (a zip's zero; Flit; Hatchling)."""


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
            cause = _cause_of_whole(label, value, other)
            yield Difference("", Kind.STORAGE, f"{label} {_verb(label)}", value, other, causes=(cause,))


def _cause_of_whole(label: str, left: str, right: str) -> Cause:
    """Why a fact of the container differs: a gzip stream's name may hold the version of what it contains."""
    evidence = f"{left} on the left, {right} on the right"
    found = explain(left, right)
    if label == "gzip name" and found.complete and {cause.reason for cause in found.causes} == {VERSION}:
        return Cause(VERSION, evidence)
    return Cause(_REASONS.get(label, ZIP_TOOL), evidence)


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
    return "differ" if label == FOLDERS or label.endswith(_PLURALS) else "differs"


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
    if "extra field" in label:
        return tuple(_causes_of_extra_fields(changes, evidence))
    return (Cause(_REASONS.get(label, ZIP_TOOL), evidence),)


def _fixed(values: list[str]) -> str:
    """What it may mean where one side alone has one time for all members."""
    single = [value.endswith(" for all") for value in values]
    if single[0] == single[1]:
        return ""
    side, value = ("left", values[0]) if single[0] else ("right", values[1])
    if value.removesuffix(" for all") in _CONSTANTS:
        return f": the {side} has a time that builders use as a constant"
    return f": one time for all on the {side}: SOURCE_DATE_EPOCH, a constant of the builder, or a quick build"


def _causes_of_extra_fields(changes: list[_Change], evidence: str) -> Iterator[Cause]:
    """The tool, where one side has fields that the other has not; else what those hold that differ."""
    found: set[Reason] = set()
    for change in changes:
        mine, theirs = _extra_fields(change.left), _extra_fields(change.right)
        if mine is None or theirs is None or [key for key, _ in mine] != [key for key, _ in theirs]:
            found.add(ZIP_TOOL)
        else:
            pairs = zip(mine, theirs, strict=True)
            found |= {_EXTRA_FIELDS.get(key, ZIP_TOOL) for (key, one), (_, other) in pairs if one != other}
    if ZIP_TOOL in found:
        yield Cause(ZIP_TOOL, f"extra fields that the tool writes: {evidence}")
    else:
        words = {BUILD_TIME: "times", HOST: "owners"}
        yield from (
            Cause(reason, f"{word} in an extra field: {evidence}") for reason, word in words.items() if reason in found
        )


def _extra_fields(text: str) -> list[tuple[str, str]] | None:
    """The fields of an extra field that is told in hexadecimal: ids, and what they hold; None for other things."""
    if text == "none":
        return []
    found: list[tuple[str, str]] = []
    while text:
        try:
            size = int.from_bytes(bytes.fromhex(text[4:8]), "little") * 2
        except ValueError:
            return None
        if len(text) < 8 + size:
            return None
        found.append((text[:4], text[8 : 8 + size]))
        text = text[8 + size :]
    return found


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
        f"{said[0]} on the left, {said[1]} on the right; "
        f"the first that differs, member {first + 1:,}, is {mine[first]} on the left, {theirs[first]} on the right"
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
