"""What a project says of the backend that is wrapped, and what is told where it says it wrongly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.backend.frontends import in_tree
from truewheel.builds.wrapped import Wrapped
from truewheel.builds.wrapped_call import Caller
from truewheel.builds.wrapped_surroundings import fixed
from truewheel.errors import RequestError
from truewheel.world import load_settings


def test_a_project_names_its_backend(tmp_path: Path) -> None:
    in_tree(tmp_path, "", '\n[tool.truewheel]\nbackend = "own.there:one.two"\nbackend-path = [".", "deep/er"]\n')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    found = Wrapped.of(tmp_path)
    assert found == Wrapped(tmp_path, "own.there:one.two", (str(tmp_path), str(tmp_path / "deep" / "er")))


def test_settings_of_check_may_stand_beside_it(tmp_path: Path) -> None:
    table = '\n[tool.truewheel]\nbackend = "own"\nbackend-path = ["."]\n\n[tool.truewheel.check]\nstrict = true\n'
    in_tree(tmp_path, "", table)
    assert Wrapped.of(tmp_path).backend == "own"
    assert load_settings(tmp_path).strict


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "truewheel.backend wraps another build backend, and nothing says which"),
        ("[tool]\ntruewheel = 1", "[tool.truewheel] is not a table"),
        ("tool = 1", "truewheel.backend wraps another build backend, and nothing says which"),
        ("[tool.truewheel]\nbackened = 'own'", "[tool.truewheel] has no option 'backened'"),
        ("[tool.truewheel]\nbackend = 1", "[tool.truewheel] backend is no module"),
        ("[tool.truewheel]\nbackend = ''", "[tool.truewheel] backend is no module"),
        ("[tool.truewheel]\nbackend = 'a b'", "[tool.truewheel] backend is no module"),
        ("[tool.truewheel]\nbackend = 'own:'", "[tool.truewheel] backend is no module"),
        ("[tool.truewheel]\nbackend = 'truewheel.backend'", "truewheel.backend can't wrap itself"),
        ("[tool.truewheel]\nbackend = 'truewheel.backend:x'", "truewheel.backend can't wrap itself"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = '.'", "backend-path is a list of folders"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = [1]", "backend-path is a list of folders"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = ['..']", "backend-path leads out of the project: '..'"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = ['/']", "backend-path leads out of the project: '/'"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = ['no']", "names no folder of the project: 'no'"),
        ("[tool.truewheel]\nbackend = 'own'\nbackend-path = [\"\\u0000\"]", "has a folder with a NUL in its name"),
        ("[tool.truewheel", "can't be read as TOML: "),
    ],
)
def test_what_is_wrong_is_told(table: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"{table}\n", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        Wrapped.of(tmp_path)
    assert said in caught.value.what
    assert caught.value.where.file == str(tmp_path / "pyproject.toml")


def test_the_lines_to_write_are_shown(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    with pytest.raises(RequestError) as caught:
        Wrapped.of(tmp_path)
    assert '[tool.truewheel]\n  backend = "setuptools.build_meta"' in caught.value.hint


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="there is no such file"):
        Wrapped.of(tmp_path)


# --- backends that can't be imported -------------------------------------------------------------------------
def hint_of(wrapped: Wrapped) -> tuple[str, str]:
    """What is told where a backend can't be called, and what to do."""
    with pytest.raises(RequestError) as caught:
        Caller(wrapped, fixed({})).hooks()
    assert caught.value.where.file == str(wrapped.project / "pyproject.toml")
    return caught.value.what, caught.value.hint


def test_a_backend_that_is_not_installed(tmp_path: Path) -> None:
    what, hint = hint_of(Wrapped(tmp_path, "nothing_of_that_name.build"))
    assert what.startswith("the backend nothing_of_that_name.build can't be imported: No module named")
    assert hint == "it has to stand in [build-system] requires, beside truewheel"


def test_a_backend_whose_own_requirement_lacks(tmp_path: Path) -> None:
    in_tree(tmp_path, "import nothing_of_that_name")
    sys.path.insert(0, str(tmp_path))
    try:
        what, hint = hint_of(Wrapped(tmp_path, "own"))
    finally:
        sys.path.remove(str(tmp_path))
    assert what == "the backend own can't be imported: No module named 'nothing_of_that_name'"
    assert (
        hint == "what brings the module nothing_of_that_name has to stand in [build-system] requires, beside truewheel"
    )


def test_a_backend_that_is_not_in_its_folder(tmp_path: Path) -> None:
    what, hint = hint_of(Wrapped(tmp_path, "nothing_of_that_name", (str(tmp_path),)))
    assert what.startswith("the backend nothing_of_that_name can't be imported")
    assert hint == f"its module has to be in {tmp_path}"


def test_a_backend_of_the_same_name_elsewhere_is_not_taken(tmp_path: Path) -> None:
    what, hint = hint_of(Wrapped(tmp_path, "json", (str(tmp_path),)))
    assert what.startswith("json was found in ")
    assert what.endswith(f", and not in {tmp_path}")
    assert "backend-path" in hint
    what, _ = hint_of(Wrapped(tmp_path, "sys", (str(tmp_path),)))
    assert what.startswith("sys was found in Python itself")


def test_a_package_without_init_in_its_folder_is_taken(tmp_path: Path) -> None:
    in_tree(tmp_path / "project", "", **{"deep/inner.py": "def build_editable(): pass\n"})
    project = tmp_path / "project"
    found = Caller(Wrapped(project, "deep.inner", (str(project),)), fixed({})).hooks()
    assert found == {"build_editable"}
