"""Verdicts: what a name claims against what binaries need."""

from __future__ import annotations

import pytest

from truewheel.ops import Verdict, judge
from truewheel.policy import Floor, Outcome, Requirement
from truewheel.wheel import WheelName


def outcome(*floors: Floor, unknown: tuple[str, ...] = ()) -> Outcome:
    return Outcome(requirements=tuple(Requirement(f, "a.so", "because") for f in floors), unknown=unknown)


def name(platforms: str) -> WheelName:
    return WheelName.parse(f"sample-1.0-cp312-cp312-{platforms}.whl")


GLIBC_17 = Floor("manylinux", "x86_64", (2, 17))
GLIBC_5 = Floor("manylinux", "x86_64", (2, 5))
MUSL_1 = Floor("musllinux", "x86_64", (1, 1))
LINUX = Floor("linux", "x86_64", ())
MAC_12 = Floor("macosx", "universal2", (12, 0))


@pytest.mark.parametrize(
    ("claimed", "floors", "verdict", "computed", "false"),
    [
        ("manylinux_2_17_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux2014_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux_2_17_x86_64.manylinux_2_28_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux_2_28_x86_64", [GLIBC_17], Verdict.STRICTER, ["manylinux_2_17_x86_64"], ()),
        (
            "manylinux_2_12_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_12_x86_64",),
        ),
        (
            "manylinux_2_12_x86_64.manylinux_2_28_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_12_x86_64",),
        ),
        (
            "manylinux_2_5_x86_64.musllinux_1_1_x86_64",
            [GLIBC_5, MUSL_1],
            Verdict.EXACT,
            ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"],
            (),
        ),
        # a static program that claims only one of the two families could claim more
        (
            "manylinux_2_5_x86_64",
            [GLIBC_5, MUSL_1],
            Verdict.STRICTER,
            ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"],
            (),
        ),
        (
            "musllinux_1_2_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("musllinux_1_2_x86_64",),
        ),
        # a library is missing: no manylinux promises it
        ("manylinux_2_17_x86_64", [LINUX], Verdict.TOO_GENEROUS, ["linux_x86_64"], ("manylinux_2_17_x86_64",)),
        ("linux_x86_64", [LINUX], Verdict.EXACT, ["linux_x86_64"], ()),
        (
            "manylinux_2_17_aarch64",
            [GLIBC_17],
            Verdict.CONTRADICTORY,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_17_aarch64",),
        ),
        ("win_amd64", [GLIBC_17], Verdict.CONTRADICTORY, ["manylinux_2_17_x86_64"], ("win_amd64",)),
        (
            "macosx_10_9_universal2",
            [MAC_12],
            Verdict.TOO_GENEROUS,
            ["macosx_12_0_universal2"],
            ("macosx_10_9_universal2",),
        ),
        ("macosx_12_0_universal2", [MAC_12], Verdict.EXACT, ["macosx_12_0_universal2"], ()),
        ("macosx_13_0_universal2", [MAC_12], Verdict.STRICTER, ["macosx_12_0_universal2"], ()),
        ("win_amd64", [Floor("win", "amd64", ())], Verdict.EXACT, ["win_amd64"], ()),
        # a 32-bit helper beside the 64-bit module takes no part
        ("win_amd64", [Floor("win", "amd64", ()), Floor("win", "win32", ())], Verdict.EXACT, ["win_amd64"], ()),
        ("any", [GLIBC_17], Verdict.TOO_GENEROUS, ["manylinux_2_17_x86_64"], ("any",)),
    ],
)
def test_verdict(
    claimed: str, floors: list[Floor], verdict: Verdict, computed: list[str], false: tuple[str, ...]
) -> None:
    tags = judge(name(claimed), {}, outcome(*floors))
    assert tags.verdict is verdict
    assert tags.computed == tuple(computed)
    assert tags.false == false


def test_order_of_claims_and_requirements_does_not_matter() -> None:
    one = judge(name("manylinux_2_12_x86_64.musllinux_1_1_x86_64"), {}, outcome(GLIBC_17, MUSL_1))
    two = judge(name("manylinux_2_12_x86_64.musllinux_1_1_x86_64"), {}, outcome(MUSL_1, GLIBC_17))
    assert one == two


def test_without_binaries_any_is_exact_and_a_platform_is_stricter() -> None:
    assert judge(name("any"), {}, Outcome()).verdict is Verdict.EXACT
    tags = judge(name("manylinux_2_17_x86_64"), {}, Outcome())
    assert (tags.verdict, tags.computed) == (Verdict.STRICTER, ("any",))


def test_what_is_unknown_is_said_in_words() -> None:
    tags = judge(name("manylinux_2_17_x86_64"), {}, outcome(unknown=("a.so has no libc",)))
    assert (tags.verdict, tags.computed, tags.reasons) == (Verdict.UNKNOWN, None, ("a.so has no libc",))


def test_any_with_binaries_for_several_platforms_may_be_data() -> None:
    tags = judge(name("any"), {}, outcome(Floor("win", "amd64", ()), Floor("win", "arm64", ())))
    assert (tags.verdict, tags.computed) == (Verdict.UNKNOWN, None)
    assert "several platforms" in tags.reasons[0]
