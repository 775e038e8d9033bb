from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify import works
from truewheel import __version__
from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.verdict.model import Rung
from truewheel.verify import campaign_lock
from truewheel.verify.campaign_question import question, target_of
from truewheel.verify.campaign_store import Store, opened_store, read_store
from truewheel.verify.campaign_worker import Answer
from truewheel.verify.model import Terms


def finished(store: Store, *, but: int = 0) -> None:
    """Answer what waits, but for the last so many."""
    waiting = store.waiting()
    for one in waiting[: len(waiting) - but]:
        store.begin(one.position)
        store.finish(one.position, Answer(__version__, works.answer(one.target, Terms())))


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as anybody else sees it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def test_answers_come_back_in_the_order_of_the_list(path: Path) -> None:
    targets = works.targets(6)
    with opened_store(path) as store:
        store.adopt(targets)
        for one in reversed(store.waiting()):
            store.finish(one.position, Answer(__version__, works.answer(one.target, Terms())))
        campaign = store.campaign()
    assert campaign.results == tuple((target, works.answer(target, Terms())) for target in targets)
    assert campaign.left == 0
    assert read_store(path) == campaign


def test_columns_answer_questions_in_sql(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(3))
        finished(store)
        said = store.campaign().verifications
    with plain(path) as connection:
        rows = connection.execute(
            "SELECT rung, project, version, wheel, backend, seconds, truewheel FROM result ORDER BY position"
        ).fetchall()
        moments = [datetime.fromisoformat(row[0]) for row in connection.execute("SELECT finished FROM result")]
    assert rows == [
        (
            each.rung.value,
            each.project,
            each.version,
            each.wheel.name if each.wheel else "",
            each.backend,
            0.5,
            __version__,
        )
        for each in said
    ]
    assert all(timedelta() <= datetime.now(timezone.utc) - moment < timedelta(minutes=5) for moment in moments)


def test_a_finished_campaign_is_one_file(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(3))
        assert (path.parent / "results.sqlite-lock").exists()
        assert path.with_name("results.sqlite-wal").exists(), "readers see it while it is written"
    assert [each.name for each in path.parent.iterdir()] == ["results.sqlite"]


def test_a_campaign_that_fails_leaves_one_file_too(path: Path) -> None:
    with suppress(ZeroDivisionError), opened_store(path) as store:
        store.adopt(works.targets(3))
        raise ZeroDivisionError
    assert [each.name for each in path.parent.iterdir()] == ["results.sqlite"]


def test_the_list_may_grow_and_shrink(path: Path) -> None:
    first, second, third, fourth = works.targets(4)
    with opened_store(path) as store:
        store.adopt([first, second])
        finished(store)
    with opened_store(path) as store:
        store.adopt([fourth, second, third])
        assert [one.target for one in store.waiting()] == [fourth, third]
        finished(store)
        assert [target for target, _ in store.campaign().results] == [second, fourth, third]
    with opened_store(path) as store:
        store.adopt([first, second, third, fourth])
        assert not store.waiting(), "the answer of what was left out was kept"
        assert [target for target, _ in store.campaign().results] == [first, second, fourth, third]


def test_what_waits_and_isnt_listed_any_more_isnt_done(path: Path) -> None:
    first, second = works.targets(2)
    with opened_store(path) as store:
        store.adopt([first, second])
        store.begin(store.waiting()[0].position)
    with opened_store(path) as store:
        store.adopt([second])
        assert [one.target for one in store.waiting()] == [second]
        assert store.counts().total == 1


def test_what_a_dead_run_was_about_waits_again(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(3))
        for one in store.waiting():
            store.begin(one.position)
    assert read_store(path).left == 3
    with opened_store(path) as store:
        store.adopt(works.targets(3))
        assert len(store.waiting()) == 3
        with plain(path) as connection:
            assert connection.execute("SELECT DISTINCT state FROM target").fetchall() == [("waiting",)]


def test_one_that_is_listed_twice_is_one(path: Path) -> None:
    target = Target(asked="Some.Thing==1.0", project="some-thing", version="1.0", hashes=("sha256:b", "sha256:a"))
    other = Target(asked="some-thing == 1.0", project="Some_Thing", version="1.0", hashes=("sha256:a", "sha256:b"))
    with opened_store(path) as store:
        store.adopt([target, other])
        assert [one.target.asked for one in store.waiting()] == ["some-thing == 1.0"]


