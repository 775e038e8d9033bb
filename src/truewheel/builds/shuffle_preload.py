"""Libraries for LD_PRELOAD, compiled where they are needed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from truewheel.builds.processes import run
from truewheel.errors import RequestError

_SECONDS = 60.0


def obstacle() -> str:
    """Why no library can be put before a program's own here, or ""."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return "other programs can be told on 64-bit Linux alone"
    return "" if _compiler() else "there is no C compiler"


def _compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def compiled(library: Path, text: str) -> str:
    """Why there is no `library` of a C `text`, or "" where there is one now.

    Raises `RequestError` where its folder can't be written to.
    """
    compiler = _compiler()
    if compiler is None or obstacle():
        return obstacle()
    source = library.with_suffix(".c")
    try:
        library.parent.mkdir(exist_ok=True)
        source.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RequestError(f"{source} can't be written: {error.strerror}") from None
    said: list[str] = []
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library.name, source.name, "-ldl", "-lpthread"]
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    try:
        status = run(command, library.parent, environment, output=said.append, seconds=_SECONDS)
    except RequestError as error:
        return error.what
    return "" if status == 0 else f"the C compiler failed ({said[-1] if said else status})"
