"""Which slices of Mach-O files a repair is about, and which ones from outside dyld would take for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from truewheel.binary import MachO
from truewheel.binary.model import Dylib, Platform, Slice, Version3
from truewheel.policy import Floor, Requirement, floor_of
from truewheel.policy.apple import LOADABLE, label
from truewheel.policy.macos import relied_on
from truewheel.wheel import WheelName

EXECUTE: Final = 2
"""MH_EXECUTE: a program."""
DYLIB: Final = 6
"""MH_DYLIB: what can be linked. Bundles (MH_BUNDLE), which modules are, can only be opened."""

_PLAIN: Final = {"arm64e": "arm64", "x86_64h": "x86_64"}
_IOS: Final = {"iphoneos": Platform.IOS, "iphonesimulator": Platform.IOS_SIMULATOR}


def platforms_of(name: WheelName, requirements: Iterable[Requirement]) -> frozenset[Platform]:
    """The platforms whose slices a wheel is for, by its tags and, where they are false, by what its files need."""
    floors = [floor for platform in name.platforms if (floor := floor_of(platform)) is not None]
    claimed = frozenset(filter(None, map(_platform, floors)))
    there = frozenset(filter(None, (_platform(requirement.floor) for requirement in requirements)))
    found = claimed if claimed and claimed <= there else claimed | there
    return found or frozenset({Platform.MACOS})


def architectures_of(name: WheelName, requirements: Iterable[Requirement]) -> frozenset[str]:
    """The processors that a wheel must work on, by its tags and, where they are false, by what its files need.

    None for a wheel that is for any.
    """
    floors = [floor for platform in name.platforms if (floor := floor_of(platform)) is not None]
    ios = frozenset(floor.arch.partition("_iphone")[0] for floor in floors if floor.family == "ios")
    there = {requirement.floor.arch for requirement in requirements if requirement.floor.family == "macosx"}
    return ios | (there if ios else relied_on(name.platforms, there))


def _platform(floor: Floor) -> Platform | None:
    if floor.family == "macosx":
        return Platform.MACOS
    return _IOS.get(floor.arch.rpartition("_")[2]) if floor.family == "ios" else None


def is_for(arch: str, archs: Collection[str]) -> bool:
    """Whether a slice counts in a wheel for some processors, or for any where it names none."""
    return not archs or arch in archs or _PLAIN.get(arch) in archs


def linked_slices(image: MachO, platforms: Collection[Platform]) -> Iterator[Slice]:
    """The slices that a loader of the platforms starts, opens or links.

    One that names no platform at all was made before there were several.
    """
    allowed = {*platforms, Platform.UNKNOWN}
    return (part for part in image.slices if part.filetype in LOADABLE and part.platform in allowed)


def serving(image: MachO, arch: str) -> Slice | None:
    """The slice of a file that dyld takes in a process of an architecture: the very one, else the plain one."""
    found = {part.arch: part for part in image.slices}
    return found.get(arch) or found.get(_PLAIN.get(arch, ""))


def unfit(image: MachO, asker: Slice, path: str, demanded: Version3) -> str:
    """What speaks against a file as a library for a slice of the file `path`; "" if nothing does.

    `demanded` is the compatibility version that the slice was linked with: dyld takes no older one.
    """
    part = serving(image, asker.arch)
    if part is None:
        return f"is for {' and '.join(image.archs)}"
    if part.filetype != DYLIB:
        return "is no dynamic library"
    if part.platform is not asker.platform and Platform.UNKNOWN not in {part.platform, asker.platform}:
        return f"is for {label(part.platform)}"
    if part.compatibility is not None and part.compatibility < demanded:
        return f"is compatible with version {_dotted(part.compatibility)}, and {path} demands {_dotted(demanded)}"
    return ""


def needs(part: Slice) -> dict[str, list[Dylib]]:
    """What a slice loads, by name, in the order of its commands; one name may stand in several."""
    found: dict[str, list[Dylib]] = {}
    for dylib in part.dylibs:
        found.setdefault(dylib.name, []).append(dylib)
    return found


def is_optional(dylibs: Collection[Dylib]) -> bool:
    """Whether a slice starts without a library: it is loaded weakly, or on first use."""
    return all(dylib.kind in {"weak", "lazy"} for dylib in dylibs)


def own_name(image: MachO, path: str) -> str:
    """The file name of a library as its makers know it: that of its install name, or of the file."""
    names = (part.install_name for part in sorted(image.slices, key=lambda part: part.arch))
    bases = (name.rpartition("/")[2] for name in (*filter(None, names), path))
    return next((base for base in bases if base not in {"", ".", ".."}), "lib")


def _dotted(version: Version3) -> str:
    return ".".join(map(str, version))
