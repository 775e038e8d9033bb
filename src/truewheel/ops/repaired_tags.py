"""The tags that a repaired wheel gets.

On Linux they are exact: the lowest that are true. Elsewhere a name that is true stays, be it stricter than it need
be, and what is false is raised until it isn't: macOS' tags say for which release a wheel was made, and whoever wrote
a higher one meant it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from truewheel.binary import Elf, Image
from truewheel.errors import RequestError, Where
from truewheel.ops.fates import base_name
from truewheel.ops.plan import Changes, Plan
from truewheel.ops.retag import demanded_platforms, true_platforms, with_legacy
from truewheel.ops.verdict import Tags, machine, some
from truewheel.policy import Floor, Requirement, canonical_platform, floor_of, installable_problem, promises, spelled
from truewheel.policy.group import is_loaded

_WITHOUT_ARCH = re.compile(r"manylinux(1|2010|2014|_\d+_\d+)|(musllinux)_\d+_\d+|linux")
_LINUX = ("linux", "manylinux", "musllinux", "android")
_FIRST_ARM64 = (11, 0)


def whole_platforms(platforms: Iterable[str], images: Mapping[str, Image]) -> tuple[str, ...]:
    """The demanded tags, with the architecture of the files where one was given without.

    Files for what no tag has a word for, such as graphics processors, don't take part.
    """
    loaded = (image for image in images.values() if isinstance(image, Elf) and is_loaded(image))
    archs = sorted({image.arch for image in loaded if not image.arch.startswith("machine-")})
    parts = [part for platform in platforms for part in platform.split(".")]
    found: list[str] = []
    for part in parts:
        bare = archs and _WITHOUT_ARCH.fullmatch(part) is not None
        found += [f"{part}_{arch}" for arch in archs] if bare else [part]
    return tuple(dict.fromkeys(found))


def ceiling_of(platforms: Iterable[str]) -> Floor | None:
    """The floor that decides which libraries the platform promises."""
    floors = [floor for platform in platforms if (floor := floor_of(canonical_platform(platform)))]
    promising = [floor for floor in floors if floor.family in {"manylinux", "android"}]
    return min(promising, key=lambda floor: floor.version, default=None)


def platforms_of(
    after: Tags, wanted: tuple[str, ...], planned: Plan[Changes], *, only: bool = False
) -> tuple[str, ...]:
    """The tags for a wheel with the verdict `after`; with `only` it gets those that are `wanted`, and no lower ones.

    Raises `RequestError` where a wanted tag isn't true, and where no true one can be written.
    """
    if wanted:
        demanded = _demanded(after, wanted, planned)
        if only or after.computed is None:
            return with_legacy(map(canonical_platform, demanded))
        return true_platforms(after) if _for_linux(after.claimed) else _raised(after)
    _demand_files(after)
    if not _for_linux(after.claimed):
        return _raised(after)
    chosen = true_platforms(after)
    if any(platform.startswith("linux_") for platform in chosen):
        raise RequestError(
            f"no tag but {', '.join(chosen)} is true of it, which no index takes: {because(after.deciding)}",
            where=Where(member=next((r.member for r in after.deciding if r.floor.family == "linux"), "")),
            hint=_way_out(after.deciding, planned, f"--plat {chosen[0]} makes the wheel for yourself all the same"),
        )
    return _held(chosen, after)


def _demand_files(after: Tags) -> None:
    """Raise `RequestError` where no tag of a name is true, and one is of a processor that there are no files for.

    Its makers meant what they wrote; the tag that is true of such a mix-up is no repair of it.
    """
    kinds = {machine(requirement.floor) for requirement in after.deciding}
    for platform in after.false if kinds and set(after.claimed) == set(after.false) != {"any"} else ():
        claim = floor_of(platform)
        without = [promise for promise in promises(claim) if machine(promise) not in kinds] if claim else []
        if without:
            needed = spelled(requirement.floor for requirement in after.deciding)
            raise RequestError(
                f"{platform} is claimed, and there is no file for {' and '.join(promise.arch for promise in without)}: "
                f"what is inside is for {', '.join(needed)}",
                hint=f"build it again, or say --plat {needed[0]} if that is what it is for",
            )


def _for_linux(claimed: Iterable[str]) -> bool:
    """Whether a wheel's tags, or what `any` turns out to be, are for Linux or Android."""
    floors = [floor for platform in claimed if (floor := floor_of(platform))]
    return not floors or any(floor.family in _LINUX for floor in floors)


