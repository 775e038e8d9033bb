"""Is the tag true? The claims of a name against what the binaries need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from truewheel.binary import Elf, Image, Wasm
from truewheel.policy import (
    Floor,
    Outcome,
    Requirement,
    admits,
    fits,
    floor_of,
    places,
    promises,
    spelled,
    strongest,
    system,
    unserved,
)
from truewheel.policy.group import is_loaded
from truewheel.policy.libc import other_system
from truewheel.wheel import WheelName

SEVERAL_PLATFORMS: Final = "it holds binaries for several platforms, which may be data that is used where it fits"
"""The reason for which nothing is said of an ``any`` wheel as setuptools is one."""

_SHOWN = 3


class Verdict(Enum):
    """What is true of a claimed tag."""

    EXACT = "exact"
    STRICTER = "stricter-than-needed"
    TOO_GENEROUS = "too-generous"
    CONTRADICTORY = "contradictory"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tags:
    """The platform tags of a wheel: as claimed, as computed, and what follows.

    ``computed`` are the lowest tags that are true, None where they can't be known; ``reasons`` then say why.
    ``deciding`` holds the requirements behind them, one for each family and processor; without ``computed`` they
    are what is certain all the same, and a tag below them is false. ``false`` are the claimed tags that promise
    too much. ``elsewhere`` tells that all binaries are for systems that no tag which we know is for, such as FreeBSD.
    """

    claimed: tuple[str, ...]
    computed: tuple[str, ...] | None
    verdict: Verdict
    deciding: tuple[Requirement, ...]
    reasons: tuple[str, ...]
    false: tuple[str, ...]
    elsewhere: bool = False


def judge(name: WheelName, images: Mapping[str, Image], outcome: Outcome) -> Tags:
    """Compare the platforms in a wheel's name with the floors of its binaries."""
    if name.pure:
        return _judge_any(name, images, outcome)
    if not outcome.requirements:
        return _without_needs(name, images, outcome.unknown)
    claims = {platform: floor_of(platform) for platform in name.platforms}
    asked = tuple(promise for claim in claims.values() if claim for promise in promises(claim))
    relevant = _related(asked, outcome)
    strays = {floor for _, without in unserved(asked, images) for floor in without}
    if strays and (relevant or outcome.unknown):
        return _with_strays(name, images, outcome, strays)
    if not relevant:
        return _elsewhere(name, images, outcome, asked)
    false = false_claims(name.platforms, relevant, complete=not outcome.unknown)
    if false:
        verdict = Verdict.TOO_GENEROUS
    elif outcome.unknown:
        return Tags(name.platforms, None, Verdict.UNKNOWN, strongest(outcome.requirements), outcome.unknown, ())
    else:
        reached = all(any(_reaches(promise, r) for promise in asked) for r in relevant)
        verdict = Verdict.EXACT if reached else Verdict.STRICTER
    reasons = outcome.unknown or _apart(relevant, outcome)
    return Tags(name.platforms, _tags(relevant, outcome), verdict, relevant, reasons, false)


def false_claims(
    platforms: Iterable[str], requirements: tuple[Requirement, ...], *, complete: bool = True
) -> tuple[str, ...]:
    """The platforms whose promise is broken by requirements, one for each family and processor.

    A promise must be kept on every processor that the tag stands for. Unless the requirements are `complete`,
    a processor on which there are none may still have the files for it.
    """
    floors = tuple(requirement.floor for requirement in requirements)

    def broken(promise: Floor) -> bool:
        if any(admits(promise, floor) for floor in floors):
            return False
        return complete or any(machine(floor) == machine(promise) for floor in floors)

    claims = {platform: floor_of(platform) for platform in platforms}
    return tuple(p for p, claim in claims.items() if claim is None or any(map(broken, promises(claim))))


def some(reasons: tuple[str, ...]) -> str:
    """The first reasons in one sentence, with the number of the others."""
    rest = len(reasons) - _SHOWN
    return "; ".join([*reasons[:_SHOWN], *([f"and {rest:,} more"] if rest > 0 else [])])


def machine(floor: Floor) -> tuple[str, str]:
    """The system and processor of a floor."""
    return (system(floor), floor.arch)


def _judge_any(name: WheelName, images: Mapping[str, Image], outcome: Outcome) -> Tags:
    """`any` is false if the binaries run on one platform; files for several may be data, as in setuptools."""
    deciding = strongest(outcome.requirements)
    if _scattered(images, outcome):
        return Tags(name.platforms, None, Verdict.UNKNOWN, deciding, (SEVERAL_PLATFORMS,), ())
    if deciding:
        tags = _tags(deciding, outcome)
        return Tags(name.platforms, tags, Verdict.TOO_GENEROUS, deciding, outcome.unknown, name.platforms)
    if outcome.unknown:
        return Tags(name.platforms, None, Verdict.UNKNOWN, (), outcome.unknown, (), _are_elsewhere(images))
    return Tags(name.platforms, ("any",), Verdict.EXACT, (), (_nothing_asks(images),), ())


def _scattered(images: Mapping[str, Image], outcome: Outcome) -> bool:
    """Whether no platform is common to all binaries, those of which nothing is known included."""
    found: dict[str, set[tuple[str, str]]] = {}
    for requirement in outcome.requirements:
        key = requirement.member or requirement.floor.tag
        found.setdefault(key, set()).add(machine(requirement.floor))
    if outcome.unknown:
        for member, image in images.items():
            if member not in found and is_loadable(image):
                found[member] = set(places(image))
    return bool(found) and not set.intersection(*found.values())


