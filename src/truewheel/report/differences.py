"""What `diff` tells of two sides, as lines: the terminal and the pipe only differ in how they draw them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from truewheel.compare.model import Cause, Comparison, Difference, Kind, Line, Mark, Reason, Tree

_T = TypeVar("_T")

_MEMBERS, _PLACES, _LINES, _NAMES = 20, 8, 24, 3
_LONGEST: Final = 500
_LABEL: Final = 10
_TONES: Final = {Mark.LEFT: "left", Mark.RIGHT: "right", Mark.GAP: "dim", Mark.SAME: ""}
WHOLE: Final = "(the archive)"
"""Stands for the place of what is said of an archive as a whole."""


class Told(NamedTuple):
    """A line: ``head`` stands out and ``text`` follows it. ``tone`` is good, warn, bad, dim, left, right or ""."""

    depth: int
    text: str
    tone: str = ""
    head: str = ""


class Counts(NamedTuple):
    """How many members there are on either side, and how many of them differ in what."""

    members: int
    differ: int
    only_left: int
    only_right: int
    stored: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason that was recognized, with the members it explains.

    ``sure`` is false where it nowhere is more than probable; ``follows`` is true where it stands at consequences alone,
    ``stored`` where it explains nothing but how members are stored.
    """

    reason: Reason
    members: tuple[str, ...]
    evidence: tuple[str, ...]
    sure: bool
    follows: bool
    stored: bool

    @property
    def title(self) -> str:
        """The reason's title, with a "probably" where that is in place."""
        return _titled(self.reason, sure=self.sure)


@dataclass(frozen=True, slots=True)
class Member:
    """A member that differs, with all that differs of it. ``explained`` is false where no cause is known."""

    place: str
    differences: tuple[Difference, ...]
    explained: bool

    @property
    def name(self) -> str:
        """The member's path, or words for the archive as a whole."""
        return self.place or WHOLE

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """In what it differs."""
        return tuple(dict.fromkeys(difference.kind for difference in self.differences))

    @property
    def follows(self) -> bool:
        """Whether it differs as a consequence alone."""
        return all(difference.follows for difference in self.differences)

    @property
    def titles(self) -> dict[Reason, str]:
        """The reasons that were recognized, with their titles; of consequences only where there are no others."""
        found = [standing for difference in self.differences for standing in _causes(difference, follows=False)]
        told = [item.cause for item in found if not item.follows] or [item.cause for item in found]
        sure = {cause.reason for cause in told if cause.sure}
        return {cause.reason: _titled(cause.reason, sure=cause.reason in sure) for cause in told}


class Verdict(NamedTuple):
    """The whole in a few words, and what is to be added.

    ``tone`` is good where nothing differs, warn where only the storage does, and else bad.
    """

    text: str
    tone: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.detail}" if self.detail else self.text


def _titled(reason: Reason, *, sure: bool) -> str:
    return reason.title if sure else f"probably {reason.title}"


def members(comparison: Comparison) -> tuple[Member, ...]:
    """The members that differ, in their order."""
    groups: dict[str, list[Difference]] = {}
    for difference in comparison.differences:
        groups.setdefault(difference.place, []).append(difference)
    unexplained = frozenset(comparison.unexplained)
    return tuple(Member(place, tuple(found), place not in unexplained) for place, found in groups.items())


def verdict(comparison: Comparison) -> Verdict:
    """What came out."""
    if comparison.identical:
        return Verdict("identical", "good", "the files have the same bytes")
    if comparison.equal:
        aside = ", however they are stored" if comparison.contents_only else ""
        return Verdict(
            "the same contents", "good", f"nothing differs in {counted(comparison.compared, 'member')}{aside}"
        )
    counts = count(comparison)
    if comparison.same_contents:
        return Verdict("the same contents, stored differently", "warn", _stored(counts.stored, counts.members))
    if not counts.differ:
        return Verdict("the members are the same, what holds them differs", "bad")
    verb = "differs" if counts.differ == 1 else "differ"
    return Verdict(f"{counts.differ:,} of {counted(counts.members, 'member')} {verb}", "bad", _details(counts))


