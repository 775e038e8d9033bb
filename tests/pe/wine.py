"""Windows' loader, as Wine has it: a program that loads DLLs as CPython loads extension modules, and tells.

A `Wine` is a folder that looks like a Windows to Wine, and `sources/loader.c`, built there. It is made in a tenth of
a second: nothing that Wine would set up at first (a registry, services, fonts) takes part in loading a DLL, and its
system folder is made of links to Wine's own DLLs.

What `test_wine.py` shows of Wine 8: the flags of LoadLibraryEx, AddDllDirectory, the order of folders, names already
loaded and error codes are those of Windows. DependentLoadFlags, checksums and certificates it doesn't look at, and it
maps files that Windows refuses: `checker.py` asks for more.
"""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - Wine is a program; the ban protects src
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

import pytest

from tests.elf.toolchains import call, once
from tests.tools import need

NOT_FOUND, NO_FUNCTION, BAD_FORMAT, BAD_PATH = 126, 127, 193, 87
"""The error codes of LoadLibrary: a DLL, or one that it needs, isn't there; a function isn't in it; no such image;
a path that isn't absolute."""

DELAYED_NOT_FOUND = "c06d007e"
"""The exception of a delay-load helper that doesn't find its DLL."""

_SYSTEM = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows")
_NOT_OF_WINDOWS = ("msvcp", "msvcr", "concrt", "vcomp", "vccorlib", "vcruntime", "mfc", "atl")
"""Runtimes of Visual C++, which Wine brings and Windows doesn't (msvcp_win.dll and msvcrt.dll are of Windows)."""

_OF_WINDOWS = ("msvcp_win.dll", "msvcrt.dll", "msvcp60.dll")
_OF_PYTHON = ("vcruntime140.dll", "vcruntime140_1.dll")
"""What lies beside python.exe, so beside our loader."""

_TOOLS = ("/usr/lib/wine/wine64", "x86_64-w64-mingw32-gcc", str(_SYSTEM / "kernel32.dll"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading a DLL.

    ``error`` is what GetLastError said, 0 where it was loaded. ``answer`` is what the function returned, None where
    none was asked for or there is none. ``exception`` is the code of what ended the program. ``modules`` are the
    DLLs that were loaded then, those of before too, in order, without the ones of Wine's Windows and Python.
    """

    path: Path
    error: int = 0
    answer: int | None = None
    exception: str = ""
    modules: tuple[Path, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the modules, in lower case, sorted."""
        return tuple(sorted(module.name.lower() for module in self.modules))


@dataclass(frozen=True, slots=True)
class Wine:
    """A Windows of its own, in `folder`."""

    folder: Path

    def load(
        self, *paths: Path, function: str = "", folders: Iterable[Path] = (), first: Iterable[Path] = ()
    ) -> tuple[Loaded, ...]:
        """Load DLLs as CPython does, one after the other in one process, and let go of each before the next.

        `function` is called in each; it takes nothing and returns an int. `folders` are added as
        `os.add_dll_directory` does; `first` are DLLs that the process has loaded before, as python.exe has
        python312.dll. A process that an exception ends tells nothing of the rest of the paths.
        """
        steps = [word for folder in folders for word in ("dir", windows_path(folder))]
        steps += [word for path in first for word in ("keep", windows_path(path))]
        for path in paths:
            steps += ["load", windows_path(path), "modules", *(("call", function) if function else ()), "free"]
        lines = self.run(*steps)
        assert all(value == "0" for word, value in lines if word == "kept"), lines
        starts = [number for number, (word, _) in enumerate(lines) if word == "error"]
        accounts = [lines[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
        return tuple(self._told(path, account) for path, account in zip(paths, accounts, strict=False))

    def run(self, *steps: str, where: Path | None = None, search_path: Iterable[Path] = ()) -> list[tuple[str, str]]:
        """What the loader prints for any steps of its, as pairs of a word and a value.

        `where` is the working directory, `search_path` the folders in PATH.
        """
        command = [need(*_TOOLS)[0], self.folder / "python" / "loader.exe", *steps]
        settings = self._environment() | {"WINEPATH": ";".join(map(windows_path, search_path))}
        status, text = self._started(command, settings, where)
        if not text and status not in (0, 3):
            # On a busy machine a process of Wine has ended before it said a word.
            status, text = self._started(command, settings, where)
        assert status in (0, 3), f"Wine ended with {status}: {steps}\n{text}"
        pairs = [line.partition("\t") for line in text.splitlines()]
        return [(word, value) for word, _, value in pairs]

    def _started(self, command: Sequence[object], settings: Mapping[str, str], where: Path | None) -> tuple[int, str]:
        with tempfile.TemporaryFile() as output:  # a pipe would end with Wine's server, a second later
            done = subprocess.run(
                list(map(str, command)),
                env=settings,
                cwd=where or self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
            )
            output.seek(0)
            return done.returncode, output.read().decode("utf-8", "replace")

    def _told(self, path: Path, lines: list[tuple[str, str]]) -> Loaded:
        """What the loader's lines say about a path."""
        said = dict(lines)
        modules = [_host_path(value) for word, value in lines if word == "module" and value.startswith("Z:")]
        return Loaded(
            path,
            int(said["error"]),
            int(said["answer"]) if "answer" in said else None,
            said.get("exception", ""),
            tuple(module for module in modules if not module.is_relative_to(self.folder)),
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "DISPLAY": "",
            "WINEPREFIX": str(self.folder),
            "WINEDEBUG": "-all",
            # What is found outside of the system's folder is itself, not Wine's DLL of the same name.
            "WINEDLLOVERRIDES": ",".join(sorted(dll.stem for dll in _SYSTEM.glob("*.dll"))) + "=n,b",
        }


def windows_path(path: Path) -> str:
    """What Wine calls a path of the host."""
    return "Z:" + str(path).replace("/", "\\")


def _host_path(path: str) -> Path:
    return Path(PureWindowsPath(path.removeprefix("Z:")).as_posix())


def make_wine(folder: Path) -> Wine:
    """A Windows in `folder`, made once whatever number of processes ask."""
    return Wine(once(folder, _make))


def _make(folder: Path) -> None:
    _, compiler, _ = need(*_TOOLS)
    (folder / ".update-timestamp").write_text("disable\n", encoding="ascii")  # sets nothing up
    system = folder / "drive_c" / "windows" / "system32"
    python = folder / "python"
    system.mkdir(parents=True)
    python.mkdir()
    for dll in _SYSTEM.iterdir():
        if dll.name in _OF_WINDOWS or not dll.name.startswith(_NOT_OF_WINDOWS):
            (system / dll.name).symlink_to(dll)
    for name in _OF_PYTHON:
        (python / name).symlink_to(_SYSTEM / name)
    source = Path(__file__).with_name("sources") / "loader.c"
    call([compiler, "-municode", "-O1", "-Wall", "-Wextra", "-Werror", "-s", source, "-o", python / "loader.exe"])


def shared(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all processes of this test run share."""
    own = factory.getbasetemp()
    return (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / name
