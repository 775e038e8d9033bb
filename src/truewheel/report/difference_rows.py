"""What `diff` tells of two sides, as lines: the terminal and the pipe only differ in how they draw them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from truewheel.compare.model import Cause, Comparison, Difference, Kind, Line, Mark, Tree
from truewheel.report.differences import (
    WHOLE,
    Member,
    counted,
    evidence,
    explanations,
    lines_of,
    members,
    only,
    scope,
    summary,
    values,
    verdict,
)

_T = TypeVar("_T")

_MEMBERS, _PLACES, _LINES, _NAMES = 20, 8, 24, 3
_LONGEST: Final = 500
_LABEL: Final = 10
_TONES: Final = {Mark.LEFT: "left", Mark.RIGHT: "right", Mark.GAP: "dim", Mark.SAME: ""}


class Told(NamedTuple):
    """A line: ``head`` stands out and ``text`` follows it. ``tone`` is good, warn, bad, dim, left, right or ""."""

    depth: int
    text: str
    tone: str = ""
    head: str = ""


def told(comparison: Comparison, *, full: bool = False) -> Iterator[Told]:
    """The lines, in reading order: the verdict, why, and each member. Long lists are cut unless `full` is asked for."""
    said = verdict(comparison)
    yield Told(0, f": {said.detail}" if said.detail else "", said.tone, head=said.text)
    yield from _side("left", comparison.left)
    yield from _side("right", comparison.right)
    if comparison.equal:
        return
    yield from _why(comparison)
    found = members(comparison)
    shown, rest = _cut([member for member in found if not member.follows], None if full else _MEMBERS)
    several = True
    seen: set[Cause] = set()
    for member in shown:
        lines = list(_member(member, seen, full=full))
        if several or len(lines) > 1:  # members that need no more than a line stand close together
            yield Told(0, "")
        several = len(lines) > 1
        yield from lines
    if rest:
        yield Told(0, "")
        yield Told(0, f"and {counted(rest, 'more member')} (--full shows all)", "dim")
    if behind := [difference for member in found if member.follows for difference in member.differences]:
        yield Told(0, "")
        yield from _consequences(behind, 0, full=full)


def _side(label: str, tree: Tree) -> Iterator[Told]:
    size = f", {tree.size:,} bytes" if tree.size is not None else ""
    yield Told(1, f"{label:<{_LABEL}} {tree.name} ({tree.form}{size})", label)
    if tree.sha256 is not None:
        yield Told(1, f"{'sha256':<{_LABEL}} {tree.sha256}", "dim")


def _why(comparison: Comparison) -> Iterator[Told]:
    """What was recognized, what mends it, and where nothing was."""
    yield Told(0, "")
    yield Told(0, "", head="why")
    for item in explanations(comparison):
        where = f" ({item.reason.id}) {_named(item.members)}"
        if item.follows:
            yield Told(1, f"follows: {item.title}{where}", "dim")
            continue
        yield Told(1, where, head=item.title)
        yield Told(2, item.reason.why)
        yield Told(2, f"mend it: {item.reason.remedy}", "good")
    found = members(comparison)
    if lost := [member.place for member in found if member.lack and not member.titles]:
        yield Told(1, f" {_named(lost)}", "warn", head="no cause was recognized")
    if partly := [member.place for member in found if member.lack and member.titles]:
        yield Told(1, f" {_named(partly)}", "warn", head="not all is explained")


def _named(places: Sequence[str]) -> str:
    """In how many members, with the names of the first."""
    known = [place for place in places if place]
    rest = len(known) - _NAMES
    names = ", ".join(known[:_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
    return scope(places) + (f": {names}" if names else "")


def _member(member: Member, seen: set[Cause], *, full: bool) -> Iterator[Told]:
    """All that differs of a member: below its name where that is several things."""
    first, *others = member.differences
    if member.bare and not others:
        why = "".join(f", {_because(cause, first, seen)}" for cause in first.causes)
        yield Told(0, f": {summary(first)}{why}", head=member.name)
    elif not others:
        yield from _place(first, 0, seen, full=full)
    else:
        yield Told(0, "", head=member.name)
        for difference in member.differences:
            yield from _place(difference, 1, seen, full=full, named=False)


def _because(cause: Cause, difference: Difference, seen: set[Cause]) -> str:
    """A cause in words, with what shows it where that wasn't told before."""
    why = "" if cause in seen else evidence(cause, difference)
    seen.add(cause)
    return f"{'' if cause.sure else 'probably '}because of {cause.reason.title}{f': {why}' if why else ''}"


