"""Retag: write the true platforms into the name and WHEEL, together."""

from __future__ import annotations

from collections.abc import Iterable

from truewheel.errors import RequestError
from truewheel.ops.verdict import SEVERAL_PLATFORMS, Tags, false_claims, machine, some
from truewheel.policy import canonical_platform, floor_of, installable_problem, promises, spelled
from truewheel.wheel import Bytes, Entry, Wheel, WheelName, amended, read_wheel_file, with_tags


def true_platforms(tags: Tags) -> tuple[str, ...]:
    """The platforms that a wheel should be tagged with, with the old spellings that older pips know.

    Raises `RequestError` where the truth can't be computed. That no binary asks for a platform is no proof that a
    wheel made for one runs anywhere: scripts, or data, may tie it to that.
    """
    if tags.computed is None:
        raise RequestError(
            f"the platform can't be computed: {some(tags.reasons)}",
            hint="name it with --plat if you know it",
        )
    if tags.computed == ("any",) and tags.claimed != ("any",):
        raise RequestError(
            f"{', '.join(tags.claimed)} is claimed, and {some(tags.reasons)}, which is no proof that it runs anywhere",
            hint="give --plat any if it does",
        )
    return with_legacy(tags.computed)


def with_legacy(platforms: Iterable[str]) -> tuple[str, ...]:
    """Platform tags and their old spellings, which pips before 20.3 know alone, sorted."""
    aliases = {"manylinux_2_5": "manylinux1", "manylinux_2_12": "manylinux2010", "manylinux_2_17": "manylinux2014"}
    found = set(platforms)
    for tag in tuple(found):
        for modern, legacy in aliases.items():
            if tag.startswith(f"{modern}_"):
                found.add(tag.replace(modern, legacy, 1))
    return tuple(sorted(found))


def demanded_platforms(wanted: Iterable[str], tags: Tags) -> tuple[str, ...]:
    """Platforms given by the user, checked against what the binaries need.

    Raises `RequestError` for a tag that no installer asks for, or that promises more than the binaries keep.
    """
    platforms = tuple(sorted({part for item in wanted for part in item.split(".")}))
    for platform in platforms:
        problem = installable_problem(platform)
        if problem:
            raise RequestError(problem)
    if tags.elsewhere and (known := [p for p in platforms if p == "any" or floor_of(canonical_platform(p))]):
        raise RequestError(
            f"{', '.join(known)} would be false: {some(tags.reasons)}",
            hint="the tag of such a system is what its own pip asks for, such as freebsd_14_2_release_amd64",
        )
    false = _too_generous(platforms, tags)
    if false:
        why = "; ".join(dict.fromkeys(f"{r.member}: {r.reason}" if r.member else r.reason for r in tags.deciding))
        alternative = "leave --plat out for the lowest true tags, or " if tags.computed else ""
        lowest = tags.computed or spelled(requirement.floor for requirement in tags.deciding)
        raise RequestError(
            f"{', '.join(false)} would promise too much: the wheel needs {', '.join(lowest)} ({why})",
            hint=alternative + _other_way(false, tags),
        )
    return platforms


def _other_way(false: Iterable[str], tags: Tags) -> str:
    """What makes a false platform true: another build, if the files are for its processor at all."""
    machines = {machine(requirement.floor) for requirement in tags.deciding}
    claims = [floor for platform in false if (floor := floor_of(platform))]
    same = any(machine(promise) in machines for claim in claims for promise in promises(claim))
    return "build for the older platform" if same else "name one that the files are for"


def _too_generous(platforms: tuple[str, ...], tags: Tags) -> tuple[str, ...]:
    """The platforms that what is known of the wheel makes false; `any` is none where files may be data."""
    if not tags.deciding or tags.reasons == (SEVERAL_PLATFORMS,):
        return ()
    return false_claims(platforms, tags.deciding, complete=tags.computed is not None)


def retag(wheel: Wheel, platforms: Iterable[str]) -> Wheel:
    """The wheel for these platforms: name, WHEEL's tags and RECORD agree.

    Raises `WheelError` where RECORD says something else of WHEEL than is there.
    """
    name = wheel.name.with_platforms(platforms)
    entry = wheel.info("WHEEL")
    data = entry.read()
    changed = with_tags(data, name.tags)
    if changed == data:
        return wheel.renamed(name)
    return amended(wheel, Entry(entry.name, entry.executable, Bytes(changed))).renamed(name)


def demand_same_tags(wheel: Wheel, name: WheelName) -> None:
    """Raise `RequestError` unless WHEEL says already what `name` does, so that a plain rename is enough."""
    listed = set(read_wheel_file(wheel).expanded_tags)
    if listed != set(name.tags):
        raise RequestError(
            f"WHEEL lists {', '.join(sorted(listed))}, so a rename alone would make name and WHEEL disagree",
            hint="leave --rename-only out: the file's hash changes, and pip check and uv accept it",
        )
