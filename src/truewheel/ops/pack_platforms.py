"""The platform of what is packed: one for all files, with tags that are true, or with the stricter ones demanded."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from truewheel.binary import Elf, Image, MachO, Pe
from truewheel.binary.model import Platform
from truewheel.errors import RequestError, Where
from truewheel.ops.repaired_tags import because, whole_platforms
from truewheel.ops.retag import demanded_platforms, true_platforms, with_legacy
from truewheel.ops.verdict import Tags, is_loadable, some
from truewheel.policy import canonical_platform, fits, floor_of, promises
from truewheel.policy.apple import LOADABLE, label
from truewheel.policy.libc import BIONIC, UNKNOWN, libc_of, other_system
from truewheel.policy.windows import is_firmware

_OLD_ARM: Final = ("armv4tl", "armv5tel", "armv6l")
_UNTAGGED: Final = "machine-"
# Old files don't say which system of Apple's they are for, and are macOS' then.
_APPLE: Final = {Platform.MACOS: "macOS", Platform.UNKNOWN: "macOS", Platform.IOS: "iOS"}

_Place = tuple[str, str]
"""A system and a processor, in words."""


def demand_one_platform(images: Mapping[str, Image], libcs: Mapping[str, str]) -> None:
    """Raise `RequestError` unless some platform has a use for all files, and there is one at all.

    `images` and `libcs`, the C libraries of the ELF files, are by name in the archive. Files for no system, as objects
    and modules of WebAssembly are, don't count.
    """
    everywhere = {name: _places(name, image, libcs.get(name, "")) for name, image in sorted(images.items())}
    there = {name: places for name, places in everywhere.items() if places}
    tagged = {name: places for name, places in there.items() if any(map(_has_a_word, places))}
    found = tagged or there
    if not found:
        raise RequestError(
            "there is no binary inside: no program or library that is an ELF, Mach-O or PE file",
            hint="a package without native code needs no pack: any build backend makes one wheel for all platforms",
        )
    if frozenset.intersection(*found.values()):
        return
    one, other = _apart(found)
    raise RequestError(
        f"it holds binaries for different platforms: {one} is for {_spoken(found[one])}, "
        f"{other} for {_spoken(found[other])}",
        where=Where(member=other),
        hint=f"leave out what isn't for this platform, such as --exclude {shlex.quote(other)}, or say "
        f"--foreign {shlex.quote(other)} where it is data of the program",
    )


def at_home(strangers: Mapping[str, Image], images: Mapping[str, Image]) -> frozenset[str]:
    """Which of the `strangers` are for the platform that all `images` are for, as each file says itself."""
    everywhere = [places for name, image in images.items() if (places := _by_itself(name, image))]
    home = frozenset.intersection(*everywhere) if everywhere else frozenset()
    return frozenset(name for name, image in strangers.items() if home & _by_itself(name, image))


def _by_itself(name: str, image: Image) -> frozenset[_Place]:
    return _places(name, image, libc_of(image, name).name if isinstance(image, Elf) else "")


def _has_a_word(place: _Place) -> bool:
    """Whether tags know the processor: what they don't is for graphics processors and the like, and data."""
    return not place[1].startswith(_UNTAGGED)


def _apart(found: Mapping[str, frozenset[_Place]]) -> tuple[str, str]:
    """Two files that no platform has in common, or else the first and the one that leaves none in common."""
    firsts = {places: name for name, places in reversed(list(found.items()))}
    pairs = [tuple(sorted((firsts[a], firsts[b]))) for a, b in itertools.combinations(firsts, 2) if not a & b]
    if pairs:
        one, other = min(pairs)
        return one, other
    names = list(found)
    common = found[names[0]]
    for name in names[1:-1]:
        common &= found[name]
        if not common:
            return names[0], name
    return names[0], names[-1]


def _spoken(places: frozenset[_Place]) -> str:
    """Systems and their processors: ``macOS on arm64 and x86_64``."""
    systems: dict[str, list[str]] = {}
    for system, arch in sorted(places):
        systems.setdefault(system, []).append(arch)
    return ", ".join(f"{system} on {' and '.join(archs)}" for system, archs in systems.items())


