from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rebuilds import works
from tests.rebuilds.campaigns import finished, plain
from truewheel import __version__
from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_question import question, target_of
from truewheel.rebuilds.campaign_store import opened_store, read_store
from truewheel.rebuilds.campaign_worker import Answer
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import Rung


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


def test_a_file_of_a_few_bytes_is_not_written_over(tmp_path: Path) -> None:
    """SQLite takes it for an empty database."""
    path = tmp_path / "notes"
    path.write_bytes(b"x")
    with pytest.raises(RequestError), opened_store(path):
        pass
    assert path.read_bytes() == b"x"
