"""Isolation: what a build can't see, reach or leave behind, shown by a program that tries."""

from __future__ import annotations

import json
import os
import socket
import subprocess  # noqa: TID251 - another process is what is attacked from
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tools import need
from truewheel.builds import isolation, isolation_hidden
from truewheel.builds.isolation import choose, possible
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions, Workroom
from truewheel.errors import RequestError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

NOBODY = 65534
ELSEWHERE = "/tmp/else where/de'ep"  # noqa: S108 - in a build's own /tmp
VARIABLE = "TRUEWHEEL_TEST_TOKEN"


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a service of this machine."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def victim() -> Iterator[int]:
    """The number of a process of this machine, with a secret in its environment, of whoever attacks."""
    user = os.getuid()
    with subprocess.Popen(
        ["sleep", "300"], env={"PATH": os.environ["PATH"], VARIABLE: "a-secret"}, user=user
    ) as process:
        yield process.pid
        process.kill()


def attack(kind: str, user: int, port: int, victim: int, home: Path) -> dict[str, Any]:
    """What came of an attack (see `tests.builds.attack`)."""
    secret = home / ".netrc"
    secret.write_text("a-secret\n")
    secret.chmod(0o644)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "tests.builds.attack", kind, str(user), str(port), str(victim), str(secret)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def users() -> list[int]:
    return [os.getuid(), NOBODY] if sys.platform == "linux" and os.getuid() == 0 else [os.getuid()]


@pytest.fixture
def open_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that anybody may read, so that modes don't hide what isolation has to."""
    home = tmp_path_factory.mktemp("home")
    for folder in (home, *home.parents[:3]):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    return home


@pytest.mark.parametrize("user", users() if sys.platform == "linux" else [])
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_nothing_gets_out(kind: str, user: int, listener: int, victim: int, open_home: Path) -> None:
    need("bwrap", "unshare")
    found = attack(kind, user, listener, victim, open_home)
    assert "error" not in found
    assert found["isolation"]["kind"] == kind
    assert found["isolation"]["read_only"] is (kind == "bubblewrap")
    assert found["isolation"]["network_cut"]
    group = os.getgid() if user == os.getuid() else user
    assert found["lines"] == [
        "folder /tmp/truewheel/src",
        "host truewheel-test",
        f"user {user}:{group}",
        "umask 0027",
        "cores 1",
        "variables KIND PATH PERSON PORT PWD READ_ONLY SECRET SHLVL VICTIM _ ",
    ]
    assert found["status"] == 7
    assert found["made"] == "made\n"
    assert not found["left"]


@pytest.mark.parametrize("user", users() if sys.platform == "linux" else [])
def test_without_isolation_everything_is_there(user: int, listener: int, victim: int, open_home: Path) -> None:
    """The attack is no blank shot."""
    found = attack("none", user, listener, victim, open_home)
    assert found["isolation"] == {
        "kind": "none",
        "fixed_path": False,
        "network_cut": False,
        "read_only": False,
        "home_hidden": False,
        "notes": ["isolation was not wanted"],
    }
    lines = found["lines"]
    assert f"reached {listener}" in lines
    assert "a-secret" in lines
    assert f"saw {victim}" in lines
    assert f"found {open_home}/.netrc" in lines
    if user == os.getuid():
        assert f"could end {victim}" in lines
        assert f"{VARIABLE}=a-secret" in lines
    assert found["status"] == 7
    assert not found["left"]


def test_another_world(tmp_path: Path) -> None:
    """What `--twice` varies, in both kinds, with paths that need quoting."""
    need("bwrap", "unshare")
    conditions = replace(
        Conditions(),
        root=ELSEWHERE,
        user=1234,
        group=99,
        host_name="other",
        umask=0o077,
    )
    control = tmp_path / "con trol"
    control.mkdir()
    for kind in ("bubblewrap", "namespaces"):
        lines: list[str] = []
        with workroom(conditions, kind) as (room, notes):
            assert notes == ()
            sandbox = choose(room, conditions, wanted=kind)
            assert sandbox.inside(room.source / "a b") == f"{ELSEWHERE}/src/a b"
            assert sandbox.inside(Path("/usr/bin")) == "/usr/bin"
            status = sandbox.run(
                [
                    "sh",
                    "-c",
                    'id -u; id -g; pwd; umask; echo "$1"; echo "$LD_X"; echo "$A" >"$1/new"; ls -A /tmp',
                    "-",
                    str(control),
                ],
                folder=room.source,
                environment={"PATH": "/usr/bin:/bin", "LD_X": "it's", "A": "from " + kind},
                output=lines.append,
                also=(control,),
            )
        assert status == 0
        assert lines[:6] == ["1234", "99", f"{ELSEWHERE}/src", "0077", str(control), "it's"]
        assert "else where" in lines[6:]
        assert (control / "new").read_text() == f"from {kind}\n"
        (control / "new").unlink()


def test_network_when_it_is_wanted(listener: int) -> None:
    need("bwrap", "unshare")
    for kind in ("bubblewrap", "namespaces"):
        with workroom(Conditions(), kind) as (room, _):
            sandbox = choose(room, Conditions(), wanted=kind, network=True)
            assert not sandbox.isolation.network_cut
            status = sandbox.run(
                ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{listener}"],
                folder=room.source,
                environment={"PATH": "/usr/bin:/bin"},
                output=print,
            )
        assert status == 0


