"""The package index that is asked where nobody has configured one: uv and pip know it, and this project doesn't."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from truewheel.builds.capture import asked
from truewheel.builds.resolve_uv import find
from truewheel.errors import RequestError

_SECONDS: Final = 60.0
_UV: Final = ("pip", "compile", "-", "--emit-index-url", "--no-header", "--quiet", "--no-progress", "--color=never")
_SAID_BY_UV: Final = re.compile(rb"^--index-url[ =](\S+)", re.MULTILINE)
_SAID_BY_PIP: Final = re.compile(rb"--index-url\s.*?\(\s*default:?\s+(https?://[^)]*)\)", re.DOTALL)
_VARIABLES: Final = {
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_NO_INDEX",
    "UV_FIND_LINKS",
}


def default_index(caller: Mapping[str, str] | None = None) -> str:
    """The address of the index that uv, else pip, asks by default; asked once in each process.

    uv's own configuration files count. `caller` is the environment, None for that of this process. Raises
    `RequestError` where neither tells.
    """
    # What variables say of indexes is for index/settings to read: here it would hide the default.
    environment = os.environ if caller is None else caller
    left = {
        name: value for name, value in environment.items() if name not in _VARIABLES and not name.startswith("PIP_")
    }
    return _asked(tuple(sorted(left.items())))


@lru_cache(maxsize=4)
def _asked(environment: tuple[tuple[str, str], ...]) -> str:
    found = next(_answers(dict(environment)), None)
    if found is None:
        raise RequestError(
            "no package index is configured, and there is neither a uv nor a pip to ask for its default",
            hint="name an index: --index-url, or pip's configuration (`pip config set global.index-url`)",
        )
    return found


def _answers(environment: Mapping[str, str]) -> Iterator[str]:
    uv = find(environment)
    if uv:
        yield from _said([uv, *_UV, f"--python={sys.executable}"], environment, _SAID_BY_UV)
    # In a window this wide no address of the help is broken into lines.
    wide = {**environment, "COLUMNS": "1000"}
    yield from _said([sys.executable, "-I", "-m", "pip", "install", "--help"], wide, _SAID_BY_PIP)


def _said(command: list[str], environment: Mapping[str, str], pattern: re.Pattern[bytes]) -> Iterator[str]:
    """The address in what a program prints, if it runs and there is one."""
    try:
        answer = asked(command, Path.cwd(), environment, seconds=_SECONDS)
    except RequestError:
        return
    if answer.status == 0 and (match := pattern.search(answer.output)):
        yield re.sub(r"\s+", "", match[1].decode("utf-8", "replace"))
