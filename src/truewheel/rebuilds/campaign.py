"""Many packages verified: by whoever there is to work, in any order, and every answer kept as it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, TruewheelError
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_cluster import check_address
from truewheel.rebuilds.campaign_cluster import cluster as dask_cluster
from truewheel.rebuilds.campaign_crew import Crew, LostWorkerError
from truewheel.rebuilds.campaign_executor import processes
from truewheel.rebuilds.campaign_model import Campaign, Nobody, Watcher
from truewheel.rebuilds.campaign_store import Store, Waiting, opened_store, read_store
from truewheel.rebuilds.campaign_worker import Answer, Work, answered, unanswered, understood
from truewheel.rebuilds.model import Terms
from truewheel.world import core_count
from truewheel.world.own import own_version

_TICK: Final = 1.0
"""Seconds after which it is looked whether the workers are still there, and whether there are more of them."""


def run_campaign(
    targets: Sequence[Target],
    terms: Terms,
    database: Path,
    *,
    workers: int | None = None,
    cluster: str = "",
    again: Collection[str] = (),
    watcher: Watcher | None = None,
    work: Work | None = None,
) -> Campaign:
    """Verify `targets`, those that have no answer in `database` yet, and give all answers in the order of the list.

    `workers` processes do it, as many as there are processors unless told otherwise; with `cluster` the workers of the
    Dask scheduler at that address. `again` names rungs (``different``) and projects that are done again. A target whose
    worker dies is tried once more, when nothing else is under way, and then has that for its problem. `work` is another
    function to verify with than `verify.run.verify`.

    An interrupt or SIGTERM (as SystemExit, see `truewheel.cli`) goes on to the caller, once workers have been told to
    stop and what they had is waiting again. So does `RequestError`: the database is in use, or none; no process can be
    started; the cluster isn't there, or is gone. What was answered before is kept: the same call goes on with the rest.
    """
    if workers is not None and workers < 1:
        raise RequestError("a campaign needs at least one worker")
    if cluster:
        check_address(cluster)
    told = watcher or Nobody()
    with opened_store(database) as store:
        store.adopt(targets)
        store.again(again)
        told.counts(store.counts())
        if waiting := store.waiting():
            hired = dask_cluster(cluster) if cluster else processes(min(workers or core_count(), len(waiting)))
            _Run(store, terms, told, work or _verify()).all(waiting, hired)
        return store.campaign()


def read_campaign(database: Path) -> Campaign:
    """What a campaign has found until now; it may be running. Raises `RequestError` where it can't be read."""
    return read_store(database)


def _verify() -> Work:
    from truewheel.rebuilds.run import verify  # noqa: PLC0415 - reading a campaign takes nothing of what building does

    return verify


class _Run:
    """One run of a campaign: what is under way, and what its workers didn't survive."""

    def __init__(self, store: Store, terms: Terms, watcher: Watcher, work: Work) -> None:
        self._store = store
        self._terms = terms
        self._watcher = watcher
        self._work = work
        self._under_way: dict[Future[str], Waiting] = {}
        self._lost: list[Waiting] = []

    def all(self, waiting: Sequence[Waiting], hired: AbstractContextManager[Crew]) -> None:
        """Have everything answered that waits."""
        try:
            with hired as crew:
                self._answer(waiting, crew, crew.room, self._lost.append)
                self._answer(tuple(self._lost), crew, lambda: min(crew.room(), 1), self._give_up)
        except BaseException:
            self._leave()
            raise

    def _answer(
        self, waiting: Sequence[Waiting], crew: Crew, room: Callable[[], int], lose: Callable[[Waiting], None]
    ) -> None:
        left = deque(waiting)
        while left or self._under_way:
            free = room() - len(self._under_way)
            while left and free > 0:
                self._begin(left.popleft(), crew)
                free -= 1
            done, _ = wait(self._under_way, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda each: self._under_way[each].position):
                self._end(future, crew, lose)

    def _begin(self, one: Waiting, crew: Crew) -> None:
        self._store.begin(one.position)
        self._under_way[crew.executor.submit(answered, self._work, one.target, self._terms)] = one
        self._watcher.started(one.target)

    def _end(self, future: Future[str], crew: Crew, lose: Callable[[Waiting], None]) -> None:
        one = self._under_way[future]
        try:
            answer = understood(crew.result(future))
        except LostWorkerError:
            del self._under_way[future]
            self._watcher.given_back(one.target)
            lose(one)
        else:
            self._store.finish(one.position, answer)
            del self._under_way[future]
            self._tell(one, answer)

    def _give_up(self, one: Waiting) -> None:
        """Its worker has died twice, the second time with nothing else to do."""
        problem = "the process that verified it died, and so did a second one that had nothing else to do"
        said = unanswered(one.target, problem, "it may take all memory; the system's log can tell")
        answer = Answer(own_version(), said)
        self._store.finish(one.position, answer)
        self._tell(one, answer)

    def _tell(self, one: Waiting, answer: Answer) -> None:
        self._watcher.finished(one.target, answer.verification)
        self._watcher.counts(self._store.counts())

    def _leave(self) -> None:
        """Let what is under way wait again, and say how much is left. Nothing here hides why it comes to that."""
        with suppress(TruewheelError):
            self._store.put_back([one.position for one in self._under_way.values()])
            self._watcher.stopped(self._store.counts().left)
