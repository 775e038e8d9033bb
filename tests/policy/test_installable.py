"""Platform tags: asked for by installers or not, parsed to floors, and kept or broken as promises."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from packaging import tags as packaging_tags

from truewheel.policy import admits, canonical_platform, floor_of, installable_problem, promises, spelled
from truewheel.policy.installable import MAC_ARCHS
from truewheel.policy.model import Floor


@pytest.mark.parametrize(
    ("written", "modern"),
    [
        ("manylinux1_x86_64", "manylinux_2_5_x86_64"),
        ("manylinux2010_i686", "manylinux_2_12_i686"),
        ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux_2_28_x86_64", "manylinux_2_28_x86_64"),
        ("macosx_10_9_x86_64", "macosx_10_9_x86_64"),
        ("any", "any"),
    ],
)
def test_canonical(written: str, modern: str) -> None:
    assert canonical_platform(written) == modern


@pytest.mark.parametrize(
    ("tag", "floor"),
    [
        ("manylinux2014_x86_64", Floor("manylinux", "x86_64", (2, 17))),
        ("musllinux_1_2_armv7l", Floor("musllinux", "armv7l", (1, 2))),
        ("linux_x86_64", Floor("linux", "x86_64", ())),
        ("macosx_10_9_universal2", Floor("macosx", "universal2", (10, 9))),
        ("win32", Floor("win", "win32", ())),
        ("win_amd64", Floor("win", "amd64", ())),
        ("ios_13_0_arm64_iphonesimulator", Floor("ios", "arm64_iphonesimulator", (13, 0))),
        ("android_21_arm64_v8a", Floor("android", "arm64_v8a", (21,))),
        ("pyemscripten_2026_0_wasm32", Floor("pyemscripten", "wasm32", (2026, 0))),
        ("emscripten_3_1_58_wasm32", Floor("emscripten", "wasm32", (3, 1, 58))),
    ],
)
def test_floors_and_back(tag: str, floor: Floor) -> None:
    assert floor_of(tag) == floor
    assert floor.tag == canonical_platform(tag)


@pytest.mark.parametrize("tag", ["any", "manylinux_x86_64", "macosx_11_arm64", "freebsd_13_amd64", "", "macosx_1x_0_a"])
def test_no_floor(tag: str) -> None:
    assert floor_of(tag) is None


@pytest.mark.parametrize(
    "tag",
    [
        "any",
        "linux_x86_64",
        "manylinux1_i686",
        "manylinux2014_ppc64le",
        "manylinux_2_5_x86_64",
        "manylinux_2_17_s390x",
        "manylinux_2_31_riscv64",
        "musllinux_1_1_x86_64",
        "macosx_10_9_universal2",
        "macosx_10_16_x86_64",
        "macosx_11_0_arm64",
        "macosx_26_0_arm64",
        "macosx_16_0_arm64",
        "macosx_11_0_intel",
        "macosx_10_6_intel",
        "win32",
        "win_arm64",
        "ios_13_0_arm64_iphoneos",
        "android_21_x86",
        "pyodide_2025_0_wasm32",
        "pyemscripten_2026_0_wasm32",
        "freebsd_13_2_release_amd64",
    ],
)
def test_installers_ask_for(tag: str) -> None:
    assert installable_problem(tag) is None


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        ("macosx_11_7_arm64", "macosx_11_0_arm64"),
        ("macosx_12_3_universal2", "macosx_12_0_universal2"),
        ("macosx_10_9_arm64", "11.0"),
        ("macosx_10_17_x86_64", "10.17"),
        ("macosx_10_3_x86_64", "10.3"),
        ("macosx_11_0_i386", "i386"),
        ("macosx_11_0_arm64e", "arm64e"),
        ("manylinux2010_aarch64", "2_17"),
        ("manylinux_2_4_x86_64", "2_5"),
        ("manylinux_2_17_mips64", "mips64"),
        ("manylinux_3_0_x86_64", "glibc 3"),
        ("manylinux_x86_64", "no platform tag"),
        ("musllinux_2_0_x86_64", "musl 2"),
        ("win_x86_64", "x86_64"),
        ("windows_amd64", "no platform tag"),
        ("ios_11_0_arm64_iphoneos", "12.0"),
        ("ios_13_0_armv7_iphoneos", "armv7_iphoneos"),
        ("android_15_x86", "16"),
        ("android_21_mips", "mips"),
        ("pyemscripten_2026_0_wasm64", "wasm64"),
        ("macosx", "no platform tag"),
    ],
)
def test_nobody_asks_for(tag: str, word: str) -> None:
    reason = installable_problem(tag)
    assert reason is not None
    assert reason.startswith(tag)
    assert word in reason


_MACS = [(arch, (n, 0)) for n in (11, 15, 16, 26) for arch in ("x86_64", "arm64")]
_MACS += [("x86_64", (10, 9)), ("i386", (10, 6)), ("ppc", (10, 5)), ("arm64", (12, 3)), ("arm64", (26, 1))]


@pytest.mark.parametrize(("arch", "version"), _MACS)
def test_packaging_generates_no_mac_tag_that_we_call_impossible(arch: str, version: tuple[int, int]) -> None:
    made = list(packaging_tags.mac_platforms(version, arch))
    assert made
    assert [tag for tag in made if installable_problem(tag)] == []


@pytest.mark.parametrize("multiarch", ["arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator"])
def test_packaging_generates_no_ios_tag_that_we_call_impossible(multiarch: str) -> None:
    made = list(packaging_tags.ios_platforms((17, 4), multiarch))
    assert made
    assert [tag for tag in made if installable_problem(tag)] == []


@pytest.mark.parametrize(
    ("claimed", "computed", "kept"),
    [
        ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", True),
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64", True),
        ("manylinux_2_17_x86_64", "manylinux_2_28_x86_64", False),
        ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", False),
        ("manylinux_2_28_x86_64", "musllinux_1_1_x86_64", False),
        ("manylinux_2_28_x86_64", "linux_x86_64", False),
        ("linux_x86_64", "manylinux_2_28_x86_64", True),
        ("linux_x86_64", "musllinux_1_2_x86_64", True),
        ("linux_x86_64", "linux_x86_64", True),
        ("linux_x86_64", "linux_aarch64", False),
        ("linux_x86_64", "win_amd64", False),
        ("macosx_11_0_arm64", "macosx_12_0_arm64", False),
        ("macosx_12_0_arm64", "macosx_11_0_arm64", True),
        ("macosx_10_15_x86_64", "macosx_10_15_universal2", True),
        ("macosx_11_0_arm64", "macosx_10_15_universal2", True),
        ("macosx_10_9_universal2", "macosx_10_9_x86_64", False),
        ("macosx_10_9_universal2", "macosx_10_13_universal2", False),
        ("macosx_10_16_x86_64", "macosx_11_0_x86_64", True),
        ("macosx_16_0_arm64", "macosx_26_0_arm64", True),
        ("macosx_15_0_arm64", "macosx_26_0_arm64", False),
        ("win_amd64", "win_amd64", True),
        ("win_amd64", "win32", False),
        ("android_21_x86_64", "android_24_x86_64", False),
        ("ios_13_0_arm64_iphonesimulator", "ios_14_0_arm64_iphonesimulator", False),
        ("ios_14_0_arm64_iphoneos", "ios_14_0_arm64_iphonesimulator", False),
    ],
)
def test_promises(claimed: str, computed: str, kept: bool) -> None:
    first, second = floor_of(claimed), floor_of(computed)
    assert first is not None
    assert second is not None
    assert admits(first, second) is kept


@pytest.mark.parametrize(
    ("claimed", "parts"),
    [
        ("manylinux2014_x86_64", ["manylinux_2_17_x86_64"]),
        ("win32", ["win32"]),
        ("macosx_12_0_arm64", ["macosx_12_0_arm64"]),
        ("macosx_10_9_universal2", ["macosx_11_0_arm64", "macosx_10_9_x86_64"]),
        ("macosx_13_0_universal2", ["macosx_13_0_arm64", "macosx_13_0_x86_64"]),
        ("macosx_10_6_intel", ["macosx_10_6_i386", "macosx_10_6_x86_64"]),
        ("macosx_11_0_intel", ["macosx_11_0_x86_64"]),
        ("macosx_10_4_fat", ["macosx_10_4_i386", "macosx_10_4_ppc"]),
        ("macosx_10_6_fat3", ["macosx_10_6_i386", "macosx_10_6_x86_64"]),
        ("macosx_10_5_fat64", ["macosx_10_5_ppc64", "macosx_10_5_x86_64"]),
        ("macosx_10_6_ppc", ["macosx_10_6_ppc"]),
    ],
)
def test_a_tag_is_a_promise_for_each_processor(claimed: str, parts: list[str]) -> None:
    floor = floor_of(claimed)
    assert floor is not None
    assert [part.tag for part in promises(floor)] == parts


def test_packaging_offers_each_architecture_to_the_processors_that_it_stands_for() -> None:
    hosts = {"arm64": (12, 0), "i386": (10, 5), "ppc": (10, 5), "ppc64": (10, 5), "x86_64": (10, 5)}
    offered: dict[str, set[str]] = {}
    for host, version in hosts.items():
        for tag in packaging_tags.mac_platforms(version, host):
            offered.setdefault(tag.split("_", 3)[3], set()).add(host)
    assert offered == MAC_ARCHS


_RELEASES = st.sampled_from([(10, 9), (10, 15), (11, 0), (12, 0), (13, 0), (26, 0)])


@given(_RELEASES, _RELEASES.filter(lambda release: release >= (11, 0)))
def test_the_tags_of_two_floors_admit_what_the_floors_do(x86_64: tuple[int, int], arm64: tuple[int, int]) -> None:
    floors = {"arm64": Floor("macosx", "arm64", arm64), "x86_64": Floor("macosx", "x86_64", x86_64)}
    claims = [floor for tag in spelled(floors.values()) for floor in promises(floor_of(tag) or floors["arm64"])]
    for arch, floor in floors.items():
        assert min(claim.version for claim in claims if claim.arch == arch) == floor.version
