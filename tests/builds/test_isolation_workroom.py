"""Workrooms: where they lie, whose they are, and that nothing is left of them."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from truewheel.builds import isolation_workroom
from truewheel.builds.isolation_workroom import remove, workroom
from truewheel.builds.model import Conditions
from truewheel.errors import RequestError

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path.resolve()


def test_a_private_room(temporary: Path) -> None:
    with workroom(replace(Conditions(), home="home/other"), "bubblewrap") as (room, notes):
        assert room.host.parent == temporary
        assert notes == ()
        folders = (room.source, room.out, room.env, room.home, room.tmp, room.shims, room.host / "home" / "other")
        for folder in folders:
            assert folder.is_dir()
        if os.name == "posix":
            assert stat.S_IMODE(room.host.stat().st_mode) == 0o700
        first = room.host
        with workroom(Conditions(), "namespaces") as (other, _):
            assert other.host != first
    assert not list(temporary.iterdir())


def test_a_room_at_the_same_place_every_time(temporary: Path) -> None:
    base = temporary / f"truewheel-{os.environ['USERNAME'] if sys.platform == 'win32' else os.getuid()}"
    for _ in range(2):
        with workroom(Conditions(), "none") as (room, notes):
            assert room.host == base / "0"
            assert notes == ()
            (room.source / "file").write_text("x")
        assert not room.host.exists()
    with workroom(replace(Conditions(), root="/var/elsewhere"), "none") as (room, _):
        assert room.host == base / "0" / "var-elsewhere"
    assert not (base / "0").exists()
    if os.name == "posix":
        assert not list(temporary.iterdir())


@posix
def test_a_lock_that_was_taken_away_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another build ends between the moments in which its lock is opened and taken over."""
    locked, calls = isolation_workroom._locked, list[str]()

    def late(file: BinaryIO) -> bool:
        if not calls:
            Path(file.name).unlink()
            Path(file.name).parent.rmdir()
        calls.append(file.name)
        return locked(file)

    monkeypatch.setattr(isolation_workroom, "_locked", late)
    with workroom(Conditions(), "none") as (first, notes), workroom(Conditions(), "none") as (second, _):
        assert (first.host.name, notes, second.host.name) == ("0", (), "1")
        assert first.host.is_dir()


def test_two_builds_at_once() -> None:
    with workroom(Conditions(), "none") as (first, _), workroom(Conditions(), "none") as (second, notes):
        assert second.host == first.host.parent / "1"
        assert notes == (f"the path isn't the usual one, as {first.host} is in use by another build",)
        with workroom(Conditions(), "none") as (third, _):
            assert third.host.name == "2"


def test_a_room_that_is_kept() -> None:
    with workroom(Conditions(), "none", keep=True) as (room, _):
        (room.out / "wheel").write_text("x")
    assert (room.out / "wheel").exists()
    with workroom(Conditions(), "none") as (other, notes):
        assert other.host.name == "1"
        assert "was kept by an earlier build" in notes[0]
    assert (room.out / "wheel").exists()
    with workroom(Conditions(), "bubblewrap", keep=True) as (private, _):
        pass
    assert private.source.is_dir()


def test_a_room_that_a_killed_build_left(temporary: Path) -> None:
    with workroom(Conditions(), "none") as (room, _):
        base = room.host.parent
    (base / "0" / "src").mkdir(parents=True)
    (base / "0" / "src" / "old").write_text("x")
    with workroom(Conditions(), "none") as (room, notes):
        assert list(room.source.iterdir()) == []
        assert notes == ()
    assert temporary in room.host.parents


def test_an_error_removes_it() -> None:
    for kind in ("none", "bubblewrap"):
        with pytest.raises(KeyboardInterrupt), workroom(Conditions(), kind) as (room, _):
            raise KeyboardInterrupt
        assert not room.host.exists()


def _link(base: Path, other: Path) -> None:
    other.mkdir()
    base.symlink_to(other)


def _open(base: Path, _: Path) -> None:
    base.mkdir()
    base.chmod(0o777)


def _foreign(base: Path, _: Path) -> None:
    base.mkdir()
    os.chown(base, 65534, 65534)


@posix
@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_link, "is a link or a file"),
        (_open, "can be written to by other users"),
        (lambda base, _: base.write_text("x"), "is a link or a file"),
        pytest.param(
            _foreign,
            "belongs to another user",
            marks=pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="root alone gives files away"),
        ),
    ],
)
def test_a_place_that_is_not_safe(make: object, fault: str, temporary: Path) -> None:
    assert callable(make)
    make(temporary / f"truewheel-{os.getuid()}", temporary / "other")
    with pytest.raises(RequestError, match=fault) as caught, workroom(Conditions(), "none"):
        pass
    assert "TMPDIR" in caught.value.hint
    assert not (temporary / "other").exists() or not list((temporary / "other").iterdir())


def test_places_that_cannot_be_made(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    for kind in ("none", "namespaces"):
        with pytest.raises(RequestError, match=r"can.*be made"), workroom(Conditions(), kind):
            pass


def test_no_place_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_workroom, "_MOST", 1)
    with (
        workroom(Conditions(), "none"),
        pytest.raises(RequestError, match="no free folder"),
        workroom(Conditions(), "none"),
    ):
        pass


@posix
def test_removing(tmp_path: Path) -> None:
    """Read-only folders too, as Go's modules; what links point to stays."""
    folder, target = tmp_path / "folder", tmp_path / "target"
    (folder / "a" / "b").mkdir(parents=True)
    target.mkdir()
    (target / "kept").write_text("x")
    (folder / "a" / "link").symlink_to(target)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "a" / "b" / "file").chmod(0o400)
    (folder / "a" / "b").chmod(0o500)
    (folder / "a").chmod(0o500)
    remove(folder)
    assert not folder.exists()
    assert (target / "kept").exists()
    (tmp_path / "link").symlink_to(target)
    remove(tmp_path / "link")
    remove(tmp_path / "nothing")
    assert (target / "kept").exists()
    assert not (tmp_path / "link").is_symlink()
