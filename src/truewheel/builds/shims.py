"""Stand-ins for compilers: found on PATH before the real ones, they keep the names of folders out of what is built.

Flags can't do that: ``CFLAGS`` replaces the interpreter's own in setuptools from 75.8 on and ``-O3 -DNDEBUG`` is lost,
and a folder with an accidental name can't be named beforehand.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from truewheel.builds import shims_script
from truewheel.builds.shims_script import SOURCE, Maps

_COMPILER = re.compile(
    r"(?:[\w.+]+-)*(?:cc|c89|c99|gcc|g\+\+|c\+\+|clang|clang\+\+|icx|icpx|gfortran|f77|f90|f95|flang|flang-new)"
    r"(?:-\d+(?:\.\d+)*)?"
)
"""``gcc``, ``gcc-12``, ``x86_64-linux-gnu-g++``; not ``gcc-ar``, ``clang-format`` or ``ccache``."""

_MARKED = ("cargo", "cmake", "go", "make", "meson", "nasm", "ninja", "samu", "swig", "yasm")
"""Programs that are taken note of, and run as they are."""

_WINDOWS = "on Windows nothing stands in for compilers: paths in debug information stay"
_VARIABLES = ("CC", "CXX", "FC", "F77", "F90")


@dataclass(frozen=True, slots=True)
class Shims:
    """What was written. ``environment`` are variables that the build needs so that the stand-ins are asked.

    ``names`` are the programs that have one, and ``notes`` says what can't be done here.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def write_shims(
    folder: Path,
    *,
    maps: Maps,
    caller: Mapping[str, str],
    configured: Mapping[str, str] | None = None,
    used: Path | None = None,
    inside: Callable[[Path], str] = str,
) -> Shims:
    """Write stand-ins for every compiler on the PATH of ``caller``, and for those that its variables name.

    ``folder`` has to be at the head of the build's PATH. ``maps`` are folders as the build sees them and the names that
    take their places (`folder_maps`); temporary folders of accidental names are found when the compiler runs.
    ``configured`` are CC, CXX and such of the Python that is built for. ``used`` is a folder in which the stand-ins
    note that they were used (`used_tools`). ``inside`` gives the path by which the build sees one.
    """
    if sys.platform == "win32":
        return Shims(notes=(_WINDOWS,))
    folder.mkdir(exist_ok=True)
    if used is not None:
        used.mkdir(exist_ok=True)
    writer = _Writer(folder, tuple(maps), used, inside)
    for name, real in _found(caller.get("PATH", "")):
        writer.compiler(name, real, folder)
    environment = writer.variables({**(configured or {}), **{k: caller[k] for k in _VARIABLES if caller.get(k)}})
    for name in _MARKED:
        writer.marker(name, caller.get("PATH", ""))
    environment["RUSTC_WRAPPER"] = writer.rust()
    return Shims(environment, tuple(sorted(writer.names)))


class _Writer:
    """Scripts, as they come to lie in the folder."""

    def __init__(self, folder: Path, maps: Maps, used: Path | None, inside: Callable[[Path], str]) -> None:
        self._folder, self._maps, self._used, self._inside = folder, maps, used, inside
        self.names: set[str] = set()

    def _mark(self, name: str) -> str | None:
        return None if self._used is None else self._inside(self._used / name)

    def compiler(self, name: str, real: str, folder: Path) -> str:
        """The path of the script for one compiler, as the build sees it."""
        text = shims_script.compiler(name, real, self._inside(folder), self._maps, self._mark(name))
        return self._write(folder / name, text)

    def marker(self, name: str, path: str) -> None:
        """A script that notes that a program was used, where it can."""
        mark = self._mark(name)
        if mark is not None and _which(name, path):
            self._write(self._folder / name, shims_script.marker(name, self._inside(self._folder), mark))

    def rust(self) -> str:
        """The path of the script for rustc."""
        text = shims_script.rust(self._inside(self._folder), self._maps, self._mark("rustc"))
        return self._write(self._folder / "rustc-wrapper", text)

    def variables(self, given: Mapping[str, str]) -> dict[str, str]:
        """CC and such with the stand-in in the compiler's place, where they name it by a path.

        A bare name is found on PATH, and better left alone: some projects write the compiler's name into a module.
        """
        found = {}
        for number, (variable, value) in enumerate(sorted(given.items())):
            words = _words(value)
            places = [
                n for n, word in enumerate(words) if word.startswith("/") and _COMPILER.fullmatch(Path(word).name)
            ]
            if variable in _VARIABLES and places and os.access(words[places[0]], os.X_OK):
                folder = self._folder / str(number)
                folder.mkdir(exist_ok=True)
                words[places[0]] = self.compiler(Path(words[places[0]]).name, words[places[0]], folder)
                found[variable] = shlex.join(words)
        return found

    def _write(self, path: Path, text: str) -> str:
        path.unlink(missing_ok=True)
        path.write_bytes(os.fsencode(text))
        path.chmod(0o755)
        self.names.add(path.name)
        return self._inside(path)


