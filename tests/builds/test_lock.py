"""Locks: one text for one set of files, read back by packaging, and what is chosen for a Python."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock, is_valid_pylock_path

from truewheel.builds import interpreter, lock, toml
from truewheel.builds.interpreter import Python
from truewheel.builds.lock import Choice
from truewheel.builds.model import Requirement
from truewheel.errors import RequestError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHA = "ab" * 32
PYTHON = Python(
    executable=Path("python3.12"),
    implementation="CPython",
    version="3.12.1",
    prefixes=(),
    compilers={},
    markers={
        "implementation_name": "cpython",
        "implementation_version": "3.12.1",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6",
        "platform_system": "Linux",
        "platform_version": "1",
        "python_full_version": "3.12.1",
        "python_version": "3.12",
        "sys_platform": "linux",
    },
    tags=("cp312-cp312-manylinux_2_17_x86_64", "cp312-abi3-manylinux_2_17_x86_64", "py3-none-any"),
)
HEAD = 'lock-version = "1.0"\ncreated-by = "somebody"\n'


def wheel(name: str, url: str = "https://example.org/{}", **more: object) -> dict[str, object]:
    """A file of a package, as PEP 751 has it."""
    return {"url": url.format(name), "hashes": {"sha256": SHA}, **more}


def text(*packages: Mapping[str, object]) -> str:
    """A lock as anybody may have written it."""
    return HEAD + toml.array_of_tables("packages", packages)


def package(name: str, *files: str, version: str = "1.0", **more: object) -> dict[str, object]:
    """A package with wheels."""
    return {"name": name, "version": version, "wheels": [wheel(file) for file in files], **more}


def test_the_best_wheel_is_chosen() -> None:
    found = lock.choices(
        text(
            package("b", "b-1.0-py3-none-any.whl", "b-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"),
            package("a", "a-1.0-cp38-abi3-win32.whl", "a-1.0-py3-none-any.whl"),
        ),
        PYTHON,
    )
    assert [choice.requirement for choice in found] == [
        Requirement("a", "1.0", "a-1.0-py3-none-any.whl", SHA),
        Requirement("b", "1.0", "b-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", SHA),
    ]
    assert found[0].url == "https://example.org/a-1.0-py3-none-any.whl"
    Pylock.from_dict(tomllib.loads(lock.only(found))).validate()


def test_markers_count() -> None:
    found = lock.choices(
        text(
            package("a", "a-1.0-py3-none-any.whl", marker="python_version < '3.11'"),
            package("b", "b-1.0-py3-none-any.whl", marker="sys_platform == 'linux'"),
        ),
        PYTHON,
    )
    assert [choice.requirement.project for choice in found] == ["b"]


def test_paths_count_from_the_lock(tmp_path: Path) -> None:
    entry = {"name": "a-1.0-py3-none-any.whl", "path": "files/a-1.0-py3-none-any.whl", "hashes": {"sha256": SHA}}
    found = lock.choices(text({"name": "a", "version": "1.0", "wheels": [entry]}), PYTHON, base=tmp_path)
    assert found[0].path == str(tmp_path / "files" / "a-1.0-py3-none-any.whl")
    assert tomllib.loads(lock.only(found))["packages"][0]["wheels"][0]["path"] == found[0].path


ARCHIVE = {"name": "a", "version": "1.0", "archive": wheel("a-1.0-py3-none-any.whl")}
SDIST = {"name": "a", "version": "1.0", "sdist": wheel("a-1.0.tar.gz")}


def test_archives_of_wheels_will_do() -> None:
    found = lock.choices(text(ARCHIVE), PYTHON)
    assert found == (
        Choice(
            Requirement("a", "1.0", "a-1.0-py3-none-any.whl", SHA),
            "archive",
            "https://example.org/a-1.0-py3-none-any.whl",
            "",
        ),
    )
    Pylock.from_dict(tomllib.loads(lock.only(found))).validate()


def test_sdists_only_where_they_are_wanted() -> None:
    with pytest.raises(RequestError, match=r"a comes as a-1\.0\.tar\.gz, which isn't a wheel"):
        lock.choices(text(SDIST), PYTHON)
    found = lock.choices(text(SDIST), PYTHON, from_source=True)
    assert (found[0].form, found[0].requirement.file) == ("sdist", "a-1.0.tar.gz")
    Pylock.from_dict(tomllib.loads(lock.only(found))).validate()


@pytest.mark.parametrize(
    ("lock_text", "says"),
    [
        ("", "can't be installed from"),
        ("x", "can't be read as TOML"),
        ("x = " + "[" * 9999, "can't be read as TOML"),
        (HEAD.replace("1.0", "2.0") + "packages = []\n", "can't be installed from"),
        (HEAD + 'requires-python = ">=3.13"\npackages = []\n', "can't be installed from: .*3.13"),
        (HEAD + "environments = [\"sys_platform == 'win32'\"]\npackages = []\n", "can't be installed from"),
        (text(package("a", "a-1.0-cp311-cp311-win32.whl")), "can't be installed from: No wheel found"),
        (text(package("a", "a.whl")), "can't be installed from"),
        (text(package("a", "a-1.0-py3-none-any.whl", **{"requires-python": ">4"})), "can't be installed from"),
        (text({"name": "a", "version": "1", "directory": {"path": "."}}), "a is a folder or a repository"),
        (
            text({"name": "a", "vcs": {"type": "git", "url": "https://example.org/a", "commit-id": "0" * 40}}),
            "a is a folder or a repository",
        ),
        (
            text(
                {"name": "a", "version": "1.0", "wheels": [{**wheel("a-1.0-py3-none-any.whl"), "hashes": {"md5": "0"}}]}
            ),
            "has no sha256",
        ),
        (
            text(
                {"name": "a", "version": "1", "wheels": [{**wheel("a-1-py3-none-any.whl"), "hashes": {"sha256": "0"}}]}
            ),
            "has no sha256",
        ),
    ],
)
def test_what_can_not_be_installed_from(lock_text: str, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        lock.choices(lock_text, PYTHON)


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [
        (["a"], None),
        (["A>=1", "b_b<3; python_version > '3'"], None),
        (["a", "c; sys_platform == 'win32'"], None),
        (["a", "c"], "c"),
        (["a>=2", "c"], "a>=2"),
        (["b.b==2.0rc1"], None),
    ],
)
def test_requirements_that_are_not_met(requirements: list[str], missing: str | None) -> None:
    found = lock.choices(
        text(package("a", "a-1.0-py3-none-any.whl"), package("b-b", "b_b-2.0rc1-py3-none-any.whl", version="2.0rc1")),
        PYTHON,
    )
    assert lock.unmet(requirements, found, PYTHON) == missing


def test_the_text_has_no_credentials_and_no_accidents() -> None:
    url = "https://me:secret@example.org/{}#sha256=00"
    packages: list[dict[str, object]] = [
        {
            "name": "b",
            "version": "1.0",
            "index": "https://me:secret@example.org/simple",
            "tool": {"x": "/home/me"},
            "wheels": [
                wheel("b-1.0-py3-none-win32.whl", url, size=5, hashes={"sha512": "1", "sha256": "2"}),
                wheel("b-1.0-py3-none-any.whl", url, **{"upload-time": dt.datetime(2024, 1, 2, 3, 4, 5)}),  # noqa: DTZ001
            ],
        },
        {"name": "a", "version": "1.0", "sdist": wheel("a%2D1.0.tar.gz", url)},
    ]
    expected = """lock-version = "1.0"
