"""What a build without namespaces leaves running in sessions of its own, found by its environment and ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from truewheel.builds.model import Workroom

_ROUNDS = 8
"""What is ended may have started others meanwhile; but nobody is waited for without end."""


def end_detached(room: Workroom) -> None:
    """End all processes of this user that were started with the environment of the build in `room`, on Linux.

    The folders there that variables name are this build's alone, as long as it has its room. A process that hides its
    environment is not found, nor one that was given another.
    """
    if not hasattr(os, "pidfd_open"):
        return
    marks = {f"GIT_CEILING_DIRECTORIES={room.host}".encode(), f"TMPDIR={room.tmp}".encode()}
    for _ in range(_ROUNDS):
        if not list(_ended(marks)):
            return


def _ended(marks: set[bytes]) -> Iterator[int]:
    """The processes whose environment has a mark, each ended."""
    if sys.platform != "linux":
        return
    for place in Path("/proc").glob("[1-9]*"):
        number = int(place.name) if place.name.isdecimal() else os.getpid()
        if number == os.getpid():
            continue
        with suppress(OSError):  # gone, or somebody else's
            # By the descriptor, as the number may be another process' once this one has ended.
            descriptor = os.pidfd_open(number)
            try:
                ours = place.stat().st_uid == os.geteuid()
                if ours and marks.intersection((place / "environ").read_bytes().split(b"\0")):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    yield number
            finally:
                os.close(descriptor)
