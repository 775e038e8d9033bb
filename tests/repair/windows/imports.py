"""What happens when a module of a wheel is imported on Windows: its packages run here, its DLLs are loaded by Wine."""

from __future__ import annotations

import ast
import ctypes
import os
import subprocess  # noqa: TID251 - Wine is a program; the ban protects src
import zipfile  # noqa: TID251 - unpacked with what is not ours; the ban protects src
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unittest import mock

from tests.pe.wine import Wine, windows_path
from tests.tools import need

_SCHEMES = {"platlib": "", "purelib": "", "scripts": "Scripts", "data": "data"}


def installed(wheel: Path, site: Path) -> Path:
    """The files of a wheel where an installer puts them, below `site`; programs in ``Scripts`` there."""
    with zipfile.ZipFile(wheel) as archive:
        for name in (name for name in archive.namelist() if not name.endswith("/")):
            folder, _, rest = name.partition("/")
            if folder.endswith(".data"):
                scheme, _, rest = rest.partition("/")
                target = site / _SCHEMES[scheme] / rest
            else:
                target = site / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    return site


@dataclass(frozen=True, slots=True)
class Led:
    """What an ``__init__.py`` asked of Windows: folders that are searched from then on, and DLLs that are loaded."""

    folders: tuple[Path, ...] = ()
    loaded: tuple[Path, ...] = ()


def run_init(init: Path, only: str = "") -> Led:
    """Run an ``__init__.py`` as on Windows, or just the statements in which a word occurs."""
    folders: list[Path] = []
    loaded: list[Path] = []
    tree = ast.parse(init.read_bytes())
    tree.body = [node for node in tree.body if only in ast.unparse(node)]
    with (
        mock.patch.object(os, "add_dll_directory", lambda path: folders.append(Path(path)), create=True),
        mock.patch.object(ctypes, "WinDLL", lambda path, **_: loaded.append(Path(path)), create=True),
    ):
        names = {"__file__": str(init), "__name__": init.parent.name, "__path__": [str(init.parent)]}
        exec(compile(tree, str(init), "exec"), names)  # noqa: S102 - ours, or a peer's
    return Led(tuple(folders), tuple(loaded))


def led(site: Path, module: str, only: str = "") -> Led:
    """What the packages around a module ask for, from the outermost to its own."""
    inits = [site / folder / "__init__.py" for folder in reversed(PurePosixPath(module).parents)]
    runs = [run_init(init, only) for init in inits if init.exists()]
    return Led(tuple(f for run in runs for f in run.folders), tuple(dll for run in runs for dll in run.loaded))


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of an import.

    ``error`` is that of Windows, ``answer`` what ``answer()`` returned, ``exception`` what ended the process, and
    ``modules`` what of the wheel was loaded then.
    """

    error: int
    answer: int | None = None
    exception: str = ""
    modules: frozenset[str] = frozenset()


def import_module(wine: Wine, site: Path, module: str, *, led_by: Led | None = None, call: bool = True) -> Seen:
    """Import an extension module of an installed wheel, as far as Windows is concerned."""
    leading = led(site, module) if led_by is None else led_by
    steps = [word for folder in leading.folders for word in ("dir", windows_path(folder))]
    steps += [word for dll in leading.loaded for word in ("load", windows_path(dll))]
    lines = wine.run(*steps, "load", windows_path(site / module), *(("call", "answer") if call else ()), "modules")
    errors = [int(value) for word, value in lines if word == "error"]
    assert len(errors) == len(leading.loaded) + 1
    assert not any(errors[:-1]), "what is loaded at once can be loaded"
    said = dict(lines)
    answer = int(said["answer"]) if "answer" in said else None
    return Seen(errors[-1], answer, said.get("exception", ""), frozenset(_below(site, lines)))


def _below(site: Path, lines: list[tuple[str, str]]) -> Iterator[str]:
    start = windows_path(site).lower() + "\\"
    for word, value in lines:
        if word == "module" and value.lower().startswith(start):
            yield value[len(start) :].replace("\\", "/")


def status_of(wine: Wine, program: Path) -> int:
    """The exit status of a program that is started in a folder of its own."""
    command = [*need("/usr/lib/wine/wine64"), program]
    environment = wine._environment()
    nothing = subprocess.DEVNULL
    done = subprocess.run(
        command,
        env=environment,
        cwd=wine.folder,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        timeout=120,
        check=False,
    )
    return done.returncode
