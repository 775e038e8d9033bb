"""A verdict in one sentence, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from truewheel.verdict.model import Deviation, Judgement, Rung, Transplanted, Verification

_EXAMPLES: Final = 3
_PLURALS: Final = {
    "time": "times",
    "mode": "modes",
    "order": "places",
    "system": "systems",
    "version": "versions",
    "flags": "flags",
    "method": "methods",
    "extra": "extra fields",
    "attributes": "internal attributes",
    "descriptor": "data descriptors",
    "deflate": "streams",
    "folder": "entries",
    "end": "end records",
}
"""What a field of metadata is called where several have it."""
_OWNERS: Final = {"folder": "folder", "end": "archive"}


def verdict_of(verification: Verification) -> str:
    """The verdict in one sentence, without a stop at its end: how far it came, and what stands in the way."""
    judgement = verification.judgement
    if judgement is None:
        return f"not rebuilt: {_why_not(verification)}"
    return _sentence(judgement)


def taken_in_words(transplanted: Transplanted) -> str:
    """What a transplant takes: ``48 bytes of zip metadata (times of 6 members)``."""
    fields = [
        f"{_PLURALS.get(field, field)} of {_counted(count, _OWNERS.get(field, 'member'))}"
        for field, count in transplanted.fields
    ]
    said = f" ({', '.join(fields)})" if fields else ""
    return f"{_counted(transplanted.size, 'byte')} of zip metadata{said}"


def _why_not(verification: Verification) -> str:
    """The problem; else why the last build gave nothing."""
    failures = [attempt.failure for attempt in verification.attempts if attempt.failure]
    said = verification.problem or (failures[-1] if failures else "nothing was built")
    return said.strip().partition("\n")[0].rstrip(".")


def _sentence(judgement: Judgement) -> str:
    transplanted = judgement.transplanted
    if judgement.rung is Rung.BIT_FOR_BIT:
        return "bit-for-bit" + (", with a RECORD that is wrong" if judgement.record else "")
    if transplanted is not None:
        return f"bit-for-bit given {taken_in_words(transplanted)}"
    if judgement.rung is Rung.SAME_CONTENTS:
        return "same contents, stored otherwise"
    if judgement.rung is Rung.EXPLAINED:
        files = [each for each in judgement.deviations if not each.follows] or judgement.deviations
        return f"same but for {_counted(len(_names(files)), 'file')}: {_listed(files)}"
    if not judgement.deviations:
        return str(judgement.rung.value)
    total = _counted(len(_names(judgement.deviations)), "file")
    unexplained = judgement.unexplained
    return f"different: {total}, of which {len(_names(unexplained)):,} unexplained: {_listed(unexplained)}"


def _names(deviations: Sequence[Deviation]) -> tuple[str, ...]:
    """The members, each once."""
    return tuple(dict.fromkeys(each.member or "the folders' names" for each in deviations))


def _listed(deviations: Sequence[Deviation]) -> str:
    names = _names(deviations)
    more = f" and {len(names) - _EXAMPLES:,} more" if len(names) > _EXAMPLES else ""
    return ", ".join(names[:_EXAMPLES]) + more


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
