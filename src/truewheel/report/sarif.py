"""SARIF 2.1.0 (OASIS), for code scanning, and the workflow commands of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from truewheel.errors import TruewheelError, printable
from truewheel.findings import Finding, Rule
from truewheel.report.shapes import Json

if TYPE_CHECKING:
    from truewheel.ops import Audit

_GITHUB_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}


def document(audits: Sequence[Audit], errors: Sequence[TruewheelError], version: str) -> str:
    """The findings of all wheels as one SARIF run; the rules that were met are described in it.

    Wheels that could not be checked are notifications of its invocation, which then was no success.
    """
    rules = {finding.rule.id: finding.rule for audit in audits for finding in audit.findings}
    order = sorted(rules)
    driver: Json = {"name": "truewheel", "version": version, "rules": [_rule(rules[key]) for key in order]}
    results = [
        _result(audit.file, finding, order.index(finding.rule.id)) for audit in audits for finding in audit.findings
    ]
    notes: list[Json] = [{"level": "error", "message": {"text": str(error)}} for error in errors]
    body: Json = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "utf16CodeUnits",
                "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": notes}],
                "results": results,
            }
        ],
    }
    return json.dumps(body, indent=2)


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.severity.label},
    }


def _result(file: str, finding: Finding, index: int) -> Json:
    place: dict[str, Json] = {"artifactLocation": {"uri": _uri(file)}}
    if finding.offset is not None:
        place["region"] = {"byteOffset": finding.offset}
    member = f"{printable(finding.member)}: " if finding.member else ""
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": finding.rule.severity.label,
        "message": {"text": member + printable(finding.message)},
        "locations": [
            {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": printable(finding.member)}]}
        ],
    }


def _uri(file: str) -> str:
    """A path as a relative URI reference: only what RFC 3986 lets stand as it is, the rest in percent code."""
    allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
    data = file.replace("\\", "/").encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if chr(byte) in allowed else f"%{byte:02X}" for byte in data)


def github(audits: Sequence[Audit], errors: Sequence[TruewheelError]) -> str:
    """A workflow command for each finding and each wheel that could not be checked; GitHub shows annotations."""
    found = [_command(audit.file, finding) for audit in audits for finding in audit.findings]
    failed = [f"::error file={_property(error.where.file)},title=truewheel::{_data(error.what)}" for error in errors]
    return "\n".join([*found, *failed])


def _command(file: str, finding: Finding) -> str:
    level = _GITHUB_LEVELS[finding.rule.severity.label]
    member = f"{finding.member}: " if finding.member else ""
    title = f"{finding.rule.id} {finding.rule.name}"
    return f"::{level} file={_property(file)},title={_property(title)}::{_data(member + finding.message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
