"""What an examination says: rules, findings, and how bad they are. No rendering, no verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding matters. Errors and warnings make ``check`` fail; notes only with ``--strict``."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word that people and machines read: ``note``, ``warning`` or ``error``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that can be wrong with a wheel. Ids are stable: never reused, never renumbered.

    ``id`` is a family in capitals and three digits, ``name`` words joined by hyphens, ``summary`` one line,
    ``why`` the harm it does, ``remedy`` what to do, and ``source`` where the rule comes from (a PEP, a
    specification's section). ``strict`` is the severity under ``--strict``.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    remedy: str
    source: str = ""
    strict: Severity = Severity.ERROR

    @property
    def family(self) -> str:
        """The letters of the id, such as ``TAG``."""
        return self.id.rstrip("0123456789")


_LONGEST, _END = 1_000, 200  # the longest of real wheels has 600


def shortened(text: str) -> str:
    """A sentence of 1,000 letters at most, cut in its middle: what it quotes of a file may be of any length."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - _END - 1]}…{text[-_END:]}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with its place and its evidence.

    ``member`` is the path inside the wheel ("" for the wheel as a whole), ``message`` one sentence with the
    facts (`shortened`), ``offset`` a position in bytes inside the member where one is known.
    """

    rule: Rule
    message: str
    member: str = ""
    offset: int | None = None

    def __post_init__(self) -> None:
        """Keep the message readable, whatever it quotes."""
        object.__setattr__(self, "message", shortened(self.message))

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What findings are sorted by: rule, member, offset, message."""
        return (self.rule.id, self.member, -1 if self.offset is None else self.offset, self.message)


def in_order(findings: list[Finding] | tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings without repetition, in an order that depends on nothing but themselves."""
    unique = {finding.key: finding for finding in findings}
    return tuple(unique[key] for key in sorted(unique))
