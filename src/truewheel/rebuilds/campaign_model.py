"""Campaigns as values: what was found so far, how far the packages came, and who is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from truewheel.index.model import Target
from truewheel.verdict.model import Rung, Verification


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a campaign is: packages at each rung, those that are left, and all of them."""

    rungs: Mapping[Rung, int]
    left: int

    @property
    def done(self) -> int:
        """Packages that have an answer."""
        return sum(self.rungs.values())

    @property
    def total(self) -> int:
        """All packages of the campaign's list."""
        return self.done + self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What a campaign has found: each target of its list that has an answer, in the list's order, and how many lack."""

    results: tuple[tuple[Target, Verification], ...]
    left: int = 0

    @property
    def verifications(self) -> tuple[Verification, ...]:
        """The answers alone."""
        return tuple(verification for _, verification in self.results)

    @property
    def counts(self) -> Counts:
        """How many came how far."""
        found = Counter(verification.rung for verification in self.verifications)
        return Counts({rung: found[rung] for rung in Rung if found[rung]}, self.left)


class Watcher(Protocol):
    """Somebody who is told how a campaign goes on, in the thread that runs it."""

    def counts(self, counts: Counts) -> None:
        """How far it is: at the beginning, and after every answer."""

    def started(self, target: Target) -> None:
        """A target was given to a worker; on a cluster it may wait there for its turn."""

    def finished(self, target: Target, verification: Verification) -> None:
        """A target has its answer, and that is kept."""

    def given_back(self, target: Target) -> None:
        """A target has lost its worker, and waits again."""

    def stopped(self, left: int) -> None:
        """The campaign ends before its time, by an error or a signal, and so many targets are left."""


class Nobody:
    """Is told how a campaign goes on, and doesn't care."""

    def counts(self, counts: Counts) -> None:
        """Hear how far it is."""

    def started(self, target: Target) -> None:
        """Hear of a target."""

    def finished(self, target: Target, verification: Verification) -> None:
        """Hear of an answer."""

    def given_back(self, target: Target) -> None:
        """Hear of a lost worker."""

    def stopped(self, left: int) -> None:
        """Hear of an early end."""
