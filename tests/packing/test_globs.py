"""Globs: what they mean, against oracles, and that nobody can make them slow."""

from __future__ import annotations

import fnmatch
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.packing.globs import Globs, literal

NAMES = ("bin/zig", "lib/a.so", "lib/deep/er/b.so.1", "LICENSE", "doc/LICENSE", "doc/.hidden", "lib64/x", "a[1]")


def meant(*patterns: str) -> set[str]:
    globs = Globs(patterns)
    return {name for name in NAMES if globs.match(name)}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("lib", {"lib/a.so", "lib/deep/er/b.so.1"}),
        ("lib/", {"lib/a.so", "lib/deep/er/b.so.1"}),
        ("lib/**", {"lib/a.so", "lib/deep/er/b.so.1"}),
        ("lib/**/**/", {"lib/a.so", "lib/deep/er/b.so.1"}),
        ("lib/*", {"lib/a.so", "lib/deep/er/b.so.1"}),  # deep is a folder that it matches
        ("lib/*.so", {"lib/a.so"}),
        ("**/*.so*", {"lib/a.so", "lib/deep/er/b.so.1"}),
        ("lib/**/b*", {"lib/deep/er/b.so.1"}),
        ("lib/**/er/**/b*1", {"lib/deep/er/b.so.1"}),
        ("*.so", set()),
        ("*q*c*", set()),
        ("*d*/*", {"doc/LICENSE", "doc/.hidden"}),
        ("LICENSE", {"LICENSE"}),
        ("license", set()),
        ("**/LICENSE", {"LICENSE", "doc/LICENSE"}),
        ("[!a-z]*", {"LICENSE"}),
        ("doc/*", {"doc/LICENSE", "doc/.hidden"}),
        ("lib??/x", {"lib64/x"}),
        ("a[[]1]", {"a[1]"}),
        ("a[[]?[]]", {"a[1]"}),
        ("doc/[-.]*", {"doc/.hidden"}),
        ("doc/[.-]*", {"doc/.hidden"}),
        ("**", set(NAMES)),
        ("*", set(NAMES)),
    ],
)
def test_what_a_glob_means(pattern: str, names: set[str]) -> None:
    assert meant(pattern) == names


def test_any_glob_will_do() -> None:
    assert meant("bin", "LICENSE") == {"bin/zig", "LICENSE"}
    assert meant() == set()


def test_globs_without_patterns_are_false() -> None:
    assert not Globs(())
    assert Globs(("a",))
    assert repr(Globs(["a", "b/**"])) == "Globs(['a', 'b/**'])"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "empty"),
        ("/etc", "absolute"),
        ("C:/x", "absolute"),
        ("a\\b", "backslash"),
        ("../x", "'..'"),
        ("a/../b", "'..'"),
        ("./a", "'.'"),
        ("a//b", "''"),
        ("a//", "''"),
        ("/", "absolute"),
        ("**.so", "whole folders"),
        ("lib/a**/x", "whole folders"),
        ("a[", "no end"),
        ("a[b/c]", "no end"),
        ("a[]", "no end"),
        ("a[!]", "no end"),
        ("[" * 50_000, "no end"),
        ("[z-a]", "z-a is empty"),
        ("[ac-b]", "c-b is empty"),
    ],
)
def test_what_can_match_nothing_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(RequestError, match="is no pattern") as caught:
        Globs(["fine", pattern])
    assert why in caught.value.what
    assert caught.value.hint


def test_idle_globs_are_named_as_they_were_written() -> None:
    assert Globs(["lib/", "libs/", "**/*.dll", "LICENSE"]).idle(iter(NAMES)) == ("libs/", "**/*.dll")
    assert Globs(["a"]).idle(()) == ("a",)


@pytest.mark.parametrize("path", ["a[1]/b*?", "[!x]", "plain", "[[]"])
def test_a_literal_glob_means_one_path(path: str) -> None:
    globs = Globs([literal(path)])
    assert globs.match(path)
    assert not globs.match(path.replace("*", "x") + "x")


def test_reach() -> None:
    globs = Globs(["doc/lic*/x", "lib/**/a.txt", "LICENSE"])
    assert globs.reach("")
    assert globs.reach("doc")
    assert globs.reach("doc/licences")
    assert not globs.reach("doc/other")
    assert globs.reach("lib/a/b/c")
    assert not globs.reach("src")
    assert not globs.reach("doc/licences/y")
    assert globs.reach("doc/licences/x/deeper")
    assert not Globs(()).reach("")


# --- oracles -------------------------------------------------------------------------------------------------
PARTS = st.text("ab.[]!-?*", min_size=1, max_size=5)


def test_every_short_glob_means_what_it_should() -> None:
    """All that can be written with few characters: first within a part, as fnmatch has it, then part by part."""
    names = ["".join(name) for count in (1, 2, 3) for name in itertools.product("ab", repeat=count)]
    for pattern in ("".join(some) for count in range(1, 6) for some in itertools.product("ab*?", repeat=count)):
        if "**" not in pattern:
            globs = Globs([pattern])
            assert [globs.match(name) for name in names] == [fnmatch.fnmatchcase(name, pattern) for name in names]
    for parts in (some for count in range(1, 5) for some in itertools.product(("a", "*", "**"), repeat=count)):
        globs = Globs(["/".join(parts)])
        for name in names:
            wanted = any(by_definition(list(parts), list(name[:end])) for end in range(len(name) + 1))
            assert globs.match("/".join(name)) == wanted, (parts, name)


@given(
    st.lists(st.one_of(PARTS, st.just("**"), st.sampled_from(["a", "b", "*"])), min_size=1, max_size=5),
    st.lists(st.lists(st.text("ab.[]!-", min_size=1, max_size=4), min_size=1, max_size=5), min_size=1, max_size=8),
)
def test_a_recursive_definition_agrees(pattern: list[str], names: list[list[str]]) -> None:
    try:
        globs = Globs(["/".join(pattern)])
    except RequestError:
        return
    for name in names:
        wanted = any(by_definition(pattern, name[:end]) for end in range(len(name) + 1))
        assert globs.match("/".join(name)) == wanted
        within = any(globs.match("/".join([*name, *more])) for more in itertools.product("ab", repeat=2))
        assert globs.reach("/".join(name)) or not within


def by_definition(pattern: list[str], name: list[str]) -> bool:
    """Whether a path fits a glob, part by part as fnmatch has it."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(by_definition(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and fnmatch.fnmatchcase(name[0], pattern[0]) and by_definition(pattern[1:], name[1:])


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*a" * 200 + "b", "a" * 1_000),
        ("**/a/" * 60 + "b", "a/" * 120 + "c"),
        ("**/*/" * 60 + "b", "a/" * 120 + "c"),
        ("?" * 500 + "*" + "?" * 500 + "x", "a" * 1_000),
        ("*" + "[ab]" * 200 + "*c", "ab" * 500),
    ],
)
def test_no_pattern_explodes(pattern: str, name: str) -> None:
    start = time.perf_counter()
    assert not Globs([pattern]).match(name)
    assert time.perf_counter() - start < 2


def test_deep_and_many_names_are_no_trouble() -> None:
    globs = Globs(["**/x", "a/**/c", "lib"])
    assert globs.match("/".join(["d"] * 5_000 + ["x"]))
    start = time.perf_counter()
    assert sum(globs.match(f"lib{folder}/f{file}/x") for folder in range(100) for file in range(300)) == 30_000
    assert time.perf_counter() - start < 5
