"""iOS: device and simulators are platforms of their own."""

from __future__ import annotations

import pytest

from tests.policy.images import macho, part
from truewheel import rules
from truewheel.binary.model import MachO, Platform, Version3
from truewheel.policy import ios
from truewheel.policy.model import Outcome, strongest

DEVICE, SIMULATOR = Platform.IOS, Platform.IOS_SIMULATOR


def tags(outcome: Outcome) -> list[str]:
    return sorted(requirement.floor.tag for requirement in strongest(outcome.requirements))


def thin(platform: Platform, arch: str = "arm64", minos: Version3 | None = (13, 0, 0)) -> MachO:
    return macho(part(arch, minos, platform=platform, signed=False))


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        (thin(DEVICE), "ios_13_0_arm64_iphoneos"),
        (thin(SIMULATOR, "x86_64"), "ios_13_0_x86_64_iphonesimulator"),
        (thin(SIMULATOR, "arm64", (14, 0, 0)), "ios_14_0_arm64_iphonesimulator"),
        (thin(DEVICE, "arm64", (15, 6, 1)), "ios_15_7_arm64_iphoneos"),
        (thin(DEVICE, "arm64", (9, 0, 0)), "ios_12_0_arm64_iphoneos"),
    ],
)
def test_floors(image: MachO, tag: str) -> None:
    assert tags(ios.examine({"a": image}, {})) == [tag]


def test_the_exact_release_is_kept_where_the_tag_rounds() -> None:
    (found,) = ios.examine({"a": thin(DEVICE, "arm64", (15, 6, 1))}, {}).requirements
    assert found.exact == (15, 6, 1)
    assert found.reason == "minos 15.6.1 of the arm64 slice for ios"


def test_a_fat_simulator_file_serves_both_processors() -> None:
    fat = macho(part("arm64", (14, 0, 0), platform=SIMULATOR), part("x86_64", (13, 0, 0), platform=SIMULATOR))
    both = ["ios_13_0_x86_64_iphonesimulator", "ios_14_0_arm64_iphonesimulator"]
    assert tags(ios.examine({"a": fat}, {})) == both
    assert tags(ios.examine({"a": fat, "b": thin(SIMULATOR)}, {})) == both[1:], "one thin file decides"


def test_other_platforms_and_missing_releases_are_told() -> None:
    images = {"a": thin(DEVICE), "b": thin(Platform.MACOS), "c": thin(DEVICE, "x86_64")}
    outcome = ios.examine(images, {})
    assert [(f.rule, f.member) for f in outcome.findings] == [
        (rules.MAC_OTHER_PLATFORM, "b"),
        (rules.MAC_OTHER_PLATFORM, "c"),
    ]
    unknown = ios.examine({"a": thin(DEVICE, "arm64", None), "b": thin(Platform.UNKNOWN, "arm64", None)}, {}).unknown
    assert [reason.partition(":")[0] for reason in unknown] == ["a", "b"]


def test_the_apps_python_is_promised() -> None:
    external = {
        "@rpath/Python.framework/Python": ("a",),
        "/usr/lib/libSystem.B.dylib": ("a",),
        "@rpath/x.dylib": ("a",),
    }
    assert [m.library for m in ios.examine({"a": thin(DEVICE)}, external).missing] == ["@rpath/x.dylib"]


def test_a_device_that_no_tag_names_is_unknown() -> None:
    outcome = ios.examine({"a": thin(DEVICE, "armv7")}, {})
    assert (outcome.requirements, outcome.unknown) == ((), ("no slice is for a platform of iOS",))
