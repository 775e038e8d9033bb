"""What `show` tells of a wheel, as labelled rows: the terminal and the pipe only differ in how they draw them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from truewheel.findings import Finding, Severity
from truewheel.ops import Audit, Binary, Verdict
from truewheel.policy import Missing, spelled

_MOST_LINES = 8
_FORMATS = {"elf": "ELF", "macho": "Mach-O", "pe": "PE", "wasm": "WebAssembly"}
_LEAKS = {
    "PATH001": "absolute run path",
    "PATH002": "absolute install name",
    "PATH003": "run path out of the wheel",
    "PATH004": "build path",
    "REP002": "PDB path",
}


class Row(NamedTuple):
    """A labelled line; further lines of one subject have an empty label. ``tone`` is good, bad, warn, dim or ""."""

    label: str
    text: str
    tone: str = ""


def rows(audit: Audit) -> Iterator[Row]:
    """The rows of one wheel, in reading order."""
    yield from _tag_rows(audit)
    if audit.generator:
        yield Row("built by", audit.generator, "dim")
    yield Row(
        "size", f"{_bytes(audit.size)}, {_bytes(audit.unpacked_size)} unpacked, {audit.member_count:,} members", "dim"
    )
    yield from _binary_rows(audit.binaries)
    yield from _missing_rows(audit.external)
    yield from _leak_rows(audit.findings)
    yield from _finding_rows(audit.findings)
    if audit.sha256 is not None:
        yield Row("sha256", audit.sha256, "dim")
    if audit.payload_digest is not None:
        yield Row("payload", audit.payload_digest, "dim")


def _tag_rows(audit: Audit) -> Iterator[Row]:
    tags = audit.tags
    # Where something is unknown, what is certain is a lower bound.
    least = tags.computed is None
    needed = ", ".join(tags.computed or spelled(requirement.floor for requirement in tags.deciding))
    needed += ", at least" if least and needed else ""
    words = {
        Verdict.EXACT: ("exact: the tag is what the wheel needs", "good"),
        Verdict.STRICTER: (f"stricter than needed: {needed} would do", "warn"),
        Verdict.TOO_GENEROUS: (f"too generous: what it needs is {needed}", "bad"),
        Verdict.CONTRADICTORY: (f"contradictory: what is inside is {needed}", "bad"),
        Verdict.UNKNOWN: ("unknown: the platform can't be computed", "warn"),
    }
    text, tone = words[tags.verdict]
    yield Row("tag", ", ".join(tags.claimed))
    yield Row("verdict", text, tone)
    reasons = [f"{r.floor.tag}: {f'{r.member}: ' if r.member else ''}{r.reason}" for r in tags.deciding]
    for index, reason in enumerate([*tags.reasons, *reasons][:_MOST_LINES]):
        yield Row("" if index else "because", reason)


def _binary_rows(binaries: tuple[Binary, ...]) -> Iterator[Row]:
    if not binaries:
        yield Row("binaries", "none", "dim")
        return
    kinds = Counter((_FORMATS[b.format], "+".join(b.archs), b.libc or "") for b in binaries)
    parts = [f"{n} {fmt} {archs}{f' ({libc})' if libc else ''}" for (fmt, archs, libc), n in sorted(kinds.items())]
    for index, part in enumerate(parts):
        yield Row("" if index else "binaries", part)


def _missing_rows(external: tuple[Missing, ...]) -> Iterator[Row]:
    for index, missing in enumerate(external[:_MOST_LINES]):
        yield Row("" if index else "missing", f"{missing.library} {missing.searched} ({_some(missing.members)})", "bad")
    if len(external) > _MOST_LINES:
        yield Row("", f"and {len(external) - _MOST_LINES} more libraries", "bad")


def _leak_rows(findings: tuple[Finding, ...]) -> Iterator[Row]:
    leaks = [finding for finding in findings if finding.rule.id in _LEAKS]
    counts = Counter(finding.rule.id for finding in leaks)
    for index, (rule, count) in enumerate(sorted(counts.items())):
        example = next(finding for finding in leaks if finding.rule.id == rule)
        more = f", and {count - 1} more" if count > 1 else ""
        yield Row("" if index else "leaks", f"{_LEAKS[rule]}: {example.member}: {example.message}{more}", "warn")


def _finding_rows(findings: tuple[Finding, ...]) -> Iterator[Row]:
    told = sorted(
        (f for f in findings if f.rule.severity > Severity.NOTE and f.rule.id not in _LEAKS),
        key=lambda finding: (-finding.rule.severity, finding.key),
    )
    counts = Counter(finding.rule.severity for finding in findings)
    if not findings:
        yield Row("findings", "none", "good")
        return
    summary = ", ".join(_count(counts[severity], severity.label) for severity in sorted(counts, reverse=True))
    yield Row("findings", f"{summary} (`truewheel check` lists them)", "bad" if counts[Severity.ERROR] else "dim")
    for finding in told[:_MOST_LINES]:
        place = f"{finding.member}: " if finding.member else ""
        tone = "bad" if finding.rule.severity is Severity.ERROR else "warn"
        yield Row("", f"{finding.rule.id} {place}{finding.message}", tone)
    if len(told) > _MOST_LINES:
        yield Row("", f"and {len(told) - _MOST_LINES} more", "dim")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"


def _some(members: tuple[str, ...]) -> str:
    return members[0] if len(members) == 1 else f"{members[0]} and {len(members) - 1} more"


def _bytes(number: int) -> str:
    """A size for people: exact when small, else in MB (10**6)."""
    return f"{number:,} bytes" if number < 1_000_000 else f"{number / 1e6:,.1f} MB"
