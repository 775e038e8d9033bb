"""Builds at the same time, in one process and in two: neither knows of the other."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - another process is what builds; the ban protects src
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import built, seen

_OTHER = """
import sys
from pathlib import Path
from truewheel.builds.model import Request
from truewheel.builds.project import make
made = make(Request(source=sys.argv[1], sdist=False, isolation=sys.argv[3], epoch=1600000000), Path(sys.argv[2]))
print(made.artefacts[0].sha256)
"""
_MEET = """
import os, pathlib, time
mine = pathlib.Path("small.py")
for _ in range(20):
    mine.write_text(mine.read_text() + "#")
    time.sleep(0.02)
"""


@pytest.mark.parametrize("isolation", ["none", "auto"])
def test_builds_in_threads_and_processes(tmp_path: Path, isolation: str) -> None:
    """At one path where a namespace gives it, else at one of each; what they make is the same."""
    folder = project(tmp_path / "p", wheel=_MEET)
    asked = {"isolation": isolation, "sdist": False, "epoch": 1_600_000_000}
    command = [sys.executable, "-c", _OTHER, str(folder), str(tmp_path / "other"), isolation]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as other:
        with ThreadPoolExecutor(2) as pool:
            making = [pool.submit(built, folder, tmp_path / str(number), **asked) for number in range(2)]  # type: ignore[arg-type]  # fields by their names
            digests = {task.result().artefacts[0].sha256 for task in making}
        said = other.communicate(timeout=120)[0]
    assert other.returncode == 0
    assert digests == {said.strip()}


def test_folders_without_namespaces_are_each_builds_own(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", wheel=_MEET, tell=["folder"])
    with ThreadPoolExecutor(2) as pool:
        making = [pool.submit(built, folder, tmp_path / str(number), sdist=False) for number in range(2)]
        folders = {str(seen(task.result())["folder"]) for task in making}
    assert len(folders) == 2
