"""The script in place of a program: installed in every way that there is, it starts the program as if it were it."""

from __future__ import annotations

import ast
import os
import signal
import subprocess  # noqa: TID251 - installers and scripts are programs; the ban protects src
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import wheel_members, zip_bytes
from tests.tools import need
from truewheel.ops.launcher import launcher

posix = pytest.mark.skipif(sys.platform == "win32", reason="programs for Linux are grafted for")

Installer = Callable[..., None]
UV = Path(sysconfig.get_path("scripts"), "uv")
NAME = "tool-1.0-py3-none-any.whl"
_PROGRAM = r"""
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count > 1 && !strcmp(words[1], "--wait")) {
        puts("ready");
        fflush(stdout);
        for (;;)
            pause();
    }
    for (int i = 0; i < count; i++)
        printf("[%s]\n", words[i]);
    for (int number = 1; number < 32; number++)
        if (signal(number, SIG_DFL) == SIG_IGN)
            printf("ignores %d\n", number);
    return 3;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    (gcc,) = need("gcc")
    folder = tmp_path_factory.mktemp("program")
    (folder / "app.c").write_text(_PROGRAM, encoding="utf-8")
    subprocess.run([gcc, "-O1", "-Wall", "-Werror", "-o", folder / "app", folder / "app.c"], check=True)
    return (folder / "app").read_bytes()


def wheel(folder: Path, program: bytes, script: str = "app") -> Path:
    target, place = f"tool.scripts/{script}", f"tool-1.0.data/scripts/{script}"
    members = wheel_members({target: program, place: launcher(target)}, name=NAME)
    path = folder / NAME
    path.write_bytes(zip_bytes(members, executable=[target, place]))
    return path


def run(*command: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_", "UV_"))}
    environment |= {"UV_OFFLINE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return subprocess.run(
        list(map(str, command)), env=environment | (env or {}), capture_output=True, encoding="utf-8", check=False
    )


def done(*command: str | Path, env: dict[str, str] | None = None) -> None:
    finished = run(*command, env=env)
    assert finished.returncode == 0, finished.stderr


def new_environment(folder: Path) -> Path:
    done(sys.executable, "-m", "venv", "--without-pip", folder)
    return folder / "bin" / "python"


def pip(python: Path | str, *words: str | Path, env: dict[str, str] | None = None) -> None:
    done(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", *words, env=env)


def uv(python: Path | str, *words: str | Path) -> None:
    done(UV, "pip", "install", "-q", "--no-cache", "--no-index", "--no-deps", "--python", python, *words)


def demand_program(script: Path, env: dict[str, str] | None = None) -> None:
    """The installed script is the program: in its name, arguments, signals and status."""
    finished = run(script, "", "two words", "ä'\"\\", "--help", env=env)
    assert finished.stdout.splitlines() == [f"[{script}]", "[]", "[two words]", "[ä'\"\\]", "[--help]"], finished
    assert finished.returncode == 3


INSTALLERS = pytest.mark.parametrize("install", [pip, uv])


@posix
@INSTALLERS
def test_in_a_virtual_environment(tmp_path: Path, program: bytes, install: Installer) -> None:
    install(new_environment(tmp_path / "venv"), wheel(tmp_path, program))
    script = tmp_path / "venv" / "bin" / "app"
    assert script.read_bytes().startswith(f"#!{tmp_path}/venv/bin/python".encode())
    demand_program(script)
    link = tmp_path / "linked"
    link.symlink_to(script)
    demand_program(link)


@posix
@INSTALLERS
@pytest.mark.parametrize("option", ["--target", "--prefix"])
def test_in_a_folder_that_python_does_not_know(tmp_path: Path, program: bytes, install: Installer, option: str) -> None:
    install(new_environment(tmp_path / "venv"), wheel(tmp_path, program), option, tmp_path / "there")
    demand_program(tmp_path / "there" / "bin" / "app")


@posix
def test_for_the_user(tmp_path: Path, program: bytes) -> None:
    base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    home = {"PYTHONUSERBASE": str(tmp_path / "user")}
    pip(base, wheel(tmp_path, program), "--user", "--break-system-packages", env=home)
    demand_program(tmp_path / "user" / "bin" / "app", env=home)


@posix
def test_as_a_tool_of_uv(tmp_path: Path, program: bytes) -> None:
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    path = wheel(tmp_path, program)
    done(UV, "tool", "install", "-q", "--no-cache", "--no-index", "--python", sys.executable, path, env=folders)
    demand_program(tmp_path / "bin" / "app")


@posix
def test_each_installation_starts_its_own(tmp_path: Path, program: bytes) -> None:
    python = new_environment(tmp_path / "venv")
    path = wheel(tmp_path, program)
    pip(python, path)
    pip(python, path, "--target", tmp_path / "there")
    (site,) = (tmp_path / "venv").glob("lib/*/site-packages")
    for number, folder in enumerate([site, tmp_path / "there"]):
        ours = folder / "tool.scripts" / "app"
        ours.write_text(f"#!/bin/sh\nexit {number}\n", encoding="utf-8")
    for number, folder in enumerate([tmp_path / "venv", tmp_path / "there"]):
        for known in (site, tmp_path / "there"):
            assert run(folder / "bin" / "app", env={"PYTHONPATH": str(known)}).returncode == number


@posix
def test_a_program_that_is_nowhere_near_is_looked_for_where_python_looks(tmp_path: Path, program: bytes) -> None:
    python = new_environment(tmp_path / "venv")
    pip(python, wheel(tmp_path, program), "--target", tmp_path / "there")
    script = tmp_path / "elsewhere" / "app"
    script.parent.mkdir()
    (tmp_path / "there" / "bin" / "app").rename(script)
    assert run(script).returncode == 127
    demand_program(script, env={"PYTHONPATH": str(tmp_path / "there")})


@posix
def test_a_program_that_can_not_be_started(tmp_path: Path, program: bytes) -> None:
    pip(new_environment(tmp_path / "venv"), wheel(tmp_path, program))
    script = tmp_path / "venv" / "bin" / "app"
    (target,) = (tmp_path / "venv").glob("lib/*/site-packages/tool.scripts/app")
    target.chmod(0o644)
    finished = run(script)
    assert (finished.returncode, finished.stderr) == (126, f"{script}: {target}: Permission denied\n")
    target.unlink()
    finished = run(script)
    message = f"{script}: tool.scripts/app is not among the Python packages; install it again\n"
    assert (finished.returncode, finished.stdout, finished.stderr) == (127, "", message)


@posix
def test_signals_reach_the_program(tmp_path: Path, program: bytes) -> None:
    pip(new_environment(tmp_path / "venv"), wheel(tmp_path, program))
    command: list[str | Path] = [tmp_path / "venv" / "bin" / "app", "--wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM


@posix
def test_a_name_with_everything_in_it(tmp_path: Path, program: bytes) -> None:
    name = 'it\'s "ä" @ {0} %s'
    pip(new_environment(tmp_path / "venv"), wheel(tmp_path, program, name))
    demand_program(tmp_path / "venv" / "bin" / name)


@given(st.text(st.characters(exclude_categories=[])))
def test_the_text_is_python_3_8_and_names_the_program(target: str) -> None:
    text = launcher(target)
    assert text.startswith(b"#!python\n")
    assert text.endswith(b"\n")
    assert b"\r" not in text
    tree = ast.parse(text.decode("ascii"), feature_version=(3, 8))
    values = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    assert [ast.literal_eval(value) for value in values] == [target]
    assert text == launcher(target)
