"""What a build runs in: the protocol that the three kinds of isolation share, and what each of them hides."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from truewheel.builds.model import Conditions, Isolation, Workroom
from truewheel.builds.processes import Output

KINDS = ("bubblewrap", "namespaces", "none")
"""The kinds of isolation, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every kind is made from.

    ``network`` leaves the network reachable. ``memory`` is how many bytes each program may take (`processes.run`).
    ``visible`` are files and folders of the host that must be there to be read although they lie below a hidden place:
    the interpreter, programs on PATH. ``hidden`` are further hidden places.
    """

    room: Workroom
    conditions: Conditions
    network: bool = False
    memory: int | None = None
    visible: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


class Sandbox(Protocol):
    """A place to run the programs of a build in."""

    @property
    def isolation(self) -> Isolation:
        """What is in force."""

    def inside(self, path: Path) -> str:
        """What the build calls `path`, a path of the host. One outside the workroom keeps its name."""

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: Output,
        also: Sequence[Path] = (),
        seconds: float | None = None,
    ) -> int:
        """Run a program with exactly `environment`, and return its exit status (negative or 128+N for signal N).

        The command names files as `inside` does; `folder` is a path of the host in the workroom. `also` are folders of
        the host that the program may read and write where they are. Raises `RequestError` where it can't be started,
        and `OverTimeError` where it takes longer than `seconds`.
        """


def personality(conditions: Conditions) -> list[str]:
    """What stands before a command so that it runs under the wanted personality, as Linux calls it."""
    return [shutil.which("setarch") or "setarch", *conditions.setarch] if conditions.setarch else []


def moved(room: Workroom, root: str, path: Path) -> str:
    """`path` as it is called where the workroom lies at `root`."""
    try:
        rest = path.relative_to(room.host)
    except ValueError:
        return str(path)
    return str(Path(root) / rest)
