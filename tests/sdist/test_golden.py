"""The same source distributions give the same bytes for ever: on any Python, any zlib, any host."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - other interpreters are programs; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.corpus import ROOT
from tests.sdist.golden import digests
from tests.wheel.test_golden import OTHERS

SCRIPT = Path(__file__).with_name("golden.py")
GOLDEN = {
    "least": "9f7c7974889fd5aba40f3197036eee01fb3de77fd106c53dc32a59e54fbd18bf",
    "names": "8ca2d87e4ec1e41d8b87301748a859fc294f727354f9416d1320816164a30970",
    "modes": "395fdf79fd1af90cefa178ef84608818a8497ee070e512ad07aeff28f54d2da4",
    "large": "d4ce258a4513f72a26ac9dbddbb41b73d56b0b8c164e097efe48e6c33ac2c116",
    "many": "ef86c0e183ec35dd6e88e626a99bcb835cbcf1e3f10ed41d9fe8e78425df3792",
}


def run(python: str, *arguments: str, cwd: Path = ROOT, **environment: str) -> dict[str, str]:
    """What the script prints in a process of its own."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **environment}
    if "SYSTEMROOT" in os.environ:
        known["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    command = [python, str(SCRIPT), *arguments]
    done = subprocess.run(command, env=known, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result


def test_the_bytes_are_what_they_always_were() -> None:
    assert dict(digests()) == GOLDEN


def test_another_zlib_changes_nothing() -> None:
    assert run(sys.executable, "zlib-ng") == GOLDEN


def test_the_host_changes_nothing(tmp_path: Path) -> None:
    odd = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"}
    assert run(sys.executable, cwd=tmp_path, SOURCE_DATE_EPOCH="1", **odd) == GOLDEN


@pytest.mark.parametrize("version", OTHERS)
def test_another_python_changes_nothing(version: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", OTHERS[version], venv], check=True)
    python = str(venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "deflate", "packaging"], check=True)
    assert run(python) == GOLDEN
