"""Programs whose output is an answer: run to their end, with both streams kept apart and in memory."""

from __future__ import annotations

import subprocess  # noqa: TID251 - this room is the one that starts programs
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from truewheel.errors import RequestError


class Answer(NamedTuple):
    """What a program said: its exit status, its standard output, and what it told on standard error."""

    status: int
    output: bytes
    complaint: str


def asked(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float | None = None, given: str = ""
) -> Answer:
    """Run a program of the host in `folder` with exactly `environment`; `given` is its standard input.

    Raises `RequestError` where it can't be started, or runs longer than `seconds`.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a command of ours, as a list
            list(command),
            cwd=folder,
            env=dict(environment),
            input=given.encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RequestError(
            f"{Path(command[0]).name} ran longer than {seconds:g} seconds and was stopped",
            hint="allow more time (--timeout)",
        ) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RequestError(f"{command[0]} can't be started: {reason}") from None
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace"))
