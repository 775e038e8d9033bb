"""What Python programs of a build are told: a clock that stands still, line ends of Windows, and all of it together."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - the programs that are to be led astray
import sys
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import built, contents
from truewheel.builds import interpreter, resolve_uv
from truewheel.builds.customize import customized
from truewheel.builds.interpreter import Python
from truewheel.builds.model import Conditions, Workroom
from truewheel.errors import RequestError

FROZEN = 1_600_000_000
"""2020-09-13 12:26:40 UTC."""

CLOCK = r"""
import copy, datetime, pickle, sys, time
T = 1600000000
MOMENT = (2020, 9, 13, 12, 26, 40)
assert time.time() == T and isinstance(time.time(), float)
assert time.time_ns() == T * 10**9
assert time.gmtime()[:6] == time.localtime()[:6] == MOMENT
assert time.gmtime(None)[:6] == MOMENT and time.localtime(0)[:3] == (1970, 1, 1)
assert time.ctime() == time.asctime() == "Sun Sep 13 12:26:40 2020"
assert time.ctime(0).endswith("1970") and time.asctime(time.gmtime(0)).endswith("1970")
assert time.strftime("%Y") == "2020" and time.strftime("%Y", time.gmtime(0)) == "1970"
if hasattr(time, "clock_gettime"):
    assert time.clock_gettime(time.CLOCK_REALTIME) == T
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == T * 10**9
    assert time.clock_gettime(time.CLOCK_MONOTONIC) != T
date, moment = datetime.date, datetime.datetime
now = moment.now()
assert now == moment.today() == moment.utcnow() == moment(*MOMENT)
assert moment.now(datetime.timezone.utc).timestamp() == moment.now(tz=datetime.timezone.utc).timestamp() == T
assert date.today() == date(2020, 9, 13) == now.date()
assert isinstance(now, moment) and isinstance(now, date) and isinstance(date.today(), date)
assert not isinstance(date.today(), moment) and not isinstance(now, str)
assert issubclass(moment, date) and issubclass(type(now), moment) and not issubclass(date, moment)
assert repr(now) == "datetime.datetime(2020, 9, 13, 12, 26, 40)" and repr(moment.__name__) == "'datetime'"
assert moment.strptime("2001", "%Y").year == 2001 and moment.fromisoformat("2001-02-03").day == 3
assert now - moment(2020, 9, 13) == datetime.timedelta(seconds=44800)
for value in (now, date.today(), moment.now(datetime.timezone.utc)):
    assert copy.deepcopy(value) == value and type(copy.copy(value)) is type(value)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value

class Own(moment):
    pass

assert type(Own.now()) is Own and Own.now() == now and Own.utcnow() == now and type(Own(2020, 1, 1)) is Own
assert isinstance(Own.now(), moment) and not isinstance(now, Own) and issubclass(Own, date)
started = time.monotonic()
time.sleep(0.01)
assert time.monotonic() - started >= 0.009 and time.perf_counter() > 0
import queue, threading
assert not threading.Event().wait(0.01)
try:
    queue.Queue().get(timeout=0.01)
except queue.Empty:
    pass
"""

FILES = r"""
import gzip, io, os, pathlib, shutil, tarfile, tempfile, time, zipfile
T = 1600000000
OLD = 1000000000
top = pathlib.Path(tempfile.mkdtemp())
fresh = top / "fresh"
fresh.write_bytes(b"data")
facts = os.stat(str(fresh))
assert facts.st_mtime == facts.st_ctime == facts.st_atime == facts[8] == T and facts.st_mtime_ns == T * 10**9
assert facts.st_size == 4 and facts.st_nlink == 1 and facts[0] == facts.st_mode and len(facts) == 10
assert fresh.stat() == fresh.lstat() == os.lstat(fresh) and os.path.getmtime(fresh) == T
with open(fresh) as file:
    assert os.fstat(file.fileno()).st_mtime == T
with os.scandir(top) as entries:
    (entry,) = entries
assert entry.name == "fresh" and entry.is_file() and not entry.is_dir() and not entry.is_symlink()
assert entry.stat().st_mtime == entry.stat(follow_symlinks=False).st_mtime == T
assert os.fspath(entry) == entry.path == str(fresh) and "fresh" in repr(entry)
scan = os.scandir(top)
assert next(scan).inode() == facts.st_ino
scan.close()

# What is set stays, and copies of it, as a copy of a fresh file is fresh.
old = top / "old"
old.write_bytes(b"")
os.utime(old, (OLD, OLD))
assert old.stat().st_mtime == OLD and old.stat().st_ctime == T
shutil.copy2(old, top / "old2")
shutil.copy2(fresh, top / "fresh2")
shutil.copytree(top, str(top) + "-copy")
copied = pathlib.Path(str(top) + "-copy")
assert [(copied / name).stat().st_mtime for name in ("fresh", "fresh2", "old", "old2")] == [T, T, OLD, OLD]
os.utime(top / "old2")
assert (top / "old2").stat().st_mtime == T
source = pathlib.Path(__file__)
assert source.stat().st_mtime == OLD

