"""What a contest is: a job that tools do in turn on one wheel, and a goal for what comes out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Cost, cost, total
from bench.wheels import Input

OURS = "truewheel"

Commands = Callable[[Path, Path], Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A tool. ``commands`` gives the command lines for a wheel and an empty folder; the folder is thrown away.

    With ``in_place`` the wheel is a copy inside the folder, and making it isn't counted.
    """

    name: str
    commands: Commands
    in_place: bool = False

    def run(self, wheel: Path, folder: Path) -> Cost:
        """Run once. Raises `BenchError` if the tool fails."""
        if self.in_place:
            wheel = Path(shutil.copy(wheel, folder))
        return total([cost(command) for command in self.commands(wheel, folder)])


@dataclass(frozen=True, slots=True)
class Contest:
    """One job on one wheel (None for a job that needs none), done by several tools in turn."""

    job: str
    subject: Input | None
    contenders: tuple[Contender, ...]

    @property
    def title(self) -> str:
        """Job and wheel, such as ``show numpy``."""
        return f"{self.job} {self.subject.name}" if self.subject else self.job


@dataclass(frozen=True, slots=True)
class Goal:
    """What should come out of a contest: `bound` times less than ``against``, or at most `bound`, of a quantity."""

    contest: str
    contender: str
    bound: float
    against: str = ""
    quantity: str = "cpu"

    def value(self, results: dict[str, Cost]) -> float | None:
        """The ratio (how many times cheaper), seconds, or megabytes reached; None if it wasn't measured."""
        mine, theirs = results.get(self.contender), results.get(self.against)
        if mine is None or (self.against and theirs is None):
            return None
        if theirs is not None:
            return theirs.peak / mine.peak if self.quantity == "peak" else theirs.cpu / mine.cpu
        return mine.peak / 1e6 if self.quantity == "peak" else mine.cpu

    def reached(self, value: float) -> bool:
        """Whether that is good enough."""
        return value >= self.bound if self.against else value <= self.bound

    def sentence(self, value: float) -> str:
        """The goal and what came out, in words."""
        if self.against:
            what = "memory" if self.quantity == "peak" else "CPU"
            said, asked = f"{value:.1f} times less {what} than {self.against}", f"at least {self.bound:g}"
        elif self.quantity == "peak":
            said, asked = f"{value:.0f} MB at the peak", f"at most {self.bound:g}"
        else:
            said, asked = f"{value * 1000:.0f} ms of CPU", f"at most {self.bound * 1000:g}"
        return f"{self.contest}: {self.contender}: {said} (goal: {asked})"
