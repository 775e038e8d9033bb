"""The ``[build-system]`` of a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.builds.pyproject import LEGACY, BuildSystem, build_system
from truewheel.errors import RequestError

HEAD = '[build-system]\nrequires = ["a"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", LEGACY),
        ("[tool.black]\n", LEGACY),
        (HEAD, BuildSystem(("a",), "setuptools.build_meta:__legacy__")),
        ("[build-system]\nrequires = []\nbuild-backend = 'x'\n", BuildSystem((), "x")),
        (
            HEAD + "build-backend = 'x.y:z.w'\nbackend-path = ['.', 'a/../b']\n",
            BuildSystem(("a",), "x.y:z.w", (".", "a/../b")),
        ),
        (
            "[build-system]\nrequires = ['a[b]>=1; python_version < \"3\"', 'c @ https://example.org/c.whl']\n",
            LEGACY._replace(requires=('a[b]>=1; python_version < "3"', "c @ https://example.org/c.whl")),
        ),
    ],
)
def test_build_systems(tmp_path: Path, text: str, expected: BuildSystem) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert build_system(tmp_path) == expected


def test_a_project_of_old(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    assert build_system(tmp_path) == LEGACY


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"neither pyproject\.toml nor setup\.py"):
        build_system(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[build-system", "can't be read as TOML"),
        ("x = " + "[" * 5000, "can't be read as TOML"),
        ("build-system = 1\n", "is not a table"),
        ("[build-system]\n", "lacks requires"),
        (HEAD + "backend = 'x'\n", "has no key 'backend'"),
        ("[build-system]\nrequires = 'a'\n", "requires is not a list of strings"),
        ("[build-system]\nrequires = [1]\n", "requires is not a list of strings"),
        ("[build-system]\nrequires = ['a b']\n", "'a b', which is no requirement: "),
        ("[build-system]\nrequires = ['-r x']\n", "which is no requirement"),
        ("[build-system]\nrequires = ['a @ file:///home/a.whl']\n", "it names a file of this machine"),
        ("[build-system]\nrequires = ['a @ git+file:///home/a']\n", "it names a file of this machine"),
        (HEAD + "build-backend = 1\n", "is not of the form"),
        (HEAD + "build-backend = ''\n", "is not of the form"),
        (HEAD + "build-backend = 'a;import os'\n", "is not of the form"),
        (HEAD + "build-backend = 'a:b:c'\n", "is not of the form"),
        (HEAD + "build-backend = 'a'\nbackend-path = '.'\n", "backend-path is not a list"),
        (HEAD + "build-backend = 'a'\nbackend-path = ['']\n", "backend-path is not a list"),
        (HEAD + "build-backend = 'a'\nbackend-path = ['/x']\n", "leads out of the sources"),
        (HEAD + "build-backend = 'a'\nbackend-path = ['a/../../b']\n", "leads out of the sources"),
        (HEAD + "build-backend = 'a'\nbackend-path = ['C:\\\\x']\n", "leads out of the sources"),
        (HEAD + "build-backend = 'a'\nbackend-path = ['a\\\\..\\\\..']\n", "leads out of the sources"),
    ],
)
def test_faults_are_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(RequestError, match=says) as caught:
        build_system(tmp_path)
    assert caught.value.where.file == "pyproject.toml"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(RequestError, match="can't be read as TOML"):
        build_system(tmp_path)


def test_an_enormous_file(tmp_path: Path) -> None:
    with (tmp_path / "pyproject.toml").open("wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(RequestError, match="larger than 16 MiB"):
        build_system(tmp_path)


_VALUES = st.recursive(
    st.one_of(st.just("1"), st.just("''"), st.just("'a'"), st.just("'../a'"), st.just("true"), st.just("1979-05-27")),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["requires", "build-backend", "backend-path", "x"]), _VALUES))
def test_nothing_else_comes_out(tmp_path_factory: pytest.TempPathFactory, table: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("project")
    lines = [f"{key} = {value}" for key, value in table.items()]
    (folder / "pyproject.toml").write_text("\n".join(["[build-system]", *lines]))
    try:
        system = build_system(folder)
    except RequestError:
        return
    assert system.backend
    assert all(isinstance(part, str) for part in (*system.requires, *system.backend_path))
