from __future__ import annotations

import json
import time
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from truewheel.errors import RequestError
from truewheel.index import simple, simple_html
from truewheel.index.entries import Page, version_in
from truewheel.index.model import IndexFile

PAGE = Page("https://host/simple/some-name/", "https://host/simple", "some-name")
JSON = "application/vnd.pypi.simple.v1+json"
WHEEL = "some_name-1.0-py3-none-any.whl"
SHA256 = "ab" * 32


def from_json(*files: object, **more: object) -> tuple[IndexFile, ...]:
    document = {"meta": {"api-version": "1.3"}, "name": "some-name", "files": files, **more}
    return simple.read(json.dumps(document).encode(), JSON, PAGE)


def from_html(text: str, kind: str = "text/html; charset=utf-8") -> tuple[IndexFile, ...]:
    return simple.read(text.encode(), kind, PAGE)


def entry(**more: object) -> dict[str, object]:
    return {"filename": WHEEL, "url": WHEEL, "hashes": {"sha256": SHA256}, **more}


FULL = IndexFile(
    project="some-name",
    version="1.0",
    name=WHEEL,
    url=f"https://host/files/{WHEEL}",
    index="https://host/simple",
    hashes=(("md5", "cd" * 16), ("sha256", SHA256)),
    size=1234,
    uploaded="2024-02-29T12:34:56.123456Z",
    requires_python=">=3.8,<4",
    yanked='for "a" reason',
    provenance="https://host/integrity/x",
)


def test_all_that_json_says() -> None:
    (file,) = from_json(
        {
            "filename": WHEEL,
            "url": f"../../files/{WHEEL}#sha256={SHA256}",
            "hashes": {"sha256": SHA256.upper(), "md5": "cd" * 16},
            "size": 1234,
            "upload-time": FULL.uploaded,
            "requires-python": ">=3.8,<4",
            "yanked": 'for "a" reason',
            "provenance": "/integrity/x",
            "core-metadata": {"sha256": SHA256},
            "gpg-sig": False,
            "_private": [[1.5, None]],
        },
        versions=["1.0"],
        more={"unknown": True},
    )
    assert file == FULL


@pytest.mark.parametrize("base", ["", '<base href="/files/">', "<BASE HREF=https://host/files/ />"])
def test_all_that_html_says(base: str) -> None:
    prefix = "" if base else "../../files/"
    (file,) = from_html(
        f"""<!DOCTYPE html><html><head><title><a href="{WHEEL}"></title>{base}
        <meta name="pypi:repository-version" content="1.1"></head><body><!-- <a href="no-1.0.tar.gz"> -->
        <A
          HREF = '{prefix}{WHEEL}#sha256={SHA256}&amp;md5={"cd" * 16}' data-requires-python="&gt;=3.8,&lt;4"
          data-yanked="for &quot;a&quot; reason" data-provenance=https://host/integrity/x href="other"
          data-upload-time="{FULL.uploaded}" data-size=7 rel>{WHEEL}</A><br/></body></html>"""
    )
    assert file == IndexFile(**{**{name: getattr(FULL, name) for name in FULL.__slots__}, "size": None})


def test_yanked_without_a_reason() -> None:
    assert [file.yanked for file in from_json(entry(yanked=True))] == [""]
    assert [file.yanked for file in from_json(entry(yanked=False))] == [None]
    assert [file.yanked for file in from_json(entry(yanked=None))] == [None]
    assert [file.yanked for file in from_html(f"<a href={WHEEL} data-yanked>")] == [""]


@pytest.mark.parametrize(
    "more",
    [
        {"url": "javascript:alert(1)"},
        {"url": f"file:///tmp/{WHEEL}"},
        {"url": ""},
        {"url": None},
        {"url": f"http://host:port/{WHEEL}"},
        {"filename": "../../etc/passwd"},
        {"filename": f"a/{WHEEL}"},
        {"filename": f"{WHEEL}\n"},
        {"filename": "some_name-1.0\x1b[2J.tar.gz"},
        {"filename": None},
        {"filename": ""},
        {"filename": "another-1.0.tar.gz"},
        {"filename": "some_name-1.0.tar.bz2"},
        {"filename": "some_name-1.0.exe"},
        {"filename": "some_name-1.0-py2.7.egg"},
        {"filename": "some_name-none.tar.gz"},
        {"filename": "some_name-1.0 .tar.gz"},
        {"filename": "some_name-\t1.0.zip"},
        {"filename": "some_name.zip"},
        {"filename": f"some_name-{'1.' * 200}0.tar.gz"},
    ],
)
def test_what_is_no_file_of_the_project_is_left_out(more: Mapping[str, object]) -> None:
    assert from_json(entry(**more), entry(filename="some_name-2.0.tar.gz"))[0].version == "2.0"
    assert from_json(entry(**more)) == ()