def is_loadable(image: Image) -> bool:
    """Whether a file could run somewhere: no object for a linker, and no data for a WebAssembly runtime."""
    if isinstance(image, Elf):
        return is_loaded(image)
    return not isinstance(image, Wasm) or image.shared


def _without_needs(name: WheelName, images: Mapping[str, Image], unknown: tuple[str, ...]) -> Tags:
    """A wheel for a platform that no binary asks for: if there are any, they say nothing of others either."""
    if unknown:
        elsewhere = _are_elsewhere(images)
        false = tuple(platform for platform in name.platforms if floor_of(platform)) if elsewhere else ()
        verdict = Verdict.CONTRADICTORY if false else Verdict.UNKNOWN
        return Tags(name.platforms, None, verdict, (), unknown, false, elsewhere)
    reason = _nothing_asks(images)
    if all(isinstance(image, Wasm) for image in images.values()):
        return Tags(name.platforms, ("any",), Verdict.STRICTER, (), (reason,), ())
    return Tags(name.platforms, None, Verdict.UNKNOWN, (), (reason,), ())


def _are_elsewhere(images: Mapping[str, Image]) -> bool:
    """Whether all files that could run somewhere are for other systems, as they say themselves."""
    loadable = [image for image in images.values() if is_loadable(image)]
    return bool(loadable) and all(isinstance(image, Elf) and other_system(image) for image in loadable)


def _nothing_asks(images: Mapping[str, Image]) -> str:
    return "no binary in it asks for a platform" if images else "there is no native code in it"


def _elsewhere(name: WheelName, images: Mapping[str, Image], outcome: Outcome, asked: tuple[Floor, ...]) -> Tags:
    """No requirement is one of a claimed machine; of those, files that nothing is known of may be."""
    deciding = strongest(outcome.requirements)
    if outcome.unknown and any(fits(image, promise) for image in images.values() for promise in asked):
        return Tags(name.platforms, None, Verdict.UNKNOWN, deciding, outcome.unknown, ())
    tags = _tags(deciding, outcome)
    return Tags(name.platforms, tags, Verdict.CONTRADICTORY, deciding, outcome.unknown, name.platforms)


def _with_strays(name: WheelName, images: Mapping[str, Image], outcome: Outcome, strays: set[Floor]) -> Tags:
    """Some extension module has no file for a claimed machine, whatever else there is for it.

    What can be computed are the platforms for which all modules have files.
    """
    deciding = strongest(outcome.requirements)
    served = tuple(r for r in deciding if not unserved((r.floor,), images))
    claims = {platform: floor_of(platform) for platform in name.platforms}
    broken = set(false_claims(name.platforms, served or deciding, complete=not outcome.unknown))
    without = {p for p, claim in claims.items() if claim and not strays.isdisjoint(promises(claim))}
    false = tuple(platform for platform in name.platforms if platform in broken | without)
    kept = any(promise not in strays for claim in claims.values() if claim for promise in promises(claim))
    verdict = Verdict.TOO_GENEROUS if kept else Verdict.CONTRADICTORY
    if not served:
        reasons = ("the extension modules are for different machines", *outcome.unknown)
        return Tags(name.platforms, None, verdict, deciding, reasons, false)
    return Tags(name.platforms, _tags(served, outcome), verdict, served, outcome.unknown, false)


def _tags(deciding: Iterable[Requirement], outcome: Outcome) -> tuple[str, ...] | None:
    """The lowest tags, unless something unknown could raise them."""
    return None if outcome.unknown else spelled(requirement.floor for requirement in deciding)


def _related(asked: tuple[Floor, ...], outcome: Outcome) -> tuple[Requirement, ...]:
    """The requirements on machines that the name claims, and on others that the same fat files are for."""
    claimed = {machine(promise) for promise in asked}
    own = {r.member for r in outcome.requirements if machine(r.floor) in claimed}
    helpers = {machine(r.floor) for r in outcome.requirements if r.floor.family != "macosx" or r.member not in own}
    return tuple(
        r
        for r in strongest(outcome.requirements)
        if machine(r.floor) in claimed or (own and machine(r.floor) not in helpers)
    )


def _apart(relevant: tuple[Requirement, ...], outcome: Outcome) -> tuple[str, ...]:
    """The words on claimed processors of macOS that no file has in common."""
    archs = sorted({r.floor.arch for r in relevant if r.floor.family == "macosx"})
    found: dict[str, set[str]] = {}
    for requirement in outcome.requirements:
        found.setdefault(requirement.member, set()).add(requirement.floor.arch)
    if len(archs) < 2 or set.intersection(*found.values()):
        return ()
    return (f"{' and '.join(archs)} have files of their own",)


def _reaches(promise: Floor, computed: Requirement) -> bool:
    """Whether a claim goes down as far as the binaries do.

    What needs musl 1.1.24 runs on a part of musllinux_1_1: who claims 1_2, all of whose releases do, claims enough.
    """
    floor = computed.floor
    if promise.family != floor.family:
        return False
    if floor.family == "musllinux" and any(computed.exact[2:]):
        floor = floor._replace(version=(floor.version[0], floor.version[1] + 1))
    return admits(floor, promise)
