"""What a campaign shows while it runs: on a terminal, in a pipe, and when it is interrupted."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from rich.console import Console

from tests.rebuilds import works
from tests.rebuilds.campaigns import begun, program, until
from truewheel.cli.campaigning import _duration, _Live, told
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_model import Counts
from truewheel.rebuilds.campaign_worker import unanswered
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import Rung

HOSTILE = Target(asked="evil\x1b[31m[bold]==1", project="evil", version="1")


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands where the test sets it."""
    now = [1000.0]
    monkeypatch.setattr("truewheel.cli.campaigning.monotonic", lambda: now[0])
    return now


def drawn(live: _Live, width: int = 72) -> str:
    """What the table looks like."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(live)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_says_how_far_it_is(clock: list[float]) -> None:
    live = _Live()
    live.counts(Counts({}, 8))
    first, second, third = works.targets(3)
    live.started(first)
    live.started(second)
    clock[0] += 12.5
    assert drawn(live).splitlines()[0].rstrip() == "0 of 8 packages"
    live.finished(first, works.answer(first, Terms()))
    live.given_back(second)
    live.counts(Counts({Rung.BIT_FOR_BIT: 1, Rung.DIFFERENT: 2}, 5))
    live.started(third)
    clock[0] += 61.0
    head, bar, rungs, busy = (line.strip() for line in drawn(live).splitlines())
    assert head == "3 of 8 packages  73.5 s a package, about 6 min 07 s left"
    assert set(bar) <= set("━╸╺─ ")
    assert rungs == "bit-for-bit 1  different 2"
    assert busy == "1 min 01 s  plain2==1.2"


def test_a_cluster_s_many_packages_are_cut_short(clock: list[float]) -> None:
    live = _Live()
    for target in works.targets(30):
        live.started(target)
    clock[0] += 1
    lines = drawn(live).splitlines()
    assert len(lines) == 2 + 8 + 1
    assert lines[-1].strip() == "and 22 more"


def test_names_do_not_drive_the_terminal() -> None:
    live = _Live()
    live.started(HOSTILE)
    assert r"evil\x1b[31m[bold]==1" in drawn(live)
    assert "\x1b" not in drawn(live)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (90061, "25 h 01 min"),
    ],
)
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert _duration(seconds) == said


def test_verbose_is_a_line_for_every_package(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = works.targets(2)
    with told(verbose=True) as watcher:
        watcher.counts(Counts({}, 3))
        watcher.started(first)
        watcher.finished(first, works.answer(first, Terms()))
        watcher.counts(Counts({Rung.ZIP_METADATA: 1}, 2))
        watcher.given_back(second)
        watcher.finished(HOSTILE, unanswered(HOSTILE, "no sdist\nat all"))
    assert capsys.readouterr() == (
        "",
        "[1/3] plain0==1.0: zip-metadata, 0.5 s\n"
        "plain1==1.1: its worker died; it is tried once more at the end\n"
        r"[2/3] evil\x1b[31m[bold]==1: not-rebuilt, 0.0 s: no sdist\nat all" + "\n",
    )


def test_in_a_pipe_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    (target,) = works.targets(1)
    with told(verbose=False) as watcher:
        watcher.counts(Counts({}, 1))
        watcher.started(target)
        watcher.given_back(target)
        watcher.finished(target, works.answer(target, Terms()))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("left", "said"), [(1, "1 package is left; "), (7, "7 packages are left; ")])
@pytest.mark.parametrize("verbose", [False, True])
def test_what_is_left_is_said_in_any_case(
    capsys: pytest.CaptureFixture[str], left: int, said: str, *, verbose: bool
) -> None:
    with suppress(KeyboardInterrupt), told(verbose=verbose) as watcher:
        watcher.stopped(left)
        raise KeyboardInterrupt
    assert capsys.readouterr().err == said + "the same command goes on with the rest\n"


def test_without_a_database_no_command_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(KeyboardInterrupt), told(verbose=False, kept=False) as watcher:
        watcher.stopped(2)
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "2 packages are left; with --campaign FILE, it could go on\n"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[Terminal]:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    screen = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", screen)
        yield screen


COLOURS = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize("plain", [False, True])
def test_on_a_terminal_there_is_a_table(monkeypatch: pytest.MonkeyPatch, *, plain: bool) -> None:
    with terminal(monkeypatch, **({"NO_COLOR": "1"} if plain else {})) as screen, told(verbose=False) as watcher:
        watcher.counts(Counts({Rung.BIT_FOR_BIT: 3}, 1))
    assert "3 of 4 packages" in screen.getvalue()
    assert bool(COLOURS.search(screen.getvalue())) is not plain


def test_a_terminal_that_can_do_nothing_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, TERM="dumb") as screen, told(verbose=False) as watcher:
        watcher.counts(Counts({Rung.BIT_FOR_BIT: 3}, 1))
    assert screen.getvalue() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX are meant")
def test_ctrl_c_says_what_is_left_once_the_table_is_gone(tmp_path: Path) -> None:
    import pty  # noqa: PLC0415 - POSIX alone has it

    master, slave = pty.openpty()
    environment = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80"}
    with program("hanging", 3, tmp_path, tmp_path / "r.sqlite", kind="hang", error=slave, more=environment) as process:
        os.close(slave)
        until(lambda: len(begun(tmp_path)) == 2, "two to begin")
        process.send_signal(2)
        said = b""
        with suppress(OSError):  # the other end is closed
            while data := os.read(master, 4096):
                said += data
    os.close(master)
    text = said.decode()
    assert "0 of 3 packages" in text
    assert "hang0==1.0" in text
    table, _, rest = text.rpartition("\x1b[2K")
    assert rest.startswith("3 packages are left; the same command goes on with the rest")
    assert "are left" not in table
