"""What tests of the wrapper share: a folder of wheels, fetched once, and environments that are made from it."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - pip, uv and hatchling are programs; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.backend.frontends import PYTHON, Frontends, good
from tests.corpus import ROOT, locked


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of the tests share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "backends"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def frontends(shared: Path) -> Frontends:
    """The frontends, with a wheelhouse: every backend, locked with hashes, and truewheel as it is in this tree."""
    wheelhouse = shared / "wheelhouse"
    with locked(shared / "wheelhouse.lock"):
        if not wheelhouse.exists():
            draft = shared / "draft"
            shutil.rmtree(draft, ignore_errors=True)
            _fetch(draft)
            draft.rename(wheelhouse)
    return Frontends(wheelhouse, shared / "uv")


def _fetch(folder: Path) -> None:
    lock = ROOT / "requirements" / "backends.txt"
    command = [PYTHON, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    command += ["--no-deps", "--require-hashes", "--requirement", str(lock), "--dest", str(folder)]
    good(subprocess.run(command, capture_output=True, encoding="utf-8", check=False))
    command = [PYTHON, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    good(subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False))


@pytest.fixture(scope="session")
def installed(frontends: Frontends, shared: Path) -> Path:
    """The Python of an environment in which truewheel and all backends are installed."""
    environment = shared / "installed"
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with locked(shared / "installed.lock"):
        if not (environment / "ready").exists():
            good(frontends.run(PYTHON, "-m", "uv", "venv", "--quiet", "--clear", "--python", PYTHON, environment))
            wheels = sorted(frontends.wheelhouse.glob("*.whl"))
            good(
                frontends.run(PYTHON, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--python", python, *wheels)
            )
            (environment / "ready").touch()
    return python
