"""The circumstances of a wrapped backend, and the doors to compilers, which stay when a build is over."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - compilers are programs; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds import wrapped_doors
from truewheel.builds.shims import Shims
from truewheel.builds.wrapped_doors import VARIABLE, with_doors
from truewheel.builds.wrapped_surroundings import EPOCH, fixed, with_stand_ins
from truewheel.errors import RequestError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="on Windows nothing stands in for compilers")


def test_what_decides_is_fixed_and_the_rest_stays() -> None:
    found = fixed({"TZ": "Asia/Kathmandu", "LC_ALL": "de_DE", "LANG": "de_DE", "CFLAGS": "-O1", "X_TOKEN": "secret"})
    assert {name: found[name] for name in ("TZ", "LC_ALL", "PYTHONHASHSEED", "ZERO_AR_DATE")} == {
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "ZERO_AR_DATE": "1",
    }
    assert found["SOURCE_DATE_EPOCH"] == str(EPOCH)
    assert (found["LANG"], found["CFLAGS"], found["X_TOKEN"]) == ("de_DE", "-O1", "secret")


def test_the_epoch_of_the_caller_counts() -> None:
    assert fixed({"SOURCE_DATE_EPOCH": "1700000000"})["SOURCE_DATE_EPOCH"] == "1700000000"
    assert fixed({"SOURCE_DATE_EPOCH": ""})["SOURCE_DATE_EPOCH"] == str(EPOCH)
    with pytest.raises(RequestError):
        fixed({"SOURCE_DATE_EPOCH": "now"})


def test_the_constant_is_the_first_time_that_a_zip_can_hold() -> None:
    import datetime as dt  # noqa: PLC0415 - the oracle of this test alone

    assert dt.datetime.fromtimestamp(EPOCH, dt.timezone.utc) == dt.datetime(1980, 1, 1, tzinfo=dt.timezone.utc)


def test_flags_stand_behind_those_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fixed({})["GOFLAGS"] == "-trimpath -buildvcs=false"
    assert fixed({"GOFLAGS": "-mod=vendor"})["GOFLAGS"] == "-mod=vendor -trimpath -buildvcs=false"
    monkeypatch.setattr(sys, "platform", "win32")
    windows = fixed({"LINK": "/DEBUG"})
    assert (windows["LINK"], windows["CL"]) == ("/DEBUG /Brepro", "/Brepro")


# --- doors ---------------------------------------------------------------------------------------------------
@pytest.fixture
def compiler(tmp_path: Path) -> Path:
    """A folder with a program called gcc, which says who it is, what it is given and where it looks."""
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "gcc").write_text('#!/bin/sh\necho "real $* $PATH"\n')
    (folder / "gcc").chmod(0o755)
    return folder


def stand_ins(folder: Path, name: str = "gcc") -> Shims:
    """A stand-in that only says that it is one."""
    folder.mkdir(parents=True)
    (folder / name).write_text('#!/bin/sh\necho "stand-in $*"\n')
    (folder / name).chmod(0o755)
    return Shims({"CC": f"{folder}/{name} -m64"}, (name,))


def output(*command: str, **environment: str) -> str:
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True).stdout


@POSIX
def test_a_door_leads_to_the_stand_in_and_later_to_the_compiler(tmp_path: Path, compiler: Path) -> None:
    path = f"{compiler}:/usr/bin:/bin"
    first, second = (
        with_doors(stand_ins(tmp_path / name), tmp_path / name, {"PATH": path, "HOME": str(tmp_path)})
        for name in ("one", "two")
    )
    assert first["PATH"] == second["PATH"]
    front = Path(first["PATH"].split(":")[0])
    assert front.parent == tmp_path / ".cache" / "truewheel"
    assert first["CC"] == f"{front}/gcc -m64"
    assert output(f"{front}/gcc", "a b", **first) == "stand-in a b\n"
    (tmp_path / "one" / "gcc").unlink()
    assert output(f"{front}/gcc", "a b", **first) == f"real a b {path}\n"
    del first[VARIABLE]
    assert output(f"{front}/gcc", "a b", **first) == f"real a b {path}\n"


@POSIX
def test_the_door_to_rustc_is_given_it(tmp_path: Path) -> None:
    environment = with_doors(
        stand_ins(tmp_path / "bin", "rustc-wrapper"),
        tmp_path / "bin",
        {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    door = environment["PATH"].split(":")[0] + "/rustc-wrapper"
    assert output(door, "rustc", "-vV", **environment) == "stand-in rustc -vV\n"
    del environment[VARIABLE]
    assert output(door, "echo", "-vV", **environment) == "-vV\n"


@POSIX
@pytest.mark.parametrize("home", ["", "relative", "/dev/null", "with:colon"])
def test_without_a_cache_the_stand_ins_come_first_themselves(home: str, tmp_path: Path) -> None:
    place = str(tmp_path / home) if ":" in home else home
    folder = tmp_path / "bin"
    environment = with_doors(stand_ins(folder), folder, {"PATH": "/bin", "HOME": place})
    assert environment["PATH"] == f"{folder}:/bin"
    assert environment["CC"] == f"{folder}/gcc -m64"


@POSIX
def test_doors_of_somebody_else_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    shims = stand_ins(folder)
    theirs = with_doors(shims, folder, {"PATH": "/bin", "HOME": str(tmp_path)})
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    ours = with_doors(shims, folder, {"PATH": "/bin", "HOME": str(tmp_path)})
    assert theirs["PATH"] != ours["PATH"] == f"{folder}:/bin"


@POSIX
def test_two_builds_that_make_doors_at_once(tmp_path: Path) -> None:
    place = tmp_path / "doors"
    wrapped_doors._make(place, ["gcc"])
    with pytest.raises(OSError, match="not empty"):
        wrapped_doors._make(place, ["gcc"])
    assert [path.name for path in tmp_path.iterdir()] == ["doors"]


def test_where_nothing_stands_in_the_path_stays() -> None:
    assert with_doors(Shims(), Path("nowhere"), {"PATH": "/bin"}) == {"PATH": "/bin"}


@POSIX
def test_a_compiler_behind_two_doors_leaves_the_project_out(tmp_path: Path) -> None:
    need("gcc")
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.c").write_text("const char *place(void) { return __FILE__; }\n")
    environment = with_stand_ins({**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, tmp_path / "bin", project)
    assert environment["PATH"].startswith(str(tmp_path / "truewheel" / "doors-"))
    subprocess.run(["gcc", "-g", "-c", project / "a.c", "-o", "a.o"], cwd=project, env=environment, check=True)
    made = (project / "a.o").read_bytes()
    assert str(tmp_path).encode() not in made
    assert b"/src/a.c\0" in made
