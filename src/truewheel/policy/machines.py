"""Which machine a native file is for, compared with the words of platform tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from truewheel.binary.model import Elf, Image
from truewheel.policy.model import Floor

_FORMATS: Final[Mapping[str, str]] = {
    "android": "elf",
    "emscripten": "wasm",
    "ios": "macho",
    "linux": "elf",
    "macosx": "macho",
    "manylinux": "elf",
    "musllinux": "elf",
    "pyemscripten": "wasm",
    "pyodide": "wasm",
    "win": "pe",
}
_ANDROID = {"arm64_v8a": "aarch64", "armeabi_v7a": "armv7l", "x86": "i686"}
_SYSTEMS: Final[Mapping[str, str]] = {"elf": "linux", "macho": "macosx", "pe": "win", "wasm": "emscripten"}


def system(floor: Floor) -> str:
    """The operating system of a family: one name for all kinds of Linux."""
    return "linux" if floor.family in {"manylinux", "musllinux"} else floor.family


def format_of(floor: Floor) -> str:
    """The format of the native files that a platform loads: elf, macho, pe or wasm; "" for an unknown family."""
    return _FORMATS.get(floor.family, "")


def fits(image: Image, promise: Floor) -> bool:
    """Whether a file is for the system and processor of a promise, as far as its header tells.

    A promise is for one processor (`truewheel.policy.promises`). Code of older ARM processors runs on armv7l.
    """
    if _FORMATS.get(promise.family) != image.format:
        return False
    arch = promise.arch
    if promise.family == "android":
        arch = _ANDROID.get(arch, arch)
    elif promise.family == "ios":
        arch = arch.partition("_iphone")[0]
    elif arch == "armv8l":
        arch = "armv7l"
    return arch in image.archs or (arch == "armv7l" and isinstance(image, Elf) and image.arch.startswith("arm"))


def places(image: Image) -> frozenset[tuple[str, str]]:
    """The systems and processors that a file's header names."""
    return frozenset((_SYSTEMS[image.format], arch) for arch in image.archs)
