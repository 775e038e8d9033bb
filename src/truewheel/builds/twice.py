"""Built twice: once as always, and once more under other circumstances, to see whether that shows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from truewheel.builds.model import Artefact, Conditions, Made, Progress, Request, Varied
from truewheel.builds.project import make
from truewheel.builds.twice_causes import circumstances, explained
from truewheel.builds.variations import MORE_PATH, Around, second_conditions
from truewheel.builds.variations_machine import machine
from truewheel.compare import Comparison, compare
from truewheel.errors import TruewheelError
from truewheel.world.sides import open_side


@dataclass(frozen=True, slots=True)
class Twin:
    """What a second build had otherwise, and what it made beside the first, in the order of the first's artefacts."""

    varied: tuple[Varied, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def same(self) -> bool:
        """Whether every file came out with the same bytes."""
        return all(comparison.identical for comparison in self.comparisons)


def build_again(
    request: Request, made: Made, *, progress: Progress, log: Path | None = None, leave: Sequence[Path] = ()
) -> Twin:
    """Build once more what `request` has `made`, under other conditions and from the same lock, and compare.

    What the second build makes is delivered nowhere; its output is written to `log`. What the first one has written is
    named in `leave`: in a folder of sources it would be taken for sources.
    Raises `TruewheelError` where it fails: something that was varied keeps it from being built at all.
    """
    around = Around(made.isolation, made.epoch.seconds, network=request.network, machine=machine())
    conditions, varied = second_conditions(around)
    with tempfile.TemporaryDirectory(prefix="truewheel-twice-") as name:
        folder = Path(name).resolve()
        again = _again(request, made, folder)
        second = _made(again, conditions, folder, _Second(progress), log=log, leave=leave)
        progress.phase("compare the two builds")
        seen = circumstances(around, conditions)
        pairs = _pairs(made, second)
        return Twin(varied, tuple(explained(_compared(one.path, other.path), seen) for one, other in pairs))


def _again(request: Request, made: Made, folder: Path) -> Request:
    """The same request, with the lock of the first build."""
    lock = folder / "pylock.toml"
    lock.write_text(made.lock, encoding="utf-8", newline="")
    return replace(request, lock=lock, constraints=(), exclude_newer=None)


def _made(
    again: Request,
    conditions: Conditions,
    folder: Path,
    progress: Progress,
    *,
    log: Path | None,
    leave: Sequence[Path],
) -> Made:
    caller = {**os.environ, "PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), MORE_PATH))}
    try:
        return make(
            again,
            folder / "made",
            conditions=conditions,
            progress=progress,
            caller_environment=caller,
            log=log,
            leave=leave,
        )
    except TruewheelError as error:
        error.what = f"the second build, under other circumstances, failed: {error.what}"
        raise


def _pairs(first: Made, second: Made) -> list[tuple[Artefact, Artefact]]:
    """The artefacts of one kind: their names may differ, where a version was made from the clock."""
    others = {artefact.kind: artefact for artefact in second.artefacts}
    return [(artefact, others[artefact.kind]) for artefact in first.artefacts]


def _compared(left: Path, right: Path) -> Comparison:
    with open_side(left) as one, open_side(right) as other:
        return compare(one, other)


class _Second:
    """Passes on how the second build goes on, and says that it is that."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def phase(self, name: str) -> None:
        """Pass a phase on."""
        self._progress.phase(f"second build: {name}")

    def line(self, text: str) -> None:
        """Pass a line on."""
        self._progress.line(text)
