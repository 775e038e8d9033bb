"""Which findings count: selection by rule, and strictness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from truewheel.findings import Finding, Severity
from truewheel.ops.audit import Audit
from truewheel.rules import selected


def narrowed(audit: Audit, select: tuple[str, ...], ignore: tuple[str, ...], *, strict: bool = False) -> Audit:
    """The audit with only the findings of the selected rules (all, if none are named), less the ignored ones.

    `strict` gives each finding the severity that its rule has under ``--strict``.
    Raises `RequestError` for a selector that names no rule.
    """
    wanted = selected(select or ("ALL",)) - selected(ignore)
    kept = [finding for finding in audit.findings if finding.rule.id in wanted]
    if strict:
        kept = [_stricter(finding) for finding in kept]
    return replace(audit, findings=tuple(kept))


def _stricter(finding: Finding) -> Finding:
    rule = finding.rule
    return replace(finding, rule=replace(rule, severity=max(rule.severity, rule.strict)))


def failing(findings: Iterable[Finding]) -> bool:
    """Whether any finding is more than a note, so that a check has to fail."""
    return any(finding.rule.severity > Severity.NOTE for finding in findings)
