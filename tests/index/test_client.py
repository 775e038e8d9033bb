from __future__ import annotations

import hashlib
import re
import subprocess  # noqa: TID251 - pip is the oracle; the ban protects src
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index import serving
from tests.index.conftest import SDIST, WHEEL
from tests.index.serving import Serving, simple_index
from truewheel.errors import RequestError
from truewheel.index.client import Client
from truewheel.index.model import IndexFile, IndexSettings
from truewheel.index.session import Patience
from truewheel.wheel import Limits

HURRY = Patience(pauses=(0.0, 0.0), start=30.0)
MOMENT = "2024-02-29T12:34:56.789Z"


@pytest.fixture
def served(folder: Path) -> Iterator[Serving]:
    with Serving(folder, uploaded={WHEEL: MOMENT}, provenance={WHEEL: {"version": 1}}) as running:
        yield running


def client(served: Serving, cache: Path, *, offline: bool = False) -> Client:
    return Client(served.settings, cache, offline=offline, patience=HURRY)


def wheel_of(asked: Client) -> IndexFile:
    return next(file for file in asked.files("Sample") if file.name == WHEEL)


def kept(cache: Path) -> list[Path]:
    return [path for path in (cache / "files").rglob("*") if path.is_file()]


def test_files_and_all_that_is_said_of_them(served: Serving, tmp_path: Path) -> None:
    with client(served, tmp_path / "cache") as asked:
        files = {file.name: file for file in asked.files("sample")}
    data = (served.folder / WHEEL).read_bytes()
    assert set(files) == {WHEEL, SDIST, "sample-0.9.tar.gz"}
    assert files[WHEEL] == IndexFile(
        project="sample",
        version="1.0",
        name=WHEEL,
        url=f"{served.root}/files/{WHEEL}",
        index=served.url,
        hashes=(("sha256", hashlib.sha256(data).hexdigest()),),
        size=len(data),
        uploaded=MOMENT,
        provenance=f"{served.root}/provenance/{WHEEL}",
    )
    assert (files[SDIST].uploaded, files[SDIST].provenance, files[SDIST].yanked) == ("", "", None)


def test_a_page_in_html_says_the_same(folder: Path, tmp_path: Path) -> None:
    told = []
    for only_html in (False, True):
        with (
            Serving(folder, uploaded={WHEEL: MOMENT}, yanked={SDIST: 'a "bad" one'}, only_html=only_html) as served,
            client(served, tmp_path / f"cache{only_html}") as asked,
        ):
            told.append([(f.name, f.version, f.hashes, f.uploaded, f.yanked) for f in asked.files("sample")])
    assert told[0] == told[1]
    assert {entry[4] for entry in told[0]} == {None, 'a "bad" one'}


def test_a_file_is_fetched_once_and_checked(served: Serving, tmp_path: Path) -> None:
    for _ in range(2):
        with client(served, tmp_path / "cache") as asked:
            fetched = asked.fetch(wheel_of(asked))
            assert fetched.path.name == WHEEL
            assert fetched.path.read_bytes() == (served.folder / WHEEL).read_bytes()
            assert fetched.sha256 == hashlib.sha256(fetched.path.read_bytes()).hexdigest()
            assert fetched.size == fetched.path.stat().st_size
            assert asked.notes == ()
    assert served.paths() == ["/simple/sample/", f"/files/{WHEEL}"]


def test_a_damaged_file_of_the_cache_is_fetched_again(served: Serving, tmp_path: Path) -> None:
    with client(served, tmp_path / "cache") as asked:
        fetched = asked.fetch(wheel_of(asked))
        fetched.path.write_bytes(b"damaged")
        again = asked.fetch(wheel_of(asked))
    assert again.path.read_bytes() == (served.folder / WHEEL).read_bytes()
    assert len(served.paths("/files")) == 2


def test_offline_has_what_was_fetched(served: Serving, tmp_path: Path) -> None:
    with client(served, tmp_path / "cache") as asked:
        asked.fetch(wheel_of(asked))
        asked.document(wheel_of(asked).provenance, most=1000)
    before = len(served.asked)
    with client(served, tmp_path / "cache", offline=True) as asked:
        assert asked.fetch(wheel_of(asked)).path.name == WHEEL
        assert asked.document(wheel_of(asked).provenance, most=1000) == b'{"version": 1}'
        for missing in (
            lambda: asked.files("other"),
            lambda: asked.fetch(next(file for file in asked.files("sample") if file.name == SDIST)),
            lambda: asked.document(f"{served.root}/provenance/other", most=1),
        ):
            with pytest.raises(RequestError, match="isn't in the cache") as caught:
                missing()
            assert "--offline" in caught.value.hint
    assert len(served.asked) == before


