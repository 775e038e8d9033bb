from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from tests.corpus import ROWS
from truewheel.errors import WheelError
from truewheel.wheel import name as name_module
from truewheel.wheel.name import WheelName

_TAGS = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=3, unique=True)
_NAMES = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9_.]{0,10}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: "__" not in name
)
_VERSIONS = st.sampled_from(["1", "1.0", "2024.1.1", "1.0rc1", "1!2.0", "1.0+local.7", "1.0.post1", "1.0.dev3"])


@given(_NAMES, _VERSIONS, st.sampled_from(["", "1", "7", "2local"]), st.tuples(_TAGS, _TAGS, _TAGS))
def test_names_are_written_back_as_they_were(
    name: str, version: str, build: str, tags: tuple[list[str], list[str], list[str]]
) -> None:
    pythons, abis, platforms = tags
    parts = [name, version, build, ".".join(pythons), ".".join(abis), ".".join(platforms)]
    filename = "-".join(part for part in parts if part) + ".whl"
    parsed = WheelName.parse(filename)
    assert str(parsed) == filename
    assert (parsed.distribution, parsed.version, parsed.build) == (name, version, build)
    assert parsed.tag_sets == (tuple(pythons), tuple(abis), tuple(platforms))
    assert set(parsed.tags) == {str(tag) for tag in parse_wheel_filename(filename)[3]}
    assert list(parsed.tags) == sorted(parsed.tags)


@pytest.mark.parametrize("filename", list(ROWS))
def test_published_names(filename: str) -> None:
    parsed = WheelName.parse(filename)
    project, version, _, tags = parse_wheel_filename(filename)
    assert str(parsed) == filename
    assert parsed.project == project
    assert parsed.version == str(version)
    assert parsed.tags == tuple(sorted(map(str, tags)))


@pytest.mark.parametrize(
    "filename",
    [
        "", ".whl", "six.whl", "six-1.0.whl", "six-1.0-py3-none.whl", "six-1.0-py3-none-any.zip", "six-1.0.tar.gz",
        "six-1.0-1-2-py3-none-any.whl", "six-x-py3-none-any.whl", "six-1.0-build-py3-none-any.whl",
        "-1.0-py3-none-any.whl", "six-1.0-py3-none-any.whl ", "six-1.0-py3-none-.whl", "six-1.0--none-any.whl",
        "six-1.0-py3..py2-none-any.whl", "a__b-1.0-py3-none-any.whl", "dir/six-1.0-py3-none-any.whl",
        "six-1.0-py3-none-a/b.whl", "six-1.0-py3-none-any\n.whl",
        "six-1.0-py3-none-\u00e4.whl",
    ],
)  # fmt: skip
def test_names_that_no_wheel_has(filename: str) -> None:
    with pytest.raises(WheelError, match="not the name of a wheel") as caught:
        WheelName.parse(filename)
    assert "NAME-VERSION" in caught.value.hint


@given(st.text(max_size=40))
def test_only_our_error_comes_out(noise: str) -> None:
    for filename in (noise, noise + ".whl", f"six-1.0-py3-none-{noise}.whl", f"six-{noise}-py3-none-any.whl"):
        with suppress(WheelError):
            assert str(WheelName.parse(filename)) == filename


def test_empty_tags_are_refused_where_packaging_lets_them_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packaging.utils.parse_wheel_filename", lambda _filename: None)
    with pytest.raises(WheelError, match="a tag is empty"):
        WheelName.parse("six-1.0-py3..py2-none-any.whl")


def test_purity_and_other_platforms() -> None:
    name = WheelName.parse("six-1.0-py2.py3-none-any.whl")
    assert name.pure
    other = name.with_platforms(["win_amd64", "linux_x86_64", "win_amd64"])
    assert str(other) == "six-1.0-py2.py3-none-linux_x86_64.win_amd64.whl"
    assert not other.pure
    assert not WheelName.parse("six-1.0-py3-none-any.win32.whl").pure


_PIECES = st.lists(
    st.sampled_from(
        [*"aZ09._-+", "-1", "-2.0", "-1.0rc1", "-3.post1", "-4+l.1", "-py3", "-cp312.py3", "-none", "-any"]
    ),
    min_size=4,
    max_size=9,
)


@given(_PIECES.map("".join))
@example("a-1-py3-none-any")
@example("A.b_c-1.0.2rc1.post3.dev4+l.5-7x-py2.py3-none-any.win32")
@settings(max_examples=2_000)
def test_what_is_taken_without_asking_packaging_is_taken_by_packaging_too(stem: str) -> None:
    filename = f"{stem}.whl"
    if not name_module._ORDINARY.fullmatch(filename):
        return
    project, version, build, _ = parse_wheel_filename(filename)
    parsed = WheelName.parse(filename)
    assert parsed.project == project
    assert Version(parsed.version) == version
    assert parsed.build == "".join(map(str, build))


@given(st.text("abZ09._-", min_size=1, max_size=20))
def test_projects_are_compared_as_packaging_does(name: str) -> None:
    assert name_module.canonical_project(name) == canonicalize_name(name)
