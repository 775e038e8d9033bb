"""Doors to the compilers' stand-ins: scripts in a place that stays, which lead to those of the build that is running.

Backends that keep their build folder remember where the compiler was. CMake refuses to go on where it isn't there any
more, be it in the next build or in an editable install; so no path of a temporary folder may be seen. Outside of a
build a door leads to the real compiler.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Final

from truewheel.builds.shims import Shims

VARIABLE: Final = "_TRUEWHEEL_STAND_INS"
"""Says in which folder the stand-ins of the running build are."""

_SCRIPT: Final = """\
#!/bin/sh
# A door of truewheel: to the stand-in of the build that is running, else to what stands further down on PATH.
here={here} behind=${variable}/{name}
PATH=:$PATH:
while :; do case $PATH in *:"$here":*) PATH=${{PATH%%:"$here":*}}:${{PATH#*:"$here":}} ;; *) break ;; esac done
PATH=${{PATH#:}} PATH=${{PATH%:}}
export PATH
[ -n "${variable}" ] && [ -x "$behind" ] && exec "$behind" "$@"
exec {command}"$@"
"""

_RUST: Final = "rustc-wrapper"
"""RUSTC_WRAPPER is given the real compiler as its first word."""


def with_doors(shims: Shims, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the stand-ins in a folder are found, through doors where these can be made."""
    if not shims.names:
        return {**environment, **shims.environment}
    front = _doors(folder, environment)
    # With doors, what a variable says must not be in the temporary folder either.
    named = {name: value.replace(str(folder), str(front)) for name, value in shims.environment.items()}
    path = os.pathsep.join(filter(None, (str(front), environment.get("PATH", ""))))
    return {**environment, **named, VARIABLE: str(folder), "PATH": path}


def _doors(folder: Path, environment: Mapping[str, str]) -> Path:
    """The folder of the doors to all that is in `folder`; that itself where there can be none.

    There is one for each set of names in the user's cache, and for each place of that, which the scripts know: one that
    was moved would lead to itself. What is in it never changes.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("[!.]*") if path.is_file())
    cache = _cache(environment)
    if cache is None:
        return folder
    place = cache / f"doors-{hashlib.sha256(repr((_SCRIPT, str(cache), names)).encode()).hexdigest()[:16]}"
    with suppress(OSError):
        if not place.is_dir():
            _make(place, names)
        mine = not hasattr(os, "geteuid") or place.stat().st_uid == os.geteuid()
        if mine and all(os.access(place / name, os.X_OK) for name in names):  # false too where nothing may be executed
            return place
    return folder


def _cache(environment: Mapping[str, str]) -> Path | None:
    home = environment.get("HOME", "")
    for path in (environment.get("XDG_CACHE_HOME", ""), f"{home}/.cache" if home else ""):
        if Path(path).is_absolute() and os.pathsep not in path:
            return Path(path) / "truewheel"
    return None


def _make(place: Path, names: list[str]) -> None:
    """Write the doors, so that nobody ever sees some of them alone."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".doors-", dir=place.parent))
    try:
        for name in names:
            door = draft / name
            door.parent.mkdir(exist_ok=True)
            command = "" if name == _RUST else f"{quote(door.name)} "
            text = _SCRIPT.format(here=quote(str(place)), variable=VARIABLE, name=quote(name), command=command)
            door.write_text(text, encoding="utf-8", errors="surrogateescape")
            door.chmod(0o755)
        draft.chmod(0o755)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # where another build was faster; else it isn't there any more
