"""Folders listed the other way round, and another clock: for Python, and for every other program."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - the programs that are to be led astray
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds import shuffle_clock, shuffle_preload
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shuffle import circumstances, shuffling, together
from truewheel.builds.shuffle_clock import clock_can_be_moved, faketime, faketime_library, moved_clock
from truewheel.errors import RequestError

linux = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux's")

LISTINGS = """
import glob, os, pathlib
with os.scandir("t") as entries:
    scanned = [entry.name for entry in entries]
entries = os.scandir("t")
entries.close()
assert list(entries) == []
print(os.listdir("t"), scanned, next(os.walk("t"))[2], [path[2:] for path in glob.glob("t/*")],
      [path.name for path in pathlib.Path("t").iterdir()], sep="\\n")
"""
WAITS = """
import datetime, queue, subprocess, threading, time
start = time.monotonic()
time.sleep(0.05)
threading.Event().wait(0.05)
try:
    queue.Queue().get(timeout=0.05)
except queue.Empty:
    pass
subprocess.run(["true"], timeout=5)
print(time.monotonic() - start < 10, datetime.date.today().year)
"""


@pytest.fixture
def room(tmp_path: Path) -> Workroom:
    (tmp_path / "t").mkdir()
    for number in range(9):
        (tmp_path / "t" / f"file{number}").touch()
    return Workroom(tmp_path)


def said(room: Workroom, environment: Mapping[str, str], *command: str) -> list[str]:
    done = subprocess.run(
        command,
        cwd=room.host,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_python_lists_the_other_way_round(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shuffle_preload, "_compiler", lambda: None)
    told = circumstances(room, str, Conditions(shuffled=True))
    assert set(told) == {"PYTHONPATH"}
    assert (
        shuffling(room).note == "only Python's listings of folders are turned around: there is no C compiler"
        or os.name == "nt"
    )
    plain = said(room, {}, sys.executable, "-c", LISTINGS)
    turned = said(room, told, sys.executable, "-c", LISTINGS)
    assert len(set(plain)) == 1
    assert len(set(turned)) == 1
    assert turned[0] == repr(plain[0].strip("[]").replace("'", "").split(", ")[::-1])


@linux
def test_every_program_lists_the_other_way_round(room: Workroom) -> None:
    need("gcc")
    made = shuffling(room)
    assert made.note == ""
    assert said(room, made.environment, "ls", "-U", "t") == said(room, {}, "ls", "-U", "t")[::-1]
    # Python asks the library, and doesn't turn a second time.
    plain = said(room, {}, sys.executable, "-c", LISTINGS)
    told = circumstances(room, str, Conditions(shuffled=True))
    turned = said(room, told, sys.executable, "-c", LISTINGS)
    assert turned[0] == repr(plain[0].strip("[]").replace("'", "").split(", ")[::-1])
    assert len(set(turned)) == 1
    # Who walks, removes and copies, finds everything, and ends.
    said(room, made.environment, "cp", "-r", "t", "u")
    assert len(list((room.host / "u").iterdir())) == 9
    said(room, made.environment, "rm", "-r", "u")
    assert not (room.host / "u").exists()


@linux
def test_positions_in_a_folder(room: Workroom) -> None:
    """rewinddir, telldir and seekdir."""
    need("gcc")
    made = shuffling(room)
    (room.host / "walk.c").write_text(
        "#include <dirent.h>\n#include <stdio.h>\n#include <string.h>\nint main(void) {\n"
        'DIR *d = opendir("t"); struct dirent *e; char first[300]; long p; int n = 0;\n'
        "strcpy(first, readdir(d)->d_name); p = telldir(d); readdir(d);\n"
        "seekdir(d, p); while ((e = readdir(d))) n++;\n"
        'rewinddir(d); printf("%d %d\\n", n, !strcmp(first, readdir(d)->d_name)); return closedir(d); }\n'
    )
    said(room, {}, "gcc", "walk.c", "-o", "walk")
    assert said(room, made.environment, "./walk") == ["10 1"]  # with . and .., less the first


@linux
@pytest.mark.parametrize("offset", [398 * 86400, -398 * 86400])
def test_another_date(room: Workroom, offset: int) -> None:
    need("gcc", "cargo")
    assert clock_can_be_moved()
    moved = moved_clock(room, offset)
    assert moved is not None
    now = int(said(room, {}, "date", "+%s")[0])
    assert abs(int(said(room, moved, "date", "+%s")[0]) - now - offset) < 100
    assert said(room, moved, sys.executable, "-c", WAITS)[0].startswith("True ")
    # Files keep their true times.
    said(room, moved, "touch", "new")
    assert abs((room.host / "new").stat().st_mtime - now) < 100
    # libfaketime would have it wait for ever.
    assert said(room, {**moved, "HOME": os.environ["HOME"]}, "cargo", "--version")[0].startswith("cargo ")


@linux
def test_libfaketime_where_there_is_no_compiler(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    need("faketime")
    monkeypatch.setattr(shuffle_preload, "_compiler", lambda: None)
    assert clock_can_be_moved()
    moved = moved_clock(room, 86400)
    assert moved == faketime(86400)
    assert moved is not None
    now = int(said(room, {}, "date", "+%s")[0])
    assert abs(int(said(room, moved, "date", "+%s")[0]) - now - 86400) < 100


def test_no_way_to_move_the_clock(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shuffle_preload, "_compiler", lambda: None)
    monkeypatch.setattr(shuffle_clock, "_FAKETIME", ())
    assert moved_clock(room, 1) is None
    assert not clock_can_be_moved()
    assert circumstances(room, str, replace(Conditions(), clock=5)) == {}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert faketime_library() is None
    assert "64-bit Linux alone" in shuffling(room).note


@linux
def test_compilers_that_fail(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, reason in (("#!/bin/sh\necho no >&2; exit 1\n", "failed (no)"), ("#!/nowhere\n", "can't be started")):
        (room.host / "cc").write_text(text)
        (room.host / "cc").chmod(0o755)
        monkeypatch.setattr(shuffle_preload, "_compiler", lambda: str(room.host / "cc"))
        assert reason in shuffling(room).note


def test_folders_that_cannot_be_written(room: Workroom) -> None:
    (room.host / "shuffle").write_text("in the way")
    (room.host / "customize").write_text("in the way")
    with pytest.raises(RequestError, match="can't be written"):
        circumstances(room, str, Conditions(shuffled=True))
    if sys.platform == "linux" and shutil.which("cc"):
        with pytest.raises(RequestError, match="can't be written"):
            moved_clock(room, 1)


def test_several_at_once(room: Workroom) -> None:
    assert together({"LD_PRELOAD": "a", "X": "1"}, {"LD_PRELOAD": "b", "X": "2"}, {"PYTHONPATH": "c"}) == {
        "LD_PRELOAD": "a:b",
        "X": "2",
        "PYTHONPATH": "c",
    }
    assert circumstances(room, str, Conditions()) == {}
    if sys.platform == "linux" and shutil.which("gcc"):
        found = circumstances(room, str, replace(Conditions(), shuffled=True, clock=86400))
        assert found["LD_PRELOAD"].count(":") == 1
        plain = said(room, {}, "ls", "-U", "t")
        assert said(room, found, "sh", "-c", "ls -U t; date +%s >now") == plain[::-1]
