"""Fuse: builds of one wheel for several processors of macOS, made one wheel for all of them.

Native files of one path become one fat file. Of everything else the builds must hold the same bytes, for a universal2
wheel installs the same files on every processor; what differs all the same is taken from the first build only where
that was asked for by its path. What one build alone holds is kept. The tag is what the files then need, and no lower
than what the builds claimed; a wheel that wouldn't be true to all of its processors isn't made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from truewheel.binary import MachO
from truewheel.binary.graph import resolve
from truewheel.errors import RequestError, Where
from truewheel.findings import Finding
from truewheel.ops.examine import Examination, ask
from truewheel.ops.joining import Alone, Joined, Joiner
from truewheel.ops.patterns import NO_PATTERNS, Patterns
from truewheel.ops.retag import retag
from truewheel.ops.verdict import Tags, is_loadable, judge, some
from truewheel.policy import Floor, Outcome, floor_of, promises, spelled, strongest, unserved
from truewheel.policy.apple import helpers
from truewheel.wheel import Wheel, WheelName, read_wheel_file, settle_signatures, without_origin


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of `fuse`.

    ``take_first`` means members, by their whole path, which the first wheel that has them gives where they differ.
    ``drop_signatures`` leaves out signatures of RECORD, which can't stay valid.
    """

    take_first: Patterns = NO_PATTERNS
    drop_signatures: bool = False


@dataclass(frozen=True)
class Fusion:
    """The wheel for all processors, not yet in canonical form, and how it came about.

    ``joined`` are the fat files that were made, ``alone`` the members that not all wheels hold, ``taken`` those that
    differ and are the first wheel's. ``notes`` are sentences on what else was decided. ``tags`` is the verdict on the
    new name.
    """

    wheel: Wheel
    joined: tuple[Joined, ...]
    alone: tuple[Alone, ...]
    taken: tuple[str, ...]
    notes: tuple[str, ...]
    tags: Tags
    findings: tuple[Finding, ...]


def fuse(builds: Sequence[Examination], request: Request) -> Fusion:
    """One wheel of several builds, whose RECORDs and contents have been verified.

    But for what is taken from the first, and for Generator in WHEEL, the order of the builds has no meaning.
    Raises `RequestError` where they aren't builds of one wheel for macOS, each for other processors; where members
    differ; and where the result wouldn't be true to all their processors. Raises `BinaryError` for damaged files, and
    `WheelError` where a signature of RECORD would become invalid.
    """
    wheels = [build.wheel for build in builds]
    claims = _claims(wheels)
    text, notes = _wheel_text(wheels)
    joiner = Joiner(builds, request.take_first)
    joiner.add(wheels[0].info_path("WHEEL"), text)
    joiner.join_all(without=[wheels[0].info_path("WHEEL")])
    _demand_same(joiner, wheels[0].info_path("METADATA"))
    notes += [f"--take-first {glob} means nothing that differs" for glob in joiner.idle()]
    if joiner.runs_in_some:
        notes.append(f"executable, as in one of the wheels: {some(tuple(joiner.runs_in_some))}")
    platforms = {platform for wheel in wheels for platform in wheel.name.platforms}
    merged = joiner.wheel(wheels[0].name.with_platforms(platforms))
    wheel, tags, findings = _tagged(merged, joiner, claims)
    for build in wheels:  # each signature vouches for a RECORD that is no more
        settle_signatures(build, build.replaced(wheel.info("RECORD")), drop=request.drop_signatures)
    return Fusion(
        wheel=wheel,
        joined=tuple(joiner.joined),
        alone=tuple(joiner.alone),
        taken=tuple(joiner.taken),
        notes=tuple(notes),
        tags=tags,
        findings=findings,
    )


# --- which wheels
def _claims(wheels: Sequence[Wheel]) -> dict[str, Floor]:
    """The lowest release that the wheels claim for each processor. Raises `RequestError` where they don't fit."""
    if len(wheels) < 2:
        raise RequestError("there is nothing to fuse a single wheel with", hint="name the wheel of each processor")
    claims: dict[str, Floor] = {}
    owners: dict[str, Wheel] = {}
    for wheel in wheels:
        _demand_same_build(wheels[0], wheel)
        for floor in _promised(wheel.name):
            if owners.setdefault(floor.arch, wheel) is not wheel:
                raise RequestError(f"two of them are for {floor.arch}", hint="name one wheel for each processor")
            claims[floor.arch] = min(claims.get(floor.arch, floor), floor)
    return claims