def _places(name: str, image: Image, libc: str) -> frozenset[_Place]:
    """Where a file is run or loaded; nothing for what no system does that with."""
    if isinstance(image, Elf):
        return frozenset(_elf_place(image, libc))
    if isinstance(image, MachO):
        parts = (part for part in image.slices if part.filetype in LOADABLE)
        return frozenset((_APPLE.get(part.platform) or label(part.platform), part.arch) for part in parts)
    if isinstance(image, Pe):
        emulated = image.hybrid and image.arch == "amd64"
        return frozenset() if is_firmware(image) or emulated else frozenset({("Windows", image.arch)})
    return frozenset({("Emscripten", image.arch)}) if image.shared and name.endswith(".so") else frozenset()


def _elf_place(elf: Elf, libc: str) -> Iterator[_Place]:
    if not is_loadable(elf):
        return
    other = other_system(elf)
    system = other.name if other else "Android" if libc == BIONIC else "Linux"
    yield system, "armv7l" if elf.arch in _OLD_ARM else elf.arch


# --- tags ----------------------------------------------------------------------------------------------------
def platforms_of(
    tags: Tags, wanted: tuple[str, ...], images: Mapping[str, Image], libcs: Mapping[str, str]
) -> tuple[str, ...]:
    """The tags that a wheel gets: those that are `wanted`, if they are true, or else the lowest that are.

    Raises `RequestError` where the truth isn't known, and where it is that no index takes the wheel.
    """
    if wanted:
        demanded = demanded_platforms(whole_platforms(wanted, images), tags)
        if tags.computed is None:
            for platform in demanded:
                _demand_possible(platform, tags, images, libcs)
        return with_legacy(map(canonical_platform, demanded))
    if tags.elsewhere:
        raise RequestError(some(tags.reasons), hint="no tag that an index takes is for such a system: leave it out")
    if tags.computed is None:
        raise RequestError(
            f"for which platform it is can't be told: {some(tags.reasons)}",
            hint="name it with --plat if you know it, or leave the file out with --exclude",
        )
    chosen = _in_use(true_platforms(tags))
    if any(platform.startswith("linux_") for platform in chosen):
        raise RequestError(
            f"no tag but {', '.join(chosen)} is true of it, which no index takes: {because(tags.deciding)}",
            where=Where(member=next((r.member for r in tags.deciding if r.floor.family == "linux"), "")),
            hint=f"--plat {chosen[0]} makes the wheel for yourself all the same",
        )
    return chosen


def _in_use(platforms: tuple[str, ...]) -> tuple[str, ...]:
    """The tags without those of ARM processors before ARMv7, where there are others.

    Indexes take none of these with a C library in it, and would refuse the whole wheel: they are for who demands them.
    """
    modern = tuple(platform for platform in platforms if not platform.endswith(_OLD_ARM))
    return modern or platforms


def _may_run(elf: Elf, libc: str, family: str) -> bool:
    """Whether a family of platforms, such as musllinux, may run a file of which not all is known.

    An interpreter that nobody knows lies on no platform that a tag describes.
    """
    if other_system(elf) or (libc == BIONIC) is not (family == "android"):
        return False
    return elf.interpreter is None or libc != UNKNOWN or family == "linux"


def _demand_possible(platform: str, tags: Tags, images: Mapping[str, Image], libcs: Mapping[str, str]) -> None:
    """Raise `RequestError` for a tag that can't be true of files of which not all is known."""
    floor = floor_of(canonical_platform(platform))
    for member, image in sorted(images.items()):
        if not _places(member, image, libcs.get(member, "")):
            continue
        if floor is not None:
            possible = all(fits(image, promise) for promise in promises(floor))
            if isinstance(image, Elf):
                possible = possible and _may_run(image, libcs.get(member, ""), floor.family)
        else:
            possible = platform != "any" and isinstance(image, Elf) and other_system(image) is not None
        if not possible:
            raise RequestError(
                f"{platform} is demanded, and this file isn't for it ({some(tags.reasons)})",
                where=Where(member=member),
                hint="--plat names the platform that all files are for",
            )
