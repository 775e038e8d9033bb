"""The program that calls one hook: requests in, answers out. Here without a process of its own."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - the program is started as the wrapper does it; the ban protects src
import sys
from pathlib import Path

import pytest

from truewheel.builds import child
from truewheel.builds.child import Request

OWN = """
class UnsupportedOperation(Exception):
    pass


def build_wheel(folder, /):
    return folder.upper()


def build_sdist():
    raise UnsupportedOperation("no")


def build_editable():
    raise LookupError("mine")


not_callable = 1
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a backend; what is imported and where is looked is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_backend", raising=False)
    (tmp_path / "own_backend.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "own_space").mkdir()
    return tmp_path


def request(project: Path, hook: str = "", backend: str = "own_backend", *arguments: object) -> Request:
    return {
        "path": list(sys.path),
        "backend": backend,
        "backend_path": [str(project)],
        "hook": hook,
        "hooks": ["build_editable", "build_sdist", "other"],
        "arguments": list(arguments),
        "umask": None,
    }


def test_a_hook_is_called(project: Path) -> None:
    assert child.answered(request(project, "build_wheel", "own_backend", "out")) == {"value": "OUT"}
    assert sys.path[0] == str(project)


def test_hooks_are_listed(project: Path) -> None:
    assert child.answered(request(project)) == {"value": ["build_editable", "build_sdist"]}


def test_an_object_is_found(project: Path) -> None:
    (project / "own_backend.py").write_text("class A:\n    class B:\n        build_wheel = staticmethod(lambda: 1)\n")
    assert child.answered(request(project, "build_wheel", "own_backend:A.B")) == {"value": 1}


def test_faults(project: Path) -> None:
    assert child.answered(request(project, "build_sdist")) == {"fault": "unsupported", "reason": "no"}
    assert child.answered(request(project, "other")) == {"fault": "missing"}
    assert child.answered(request(project, "not_callable")) == {"fault": "missing"}
    answer = child.answered(request(project, "", "own_missing"))
    assert (answer["fault"], answer["module"]) == ("unavailable", "own_missing")
    assert child.answered(request(project, "", "json"))["fault"] == "elsewhere"
    assert child.answered(request(project, "", "own_space")) == {"value": []}


def test_what_the_backend_raises_passes(project: Path) -> None:
    with pytest.raises(LookupError, match="mine"):
        child.answered(request(project, "build_editable"))


def test_the_umask_is_set(project: Path) -> None:
    before = os.umask(0o077)
    try:
        child.answered({**request(project), "umask": 0o022})
        assert os.umask(0o077) == 0o022
    finally:
        os.umask(before)


def test_request_and_answer_are_files(project: Path) -> None:
    (project / "request.json").write_text(json.dumps(request(project)), encoding="utf-8")
    child.main(project)
    assert json.loads((project / "answer.json").read_text()) == {"value": ["build_editable", "build_sdist"]}


def test_its_own_folder_is_not_looked_into(project: Path) -> None:
    (project / "own_backend.py").write_text("import sys\ndef build_wheel(): return [*sys.path, *sorted(sys.modules)]\n")
    (project / "request.json").write_text(json.dumps({**request(project, "build_wheel"), "path": []}), encoding="utf-8")
    # Modules of truewheel's are called as they like; the standard library's must not be mistaken for them.
    path = Path(child.__file__)
    subprocess.run([sys.executable, path, project], check=True)
    seen = json.loads((project / "answer.json").read_text())["value"]
    assert seen[0] == str(project)
    assert str(path.parent) not in seen
    assert "truewheel" not in seen