def test_a_page_is_asked_for_again_after_a_while(
    served: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_700_000_000.0]
    monkeypatch.setattr("truewheel.index.client.time.time", lambda: now[0])
    with client(served, tmp_path / "cache") as asked:
        first = asked.files("sample")
        now[0] += 599
        assert asked.files("sample") == first
        assert len(served.asked) == 1
        now[0] += 2
        assert asked.files("sample") == first
        assert "if-none-match" in served.asked[1].headers
        now[0] += 1
        assert asked.files("sample") == first
        assert len(served.asked) == 2
        (served.folder / "sample-2.0.zip").write_bytes(b"new")
        now[0] += 1000
        assert len(asked.files("sample")) == len(first) + 1
        now[0] -= 5000  # a clock that was set back
        asked.files("sample")
    assert len(served.asked) == 4


def test_the_first_index_that_has_a_project_answers(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "sample-99.0-py3-none-any.whl").write_bytes(b"an attack")
    (tmp_path / "public" / "other-1.0-py3-none-any.whl").write_bytes(b"another")
    with Serving(folder) as private, Serving(tmp_path / "public") as public:
        settings = IndexSettings(indexes=(private.url, public.url), seconds=5)
        with Client(settings, tmp_path / "cache", patience=HURRY) as asked:
            assert {file.version for file in asked.files("sample")} == {"1.0", "0.9"}
            assert not asked.notes
            assert [file.version for file in asked.files("other")] == ["1.0"]
            assert asked.notes == (f"other isn't on {private.url}: it is taken from {public.url}",)
            with pytest.raises(RequestError, match=f"no project none on {private.url}, {public.url}"):
                asked.files("none")
    assert "/simple/sample/" not in public.paths()


def test_an_index_that_fails_ends_the_search(folder: Path, tmp_path: Path) -> None:
    with Serving(folder) as private, Serving(folder) as public:
        private.lies["/simple/sample/"] = serving.status(500)
        settings = IndexSettings(indexes=(private.url, public.url), seconds=5)
        with Client(settings, tmp_path / "cache", patience=HURRY) as asked, pytest.raises(RequestError, match="500"):
            asked.files("sample")
    assert public.asked == []


def test_without_an_index_nothing_is_found(tmp_path: Path) -> None:
    with Client(IndexSettings(indexes=()), tmp_path) as asked, pytest.raises(RequestError) as caught:
        asked.files("sample")
    assert caught.value.what == "no package index is configured, so sample can't be looked for"


