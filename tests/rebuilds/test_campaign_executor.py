from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from tests.rebuilds.campaigns import gone, until
from tests.rebuilds.works import wait_without
from truewheel.errors import RequestError
from truewheel.rebuilds.campaign_crew import LostWorkerError
from truewheel.rebuilds.campaign_executor import Processes, processes
from truewheel.rebuilds.campaign_worker import understood


def test_what_one_lane_suffers_the_others_do_not() -> None:
    with Processes(2) as executor:
        slow = executor.submit(time.sleep, 0.5)
        dies = executor.submit(os._exit, 3)
        with pytest.raises(BrokenProcessPool):
            dies.result(30)
        assert slow.result(30) is None
        numbers = {executor.submit(os.getpid).result(30) for _ in range(4)}
        assert numbers
        assert os.getpid() not in numbers


def test_work_goes_to_whoever_has_the_least(tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    with Processes(2) as executor:
        busy = executor.submit(wait_without, hold)
        numbers = {executor.submit(os.getpid).result(30) for _ in range(3)}
        assert not busy.done()
        assert len(numbers) == 1
        hold.unlink()
        busy.result(30)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX are meant")
def test_a_process_that_dies_with_nothing_to_do_is_replaced() -> None:
    with Processes(1) as executor:
        number = executor.submit(os.getpid).result(30)
        os.kill(number, signal.SIGKILL)
        until(lambda: gone(number), "it to die")
        until(lambda: bool(executor._lanes[0]._pool._broken), "the pool to take note of it")
        assert executor.submit(os.getpid).result(30) != number


def test_processes_that_die_one_after_the_other_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise BrokenProcessPool

    with Processes(1) as executor:
        monkeypatch.setattr("truewheel.rebuilds.campaign_executor._Lane.submit", broken)
        with pytest.raises(RequestError, match="no process can be started to verify in: it ends at once"):
            executor.submit(os.getpid)


def test_a_lost_worker_is_told_as_such() -> None:
    with processes(1) as crew:
        assert crew.room() == 1
        future = crew.executor.submit(_dying)
        with pytest.raises(LostWorkerError):
            crew.result(future)
        assert crew.result(crew.executor.submit(str, 7)) == "7"


def _dying() -> str:
    os._exit(3)


def test_no_process_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.rebuilds.campaign_executor._awake", _dying)
    with pytest.raises(RequestError, match="no process can be started to verify in: it ends at once"):
        processes(1).__enter__()


def test_a_process_that_doesnt_come_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.rebuilds.campaign_executor._awake", _late)
    monkeypatch.setattr("truewheel.rebuilds.campaign_executor._START", 0.2)
    with pytest.raises(RequestError, match=r"it wasn't there after 0\.2 seconds"):
        processes(1).__enter__()


def _late() -> None:
    time.sleep(30)


def test_a_system_without_processes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.submit", nothing)
    with pytest.raises(RequestError, match="Resource temporarily unavailable"):
        processes(2).__enter__()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"'])
def test_an_answer_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match="can't be read"):
        understood(text)
