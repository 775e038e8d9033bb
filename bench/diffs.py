"""What differs between two wheels, beside diffoscope: it is asked for text, and looks into native files too."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cost
from bench.model import OURS, Contender, Contest, Goal
from bench.wheels import SUBJECTS
from tests.corpus import cache_folder, locked
from tests.rebuild.sdists import FOUNDING

_EITHER = '"$@"; [ $? -eq 1 ]'
"""Both programs end with 1 where something differs; anything else has failed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two wheels that differ, in the folders ``first`` and ``second`` of one; made once and kept."""

    name: str
    make: Callable[[Path], None]
    many: bool = False

    def fetch(self) -> Path:
        """The folder that holds both."""
        folder = cache_folder() / "pairs" / f"{self.name}-cp{sys.version_info[0]}{sys.version_info[1]}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_suffix(".lock")):
            if not (folder / "done").exists():
                shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run has left
                for name in ("first", "second"):
                    (folder / name).mkdir(parents=True)
                self.make(folder)
                (folder / "done").touch()
        return folder


def _built(project: str) -> Pair:
    """What pip makes of one sdist at two times: the name of its folder differs, and all that follows from it."""
    (published,) = (published for published in FOUNDING if published.project.lower() == project)

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(published.fetch())]
        for name in ("first", "second"):
            cost([*command, "--wheel-dir", str(folder / name)])

    return Pair(f"{project} built by pip", make)


def _packed(project: str) -> Pair:
    """A published wheel, and the same packed by zipfile: the contents are equal."""

    def make(folder: Path) -> None:
        wheel = SUBJECTS[project].fetch()
        shutil.copy(wheel, folder / "first")
        script = str(Path(__file__).with_name("zipfile_copy.py"))
        cost([sys.executable, script, str(wheel), str(folder / "second" / wheel.name)])

    return Pair(f"{project} packed again", make)


PAIRS = (_built("markupsafe"), _built("pyyaml"), _built("frozenlist"), _packed("pyarrow"))

GOALS = (
    Goal(f"diff {PAIRS[0].name}", OURS, 2, against="diffoscope"),  # a small one: half of ours is Python's start
    *(Goal(f"diff {pair.name}", OURS, 5, against="diffoscope") for pair in PAIRS[1:]),
)


def contests(truewheel: str) -> tuple[Contest, ...]:
    """The contests on pairs. diffoscope is the system's, with whatever it finds there to look into files with."""
    diffoscope = shutil.which("diffoscope")
    ours = Contender(OURS, lambda pair, _: [_comparing(pair, truewheel, "diff")])
    theirs = Contender("diffoscope", lambda pair, to: [_comparing(pair, str(diffoscope), "--text", str(to / "text"))])
    return tuple(Contest("diff", pair, (ours, theirs) if diffoscope else (ours,)) for pair in PAIRS)


def _comparing(pair: Path, *words: str) -> list[str]:
    wheels = [str(next((pair / name).glob("*.whl"))) for name in ("first", "second")]
    return ["sh", "-c", _EITHER, "sh", *words, *wheels]
