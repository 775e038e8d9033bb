"""The Pythons at hand: on PATH, pyenv's, uv's, the launcher's and this one; started as seldom as can be."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - Pythons are asked in another way; the ban protects src
import sys
from collections.abc import Mapping
from pathlib import Path

import packaging.tags
import pytest
from packaging.version import Version

from truewheel.builds import interpreter, interpreter_places, resolve_uv
from truewheel.builds.interpreter_places import everywhere, listed_by_launcher, of_version
from truewheel.errors import RequestError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the Pythons of the tests are links and scripts")
HERE = ".".join(map(str, sys.version_info[:3]))


def program(path: Path, text: str = "exit 3") -> str:
    """A script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def caller(tmp_path: Path) -> Mapping[str, str]:
    """Somebody with two Pythons on PATH, three of pyenv's with their stand-ins, and one of uv's."""
    home = tmp_path / "home"
    for version in ("3.9.2", "3.9.18", "3.10.1", "2.7.18", "pypy3.9-7.3.11"):
        program(home / ".pyenv" / "versions" / version / "bin" / "python3")
    for name in ("python3.9", "python3", "python"):
        program(home / ".pyenv" / "shims" / name)
    for name in ("python3.9", "python3", "python3.12", "python3.13t", "pythonw3.9", "python3-config"):
        program(home / "bin" / name)
    program(home / "uv" / "cpython-3.9.20-linux-x86_64-gnu" / "bin" / "python3")
    program(home / "uv" / "pypy-3.9.19-linux-x86_64-gnu" / "bin" / "python3")
    program(home / "bin" / "uv", f'[ "$2" = dir ] && echo {home}/uv || echo /found/python{"{"}$7{"}"}')
    path = os.pathsep.join((str(home / ".pyenv" / "shims"), str(tmp_path / "not"), "", str(home / "bin")))
    return {"HOME": str(home), "PATH": path + os.pathsep + "/bin"}


def named(programs: object, caller: Mapping[str, str]) -> list[str]:
    """Programs in a home, by their paths there."""
    assert isinstance(programs, (list, tuple))
    home = caller["HOME"] + "/"
    return [name.removeprefix(home) for name in programs if name.startswith((home, "/found"))]


@POSIX
def test_programs_of_a_version(caller: Mapping[str, str]) -> None:
    """Stand-ins come last, and other versions not at all, but where only the program itself knows what it is."""
    uv = f"{caller['HOME']}/bin/uv"
    found = named(list(of_version("3.9", caller, uv)), caller)
    assert found[:4] == [
        "bin/python3.9",
        ".pyenv/versions/3.9.18/bin/python3",
        ".pyenv/versions/3.9.2/bin/python3",
        "uv/cpython-3.9.20-linux-x86_64-gnu/bin/python3",
    ]
    assert "bin/python3" in found[4:]
    assert found[-3:] == [".pyenv/shims/python3.9", ".pyenv/shims/python3", ".pyenv/shims/python"]
    assert any(name.startswith("/found/python") for name in found)
    exact = named(list(of_version("3.9.2", caller, uv)), caller)
    assert exact[:2] == ["bin/python3.9", ".pyenv/versions/3.9.2/bin/python3"]
    assert not [name for name in exact if "3.9.18" in name or "3.9.20" in name]
    assert named(list(of_version("3.10", caller, None)), caller)[0] == ".pyenv/versions/3.10.1/bin/python3"
    assert sys.executable in of_version(".".join(HERE.split(".")[:2]), caller, None)
    assert sys.executable not in of_version("3.7", {**caller, "PATH": ""}, None)


@POSIX
def test_programs_everywhere(caller: Mapping[str, str]) -> None:
    """Each once, whatever links lead there; neither stand-ins nor those without the lock of old (3.13t)."""
    home = Path(caller["HOME"])
    (home / "bin" / "python3.11").symlink_to(home / "bin" / "python3.12")
    found = everywhere(caller, f"{home}/bin/uv")
    assert found[0] == sys.executable
    assert sorted(named(found, caller)) == [
        ".pyenv/versions/3.10.1/bin/python3",
        ".pyenv/versions/3.9.18/bin/python3",
        ".pyenv/versions/3.9.2/bin/python3",
        "bin/python3",
        "bin/python3.11",
        "bin/python3.9",
        "uv/cpython-3.9.20-linux-x86_64-gnu/bin/python3",
    ]


@POSIX
def test_pyenv_may_lie_elsewhere(caller: Mapping[str, str], tmp_path: Path) -> None:
    program(tmp_path / "other" / "versions" / "3.8.1" / "bin" / "python3")
    found = everywhere({**caller, "PYENV_ROOT": str(tmp_path / "other")}, None)
    assert str(tmp_path / "other" / "versions" / "3.8.1" / "bin" / "python3") in found
    assert not [name for name in found if ".pyenv/versions" in name]


@POSIX
def test_programs_that_say_nothing(caller: Mapping[str, str], tmp_path: Path) -> None:
    """A uv that fails or isn't there."""
    for uv in (program(tmp_path / "broken"), str(tmp_path / "no")):
        assert not [name for name in everywhere(caller, uv) if "/uv/" in name]


