"""What a process costs: processor time, wall time and peak memory, as the kernel counts them."""

from __future__ import annotations

import subprocess  # noqa: TID251 - processes are what is measured; the ban protects src
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS, KiB elsewhere


class BenchError(Exception):
    """A measured program failed, so its cost means nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time (user and system, with children), seconds on the clock, bytes at the peak.

    The peak counts mapped pages of files too, and is never below that of a bare Python, some 9 MB.
    """

    cpu: float
    wall: float
    peak: int


# A process is never seen below the memory of the one that started it, which the kernel counts up to its exec. So a
# small one starts what is measured, with its output thrown away.
_STARTER = """
import os, sys, time
null = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[null])
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss)
"""


def cost(command: Sequence[str]) -> Cost:
    """Run a command to its end and say what it took. Raises `BenchError` if it fails."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    done = subprocess.run(starter, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise BenchError(f"{command[0]} can't be started: {done.stderr.decode(errors='replace').strip()}")
    status, cpu, wall, peak = done.stdout.split()
    if int(status):
        said = done.stderr.decode(errors="replace").strip()
        raise BenchError(f"{' '.join(command)} ended with status {int(status)}: {said}")
    return Cost(float(cpu), float(wall), int(peak) * _RSS_UNIT)


def total(costs: Iterable[Cost]) -> Cost:
    """The cost of commands that were run one after the other."""
    parts = tuple(costs)
    return Cost(sum(c.cpu for c in parts), sum(c.wall for c in parts), max(c.peak for c in parts))


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of several runs, each quantity for itself."""
    return Cost(median(c.cpu for c in costs), median(c.wall for c in costs), int(median(c.peak for c in costs)))
