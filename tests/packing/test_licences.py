"""Licences are taken, named or excluded: none is left out by oversight, and nothing else slips in."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies.archives import names
from truewheel.archives import Item
from truewheel.errors import RequestError
from truewheel.packing.licences import is_licence, licences
from truewheel.packing.metadata import metadata
from truewheel.packing.model import About
from truewheel.wheel import Bytes
from truewheel.wheel.metadata import parse_metadata

ELF = b"\x7fELF" + bytes(60)
ARCHIVE = ("LICENSE", "lib/COPYING", "lib/code.c", "lib/deep/NOTICE.txt", "prog")


def items(paths: Iterable[str], **others: bytes) -> dict[str, Item]:
    plain = {path: Item(f"top/{path}", False, Bytes(path.encode())) for path in paths}
    return plain | {path: Item(f"top/{path}", True, Bytes(data)) for path, data in others.items()}


def none(_: str) -> bool:
    return False


def taken(
    archive: Iterable[str] = ARCHIVE,
    globs: tuple[str, ...] | None = None,
    beside: tuple[str, ...] = (),
    excluded: tuple[str, ...] = (),
) -> list[str]:
    found = licences(items(archive), excluded.__contains__, globs, dict.fromkeys(beside, b"beside"))
    return [licence.path for licence in found]


def test_without_globs_all_that_look_like_it() -> None:
    assert taken() == ["LICENSE", "lib/COPYING", "lib/deep/NOTICE.txt"]
    assert taken(reversed(ARCHIVE)) == taken()
    assert taken(excluded=("lib/COPYING",)) == ["LICENSE", "lib/deep/NOTICE.txt"]
    assert taken(["prog"]) == []


def test_their_bytes_are_those_of_the_archive() -> None:
    assert [licence.content.read() for licence in licences(items(ARCHIVE), none, None, {})] == [
        b"LICENSE",
        b"lib/COPYING",
        b"lib/deep/NOTICE.txt",
    ]


def test_a_program_called_license_is_none() -> None:
    assert licences(items(["a"], LICENSE=ELF), none, None, {}) == ()
    assert licences(items(["a"], LICENSE=ELF), none, (), {}) == ()
    with pytest.raises(RequestError, match=r"^license-files: 'LICENSE' is no licence but a native file \(elf\)$"):
        licences(items(["a"], LICENSE=ELF), none, ("LIC*",), {})


@pytest.mark.parametrize(
    "globs", [("LICENSE", "lib"), ("**",), ("LICENSE", "**/COPYING", "**/NOTICE*"), ("*", "lib/**")]
)
def test_with_globs_what_they_match(globs: tuple[str, ...]) -> None:
    expected = [name for name in ARCHIVE if name not in {"prog", "lib/code.c"} or globs[-1] in {"**", "lib", "lib/**"}]
    found = taken(globs=globs)
    assert set(expected) - {"prog", "lib/code.c"} <= set(found)
    assert found == sorted(found)


def test_a_glob_takes_what_is_excluded_too() -> None:
    assert taken(globs=("LICENSE", "lib/code.c"), excluded=("LICENSE", "lib/COPYING", "lib/deep/NOTICE.txt")) == [
        "LICENSE",
        "lib/code.c",
    ]


def test_what_looks_like_one_is_named_or_excluded() -> None:
    with pytest.raises(RequestError) as refused:
        taken(globs=("LICENSE",))
    assert refused.value.what == (
        "license-files: 2 files look like licences and are neither in it nor excluded: 'lib/COPYING', "
        "'lib/deep/NOTICE.txt'"
    )
    assert 'license-files = ["LICENSE", "lib/COPYING", "lib/deep/NOTICE.txt"]' in refused.value.hint
    assert 'exclude = ["lib/COPYING", "lib/deep/NOTICE.txt"]' in refused.value.hint
    with pytest.raises(
        RequestError, match=r"a file looks like a licence and is neither in it nor excluded: 'LICENSE'$"
    ):
        taken(["LICENSE"], globs=())
    assert taken(globs=("LICENSE",), excluded=("lib/COPYING", "lib/deep/NOTICE.txt")) == ["LICENSE"]


def test_of_many_eight_are_shown_and_the_hint_stays_short() -> None:
    many = [f"m{number:02}/LICENSE" for number in range(20)]
    with pytest.raises(RequestError) as refused:
        taken(many, globs=())
    assert "20 files look like licences" in refused.value.what
    assert refused.value.what.endswith("'m07/LICENSE' and 12 more")
    assert 'write license-files = ["**/LICENSE"], or leave it out' in refused.value.hint
    assert taken(many, globs=("**/LICENSE",)) == many
    with pytest.raises(RequestError) as refused:
        taken(many[:8], globs=())
    assert refused.value.what.endswith("'m07/LICENSE'")
    assert '"m00/LICENSE", ' in refused.value.hint
    with pytest.raises(RequestError) as refused:
        taken([f"LICENSE-{number:02}" for number in range(20)], globs=())
    assert '["**/LICENSE*", "**/COPYING*", "**/NOTICE*"]' in refused.value.hint


@pytest.mark.parametrize("name", ["LICENSE[1]", "[a]/LICENSE?", "a?/LICENSE", 'LICENSE-"a"'])
def test_the_lines_of_the_hint_can_be_written_as_they_are(name: str) -> None:
    with pytest.raises(RequestError) as refused:
        taken([name], globs=())
    line = refused.value.hint.partition("license-files = [")[2].partition("], or")[0]
    assert line.startswith('"')
    glob = line[1:-1].replace('\\"', '"')
    assert taken([name, "LICENSE1", "a/LICENSEx", "ax/LICENSE"], globs=(glob, "*/*", "LICENSE1")).count(name) == 1
    assert taken([name], globs=(glob,)) == [name]


def test_globs_that_match_nothing_mean_files_of_the_project() -> None:
    assert taken(["prog"], globs=("LICENSE*",), beside=("LICENSE.md", "COPYING")) == ["LICENSE.md"]
    # The archive's goes first, and then the glob means nothing in the project's folder.
    found = licences(
        items(["LICENSE"]), none, ("LICENSE*", "OWN"), {"LICENSE": b"own", "LICENSE.md": b"", "OWN": b"own"}
    )
    assert [(licence.path, licence.content.read()) for licence in found] == [("LICENSE", b"LICENSE"), ("OWN", b"own")]


def test_globs_that_match_nothing_anywhere() -> None:
    with pytest.raises(
        RequestError, match=r"nothing in the archive or the project's folder matches 'A', 'B'$"
    ) as refused:
        taken(globs=("A", "LICENSE", "B"), beside=("C",))
    assert "**/LICENSE*" in refused.value.hint
    with pytest.raises(RequestError, match=r"'g7' and 1 more$"):
        taken(globs=tuple(f"g{number}" for number in range(9)))


@pytest.mark.parametrize(
    "name", ["a..b/LICENSE", "LICENSE*", "a\\LICENSE", "c:/LICENSE", "LICENSE\n", "con/LICENSE", "a /LICENSE"]
)
def test_names_that_no_wheel_or_license_file_can_have(name: str) -> None:
    with pytest.raises(RequestError, match="can't be the path of a licence in a wheel"):
        taken([name])
    assert taken([name], excluded=(name,)) == []


@pytest.mark.parametrize(
    ("inside", "outside"), [("LICENSE", "license"), ("LICENSES", "LICENSES/MIT"), ("COPYINGé", "COPYINGe\u0301")]
)
def test_names_that_are_in_each_others_way(inside: str, outside: str) -> None:
    with pytest.raises(RequestError, match=r"^license-files: .*(same file|can't both be)") as refused:
        taken([inside], globs=(inside, outside), beside=(outside,))
    assert "the project's folder" in refused.value.hint


@given(st.sets(names(), max_size=5), st.sets(names().map("{}.LICENSE".format), max_size=3))
def test_all_that_are_taken_can_be_read_in_metadata(plain: set[str], alike: set[str]) -> None:
    archive = plain | alike
    try:
        found = taken(archive)
    except RequestError as error:
        said = error
    else:
        assert found == sorted(filter(is_licence, archive))
        assert list(parse_metadata(metadata(About("a", "1"), found)).license_files) == found
        return
    assert said.what.startswith("license-files: ")
