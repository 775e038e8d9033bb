"""What the machine can make a program believe: probed by trying."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truewheel.builds.processes import cores_limited, run
from truewheel.builds.shuffle_clock import clock_can_be_moved
from truewheel.builds.shuffle_preload import obstacle
from truewheel.builds.variations import Machine
from truewheel.errors import RequestError

_SECONDS: Final = 20
_MOST_LOCALES: Final = 4096
_PERSONALITIES: Final = ("--uname-2.6", "--addr-no-randomize")


def machine() -> Machine:
    """This machine."""
    posix = sys.platform != "win32"
    return Machine(
        host_name=platform.node(),
        user=os.getuid() if posix else None,
        group=os.getgid() if posix else None,
        cores=_cores(),
        locales=_locales(),
        faketime=clock_can_be_moved(),
        setarch=tuple(option for option in _PERSONALITIES if _works(["setarch", option, "true"])),
        umask=posix,
        preload=not obstacle(),
        kernels=(platform.release(), _older_kernel()),
    )


def _cores() -> int | None:
    if cores_limited(1) or sys.platform != "linux":
        return None
    return len(os.sched_getaffinity(0))


def _locales() -> tuple[str, ...]:
    """The locales that are installed, as ``locale -a`` has them; none where nobody can tell."""
    lines: list[str] = []
    found = _works(["locale", "-a"], lines)
    return tuple(sorted(line.strip() for line in lines[:_MOST_LOCALES] if line.strip().isascii())) if found else ()


def _older_kernel() -> str:
    """What the kernel calls itself for programs that know none after 2.6."""
    lines: list[str] = []
    return lines[0] if _works(["setarch", "--uname-2.6", "uname", "-r"], lines) and lines else "2.6"


def _works(command: Sequence[str], lines: list[str] | None = None) -> bool:
    """Whether a program is there and succeeds; what it prints goes to `lines`."""
    program = shutil.which(command[0])
    if program is None:
        return False
    told = lines if lines is not None else []
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        return run([program, *command[1:]], Path("/"), environment, output=told.append, seconds=_SECONDS) == 0
    except RequestError:
        return False
