"""Processes that a build leaves in sessions of their own."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - something that is ended, or not
import sys
import time
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import built, failure
from truewheel.builds.detached import end_detached
from truewheel.builds.model import Workroom

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells the environment of processes")

LEAVE = """
import os, subprocess
child = subprocess.Popen(["sleep", "300"], start_new_session=True, stdout=-3, stderr=-3)
print("child", child.pid, flush=True)
"""


def _gone(number: int) -> bool:
    for _ in range(100):
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def _child(log: Path) -> int:
    [line] = [line for line in log.read_text().splitlines() if line.startswith("child ")]
    return int(line.split()[1])


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_build_left_running_is_ended(tmp_path: Path, fails: bool) -> None:
    folder, log = project(tmp_path / "p", wheel=LEAVE + ("raise SystemExit(1)" if fails else "")), tmp_path / "log"
    if fails:
        failure(folder, tmp_path / "out", sdist=False, log=log)
    else:
        built(folder, tmp_path / "out", sdist=False, log=log)
    assert _gone(_child(log))


def test_what_is_not_of_the_build_goes_on(tmp_path: Path) -> None:
    room = Workroom(tmp_path / "0")
    others = [{}, {"TMPDIR": f"{room.tmp}x"}, {"OTHER": f"TMPDIR={room.tmp}"}]
    left = [subprocess.Popen(["sleep", "300"], env={**os.environ, **more}) for more in others]
    mine = subprocess.Popen(["sleep", "300"], env={**os.environ, "TMPDIR": str(room.tmp)})
    try:
        time.sleep(0.3)  # until they have their own environment
        end_detached(room)
        assert mine.wait(10) < 0
        assert [process.poll() for process in left] == [None] * 3
    finally:
        for process in [*left, mine]:
            process.kill()
            process.wait()
