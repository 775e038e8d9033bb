"""Processes of this machine that verify for a campaign, as a `concurrent.futures.Executor` that survives them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final, ParamSpec, TypeVar

from truewheel.errors import RequestError
from truewheel.rebuilds.campaign_crew import Crew, LostWorkerError

_P = ParamSpec("_P")
_T = TypeVar("_T")

_START: Final = 60.0
"""Seconds in which a process has to be there."""
_STARTS: Final = 3
"""Times that a process is started anew for one piece of work."""
_GRACE: Final = 10.0
"""Seconds that a process has to clean up what it was about, once it has been told to end."""


@contextmanager
def processes(count: int) -> Iterator[Crew]:
    """So many processes of this machine. They end with the block, and with this process, whatever ends it.

    An error that leaves the block, a KeyboardInterrupt or SystemExit too, stops them in the middle of their work, but
    through every ``finally``. Raises `RequestError` where no process can be started.
    """
    with Processes(count) as executor:
        try:
            yield Crew(executor, lambda: count, _result)
        except BaseException:
            executor.stop()
            raise


def _result(future: Future[str]) -> str:
    try:
        return future.result()
    except BrokenProcessPool:
        raise LostWorkerError from None


class Processes(Executor):
    """Lanes of one process each, so that one that dies takes nobody else's work with it, and is replaced.

    (`ProcessPoolExecutor` ends all its processes when one of them dies, and can't tell whose fault it was.) What is
    submitted goes to the lane with the least to do.
    """

    def __init__(self, count: int) -> None:
        # A pipe of which only this process has the writing end: its processes read from it when this one is gone.
        self._reader, self._writer = multiprocessing.Pipe(duplex=False)
        self._lanes: list[_Lane] = []
        try:
            for _ in range(count):
                self._lanes.append(_Lane(self._reader))
            for lane in self._lanes:
                lane.wait()
        except BaseException:
            self.stop()
            self.shutdown()
            raise

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have it called in one of the processes."""
        place = min(range(len(self._lanes)), key=lambda each: self._lanes[each].load)
        for _ in range(_STARTS):
            lane = self._lanes[place]
            if not lane.broken:
                with suppress(BrokenProcessPool):  # it died with nothing to do
                    return lane.submit(fn, *args, **kwargs)
            lane.end()
            self._lanes[place] = fresh = _Lane(self._reader)
            fresh.wait()
        raise _unstarted("it ends at once")

    def stop(self) -> None:
        """Tell all processes to leave their work and end."""
        self._writer.close()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when they have done what they have; see `stop`."""
        for lane in self._lanes:
            lane.end(wait=wait, cancel=cancel_futures or self._writer.closed)
        self._writer.close()
        self._reader.close()


class _Lane:
    """One process, started anew and not as a copy of this one, which may have threads."""

    def __init__(self, lifeline: Connection) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(lifeline,))
        self._done: list[Callable[[], bool]] = []
        self.broken = False
        try:
            self._awake = self._pool.submit(_awake)
        except OSError as error:
            raise _unstarted(error.strerror or str(error)) from None

    @property
    def load(self) -> int:
        """How much it has to do."""
        return sum(not done() for done in self._done)

    def wait(self) -> None:
        """Wait until the process is there."""
        done, _ = wait([self._awake], timeout=_START)
        if not done:
            raise _unstarted(f"it wasn't there after {_START:g} seconds")
        if self._awake.exception() is not None:
            raise _unstarted("it ends at once")

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have it called in the process. Raises `BrokenProcessPool` where that is known to be gone."""
        future = self._pool.submit(_called, partial(fn, *args, **kwargs))
        self._done = [*(done for done in self._done if not done()), future.done]
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[_T]) -> None:
        if not future.cancelled() and isinstance(future.exception(), BrokenProcessPool):
            self.broken = True

    def end(self, *, wait: bool = True, cancel: bool = False) -> None:
        """End the process."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel)


def _unstarted(why: str) -> RequestError:
    return RequestError(f"no process can be started to verify in: {why}", hint="free some memory, or use fewer workers")


# What follows runs in the processes.


def _begin(lifeline: Connection) -> None:
    """Make the process one that ends with its campaign, and by nothing else that is meant for that."""
    if sys.platform != "win32":
        os.setpgid(0, 0)  # ctrl-C in a terminal goes to a whole group; the campaign hears it, and tells us
        signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _awake() -> None:
    """Show that it is."""


def _called(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except SystemExit:
        # The pool would send it as an answer and wait for more to do; but the campaign may be gone, with no more.
        os._exit(1)


def _watch(lifeline: Connection) -> None:
    """End this process when nobody holds the other end of the pipe any more."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        if sys.platform != "win32":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            threading.Event().wait(_GRACE)
        os._exit(1)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End through every `finally` on the way, which removes folders and ends programs."""
    sys.exit(128 + number)
