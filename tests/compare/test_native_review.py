"""What hid in the comparison of native files until somebody looked for it."""

from __future__ import annotations

import time

import pytest

from tests.compare.makes import compared
from truewheel.compare.ar import MAGIC
from truewheel.compare.model import Difference, Kind
from truewheel.compare.native_clues import Strings, clues
from truewheel.compare.native_parts import rooted


@pytest.mark.parametrize(
    ("left", "right", "sure"),
    [
        ("/srv/a/x.c", "/srv/b/x.c", True),
        ("/home/me/one", "/home/you/two", True),
        ("/api/v1/users", "/api/v2/users", False),
        ("/foo/bar", "/baz/qux", None),
        ("text/html", "text/xml", None),
        ("https://example.org/one", "https://example.org/two", None),
        ("/markupsafe", "/markwpsafe", None),
    ],
)
def test_paths_that_are_no_folders_of_builds(left: str, right: str, sure: bool | None) -> None:
    told = [cause.sure for cause in clues(Strings((left,), (right,))) if cause.reason.id == "build-path"]
    assert told == ([] if sure is None else [sure])


def test_where_debug_information_leads_is_a_folder_of_a_build() -> None:
    (cause,) = clues(Strings(("/one",), ("/two",)), of_paths=True)
    assert cause.sure


def _of(place: str, *inside: Difference, follows: bool = False) -> Difference:
    return Difference(place, Kind.CONTENT, "1 byte differs: it follows", inside=inside, follows=follows)


def test_nothing_follows_from_nothing() -> None:
    (found,) = rooted([_of("a", follows=True)])
    assert not found.follows
    assert found.summary == "1 byte differs"
    (found,) = rooted([_of("x86_64", _of("a", follows=True))])
    assert not found.inside[0].follows
    one, other = rooted([_of("a", follows=True), _of("b")])
    assert one.follows
    assert not other.follows
    assert rooted([]) == ()


def _archive(names: bytes, number: int, body: bytes) -> bytes:
    row = b"%-16s%-12s%-6s%-6s%-8s%-10d`\n"
    members = (row % (b"/%d" % at, b"0", b"0", b"0", b"644", len(body)) + body for at in range(number))
    return MAGIC + row % (b"//", b"", b"", b"", b"", len(names)) + names + b"".join(members)


def test_names_in_archives_that_overlap() -> None:
    names = b"x" * 1_000_000
    start = time.process_time()
    found = compared(_archive(names, 4000, b"ab"), _archive(names, 4000, b"ac"))
    assert time.process_time() - start < 3  # seconds of CPU
    assert sum(len(part.place) for part in found) < 64 * len(names)
