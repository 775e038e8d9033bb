"""A Dask cluster that verifies for a campaign, where one machine is not enough. Needs the extra ``cluster``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from truewheel.errors import RequestError
from truewheel.rebuilds.campaign_crew import Crew, LostWorkerError

_CONNECT: Final = 10.0
"""Seconds in which the scheduler has to answer for the first time."""
_ANSWER: Final = 30.0
"""Seconds in which it has to answer later on, when it may be busy."""
_ALONE: Final = 120.0
"""Seconds in which a cluster without workers has to get one: some start them when there is something to do."""
_EACH: Final = 1.0
"""Seconds between two questions to the scheduler."""
_LEAST: Final = 4
"""Targets that are given to a cluster that has no workers yet."""
_LOGGERS: Final = ("distributed", "distributed.client", "tornado.application")


class _Client(Protocol):
    """As much of Dask's client as is needed here; it tells no types itself."""

    status: str

    def nthreads(self, *, callback_timeout: float) -> Mapping[str, int]: ...

    def get_executor(self, *, pure: bool) -> Executor: ...

    def close(self, *, timeout: float) -> object: ...


class _Connect(Protocol):
    def __call__(self, address: str, *, timeout: float, set_as_default: bool) -> _Client: ...


@contextmanager
def cluster(address: str) -> Iterator[Crew]:
    """The workers of the Dask scheduler at `address`: ``tcp://HOST:PORT``, or ``tls://`` with Dask's own settings.

    Targets of a worker that is lost are given to others by the scheduler, a few times. An error that leaves the block
    takes back what no worker has begun. Raises `RequestError` where the address is no such address, where Dask isn't
    installed, or where no scheduler answers there.
    """
    check_address(address)
    try:
        import distributed  # noqa: PLC0415 - an extra, and a second to load
    except ImportError:
        raise RequestError("a cluster needs Dask", hint="pip install 'truewheel[cluster]'") from None
    with _silence():
        try:
            client = cast("_Connect", distributed.Client)(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise RequestError(
                f"no Dask scheduler answers at {address}: {_brief(error)}",
                hint="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
            ) from None
        try:
            connected = _Connected(address, client, distributed.KilledWorker)
            yield Crew(client.get_executor(pure=False), connected.room, connected.result)
        finally:
            with suppress(Exception):  # what it says of a scheduler that is gone has been said
                client.close(timeout=_CONNECT)


def check_address(address: str) -> None:
    """Raise `RequestError` where `address` isn't ``tcp://HOST:PORT`` or ``tls://HOST:PORT``."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in {"tcp", "tls"} and parts.hostname and parts.port and not parts.username
        fine = fine and not (parts.path.strip("/") or parts.query or parts.fragment)
    except ValueError:
        fine = False
    if not fine:
        raise RequestError(
            f"{address!r} is no address of a Dask scheduler", hint="name one like tcp://10.0.0.1:8786, or one of tls://"
        )


class _Connected:
    """A scheduler that answered once, and is asked again and again whether it is still there."""

    def __init__(self, address: str, client: _Client, killed: type[Exception]) -> None:
        self._address = address
        self._killed = killed
        self._client = client
        self._asked = float("-inf")
        self._alone_since: float | None = None
        self._threads = 0

    def room(self) -> int:
        """Twice what its workers can do at once, so that none of them waits for us."""
        if (now := monotonic()) >= self._asked + _EACH:
            self._threads, self._asked = self._counted(), now
        if self._threads:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now > self._alone_since + _ALONE:
            raise RequestError(
                f"the Dask scheduler at {self._address} has no workers, for {_ALONE:g} seconds",
                hint=f"start some with `dask worker {self._address}`, and the campaign again",
            )
        return max(2 * self._threads, _LEAST)

    def _counted(self) -> int:
        if self._client.status != "running":
            raise self._gone()
        try:
            threads = self._client.nthreads(callback_timeout=_ANSWER)
        except (OSError, asyncio.TimeoutError, AttributeError):
            raise self._gone() from None
        return sum(threads.values())

    def result(self, future: Future[str]) -> str:
        """What a finished future has; see `Crew`."""
        try:
            return future.result()
        except self._killed:
            raise LostWorkerError from None
        except CancelledError:
            raise self._gone() from None
        except Exception as error:  # noqa: BLE001 - what is raised in the work comes as an answer; this is the cluster's
            raise RequestError(
                f"the cluster at {self._address} can't do it ({type(error).__name__}: {_brief(error)})",
                hint="its scheduler and workers need truewheel[verify,cluster] too, of the same version",
            ) from None

    def _gone(self) -> RequestError:
        return RequestError(
            f"the Dask scheduler at {self._address} is gone",
            hint="what is done is kept; start the same campaign again when the scheduler is back",
        )


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask from telling on stderr what is told as an error, or not worth telling."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