def test_what_the_launcher_of_windows_prints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In its newer form and its older."""
    text = (
        " -V:3.13 *        C:\\Python 313\\python.exe\r\n"
        " -V:3.12-32       C:\\Python312-32\\python.exe\r\n"
        " -V:Astral/CPython3.11.5 C:\\x\\python.exe\r\n"
        " -3.9-64          C:\\Python39\\python.exe\r\n"
    )
    expected = [
        ("3.13", "C:\\Python 313\\python.exe"),
        ("3.12", "C:\\Python312-32\\python.exe"),
        ("3.9", "C:\\Python39\\python.exe"),
    ]
    assert listed_by_launcher(text) == expected
    assert listed_by_launcher("No installed Pythons found!\n") == []
    if os.name == "posix":
        program(tmp_path / "py", "printf ' -3.9-64  /python39\\n'")
        monkeypatch.setattr(interpreter_places, "_WINDOWS", True)
        assert interpreter_places._at_launcher({"PATH": str(tmp_path)}) == [("3.9", "/python39")]
        program(tmp_path / "pyenv" / "pyenv-win" / "versions" / "3.9.1" / "python.exe")
        found = everywhere({"PATH": "", "PYENV_ROOT": str(tmp_path / "pyenv")}, None)
        assert found[1:] == (str(tmp_path / "pyenv" / "pyenv-win" / "versions" / "3.9.1" / "python.exe"),)


def test_all_at_hand_run_and_are_found_again() -> None:
    caller, uv = dict(os.environ), resolve_uv.find(os.environ)
    versions = interpreter.at_hand(caller, uv)
    assert HERE in versions
    assert list(versions) == sorted(versions, key=Version, reverse=True)
    assert all(Version(version) >= interpreter.OLDEST for version in versions)
    for version in {versions[0], versions[-1]}:
        found = interpreter.find(version, caller, uv)
        command = [str(found.executable), "-c", "import platform; print(platform.python_version())"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == version
        assert "py3-none-any" in found.tags
        assert found.markers["python_full_version"] == version


@POSIX
def test_what_makes_no_environments_is_not_at_hand(tmp_path: Path) -> None:
    """Nor is what fails, what is too old, what isn't CPython, and what says anything."""
    answers = {
        "3.90": "cpython 3.90.1 True",
        "3.91": "cpython 3.91.1 False",
        "3.92": "pypy 3.92.1 True",
        "3.93": "cpython 3.7.16 True",
        "3.94": "no",
        "3.95": "cpython 3.95.1 True; exit 1",
        "3.96": "cpython 3.96.0rc1+ True",
        "3.97": "cpython 3.97.1x True",
    }
    for name, said in answers.items():
        program(tmp_path / f"python{name}", f"echo {said}")
    found = interpreter.at_hand({"PATH": str(tmp_path), "HOME": str(tmp_path)}, None)
    assert found == ("3.96.0rc1+", "3.90.1", HERE)


@POSIX
def test_each_is_asked_once(tmp_path: Path) -> None:
    """But again where it is another program, or is run otherwise; and only if it may be the one."""
    count = tmp_path / "count"
    python = program(tmp_path / "python3.99", f'echo x >>{count}; exec {sys.executable} "$@"')
    other = program(tmp_path / "python3.98", f"echo y >>{count}; exit 1")
    caller = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    for _ in range(2):
        assert interpreter.probed(python, caller).version == HERE
    assert count.read_text() == "x\n"
    interpreter.probed(python, {**caller, "OTHER": "1"})
    program(tmp_path / "python3.99", f'echo z >>{count}; exec {sys.executable} "$@" ')
    interpreter.probed(python, caller)
    assert count.read_text() == "x\nx\nz\n"
    with pytest.raises(RequestError):
        interpreter.probed(other, caller)
    assert count.read_text() == "x\nx\nz\ny\n"
    with pytest.raises(RequestError, match="can't be started"):
        interpreter.probed(str(tmp_path / "gone"), caller)
    interpreter.find(HERE, caller, None)
    assert count.read_text() == "x\nx\nz\ny\n"
    with pytest.raises(RequestError, match=r"there is no Python 3\.97 here") as caught:
        interpreter.find("3.97", {"PATH": str(tmp_path), "HOME": str(tmp_path)}, None)
    assert "uv python install" in caught.value.hint


@POSIX
def test_a_python_that_packaging_is_too_new_for(tmp_path: Path) -> None:
    """It is asked with its own pip; one without that has neither markers nor tags, and takes no wheels."""
    broken = tmp_path / "packaging"
    broken.mkdir()
    (broken / "__init__.py").write_text("")
    (broken / "markers.py").write_text("LocalType = tuple[int, ...]; raise TypeError('too new')\n")
    code = interpreter._PROBE
    done = subprocess.run([sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    usual = subprocess.run(
        [sys.executable, "-I", "-c", code, str(Path(packaging.tags.__file__).parent.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"py3-none-any"' in done.stdout
    assert '"python_full_version"' in done.stdout
    assert done.stdout.split('"tags"')[0] == usual.stdout.split('"tags"')[0]
    code = f"import sys; sys.modules['ensurepip'] = None\n{code}"
    done = subprocess.run([sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert '"markers": {}, "tags": []' in done.stdout
