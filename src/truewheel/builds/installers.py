"""What resolves and installs build requirements: uv or pip, on the host, with the caller's settings for indexes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from truewheel.builds.errors import BuildError
from truewheel.builds.interpreter import Python
from truewheel.builds.lock import Choice
from truewheel.builds.model import Request, Workroom
from truewheel.builds.processes import OverTimeError, run
from truewheel.builds.record import Record

_ELSEWHERE: Final = frozenset(
    (
        "PIP_PREFIX", "PIP_PYTHON", "PIP_REPORT", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER",
        "UV_BREAK_SYSTEM_PACKAGES", "UV_OUTPUT_FORMAT", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON",
        "UV_REQUIRE_HASHES", "UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__",
    )
)  # fmt: skip
"""Variables that would have uv or pip work elsewhere than in the build's own environment."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What an installer works on: the build's folders, its Python, what was asked, and the caller's environment.

    ``scratch`` is a folder for files of its own. A build never sees that: what programs of the host read and write must
    not lie where the build's programs could leave links, or programs, in their place.
    """

    room: Workroom
    scratch: Path
    python: Python
    request: Request
    caller: Mapping[str, str]
    record: Record

    @property
    def interpreter(self) -> Path:
        """The Python of the build's own environment, by its path on the host."""
        return program_in(self.room.env, "python")

    def works(self, command: Sequence[str]) -> bool:
        """Whether uv or pip, run as by `run`, succeeds; what it says is for nobody, as there is another way."""
        self.record.command(command)
        try:
            status = run(command, Path.cwd(), self._variables(), output=lambda _: None, seconds=self.request.seconds)
        except OverTimeError:
            return False
        return not status

    def run(self, command: Sequence[str], hints: Mapping[str, str] | None = None) -> None:
        """Run uv or pip in the caller's folder, whose configuration counts. Raises `BuildError` where it fails.

        ``hints`` are what to do next, by words that its last lines have where that helps.
        """
        self.record.command(command)
        try:
            status = run(command, Path.cwd(), self._variables(), output=self.record.line, seconds=self.request.seconds)
        except OverTimeError as error:
            raise BuildError.at(self.record, error.what, hint=error.hint, repeatable=False) from None
        if status:
            tail = "\n".join(self.record.tail)
            hint = next((said for words, said in (hints or {}).items() if words in tail), "")
            raise BuildError.of(self.record, Path(command[0]).name, status, hint=hint, repeatable=False)

    def _variables(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.caller.items()
            if name not in _ELSEWHERE and not name.startswith("PYTHON")
        }
        return {**kept, "UV_PREVIEW_FEATURES": "pylock"}


class Installer(Protocol):
    """Makes a virtual environment, resolves requirements to files with hashes, and installs such files."""

    @property
    def name(self) -> str:
        """``uv`` or ``pip``."""

    def create(self, ground: Ground) -> None:
        """Make the build's environment, with nothing in it, where there is none."""

    def resolve(self, requirements: Sequence[str], ground: Ground) -> str:
        """The text of a lock for requirements."""

    def install(self, choices: Sequence[Choice], ground: Ground) -> None:
        """Have exactly these files in the environment, their hashes checked."""


def program_in(environment: Path, name: str) -> Path:
    """A program of a virtual environment."""
    return environment / "Scripts" / f"{name}.exe" if os.name == "nt" else environment / "bin" / name


def written(path: Path, lines: Sequence[str]) -> Path:
    """A file of lines for an installer."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