def test_the_interpreter_is_there_wherever_it_lies() -> None:
    """In a hidden home too: pyenv's and uv's Pythons lie there."""
    need("bwrap", "unshare")
    for kind in ("bubblewrap", "namespaces"):
        lines: list[str] = []
        with workroom(Conditions(), kind) as (room, _):
            sandbox = choose(room, Conditions(), wanted=kind)
            status = sandbox.run(
                [sys.executable, "-c", "import pytest, ssl; print('here')"],
                folder=room.source,
                environment={"PATH": "/usr/bin:/bin"},
                output=lines.append,
            )
        assert (status, lines) == (0, ["here"])


def test_a_kind_that_fails_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bwrap that can't, as in containers, and no unshare: nothing is left, and that is said."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    for tool in ("sh", "true", "env", "mount", "umount"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}")
    unshare = tmp_path / "unshare"
    unshare.write_text("#!/bin/sh\nexit 3\n")
    unshare.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(isolation, "_APPARMOR", tmp_path / "apparmor")
    monkeypatch.setattr(isolation, "_USERNS", tmp_path / "userns")
    isolation._obstacle.cache_clear()
    try:
        found = possible()
        assert found.kind == "none"
        assert found.notes == (
            "no bubblewrap: bwrap: No permissions to create a new namespace",
            "no namespaces: it ends with status 3",
        )
        isolation._obstacle.cache_clear()
        (tmp_path / "apparmor").write_text("1\n")
        with pytest.raises(RequestError, match="AppArmor forbids it") as caught:
            possible("bubblewrap")
        assert "auto" in caught.value.hint
        isolation._obstacle.cache_clear()
        (tmp_path / "apparmor").write_text("0\n")
        (tmp_path / "userns").write_text("0\n")
        with pytest.raises(RequestError, match="no user namespaces"):
            possible("namespaces")
        isolation._obstacle.cache_clear()
        bwrap.unlink()
        assert possible().notes[0].startswith("no bubblewrap: bwrap isn't installed")
        isolation._obstacle.cache_clear()
        monkeypatch.setattr(sys, "platform", "darwin")
        assert all("Linux alone" in note for note in possible().notes)
    finally:
        isolation._obstacle.cache_clear()


def test_demands_that_nobody_knows() -> None:
    with pytest.raises(RequestError, match="there is no isolation 'docker'"):
        possible("docker")
    sandbox = choose(Workroom(Path("/nowhere")), Conditions(), wanted="none")
    assert sandbox.isolation.notes == ("isolation was not wanted",)


def test_a_probe_that_hangs_or_vanishes_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, said in (("#!/bin/sh\n/bin/sleep 30\n", "longer than"), ("#!/nowhere\n", "can't be started")):
        (tmp_path / "bwrap").write_text(text)
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(isolation, "_SECONDS", 0.3)
        isolation._obstacle.cache_clear()
        assert said in isolation._obstacle("bubblewrap")
    isolation._obstacle.cache_clear()


def test_what_is_hidden(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    found = isolation_hidden.hidden({"HOME": str(home), "TMPDIR": "relative"})
    assert Path("/tmp").resolve() in found  # noqa: S108
    assert Path("/run") in found
    assert not any(one != other and one.is_relative_to(other) for one in found for other in found)
    # A home that is the system itself can't be hidden, or nothing would start.
    for odd in ("/", "/usr", "/etc", ""):
        assert Path(odd or "/") not in isolation_hidden.hidden({"HOME": odd})


def test_what_is_brought_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in (".ssh", ".cargo/bin", ".rustup/toolchains", "bin"):
        (home / name).mkdir(parents=True)
    (home / ".cargo" / "credentials.toml").write_text("a-secret")
    path = os.pathsep.join([f"{home}/.cargo/bin", f"{home}/bin", str(home), f"{home}/.ssh", "relative", ""])
    folders = isolation_hidden.programs({"PATH": path, "HOME": str(home)})
    back = isolation_hidden.needed([home], folders, network=False)
    assert set(back) >= {home / ".cargo" / "bin", home / "bin", home / ".rustup"}
    assert home not in back
    assert not any(place.is_relative_to(home / ".ssh") for place in back)
    assert home / ".cargo" not in back
    assert isolation_hidden.programs({"RUSTUP_HOME": "/opt/rustup"}) == (Path("/opt/rustup"),)
    resolv = Path("/etc/resolv.conf").resolve().parent
    named = isolation_hidden.needed([resolv.parent], [], network=True) if resolv.parent != Path("/") else (resolv,)
    assert resolv in named


def test_plain_processes(tmp_path: Path) -> None:
    """At their host path, with PWD as the other kinds have it."""
    with workroom(Conditions(), "none") as (room, _):
        sandbox = choose(room, Conditions(), wanted="none")
        lines: list[str] = []
        assert sandbox.inside(room.source) == str(room.source)
        command = ["sh", "-c", 'echo "$PWD"; umask; exit 3']
        environment = {"PATH": os.environ["PATH"], "PWD": "/elsewhere"}
        status = sandbox.run(
            command, folder=room.source, environment=environment, output=lines.append, also=(tmp_path,)
        )
        assert (status, lines) == (3, [str(room.source), "0022"])


def test_users_and_places_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user often has no entry, and some folders can't be looked at."""
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert isolation_hidden._home_of_user() == ""

    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    assert isolation_hidden.hidden({"HOME": "/root"}) == ()
