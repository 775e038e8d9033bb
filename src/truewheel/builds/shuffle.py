"""Means of `--twice`: folders that are listed the other way round. Never for a first build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shuffle_clock import moved_clock
from truewheel.builds.shuffle_preload import compiled
from truewheel.builds.shuffle_text import LIBRARY, SITECUSTOMIZE
from truewheel.errors import RequestError

_NAME = "libtruewheel-shuffle.so"
_PYTHON_ALONE = "only Python's listings of folders are turned around"


def circumstances(room: Workroom, inside: Callable[[Path], str], conditions: Conditions) -> dict[str, str]:
    """The variables that bring about what `conditions` want of listings and of the clock; none for a first build."""
    parts: list[Mapping[str, str]] = []
    if conditions.shuffled:
        parts.append(shuffling(room, inside).environment)
    if conditions.clock:
        parts.append(moved_clock(room, conditions.clock, inside) or {})
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
    obstacle = compiled(folder / _NAME, LIBRARY)
    if not obstacle:
        environment["LD_PRELOAD"] = inside(folder / _NAME)
    return Shuffled(environment, f"{_PYTHON_ALONE}: {obstacle}" if obstacle else "")


def together(*parts: Mapping[str, str]) -> dict[str, str]:
    """Several such sets of variables as one: libraries to be preloaded, and folders of modules, add up."""
    joined: dict[str, str] = {}
    for part in parts:
        for name, value in part.items():
            both = name in {"LD_PRELOAD", "PYTHONPATH"} and name in joined
            joined[name] = f"{joined[name]}:{value}" if both else value
    return joined