def is_compiler(name: str) -> bool:
    """Whether a program of this name turns sources of C, C++ or Fortran into something that runs."""
    return bool(_COMPILER.fullmatch(name))


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:  # a quotation that never ends: whoever reads it will say so
        return []


def _found(path: str) -> Iterable[tuple[str, str]]:
    """The compilers on a PATH, each the first of its name."""
    found: dict[str, str] = {}
    for folder in _absolute(path):
        with suppress(OSError), os.scandir(folder) as entries:
            for name in sorted(entry.name for entry in entries if is_compiler(entry.name)):
                real = f"{folder.rstrip('/')}/{name}"
                if name not in found and os.access(real, os.X_OK) and not Path(real).is_dir():
                    found[name] = real
    return sorted(found.items())


def _which(name: str, path: str) -> bool:
    return any(os.access(f"{folder}/{name}", os.X_OK) for folder in _absolute(path))


def _absolute(path: str) -> list[str]:
    return [folder for folder in path.split(os.pathsep) if folder.startswith("/")]


def folder_maps(
    source: Sequence[str | Path], *, environments: Sequence[str | Path] = (), pythons: Sequence[str | Path] = ()
) -> Maps:
    """The folders of a build and the names that take their places, each also by its path without links.

    The sources become ``/src``, ``environments`` ``/env``, and ``pythons``, the base prefixes, ``/python``. A prefix
    that is the system's own is the same everywhere and keeps its name.
    """
    named = [*((f, SOURCE) for f in source), *((f, "/env") for f in environments)]
    named += [(f, "/python") for f in pythons if str(f) not in {"/", "/usr", "/usr/local"}]
    maps: dict[str, str] = {}
    for folder, name in named:
        for path in (str(folder), str(Path(folder).resolve())):
            if path.count("/") > 1:  # a folder right below the root has too much in it
                maps.setdefault(path.rstrip("/"), name)
    return tuple(maps.items())


def environments_here() -> tuple[str, ...]:
    """The environment that this Python runs in, with the folders that pip puts on its path for a build."""
    found = [] if sys.prefix == sys.base_prefix else [sys.prefix]
    tail = re.compile(r"/lib(?:64)?/python3\.\d+t?/(?:site|dist)-packages")
    for folder in sys.path:
        match = tail.search(folder)
        if match and match.end() == len(folder) and not folder.startswith(sys.base_prefix + "/"):
            found.append(folder[: match.start()])
    return tuple(dict.fromkeys(found))


def configured_here() -> dict[str, str]:
    """The compilers that this Python was built with, by the names of their variables."""
    return {name: value for name in ("CC", "CXX") if isinstance(value := sysconfig.get_config_var(name), str)}


def used_tools(folder: Path) -> tuple[str, ...]:
    """The programs whose stand-ins left their mark in ``used``, sorted."""
    with suppress(OSError):
        return tuple(sorted(entry.name for entry in folder.iterdir()))
    return ()