@pytest.mark.parametrize(
    "other",
    [
        Target(asked="a", project="a", version="1.1"),
        Target(asked="a", project="b", version="1.0"),
        Target(asked="a", project="a", version="1.0", hashes=("sha256:00",)),
        Target(asked="a", project="a", version="1.0", wheel="a-1.0-py3-none-any.whl"),
        Target(asked="a", project="a", version="1.0", path=Path("a-1.0-py3-none-any.whl")),
        Target(asked="a", project="a", version="1.0", urls=(("a.whl", "https://index.example/a.whl"),)),
    ],
)
def test_what_asks_for_something_else_is_another(path: Path, other: Target) -> None:
    with opened_store(path) as store:
        store.adopt([Target(asked="a", project="a", version="1.0")])
        finished(store)
        store.adopt([other])
        assert len(store.waiting()) == 1


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
TARGETS = st.builds(
    Target,
    asked=TEXT,
    project=TEXT,
    version=TEXT,
    hashes=st.lists(TEXT, max_size=3, unique=True).map(sorted).map(tuple),
    wheel=TEXT,
    path=st.none() | st.sampled_from([Path("/some/where.whl"), Path("/else/where.whl")]),
    urls=st.lists(st.tuples(TEXT, TEXT.filter(lambda text: "@" not in text)), max_size=2).map(sorted).map(tuple),
)


@given(TARGETS)
def test_a_question_is_a_target_in_one_spelling(target: Target) -> None:
    again = target_of(target.asked, question(target))
    assert question(again) == question(target)
    assert (again.asked, again.version, again.hashes, again.wheel, again.path) == (
        target.asked,
        target.version,
        target.hashes,
        target.wheel,
        target.path,
    )
    assert {name for name, _ in again.urls} == {name for name, _ in target.urls}


def test_an_address_that_is_none_is_asked_for_as_it_is() -> None:
    target = Target(asked="a", project="a", version="1.0", urls=(("a.whl", "https://[::1"),))
    assert target_of("a", question(target)) == target


def test_passwords_in_addresses_are_not_kept(path: Path) -> None:
    url = "https://user:secret@index.example/a-1.0.whl"
    target = Target(asked="a", project="a", version="1.0", urls=(("a-1.0.whl", url),))
    with opened_store(path) as store:
        store.adopt([target])
        assert store.waiting()[0].target.urls == (("a-1.0.whl", url),), "the one who fetches it needs it"
    assert b"secret" not in path.read_bytes()
    with opened_store(path) as store:
        store.adopt([replace(target, urls=(("a-1.0.whl", "https://index.example/a-1.0.whl"),))])
        assert len(store.waiting()) == 1
        assert store.counts().total == 1


def test_hostile_names_are_kept_as_they_are(path: Path) -> None:
    target = Target(asked="a\ud800\x00\x1b[31m", project="a", version="\udcff")
    with opened_store(path) as store:
        store.adopt([target])
        finished(store)
        assert store.campaign().verifications == (works.answer(target, Terms()),)


def test_some_may_be_done_again(path: Path) -> None:
    targets = works.targets(12)
    with opened_store(path) as store:
        store.adopt(targets)
        finished(store)
        rungs = {each.project: each.rung for each in store.campaign().verifications}
        again = sorted(project for project, rung in rungs.items() if rung is Rung.DIFFERENT)
        assert 0 < len(again) < 12
        store.again(["different", "Plain0", "plain1==1.1"])
        assert sorted(one.target.project for one in store.waiting()) == sorted({*again, "plain0", "plain1"})
        assert store.counts().left == len({*again, "plain0", "plain1"})
        finished(store)
        assert store.campaign().results == tuple((target, works.answer(target, Terms())) for target in targets)


def test_what_may_be_done_again_is_a_rung_or_a_project(path: Path) -> None:
    with opened_store(path) as store:
        store.adopt(works.targets(1))
        store.again(["same-contents"])
        with pytest.raises(RequestError, match="'plain9' is neither a rung nor a project") as caught:
            store.again(["plain0", "plain9"])
    assert "bit-for-bit" in caught.value.hint


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
    monkeypatch.setattr("truewheel.verify.campaign_database._PATIENCE", 0.05)
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
