"""Builds as tests run them: what comes out, and what a failure says."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile  # noqa: TID251 - the tests need a reader that is not ours; the ban protects src
from collections.abc import Mapping
from pathlib import Path

import pytest

from truewheel.builds.errors import BuildError
from truewheel.builds.model import Conditions, Made, Request
from truewheel.builds.project import make


class Heard:
    """Takes note of what a build tells."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.lines: list[str] = []

    def phase(self, name: str) -> None:
        """A phase begins."""
        self.phases.append(name)

    def line(self, text: str) -> None:
        """A line was printed."""
        self.lines.append(text)


def built(
    source: Path | str,
    folder: Path,
    *,
    more: Mapping[str, str] | None = None,
    conditions: Conditions | None = None,
    heard: Heard | None = None,
    log: Path | None = None,
    isolation: str = "none",
    **asked: object,
) -> Made:
    """Build a source into a folder; without namespaces unless they are asked for, as that is quicker."""
    request = Request(source=str(source), isolation=isolation, seconds=600, **asked)  # type: ignore[arg-type]  # fields by their names
    environment = {**os.environ, **(more or {})}
    return make(request, folder, conditions=conditions, progress=heard, caller_environment=environment, log=log)


def failure(source: Path | str, folder: Path, **asked: object) -> BuildError:
    """The error of a build that must fail, and leave nothing."""
    with pytest.raises(BuildError) as caught:
        built(source, folder, **asked)  # type: ignore[arg-type]  # fields by their names
    assert not folder.exists() or not list(folder.iterdir())
    return caught.value


def seen(made: Made) -> dict[str, object]:
    """What the tiny backend has told of its surroundings."""
    found: dict[str, object] = json.loads(contents(made.artefacts[-1].path)["seen.json"])
    return found


def contents(path: Path) -> dict[str, bytes]:
    """Names and bytes of a wheel or an sdist, by Python's own readers."""
    if path.name.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(path) as archive:
        members = [member for member in archive if member.isfile()]
        return {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]  # files
