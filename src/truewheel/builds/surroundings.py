"""The environment of a build: made from nothing, with what programs need and what decides what comes out.

What the caller's environment holds is left behind, keys and tokens with it, but for what `surroundings_table` names.
``CFLAGS`` and its kind are never set: setuptools from 75.8 on takes them instead of the interpreter's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shims import Shims
from truewheel.builds.surroundings_table import WINDOWS, taken_along

_GO_FLAGS = "-trimpath -buildvcs=false -ldflags=-buildid="


def environment(
    room: Workroom,
    inside: Callable[[Path], str],
    conditions: Conditions,
    *,
    epoch: int,
    given: Mapping[str, str],
    caller: Mapping[str, str],
    shims: Shims | None = None,
    offline: bool = True,
    path: str | None = None,
) -> dict[str, str]:
    """All the variables of a build.

    ``inside`` gives the path by which the build sees one. ``epoch`` is SOURCE_DATE_EPOCH in seconds. ``given`` are
    variables that the build gets as they are, ``caller`` those of the caller, of which it gets few. ``offline`` tells
    Rust's and Go's tools not to try the network. The later wins: ours, `Conditions.more`, the caller's, ``given``; but
    stand-ins of compilers stay in front of what they stand for. ``path`` is where programs are found instead of where
    the caller finds them.
    """
    variables = {
        **_system(caller),
        **_folders(room, inside, conditions, caller),
        **_circumstances(conditions, epoch),
        **_tools(offline=offline),
        **conditions.more,
        **passed_on(caller),
        **given,
        **(shims.environment if shims else {}),
    }
    if not conditions.epoch_set:
        variables.pop("SOURCE_DATE_EPOCH", None)
    programs = given.get("PATH", caller.get("PATH", "")) if path is None else path
    variables["PATH"] = os.pathsep.join(_path(room, inside, programs))
    return variables


def passed_on(caller: Mapping[str, str]) -> dict[str, str]:
    """What is taken along from the caller, sorted by name; provenance records it."""
    return {name: caller[name] for name in sorted(caller) if taken_along(name, caller[name])}


def _path(room: Workroom, inside: Callable[[Path], str], callers: str) -> list[str]:
    """The stand-ins, the environment's programs, and the caller's folders: those without a fixed place are left out."""
    programs = "Scripts" if sys.platform == "win32" else "bin"
    parts = [inside(room.shims), inside(room.env / programs)]
    parts += [part for part in callers.split(os.pathsep) if Path(part).is_absolute()]
    return list(dict.fromkeys(parts))


def _folders(
    room: Workroom, inside: Callable[[Path], str], conditions: Conditions, caller: Mapping[str, str]
) -> dict[str, str]:
    place = room.host / conditions.home
    home, temporary = inside(place), inside(room.tmp)
    found = {
        "HOME": home,
        "TMPDIR": temporary,
        "XDG_CACHE_HOME": inside(place / ".cache"),
        "XDG_CONFIG_HOME": inside(place / ".config"),
        "XDG_DATA_HOME": inside(place / ".local" / "share"),
        "CARGO_HOME": inside(place / ".cargo"),
        # What lies above the sources is no repository of theirs.
        "GIT_CEILING_DIRECTORIES": inside(room.host),
    }
    # Rust's tool chains are the machine's, though they lie in the user's home.
    rustup = caller.get("RUSTUP_HOME") or (f"{caller['HOME']}/.rustup" if caller.get("HOME") else "")
    if rustup and Path(rustup).is_dir():
        found["RUSTUP_HOME"] = rustup
    if sys.platform == "win32":
        found |= {"USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home, "TEMP": temporary, "TMP": temporary}
    return found


def _circumstances(conditions: Conditions, epoch: int) -> dict[str, str]:
    return {
        "SOURCE_DATE_EPOCH": str(epoch),
        "TZ": conditions.timezone,
        "LC_ALL": conditions.locale,
        "LANG": conditions.locale,
        "USER": "truewheel",
        "LOGNAME": "truewheel",
        "PYTHONHASHSEED": conditions.hash_seed,
        "PYTHONUTF8": "1",  # texts are read alike on every system, and under every locale
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _tools(*, offline: bool) -> dict[str, str]:
    found = {
        "ZERO_AR_DATE": "1",  # Apple's ar, libtool and ld
        "GOFLAGS": _GO_FLAGS,
        "GOTOOLCHAIN": "local",
        "CARGO_INCREMENTAL": "0",
        "CARGO_TERM_COLOR": "never",
        "CCACHE_DISABLE": "1",  # what another build left must not come in
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    if offline:
        found |= {"CARGO_NET_OFFLINE": "true", "GOPROXY": "off", "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    if sys.platform == "win32":
        found |= {"LINK": "/Brepro", "CL": "/Brepro"}  # no times in objects and DLLs
    return found


def _system(caller: Mapping[str, str]) -> dict[str, str]:
    names = WINDOWS if sys.platform == "win32" else ()
    return {name: caller[name] for name in names if name in caller}
