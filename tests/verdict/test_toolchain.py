"""Parts of native files: what follows from other tools, and what is loaded."""

from __future__ import annotations

import pytest

from truewheel.compare import Cause, Difference, Kind
from truewheel.compare.reasons import BUILD_ID, COMPILER
from truewheel.verdict.explaining import Sort, counting
from truewheel.verdict.toolchain import follows_tools, of_loading, other_tools


def _part(place: str, left: str | None = None, right: str | None = None, *causes: Cause) -> Difference:
    return Difference(place, Kind.CONTENT, "", left, right, causes=causes)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (_part("NEEDED", "libm.so.6\nlibpthread.so.0"), True),
        (_part("NEEDED", None, "libstdc++.so.6"), True),
        (_part("NEEDED", "libm.so.6\nlibevil.so"), False),
        (_part("NEEDED", "libm.so.6", "libyaml-0.so.2"), False),
        (_part("NEEDED", "libm.so.6 and 3 more"), False),
        (_part("NEEDED"), False),
        (_part("imports", "evil.dll"), False),
        (_part("libraries", "/usr/lib/libSystem.B.dylib"), True),
        (_part("RUNPATH", None, "/opt/python/lib"), True),
        (_part("RUNPATH", "/srv/evil", "/opt/python/lib"), False),
        (_part("run paths", "@loader_path"), False),
        (_part("SONAME", "a", "b"), False),
        (_part(".interp", "a", "b"), False),
        (_part(".text"), None),
    ],
)
def test_what_is_loaded(part: Difference, expected: bool | None) -> None:
    assert of_loading(part) is expected
    assert follows_tools(part) is bool(expected)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (_part(".debug_str"), True),
        (_part(".symtab"), True),
        (_part("RELACOUNT", "1", "2"), True),
        (_part("entries", "RELACOUNT", "RUNPATH\nFLAGS"), True),
        (_part("entries", "RUNPATH"), False),
        (_part("entries", "AUDIT"), False),
        (_part("entries", None, "AUDIT"), False),
        (_part(".rodata"), False),
    ],
)
def test_what_follows_from_other_tools(part: Difference, expected: bool) -> None:
    assert follows_tools(part) is expected
    note = _part(".comment", "a", "b", Cause(COMPILER, "", sure=True))
    guess = _part(".comment", "a", "b", Cause(COMPILER, "", sure=False))
    for notes in (note, guess):
        whole = Difference(
            "a.so", Kind.CONTENT, "", inside=(notes, Difference(".dynamic", Kind.CONTENT, "", inside=(part,)))
        )
        assert other_tools(whole) is (notes is note)
        assert bool(counting(whole, Sort.NATIVE)) is (expected and notes is note)


def test_a_cause_for_all_of_a_table_explains_nothing_that_is_loaded() -> None:
    inside = (_part("RUNPATH", "/srv/evil", None, Cause(COMPILER, "")),)
    whole = Difference(".dynamic", Kind.CONTENT, "", causes=(Cause(COMPILER, ""),), inside=inside)
    assert counting(whole, Sort.NATIVE) == ()


def test_a_reason_that_is_sure_is_told_without_its_guesses() -> None:
    sure, guess, other = Cause(COMPILER, "a"), Cause(COMPILER, "b", sure=False), Cause(BUILD_ID, "c", sure=False)
    whole = Difference(
        "a.so", Kind.CONTENT, "", inside=(_part("x", None, None, guess, other), _part("y", None, None, sure))
    )
    assert counting(whole, Sort.NATIVE) == (other, sure)