def _stored(stored: int, members: int) -> str:
    return f"{stored:,} of {counted(members, 'member')}" if stored else ""


def _details(counts: Counts) -> str:
    """How many members one side has alone, and how many differ in nothing but their storage."""
    parts = [(counts.only_left, "only on the left"), (counts.only_right, "only on the right")]
    parts.append((counts.stored, "more stored differently"))
    return ", ".join(f"{number:,} {what}" for number, what in parts if number)


def count(comparison: Comparison) -> Counts:
    """The members that differ, in what."""
    kinds: dict[str, set[Kind]] = {}
    for difference in comparison.differences:
        if difference.place:
            kinds.setdefault(difference.place, set()).add(difference.kind)
    left = sum(Kind.ONLY_LEFT in found for found in kinds.values())
    right = sum(Kind.ONLY_RIGHT in found for found in kinds.values())
    stored = sum(found == {Kind.STORAGE} for found in kinds.values())
    return Counts(comparison.compared + left + right, len(kinds) - stored, left, right, stored)


def explanations(comparison: Comparison) -> tuple[Explanation, ...]:
    """Every reason that was recognized: those that explain most first, but contents before storage.

    Those that stand at consequences alone come last.
    """
    found: dict[Reason, list[tuple[str, _Standing]]] = {}
    for top in comparison.differences:
        for standing in _causes(top, follows=False):
            found.setdefault(standing.cause.reason, []).append((top.place, standing))
    made = (_explanation(reason, places) for reason, places in found.items())
    return tuple(sorted(made, key=lambda item: (item.follows, item.stored, -len(item.members), item.reason.id)))


class _Standing(NamedTuple):
    """A cause, and whether it stands at a consequence, or at how something is stored."""

    cause: Cause
    follows: bool
    stored: bool


def _causes(difference: Difference, *, follows: bool) -> Iterator[_Standing]:
    """The causes at a place and within."""
    follows = follows or difference.follows
    for cause in difference.causes:
        yield _Standing(cause, follows, difference.kind is Kind.STORAGE)
    for part in difference.inside:
        yield from _causes(part, follows=follows)


def _explanation(reason: Reason, places: Sequence[tuple[str, _Standing]]) -> Explanation:
    return Explanation(
        reason,
        members=tuple(dict.fromkeys(place for place, _ in places)),
        evidence=tuple(dict.fromkeys(standing.cause.evidence for _, standing in places)),
        sure=any(standing.cause.sure for _, standing in places),
        follows=all(standing.follows for _, standing in places),
        stored=all(standing.stored for _, standing in places),
    )


def told(comparison: Comparison, *, full: bool = False) -> Iterator[Told]:
    """The lines, in reading order: the verdict, why, and each member. Long lists are cut unless `full` is asked for."""
    said = verdict(comparison)
    yield Told(0, f": {said.detail}" if said.detail else "", said.tone, head=said.text)
    yield from _side("left", comparison.left)
    yield from _side("right", comparison.right)
    if comparison.equal:
        return
    yield from _why(comparison)
    ahead = [difference for difference in comparison.differences if not difference.follows]
    shown, rest = _cut(ahead, None if full else _MEMBERS)
    for difference in shown:
        yield Told(0, "")
        yield from _place(difference, 0, full=full)
    if rest:
        yield Told(0, "")
        yield Told(0, f"and {counted(rest, 'more place')} (--full shows all)", "dim")
    behind = [difference for difference in comparison.differences if difference.follows]
    if behind:
        yield Told(0, "")
        yield from _consequences(behind, 0, full=full)


