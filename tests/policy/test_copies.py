"""Copies of the platform's libraries in a wheel: which of them the loader takes, and which it passes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.elves import android, glibc, library, musl, program
from truewheel.binary.graph import resolve
from truewheel.binary.model import Elf
from truewheel.policy import Outcome, examine, strongest
from truewheel.wheel.name import WheelName

STD = "libstdc++.so.6"


def judge(members: dict[str, Elf]) -> Outcome:
    return examine(WheelName.parse("a-1-py3-none-any.whl"), members, resolve(members))


def tags(members: dict[str, Elf]) -> list[str]:
    return [requirement.floor.tag for requirement in strongest(judge(members).requirements)]


@pytest.mark.parametrize("run_path", [None, ("$ORIGIN/sysroot/lib",)])
@pytest.mark.parametrize("copy", ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "x.so"])
def test_a_copy_of_glibc_is_never_loaded(run_path: tuple[str, ...] | None, copy: str) -> None:
    needs = [f"{name}:GLIBC_2.39" for name in ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2")]
    needy = glibc("2.5", needed=["libm.so.6", "ld-linux-x86-64.so.2"], needs=needs)
    copied = library(soname=copy) if copy != "x.so" else library(soname="libc.so.6")
    members = {"x.so": replace(needy, runpath=run_path), f"sysroot/lib/{copy}": copied}
    assert tags(members) == ["manylinux_2_39_x86_64"]


def test_a_version_of_a_glibc_that_only_members_are_called_like_counts() -> None:
    needy = replace(glibc("2.5", needs=["libm.so.6:GLIBC_2.29"]))
    assert tags({"x.so": needy, "s/libm.so.6": library(soname="libm.so.6")}) == ["manylinux_2_29_x86_64"]


@pytest.mark.parametrize("copy", ["libc.musl-x86_64.so.1", "libc.so", "ld-musl-x86_64.so.1"])
def test_a_copy_of_musl_is_never_loaded(copy: str) -> None:
    members = {"x.so": replace(musl("qsort_r"), runpath=("$ORIGIN",)), copy: library(exports=["qsort_r"], soname=copy)}
    assert tags(members) == ["musllinux_1_2_x86_64"]
    assert tags({"x.so": library(needed=["libc.so"], imports=["qsort_r"]), copy: members[copy]}) == [
        "musllinux_1_2_x86_64"
    ]


def test_names_that_only_a_copy_of_a_c_library_defines_fit_any() -> None:
    outcome = judge({"x.so": library(imports=["malloc"]), "lib/libc.so": library(exports=["malloc"], soname="libc.so")})
    assert "malloc" in outcome.unknown[0]


def test_a_copy_of_androids_c_library_is_never_loaded_and_another_library_may_be() -> None:
    needy = replace(android(21, needed=["libc.so", "libvulkan.so"]), runpath=("$ORIGIN",))
    copies = {name: android(21, needed=()) for name in ("libc.so", "libvulkan.so")}
    assert tags({"x.so": needy, **copies}) == ["android_21_arm64_v8a"]
    assert tags({"x.so": replace(needy, runpath=None), **copies}) == ["android_24_arm64_v8a"]


NEEDY = glibc("2.5", needed=[STD], needs=[f"{STD}:GLIBCXX_3.4.30"])
COPY = replace(glibc("2.5"), soname=STD)


@pytest.mark.parametrize("place", ["data/chroot/usr/lib/", "a-1.data/data/lib/", "pkg/"])
def test_a_promised_library_without_a_run_path_to_it_is_the_platforms(place: str) -> None:
    assert tags({"pkg/x.so": NEEDY, f"{place}{STD}": COPY}) == ["manylinux_2_35_x86_64"]


@pytest.mark.parametrize("run_path", ["$ORIGIN/../libs", "$ORIGIN/../libs/."])
def test_a_promised_library_that_a_run_path_leads_to_is_the_wheels(run_path: str) -> None:
    assert tags({"pkg/x.so": replace(NEEDY, rpath=(run_path,)), f"libs/{STD}": COPY}) == ["manylinux_2_5_x86_64"]


def test_each_user_of_a_copy_is_judged_by_its_own_run_path() -> None:
    members = {"a.so": replace(NEEDY, runpath=("$ORIGIN",)), "b.so": NEEDY, STD: COPY}
    (found,) = (r for r in judge(members).requirements if r.floor.version > (2, 5))
    assert found.member == "b.so"


def test_a_library_that_nobody_promises_is_the_wheels_by_its_name_alone() -> None:
    members = {"x.so": glibc("2.5", needed=["libown.so.1"]), "data/libown.so.1": glibc("2.5")}
    assert (tags(members), judge(members).missing) == (["manylinux_2_5_x86_64"], ())


def test_a_library_that_is_lacking_on_one_processor_is_there_on_the_other() -> None:
    members = {
        "arm/x.so": library("aarch64", needed=["libown.so"], imports=["helper"]),
        "x86/x.so": library(needed=["libown.so"], imports=["helper"]),
        "x86/libown.so": library(exports=["helper"]),
    }
    outcome = judge(members)
    assert [reason.split()[4] for reason in outcome.unknown] == ["arm/x.so"]


def test_a_program_of_the_wheel_has_the_platforms_c_library_too() -> None:
    made = program("/lib64/ld-linux-x86-64.so.2", replace(glibc("2.39"), rpath=("$ORIGIN",)))
    assert tags({"bin/tool": made, "bin/libc.so.6": library(soname="libc.so.6")}) == ["manylinux_2_39_x86_64"]
