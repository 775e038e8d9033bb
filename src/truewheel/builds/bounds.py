"""How much a program of a build may take, set by a shell that then becomes the program.

What the limits don't reach: the sum over all programs at once, and root's number of processes, which Linux doesn't
count. So that the machine lives on all the same, Linux is told to end these programs first when memory runs out, and
the time that they have ends them all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

_FILE: Final = 16 << 30
"""Bytes of a file that a program may write: no limit for any that is meant."""
_PROCESSES: Final = 4096
"""Processes that a user may have besides, where the system counts them."""
_SIGNALS: Final = (6, 9)
"""SIGABRT of programs that find no memory, and SIGKILL of Linux, which has found none."""
_SAID: Final = re.compile(
    r"\bMemoryError\b|bad_alloc|[Oo]ut of memory|(?:Cannot|cannot|can't|failed to|unable to) allocate|"
    r"memory allocation of \d+ bytes failed|virtual memory exhausted|ENOMEM"
)
"""Python, C++, gcc and Go, the C library, Rust, older gcc."""


def bounded(command: Sequence[str], memory: int | None) -> list[str]:
    """The command under limits: bytes of memory for each program, no core dumps, no endless files and processes.

    As RLIMIT_DATA, which counts what is written to: some programs reserve far more addresses than they use. Without
    `memory`, or where the system has no such limits, the command itself.
    """
    if memory is None or sys.platform == "win32":
        return list(command)
    script = (
        f"ulimit -c 0; ulimit -d {max(memory >> 10, 1)}; ulimit -f {_FILE >> 9}; "
        # bash has one letter for it, dash another, and who has fewer already may not have more.
        f"{{ ulimit -u {_PROCESSES} || ulimit -p {_PROCESSES}; "
        'echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; exec "$@"'
    )
    return ["/bin/sh", "-c", script, "sh", *command]


def limited(memory: int | None) -> str:
    """Why memory isn't limited here, or ""."""
    known = sys.platform == "linux"
    return "" if memory is None or known else "this system doesn't hold programs to an amount of memory"


def out_of_memory(status: int | None, lines: Iterable[str]) -> bool:
    """Whether a program that ended with a status, and said these lines last, seems to have found no memory.

    128+N stands for signal N, as what runs another program tells.
    """
    if not status:
        return False
    return -status in _SIGNALS or status - 128 in _SIGNALS or any(_SAID.search(line) for line in lines)
