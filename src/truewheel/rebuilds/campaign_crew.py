"""Those who do a campaign's work, as the campaign sees them: an executor, wherever it has its processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass


class LostWorkerError(Exception):
    """The process that worked on something is gone: out of memory, a segmentation fault, a machine switched off."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Whom work is given to.

    ``room`` is how many futures may be under way. ``result`` gives what a finished one has; it raises `LostWorkerError`
    where whoever worked on it is gone. Both raise `RequestError` where nobody will do anything any more.
    """

    executor: Executor
    room: Callable[[], int]
    result: Callable[[Future[str]], str]
