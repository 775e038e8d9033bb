from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.rebuilds import works
from tests.rebuilds.campaigns import finished, plain
from truewheel.errors import RequestError
from truewheel.rebuilds import campaign_lock
from truewheel.rebuilds.campaign_store import opened_store, read_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def test_two_campaigns_at_once_are_one_too_many(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(2))
        with pytest.raises(RequestError, match=rf"another campaign is running on it \(process {os.getpid()} on "):
            opened_store(path).__enter__()
        assert read_store(path).left == 2, "but one may look"
    with opened_store(path) as store:
        assert store.counts().total == 2


def test_a_lock_of_nobody_holds_nobody(path: Path) -> None:
    path.with_name("results.sqlite-lock").write_text("process 1 on another machine", encoding="utf-8")
    with opened_store(path) as store:
        store.adopt(works.targets(1))


def test_a_lock_that_its_holder_removes_meanwhile_is_taken_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one before us ends between our opening its file and our locking it."""
    place, locked = path.with_name("results.sqlite-lock"), campaign_lock._locked
    rounds: list[bool] = []

    def ended(file: BinaryIO) -> bool:
        rounds.append(True)
        if len(rounds) == 1:
            place.unlink()
        return locked(file)

    monkeypatch.setattr(campaign_lock, "_locked", ended)
    with opened_store(path):
        assert len(rounds) == 2
        with pytest.raises(RequestError, match="another campaign is running"):
            opened_store(path).__enter__()


def test_a_holder_that_is_gone_before_it_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = path.with_name("results.sqlite-lock")

    def gone(_: BinaryIO) -> bool:
        place.unlink()
        return False

    monkeypatch.setattr(campaign_lock, "_locked", gone)
    with pytest.raises(RequestError, match=r"another campaign is running on it \(it doesn't say which\)"):
        opened_store(path).__enter__()


def test_a_system_that_cant_lock_leaves_nothing_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: object) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(campaign_lock, "_still", unable)
    with pytest.raises(RequestError, match=r"results\.sqlite-lock: can't be written: No locks available"):
        opened_store(path).__enter__()
    monkeypatch.undo()
    with opened_store(path) as store:
        assert store.counts().total == 0


def test_two_campaigns_on_two_files_are_fine(tmp_path: Path) -> None:
    with opened_store(tmp_path / "a") as one, opened_store(tmp_path / "b") as other:
        one.adopt(works.targets(1))
        other.adopt(works.targets(2))
        assert (one.counts().total, other.counts().total) == (1, 2)


def written(path: Path) -> None:
    with opened_store(path) as store:
        store.campaign()


def foreign(path: Path) -> None:
    with plain(path) as connection:
        connection.execute("CREATE TABLE target (position INTEGER PRIMARY KEY)")


def changed(statement: str) -> object:
    def change(path: Path) -> None:
        with opened_store(path) as store:
            store.adopt(works.targets(1))
            finished(store)
        with plain(path) as connection:
            connection.execute(statement)

    return change


def damaged(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(200))
        finished(store)
    data = bytearray(path.read_bytes())
    data[8192:-8192] = bytes(len(data) - 16384)
    path.write_bytes(data)


def cut(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(200))
        finished(store)
    path.write_bytes(path.read_bytes()[:-5000])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"requests==2.32.3\n" * 300), "is no SQLite database"),
        (lambda path: path.mkdir(), "is a directory, not a campaign's database"),
        (foreign, "is an SQLite database, but none of a campaign"),
        (changed("PRAGMA user_version = 2"), r"was written by a newer truewheel \(schema 2; this one knows 1\)"),
        (changed("CREATE TRIGGER t AFTER UPDATE ON target BEGIN DELETE FROM result; END"), "but none of a campaign"),
        (changed("CREATE VIEW v AS SELECT 1"), "but none of a campaign"),
        (damaged, "is damaged"),
        (cut, "is damaged"),
        (changed("UPDATE result SET document = '{'"), r"the row of plain0==1.0 can't be understood"),
        (changed("UPDATE result SET document = '{}'"), r"the row of plain0==1.0 can't be understood"),
        (changed("UPDATE result SET document = '[[1]]'"), r"the row of plain0==1.0 can't be understood"),
        (changed("UPDATE target SET question = '7'"), r"the row of plain0==1.0 can't be understood"),
        (changed("UPDATE target SET question = x'00ff'"), r"the row of plain0==1.0 can't be understood"),
        (changed("UPDATE target SET question = '{\"urls\": [7]}'"), r"the row of plain0==1.0 can't be understood"),
    ],
)
@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_something_else_is_said_to_be(path: Path, make: object, said: str, *, write: bool) -> None:
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(RequestError, match=said) as caught:
        (written if write else read_store)(path)
    assert caught.value.where.file == str(path)
    assert not path.is_file() or len(path.read_bytes()) == len(before)


def test_what_isnt_there_cant_be_read(path: Path) -> None:
    with pytest.raises(RequestError, match="there is no such file") as caught:
        read_store(path)
    assert caught.value.where.file == str(path)
    assert not path.exists()


def test_a_folder_that_isnt_there_cant_be_written(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be written: No such file or directory"):
        opened_store(tmp_path / "nowhere" / "results.sqlite").__enter__()


def test_somebody_who_doesnt_let_go_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.rebuilds.campaign_database._PATIENCE", 0.05)
    with opened_store(path) as store:
        store.adopt(works.targets(1))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(RequestError, match="is in use by another program"):
                store.adopt(works.targets(2))
            other.execute("ROLLBACK")
        store.adopt(works.targets(2))


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder, and for root the rights of somebody else: nothing is read-only for root."""
    if sys.platform == "win32":
        pytest.skip("modes of POSIX are meant")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        user = os.geteuid()
        try:
            if user == 0:
                os.chown(folder, 65534, 65534)
                os.seteuid(65534)
            yield folder
        finally:
            os.seteuid(user)


def test_a_file_that_can_only_be_read_is_read_and_not_written() -> None:
    with as_nobody() as folder:
        path = folder / "results.sqlite"
        with opened_store(path) as store:
            store.adopt(works.targets(2))
            finished(store, but=1)
        path.chmod(0o444)
        with pytest.raises(RequestError, match="can't be written"), opened_store(path) as store:
            store.adopt(works.targets(2))
        folder.chmod(0o555)
        with pytest.raises(RequestError, match="can't be written: Permission denied"):
            opened_store(path).__enter__()
        assert (len(read_store(path).results), read_store(path).left) == (1, 1)
        folder.chmod(0o755)
        path.chmod(0)
        with pytest.raises(RequestError, match="can't be opened"):
            read_store(path)
