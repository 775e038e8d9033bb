"""Campaigns with processes of this machine: what they find, and what they survive."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rebuilds import works
from tests.rebuilds.campaigns import Remembers, begun, gone, program, until
from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.rebuilds.campaign import read_campaign, run_campaign
from truewheel.rebuilds.campaign_model import Campaign, Counts
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import Rung, Verification

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX are meant")


def expected(targets: Sequence[Target]) -> tuple[tuple[Target, Verification], ...]:
    return tuple((target, works.answer(target, Terms())) for target in targets)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder


def test_all_targets_are_answered_in_their_order(database: Path) -> None:
    targets, watcher = works.targets(20), Remembers()
    campaign = run_campaign(targets, Terms(), database, workers=2, work=works.answer, watcher=watcher)
    assert campaign == Campaign(results=expected(targets))
    assert read_campaign(database) == campaign
    assert watcher.events == {(event, each.project): 1 for each in targets for event in ("started", "finished")}
    assert [counts.left for counts in watcher.told] == list(range(20, -1, -1))
    assert {counts.total for counts in watcher.told} == {20}
    assert watcher.left == []


def test_only_what_is_new_is_done(database: Path) -> None:
    targets = works.targets(6)
    run_campaign(targets[:4], Terms(), database, workers=1, work=works.answer)
    watcher = Remembers()
    campaign = run_campaign(targets, Terms(), database, workers=1, work=works.answer, watcher=watcher)
    assert campaign.results == expected(targets)
    assert {project for _, project in watcher.events} == {"plain4", "plain5"}
    again = Remembers()
    assert run_campaign(targets, Terms(), database, again=["plain2"], work=works.answer, watcher=again) == campaign
    assert {project for _, project in again.events} == {"plain2"}


def test_nothing_to_do_starts_nobody(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_campaign([], Terms(), database) == Campaign(results=())
    run_campaign(works.targets(1), Terms(), database, workers=1, work=works.answer)
    monkeypatch.setattr("truewheel.rebuilds.campaign.processes", None)
    campaign = run_campaign(works.targets(1), Terms(), database, work=works.answer)
    assert campaign.results == expected(works.targets(1))


def test_counts(database: Path) -> None:
    targets = works.targets(30)
    campaign = run_campaign(targets, Terms(), database, workers=2, work=works.answer)
    rungs = [works.answer(target, Terms()).rung for target in targets]
    assert campaign.counts == Counts({rung: rungs.count(rung) for rung in Rung}, 0)
    assert campaign.counts.total == campaign.counts.done == 30
    assert Campaign(results=campaign.results[:3], left=27).counts.total == 30


def test_what_fails_is_a_problem_of_its_own(database: Path) -> None:
    kinds = ("plain", "value", "request", "odd", "endless")
    targets = [target for kind in kinds for target in works.targets(1, kind=kind)]
    campaign = run_campaign(targets, Terms(), database, workers=2, work=works.failing)
    plain, value, request, odd, endless = campaign.verifications
    assert plain == works.answer(targets[0], Terms())
    assert value.problem == "truewheel failed on it (ValueError: nobody thought of this)"
    assert (request.problem, request.hint) == ("can't be done", "do something else")
    assert odd.problem.startswith("truewheel failed on it (_Unspeakable: line one")
    assert len(odd.problem) < 600
    assert endless.problem
    for each in (value, request, odd, endless):
        assert each.rung is Rung.NOT_REBUILT
        assert "Traceback" not in each.problem
    assert campaign.left == 0


@posix
@pytest.mark.parametrize("kind", ["exit", "kill"])
def test_what_kills_its_worker_twice_is_a_problem_and_the_others_are_done(database: Path, kind: str) -> None:
    targets = [*works.targets(3), *works.targets(1, kind=kind), *works.targets(3, kind="other")]
    watcher = Remembers()
    campaign = run_campaign(targets, Terms(), database, workers=2, work=works.deadly, watcher=watcher)
    assert [each.problem for each in campaign.verifications if each.problem] == [
        "the process that verified it died, and so did a second one that had nothing else to do"
    ]
    assert campaign.verifications[3].target == f"{kind}0==1.0"
    others = [target for target in targets if target.project != f"{kind}0"]
    assert tuple(pair for pair in campaign.results if pair[0].project != f"{kind}0") == expected(others)
    assert watcher.events["given back", f"{kind}0"] == 2
    assert watcher.events["started", f"{kind}0"] == 2
    assert {count for (_, project), count in watcher.events.items() if project != f"{kind}0"} == {1}


@posix
def test_what_kills_its_worker_once_is_tried_again(database: Path, folder: Path) -> None:
    targets = [*works.targets(2, kind="once"), *works.targets(2)]
    campaign = run_campaign(targets, works.out(folder), database, workers=2, work=works.deadly)
    assert campaign == Campaign(results=expected(targets))


def test_work_that_ends_its_process_is_like_work_that_kills_it(database: Path) -> None:
    targets = [*works.targets(1, kind="leave"), *works.targets(1)]
    campaign = run_campaign(targets, Terms(), database, workers=1, work=works.failing)
    assert "died" in campaign.verifications[0].problem
    assert campaign.results[1:] == expected(targets[1:])


@posix
def test_a_killed_campaign_goes_on_and_gives_the_same_table(database: Path, folder: Path) -> None:
    targets, hold = works.targets(20), folder / "hold"
    hold.touch()
    with program("slow", 20, folder, database) as process:
        until(lambda: len(begun(folder)) == 12, "what isn't held back")
        process.kill()
        process.wait()
    hold.unlink()
    before = read_campaign(database)
    assert before == Campaign(results=expected(targets[:10]), left=10)
    workers = {number for numbers in begun(folder).values() for number in numbers}
    until(lambda: all(gone(number) for number in workers), "the workers to end")
    campaign = run_campaign(targets, works.out(folder), database, workers=2, work=works.slow)
    assert campaign == Campaign(results=expected(targets))
    times = {project: len(numbers) for project, numbers in begun(folder).items()}
    assert times == {target.project: 1 + (number in {10, 11}) for number, target in enumerate(targets)}
    uninterrupted = run_campaign(targets, works.out(folder), database.with_name("other"), workers=2, work=works.answer)
    assert uninterrupted == campaign


@posix
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_campaign_that_is_told_to_end_cleans_up(
    database: Path, folder: Path, number: signal.Signals, status: int
) -> None:
    with program("hanging", 2, folder, database, kind="hang") as process:
        until(lambda: len(begun(folder)) == 2, "both to begin")
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait() == status
    assert "2 packages are left; the same command goes on with the rest" in said
    assert sorted(path.name for path in folder.iterdir()) == ["hang0.cleaned", "hang1.cleaned"]
    assert [path.name for path in database.parent.glob("results.sqlite*")] == ["results.sqlite"]
    assert read_campaign(database).left == 2
    campaign = run_campaign(works.targets(2, kind="hang"), Terms(), database, workers=2, work=works.answer)
    assert campaign.left == 0


@posix
def test_workers_of_a_killed_campaign_clean_up(database: Path, folder: Path) -> None:
    with program("hanging", 1, folder, database, kind="hang") as process:
        until(lambda: len(begun(folder)) == 1, "it to begin")
        (worker,) = begun(folder)["hang0"]
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: gone(worker), "the worker to end")
    assert [path.name for path in folder.iterdir()] == ["hang0.cleaned"]


@posix
def test_two_at_once_on_one_database(database: Path, folder: Path) -> None:
    with program("hanging", 1, folder, database, kind="hang") as process:
        until(lambda: len(begun(folder)) == 1, "it to begin")
        with pytest.raises(RequestError, match=rf"another campaign is running on it \(process {process.pid} on "):
            run_campaign(works.targets(1), Terms(), database, work=works.answer)
    # Killed; its lock is nobody's.
    assert run_campaign(works.targets(1), Terms(), database, work=works.answer).left == 0


class Stops(Remembers):
    """A watcher that has seen enough."""

    def finished(self, target: Target, verification: Verification) -> None:
        super().finished(target, verification)
        raise KeyboardInterrupt


def test_an_interrupt_after_an_answer_keeps_it(database: Path) -> None:
    watcher = Stops()
    with pytest.raises(KeyboardInterrupt):
        run_campaign(works.targets(5), Terms(), database, workers=1, work=works.answer, watcher=watcher)
    assert len(read_campaign(database).results) == 1
    assert watcher.left == [4]
    assert run_campaign(works.targets(5), Terms(), database, workers=1, work=works.answer).results == expected(
        works.targets(5)
    )


def test_an_answer_of_another_version_ends_the_campaign(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.__version__", "0.0.9")  # here, and not in the workers
    with pytest.raises(RequestError, match=r"a worker has truewheel \S+, and this is 0\.0\.9"):
        run_campaign(works.targets(3), Terms(), database, workers=1, work=works.answer)
    assert read_campaign(database).left == 3


@pytest.mark.parametrize("workers", [0, -1])
def test_nobody_does_nothing(database: Path, workers: int) -> None:
    with pytest.raises(RequestError, match="at least one worker"):
        run_campaign(works.targets(3), Terms(), database, workers=workers, work=works.answer)
    assert not database.exists()
