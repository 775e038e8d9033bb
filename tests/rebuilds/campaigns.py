"""What tests of campaigns share: a watcher that remembers, and campaigns as programs that can be killed."""

from __future__ import annotations

import os
import sqlite3
import subprocess  # noqa: TID251  # real programs are meant
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from tests.rebuilds import works
from tests.rebuilds.cluster import ROOT
from truewheel import __version__
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_model import Counts
from truewheel.rebuilds.campaign_store import Store
from truewheel.rebuilds.campaign_worker import Answer
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import Verification

PATIENCE = 60.0

_PROGRAM = """
import signal, sys
from pathlib import Path
from tests.rebuilds import works
from truewheel.cli.campaigning import told
from truewheel.rebuilds.campaign import run_campaign

if __name__ == "__main__":
    # As `truewheel.cli` has it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    work, count, kind, folder, database, cluster = sys.argv[1:]
    with told(verbose=False) as watcher:
        run_campaign(
            works.targets(int(count), kind=kind), works.out(Path(folder)), Path(database),
            workers=2, cluster=cluster, work=getattr(works, work), watcher=watcher,
        )
"""


@contextmanager
def program(
    work: str,
    count: int,
    folder: Path,
    database: Path,
    *,
    cluster: str = "",
    kind: str = "plain",
    error: int = subprocess.PIPE,
    more: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A campaign in a process of its own, killed at the end of the block if it still runs.

    `error` is where its standard error goes, `more` are further variables.
    """
    script = database.with_suffix(".py")
    script.write_text(_PROGRAM, encoding="utf-8")
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(script), work, str(count), kind, str(folder), str(database), cluster]
    environment = {**os.environ, "PYTHONPATH": paths, **(more or {})}
    with subprocess.Popen(command, env=environment, stderr=error, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that has to come."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.02)


def begun(folder: Path) -> dict[str, list[int]]:
    """The processes that began each target, by its project, in the order in which they did."""
    found = sorted(folder.glob("*.began"))
    return {path.stem: [int(line) for line in path.read_text(encoding="utf-8").split()] for path in found}


def gone(number: int) -> bool:
    """Whether a process has ended."""
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


class Remembers:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Counts] = []
        self.events: Counter[tuple[str, str]] = Counter()
        self.left: list[int] = []

    def counts(self, counts: Counts) -> None:
        self.told.append(counts)

    def started(self, target: Target) -> None:
        self.events["started", target.project] += 1

    def finished(self, target: Target, verification: Verification) -> None:
        assert verification.target == target.asked
        self.events["finished", target.project] += 1

    def given_back(self, target: Target) -> None:
        self.events["given back", target.project] += 1

    def stopped(self, left: int) -> None:
        self.left.append(left)


def finished(store: Store, *, but: int = 0) -> None:
    """Answer what waits, but for the last so many."""
    waiting = store.waiting()
    for one in waiting[: len(waiting) - but]:
        store.begin(one.position)
        store.finish(one.position, Answer(__version__, works.answer(one.target, Terms())))


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as anybody else sees it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection
