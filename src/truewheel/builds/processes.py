"""Programs that a build runs: started apart from the terminal, read line by line, and stopped with their children.

The only module of the room that starts programs.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess  # noqa: TID251 - this is the module that the ban names
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import IO

from truewheel.builds.bounds import bounded
from truewheel.errors import RequestError

LONGEST = 4096
"""Characters of a line that are passed on; the rest of a longer one is left out."""

_CHUNK = 1 << 16
_LINGER = 0.5
"""Seconds that output is still awaited when a program has ended and something that it left behind holds the pipe."""

Output = Callable[[str], None]
"""Somebody who is given each line that a program prints, without its end."""


class Lines:
    r"""Bytes as a program prints them, cut into lines as a terminal would show them.

    What a carriage return overwrites is left out, so a progress bar is its last state. Bytes that aren't UTF-8 stand
    as ``\xff``. A line that never ends takes no memory.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that end in `data`."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield self._shown(line)
        if len(rest) > _CHUNK:  # keep the start of what stands after the last carriage return
            over = b"\r" if rest.endswith(b"\r") else b""
            rest = rest.rstrip(b"\r").rpartition(b"\r")[2][: LONGEST * 4 + 4] + over
        self._rest = rest

    def end(self) -> Iterator[str]:
        """The last line, where it has no end."""
        if self._rest:
            yield self._shown(self._rest)
        self._rest = b""

    @staticmethod
    def _shown(line: bytes) -> str:
        text = line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "backslashreplace")
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    output: Output,
    umask: int = 0o022,
    seconds: float | None = None,
    cores: int | None = None,
    memory: int | None = None,
    keep_open: Sequence[int] = (),
    called: str = "",
) -> int:
    """Run a program in `folder` with exactly `environment`, and return its exit status: -N where signal N ended it.

    It has no standard input, and no terminal. `output` is given each line of both its streams, in the calling thread.
    With `cores` it may use that many processors, where the system can say so (`cores_limited`). With `memory` it, and
    each program that it starts, may have that many bytes for data, where the system can (`bounds.limited`). `keep_open`
    are descriptors that it inherits (POSIX). However this ends, and whatever ends it, the program's whole process group
    is ended too: what it left running, and all of it after an interrupt, a SIGTERM to this process, or `seconds`.

    Raises `RequestError` where it can't be started, and `OverTimeError` where it runs longer than `seconds`; that calls
    it ``called``, or else by its name.
    """
    with _ended_by_sigterm():
        with _on_cores(cores):
            process = _started(bounded(command, memory), folder, environment, umask, keep_open)
        try:
            _relay(process, output, None if seconds is None else monotonic() + seconds)
        except _TimeIsUpError:
            raise OverTimeError(called or Path(command[0]).name, seconds or 0.0) from None
        finally:
            _stop(process)
    return process.returncode


class OverTimeError(RequestError):
    """A program ran longer than it may, and was stopped. ``seconds`` is what it had."""

    def __init__(self, called: str, seconds: float) -> None:
        super().__init__(
            f"{called} ran longer than {seconds:g} seconds and was stopped",
            hint="allow more time (--timeout), or look in the log for what it waited for",
        )
        self.seconds = seconds


class _TimeIsUpError(Exception):
    """A program has to be stopped."""


def _started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], umask: int, keep_open: Sequence[int]
) -> subprocess.Popen[bytes]:
    try:
        if sys.platform == "win32":
            return subprocess.Popen(  # noqa: S603 - a command of ours, as a list
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
            )
        return subprocess.Popen(  # noqa: S603 - a command of ours, as a list
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=umask,
            pass_fds=tuple(keep_open),
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RequestError(f"{command[0]} can't be started: {reason}") from None


def _relay(process: subprocess.Popen[bytes], output: Output, until: float | None) -> None:
    """Pass lines on until the program has ended and said all that it had to say.

    A thread reads, as pipes of Windows can't be waited for with a time limit.
    """
    assert process.stdout is not None
    chunks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process.stdout, chunks), daemon=True).start()
    lines = Lines()
    ended: float | None = None
    while True:
        now = monotonic()
        if until is not None and now > until:
            raise _TimeIsUpError
        if ended is None and process.poll() is not None:
            ended = now
        if ended is not None and now > ended + _LINGER:
            break  # something that was left behind still holds the pipe
        try:
            data = chunks.get(timeout=0.1)
        except queue.Empty:
            continue
        if data is None:
            break
        for line in lines.feed(data):
            output(line)
    for line in lines.end():
        output(line)
    _wait(process, until)


def _wait(process: subprocess.Popen[bytes], until: float | None) -> None:
    """Wait for a program that has closed its output and may go on all the same."""
    try:
        process.wait(None if until is None else max(0.0, until - monotonic()))
    except subprocess.TimeoutExpired:
        raise _TimeIsUpError from None


def _read(stream: IO[bytes], chunks: queue.SimpleQueue[bytes | None]) -> None:
    with stream:
        while data := os.read(stream.fileno(), _CHUNK):
            chunks.put(data)
    chunks.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the program's group, whoever is left in it, and take note of its end."""
    if sys.platform == "win32":
        if process.poll() is None:
            # taskkill knows the tree; the program alone could leave compilers running.
            kill = [os.path.join(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "taskkill.exe")]  # noqa: PTH118 - a path of Windows
            with suppress(OSError):
                subprocess.run([*kill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603 - ours
            process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # nobody is left; or all of them are zombies (macOS)
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end this process by an exception, so that what it started is ended too.

    Where somebody else handles them, or outside the main thread, all stays as it is.
    """
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        signals = []
    ours = [number for number in signals if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, _leave)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def cores_limited(cores: int | None) -> str:
    """Why a program can't be held to `cores` processors here, or "" where it can."""
    if cores is None:
        return ""
    if sys.platform != "linux":
        return "this system doesn't hold programs to some of its processors"
    if cores > (there := len(os.sched_getaffinity(0))):
        return f"only {there} of {cores} processors are there"
    return ""


@contextmanager
def _on_cores(cores: int | None) -> Iterator[None]:
    """Hold this thread to some processors while it starts a program, which inherits that."""
    if cores is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
