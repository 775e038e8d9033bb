"""What `fuse` tells of a wheel, as labelled rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from truewheel.findings import Severity
from truewheel.report.rows import Row
from truewheel.report.shapes import FusedWheel

_MOST_LINES = 8


def fusion_rows(result: FusedWheel) -> Iterator[Row]:
    """The rows of one wheel, in reading order: the tag and why, what was made of two, what is of one alone."""
    tags = result.tags
    yield Row("tag", ", ".join(tags.claimed))
    yield from (Row("because", reason) for reason in tags.reasons)
    for requirement in tags.deciding:
        yield Row("because", f"{requirement.floor.tag}: {requirement.member}: {requirement.reason}")
    yield from _listed("fat", (f"{member} ({', '.join(archs)})" for member, archs in result.joined.items()))
    alone = (f"{member}, of {', '.join(map(str, files))}" for member, files in result.alone.items())
    yield from _listed("alone", alone)
    yield from _listed("first's", result.taken)
    yield from (Row("note", note) for note in result.notes)
    for finding in result.findings:
        tone = "warn" if finding.rule.severity > Severity.NOTE else "dim"
        place = f"{finding.member}: " if finding.member else ""
        yield Row(finding.rule.severity.label, f"{finding.rule.id} {place}{finding.message}", tone)


def _listed(label: str, lines: Iterable[str]) -> Iterator[Row]:
    """The first lines of a kind, and how many more there are."""
    every = tuple(lines)
    for line in every[:_MOST_LINES]:
        yield Row(label, line)
    if len(every) > _MOST_LINES:
        yield Row(label, f"and {len(every) - _MOST_LINES:,} more", "dim")