LIES = {
    "flipped": (serving.flipped, "sha256 is [0-9a-f]{64}, and the index says [0-9a-f]{64}"),
    "truncated": (serving.truncated, "breaks off"),
    "cut": (serving.cut, "has [0-9,]+ bytes, and the index says"),
    "longer": (serving.longer, "is larger than [0-9,]+ bytes"),
    "endless": (serving.endless, "is larger than [0-9,]+ bytes"),
    "gone": (serving.status(404), "isn't there, though the index lists it"),
    "gone for good": (serving.status(410), "isn't there, though the index lists it"),
    "forbidden": (serving.status(403), "403"),
    "circle": (serving.redirected(f"/files/{WHEEL}"), "more than 10 redirects"),
    "nowhere": (serving.redirected("javascript:alert(1)"), "leads to no address"),
    "to a folder": (serving.redirected("file:///etc/passwd"), "leads to no address"),
    "no bracket": (serving.redirected("http://[::1/"), "leads to no address"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_a_file_is_found_and_nothing_kept(served: Serving, tmp_path: Path, lie: str) -> None:
    answer, complaint = LIES[lie]
    served.lies[f"/files/{WHEEL}"] = answer
    with client(served, tmp_path / "cache") as asked:
        wheel = wheel_of(asked)
        with pytest.raises(RequestError, match=complaint) as caught:
            asked.fetch(wheel)
    assert WHEEL in str(caught.value)
    assert kept(tmp_path / "cache") == []


WEAK: dict[tuple[str, ...], str] = {("md5",): "the md5 of", (): "no hash of"}


@pytest.mark.parametrize("algorithms", [("md5",), ("blake2b",), ("md5", "sha512"), ("sha3_256", "sha256"), ()])
def test_a_file_is_checked_by_whatever_hashes_there_are(
    folder: Path, tmp_path: Path, algorithms: tuple[str, ...]
) -> None:
    with Serving(folder, hashes=algorithms) as served:
        with client(served, tmp_path / "cache") as asked:
            found = asked.fetch(wheel_of(asked))
            assert found.sha256 == hashlib.sha256((folder / WHEEL).read_bytes()).hexdigest()
            told = WEAK.get(algorithms, "")
            assert len(asked.notes) == bool(told)
            assert told in "".join(asked.notes)
        with client(served, tmp_path / "cache", offline=True) as asked:
            assert asked.fetch(wheel_of(asked)) == found
        served.lies[f"/files/{WHEEL}"] = serving.flipped
        with client(served, tmp_path / "another") as asked:
            if algorithms:
                with pytest.raises(RequestError, match="and the index says"):
                    asked.fetch(wheel_of(asked))
            else:
                assert asked.fetch(wheel_of(asked)).sha256 != found.sha256
                # Nor is what was fetched once taken for it, where the index can be asked.
                with client(served, tmp_path / "cache") as anew:
                    assert anew.fetch(wheel_of(anew)).sha256 != found.sha256


def test_a_file_larger_than_the_limits_is_refused(served: Serving, tmp_path: Path) -> None:
    with Client(served.settings, tmp_path, limits=Limits(total_size=100)) as asked:
        wheel = wheel_of(asked)
        with pytest.raises(RequestError, match="bytes, and at most 100 are expected"):
            asked.fetch(wheel)


PAGES = {
    "garbage": (serving.garbage, "no JSON"),
    "of another type": (serving.typed("image/png"), "it is 'image/png'"),
    "of no type": (serving.typed(""), "it is 'of no type'"),
    "a later version": (serving.saying({"meta": {"api-version": "2.0"}, "files": []}), "version 2.0"),
    "deep": (lambda _: serving.Reply(kind=serving.JSON, body=b"[" * 100_000), "too deeply|no JSON"),
    "endless": (serving.endless, "larger than 67,108,864 bytes"),
    "unasked 304": (serving.status(304), "304"),
    "unauthorized": (serving.status(401), "401"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_bad_page_is_an_error_that_names_it(served: Serving, tmp_path: Path, page: str) -> None:
    answer, complaint = PAGES[page]
    served.lies["/simple/sample/"] = answer
    with client(served, tmp_path) as asked:
        with pytest.raises(RequestError, match=complaint) as caught:
            asked.files("sample")
        served.lies.clear()
        assert len(asked.files("sample")) == 3  # and it wasn't kept
    assert f"{served.url}/sample/" in str(caught.value)


def test_documents(served: Serving, tmp_path: Path) -> None:
    served.provenance["large"] = "x" * 100
    with client(served, tmp_path) as asked:
        assert asked.document(f"{served.root}/provenance/{WHEEL}", most=100) == b'{"version": 1}'
        assert asked.document(f"{served.root}/provenance/other", most=100) is None
        with pytest.raises(RequestError, match="larger than 100 bytes"):
            asked.document(f"{served.root}/provenance/large", most=100)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A pypiserver with the wheel and the sdist of a project, and another project's."""
    from tests.support import wheel_bytes  # noqa: PLC0415 - for this one

    folder = tmp_path_factory.mktemp("packages")
    for name in (
        "real_sample-1.0-py3-none-any.whl",
        "real_sample-1.5-py3-none-any.whl",
        "real_sample-2.0rc1-py3-none-any.whl",
    ):
        (folder / name).write_bytes(wheel_bytes(name=name))
    (folder / "real_sample-1.5.tar.gz").write_bytes(b"some bytes")
    (folder / "realer-1.0.tar.gz").write_bytes(b"of somebody else")
    with simple_index(folder) as url:
        yield url, folder


def test_a_real_server_is_understood_as_pip_does(real: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = real
    with Client(IndexSettings(indexes=(url,), seconds=10), tmp_path / "cache") as asked:
        files = asked.files("Real.Sample")
        fetched = [asked.fetch(file) for file in files]
        with pytest.raises(RequestError, match="no project nothing-such"):
            asked.files("nothing-such")
    assert {file.name for file in files} == {path.name for path in folder.iterdir() if path.name.startswith("real_")}
    assert all(each.path.read_bytes() == (folder / each.path.name).read_bytes() for each in fetched)
    pip = [sys.executable, "-I", "-m", "pip", "--isolated", "--disable-pip-version-check"]
    versions = subprocess.run(
        [*pip, "index", "versions", "real-sample", "--pre", f"--index-url={url}"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = re.search("Available versions: (.*)", versions.stdout)
    assert listed
    assert set(listed[1].split(", ")) == {file.version for file in files}
    subprocess.run(
        [*pip, "download", "-q", "--no-deps", f"--index-url={url}", f"-d{tmp_path / 'down'}", "real-sample==1.0"],
        check=True,
    )
    (down,) = (tmp_path / "down").iterdir()
    assert hashlib.sha256(down.read_bytes()).hexdigest() in {each.sha256 for each in fetched}
