"""Ways out of a build, and secrets on their way into one, that a reviewer has found: none of them is open."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds import isolation_hidden
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions
from truewheel.builds.pyproject import demand_requirements
from truewheel.builds.resolve_pip import _demand_index
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


@pytest.mark.parametrize(
    "word",
    [
        "a @ https://example.org/a.whl\n--editable=/home",  # a line of its own in a file of requirements
        "a @ https://example.org/a.whl\r--pre",
        "a @ https://example.org/a.whl\u2028--pre",  # where Python, and so pip, begins a new line
        "a @ https://example.org/\ud800.whl",
        "a @ https://example.org/${TOKEN}/a.whl",  # pip and uv put the variable in, and ask example.org
        "a @ https://example.org/a.whl#${TOKEN}",
    ],
)
def test_requirements_that_installers_take_for_more(word: str) -> None:
    with pytest.raises(RequestError, match="which is no requirement"):
        demand_requirements([word], "somebody")
    assert demand_requirements(["a\t>= 1 ; python_version > '3'"], "somebody") == ("a\t>= 1 ; python_version > '3'",)


def test_pip_builds_nothing_that_an_address_leads_to() -> None:
    """It takes --only-binary for what indexes have alone, and runs the backend of anything else on the host."""
    _demand_index(["a>=1", "b; python_version < '4'"])
    for word in ("a @ file:///home/a", "a @ https://me:hidden@example.org/a.tar.gz", "a @ git+https://example.org/a"):
        with pytest.raises(RequestError, match="outside of all isolation") as caught:
            _demand_index([word])
        assert "hidden" not in str(caught.value)
