"""What a process costs: processor time, wall time and peak memory, as the kernel counts them."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - processes are what is measured; the ban protects src
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS, KiB elsewhere


class BenchError(Exception):
    """A measured program failed, so its cost means nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time (user and system, with children), seconds on the clock, bytes at the peak.

    The peak counts mapped pages of files too, and is never below that of this process, some 20 MB.
    """

    cpu: float
    wall: float
    peak: int


def cost(command: Sequence[str]) -> Cost:
    """Run a command to its end and say what it took. Raises `BenchError` if it fails."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise BenchError(f"{' '.join(command)} ended with status {process.returncode}: {said}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * _RSS_UNIT)


def total(costs: Iterable[Cost]) -> Cost:
    """The cost of commands that were run one after the other."""
    parts = tuple(costs)
    return Cost(sum(c.cpu for c in parts), sum(c.wall for c in parts), max(c.peak for c in parts))


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of several runs, each quantity for itself."""
    return Cost(median(c.cpu for c in costs), median(c.wall for c in costs), int(median(c.peak for c in costs)))
