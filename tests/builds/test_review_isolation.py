"""Ways out of a build that a reviewer has found: none of them is open."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - who starts a build is ended; the ban protects src
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds import isolation_hidden
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions
from truewheel.errors import RequestError

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


_UNDO = r"""
mount -o remount,bind,rw / && echo "made the system writable"
for place in /root /home "$PERSON" /tmp /proc/sys; do umount -l $place && echo "brought $place back"; done
unshare --map-root-user --mount sh -c 'umount -l /proc/sys && echo "brought /proc/sys back"'
unshare --map-root-user --mount sh -c 'mount -o remount,bind,rw "$OWN" && echo "made $OWN writable"'
[ -w /proc/sys/kernel/core_pattern ] && echo "could set the kernel's core_pattern"
[ "$KIND" = bubblewrap ] && [ -w /etc ] && echo "could write /etc"
[ -w "$OWN" ] && echo "could write $OWN"
cat /etc/shadow-
:
"""


@linux
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_a_build_can_undo_nothing(kind: str, tmp_path: Path) -> None:
    """Root's neither: it starts with all rights, and bubblewrap leaves it those over the namespaces."""
    need("bwrap", "unshare")
    own = tmp_path / "programs"
    own.mkdir()
    lines: list[str] = []
    variables = {"PATH": "/usr/sbin:/usr/bin:/bin", "PERSON": str(Path.home()), "KIND": kind, "OWN": str(own)}
    with workroom(Conditions(), kind) as (room, _):
        sandbox = choose(room, Conditions(), wanted=kind, visible=(own,))
        command = ["sh", "-c", f"exec 2>/dev/null; [ -d {own} ] && echo here\n{_UNDO}"]
        status = sandbox.run(command, folder=room.source, environment=variables, output=lines.append, seconds=60)
    assert (status, lines) == (0, ["here"])


def test_no_path_brings_a_home_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home on PATH, what holds it, a link to it, and a way round: programs that lie deeper are there."""
    homes, loop, link = tmp_path / "homes", tmp_path / "loop", tmp_path / "homes" / "other" / "link"
    home = homes / "me"
    for folder in (home / "bin", home / ".ssh", homes / "other" / "tools"):
        folder.mkdir(parents=True)
    link.symlink_to(home)
    loop.symlink_to(loop)
    monkeypatch.setenv("HOME", str(home))
    wanted = (home, homes, home / "bin" / "..", link, loop, homes / "other" / "tools")
    back = isolation_hidden.needed([homes], wanted, network=False)
    assert {place for place in back if place.is_relative_to(homes)} == {
        home / "bin",
        link / "bin",
        homes / "other" / "tools",
    }


@pytest.mark.parametrize("name", ["/etc/shadow-", "/etc/pip.conf", "/etc/apt/auth.conf", "/etc/krb5.keytab"])
def test_files_with_passwords_are_hidden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_hidden, "_there", lambda place: str(place) == name)
    assert isolation_hidden.hidden(os.environ) == (Path(name),)


_APART = """
import os
for name in ("user", "mnt", "pid", "ipc", "uts", "net"):
    print(name, os.readlink(f"/proc/self/ns/{name}"))
print("session", os.getsid(0) != 0)
"""


@linux
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_nothing_is_shared(kind: str) -> None:
    """No shared memory of the machine, and no session with a terminal of its own."""
    need("bwrap", "unshare")
    lines: list[str] = []
    with workroom(Conditions(), kind) as (room, _):
        sandbox = choose(room, Conditions(), wanted=kind)
        command = [sys.executable, "-c", _APART]
        sandbox.run(command, folder=room.source, environment={"PATH": "/usr/bin:/bin"}, output=lines.append)
    found = dict(line.split(" ") for line in lines)
    assert len(found) == 7
    assert found.pop("session") == str(kind == "bubblewrap")
    assert [name for name, inside in found.items() if str(Path(f"/proc/self/ns/{name}").readlink()) == inside] == []


_ENDLESS = """
import os, sys
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions
with workroom(Conditions(), "bubblewrap") as (room, _):
    sandbox = choose(room, Conditions(), wanted="bubblewrap")
    command = ["sleep", sys.argv[1]]
    sandbox.run(command, folder=room.source, environment={"PATH": "/usr/bin:/bin"}, output=print)
"""


@linux
def test_a_build_ends_with_who_started_it(tmp_path: Path) -> None:
    """Even where that is killed, and can't end anything itself."""
    need("bwrap")
    seconds = f"300.{os.getpid()}"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", _ENDLESS, seconds], env=environment) as process:
        assert _until(lambda: _running(seconds))
        process.kill()
    assert _until(lambda: not _running(seconds))


def _running(word: str) -> bool:
    """Whether a ``sleep`` with this argument runs."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if place.read_bytes().split(b"\0")[:2] == [b"sleep", word.encode()]:
                return True
    return False


def _until(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within half a minute."""
    end = time.monotonic() + 30
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return true


@linux
def test_every_place_for_temporary_files_is_hidden(tmp_path: Path) -> None:
    found = isolation_hidden.hidden({"TMPDIR": str(tmp_path), "HOME": "/"})
    for name in ("/var/tmp", "/dev/shm", "/run", str(tmp_path)):  # noqa: S108  # they are hidden
        assert any(Path(os.path.realpath(name)).is_relative_to(place) for place in found), name
    elsewhere = isolation_hidden.hidden({"TMPDIR": "/opt", "HOME": "/srv"})
    assert {Path("/opt"), Path("/srv")} <= set(elsewhere)


@linux
@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_folder_that_others_write_to_is_no_place(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"truewheel-{os.getuid()}").mkdir()
    (tmp_path / f"truewheel-{os.getuid()}").chmod(mode)
    with pytest.raises(RequestError, match="can be written to"), workroom(Conditions(), "none"):
        pass
