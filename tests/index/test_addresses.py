from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from truewheel.index import addresses

USERS = st.text(st.sampled_from("abz09._~%40-!$&'()*+,;="), max_size=8)


@given(
    USERS, USERS, st.sampled_from(["host", "127.0.0.1:80", "[::1]:8080"]), st.sampled_from(["", "/", "/a@b/c?d=@e#@f"])
)
def test_credentials_are_taken_off_and_nothing_else(user: str, password: str, host: str, path: str) -> None:
    bare = f"https://{host}{path}"
    assert addresses.without_credentials(bare) == bare
    assert addresses.without_credentials(f"https://{user}:{password}@{host}{path}") == bare
    assert addresses.without_credentials(f"https://{user}@{host}{path}") == bare
    assert addresses.origin_of(f"https://{user}:{password}@{host}{path}") == addresses.origin_of(bare)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@[x/y",
        "git+ssh://me:secret@host/x",
        "https://me:secret@host:99999/",
        "https://me:ab/secret@host/simple",
        "https://me:ab@secret@ho st/simple",
    ],
)
def test_credentials_are_taken_off_what_is_no_address(url: str) -> None:
    assert "secret" not in addresses.without_credentials(url)


@given(st.text(max_size=40) | st.text(st.sampled_from("htps:/@[]\\#?%&\0\n\t .0a"), max_size=40))
@example("http://[::1")
@example("http://host:port/")
@example("http://host:0/")
@example("//host/x")
@example("http://ho\u2100st/")
def test_any_text_is_understood_or_not(text: str) -> None:
    addresses.without_credentials(text)
    addresses.credentials_of(text)
    addresses.file_name(text)
    found = addresses.in_full(text, "https://me:secret@host/simple/x/")
    assert found is None or (addresses.is_remote(found) and "#" not in found and "@host" not in found)
    assert addresses.origin_of(text) is None or addresses.is_remote(text)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("../../files/a.whl#sha256=0", "https://host/files/a.whl"),
        ("/a%20b.whl?x=1", "https://host/a%20b.whl?x=1"),
        ("//other/a.whl", "https://other/a.whl"),
        ("http://me:secret@other:8080/a.whl", "http://other:8080/a.whl"),
        (" a.whl\n", "https://host/simple/x/a.whl"),
        ("ä.whl", "https://host/simple/x/%C3%A4.whl"),
    ],
)
def test_links(link: str, target: str) -> None:
    assert addresses.in_full(link, "https://host/simple/x/") == target


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "data:text/plain,x", "ftp://host/x", "file:///etc/passwd", "http://", "http://:80/"),
        *("a\x00b", "a\tb\x01", "http://host:0/", "http://[::1/", "x" * 9000),
    ],
)
def test_links_to_nowhere(link: str) -> None:
    assert addresses.in_full(link, "https://host/simple/x/") is None


def test_parts() -> None:
    assert addresses.credentials_of("https://a%40b:c%3Ad@host/") == ("a@b", "c:d")
    assert addresses.credentials_of("https://a@host/") == ("a", "")
    assert addresses.credentials_of("https://host/") is None
    assert addresses.origin_of("http://Host/") == ("http", "host", 80)
    assert addresses.origin_of("https://host:8443/") == ("https", "host", 8443)
    assert addresses.origin_of("file:///x") is None
    assert addresses.file_name("https://host/a/b%2Bc.whl?x=/y#z=/w") == "b+c.whl"


@pytest.mark.parametrize(
    "index", ["https://me:pw@host/simple", "https://me:pw@host/simple/", "https://me:pw@host/simple///#x"]
)
def test_pages(index: str) -> None:
    assert addresses.project_page(index, "a-b") == "https://me:pw@host/simple/a-b/"
    assert addresses.project_page("https://host", "a-b") == urljoin("https://host", "/a-b/")