requires-python = ">=3.12"
created-by = "truewheel"

[[packages]]
name = "a"
version = "1.0"
sdist = { name = "a-1.0.tar.gz", url = "https://example.org/a%2D1.0.tar.gz", hashes = { sha256 = "SHA" } }

[[packages]]
name = "b"
version = "1.0"
wheels = [
    { name = "b-1.0-py3-none-any.whl", upload-time = 2024-01-02T03:04:05Z, \
url = "https://example.org/b-1.0-py3-none-any.whl", hashes = { sha256 = "SHA" } },
    { name = "b-1.0-py3-none-win32.whl", url = "https://example.org/b-1.0-py3-none-win32.whl", \
hashes = { sha256 = "2", sha512 = "1" } },
]
"""
    assert lock.text_of(packages, PYTHON) == expected.replace("SHA", SHA)


FILES = ("{}-1.0-py3-none-any.whl", "{}-1.0-cp312-cp312-win32.whl", "{}-1.0-cp312-abi3-win32.whl")


@given(st.lists(st.sampled_from("abcdefgh"), unique=True).flatmap(st.permutations), st.permutations(FILES))
def test_the_text_does_not_depend_on_the_order(projects: list[str], files: list[str]) -> None:
    found = lock.text_of([package(name, *(file.format(name) for file in files)) for name in projects], PYTHON)
    expected = [package(name, *(file.format(name) for file in FILES)) for name in sorted(projects)]
    assert found == lock.text_of(expected, PYTHON)
    read = Pylock.from_dict(tomllib.loads(found))
    assert [part.name for part in read.packages] == sorted(projects)
    assert [choice.requirement.project for choice in lock.choices(found, PYTHON)] == sorted(projects)


def test_archives_and_paths_stay() -> None:
    hashes = {"sha256": SHA}
    packages: list[dict[str, object]] = [
        {"name": "a", "archive": {"url": "https://me:secret@example.org/a.zip", "subdirectory": "x", "hashes": hashes}},
        {"name": "b", "version": "1.0", "sdist": {"path": "files/b-1.0.tar.gz", "hashes": hashes}},
    ]
    assert tomllib.loads(lock.text_of(packages, PYTHON))["packages"] == [
        {"name": "a", "archive": {"url": "https://example.org/a.zip", "subdirectory": "x", "hashes": hashes}},
        {
            "name": "b",
            "version": "1.0",
            "sdist": {"name": "b-1.0.tar.gz", "path": "files/b-1.0.tar.gz", "hashes": hashes},
        },
    ]


def test_folders_and_repositories_are_refused() -> None:
    with pytest.raises(RequestError, match="a is a folder or a repository, which has no hash"):
        lock.text_of([{"name": "a", "directory": {"path": "/home/me/a"}}], PYTHON)


@pytest.mark.parametrize("make", [Path.exists, Path.mkdir, lambda path: path.write_bytes(b"\xff")])
def test_locks_that_can_not_be_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "pylock.toml"
    make(path)
    with pytest.raises(RequestError) as caught:
        lock.read(path)
    assert caught.value.where.file == str(path)


def test_an_enormous_lock(tmp_path: Path) -> None:
    with (tmp_path / "pylock.toml").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(RequestError, match="larger than 64 MiB"):
        lock.read(tmp_path / "pylock.toml")


_VALUES = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8")),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.datetimes(timezones=st.just(dt.timezone.utc)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("a-é \"'\n.", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc-é \".'\\", max_size=4), _VALUES, max_size=4))
def test_what_is_written_reads_back(table: dict[str, object]) -> None:
    assert tomllib.loads(toml.pairs(table)) == table
    assert tomllib.loads(toml.array_of_tables("x", [table, table]) or "x = []") == {"x": [table, table]}


def test_what_toml_can_not_say() -> None:
    with pytest.raises(TypeError, match="no value of TOML"):
        toml.value(1.5)
    assert toml.value("\ud800") == '"?"'


def test_this_python() -> None:
    found = interpreter.find(None, {}, None)
    assert found.version == ".".join(map(str, sys.version_info[:3]))
    assert found.name == f"{found.implementation} {found.version}"
    assert found.executable.is_file()
    assert Path(sys.base_prefix) in found.prefixes
    assert "py3-none-any" in found.tags
    assert found.markers["sys_platform"] == sys.platform


@pytest.mark.parametrize(
    ("distribution", "name"),
    [
        ("Demo_2.Two-1.0-py3-none-any.whl", "pylock.demo-2-two.toml"),
        ("demo-1.0.tar.gz", "pylock.demo.toml"),
        ("old-style-name-1.0.tar.gz", "pylock.old-style-name.toml"),
    ],
)
def test_a_lock_is_named_for_the_project(distribution: str, name: str) -> None:
    assert lock.file_name(distribution) == name
    assert is_valid_pylock_path(Path(name))
