"""Which wheels of a version are published already."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.index import serving
from tests.index.conftest import WHEEL
from tests.index.serving import Serving
from truewheel.errors import RequestError
from truewheel.index.client import Client
from truewheel.index.model import IndexSettings
from truewheel.index.published import published
from truewheel.index.session import Patience

HURRY = Patience(pauses=(0.0, 0.0), start=30.0)


def client(served: Serving, cache: Path, *, offline: bool = False) -> Client:
    return Client(served.settings, cache, offline=offline, patience=HURRY)


@pytest.mark.parametrize("only_html", [False, True])
def test_the_wheels_of_a_version(folder: Path, tmp_path: Path, *, only_html: bool) -> None:
    others = ("sample-1.0-py3-none-win_amd64.whl", "sample-1.0.1-py3-none-any.whl", "sample-1.0rc1-py3-none-any.whl")
    for name in others:
        (folder / name).write_bytes(name.encode())
    wanted = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WHEEL, others[0])}
    with Serving(folder, yanked={WHEEL: "a mistake"}, only_html=only_html) as served:
        with client(served, tmp_path / "cache") as asked:
            for spelled in ("1.0", "1", "v1.0.0"):
                assert published(asked, "Sample", spelled) == wanted
            assert list(published(asked, "sample", "1.0")) == sorted(wanted)
            assert list(published(asked, "sample", "1.0.rc1")) == [others[2]]
            assert published(asked, "sample", "0.9") == {}, "there is a source distribution alone"
            assert published(asked, "sample", "7") == {}
        assert served.paths("/files") == []


def test_a_project_that_is_not_there_has_no_wheels(folder: Path, tmp_path: Path) -> None:
    with Serving(folder) as served, client(served, tmp_path) as asked:
        assert published(asked, "none-such", "1.0") == {}


def test_an_index_that_can_not_be_asked_is_another_thing(folder: Path, tmp_path: Path) -> None:
    with Serving(folder) as served:
        served.lies["/simple/sample/"] = serving.status(500)
        with client(served, tmp_path) as asked, pytest.raises(RequestError, match="the answer is 500"):
            published(asked, "sample", "1.0")
        with client(served, tmp_path, offline=True) as asked, pytest.raises(RequestError, match="isn't in the cache"):
            published(asked, "sample", "1.0")
    with Client(IndexSettings(indexes=()), tmp_path) as asked, pytest.raises(RequestError, match="no package index"):
        published(asked, "sample", "1.0")


def test_an_index_without_hashes(folder: Path, tmp_path: Path) -> None:
    with Serving(folder, hashes=("md5",)) as served, client(served, tmp_path) as asked:
        assert published(asked, "sample", "1.0") == {WHEEL: ""}


def test_what_was_uploaded_a_moment_ago_is_seen(folder: Path, tmp_path: Path) -> None:
    new = "sample-1.0-py3-none-win_arm64.whl"
    with Serving(folder) as served, client(served, tmp_path) as asked:
        assert new not in published(asked, "sample", "1.0")
        (folder / new).write_bytes(b"new")
        assert new in published(asked, "sample", "1.0")
        assert new in {file.name for file in asked.files("sample")}
    assert len(served.asked) == 2


def test_offline_is_what_was_known(folder: Path, tmp_path: Path) -> None:
    with Serving(folder) as served:
        with client(served, tmp_path) as asked:
            known = published(asked, "sample", "1.0")
        with client(served, tmp_path, offline=True) as asked:
            assert published(asked, "sample", "1.0") == known


def test_what_is_no_version(folder: Path, tmp_path: Path) -> None:
    with Serving(folder) as served, client(served, tmp_path) as asked, pytest.raises(RequestError, match="no version"):
        published(asked, "sample", "latest")
    assert served.asked == []