def _place(difference: Difference, depth: int, seen: set[Cause], *, full: bool, named: bool = True) -> Iterator[Told]:
    """What is said of a place, and of those within. `seen` are the causes that were told so far."""
    tone = "dim" if difference.follows else ""
    name = difference.place or (WHOLE if not depth else "")
    said = summary(difference)
    yield Told(depth, f": {said}", tone, head=name) if name and named else Told(depth, said, tone)
    yield from _below(difference, depth + 1, seen, full=full)


def _below(difference: Difference, depth: int, seen: set[Cause], *, full: bool) -> Iterator[Told]:
    """What is said of a place below its name and summary."""
    tone = "dim" if difference.follows else ""
    yield from _lines(values(difference), depth, tone, full=full)
    yield from _lines(lines_of(difference), depth, tone, full=full)
    for cause in difference.causes:
        yield Told(depth, _because(cause, difference, seen), tone or "good")
    if (part := only(difference)) is not None:
        yield from _below(part, depth, seen, full=full)
    elif full or difference.kind is not Kind.STORAGE:  # of which what is inside are examples
        yield from _inside(difference, depth, seen, full=full)


def _inside(difference: Difference, depth: int, seen: set[Cause], *, full: bool) -> Iterator[Told]:
    shown, rest = _cut([part for part in difference.inside if full or not part.follows], None if full else _PLACES)
    for part in shown:
        yield from _place(part, depth, seen, full=full)
    if rest:
        yield Told(depth, f"and {counted(rest, 'more place')} (--full shows all)", "dim")
    if not full:
        yield from _consequences([part for part in difference.inside if part.follows], depth, full=False)


def _consequences(differences: Sequence[Difference], depth: int, *, full: bool) -> Iterator[Told]:
    """What only follows from the rest: a line each, unless all is asked for."""
    if full:
        for difference in differences:
            yield from _place(difference, depth, set(), full=True)
        return
    shown, rest = _cut(differences, _PLACES)
    for difference in shown:
        yield Told(depth, f"follows: {difference.place or WHOLE}: {difference.summary}", "dim")
    if rest:
        yield Told(depth, f"follows: and {counted(rest, 'more place')}", "dim")


def _lines(lines: Sequence[Line], depth: int, tone: str, *, full: bool) -> Iterator[Told]:
    shown, rest = _cut(lines, None if full else _LINES)
    if rest and all(line.left is None and line.right is None for line in lines):
        shown = _of_both(lines)
    for line in shown:
        yield Told(depth, f"{line.mark.value} {_shortened(line.text)}", tone or _TONES[line.mark])
    if rest:
        yield Told(depth, f"and {counted(rest, 'more line')} (--full shows all)", "dim")


def _of_both(lines: Sequence[Line]) -> Iterable[Line]:
    """Some lines of two lists, as many of the one as of the other where both have so many."""
    rights = [at for at, line in enumerate(lines) if line.mark is Mark.RIGHT]
    others = [at for at, line in enumerate(lines) if line.mark is not Mark.RIGHT]
    half = _LINES // 2
    kept = {*others[: _LINES - min(half, len(rights))], *rights[: _LINES - min(half, len(others))]}
    return [line for at, line in enumerate(lines) if at in kept]


def _cut(items: Sequence[_T], most: int | None) -> tuple[Iterable[_T], int]:
    """The first items, and how many are left out. One alone is never left out: saying so takes as much room."""
    if most is None or len(items) <= most + 1:
        return items, 0
    return items[:most], len(items) - most


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
