"""How much programs of a build may take, and what is said where it wasn't enough."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - another user's programs; the ban protects src
import sys
import time
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import built, contents, failure
from tests.tools import need
from truewheel.builds.bounds import bounded, limited, out_of_memory
from truewheel.builds.errors import BuildError
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions, Request
from truewheel.builds.processes import run
from truewheel.builds.project import make

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone holds programs to an amount of memory")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
LIMIT = 300 << 20
_EAT = """
kept = []
while True:
    kept.append(bytearray(10 << 20))
    assert len(kept) < 100, "1000 MB were to be had"
"""


@LINUX
@pytest.mark.parametrize("isolation", ["none", "bubblewrap", "namespaces"])
def test_a_build_that_eats_memory(tmp_path: Path, isolation: str) -> None:
    """Its children too; and the error says what to do."""
    need("bwrap", "unshare")
    child = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {_EAT!r}]))"
    for number, code in enumerate((_EAT, child)):
        folder = project(tmp_path / f"p{number}", wheel=code)
        error = failure(folder, tmp_path / "out", memory=LIMIT, sdist=False, isolation=isolation)
        assert error.hint.startswith("each program may take 300 MiB of memory, and this one seems to have wanted more")
        assert any("MemoryError" in line for line in error.tail)
    # Nobody asked for a limit, or failed for another reason.
    folder = project(tmp_path / "q", wheel="raise SystemExit(3)")
    assert "memory" not in failure(folder, tmp_path / "out", memory=LIMIT, sdist=False, isolation=isolation).hint


@LINUX
@pytest.mark.parametrize("kind", ["none", "bubblewrap", "namespaces"])
def test_what_a_program_may_take(kind: str) -> None:
    need("bwrap", "unshare")
    code = """
import resource as r
print(*(r.getrlimit(which) for which in (r.RLIMIT_DATA, r.RLIMIT_CORE, r.RLIMIT_FSIZE)), sep=";")
print(open("/proc/self/oom_score_adj").read())
"""
    lines: list[str] = []
    environment = {"PATH": "/usr/bin:/bin"}
    with workroom(Conditions(), kind) as (room, _):
        sandbox = choose(room, Conditions(), wanted=kind, memory=LIMIT)
        (room.tmp / "code.py").write_text(code)
        command = [sys.executable, "-I", sandbox.inside(room.tmp / "code.py")]
        assert sandbox.run(command, folder=room.source, environment=environment, output=lines.append) == 0
    assert lines[0] == f"({LIMIT}, {LIMIT});(0, 0);({16 << 30}, {16 << 30})"
    assert lines[1] == "1000"


@POSIX
def test_the_program_stays_what_it_is(tmp_path: Path) -> None:
    """Its words, its folder, its variables and its status."""
    code = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['X']); raise SystemExit(7)"
    lines: list[str] = []
    command = [sys.executable, "-c", code, "a b", "$X", "'", "", "*"]
    status = run(command, tmp_path, {"PATH": "/bin", "X": "x y"}, output=lines.append, memory=1 << 30)
    assert (status, lines) == (7, [f"['a b', '$X', \"'\", '', '*'] {tmp_path} x y"])


def test_without_a_limit_nothing_is_put_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bounded(["a", "b"], None) == ["a", "b"]
    assert limited(None) == ""
    monkeypatch.setattr(sys, "platform", "win32")
    assert bounded(["a"], 1) == ["a"]
    assert "doesn't hold programs" in limited(1)
    assert limited(None) == ""
    monkeypatch.setattr(sys, "platform", "linux")
    assert limited(1) == ""


@pytest.mark.parametrize(
    ("status", "line", "found"),
    [
        (1, "MemoryError", True),
        (1, "MemoryError: Unable to allocate 3 GiB", True),
        (1, "terminate called after throwing an instance of 'std::bad_alloc'", True),
        (1, "cc1: out of memory allocating 65536 bytes after a total of 1 bytes", True),
        (2, "virtual memory exhausted: Cannot allocate memory", True),
        (2, "OSError: [Errno 12] Cannot allocate memory", True),
        (101, "memory allocation of 1048576 bytes failed", True),
        (2, "fatal error: runtime: out of memory", True),
        (-9, "", True),
        (137, "", True),
        (134, "", True),
        (-6, "", True),
        (0, "MemoryError", False),
        (None, "MemoryError", False),
        (1, "NotAMemoryErrors", False),
        (1, "no such file", False),
        (-11, "", False),
        (139, "", False),
    ],
)
def test_ends_that_tell_of_memory(status: int | None, line: str, found: bool) -> None:
    assert out_of_memory(status, ["before", line]) is found


@LINUX
@pytest.mark.parametrize("isolation", ["none", "bubblewrap", "namespaces"])
def test_a_build_that_multiplies_ends_with_its_time(tmp_path: Path, isolation: str) -> None:
    """Each in a session of its own, so that no signal reaches all."""
    need("bwrap", "unshare")
    mark = f"300.{os.getpid()}"
    code = "import os\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n"
    folder = project(tmp_path / "p", wheel=f"{code}os.execvp('sleep', ['sleep', '{mark}'])")
    request = Request(source=str(folder), sdist=False, isolation=isolation, memory=LIMIT, seconds=4)
    before = time.monotonic()
    with pytest.raises(BuildError, match="ran longer than 4 seconds"):
        make(request, tmp_path / "out")
    assert time.monotonic() - before < 60
    assert not [path for path in Path("/proc").glob("[1-9]*/cmdline") if _said(path) == f"sleep\0{mark}\0"]


def _said(path: Path) -> str:
    """The command of a process, where it is still there."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


@LINUX
def test_somebody_may_not_multiply_without_end() -> None:
    """But root may: Linux doesn't count its processes."""
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 4096)"
    command = bounded(["/usr/bin/env", "-i", sys.executable, "-I", "-c", code], LIMIT)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert done.stderr == ""


@LINUX
def test_a_build_with_enough_memory_is_none_the_wiser(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", tell=["environment", "umask"])
    first = built(folder, tmp_path / "a", sdist=False)
    second = built(folder, tmp_path / "b", sdist=False, memory=LIMIT)
    assert contents(first.artefacts[0].path) == contents(second.artefacts[0].path)
    assert first.provenance == second.provenance
