"""Requirements and specifiers: one spelling, and the meaning that packaging gives to what was written."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement

from truewheel.errors import RequestError
from truewheel.packing.metadata_requirements import requirement, specifiers, version

ATOMS = st.sampled_from(
    ["os_name=='nt'", 'sys_platform != "linux"', "python_version<'3.9'", "'x' not in platform_release"]
)


def _either(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    words = st.sampled_from([" and ", "  or "])
    return st.one_of(st.builds("{}{}{}".format, parts, words, parts), parts.map("( {})".format))


MARKERS = st.recursive(ATOMS, _either, max_leaves=5)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("a", "a"),
        ("A_b.C\t>1", "A_b.C>1"),
        ("a>=1", "a>=1"),
        ("a (>= 1 , <2)", "a<2,>=1"),
        ("a[] ==1.*", "a==1.*"),
        ("a [Z_z , b,B]>1,>1", "a[b,z-z]>1"),
        ("a===x;os_name=='nt'", 'a===x; os_name == "nt"'),
        ("a ~= 1.0 ; (os_name=='nt')", 'a~=1.0; (os_name == "nt")'),
        ("a; os_name == 'n\"t'", "a; os_name == 'n\"t'"),
        ("a@ https://a@e.org/a;b", "a @ https://a@e.org/a;b"),
        ("a [x]@https://e.org/a ;  os_name in 'nt'", 'a[x] @ https://e.org/a ; os_name in "nt"'),
    ],
)
def test_the_one_spelling(written: str, spelled: str) -> None:
    assert str(requirement("dependencies", written)) == spelled
    assert str(requirement("dependencies", spelled)) == spelled
    assert Requirement(spelled) == Requirement(written)


def test_parentheses_stand_around_alternatives_alone() -> None:
    assert requirement("x", "a; os_name=='nt'").within("e") == 'a; os_name == "nt" and extra == "e"'
    either = requirement("x", "a; os_name=='nt' or os_name=='or'").within("e")
    assert either == 'a; (os_name == "nt" or os_name == "or") and extra == "e"'
    assert requirement("x", "a; os_name=='or'").within("e") == 'a; os_name == "or" and extra == "e"'


@given(MARKERS, st.sampled_from(["a", "a>=1,<2", "a @ https://e.org/a"]))
def test_a_marker_means_the_same_with_an_extra_around(marker: str, what: str) -> None:
    needed = requirement("dependencies", f"{what} ; {marker}")
    plain, extra = Requirement(str(needed)), Requirement(needed.within("x-y"))
    assert plain.marker is not None
    assert extra.marker is not None
    assert (str(plain.specifier), plain.url) == (str(extra.specifier), extra.url)
    for system, platform, python in itertools.product(["nt", "posix"], ["linux", "win32"], ["3.8", "3.12"]):
        here = {"os_name": system, "sys_platform": platform, "python_version": python, "platform_release": "y"}
        meant = Marker(marker).evaluate(here)
        assert plain.marker.evaluate(here) == meant
        assert extra.marker.evaluate({**here, "extra": "x-y"}) == meant
        assert not extra.marker.evaluate({**here, "extra": "z"})


@given(st.text("ab[],;@()<>=!~'\"\\ .1*orandextin_\n", max_size=30))
def test_no_text_raises_another_error(text: str) -> None:
    try:
        spelled = str(requirement("dependencies", text))
    except RequestError:
        return
    assert str(requirement("dependencies", spelled)) == spelled


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"a; {'(' * 51}os_name == 'x'{')' * 51}", "too many parentheses"),
        (f"a; {'(' * 100_000}", "too many parentheses"),
        (r"a; os_name == '\x'", "a backslash"),
        (r"a; os_name == 'x\'", "a backslash"),
    ],
)
def test_what_packaging_would_recurse_into_or_evaluate(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=f"is no requirement .*{why}"):
        requirement("dependencies", text)
    assert requirement("dependencies", f"a; {'(' * 50}os_name == 'x'{')' * 50}").marker


@given(st.text("0123.x*,<>=!~ ab+", max_size=20))
def test_no_specifiers_raise_another_error(text: str) -> None:
    try:
        spelled = specifiers("requires-python", text)
    except RequestError:
        return
    assert specifiers("requires-python", spelled) == spelled


def test_specifiers_are_sorted_and_each_is_there_once() -> None:
    assert specifiers("requires-python", " >=3.8,!= 3.9.*, <4,>=3.8,") == "!=3.9.*,<4,>=3.8"


@pytest.mark.parametrize(
    ("written", "oldest"), [("3.8", ">=3.8"), ("^3.9.1", ">=3.9.1"), ("3.8+", ">=3.8"), ("new", ">=3.8")]
)
def test_a_bare_version_is_told_how_to_be_a_specifier(written: str, oldest: str) -> None:
    with pytest.raises(RequestError) as refused:
        specifiers("requires-python", written)
    assert f'"{oldest}"' in refused.value.hint


def test_versions_that_upstreams_use() -> None:
    written = {"v1.2": "1.2", "0.12.0-dev.1+abc": "0.12.0.dev1+abc", "13.0.0-4": "13.0.0.post4", "1.0-beta.2": "1.0b2"}
    assert {text: version(text) for text in written} == written