def _demanded(after: Tags, wanted: tuple[str, ...], planned: Plan[Changes]) -> tuple[str, ...]:
    """The wanted tags, if the wheel is true to them."""
    try:
        return demanded_platforms(wanted, after)
    except RequestError as error:
        floors = [floor_of(canonical_platform(platform)) for platform in wanted]
        promised = [promise for floor in floors if floor for promise in promises(floor)]
        asked = _of_kinds(after.deciding, promised)
        if all(floors) and after.deciding and not asked:
            needed = ", ".join(spelled(requirement.floor for requirement in after.deciding))
            raise RequestError(
                f"the wheel is not for {', '.join(wanted)}: what is inside is for {needed}",
                hint="--plat names a platform of the family and the processor that the wheel was built for",
            ) from None
        too_high = [requirement for requirement in asked if _is_above(requirement, promised)]
        raise RequestError(error.what, hint=_way_out(too_high, planned, error.hint)) from None


def _raised(after: Tags) -> tuple[str, ...]:
    """The claimed tags, each false one raised to where it is true, or replaced by the computed ones.

    A tag that no installer asks for, such as macosx_10_9_arm64, is as good as false.
    """
    false = [platform for platform in after.claimed if platform in after.false or installable_problem(platform)]
    if not false:
        return tuple(sorted(after.claimed))
    found = set(after.claimed) - set(false)
    for platform in false:
        higher = _higher(floor_of(platform), after.deciding)
        found |= {higher} if higher and after.computed else set(true_platforms(after))
    return tuple(sorted(found))


def _higher(claim: Floor | None, deciding: Iterable[Requirement]) -> str | None:
    """The lowest tag above a claim on macOS that is true on the same processors; None where one has no files."""
    if claim is None or claim.family != "macosx":
        return None
    needed = {requirement.floor.arch: requirement.floor.version for requirement in deciding}
    version = min(_whole(promise.version) for promise in promises(claim))
    for promise in promises(claim):
        if promise.arch not in needed:
            return None
        if promise.arch != "arm64" or needed["arm64"] > _FIRST_ARM64:
            version = max(version, needed[promise.arch])
    return claim._replace(version=version).tag


def _whole(version: tuple[int, ...]) -> tuple[int, ...]:
    """A release of macOS that installers ask for: from 11 on, those are whole numbers."""
    return (version[0] + 1, 0) if version[0] > 10 and any(version[1:]) else version


def _of_kinds(deciding: Iterable[Requirement], promised: Iterable[Floor]) -> list[Requirement]:
    """The requirements of the families and processors that are promised: others no older build would mend."""
    kinds = {(promise.family, promise.arch) for promise in promised}
    return [r for r in deciding if (r.floor.family, r.floor.arch) in kinds or r.floor.family == "linux"]


def _is_above(requirement: Requirement, promised: Iterable[Floor]) -> bool:
    """Whether a requirement is more than what is promised for its family and processor."""
    floor = requirement.floor
    same = (promise.version for promise in promised if (promise.family, promise.arch) == (floor.family, floor.arch))
    return floor.family == "linux" or any(floor.version > version for version in same)


def because(deciding: Iterable[Requirement]) -> str:
    """Requirements in a sentence: who asks, and how that is known."""
    return some(tuple(f"{r.member}: {r.reason}" if r.member else r.reason for r in deciding))


def _held(chosen: tuple[str, ...], after: Tags) -> tuple[str, ...]:
    """The tags without those that lower a claim on musl by what its number can't say.

    What needs musl 1.1.24 is true to musllinux_1_1 as the world uses the word, for its images had that release; but
    whoever wrote musllinux_1_2 isn't contradicted for less than the whole of 1.1 (PEP 656).
    """
    true = (platform for platform in after.claimed if platform not in after.false)
    claims = {floor: platform for platform in true if (floor := floor_of(platform))}
    held = dict.fromkeys(chosen)
    for requirement in after.deciding:
        low = requirement.floor
        above = [floor for floor in claims if (floor.family, floor.arch) == (low.family, low.arch)]
        if low.family == "musllinux" and low.tag in held and any(requirement.exact[2:]) and above and low < min(above):
            del held[low.tag]
            held[claims[min(above)]] = None
    return tuple(sorted(held))


def _way_out(deciding: Iterable[Requirement], planned: Plan[Changes], hint: str) -> str:
    """What would help: another build of the library that asks too much, where it is one that was grafted."""
    grafts = {graft.member: graft for graft in planned.grafts}
    for requirement in deciding:
        if graft := grafts.get(requirement.member):
            return (
                f"{base_name(graft.library)} was found as {graft.file.path}; name a folder with a build of it for an "
                f"older platform with -L, or leave it to another package with --exclude '{base_name(graft.library)}'"
            )
    return hint
