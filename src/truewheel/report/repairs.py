"""What `repair` tells of a wheel, as labelled rows."""

from __future__ import annotations

from collections.abc import Iterator

from truewheel.findings import Severity
from truewheel.ops import Tags
from truewheel.ops.plan import Change, Changes, Graft
from truewheel.report.rows import Row
from truewheel.report.shapes import RepairedWheel

_MOST_USERS = 3


def repair_rows(result: RepairedWheel) -> Iterator[Row]:
    """The rows of one wheel, in reading order: the tag and why, what comes in, what is edited, what stays out."""
    plan = result.plan
    yield from _tags(result.before, result.after)
    for graft in plan.grafts:
        yield Row("graft", _graft(graft))
    for change in plan.changes:
        yield Row("edit", _change(change))
    for source in plan.sources:
        yield Row("patch", f"{source.member}: {'; '.join(source.reasons)}")
    for library, users in plan.excluded:
        yield Row("left out", f"{library}, for {_users(users)}")
    if plan.promised:
        yield Row("platform's", ", ".join(library for library, _ in plan.promised), "dim")
    for finding in result.findings:
        tone = "warn" if finding.rule.severity > Severity.NOTE else "dim"
        place = f"{finding.member}: " if finding.member else ""
        yield Row(finding.rule.severity.label, f"{finding.rule.id} {place}{finding.message}", tone)


def _tags(before: Tags, after: Tags) -> Iterator[Row]:
    same = before.claimed == after.claimed
    yield Row("tag", ", ".join(after.claimed) + ("" if same else f" (was {', '.join(before.claimed)})"))
    for reason in after.reasons:
        yield Row("because", reason)
    for requirement in after.deciding:
        member = f"{requirement.member}: " if requirement.member else ""
        yield Row("because", f"{requirement.floor.tag}: {member}{requirement.reason}")


def _graft(graft: Graft[Changes]) -> str:
    asked = f"for {_users(graft.needed_by)}" if graft.needed_by else "opened at run time"
    done = "".join(f", {what}" for what in (*(["stripped"] if graft.strip else []), *graft.reasons))
    return f"{graft.member} ({graft.size:,} bytes) from {graft.file.path}{done}, {asked}"


def _change(change: Change[Changes]) -> str:
    return f"{change.member}: {'; '.join(change.reasons)}"


def _users(users: tuple[str, ...]) -> str:
    rest = len(users) - _MOST_USERS
    return ", ".join(users[:_MOST_USERS]) + (f" and {rest} more" if rest > 0 else "")
