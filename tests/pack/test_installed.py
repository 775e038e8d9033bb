"""Packed programs, installed by those who install wheels, and run: here, on another processor, and on Windows."""

from __future__ import annotations

import hashlib
import os
import subprocess  # noqa: TID251 - installers and what they install are programs; the ban protects src
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli.run import run as truewheel
from tests.packages import deb, npm
from tests.packing.windows_python import WindowsPython, windows_python
from tests.pe.wine import windows_path
from tests.tools import need

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs are for Linux, or emulated there")

UV = Path(sysconfig.get_path("scripts"), "uv")
INSTALLERS = pytest.mark.parametrize("installer", ["pip", "uv"])
SOURCE, SMALL = "let answer: number = 6 * 7;\nconsole.log(answer)\n", "let answer=42;console.log(answer);\n"
TRANSFORM = ("--loader=ts", "--minify-syntax", "--minify-whitespace")
_KEPT = {"__pycache__", ".lock"}
"""What Python itself compiles, and uv leaves."""
GREETING = "one line\nanother LINE\n"


def pack(folder: Path, *words: str | Path) -> dict[str, Path]:
    """The wheels that come out, by the platform."""
    result = truewheel("pack", *words, "--version", "1.0", "-w", folder)
    assert result.exit_code == 0, result.output
    return {path.stem.rpartition("-")[2].partition(".")[0]: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def esbuild(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A program for three platforms, static or with what Windows has."""
    archives = [npm(f"@esbuild/{platform}") for platform in ("linux-x64", "linux-arm64", "win32-x64")]
    return pack(tmp_path_factory.mktemp("esbuild"), *archives, "--name", "esbuild", "--license", "MIT")


@pytest.fixture(scope="module")
def ripgrep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that another library goes with, and a manual page at the root of the environment."""
    layout = ["--include", "bin", "--include", "share/man", "--include", "share/doc", "--data", "share/man/**"]
    (wheel,) = pack(
        tmp_path_factory.mktemp("ripgrep"), deb("ripgrep"), "--name", "ripgrep", "--strip", "1", *layout, "--host-libs"
    ).values()
    return wheel


# --- installers --------------------------------------------------------------------------------------------------
def done(*command: str | Path, stdin: str = "", **settings: str) -> str:
    """What a program said, which has to end well."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_", "UV_", "COV"))}
    quiet = {"UV_OFFLINE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    finished = subprocess.run(
        list(map(str, command)),
        env=kept | quiet | settings,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


class Environment:
    """A new environment, and what an installer does there."""

    def __init__(self, folder: Path, installer: str) -> None:
        done(sys.executable, "-m", "venv", "--without-pip", folder)
        self.folder = folder
        self.python = folder / "bin" / "python"
        self._pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", self.python]
        self._uv: list[str | Path] = [UV, "pip"]
        self._by_pip = installer == "pip"

    def install(self, *wheels: Path) -> None:
        words = ["install", "-q", "--no-index", "--no-deps"]
        done(*self._pip, *words, "--no-compile", *wheels) if self._by_pip else done(
            *self._uv, *words, "--no-cache", "--python", self.python, *wheels
        )

    def uninstall(self, *names: str) -> None:
        if self._by_pip:
            done(*self._pip, "uninstall", "-q", "--yes", *names)
        else:
            done(*self._uv, "uninstall", "-q", "--python", self.python, *names)

    def check(self) -> None:
        """Both must find it all right, whoever installed it."""
        assert done(*self._pip, "check") == "No broken requirements found.\n"
        done(*self._uv, "check", "--python", self.python)

    def run(self, command: str, *words: str | Path, stdin: str = "") -> str:
        """A command of the environment."""
        return done(self.folder / "bin" / command, *words, stdin=stdin)

    def files(self) -> dict[str, tuple[int, str]]:
        """All that lies there, with modes and hashes."""
        found = [path for path in self.folder.rglob("*") if not path.is_dir() and not _KEPT & {*path.parts}]
        return {
            str(path.relative_to(self.folder)): (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in found
        }


@INSTALLERS
def test_installed_run_and_gone_again(tmp_path: Path, esbuild: dict[str, Path], ripgrep: Path, installer: str) -> None:
    environment = Environment(tmp_path / "venv", installer)
    before = environment.files()
    environment.install(esbuild["manylinux1_x86_64"], ripgrep)
    environment.check()
    assert environment.run("esbuild", *TRANSFORM, stdin=SOURCE) == SMALL
    assert environment.run("python", "-I", "-m", "esbuild", "--version") == "0.25.0\n"
    assert environment.run("rg", "-i", "ANOTHER", stdin=GREETING) == "another LINE\n"
    assert environment.run("python", "-m", "ripgrep", "line", stdin=GREETING) == "one line\n"
    assert "+pcre2" not in environment.run("rg", "--version")  # that is said where it was compiled in
    assert environment.run("rg", "--pcre2", r"(?<=one )\w+", "-o", stdin=GREETING) == "line\n"  # by the grafted library
    assert (environment.folder / "share" / "man" / "man1" / "rg.1.gz").is_file()
    where = environment.run("python", "-c", "import esbuild; print(esbuild.path())").strip()
    assert done(where, "--version") == "0.25.0\n"
    environment.uninstall("esbuild", "ripgrep")
    assert environment.files() == before


@INSTALLERS
def test_the_program_itself_as_a_command(tmp_path: Path, installer: str) -> None:
    words = ["--name", "esbuild", "--script", "esbuild=bin/esbuild", "--exclude", "README.md", "--exclude", "*.json"]
    (wheel,) = pack(tmp_path / "dist", npm("@esbuild/linux-x64"), *words).values()
    environment = Environment(tmp_path / "venv", installer)
    before = environment.files()
    environment.install(wheel)
    environment.check()
    assert (environment.folder / "bin" / "esbuild").read_bytes()[:4] == b"\x7fELF"
    assert environment.run("esbuild", *TRANSFORM, stdin=SOURCE) == SMALL
    assert not list(environment.folder.glob("lib/*/site-packages/esbuild"))
    environment.uninstall("esbuild")
    assert environment.files() == before


# --- elsewhere ---------------------------------------------------------------------------------------------------
def test_on_another_processor(tmp_path: Path, esbuild: dict[str, Path]) -> None:
    (emulator,) = need("qemu-aarch64")
    site, wheel = tmp_path / "site", esbuild["manylinux2014_aarch64"]
    words = ["-q", "--no-index", "--no-deps", "--no-compile", "--only-binary=:all:", "--platform=manylinux2014_aarch64"]
    done(sys.executable, "-m", "pip", "install", *words, "--target", site, wheel)
    assert done(emulator, site / "esbuild" / "bin" / "esbuild", *TRANSFORM, stdin=SOURCE) == SMALL
    # The launcher finds the program, which no kernel for x86-64 starts by itself.
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import esbuild; print(esbuild.path())"
    assert done(sys.executable, "-c", code).strip() == str(site / "esbuild" / "bin" / "esbuild")


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> WindowsPython:
    return windows_python(tmp_path_factory)


def test_on_windows(tmp_path: Path, esbuild: dict[str, Path], windows: WindowsPython) -> None:
    """By pip there, which makes an executable of the entry point; that and the module do what the program does."""
    words = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile", "--no-warn-script-location"]
    folder = tmp_path / "there"
    prefix = ["--prefix", windows_path(folder), windows_path(esbuild["win_amd64"])]
    assert windows.started([windows.program, *words, *prefix], {}) == ""
    site = folder / "Lib" / "site-packages"
    program, command = windows_path(site / "esbuild" / "esbuild.exe"), windows_path(folder / "Scripts" / "esbuild.exe")
    calls = [[start, *TRANSFORM] for start in (program, command)]
    calls += [["python", "-m", "esbuild", *TRANSFORM], ["python", "-m", "esbuild", "--no-such-option"]]
    direct, commanded, started, wrong = windows.run(calls, tmp_path, site=site, stdin=SOURCE)
    assert (direct.status, direct.output.decode()) == (0, SMALL)
    assert direct == commanded == started
    assert (wrong.status, wrong.output) == (1, b"")
    assert b"--no-such-option" in wrong.errors
