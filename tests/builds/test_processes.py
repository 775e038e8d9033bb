"""Programs: what they print, how they end, and that nothing of theirs is left."""

from __future__ import annotations

import os
import signal
import subprocess  # noqa: TID251 - the parent that is ended has to be another process
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.builds.processes import LONGEST, Lines, cores_limited, run
from truewheel.errors import RequestError

BARE = {"PATH": os.environ.get("PATH", os.defpath), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes are POSIX's")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def python(code: str, folder: Path, *, seconds: float | None = None, cores: int | None = None) -> tuple[int, list[str]]:
    lines: list[str] = []
    command = [sys.executable, "-I", "-c", code]
    return run(command, folder, BARE, output=lines.append, seconds=seconds, cores=cores), lines


def shown(data: bytes, step: int = 1 << 20) -> list[str]:
    lines = Lines()
    found = [line for start in range(0, len(data), step) for line in lines.feed(data[start : start + step])]
    return [*found, *lines.end()]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"one\ntwo", ["one", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b" 10 %\r 50 %\r100 %\ndone\n", ["100 %", "done"]),
        (b"50 %\r", ["50 %"]),
        (b"\xff\xc3\xa9\n", ["\\xff\xe9"]),
        (b"\n\n", ["", ""]),
    ],
)
def test_lines(data: bytes, lines: list[str]) -> None:
    assert shown(data) == lines


def test_long_lines_are_cut_and_take_no_memory() -> None:
    lines = Lines()
    for _ in range(100):
        assert list(lines.feed(b"x" * (1 << 16))) == []
        assert len(lines._rest) <= 2 << 16
    assert list(lines.feed(b"\n")) == ["x" * LONGEST + "…"]
    for _ in range(10):
        assert list(lines.feed(b"progress\r" * 10_000)) == []
    assert list(lines.feed(b"end\n")) == ["end"]


@given(st.binary(max_size=60).map(lambda data: data.replace(b"x", b"\n")), st.integers(1, 7))
def test_lines_are_the_same_in_whatever_pieces_they_come(data: bytes, step: int) -> None:
    assert shown(data, step) == shown(data)


def test_a_program(tmp_path: Path) -> None:
    code = (
        "import sys, os; print(os.getcwd()); print('err', file=sys.stderr); print(sys.stdin.read() == ''); sys.exit(5)"
    )
    status, lines = python(code, tmp_path)
    assert status == 5
    assert set(lines) == {str(tmp_path), "err", "True"}
    assert run([sys.executable, "-c", ""], tmp_path, BARE, output=lines.append) == 0


@posix
def test_surroundings_of_a_program(tmp_path: Path) -> None:
    lines: list[str] = []
    status = run(["/bin/sh", "-c", "umask; env"], tmp_path, {"A": "b"}, output=lines.append, umask=0o027)
    assert status == 0
    assert lines[0] == "0027"
    assert set(lines[1:]) <= {"A=b", f"PWD={tmp_path}", "SHLVL=1", "_=/usr/bin/env", "SHLVL=0"}
    assert "A=b" in lines
    # Neither a terminal nor the caller's session: nobody can be asked for a password.
    status, lines = python("import os; print(os.getsid(0) == os.getpid()); open('/dev/tty')", tmp_path)
    assert "True" in lines
    assert status == 1


@posix
def test_signals_end_programs(tmp_path: Path) -> None:
    assert python("import os; os.kill(os.getpid(), 9)", tmp_path)[0] == -9


@linux
def test_cores(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    assert python("import os; print(len(os.sched_getaffinity(0)))", tmp_path, cores=1) == (0, ["1"])
    assert os.sched_getaffinity(0) == before
    assert cores_limited(None) == ""
    assert cores_limited(1) == ""
    assert "only" in cores_limited(1 << 20)


def test_cores_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "doesn't hold" in cores_limited(1)
    if os.name == "posix":
        assert run([sys.executable, "-c", ""], tmp_path, BARE, output=print, cores=1) == 0


def test_what_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no-such-program can't be started: No such file"):
        run(["no-such-program"], tmp_path, BARE, output=print)
    with pytest.raises(RequestError, match="can't be started"):
        run([sys.executable], tmp_path, {"A": "b\0c"}, output=print)


def alive(pid: int) -> bool:
    """Whether a process runs; zombies don't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


CHILD = "import subprocess, sys; print(subprocess.Popen(['sleep', '300']).pid, flush=True); "


@linux
def test_children_end_with_the_program(tmp_path: Path) -> None:
    started = time.monotonic()
    status, lines = python(CHILD, tmp_path)
    assert status == 0
    assert gone(int(lines[0]))
    assert time.monotonic() - started < 30


@linux
def test_a_service_that_stays_behind_is_not_waited_for(tmp_path: Path) -> None:
    """Compilers' caches start one, which keeps the pipe open; it has left the group and lives on."""
    code = "import subprocess; print(subprocess.Popen(['sleep', '300'], start_new_session=True).pid, flush=True)"
    started = time.monotonic()
    status, lines = python(code, tmp_path)
    assert time.monotonic() - started < 30
    assert status == 0
    assert alive(int(lines[0]))
    os.kill(int(lines[0]), signal.SIGKILL)


@linux
def test_time_is_limited(tmp_path: Path) -> None:
    lines: list[str] = []
    with pytest.raises(RequestError, match=r"ran longer than 0\.5 seconds") as caught:
        run(
            [sys.executable, "-c", CHILD + "sys.stdin.close(); __import__('time').sleep(300)"],
            tmp_path,
            BARE,
            output=lines.append,
            seconds=0.5,
        )
    assert "more time" in caught.value.hint
    assert all(gone(int(line)) for line in lines)


@posix
def test_time_is_limited_when_the_output_is_closed(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(300)"
    with pytest.raises(RequestError, match="ran longer than"):
        python(code, tmp_path, seconds=0.7)
    assert python("import os, time; os.close(1); os.close(2); time.sleep(0.3)", tmp_path) == (0, [])


@linux
def test_an_interrupt_ends_the_program(tmp_path: Path) -> None:
    pids: list[str] = []

    def told(line: str) -> None:
        pids.append(line)
        raise KeyboardInterrupt

    command = [sys.executable, "-c", CHILD + "__import__('time').sleep(300)"]
    with pytest.raises(KeyboardInterrupt):
        run(command, tmp_path, BARE, output=told)
    assert gone(int(pids[0]))


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_both(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from truewheel.builds.processes import run\n"
        f"run([sys.executable, '-c', {CHILD + '''__import__('time').sleep(300)'''!r}], Path('.'), {BARE!r}, "
        "output=lambda line: print(line, flush=True))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(number)
        status = parent.wait(30)
    assert gone(pid)
    assert status == (-2 if number is signal.SIGINT else 128 + number)


def test_handlers_of_others_stay(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("SIGTERM is POSIX's")
    before = signal.getsignal(signal.SIGTERM)
    assert python("", tmp_path) == (0, [])
    assert signal.getsignal(signal.SIGTERM) is before
    done: list[int] = []
    worker = threading.Thread(target=lambda: done.append(python("", tmp_path)[0]))
    worker.start()
    worker.join()
    assert done == [0]
