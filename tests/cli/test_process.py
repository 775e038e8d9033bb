"""The program as a process: its output closed, full or cut off, and ended in the middle."""

from __future__ import annotations

import os
import signal
import subprocess  # noqa: TID251  # the program itself is under test here
import sys
import time
from pathlib import Path

import pytest

from tests.support import write_wheel

COMMAND = [sys.executable, "-m", "truewheel"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and signals of POSIX are meant")


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    wheels = [write_wheel(tmp_path, name=f"sample-1.{n}-py3-none-any.whl") for n in range(30)]
    with subprocess.Popen([*COMMAND, "show", *wheels], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + 13


def test_output_that_can_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    path = write_wheel(tmp_path)
    for arguments in (["show"], ["show", "--json"], ["check", "--strict"], ["--help"]):
        with Path("/dev/full").open("wb") as full:
            command = [*COMMAND, *arguments, *([] if "--help" in arguments else [str(path)])]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2, arguments
        assert done.stderr.splitlines() == ["error: the output can't be written: No space left on device"]


def test_without_any_output_it_ends_without_a_traceback(tmp_path: Path) -> None:
    script = 'exec "$@" >&-'
    command = ["sh", "-c", script, "sh", *COMMAND, "show", str(write_wheel(tmp_path))]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_ended_in_the_middle_it_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    path = write_wheel(tmp_path, {f"sample/{n}.bin": os.urandom(2_000_000) for n in range(25)})
    out = tmp_path / "out"
    with subprocess.Popen([*COMMAND, "normalize", "-w", out, path], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while not list(out.glob(".*.part")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(number)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 128 + number
    assert not out.exists()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers for it")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_end_that_comes_during_a_finalizer_is_heard(number: signal.Signals, status: int) -> None:
    code = f"""
import signal, sys, time
from truewheel import cli

class Doomed:
    def __del__(self):
        signal.raise_signal({int(number)})

def command(arguments):
    doomed = Doomed()
    del doomed
    time.sleep(20)
    return 0

cli._invoke = command
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=15)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
