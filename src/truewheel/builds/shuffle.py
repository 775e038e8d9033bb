"""What has programs see other listings of folders, and another clock, than the system's. Never for a usual build."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from truewheel.builds.customize import customized
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shuffle_clock import moved_clock
from truewheel.builds.shuffle_preload import compiled
from truewheel.builds.shuffle_text import LIBRARY

_NAME = "libtruewheel-shuffle.so"
_LISTS = {"LD_PRELOAD": ":", "PYTHONPATH": os.pathsep}
"""Variables that hold several values, and what stands between them."""
_PYTHON_ALONE = "only Python's listings of folders are turned around"


def circumstances(room: Workroom, inside: Callable[[Path], str], conditions: Conditions) -> dict[str, str]:
    """The variables that bring about what `conditions` want of listings, clock, files and line ends; else none.

    To be asked when all sources and requirements are there, before the first program of the build runs.
    """
    parts: list[Mapping[str, str]] = [customized(room, inside, conditions)]
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

    Python is told by a ``sitecustomize`` (`customize`). Other programs, where there is a C compiler and LD_PRELOAD, by
    a library that stands before ``readdir``. Raises `RequestError` where the files can't be written.
    """
    library = room.host / "shuffle" / _NAME
    obstacle = compiled(library, LIBRARY)
    environment = {} if obstacle else {"LD_PRELOAD": inside(library)}
    return Shuffled(environment, f"{_PYTHON_ALONE}: {obstacle}" if obstacle else "")


def together(*parts: Mapping[str, str]) -> dict[str, str]:
    """Several such sets of variables as one: libraries to be preloaded, and folders of modules, add up."""
    joined: dict[str, str] = {}
    for part in parts:
        for name, value in part.items():
            both = name in _LISTS and name in joined
            joined[name] = f"{joined[name]}{_LISTS[name]}{value}" if both else value
    return joined