@pytest.mark.parametrize(
    ("more", "field", "kept"),
    [
        (
            {"hashes": {"sha256": "xyz", "md5": 3, "SHA1": "ab" * 20, "s p": "ab" * 16}},
            "hashes",
            (("sha1", "ab" * 20),),
        ),
        ({"hashes": None}, "hashes", ()),
        ({"size": -1}, "size", None),
        ({"size": 10**17}, "size", None),
        ({"upload-time": "yesterday"}, "uploaded", ""),
        ({"upload-time": "2024-02-29T12:34:56\n"}, "uploaded", ""),
        ({"upload-time": "2024-02-29T12:34:56+01:00"}, "uploaded", "2024-02-29T12:34:56+01:00"),
        ({"yanked": "two\nlines \x1b"}, "yanked", "two lines \x1b"),
        ({"requires-python": "x" * 5000}, "requires_python", "x" * 4096),
        ({"provenance": "javascript:alert(1)"}, "provenance", ""),
    ],
)
def test_what_is_no_value_is_left_out(more: Mapping[str, object], field: str, kept: object) -> None:
    (file,) = from_json(entry(**more))
    assert getattr(file, field) == kept


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "the document is no object"),
        (b"{}", "no list of files"),
        (b'{"files": {}}', "no list of files"),
        (b'{"files": [1]}', "a file is no object"),
        (b'{"meta": 1, "files": []}', "meta is no object"),
        (b'{"meta": {"api-version": 1}, "files": []}', "no version"),
        (b'{"meta": {"api-version": "1"}, "files": []}', "no version"),
        (b'{"meta": {"api-version": "2.0"}, "files": []}', "speaks version 2.0"),
        (b'{"files": [{"url": 1}]}', "url of a file is no text"),
        (b'{"files": [{"hashes": [1]}]}', "hashes is no object"),
        (b'{"files": [{"size": "1"}]}', "no integer"),
        (b'{"files": [{"size": true}]}', "no integer"),
        (b'{"files": [{"yanked": 1}]}', "neither text nor"),
        (b'{"files": [{"size": NaN}]}', "NaN is no number"),
        (b'{"files": [{"size": ' + b"9" * 5000 + b"}]}", "too many digits"),
        (b"[" * 1_000_000, "nested too deeply|no JSON"),
    ],
)
def test_bad_json_is_an_error(body: bytes, complaint: str) -> None:
    with pytest.raises(RequestError, match=complaint):
        simple.read(body, JSON, PAGE)


def test_a_later_interface_in_html_is_an_error() -> None:
    for version in ("2.0", "x"):
        with pytest.raises(RequestError, match="version"):
            from_html(f'<meta name="pypi:repository-version" content="{version}">')
    assert from_html('<meta name="other" content="2.0">') == ()


def test_a_name_counts_once() -> None:
    files = from_json(entry(), entry(url="https://evil/x.whl"))
    assert [file.url for file in files] == [f"https://host/simple/some-name/{WHEEL}"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("some_name-1.0-py3-none-any.whl", "1.0"),
        ("some_name-1!2.0.POST1-py3-none-any.whl", "1!2.0.post1"),
        ("Some.Name-1.0.0-1-cp312-abi3-win32.whl", "1.0.0"),
        ("some-name-1.0-rc1.tar.gz", "1.0rc1"),
        ("some-name-1.0-1.zip", "1.0.post1"),
        ("some.name-2024.1.1+local.1.tar.gz", "2024.1.1+local.1"),
        ("some_name-1.0_local.1-py3-none-any.whl", None),
        ("some-name-2-1.0.tar.gz", None),
        ("some_name-1.0-py3-none-any.WHL", None),
    ],
)
def test_versions_in_names(name: str, version: str | None) -> None:
    assert version_in(name, "some-name") == version


@given(st.from_regex(r"some[-_.]name-[0-9a-z.+!-]{1,8}(-py3-none-any\.whl|\.tar\.gz|\.zip)", fullmatch=True))
def test_versions_are_those_of_packaging(name: str) -> None:
    try:
        project, version = parse_wheel_filename(name)[:2] if name.endswith(".whl") else parse_sdist_filename(name)
    except ValueError:
        return  # names of old, which it doesn't take
    if project == "some-name":
        assert version_in(name, "some-name") == str(version)


