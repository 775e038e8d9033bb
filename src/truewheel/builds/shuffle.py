"""Means of `--twice`: folders that are listed the other way round, and another clock. Never for a first build."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from glob import glob
from pathlib import Path
from typing import NamedTuple

from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.processes import run
from truewheel.builds.shuffle_text import LIBRARY, SITECUSTOMIZE
from truewheel.errors import RequestError

_NAME = "libtruewheel-shuffle.so"
_SECONDS = 60.0
_FAKETIME = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",  # Debian, Ubuntu
    "/usr/lib64/faketime/libfaketimeMT.so.1",  # Fedora
    "/usr/lib/faketime/libfaketimeMT.so.1",  # Arch, Alpine
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)
_PYTHON_ALONE = "only Python's listings of folders are turned around"


def circumstances(room: Workroom, inside: Callable[[Path], str], conditions: Conditions) -> dict[str, str]:
    """The variables that bring about what `conditions` want of listings and of the clock; none for a first build."""
    parts: list[Mapping[str, str]] = []
    if conditions.shuffled:
        parts.append(shuffling(room, inside).environment)
    if conditions.clock:
        parts.append(faketime(conditions.clock) or {})
    return together(*parts)


class Shuffled(NamedTuple):
    """Variables that turn listings around, and what they don't reach, or ""."""

    environment: Mapping[str, str]
    note: str


def shuffling(room: Workroom, inside: Callable[[Path], str] = str) -> Shuffled:
    """Have a build's programs list folders the other way round than the system does.

    Python is told by a ``sitecustomize`` on PYTHONPATH. Other programs, where there is a C compiler and LD_PRELOAD, by
    a library that stands before ``readdir``. Raises `RequestError` where the files can't be written.
    """
    folder = room.host / "shuffle"
    try:
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RequestError(f"{folder} can't be written: {error.strerror}") from None
    environment = {"PYTHONPATH": inside(folder)}
    obstacle = _compiled(folder)
    if not obstacle:
        environment["LD_PRELOAD"] = inside(folder / _NAME)
    return Shuffled(environment, f"{_PYTHON_ALONE}: {obstacle}" if obstacle else "")


def _compiled(folder: Path) -> str:
    """Why there is no library, or "" where there is one now."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return "other programs can be told on 64-bit Linux alone"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return "there is no C compiler"
    source = folder / "shuffle.c"
    source.write_text(LIBRARY, encoding="utf-8", newline="\n")
    said: list[str] = []
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", _NAME, source.name, "-ldl", "-lpthread"]
    try:
        status = run(
            command, folder, {"PATH": os.environ.get("PATH", os.defpath)}, output=said.append, seconds=_SECONDS
        )
    except RequestError as error:
        return error.what
    return "" if status == 0 else f"the C compiler failed ({said[-1] if said else status})"


def faketime(offset: int) -> dict[str, str] | None:
    """Variables that move a build's clock by `offset` seconds, by libfaketime; None where it isn't installed.

    Files keep their true times (``NO_FAKE_STAT``), which lie in the past of a clock that is ahead, so that make and
    ninja have nothing to doubt; what waits for a while goes by the true clock.
    """
    library = faketime_library()
    if library is None:
        return None
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{offset:+d}",
        "NO_FAKE_STAT": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def faketime_library() -> Path | None:
    """The library that LD_PRELOAD takes, where Linux distributions put it."""
    if sys.platform != "linux":
        return None
    found = sorted(path for pattern in _FAKETIME for path in glob(pattern))  # noqa: PTH207 - absolute patterns
    native = [path for path in found if os.uname().machine in path or path.count("/") == 5]
    return Path(native[0]) if native else None


def together(*parts: Mapping[str, str]) -> dict[str, str]:
    """Several such sets of variables as one: libraries to be preloaded, and folders of modules, add up."""
    joined: dict[str, str] = {}
    for part in parts:
        for name, value in part.items():
            both = name in {"LD_PRELOAD", "PYTHONPATH"} and name in joined
            joined[name] = f"{joined[name]}:{value}" if both else value
    return joined
