"""Platform tags: which of them installers ask for, what floor they stand for, and which promises are kept.

The patterns are those that packaging.tags generates (PEPs 425, 513, 571, 599, 600, 656, 730, 738, 783).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from truewheel.policy.model import Floor

_LEGACY = re.compile(r"(manylinux1|manylinux2010|manylinux2014)_(\w+)")
_ALIASES = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
_VERSIONED = re.compile(r"(manylinux|musllinux|macosx|ios|pyemscripten|pyodide)_(\d{1,9})_(\d{1,9})_([a-z]\w*)")
_EMSCRIPTEN = re.compile(r"(emscripten)_(\d{1,9})_(\d{1,9})_(\d{1,9})_(wasm32)")
_ANDROID = re.compile(r"(android)_(\d{1,9})_([a-z]\w*)")
_PLAIN = re.compile(r"(linux|win)_([a-z]\w*)")
# sysconfig.get_platform() of systems without a standard of their own; packaging asks for it as it is.
_GENERIC = re.compile(r"(?:aix|cygwin|dragonfly|freebsd|haiku|mingw|msys|netbsd|openbsd|solaris|sunos|wasi)\w*")

_GLIBC_ARCHS = {
    "aarch64",
    "armv7l",
    "armv8l",
    "i686",
    "loongarch64",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "x86_64",
}
_X86 = {"i686", "x86_64"}
MAC_ARCHS: Final = {
    "arm64": {"arm64"},
    "fat": {"i386", "ppc"},
    "fat3": {"i386", "ppc", "x86_64"},
    "fat64": {"ppc64", "x86_64"},
    "i386": {"i386"},
    "intel": {"i386", "x86_64"},
    "ppc": {"ppc"},
    "ppc64": {"ppc64"},
    "universal": {"i386", "ppc", "ppc64", "x86_64"},
    "universal2": {"arm64", "x86_64"},
    "x86_64": {"x86_64"},
}
"""The processors that each architecture of a macOS tag stands for (packaging.tags, `_mac_binary_formats`)."""

_FIRST_ARM64 = (11, 0)
_MAC_LAST = {"i386": (10, 14), "ppc": (10, 5), "ppc64": (10, 5)}
_MAC_UNTIL_10 = {"fat", "i386", "ppc", "ppc64"}
_IOS_ARCHS = {"arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator"}
_ANDROID_ARCHS = {"arm64_v8a", "armeabi_v7a", "x86", "x86_64"}
_WINDOWS_ARCHS = {"amd64", "arm64", "win32"}


def canonical(platform: str) -> str:
    """A platform tag in the modern spelling: manylinux1, 2010 and 2014 as PEP 600 writes them."""
    match = _LEGACY.fullmatch(platform)
    return f"{_ALIASES[match[1]]}_{match[2]}" if match else platform


def floor_of(platform: str) -> Floor | None:
    """What a platform tag promises; None for ``any`` and for what is no platform tag of a known family."""
    tag = canonical(platform)
    if tag == "win32":
        return Floor("win", "win32", ())
    for pattern in (_VERSIONED, _EMSCRIPTEN, _ANDROID, _PLAIN):
        match = pattern.fullmatch(tag)
        if match:
            family, *version, arch = match.groups()
            return Floor(family, arch, tuple(map(int, version)))
    return None


def admits(claimed: Floor, computed: Floor) -> bool:
    """Whether the promise of `claimed` is kept by what needs `computed`: it runs on all that the claim admits.

    ``linux_ARCH`` promises no C library, only "such a machine as this", so any need of that processor keeps it.
    A universal2 promise is not kept by one architecture alone; a promise of one is kept by universal2.
    """
    if claimed.family == "linux" and computed.family in {"linux", "manylinux", "musllinux"}:
        return claimed.arch == computed.arch
    if claimed.family != computed.family:
        return False
    if claimed.family == "macosx":
        covered = _mac_archs(claimed.arch) <= _mac_archs(computed.arch)
        return covered and _mac_release(claimed.version) >= _mac_release(computed.version)
    return claimed.arch == computed.arch and claimed.version >= computed.version


def promises(claimed: Floor) -> tuple[Floor, ...]:
    """What a tag promises of each processor that it stands for: one floor for each.

    A processor counts only for releases that there are on it: macosx_10_9_universal2 means 11.0 on arm64, and
    macosx_11_0_intel says nothing of i386.
    """
    if claimed.family != "macosx":
        return (claimed,)
    parts = [claimed._replace(arch=arch) for arch in sorted(_mac_archs(claimed.arch))]
    there = [part for part in parts if part.version <= _MAC_LAST.get(part.arch, part.version)]
    return tuple(
        part._replace(version=max(part.version, _FIRST_ARM64)) if part.arch == "arm64" else part
        for part in there or parts
    )


def spelled(floors: Iterable[Floor]) -> tuple[str, ...]:
    """The lowest tags that say some floors, at most one of which is for each family and processor; sorted.

    x86_64 and arm64 of macOS become universal2, with the lower of the two beside it where that can't say it.
    """
    found = {(floor.family, floor.arch): floor for floor in floors}
    arm64, x86_64 = found.get(("macosx", "arm64")), found.get(("macosx", "x86_64"))
    if arm64 and x86_64:
        version = max(arm64.version, x86_64.version) if arm64.version > _FIRST_ARM64 else x86_64.version
        both = Floor("macosx", "universal2", version)
        for part in promises(both):
            if found[part.family, part.arch].version >= part.version:
                del found[part.family, part.arch]
        found[both.family, both.arch] = both
    return tuple(sorted(floor.tag for floor in found.values()))


def _mac_archs(arch: str) -> set[str]:
    return MAC_ARCHS.get(arch, {arch})


def _mac_release(version: tuple[int, ...]) -> tuple[int, ...]:
    """Two names of one release made equal: 10.16 is 11.0, and after 15 came 26."""
    if version[0] == 10 and version[1:] >= (16,):
        return (11, 0)
    return (26, 0) if 16 <= version[0] <= 25 else version


def problem(platform: str) -> str | None:
    """Why no installer ever asks for a platform tag, in words that name it; None if one does.

    ``linux_ARCH`` is asked for by installers, though PyPI doesn't take it.
    """
    if platform == "any" or _GENERIC.fullmatch(platform):
        return None
    floor = floor_of(platform)
    check = _CHECKS.get(floor.family) if floor else None
    if floor is None or check is None:
        return f"{platform} is no platform tag that an installer knows"
    reason = check(floor)
    return f"{platform} is never asked for: {reason}" if reason else None


def _linux(floor: Floor) -> str | None:  # noqa: ARG001 - each check has the same shape; any processor may be named
    return None


def _manylinux(floor: Floor) -> str | None:
    if floor.arch not in _GLIBC_ARCHS:
        return f"there are no manylinux tags for {floor.arch}"
    oldest = (2, 5) if floor.arch in _X86 else (2, 17)
    if floor.version < oldest:
        return f"on {floor.arch} they begin with {oldest[0]}_{oldest[1]}"
    return None if floor.version[0] == 2 else f"there is no glibc {floor.version[0]}"


def _musllinux(floor: Floor) -> str | None:
    return None if floor.version[0] == 1 else f"there is no musl {floor.version[0]}"


def _macosx(floor: Floor) -> str | None:
    major, minor = floor.version
    if floor.arch not in MAC_ARCHS:
        return f"{floor.arch} is no architecture of macOS"
    if major >= 11:
        if minor:
            return f"from macOS 11 on only whole releases are, such as macosx_{major}_0_{floor.arch}"
        return f"macOS {major} doesn't run on {floor.arch}" if floor.arch in _MAC_UNTIL_10 else None
    if floor.arch == "arm64":
        return "macOS runs on arm64 from 11.0 on"
    if major < 10 or not 0 <= minor <= 16 or (minor < 4 and not floor.arch.startswith(("ppc", "fat", "universal"))):
        return f"there is no macOS {major}.{minor} for {floor.arch}"
    return None


def _ios(floor: Floor) -> str | None:
    if floor.arch not in _IOS_ARCHS:
        return f"{floor.arch} is no platform of iOS"
    if floor.version < (12, 0):
        return "they begin with iOS 12.0"
    return None


def _android(floor: Floor) -> str | None:
    if floor.arch not in _ANDROID_ARCHS:
        return f"{floor.arch} is no ABI of Android"
    return "they begin with API level 16" if floor.version < (16,) else None


def _windows(floor: Floor) -> str | None:
    return None if floor.arch in _WINDOWS_ARCHS else f"Python isn't built for Windows on {floor.arch}"


def _wasm(floor: Floor) -> str | None:
    return None if floor.arch == "wasm32" else f"Emscripten builds for wasm32, not {floor.arch}"


_CHECKS: Final[dict[str, Callable[[Floor], str | None]]] = {
    "android": _android,
    "emscripten": _wasm,
    "ios": _ios,
    "linux": _linux,
    "macosx": _macosx,
    "manylinux": _manylinux,
    "musllinux": _musllinux,
    "pyemscripten": _wasm,
    "pyodide": _wasm,
    "win": _windows,
}
