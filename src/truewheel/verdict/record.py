"""The RECORD of a published wheel, held against its members before anything else is."""

from __future__ import annotations

from typing import Final

from truewheel import rules
from truewheel.errors import WheelError
from truewheel.findings import Finding, shortened
from truewheel.wheel import Mapper, Wheel, rows_of, serially, verify_record

_MOST: Final = 20


def check_record(wheel: Wheel, mapper: Mapper = serially) -> tuple[str, ...]:
    """What is wrong with RECORD, in sentences; none where it is right.

    Wrong are hashes and sizes that aren't the members', members without a row and rows without a member, rows without
    a hash or with one that is weaker than sha256, two rows for one path, and what is no csv or far too long for a
    RECORD (PEP 376, PEP 427). Its own row and those of its signatures can't be held against anything. Raises
    `WheelError` where a member can't be read.
    """
    try:
        rows_of(wheel)
    except WheelError as error:
        return (shortened(str(error)),)
    findings = verify_record(wheel, contents=True, mapper=mapper)
    said = [_sentence(finding) for finding in findings[:_MOST]]
    if len(findings) > _MOST:
        said.append(f"{len(findings) - _MOST:,} more faults")
    return tuple(said)


def _sentence(finding: Finding) -> str:
    """What is wrong, and with which member, if the sentence doesn't name it."""
    if finding.rule is rules.RECORD_MISSING_FILE:
        return finding.message
    return shortened(f"{finding.member}: {finding.message}")