def _demand_same_build(one: Wheel, other: Wheel) -> None:
    """Raise `RequestError` unless two wheels differ in their platforms alone, by their names."""
    parts = {
        "project": (one.name.distribution, other.name.distribution),
        "version": (one.name.version, other.name.version),
        "build number": (one.name.build, other.name.build),
        "python tag": (one.name.pythons, other.name.pythons),
        "abi tag": (one.name.abis, other.name.abis),
        "name of the .dist-info folder": (one.dist_info, other.dist_info),
    }
    differing = [part for part, (mine, theirs) in parts.items() if mine != theirs]
    if differing:
        raise RequestError(f"they don't have one {differing[0]}", hint="what is fused differs in the platform alone")


def _promised(name: WheelName) -> list[Floor]:
    """What the tags of a wheel for macOS promise of each processor. Raises `RequestError` for other wheels."""
    found: list[Floor] = []
    for platform in name.platforms:
        floor = floor_of(platform)
        if floor is None or floor.family != "macosx":
            raise RequestError(
                f"{name} is not for macOS alone", hint="only there one file can hold code for several processors"
            )
        found += promises(floor)
    return found


# --- what must be equal
def _wheel_text(wheels: Sequence[Wheel]) -> tuple[bytes, list[str]]:
    """WHEEL as the first wheel has it, and a note where its Generator isn't that of all."""
    texts = [bytes(wheel.info("WHEEL").read()) for wheel in wheels]
    if len({without_origin(text) for text in texts}) > 1:
        raise RequestError(
            "it differs in more than tags and Generator",
            where=Where(member=wheels[0].info_path("WHEEL")),
            hint="build the wheels in one way",
        )
    first, *others = [", ".join(read_wheel_file(wheel).generators) or "none" for wheel in wheels]
    differing = sorted(set(others) - {first})
    return texts[0], [f"Generator stays {first}; elsewhere it is {', '.join(differing)}"] if differing else []


def _demand_same(joiner: Joiner, metadata: str) -> None:
    """Raise `RequestError` for members that differ."""
    if metadata in {*joiner.differing, *joiner.taken}:
        raise RequestError(
            "it differs, and a wheel has one for all processors",
            where=Where(member=metadata),
            hint="state what differs by environment markers (PEP 508)",
        )
    if joiner.differing:
        named = tuple(f"{member} ({why})" if why else member for member, why in joiner.differing.items())
        count = f"{len(named):,} members differ" if len(named) > 1 else "a member differs"
        raise RequestError(
            f"{count} from wheel to wheel: {some(named)}",
            hint="--take-first GLOB takes the first wheel's, where that is right for every processor",
        )


# --- the tag
def _tagged(merged: Wheel, joiner: Joiner, claims: Mapping[str, Floor]) -> tuple[Wheel, Tags, tuple[Finding, ...]]:
    """The wheel under the name that is true of it, with the verdict on that and what was found."""
    graph = resolve(joiner.images)
    outcome = ask(merged.name, joiner.images, graph, lambda _: False)
    machos = {member: image for member, image in joiner.images.items() if isinstance(image, MachO)}
    lone = helpers(machos, graph.edges)
    _demand_all_processors({m: image for m, image in machos.items() if m not in lone}, outcome, claims)
    computed = {r.floor.arch: r.floor for r in strongest(outcome.requirements)}
    wheel = retag(merged, spelled(max(claim, computed[arch]) for arch, claim in claims.items()))
    return wheel, judge(wheel.name, joiner.images, outcome), outcome.findings


def _demand_all_processors(machos: Mapping[str, MachO], outcome: Outcome, claims: Mapping[str, Floor]) -> None:
    """Raise `RequestError` where the files don't serve every processor that the wheels are for."""
    if outcome.unknown:
        raise RequestError(f"the platform can't be computed: {some(outcome.unknown)}")
    for member, without in unserved(claims.values(), machos):
        raise _lacking(member, {floor.arch for floor in without})
    served = {requirement.floor.arch for requirement in outcome.requirements}
    if not served:
        raise RequestError("no binary in the wheels asks for a platform", hint="there is no native code to fuse")
    for member, image in sorted(machos.items()):
        absent = claims.keys() - served - set(image.archs)
        if absent and is_loadable(image):
            raise _lacking(member, absent)
    if not claims.keys() <= served:
        raise RequestError(f"no file that is loaded is for macOS on {' and '.join(sorted(claims.keys() - served))}")


def _lacking(member: str, archs: set[str]) -> RequestError:
    return RequestError(
        f"it has no code for {' and '.join(sorted(archs))}, so the wheel can't be for it",
        where=Where(member=member),
        hint="build it for every processor, or ship the wheels apart",
    )