# Archives have it, however they are written.
with zipfile.ZipFile(top / "a.zip", "w") as archive:
    archive.write(fresh, "fresh")
    archive.write(old, "old")
    archive.writestr("text", "text")
    assert [info.date_time for info in archive.infolist()] == [
        time.localtime(moment)[:6] for moment in (T, OLD, T)
    ]
with tarfile.open(top / "a.tar.gz", "w:gz") as archive:
    archive.add(fresh)
    assert archive.getmember(str(fresh)[1:]).mtime == T
assert (top / "a.tar.gz").read_bytes()[4:8] == T.to_bytes(4, "little")

# Who walks and removes finds everything.
assert sorted(os.listdir(top)) == sorted(path.name for path in top.iterdir()) == sorted(p.name for p in top.glob("*"))
assert [sorted(files) for _, _, files in os.walk(copied)] == [["fresh", "fresh2", "old", "old2"]]
for folder in (top, copied):
    shutil.rmtree(folder)
    assert not folder.exists()
"""

LINES = r"""
import io, json, os, pathlib, sys, tempfile
top = pathlib.Path(tempfile.mkdtemp())
path = top / "a"

def written(mode="w", **named):
    with open(path, mode, **named) as file:
        file.write("a\nb\n")
    with open(path, "rb") as file:
        return file.read()

assert written() == b"a\r\nb\r\n"
assert path.read_text() == "a\nb\n" and open(path).readlines() == ["a\n", "b\n"]
assert written("a") == b"a\r\nb\r\n" * 2
path.unlink()
assert written("x", encoding="utf-8", errors="strict") == b"a\r\nb\r\n"
assert written(newline="\n") == b"a\nb\n" and written(newline="") == b"a\nb\n" and written(newline="\r") == b"a\rb\r"
assert written("w+") == b"a\nb\n"
path.write_bytes(b"\n")
assert path.read_bytes() == b"\n"
path.write_text("\n")
assert path.read_bytes() == b"\r\n"
with path.open("w") as file:
    print("a", file=file)
assert path.read_bytes() == b"a\r\n"
with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC), "w") as file:
    file.write("\n")
assert path.read_bytes() == b"\r\n"
with io.open(path, "w") as file:
    file.write("\n")
assert path.read_bytes() == b"\r\n"
with tempfile.NamedTemporaryFile("w", dir=top, delete=False) as file:
    file.write("\n")
assert pathlib.Path(file.name).read_bytes() == b"\r\n"
assert os.linesep == "\r\n"
sys.stdout.write("done\n")
"""


@pytest.fixture(scope="session")
def pythons() -> list[Python]:
    """The oldest and the newest at hand, this one, and one whose pathlib holds functions of its own (3.10)."""
    caller, uv = dict(os.environ), resolve_uv.find(os.environ)
    versions = interpreter.at_hand(caller, uv)
    here = ".".join(map(str, sys.version_info[:3]))
    chosen = [version for version in versions if version.startswith("3.10.") or version == here]
    return [interpreter.find(version, caller, uv) for version in dict.fromkeys((versions[0], *chosen, versions[-1]))]


@pytest.fixture
def room(tmp_path: Path) -> Workroom:
    (tmp_path / "tmp").mkdir()
    return Workroom(tmp_path)


def run(
    room: Workroom, conditions: Conditions, code: str, *options: str, python: str = sys.executable, path: str = ""
) -> subprocess.CompletedProcess[str]:
    """What a program says that runs so, in a file of 2001; `path` is what PYTHONPATH has besides."""
    told = customized(room, str, conditions)
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC", "TMPDIR": str(room.tmp), **told}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (told.get("PYTHONPATH"), path)))
    file = room.host / "program.py"
    file.write_text(code, encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    command = [python, *options, str(file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="the time zone is set as POSIX has it")
@pytest.mark.parametrize(
    "conditions",
    [Conditions(frozen=FROZEN), Conditions(frozen=FROZEN, shuffled=True, line_ends="\r\n")],
    ids=["alone", "together"],
)
def test_every_python_sees_another_time(room: Workroom, pythons: list[Python], conditions: Conditions) -> None:
    for python in pythons:
        done = run(room, conditions, CLOCK + FILES, "-Wignore", python=str(python.executable))
        assert (done.stdout, done.stderr) == ("", ""), python.name


@pytest.mark.skipif(sys.platform == "win32", reason="there it is the usual")
def test_every_python_ends_lines_otherwise(room: Workroom, pythons: list[Python]) -> None:
    for python in pythons:
        done = run(room, Conditions(line_ends="\r\n"), LINES, python=str(python.executable))
        assert (done.stdout, done.stderr) == ("done\n", ""), python.name


def test_nothing_is_told_without_need(room: Workroom) -> None:
    assert customized(room, str, Conditions()) == {}
    assert not (room.host / "customize").exists()
    done = run(room, Conditions(), "import time; print(time.time() > 1.7e9, type(time.time).__name__)")
    assert done.stdout == "True builtin_function_or_method\n"


def test_what_would_have_been_found_is_run(room: Workroom) -> None:
    """A sitecustomize of the environment, with its own path and all that it does; and the next module of its kind."""
    own = room.host / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import sys, time\nsys.own = time.time(), __name__, __file__\n")
    code = "import sys, sitecustomize; print(sys.own, sitecustomize.__file__)"
    done = run(room, Conditions(frozen=FROZEN), code, path=str(own))
    own_file = own / "sitecustomize.py"
    assert done.stdout == f"({float(FROZEN)}, 'sitecustomize', '{own_file}') {own_file}\n"
    (own / "sitecustomize.py").write_text("raise RuntimeError('of its own')\n")
    done = run(room, Conditions(frozen=FROZEN), "import time; print(time.time())", path=str(own))
    assert done.stdout == f"{float(FROZEN)}\n"
    assert "of its own" in done.stderr


def test_children_are_told_unless_they_close_their_ears(room: Workroom) -> None:
    """As the documentation says: what keeps PYTHONPATH out keeps this out."""
    code = f"""
