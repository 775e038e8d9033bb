"""Importing the wrapper costs next to nothing, and a build loads nothing that people look at."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - a fresh Python is a program; the ban protects src
import sys
from pathlib import Path

from tests.backend.frontends import OWN, in_tree
from tests.backend.test_hooks import RECORDER

HEAVY = {"build", "click", "pyproject_hooks", "rich", "uv"}
ROOMS = {"api", "cli", "compare", "ops", "policy", "report"}


def run(code: str, folder: Path) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=plain, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout


def loaded(code: str, folder: Path) -> set[str]:
    """The modules that are loaded when the code has run."""
    told = run(f"import sys, json\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))", folder)
    found: list[str] = json.loads(told.splitlines()[-1])
    return set(found)


def test_importing_it_loads_nothing(tmp_path: Path) -> None:
    new = loaded("import truewheel.backend", tmp_path) - loaded("", tmp_path)
    assert {name for name in new if name.startswith("truewheel")} == {"truewheel", "truewheel.backend"}
    assert not new & {*HEAVY, "hashlib", "importlib.metadata", "inspect", "json", "pathlib", "subprocess", "tempfile"}


def test_building_loads_nothing_that_people_look_at(tmp_path: Path) -> None:
    in_tree(tmp_path, RECORDER, OWN)
    modules = loaded("from truewheel import backend\nbackend.build_wheel('.')\nbackend.build_sdist('.')", tmp_path)
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    rooms = {name.split(".")[1] for name in modules if name.startswith("truewheel.")}
    assert not rooms & ROOMS
    assert "builds" in rooms


def test_importing_it_is_quick(tmp_path: Path) -> None:
    code = "import time; start = time.process_time(); import truewheel.backend; print(time.process_time() - start)"
    assert min(float(run(code, tmp_path)) for _ in range(5)) < 0.06
