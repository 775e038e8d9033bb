"""How many of several verifications came how far: by verdict, by backend and by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from truewheel.report.verifications import causes
from truewheel.verdict.model import Rung, Verification

UNKNOWN: Final = "unknown"
"""Stands for the backend of wheels that don't tell theirs."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of ``total`` have each verdict."""

    total: int
    counts: tuple[tuple[Rung, int], ...]

    @classmethod
    def of(cls, rungs: Iterable[Rung]) -> Rates:
        """The rates of these verdicts."""
        found = Counter(rungs)
        return cls(found.total(), tuple((rung, found[rung]) for rung in Rung))

    def count(self, rung: Rung) -> int:
        """How many have this verdict."""
        return dict(self.counts)[rung]

    def at_least(self, rung: Rung) -> int:
        """How many have this verdict or a better one."""
        return sum(number for each, number in self.counts if each.height <= rung.height)


def share(number: int, total: int) -> str:
    """A part of a whole in per cent: never 100 where something is missing, and never 0 where something is there."""
    if not total:
        return "0 %"
    percent = round(100 * number / total)
    if number == total or not number:
        return f"{percent} %"
    return f"{min(max(percent, 1), 99)} %"


def by_backend(results: Sequence[Verification]) -> tuple[tuple[str, Rates], ...]:
    """The rates of each backend; the one with most wheels first."""
    groups: dict[str, list[Rung]] = {}
    for one in results:
        groups.setdefault(one.backend or UNKNOWN, []).append(one.rung)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple((name, Rates.of(rungs)) for name, rungs in ranked)


def by_cause(results: Sequence[Verification]) -> tuple[tuple[str, int], ...]:
    """What kept how many wheels from the best verdict; what concerns most first."""
    found = Counter(cause for one in results for cause in causes(one))
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def worst_first(results: Sequence[Verification]) -> tuple[int, ...]:
    """The places of verifications in the order in which they deserve a look.

    Those that differ come first, and those without a verdict before those that are the same.
    """
    order = [Rung.DIFFERENT, Rung.EXPLAINED, Rung.NOT_REBUILT, Rung.SAME_CONTENTS, Rung.ZIP_METADATA, Rung.BIT_FOR_BIT]
    ranks = {rung: number for number, rung in enumerate(order)}
    return tuple(sorted(range(len(results)), key=lambda at: (ranks[results[at].rung], results[at].project, at)))
