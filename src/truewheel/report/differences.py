"""What all reports of `diff` say: the verdict, which causes explain how many members, and the values of both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from truewheel.compare.model import Cause, Comparison, Difference, Kind, Line, Mark, Reason

WHOLE: Final = "(the archive)"
"""Stands for the place of what is said of an archive as a whole."""

_SIZE: Final = re.compile(r"[\d,]+ bytes?")
_MOST_VALUES: Final = 200
_MOST_STORED: Final = 3
_ALONE: Final = {Kind.ONLY_LEFT, Kind.ONLY_RIGHT}


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
    sure: bool
    follows: bool
    stored: bool

    @property
    def title(self) -> str:
        """The reason's title, with a "probably" where that is in place."""
        return titled(self.reason, sure=self.sure)


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
        return {cause.reason: titled(cause.reason, sure=cause.reason in sure) for cause in told}

    @property
    def bare(self) -> bool:
        """Whether there is nothing to be said of it but the summary and the causes' titles."""
        return not any(
            values(one)
            or one.lines
            or one.inside
            or (one.kind not in _ALONE and any(evidence(cause, one) for cause in one.causes))
            for one in self.differences
        )

    @property
    def lack(self) -> str:
        """Words for what isn't explained of it; empty where all is."""
        if self.explained:
            return ""
        return "partly unexplained" if self.titles else "unexplained"


class Verdict(NamedTuple):
    """The whole in a few words, and what is to be added.

    ``tone`` is good where nothing differs, warn where only the storage does, and else bad.
    """

    text: str
    tone: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.detail}" if self.detail else self.text


def titled(reason: Reason, *, sure: bool) -> str:
    """A reason's title, as something that was recognized."""
    return reason.title if sure else f"probably {reason.title}"


def members(comparison: Comparison) -> tuple[Member, ...]:
    """The members that differ, in their order; behind them the archive as a whole, then what only follows."""
    groups: dict[str, list[Difference]] = {}
    for difference in comparison.differences:
        groups.setdefault(difference.place, []).append(difference)
    unexplained = frozenset(comparison.unexplained)
    found = [Member(place, tuple(group), place not in unexplained) for place, group in groups.items()]
    return tuple(sorted(found, key=lambda member: (member.follows, not member.place)))


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
        return Verdict("the same contents, stored differently", "warn", _stored(comparison))
    if not counts.differ:
        return Verdict("the members are the same, what holds them differs", "bad")
    if comparison.left.form == comparison.right.form == "file":
        return Verdict("the files differ", "bad")
    verb = "differs" if counts.differ == 1 else "differ"
    return Verdict(f"{counts.differ:,} of {counted(counts.members, 'member')} {verb}", "bad", _details(counts))


def _stored(comparison: Comparison) -> str:
    """In what the storage differs, the first things of it."""
    told = list(dict.fromkeys(difference.summary for difference in comparison.differences if not difference.place))
    rest = len(told) - _MOST_STORED
    return "; ".join(told[:_MOST_STORED]) + (f"; and {counted(rest, 'thing')} more" if rest > 0 else "")


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
        sure=any(standing.cause.sure for _, standing in places),
        follows=all(standing.follows for _, standing in places),
        stored=all(standing.stored for _, standing in places),
    )


def scope(places: Sequence[str]) -> str:
    """In how many members, and whether in the archive itself."""
    number = sum(map(bool, places))
    whole = ["the archive itself"] * (number < len(places))
    return f"in {' and '.join([counted(number, 'member')] * bool(number) + whole)}"


def summary(difference: Difference) -> str:
    """The summary, with the sizes of both sides where these are what its values are."""
    size = sizes(difference)
    return f"{difference.summary} ({size})" if size else difference.summary


def sizes(difference: Difference) -> str:
    """The sizes of both sides, where these are what its values are."""
    left, right = difference.left or "", difference.right or ""
    if not (_SIZE.fullmatch(left) and _SIZE.fullmatch(right)):
        return ""
    return left if left == right else f"{left} on the left, {right} on the right"


def only(difference: Difference) -> Difference | None:
    """The one place within of which alone the summary tells."""
    if len(difference.inside) == 1:
        (part,) = difference.inside
        if difference.summary == f"{part.place}: {part.summary}":
            return part
    return None


def values(difference: Difference) -> tuple[Line, ...]:
    """The values of both sides as lines; none where the summary says them.

    A value of several lines is a list: what both sides have of it stands once.
    """
    left, right = difference.left, difference.right
    said = summary(difference)
    if left is not None and right is not None and (left == right or (left in said and right in said)):
        return ()  # equal ones are the starts of longer ones
    if left is not None and right is not None and "\n" in left + right:
        return tuple(_merged(left.split("\n"), right.split("\n")))
    lefts = [Line(Mark.LEFT, None, None, text) for text in left.split("\n")] if left is not None else []
    rights = [Line(Mark.RIGHT, None, None, text) for text in right.split("\n")] if right is not None else []
    return (*lefts, *rights)


def lines_of(difference: Difference) -> tuple[Line, ...]:
    """The lines of a difference; without carriage returns where all lines end with one."""
    lines = difference.lines
    if not all(line.text.endswith("\r") for line in lines if line.mark is not Mark.GAP):
        return lines
    return tuple(line._replace(text=line.text.removesuffix("\r")) for line in lines)


def _merged(left: list[str], right: list[str]) -> Iterator[Line]:
    """Two lists as the lines of a unified difference, without numbers."""
    same = SequenceMatcher(None, left[:_MOST_VALUES], right[:_MOST_VALUES], autojunk=False).get_matching_blocks()
    i = j = 0
    for block in [*same[:-1], (len(left), len(right), 0)]:
        yield from (Line(Mark.LEFT, None, None, text) for text in left[i : block[0]])
        yield from (Line(Mark.RIGHT, None, None, text) for text in right[j : block[1]])
        yield from (Line(Mark.SAME, None, None, text) for text in left[block[0] : block[0] + block[2]])
        i, j = block[0] + block[2], block[1] + block[2]


def evidence(cause: Cause, difference: Difference) -> str:
    """What shows a cause, without the two values: these are shown anyway."""
    left, right = ((value or "").replace("\n", ", ") for value in (difference.left, difference.right))
    return cause.evidence.removeprefix(f"{left} on the left, {right} on the right").lstrip(":; ")


def counted(number: int, word: str) -> str:
    """A number and its word, in the plural where that is right."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
