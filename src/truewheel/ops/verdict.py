"""Is the tag true? The claims of a name against what the binaries need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from truewheel.binary import Image
from truewheel.policy import Floor, Outcome, Requirement, admits, floor_of, strongest
from truewheel.wheel import WheelName


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

    ``computed`` is None where it can't be known, and ``reasons`` then say why. ``deciding`` holds the
    requirement behind each computed tag. ``false`` are the claimed tags that promise too much.
    """

    claimed: tuple[str, ...]
    computed: tuple[str, ...] | None
    verdict: Verdict
    deciding: tuple[Requirement, ...]
    reasons: tuple[str, ...]
    false: tuple[str, ...]


def judge(name: WheelName, images: dict[str, Image], outcome: Outcome) -> Tags:
    """Compare the platforms in a wheel's name with the floors of its binaries."""
    claimed = name.platforms
    deciding = strongest(outcome.requirements)
    if not deciding and not outcome.unknown:
        return _without_binaries(name, bool(images))
    if outcome.unknown:
        return Tags(claimed, None, Verdict.UNKNOWN, deciding, outcome.unknown, ())
    if name.pure:
        return _any_with_binaries(name, deciding)
    claims = {platform: floor_of(platform) for platform in claimed}
    relevant = _related(claims.values(), deciding)
    if not relevant:
        return Tags(claimed, _tags(deciding), Verdict.CONTRADICTORY, deciding, (), claimed)
    false = tuple(p for p, floor in claims.items() if floor is None or not _kept(floor, relevant))
    if false:
        verdict = Verdict.TOO_GENEROUS
    else:
        reached = all(any(_reaches(c, r.floor) for c in claims.values() if c) for r in relevant)
        verdict = Verdict.EXACT if reached else Verdict.STRICTER
    return Tags(claimed, _tags(relevant), verdict, relevant, (), false)


def _without_binaries(name: WheelName, neutral: bool) -> Tags:
    """No binary asks for anything: the wheel runs anywhere, as far as its files tell."""
    reason = "no binary in it asks for a platform" if neutral else "there is no native code in it"
    verdict = Verdict.EXACT if name.pure else Verdict.STRICTER
    return Tags(name.platforms, ("any",), verdict, (), (reason,), ())


def _any_with_binaries(name: WheelName, deciding: tuple[Requirement, ...]) -> Tags:
    """`any` is false if the binaries run on one platform; files for several may be data, as in setuptools."""
    places = {(_system(r.floor), r.floor.arch) for r in deciding}
    if len(places) > 1:
        reason = "it holds binaries for several platforms, which may be data that is used where it fits"
        return Tags(name.platforms, None, Verdict.UNKNOWN, deciding, (reason,), ())
    return Tags(name.platforms, _tags(deciding), Verdict.TOO_GENEROUS, deciding, (), name.platforms)


def _tags(deciding: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(sorted(requirement.floor.tag for requirement in deciding))


def _system(floor: Floor) -> str:
    """The operating system of a family: one name for all kinds of Linux."""
    return "linux" if floor.family in {"manylinux", "musllinux", "linux"} else floor.family


def _share_machine(first: Floor, second: Floor) -> bool:
    if _system(first) != _system(second):
        return False
    universal = {"universal2": {"x86_64", "arm64"}}
    return bool(universal.get(first.arch, {first.arch}) & universal.get(second.arch, {second.arch}))


def _related(claims: Iterable[Floor | None], deciding: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """The requirements on systems and machines that the name claims at all."""
    known = [claim for claim in claims if claim is not None]
    return tuple(r for r in deciding if any(_share_machine(claim, r.floor) for claim in known))


def _kept(claim: Floor, relevant: tuple[Requirement, ...]) -> bool:
    """Whether a claim is a promise that the binaries keep."""
    return any(admits(claim, requirement.floor) for requirement in relevant)


def _reaches(claim: Floor, computed: Floor) -> bool:
    """Whether a claim goes down as far as the binaries do."""
    return _share_machine(claim, computed) and claim.family == computed.family and claim.version <= computed.version
