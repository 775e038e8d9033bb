"""A real Dask cluster on this machine: a scheduler and workers, each a program, ended with the block whatever happens.

``with cluster(2, folder) as running: run_campaign(targets, wants, database, cluster=running.address)``
"""

from __future__ import annotations

import os
import re
import signal
import subprocess  # noqa: TID251  # real programs are meant
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0


@dataclass
class Cluster:
    """A scheduler's address, its process, and those of its workers. Logs lie in the folder."""

    folder: Path
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker of one thread, with a nanny that starts it again when it dies."""
        number = len(self.workers)
        options = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder), "--death-timeout", "30"]
        process = self._start(f"worker{number}", "dask_worker", self.address, "--name", f"w{number}", *options)
        self.workers.append(process)
        return process

    def kill_worker(self, number: int = 0) -> None:
        """Kill a worker, its nanny and what they run, as a machine that is switched off."""
        _kill(self.workers[number])

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        assert self.scheduler is not None
        _kill(self.scheduler)

    def log(self, name: str) -> str:
        """What ``scheduler`` or ``worker0`` has told until now."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _start(self, name: str, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _start_scheduler(self) -> None:
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self.scheduler = self._start("scheduler", "dask_scheduler", *options)
        self.address = self._said("scheduler", self.scheduler, r"Scheduler at:\s+(tcp://\S+)")

    def _await_workers(self) -> None:
        for number, process in enumerate(self.workers):
            self._said(f"worker{number}", process, r"(Registered to): +tcp")

    def _said(self, name: str, process: subprocess.Popen[bytes], pattern: str) -> str:
        """What stands in a program's log, which is waited for."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.log(name)):
                return found[1]
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{name} didn't come up:\n{self.log(name)}")

    def _stop(self) -> None:
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the nanny's worker is in its session
    process.wait(30)


@contextmanager
def cluster(workers: int, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A scheduler and so many workers on loopback, with ports that the system chooses; logs are left in `folder`.

    The workers load what these tests load. `environment` has further variables for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    more = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **(environment or {})}
    running = Cluster(folder, environment={**os.environ, **more})
    try:
        running._start_scheduler()
        for _ in range(workers):
            running.start_worker()
        running._await_workers()
        yield running
    finally:
        running._stop()
