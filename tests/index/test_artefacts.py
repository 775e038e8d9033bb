"""Archives at an address, known by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.index import serving
from tests.index.serving import Serving
from truewheel.errors import RequestError
from truewheel.index.artefacts import _name, fetched
from truewheel.index.client import Client
from truewheel.index.model import IndexSettings
from truewheel.index.session import Patience
from truewheel.index.store import Store
from truewheel.wheel import Limits

HURRY = Patience(pauses=(0.0, 0.0), start=30.0)
NAME = "tool-1.0-linux.tar.xz"
DATA = b"an archive" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    folder = tmp_path / "artefacts"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    with Serving(folder) as running:
        yield running


def client(cache: Path, *, offline: bool = False, limits: Limits | None = None) -> Client:
    settings = IndexSettings(indexes=(), seconds=5)
    return Client(settings, cache, offline=offline, limits=limits, patience=HURRY)


def address(served: Serving) -> str:
    return f"{served.root}/files/{NAME}"


def kept(cache: Path) -> list[Path]:
    return [path for path in (cache / "files").rglob("*") if path.is_file()]


def test_it_is_fetched_once_and_then_from_the_cache(served: Serving, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for url, sha256, offline in (
        (address(served), SHA256, False),
        (f"{address(served)}?token=1#fragment", SHA256.upper(), False),
        (address(served), SHA256, True),
    ):
        with client(cache, offline=offline) as asked:
            found = fetched(asked, url, sha256)
            assert (found.path.name, found.path.read_bytes(), found.sha256) == (NAME, DATA, SHA256)
            assert (found.size, asked.notes) == (len(DATA), ())
    assert served.paths() == [f"/files/{NAME}"]


def test_another_file_is_refused_with_both_hashes(served: Serving, tmp_path: Path) -> None:
    with client(tmp_path / "cache") as asked:
        with pytest.raises(RequestError) as caught:
            fetched(asked, address(served).replace("//", "//user:secret@"), "0" * 64)
        assert caught.value.what == f"the file's sha256 is {SHA256}, and the one that was asked for is {'0' * 64}"
        assert caught.value.where.file == address(served)
        assert "write down its sha256" in caught.value.hint
        served.lies[f"/files/{NAME}"] = serving.flipped
        with pytest.raises(RequestError, match=SHA256):
            fetched(asked, address(served), SHA256)
    assert kept(tmp_path / "cache") == []


def test_what_is_no_address_or_no_hash(served: Serving, tmp_path: Path) -> None:
    with client(tmp_path / "cache") as asked:
        for url, sha256, message in (
            (address(served), "", "no sha256 is given"),
            (address(served), "abc", "'abc' is no sha256"),
            (address(served), f"sha256:{SHA256}", "is no sha256"),
            (address(served), f"{SHA256}0", "is no sha256"),
            ("file:///etc/passwd", SHA256, "is no address"),
            ("ftp://host/x.zip", SHA256, "is no address"),
            ("https:///x.zip", SHA256, "is no address"),
        ):
            with pytest.raises(RequestError, match=message) as caught:
                fetched(asked, url, sha256)
            assert caught.value.where.file == url
            assert caught.value.hint
    assert served.asked == []


LIES = {
    "gone": (serving.status(404), "there is no file at this address"),
    "forbidden": (serving.status(403), "the answer is 403"),
    "broken": (serving.status(500), "the answer is 500"),
    "truncated": (serving.truncated, "breaks off"),
    "endless": (serving.endless, "is larger than 1,000,000 bytes"),
    "circle": (serving.redirected(f"/files/{NAME}"), "more than 10 redirects"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_can_not_be_had(served: Serving, tmp_path: Path, lie: str) -> None:
    served.lies[f"/files/{NAME}"], message = LIES[lie]
    with (
        client(tmp_path / "cache", limits=Limits(member_size=1_000_000)) as asked,
        pytest.raises(RequestError, match=message) as caught,
    ):
        fetched(asked, address(served), SHA256)
    assert caught.value.where.file == address(served)
    assert kept(tmp_path / "cache") == []


def test_a_failure_that_passes_and_a_redirect(served: Serving, tmp_path: Path) -> None:
    served.lies["/latest"] = serving.redirected(address(served))
    served.lies[f"/files/{NAME}"] = serving.status(503, times=1)
    with client(tmp_path / "cache") as asked:
        found = fetched(asked, f"{served.root}/latest", SHA256)
    assert (found.path.name, found.path.read_bytes()) == ("latest", DATA)


def test_offline_says_what_is_missing(served: Serving, tmp_path: Path) -> None:
    with client(tmp_path, offline=True) as asked, pytest.raises(RequestError, match="isn't in the cache") as caught:
        fetched(asked, address(served), SHA256)
    assert (caught.value.where.file, caught.value.hint) == (NAME, "ask again without --offline")
    assert served.asked == []


def test_credentials_stand_in_the_address(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA)
    with Serving(tmp_path, login="user:secret") as served, client(tmp_path / "cache") as asked:
        with pytest.raises(RequestError, match="the answer is 401") as caught:
            fetched(asked, address(served), SHA256)
        assert "netrc" in caught.value.hint
        found = fetched(asked, address(served).replace("//", "//user:secret@"), SHA256)
    assert found.path.read_bytes() == DATA


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/b/tool.zip", "tool.zip"),
        ("https://host/a/tool%201.0%2Ftool.zip?x=/y#/z", "tool_1.0_tool.zip"),
        ("https://host/", "archive"),
        ("https://host", "host"),
        ("https://host/..%2F..", "_"),
        ("https://host/.hidden-", "hidden"),
        ("https://host/nul.tar.gz", "_nul.tar.gz"),
        ("https://host/COM1", "_COM1"),
        ("https://host/combine.zip", "combine.zip"),
        (f"https://host/{'x' * 300}.tar.gz", "x" * 93 + ".tar.gz"),
        ("https://host/d%C3%A9j%C3%A0.zip", "d_j_.zip"),
    ],
)
def test_the_name_of_a_file(url: str, name: str) -> None:
    assert _name(url) == name


@given(st.text(max_size=300))
def test_every_name_fits_the_cache(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    Store(tmp_path_factory.getbasetemp()).path_of(SHA256, _name(f"https://host/{text}"))
