"""One platform for all files, and tags that are true of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.binary.fixtures import EM_ARM, Recipe, arm_attributes, make
from tests.ops import fakes
from tests.ops.builds import mach
from tests.ops.pack_fakes import (
    ANDROID,
    ANDROID_BARE,
    EXE,
    EXE_32,
    FIRMWARE,
    FREEBSD,
    LINUX,
    MAC_ARM,
    MAC_BOTH,
    MAC_INTEL,
    OBJECT,
    STATIC,
    STATIC_ARM,
    packed,
    platforms,
    wanted,
)
from tests.policy.images import pe
from tests.strategies.macho import ARM64, DYLIB, X86_64, dylib, fat
from tests.strategies.pe import PeFile
from truewheel.errors import RequestError, Where
from truewheel.ops import Verdict
from truewheel.ops import pack as front
from truewheel.ops.pack_platforms import demand_one_platform
from truewheel.packing.model import Layout

WASM = b"\0asm\1\0\0\0"
SIDE_MODULE = WASM + b"\0\x0f\x08dylink.0" + b"\1\4\0\0\0\0"


@pytest.mark.parametrize(
    ("files", "tags"),
    [
        ({"tool": STATIC}, LINUX),
        ({"tool": STATIC_ARM}, "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64"),
        ({"tool": fakes.program(glibc="2.28")}, "manylinux_2_28_x86_64"),
        ({"tool": STATIC, "x.so": fakes.lib(glibc="2.28")}, "manylinux_2_28_x86_64"),
        ({"x.so": fakes.musl()}, "musllinux_1_1_x86_64"),
        ({"tool": MAC_ARM}, "macosx_12_0_arm64"),
        ({"tool": MAC_INTEL}, "macosx_10_9_x86_64"),
        ({"tool": MAC_BOTH}, "macosx_10_9_x86_64.macosx_12_0_universal2"),
        ({"tool": fat(MAC_INTEL, mach(ARM64, (11, 0), filetype=2))}, "macosx_10_9_universal2"),
        ({"tool": MAC_BOTH, "x.dylib": mach(ARM64, (13, 0), filetype=DYLIB)}, "macosx_13_0_arm64"),
        ({"tool.exe": EXE}, "win_amd64"),
        ({"tool.exe": EXE_32}, "win32"),
        ({"tool": ANDROID}, "android_24_arm64_v8a"),
        ({"tool": STATIC, "lib/a.o": OBJECT, "x.wasm": WASM}, LINUX),
        ({"tool": STATIC, "gpu.co": make(Recipe(type=3, machine=224)).data}, LINUX),
        ({"tool": STATIC, "x.o": mach(ARM64, filetype=1)}, LINUX),
    ],
)
def test_the_lowest_true_tags(files: dict[str, bytes], tags: str) -> None:
    result = packed(files)
    assert platforms(result) == tags
    assert (result.tags.verdict, result.tags.false) == (Verdict.EXACT, ())
    assert result.why


def test_files_for_older_arm_processors_run_beside_newer_ones() -> None:
    attributes = ((0x70000003, "", arm_attributes(6)),)
    recipe = Recipe(bits=32, machine=EM_ARM, flags=0x5000400, type=2)
    older = make(replace(recipe, sections=attributes)).data
    files = {"tool": older, "helper": make(recipe).data}
    assert platforms(packed(files)) == "manylinux2014_armv7l.manylinux_2_17_armv7l.musllinux_1_1_armv7l"


@pytest.mark.parametrize(
    ("files", "one", "other"),
    [
        ({"a.exe": EXE, "b": STATIC}, "a.exe is for Windows on amd64", "b is for Linux on x86_64"),
        ({"a": STATIC, "b": STATIC_ARM}, "a is for Linux on x86_64", "b is for Linux on aarch64"),
        ({"a": STATIC, "b": MAC_BOTH}, "a is for Linux on x86_64", "b is for macOS on arm64 and x86_64"),
        ({"a": MAC_ARM, "b": MAC_INTEL, "c": MAC_BOTH}, "a is for macOS on arm64", "b is for macOS on x86_64"),
        ({"a.exe": EXE, "b.exe": EXE_32}, "a.exe is for Windows on amd64", "b.exe is for Windows on win32"),
        ({"a": STATIC_ARM, "b": ANDROID}, "a is for Linux on aarch64", "b is for Android on aarch64"),
        ({"a": STATIC, "b": FREEBSD}, "a is for Linux on x86_64", "b is for FreeBSD on x86_64"),
        ({"a": STATIC, "b.so": SIDE_MODULE}, "a is for Linux on x86_64", "b.so is for Emscripten on wasm32"),
        (
            {"a": MAC_ARM, "b": mach(ARM64, filetype=2, platform=2)},
            "a is for macOS on arm64",
            "b is for iOS on arm64",
        ),
    ],
)
def test_files_for_different_platforms_are_refused(files: dict[str, bytes], one: str, other: str) -> None:
    with pytest.raises(RequestError) as caught:
        packed(files)
    assert caught.value.what == f"it holds binaries for different platforms: {one}, {other.replace(' is', '')}"
    name = other.partition(" ")[0]
    assert caught.value.where == Where(member=name)
    assert f"--foreign {name}" in caught.value.hint


def test_files_are_named_as_in_the_archive() -> None:
    layout = Layout(strip=1, into="tool", rename={"bin/": "x/"})
    with pytest.raises(RequestError, match=r"platforms: bin/a b is for Linux.*, z\.exe for Windows") as caught:
        packed({"top/bin/a b": STATIC, "top/z.exe": EXE}, wanted(layout=layout))
    assert "--exclude z.exe" in caught.value.hint


def test_three_files_of_which_any_two_would_do() -> None:
    i386 = mach((7, 3), (10, 6), filetype=2)
    ab, bc, ac = fat(MAC_ARM, MAC_INTEL), fat(MAC_INTEL, i386), fat(MAC_ARM, i386)
    with pytest.raises(RequestError, match="a is for macOS on arm64 and x86_64, c for macOS on arm64 and i386"):
        packed({"a": ab, "b": bc, "c": ac})
    with pytest.raises(RequestError, match="a is for macOS on arm64 and x86_64, c for"):
        packed({"a": ab, "b": bc, "c": ac, "d": ab})


def test_libraries_that_one_slice_loads_take_nothing_away() -> None:
    def part(cpu: tuple[int, int], library: str) -> bytes:
        return mach(cpu, (11, 0), dylib(f"@loader_path/{library}"), filetype=2)

    files = {
        "tool": fat(part(X86_64, "libi.dylib"), part(ARM64, "liba.dylib")),
        "liba.dylib": mach(ARM64, (11, 0), filetype=DYLIB),
        "libi.dylib": mach(X86_64, (11, 0), filetype=DYLIB),
    }
    assert platforms(packed(files)) == "macosx_11_0_universal2"


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": b"text", "run": b"#!/bin/sh\n"},
        {"a.o": OBJECT},
        {"a.wasm": WASM},
        {"a.wasm": SIDE_MODULE},
        {"a.o": mach(ARM64, filetype=1)},
        {"xcoff": bytes.fromhex("01f70004") + bytes(100)},
    ],
)
def test_there_must_be_a_binary(files: dict[str, bytes]) -> None:
    with pytest.raises(RequestError, match="there is no binary inside") as caught:
        packed(files)
    assert "build backend" in caught.value.hint


def test_firmware_and_emulated_code_ask_for_no_system() -> None:
    assert platforms(packed({"tool": STATIC, "boot.efi": FIRMWARE})) == LINUX
    with pytest.raises(RequestError, match="there is no binary inside"):
        packed({"boot.efi": FIRMWARE})
    assert platforms(packed({"tool": STATIC, "x.wasm.so": WASM})) == LINUX
    demand_one_platform({"a.exe": pe(arch="arm64", dll=False), "b.dll": pe(hybrid=True)}, {})


# --- what can't be known -------------------------------------------------------------------------------------
def test_other_systems_have_no_tag() -> None:
    with pytest.raises(RequestError, match=r"tool/tool is not for Linux: its EI_OSABI is 9 \(FreeBSD\)") as caught:
        packed({"tool": FREEBSD})
    assert "leave it out" in caught.value.hint
    own = packed({"tool": FREEBSD}, wanted(platforms=("freebsd_14_2_release_amd64",)))
    assert (platforms(own), own.tags.verdict) == ("freebsd_14_2_release_amd64", Verdict.UNKNOWN)


@pytest.mark.parametrize("platform", ["manylinux_2_17", "linux_x86_64", "musllinux_1_2_x86_64", "any", "win_amd64"])
def test_other_systems_never_get_one_of_ours(platform: str) -> None:
    with pytest.raises(RequestError, match="would be false: tool/tool is not for Linux"):
        packed({"tool": FREEBSD}, wanted(platforms=(platform,)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ANDROID_BARE, "tool/tool has no Android note that tells its API level"),
        (make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data, "its interpreter is /lib/ld-strange.so"),
        (make(Recipe(type=3, machine=190)).data, "tool/tool is for machine-190, which no tag names"),
        (PeFile(machine=0x1C4, bits=32, characteristics=0x102).encode(), "is for machine-452, which no tag names"),
        (SIDE_MODULE, "Emscripten"),
    ],
)
def test_what_is_not_known_must_be_said(data: bytes, words: str) -> None:
    name = "tool.so" if data is SIDE_MODULE else "tool"
    with pytest.raises(RequestError, match="for which platform it is can't be told") as caught:
        packed({name: data})
    assert words in caught.value.what
    assert "--plat" in caught.value.hint


def test_two_c_libraries_have_no_platform_in_common() -> None:
    with pytest.raises(RequestError, match="the members are built for glibc and musl"):
        packed({"a.so": fakes.lib(), "b.so": fakes.musl()})


@pytest.mark.parametrize(
    ("data", "platform"),
    [
        (ANDROID_BARE, "android_21_arm64_v8a"),
        (SIDE_MODULE, "pyemscripten_2025_0_wasm32"),
        (make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data, "linux_x86_64"),
    ],
)
def test_what_is_not_known_may_be_demanded(data: bytes, platform: str) -> None:
    name = "tool.so" if data is SIDE_MODULE else "tool"
    result = packed({name: data, "a.txt": b"", "a.o": OBJECT}, wanted(platforms=(platform,)))
    assert (platforms(result), result.tags.verdict) == (platform, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("data", "platform"),
    [
        (ANDROID_BARE, "manylinux_2_17_aarch64"),
        (ANDROID_BARE, "android_21_x86_64"),
        (ANDROID_BARE, "any"),
        (ANDROID_BARE, "freebsd_14_2_release_arm64"),
        (SIDE_MODULE, "linux_x86_64"),
        (make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data, "android_21_x86_64"),
        (make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data, "macosx_11_0_arm64"),
        (make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data, "manylinux_2_17_x86_64"),
        (make(Recipe(type=2, interpreter="/libexec/ld-elf.so.1")).data, "musllinux_1_2_x86_64"),
    ],
)
def test_what_can_not_be_true_is_refused_though_not_all_is_known(data: bytes, platform: str) -> None:
    with pytest.raises(RequestError, match=f"{platform} is demanded, and this file isn't for it") as caught:
        packed({"tool.so": data}, wanted(platforms=(platform,)))
    assert caught.value.where.member == "tool/tool.so"


# --- demanded ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("files", "asked", "tags"),
    [
        ({"tool": STATIC}, ("manylinux_2_28",), "manylinux_2_28_x86_64"),
        ({"tool": STATIC}, ("manylinux2014",), "manylinux2014_x86_64.manylinux_2_17_x86_64"),
        ({"tool": STATIC}, ("musllinux_1_2_x86_64", "manylinux_2_17_x86_64"), None),
        ({"tool": STATIC}, ("linux_x86_64",), "linux_x86_64"),
        ({"tool": MAC_ARM}, ("macosx_13_0_arm64",), "macosx_13_0_arm64"),
        ({"tool.exe": EXE}, ("win_amd64",), "win_amd64"),
    ],
)
def test_stricter_tags_may_be_demanded(files: dict[str, bytes], asked: tuple[str, ...], tags: str | None) -> None:
    result = packed(files, wanted(platforms=asked))
    assert platforms(result) == (tags or "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_2_x86_64")
    assert result.tags.false == ()


@pytest.mark.parametrize(
    ("data", "asked", "words"),
    [
        (
            fakes.program(glibc="2.28"),
            "manylinux_2_17_x86_64",
            "would promise too much: the wheel needs manylinux_2_28",
        ),
        (STATIC, "manylinux_2_17_aarch64", "would promise too much"),
        (STATIC, "any", "would promise too much"),
        (MAC_ARM, "macosx_11_0_arm64", r"would promise too much: the wheel needs macosx_12_0_arm64 \(tool/tool"),
        (MAC_ARM, "macosx_12_3_arm64", "is never asked for"),
        (EXE, "win_arm64", "would promise too much"),
    ],
)
def test_more_generous_tags_are_refused(data: bytes, asked: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        packed({"tool": data}, wanted(platforms=(asked,)))


def test_plain_linux_is_written_for_who_asks_for_it() -> None:
    mips = {"tool": make(Recipe(machine=8, little=True, type=2)).data}
    with pytest.raises(RequestError, match="no tag but linux_mips64el is true of it, which no index takes") as caught:
        packed(mips)
    assert caught.value.hint == "--plat linux_mips64el makes the wheel for yourself all the same"
    assert platforms(packed(mips, wanted(platforms=("linux_mips64el",)))) == "linux_mips64el"
    loader = "/nix/store/x/lib/ld-linux-x86-64.so.2"
    nix = {"tool": make(Recipe(type=2, interpreter=loader, needed=("libc.so.6",))).data}
    with pytest.raises(RequestError, match="a path that no platform promises") as caught:
        packed(nix)
    assert caught.value.where.member == "tool/tool"


def test_a_result_that_is_not_as_it_should_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "platforms_of", lambda *_: ("manylinux_2_40_x86_64",))
    with pytest.raises(RequestError, match="manylinux_2_40_x86_64 would be stricter-than-needed"):
        packed({"tool": STATIC})


def test_slices_for_another_system_are_an_error() -> None:
    """`check` would say so of the wheel."""
    phone = mach(ARM64, (14, 0), filetype=2, platform=2)
    with pytest.raises(RequestError, match=r"the arm64 slice is for ios.*\(MAC001\)"):
        packed({"tool": fat(MAC_INTEL, phone)})


def test_processors_that_no_tag_is_asked_for_are_an_error() -> None:
    with pytest.raises(RequestError, match=r"is never asked for.*\(TAG004\)"):
        packed({"tool": mach((0x01000012, 0), (12, 0), filetype=2)})


def test_older_arm_processors_get_tags_on_demand_alone() -> None:
    """Indexes take no tag for them but linux_armv6l, and refuse a wheel for a single one."""
    attributes = ((0x70000003, "", arm_attributes(6)),)
    older = make(Recipe(bits=32, machine=EM_ARM, flags=0x5000400, type=2, sections=attributes)).data
    assert platforms(packed({"tool": older})) == "manylinux2014_armv7l.manylinux_2_17_armv7l.musllinux_1_1_armv7l"
    asked = packed({"tool": older}, wanted(platforms=("linux_armv6l",)))
    assert platforms(asked) == "linux_armv6l"
