"""Android floors: API levels from notes, libraries from the NDK."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.elves import android, external, library, static_program
from truewheel.binary.model import Elf
from truewheel.policy import linux
from truewheel.policy.model import Outcome, strongest


def examine(**members: Elf) -> Outcome:
    return linux.examine(members, external(members))


def tags(outcome: Outcome) -> list[str]:
    return [requirement.floor.tag for requirement in strongest(outcome.requirements)]


@pytest.mark.parametrize(
    ("arch", "abi"),
    [("aarch64", "arm64_v8a"), ("armv7l", "armeabi_v7a"), ("i686", "x86"), ("x86_64", "x86_64")],
)
def test_the_tag_is_the_note_and_the_abi(arch: str, abi: str) -> None:
    assert tags(examine(a=android(24, arch))) == [f"android_24_{abi}"]


def test_tags_begin_with_level_16_and_level_0_is_none() -> None:
    assert tags(examine(a=android(14, "armv7l"))) == ["android_16_armeabi_v7a"]
    assert tags(examine(a=android(1, "armv7l", needed=["liblog.so"]))) == ["android_16_armeabi_v7a"]
    outcome = examine(a=android(0, "armv7l", needed=["liblog.so"]))
    assert (outcome.requirements, outcome.unknown) == ((), ("the Android note of a names API level 0",))


def test_the_highest_level_decides_and_is_named() -> None:
    (found,) = strongest(examine(a=android(21), b=android(30), c=android(24)).requirements)
    assert (found.floor.version, found.member, found.reason) == ((30,), "b", "built for API level 30")


@pytest.mark.parametrize(
    ("name", "level"), [("liblog.so", 21), ("libvulkan.so", 24), ("libaaudio.so", 26), ("libnativehelper.so", 31)]
)
def test_libraries_of_the_ndk_are_promised_from_their_level_on(name: str, level: int) -> None:
    outcome = examine(a=android(21, needed=["libc.so", name]))
    assert (tags(outcome), outcome.missing) == ([f"android_{level}_arm64_v8a"], ())


def test_libpython_is_normal() -> None:
    outcome = examine(a=android(21, needed=["libc.so", "libpython3.13.so"]))
    assert (outcome.findings, outcome.missing) == ((), ())


def test_a_library_that_no_ndk_has_is_missing() -> None:
    outcome = examine(a=android(24, needed=["libc.so", "libc++_shared.so"]))
    assert [(m.library, m.members) for m in outcome.missing] == [("libc++_shared.so", ("a",))]
    assert tags(outcome) == ["android_24_arm64_v8a"]


def test_without_a_note_nothing_is_known() -> None:
    outcome = examine(a=android(24), b=android(None))
    assert outcome.unknown == ("b has no Android note that tells its API level",)


def test_a_library_without_needs_takes_android_from_its_siblings_and_asks_for_nothing() -> None:
    outcome = examine(a=android(24), b=library("aarch64", imports=["PyInit_x"]))
    assert (outcome.unknown, dict(outcome.libc)) == ((), {"a": "bionic", "b": "bionic"})
    assert tags(outcome) == ["android_24_arm64_v8a"]


def test_an_architecture_that_android_has_not() -> None:
    assert examine(a=android(24, "s390x")).unknown == ("there is no Android tag for s390x",)


def test_a_static_program_beside_android_libraries_changes_nothing() -> None:
    assert tags(examine(a=android(24), b=static_program("aarch64"))) == ["android_24_arm64_v8a"]


def test_soft_float_is_the_android_abi() -> None:
    assert not examine(a=replace(android(24, "armv7l"), flags=0x5000200)).findings
