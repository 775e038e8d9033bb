from __future__ import annotations

import hashlib
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.index.store import Page, Store, _page, default_folder
from truewheel.world.files import replacing

PAGE = Page("https://host/simple/x/", "text/html", '"etag"', 1_700_000_000.5, b"line\nline\n\x00\xff")


def kept(store: Store, data: bytes, name: str = "x-1.0.tar.gz") -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    with replacing(store.path_of(sha256, name)) as draft:
        draft.write(data)
    return sha256


def test_a_file_is_found_by_its_hash_and_name(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    sha256 = kept(store, b"data")
    found = store.file(sha256, "x-1.0.tar.gz")
    assert found is not None
    assert (found.path.name, found.path.read_bytes(), found.sha256, found.size) == ("x-1.0.tar.gz", b"data", sha256, 4)
    assert found.path.relative_to(tmp_path / "cache").parts == ("files", "sha256", sha256[:2], sha256, "x-1.0.tar.gz")
    assert store.file(sha256, "y-1.0.tar.gz") is None
    assert store.file("0" * 64, "x-1.0.tar.gz") is None


def test_a_damaged_file_is_thrown_away(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.path_of(kept(store, b"data"), "x-1.0.tar.gz")
    path.write_bytes(b"dato")
    assert store.file(path.parent.name, path.name) is None
    assert not path.exists()


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "A" * 64, "../" * 20 + "etc/", "0" * 64 + "\n"])
def test_what_is_no_hash_is_no_path(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(RequestError, match="is no sha256"):
        Store(tmp_path).path_of(sha256, "x.whl")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", ".hidden", "x" * 241, "x.whl\n", "a:b"])
def test_what_is_no_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(RequestError, match="is no name"):
        Store(tmp_path).path_of("0" * 64, name)


def test_pages(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.page("key") is None
    store.keep_page("key", PAGE)
    assert Store(tmp_path).page("key") == PAGE
    assert store.page("Key") is None
    (path,) = (path for path in (tmp_path / "pages").rglob("*") if path.is_file())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert store.page("key") is None
    assert not path.exists()


@given(st.integers(0, 400), st.binary(max_size=3))
def test_a_damaged_page_is_no_page(place: int, damage: bytes) -> None:
    head = b'{"url": "u", "kind": "k", "etag": "e", "fetched": 1.0, "sha256": "' + b"0" * 64 + b'"}\n'
    assert _page(head[:place] + damage + head[place + 1 :], b"body") is None


def test_aliases(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.alias("https://host/x") == ""
    store.keep_alias("https://host/x", "ab" * 32)
    assert store.alias("https://host/x") == "ab" * 32
    store.keep_alias("https://host/x", "no hash")
    assert store.alias("https://host/x") == ""


def test_several_may_keep_the_same_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    data = os.urandom(1 << 16)

    def once(number: int) -> bool:
        store.keep_page("key", PAGE)
        sha256 = kept(store, data)
        return store.file(sha256, "x-1.0.tar.gz") is not None and store.page("key") == PAGE and number >= 0

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(64)))
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]


@pytest.mark.skipif(os.name == "nt", reason="modes are those of Unix")
def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    Store(tmp_path / "a" / "cache")
    assert stat.S_IMODE((tmp_path / "a" / "cache").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="can't be made") as caught:
        Store(tmp_path / "file" / "cache")
    assert "TRUEWHEEL_CACHE" in caught.value.hint
    assert str(tmp_path / "file") in str(caught.value)


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {"HOME": "/h"}, "/h/.cache/truewheel"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/truewheel"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache/truewheel"),
        ("linux", {"HOME": "/h", "TRUEWHEEL_CACHE": "here"}, "here"),
        ("darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/h/Library/Caches/truewheel"),
        ("win32", {"LOCALAPPDATA": "C:/l"}, "C:/l/truewheel/Cache"),
        ("win32", {"HOME": "C:/h"}, "C:/h/AppData/Local/truewheel/Cache"),
    ],
)
def test_the_folder_of_each_system(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert default_folder(environment).as_posix() == folder


def test_without_a_home_it_is_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda _: str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_folder({}) == tmp_path / ".cache" / "truewheel"