def _side(label: str, tree: Tree) -> Iterator[Told]:
    size = f", {tree.size:,} bytes" if tree.size is not None else ""
    yield Told(1, f"{label:<{_LABEL}} {tree.name} ({tree.form}{size})", label)
    if tree.sha256 is not None:
        yield Told(1, f"{'sha256':<{_LABEL}} {tree.sha256}", "dim")


def _why(comparison: Comparison) -> Iterator[Told]:
    yield Told(0, "")
    yield Told(0, "", head="why")
    for item in explanations(comparison):
        where = f" ({item.reason.id}), in {counted(len(item.members), 'member')}: {some(item.members)}"
        if item.follows:
            yield Told(1, f"follows: {item.title}{where}", "dim")
            continue
        yield Told(1, where, head=item.title)
        yield Told(2, item.reason.why)
        yield Told(2, f"mend it: {item.reason.remedy}", "good")
    if comparison.unexplained:
        number = counted(len(comparison.unexplained), "member")
        yield Told(1, f" in {number}: {some(comparison.unexplained)}", "warn", head="no cause was recognized")


def _place(difference: Difference, depth: int, *, full: bool) -> Iterator[Told]:
    """What is said of a place, and of those within."""
    tone = "dim" if difference.follows else ""
    name = difference.place or ("" if depth else WHOLE)  # what is said of a whole member has no name within it
    yield Told(depth, f": {difference.summary}" if name else difference.summary, tone, head=name)
    for mark, value in ((Mark.LEFT, difference.left), (Mark.RIGHT, difference.right)):
        if value is not None:
            yield Told(depth + 1, f"{mark.value} {_shortened(value)}", tone or _TONES[mark])
    yield from _lines(difference.lines, depth + 1, full=full)
    for cause in difference.causes:
        yield Told(depth + 1, because(cause), tone or "good")
    ahead = [part for part in difference.inside if full or not part.follows]
    shown, rest = _cut(ahead, None if full else _PLACES)
    for part in shown:
        yield from _place(part, depth + 1, full=full)
    if rest:
        yield Told(depth + 1, f"and {counted(rest, 'more place')} (--full shows all)", "dim")
    if not full:
        yield from _consequences([part for part in difference.inside if part.follows], depth + 1, full=False)


def _consequences(differences: Sequence[Difference], depth: int, *, full: bool) -> Iterator[Told]:
    """What only follows from the rest: a line each, unless all is asked for."""
    if full:
        for difference in differences:
            yield from _place(difference, depth, full=True)
        return
    shown, rest = _cut(differences, _PLACES)
    for difference in shown:
        yield Told(depth, f"follows: {difference.place or WHOLE}: {difference.summary}", "dim")
    if rest:
        yield Told(depth, f"follows: and {counted(rest, 'more place')}", "dim")


def _lines(lines: Sequence[Line], depth: int, *, full: bool) -> Iterator[Told]:
    shown, rest = _cut(lines, None if full else _LINES)
    for line in shown:
        yield Told(depth, f"{line.mark.value} {_shortened(line.text)}", _TONES[line.mark])
    if rest:
        yield Told(depth, f"and {counted(rest, 'more line')} (--full shows all)", "dim")


def because(cause: Cause) -> str:
    """A cause as a sentence."""
    return f"{'' if cause.sure else 'probably '}because of {cause.reason.title}: {cause.evidence}"


def some(places: Sequence[str]) -> str:
    """The first members, and how many more there are."""
    named = [place or WHOLE for place in places[:_NAMES]]
    rest = len(places) - len(named)
    return ", ".join(named) + (f" and {rest:,} more" if rest else "")


def counted(number: int, word: str) -> str:
    """A number and its word, in the plural where that is right."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _cut(items: Sequence[_T], most: int | None) -> tuple[Iterable[_T], int]:
    """The first items, and how many are left out. One alone is never left out: saying so takes as much room."""
    if most is None or len(items) <= most + 1:
        return items, 0
    return items[:most], len(items) - most


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
