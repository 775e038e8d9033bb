"""The frontends that people build with, each in its own isolated environment, from a folder of wheels."""

from __future__ import annotations

import dataclasses
import os
import subprocess  # noqa: TID251 - frontends are programs; the ban protects src
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.projects import Project

PYTHON = sys.executable
WITHOUT = (
    *("COV_CORE", "COVERAGE", "PIP_", "PYTHON", "PYTEST", "UV_", "VIRTUAL_ENV"),
    *("CFLAGS", "CXXFLAGS", "LDFLAGS", "RUSTFLAGS", "SOURCE_DATE_EPOCH"),
)
"""Variables of the test's own surroundings that builds would see."""


class Built(NamedTuple):
    """What one run of a frontend left behind."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True, slots=True)
class Frontends:
    """pip, uv and build; ``wheelhouse`` is all that they can install."""

    wheelhouse: Path
    cache: Path

    def environment(self) -> dict[str, str]:
        """The environment that a frontend runs in."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(WITHOUT)}
        return plain | {
            "NO_COLOR": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_FIND_LINKS": str(self.wheelhouse),
            "PIP_NO_COMPILE": "1",
            "PIP_NO_INDEX": "1",
            "UV_CACHE_DIR": str(self.cache),
            "UV_FIND_LINKS": str(self.wheelhouse),
            "UV_NO_CONFIG": "1",
            "UV_NO_INDEX": "1",
            "XDG_CACHE_HOME": str(self.cache),
        }

    def run(
        self,
        *command: str | Path,
        umask: int = -1,
        folder: Path | None = None,
        given: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the environment of a frontend, with variables that are `given`."""
        return subprocess.run(
            [*map(str, command)],
            cwd=folder,
            env=self.environment() | dict(given or {}),
            umask=umask,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def pip(self, source: Path, out: Path, *options: str, umask: int = -1, **given: str) -> Path:
        """``pip wheel``: the wheel."""
        command = [PYTHON, "-m", "pip", "wheel", "--no-deps", "-w", str(out), *options, str(source)]
        good(self.run(*command, umask=umask, given=given))
        return only(out, "*.whl")

    def uv(self, source: Path, out: Path, *options: str, umask: int = -1, **given: str) -> Built:
        """``uv build``: an sdist, and the wheel from it."""
        command = [PYTHON, "-m", "uv", "build", "--python", PYTHON, "-o", str(out), *options, str(source)]
        good(self.run(*command, umask=umask, given=given))
        return Built(only(out, "*.tar.gz"), only(out, "*.whl"))

    def uv_wheel(self, source: Path, out: Path, **given: str) -> Path:
        """``uv build --wheel``: the wheel, from the folder itself."""
        command = [PYTHON, "-m", "uv", "build", "--wheel", "--python", PYTHON, "-o", str(out), str(source)]
        good(self.run(*command, given=given))
        return only(out, "*.whl")

    def build(self, source: Path, out: Path, *options: str, umask: int = -1, **given: str) -> Built:
        """``python -m build``: the same as `uv`."""
        command = [PYTHON, "-m", "build", "--installer", "uv", "-o", str(out), *options, str(source)]
        good(self.run(*command, umask=umask, given=given))
        return Built(only(out, "*.tar.gz"), only(out, "*.whl"))


def good(done: subprocess.CompletedProcess[str]) -> str:
    """What a program that did its work has printed."""
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def only(folder: Path, pattern: str) -> Path:
    """The one file that a frontend left in a folder."""
    found = list(folder.glob(pattern))
    assert len(found) == 1, [path.name for path in folder.iterdir()]
    return found[0]


def wrapped(project: Project, folder: Path, more: str = "") -> Path:
    """Write a project whose backend is wrapped into a new folder."""
    ours = dataclasses.replace(project, requires=("truewheel", *project.requires))
    table = f'[tool.truewheel]\nbackend = "{project.backend}"\n'
    return ours.write(folder, backend="truewheel.backend", more=table + more)


def in_tree(folder: Path, backend: str, table: str = "", **files: str) -> Path:
    """Write a project with a backend of its own in ``own.py``."""
    text = f'[build-system]\nrequires = ["truewheel"]\nbuild-backend = "truewheel.backend"\n{table}'
    for name, content in {"pyproject.toml": text, "own.py": backend, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return folder


OWN = '\n[tool.truewheel]\nbackend = "own"\nbackend-path = ["."]\n'
"""What a project with a backend in ``own.py`` says."""
