"""Campaigns with a real Dask cluster: a scheduler and workers, each a program on this machine."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess  # noqa: TID251  # real programs are meant
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rebuilds import works
from tests.rebuilds.campaigns import Remembers, begun, program, until
from tests.rebuilds.cluster import ROOT, Cluster, cluster
from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.rebuilds.campaign import read_campaign, run_campaign
from truewheel.rebuilds.campaign_model import Campaign
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import Verification

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX are meant")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that no test may kill for good."""
    quick = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}  # times that work is given to another one
    with cluster(2, tmp_path_factory.mktemp("cluster"), quick) as running:
        yield running


def expected(targets: list[Target]) -> Campaign:
    return Campaign(results=tuple((target, works.answer(target, Terms())) for target in targets))


def known(database: Path) -> int:
    """How many answers are kept by now."""
    return len(read_campaign(database).results) if database.exists() and database.stat().st_size else 0


class Acts(Remembers):
    """A watcher that does something once, when so many answers have come."""

    def __init__(self, count: int, action: object) -> None:
        super().__init__()
        self._count = count
        self._action = action

    def finished(self, target: Target, verification: Verification) -> None:
        super().finished(target, verification)
        self._count -= 1
        if not self._count:
            assert callable(self._action)
            self._action()


def test_a_cluster_gives_the_table_that_processes_give(lasting: Cluster, database: Path) -> None:
    targets = [*works.targets(8), *works.targets(1, kind="value"), *works.targets(1, kind="request")]
    there = run_campaign(targets, Terms(), database, cluster=lasting.address, work=works.failing)
    here = run_campaign(targets, Terms(), database.with_name("here"), workers=2, work=works.failing)
    assert [replace(each, seconds=0) for each in there.verifications] == [
        replace(each, seconds=0) for each in here.verifications
    ]
    assert [target for target, _ in there.results] == targets
    assert sum(bool(each.problem) for each in there.verifications) == 2


def test_killed_in_the_middle_it_goes_on_and_gives_the_same_table(database: Path, folder: Path, tmp_path: Path) -> None:
    """The client is killed, then a worker while the campaign goes on; nothing is lost, and the table is the same."""
    targets, hold = works.targets(20), folder / "hold"
    hold.touch()
    with cluster(2, tmp_path / "cluster") as running:
        with program("slow", 20, folder, database, cluster=running.address) as process:
            until(lambda: known(database) == 10 and len(begun(folder)) == 12, "what isn't held back")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        hold.unlink()
        before = read_campaign(database)
        assert before == Campaign(results=expected(targets[:10]).results, left=10)
        watcher = Acts(2, running.kill_worker)
        campaign = run_campaign(
            targets, works.out(folder), database, cluster=running.address, work=works.slow, watcher=watcher
        )
    assert campaign == expected(targets)
    others = [target.project for target in targets[10:]]
    assert watcher.events == {(event, project): 1 for project in others for event in ("started", "finished")}
    assert all(len(begun(folder)[target.project]) == 1 for target in targets[:10]), "what is done is done"


def test_what_kills_workers_is_a_problem_and_the_others_are_done(lasting: Cluster, database: Path) -> None:
    targets = [*works.targets(1, kind="kill"), *works.targets(6)]
    campaign = run_campaign(targets, Terms(), database, cluster=lasting.address, work=works.deadly)
    assert "died" in campaign.verifications[0].problem
    assert campaign.results[1:] == expected(targets[1:]).results


def test_a_scheduler_that_dies_is_an_error_and_what_is_done_is_kept(
    database: Path, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    targets = works.targets(20)
    with cluster(1, tmp_path / "cluster") as running:
        watcher = Acts(3, running.kill_scheduler)
        with pytest.raises(RequestError, match=rf"the Dask scheduler at {running.address} is gone") as caught:
            run_campaign(
                targets, works.out(folder), database, cluster=running.address, work=works.slow, watcher=watcher
            )
    assert "what is done is kept" in caught.value.hint
    kept = read_campaign(database)
    assert len(kept.results) >= 3
    assert watcher.left == [kept.left] == [20 - len(kept.results)]
    assert capfd.readouterr().err == "", "what Dask has to say of it is said"
    campaign = run_campaign(targets, works.out(folder), database, workers=2, work=works.slow)
    assert campaign == expected(targets), "whoever does the rest"


def test_a_cluster_without_workers_is_waited_for(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = works.targets(3)
    with cluster(0, tmp_path / "cluster") as running:
        monkeypatch.setattr("truewheel.rebuilds.campaign_cluster._ALONE", 0.5)
        with pytest.raises(RequestError, match=r"has no workers, for 0\.5 seconds") as caught:
            run_campaign(targets, Terms(), database, cluster=running.address, work=works.answer)
        assert f"`dask worker {running.address}`" in caught.value.hint
        monkeypatch.setattr("truewheel.rebuilds.campaign_cluster._ALONE", 60.0)
        threading.Timer(0.5, running.start_worker).start()
        campaign = run_campaign(targets, Terms(), database, cluster=running.address, work=works.answer)
    assert campaign == expected(targets)


def test_nobody_at_the_address_is_an_error_in_bounded_time(
    database: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("truewheel.rebuilds.campaign_cluster._CONNECT", 0.5)
    with pytest.raises(RequestError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9: ") as caught:
        run_campaign(works.targets(3), Terms(), database, cluster="tcp://127.0.0.1:9", work=works.answer)
    assert "dask scheduler" in caught.value.hint
    assert read_campaign(database).left == 3
    assert capfd.readouterr().err == ""


def test_workers_that_cant_load_the_work_are_an_error(
    lasting: Cluster, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they lack, truewheel itself or what it needs, isn't the packages' problem."""
    (tmp_path / "known_here_alone.py").write_text("def work(target, terms): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    work = importlib.import_module("known_here_alone").work
    with pytest.raises(RequestError, match=r"can't do it \(\w+: ") as caught:
        run_campaign(works.targets(3), Terms(), database, cluster=lasting.address, work=work)
    assert "truewheel[verify,cluster]" in caught.value.hint
    assert read_campaign(database).left == 3


@pytest.mark.parametrize(
    "address",
    [
        "localhost:8786",
        "http://localhost:8786",
        "inproc://127.0.0.1/1/1",
        "tcp://localhost",
        "tcp://:8786",
        "tcp://localhost:0",
        "tcp://localhost:99999",
        "tcp://localhost:port",
        "tcp://user@localhost:8786",
        "tcp://localhost:8786/somewhere",
        "tcp://localhost:8786?x",
        "tcp://[::1:8786",
    ],
)
def test_an_address_that_is_none_is_an_error(database: Path, address: str) -> None:
    with pytest.raises(RequestError, match="is no address of a Dask scheduler"):
        run_campaign(works.targets(3), Terms(), database, cluster=address, work=works.answer)
    assert not database.exists()


def test_without_dask_there_is_a_hint(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RequestError, match="a cluster needs Dask") as caught:
        run_campaign(works.targets(3), Terms(), database, cluster="tls://127.0.0.1:8786", work=works.answer)
    assert caught.value.hint == "pip install 'truewheel[cluster]'"


def test_dask_is_loaded_for_clusters_alone() -> None:
    code = "import sys, truewheel.rebuilds.campaign; sys.exit('distributed' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
