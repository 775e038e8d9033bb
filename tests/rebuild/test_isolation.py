"""One project under every isolation and by every user: one sha256."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from tests.projects import CMAKE, OWN_TEMPORARY, RUST, C, Project
from tests.rebuild.proofs import built, wheel_of
from tests.repair.building import run
from tests.tools import need
from truewheel import api

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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_nobody_builds_the_same_bytes_as_root(tmp_path: Path) -> None:
    """With a Python that everybody may run, if there is one."""