class Oracle(HTMLParser):
    """What Python's reader of HTML finds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"a", "base", "meta"}:
            attributes: dict[str, str] = {}
            for name, value in attrs:
                attributes.setdefault(name, value or "")
            self.found.append((tag, attributes))


TEXTS = st.text(st.sampled_from("ab1 .:/#=&;-_\"'<>é"), max_size=10)


ELEMENTS = st.tuples(
    st.sampled_from(["a", "A", "base", "meta", "p"]),
    st.dictionaries(st.sampled_from(["href", "data-yanked", "name", "x"]), TEXTS, max_size=3),
    TEXTS,
)


@given(st.lists(ELEMENTS, max_size=3))
@settings(max_examples=50)
def test_sound_tags_are_read_as_python_reads_them(elements: list[tuple[str, dict[str, str], str]]) -> None:
    text = "<!DOCTYPE html>\n"
    for tag, attributes, inner in elements:
        said = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        text += f"<{tag}{said}>{escape(inner)}</{tag}>\n<!-- <a href=no> -->"
    oracle = Oracle()
    oracle.feed(text)
    oracle.close()
    assert [(tag.name, dict(tag.attributes)) for tag in simple_html.tags(text)] == oracle.found


PIECES = ("<", "a", "<a ", "<a href=", "href", "=", '"', "'", "/", ">", "<!--", "-->", "<script>", "</script", " ")


@given(st.lists(st.sampled_from([*PIECES, "\n", "&amp", "x-1.0.tar.gz"])).map("".join))
@example("<a =x href=y>")
@example("<!--><a href=x>")
@example("<a href='x")
@example("<style><a href=x></style><a href=y>")
def test_any_html_is_read_or_left(text: str) -> None:
    for tag in simple_html.tags(text):
        assert tag.name in {"a", "base", "meta"}
    from_html(text)


def test_broken_tags_are_read_as_browsers_do() -> None:
    def found(text: str) -> list[dict[str, str]]:
        return [dict(tag.attributes) for tag in simple_html.tags(text)]

    assert found("<a =x href=y>") == [{"=x": "", "href": "y"}]
    assert found("<a href = 'a>b'/class=c/>") == [{"href": "a>b", "class": "c/"}]
    assert found("<a href='x") == found("<a href") == found("<a") == found("<!-- <a>") == []
    assert found("<!--><a href=x><!---><a href=y>") == [{"href": "x"}, {"href": "y"}]
    assert found("<style><a href=x></style ><a href=y>") == [{"href": "y"}]
    assert found("<textarea><a href=x>") == []
    assert found("a < b <1a> <a href=x>") == [{"href": "x"}]
    assert found("<a href=&#106;&amp>") == [{"href": "j&"}]


@pytest.mark.parametrize(
    "piece", ["<a ", "<a href=", "<a href='", "<!--", "<script>", "< ", "<a\n", "<a =", " =", "=", "&", "<base href=x>"]
)
def test_time_is_linear(piece: str) -> None:
    """Half a megabyte of anything takes a moment; what is quadratic takes minutes."""
    text = "<a " + piece * (500_000 // len(piece))
    began = time.process_time()
    from_html(text)
    assert time.process_time() - began < 10


def test_time_is_linear_with_a_long_base() -> None:
    """Half a megabyte of a base before two thousand links: a gigabyte, if each were joined with it."""
    began = time.process_time()
    assert from_html(f"<base href='/{'x/' * 250_000}'>" + f"<a href={WHEEL}>" * 2_000) == ()
    assert time.process_time() - began < 5


@pytest.mark.parametrize("digits", [5_000, 500_000])
def test_characters_of_endless_numbers_are_none(digits: int) -> None:
    page = f"<a href='&#{'9' * digits};'><a href={WHEEL}>"
    assert [file.name for file in from_html(page)] == [WHEEL]


def test_a_page_of_more_files_than_any_project_has_is_an_error() -> None:
    with pytest.raises(RequestError, match="more than 100,000 files"):
        from_html("<a href=x>" * 100_001)
    with pytest.raises(RequestError, match="more than 100,000 files"):
        from_json(*[{}] * 100_001)
    assert from_html("<a href=x>" * 100_000) == ()


def test_a_base_that_is_no_address_counts_nothing() -> None:
    assert from_html(f"<base href='http://[::1'><a href={WHEEL}>")[0].url == urljoin(PAGE.url, WHEEL)
    assert from_html(f"<base href='javascript:x'><a href={WHEEL}>") == ()
    two = from_html(f"<base href='/one/'><base href='/two/'><a href={WHEEL}>")
    assert two[0].url == f"https://host/one/{WHEEL}"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
KEYS = ["filename", "url", "hashes", "size", "upload-time", "requires-python", "yanked", "provenance", "x"]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2), max_size=2), VALUES)
@settings(max_examples=60)
def test_any_json_is_a_page_or_an_error(files: list[dict[str, object]], meta: object) -> None:
    try:
        found = from_json(*({**entry(), **file} for file in files), meta=meta)
    except RequestError as error:
        assert len(str(error)) < 1000  # noqa: PT017 - either is right
    else:
        assert all("/" not in file.name and file.url.startswith(("http://", "https://")) for file in found)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/vnd.pypi.simple.v2+json", "image/png\x1b"])
def test_other_types_are_no_pages(kind: str) -> None:
    with pytest.raises(RequestError, match="no page of a package index"):
        simple.read(b"{}", kind, PAGE)
