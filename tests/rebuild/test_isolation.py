"""One project under every isolation and by every user: one sha256."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path
from subprocess import run as start  # noqa: TID251 - another user needs a process; the ban protects src

import pytest

import truewheel
from tests.projects import CMAKE, OWN_TEMPORARY, RUST, C, Project
from tests.rebuild.proofs import built, wheel_of
from tests.repair.building import run
from tests.tools import need
from truewheel import api

NOBODY = 65534
KINDS = ("bubblewrap", "namespaces", "none")


@pytest.mark.parametrize("project", [C, OWN_TEMPORARY, CMAKE, RUST], ids=lambda project: project.name)
def test_every_isolation_gives_the_same_bytes(project: Project, tmp_path: Path) -> None:
    need(*project.tools, "bwrap", "unshare")
    source = project.write(tmp_path / "sources")
    done = {kind: built(source, tmp_path / kind, isolation=kind) for kind in KINDS}
    assert {kind: one.isolation.kind for kind, one in done.items()} == {kind: kind for kind in KINDS}
    wheels = {kind: wheel_of(one) for kind, one in done.items()}
    for kind in KINDS[1:]:
        said = api.diff(wheels[KINDS[0]], wheels[kind])
        assert said.identical, (kind, said.differences)


@pytest.mark.parametrize("kind", ["bubblewrap", "none"])
def test_an_ordinary_user_builds_the_same_bytes(kind: str, tmp_path: Path) -> None:
    need(*C.tools, "bwrap", "unshare")
    source = C.write(tmp_path / "sources")
    mine = wheel_of(built(source, tmp_path / "mine"))
    # A user without any rights, in a namespace; it can read what this one can, wherever Python is installed.
    somebody = ["unshare", "--user", "--map-user=1234", "--map-group=1234", "--"]
    command = [sys.executable, "-m", "truewheel", "build", str(source), "--wheel", "--isolation", kind]
    run([*somebody, *command, "-w", tmp_path / "theirs"], HOME=str(tmp_path), TMPDIR=_own(tmp_path))
    (theirs,) = (tmp_path / "theirs").glob("*.whl")
    assert _sha256(theirs) == _sha256(mine)


def _own(folder: Path) -> str:
    place = folder / "temporary"
    place.mkdir()
    return str(place)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run_by_everybody() -> str:
    """A Python of this version that any user may start; this one, unless it lies in a home folder."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for found in filter(None, (sys.executable, shutil.which(version, path=os.defpath))):
        with suppress(OSError):
            if start([found, "-c", ""], user=NOBODY, group=NOBODY, capture_output=True, check=False).returncode == 0:
                return found
    pytest.skip(f"needs a {version} that nobody may start")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_nobody_builds_the_same_bytes_as_root() -> None:
    need(*C.tools)
    python = _run_by_everybody()
    packages = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(truewheel.__file__).parents[1])]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        source = C.write(folder / "sources")
        for user in (0, NOBODY):
            home = folder / str(user)
            home.mkdir()
            os.chown(home, user, user)
            settings = {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": os.pathsep.join(packages)}
            command = [python, "-m", "truewheel", "build", str(source), "--wheel", "--isolation", "none"]
            done = start(
                [*command, "-w", str(home / "dist")],
                env=os.environ | settings,
                cwd="/",
                user=user,
                group=user,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr.decode()
        first, second = ([_sha256(path) for path in (folder / str(user)).glob("dist/*.whl")] for user in (0, NOBODY))
        assert len(first) == 1
        assert first == second
