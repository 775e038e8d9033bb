"""Wheels for Windows beside delvewheel and repairwheel, which starts it.

What is published has been repaired, and delvewheel looks at no such wheel twice; so these are taken apart, as the tests
do it, or lack nothing.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cost
from bench.model import OURS, Contender, Contest, Goal
from bench.wheels import Input, Subject
from tests.corpus import ROWS, cache_folder, locked

_UNDO = """
import sys
from pathlib import Path
from tests.repair.windows.undone import undo
undo(*map(Path, sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A published wheel without its DLLs, which lie in the folder ``lacking`` beside it; made once and kept."""

    name: str
    wheel: Subject
    many: bool = False

    def fetch(self) -> Path:
        """The path of the wheel. delvewheel gives the names back, which takes it half a minute for scipy."""
        folder = cache_folder() / "undone" / self.wheel.file
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_suffix(".lock")):
            if not (folder / self.wheel.file).exists():
                shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run has left
                # In a process of its own: what is measured later starts with the peak of this one.
                cost([sys.executable, "-c", _UNDO, str(self.wheel.fetch()), str(folder)])
        return folder / self.wheel.file


def _subject(project: str) -> Subject:
    (file,) = (file for file in ROWS if file.startswith(f"{project}-") and file.endswith("win_amd64.whl"))
    return Subject(f"{project} for Windows", file, ROWS[file].sha256)


def _taken(project: str) -> Taken:
    subject = _subject(project)
    return Taken(subject.name, subject)


SUBJECTS: tuple[Input, ...] = (
    _subject("pillow"),
    _taken("shapely"),
    _taken("numpy"),
    _taken("scipy"),
    _subject("ziglang"),
)
"""One with eight large modules that lacks nothing; three that lack 3, 2 and 1 DLLs; and a large one with a program."""

_READ = ("pillow", "shapely", "numpy", "scipy")  # delvewheel looks at no program, so ziglang costs it nothing

GOALS = (
    *(Goal(f"show {project} for Windows", OURS, 20, against="delvewheel") for project in _READ),
    *(
        Goal(f"repair {project} for Windows", OURS, 5, against=peer)
        for project in ("shapely", "numpy", "scipy")
        for peer in ("delvewheel", "repairwheel")
    ),
)


def contests(truewheel: str, peers: Path) -> tuple[Contest, ...]:
    """The contests on wheels for Windows."""
    delvewheel, repairwheel = (str(peers / name) for name in ("delvewheel", "repairwheel"))
    showing = (
        Contender(OURS, lambda path, _: [[truewheel, "show", str(path)]]),
        Contender("delvewheel", lambda path, _: [[delvewheel, "show", *_places("--add-path", path), str(path)]]),
    )
    repairing = (
        Contender(OURS, lambda path, to: [[truewheel, "repair", str(path), "-w", str(to), *_places("-L", path)]]),
        Contender(
            "delvewheel",
            lambda path, to: [[delvewheel, "repair", *_places("--add-path", path), "-w", str(to), str(path)]],
        ),
        Contender("repairwheel", lambda path, to: [[repairwheel, str(path), "-o", str(to), *_places("-l", path)]]),
    )
    return (
        *(Contest("show", subject, showing) for subject in SUBJECTS),
        *(Contest("repair", subject, repairing) for subject in SUBJECTS),
    )


def _places(option: str, wheel: Path) -> list[str]:
    """Where the DLLs of a wheel are, as an option."""
    lacking = wheel.parent / "lacking"
    return [option, str(lacking)] if lacking.is_dir() else []