import subprocess, sys
for options in ([], ["-I"], ["-E"], ["-S"]):
    asked = [sys.executable, *options, "-c", "import time; print(time.time() == {FROZEN})"]
    print(options, subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode().strip())
"""
    done = run(room, Conditions(frozen=FROZEN), code)
    assert done.stdout.splitlines() == ["[] True", "['-I'] False", "['-E'] False", "['-S'] False"], done.stderr


def test_modules_that_took_note_early(room: Workroom, pythons: list[Python]) -> None:
    """To Python 3.10 pathlib holds some functions itself, where a .pth file had it loaded before."""
    code = """
import os, pathlib, sys, tempfile
path = pathlib.Path(tempfile.mkdtemp()) / "a"
path.write_text("\\n")
print(path.read_bytes(), path.stat().st_mtime, sorted(entry.name for entry in path.parent.iterdir()))
"""
    told = customized(room, str, Conditions(frozen=FROZEN, line_ends="\r\n", shuffled=True))
    start = f"import pathlib, runpy, sys; sys.path.insert(0, {told['PYTHONPATH']!r}); import importlib\n"
    start += "sys.modules.pop('sitecustomize', None); importlib.import_module('sitecustomize')\n"
    for python in pythons:
        done = subprocess.run(
            [python.executable, "-I", "-c", start + code], capture_output=True, text=True, check=False
        )
        assert done.stdout == f"b'\\r\\n' {float(FROZEN)} ['a']\n", (python.name, done.stderr)


def test_a_folder_that_can_not_be_written(room: Workroom) -> None:
    (room.host / "customize").touch()
    with pytest.raises(RequestError, match="can't be written"):
        customized(room, str, Conditions(frozen=1))


_WRITE = f"""
import json, os, time
with open("small.py", "w") as file:
    file.write(json.dumps([time.time() == {FROZEN}, os.stat("tiny.json").st_mtime, os.environ["PYTHONPATH"]]) + "\\n")
os.chmod("small.py", 0o600)
"""


@pytest.mark.parametrize("isolation", ["none", "auto"])
def test_a_build_of_another_time(tmp_path: Path, isolation: str) -> None:
    """What is written has that time and its line ends, in a build of each kind; what was there keeps its own."""
    folder = project(tmp_path / "p", wheel=_WRITE)
    conditions = Conditions(frozen=FROZEN, line_ends="\r\n")
    asked = {"sdist": False, "canonical": False, "epoch": 1_500_000_000, "isolation": isolation}
    environment = {"PYTHONPATH": "/given"}
    made = built(folder, tmp_path / "out", conditions=conditions, environment=environment, **asked)  # type: ignore[arg-type]  # fields by their names
    text = contents(made.artefacts[0].path)["small.py"]
    assert text.endswith(b"\r\n")
    frozen, time, path = json.loads(text)
    assert (frozen, time) == (True, 1_500_000_000)
    ours, _, given = path.rpartition(os.pathsep)
    assert (Path(ours).name, given) == ("customize", "/given")
