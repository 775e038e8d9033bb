"""Addresses of repositories as metadata spell them, and tags as projects do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from truewheel.errors import RequestError
from truewheel.rebuilds.repository import Place, Tag, fitting, named, normalized, places, tags_of

DEMO = "https://github.com/demo/demo"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/demo/demo", DEMO),
        ("https://github.com/demo/demo/", DEMO),
        ("http://www.GitHub.com/demo/demo.git", DEMO),
        ("git+https://github.com/demo/demo.git@main#egg=demo", DEMO),
        ("git://github.com/demo/demo.git", DEMO),
        ("git@github.com:demo/demo.git", DEMO),
        ("ssh://git@github.com/demo/demo.git", DEMO),
        ("https://user:secret@github.com/demo/demo?token=x#readme", DEMO),
        ("https://github.com/demo/demo/tree/main/python", DEMO),
        ("https://github.com/demo/demo/blob/main/CHANGES.md", DEMO),
        ("https://github.com/demo/demo/issues", DEMO),
        ("  https://github.com//demo//demo//  ", DEMO),
        ("https://github.com/demo", ""),
        ("https://github.com/sponsors/demo", ""),
        ("https://github.com/demo/.git", ""),
        ("https://gist.github.com/demo/0123", ""),
        ("https://gitlab.com/group/inner/demo/-/tree/main", "https://gitlab.com/group/inner/demo"),
        ("https://gitlab.com/group/demo/issues", "https://gitlab.com/group/demo"),
        ("https://gitlab.example.org/a/b/c.git", "https://gitlab.example.org/a/b/c"),
        ("https://codeberg.org/demo/demo/src/branch/main", "https://codeberg.org/demo/demo"),
        ("https://git.sr.ht/~demo/demo/tree", "https://git.sr.ht/~demo/demo"),
        ("https://bitbucket.org/demo/demo/src", "https://bitbucket.org/demo/demo"),
        ("https://demo.example.org/", ""),
        ("https://example.org/demo.git", ""),
        ("file:///home/demo", ""),
        ("ext::sh -c touch", ""),
        ("--upload-pack=touch", ""),
        ("https://-oProxyCommand=x/demo/demo", ""),
        ("https://github.com/demo/../other", ""),
        ("https://github.com/demo/de mo", ""),
        ("https://github.com/demo/de\x1bmo", ""),
        ("https://[::1/demo", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
        ("https://github.com/demo/" + "x" * 400, ""),
    ],
)
def test_addresses(address: str, expected: str) -> None:
    assert normalized(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/cgit/demo.git/", "https://example.org/cgit/demo.git"),
        ("https://example.org:8443/demo", "https://example.org:8443/demo"),
        ("http://example.org/demo", ""),
        ("git://example.org/demo", ""),
        ("https://example.org/", ""),
        (DEMO, DEMO),
    ],
)
def test_addresses_that_are_said_to_be_sources(address: str, expected: str) -> None:
    """Any host may have them; but only https proves whose answer it is."""
    assert normalized(address, source=True) == expected


@given(st.text(max_size=60), st.booleans())
def test_no_address_leads_elsewhere(text: str, source: bool) -> None:
    for address in (text, f"https://{text}", f"https://github.com/{text}", f"git@{text}:{text}"):
        found = normalized(address, source=source)
        assert found == "" or found.startswith("https://")
        assert normalized(found, source=True) == found
        assert not any(character.isspace() or character == "@" for character in found.partition("/")[0])


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://example.org/demo", "https://example.org/demo"),
        ("git+https://example.org/demo", "https://example.org/demo"),
        ("http://user@example.org/demo", "http://user@example.org/demo"),
        ("ssh://git@example.org/demo", "ssh://git@example.org/demo"),
        ("git@example.org:demo/demo.git", "ssh://example.org/demo/demo.git"),
        ("git://example.org/demo", "git://example.org/demo"),
        ("file:///srv/demo.git", "file:///srv/demo.git"),
    ],
)
def test_repositories_that_users_name(address: str, url: str) -> None:
    assert named(address) == Place(url, "the repository was named", named=True)


def test_folders_that_users_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a repository").mkdir()
    monkeypatch.chdir(tmp_path)
    assert named("a repository").url == str(tmp_path / "a repository")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "-x",
        "--upload-pack=touch",
        "ext::sh -c touch",
        "https://",
        "file://demo",
        "ftp://a/b",
        "nowhere",
        "https://[x",
    ],
)
def test_what_users_cannot_name(address: str) -> None:
    with pytest.raises(RequestError, match="is neither the address of a repository nor a folder"):
        named(address)


def test_metadata() -> None:
    metadata = (
        b"Metadata-Version: 2.1\n"
        b"Home-page: https://github.com/demo/home\n"
        b"Project-URL: Bug Tracker, https://github.com/demo/tracker/issues\n"
        b"Project-URL: no comma\n"
        b"Project-URL: Documentation, https://demo.readthedocs.io\n"
        b"Project-URL: Homepage, https://demo.example.org\n"
        b"project-url: Source Code, https://example.org/demo.git\n"
        b"Project-URL: GitHub, https://github.com/demo/tracker\n"
        b"A line that is no header\n"
        b"\n"
        b"Project-URL: Source, https://github.com/in/description\n"
    )
    assert [(place.url, place.origin) for place in places(metadata)] == [
        ("https://example.org/demo.git", "the metadata name the repository (Source Code)"),
        ("https://github.com/demo/tracker", "the metadata name the repository (GitHub)"),
        ("https://github.com/demo/home", "the metadata name the repository (Home-page)"),
    ]
    assert not any(place.named for place in places(metadata))
    assert places(b"") == ()
    assert places(b"Download-URL: https://github.com/demo/demo/archive/v1.tar.gz\r\n")[0].url == DEMO


@given(st.binary(max_size=200))
def test_any_metadata(data: bytes) -> None:
    places(data)
    places(b"Home-page: " + data)


def test_tags() -> None:
    one, two, three = "1" * 40, "2" * 40, "3" * 64
    listing = (
        f"{one}\trefs/tags/v1\n{two}\trefs/tags/v1^{{}}\n{one}\trefs/tags/v2\n{three}\trefs/tags/v3\n"
        f"{one}\trefs/heads/v4\n{one} refs/tags/v5\n\nnonsense\n{one[1:]}\trefs/tags/v6\n"
    ).encode() + b"\xff\n"
    assert tags_of(listing) == (Tag("v1", two), Tag("v2", one), Tag("v3", three))


def fits(version: str, *tags: str, project: str = "demo-lib") -> list[str]:
    return [tag.name for tag in fitting([Tag(name, "1" * 40) for name in tags], project, version)]


@pytest.mark.parametrize(
    ("version", "tags"),
    [
        (
            "1.2.3",
            ["1.2.3", "v1.2.3", "V1.2.3", "v.1.2.3", "version-1.2.3", "release-1.2.3", "release/1.2.3", "r1.2.3"],
        ),
        ("1.2.3", ["demo-lib-1.2.3", "demo_lib-v1.2.3", "demo.lib/v1.2.3", "Demo-Lib@1.2.3", "demolib==1.2.3"]),
        ("1.2.3", ["rel_1_2_3", "v1_2_3", "python-v1.2.3", "py-1.2.3", "release-v1.2.3"]),
        ("1.2.0", ["v1.2", "1.2.0.0"]),
        ("1.2", ["v1.2.0"]),
        ("1.2.3.post1", ["v1.2.3.post1", "1.2.3-post1", "v1.2.3post1", "1.2.3-1"]),
        ("1.0rc1", ["v1.0rc1", "1.0-rc1", "v1.0.0-rc.1", "1.0.0rc1", "1.0c1"]),
        ("1.0b2", ["v1.0-beta.2", "1.0beta2"]),
        ("2023.7.22", ["2023.07.22"]),
        ("1.0.dev3", ["1.0-dev3", "v1.0.dev3"]),
    ],
)
def test_spellings_of_versions(version: str, tags: list[str]) -> None:
    for tag in tags:
        assert fits(version, tag) == [tag], tag


@pytest.mark.parametrize(
    "tag",
    ["v1.2.3rc1", "v1.2.30", "v11.2.3", "other-1.2.3", "demo-lib-extra-1.2.3", "v1.2.3.post1", "v1.2", "latest",
     "1.2.3+local", "v1.2.3/x", "", "v" + "1" * 5000, "v1" + "x" * 400],
)  # fmt: skip
def test_tags_of_something_else(tag: str) -> None:
    assert fits("1.2.3", tag) == []


def test_the_likeliest_tag_comes_first() -> None:
    tags = ["1.2.0", "v1.2", "release-1.2.0", "demo-lib-1.2", "v1.2.0", "demo-lib-v1.2.0"]
    assert fits("1.2.0", *tags) == ["demo-lib-v1.2.0", "demo-lib-1.2", "1.2.0", "v1.2.0", "release-1.2.0", "v1.2"]
    assert fits("1.2.0", *reversed(tags)) == fits("1.2.0", *tags)


def test_versions_that_are_none() -> None:
    assert fits("nonsense", "nonsense", "vnonsense") == []


@given(st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?\Z"), st.text(max_size=10))
def test_a_version_fits_its_own_tags(version: str, other: str) -> None:
    assert f"v{version}" in fits(version, f"v{version}", other)
    assert fits(str(Version(version)), f"demo-lib-{version}") == [f"demo-lib-{version}"]
