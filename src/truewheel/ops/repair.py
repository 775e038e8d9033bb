"""Repair: graft what a wheel lacks, edit what must find it, and write the tags that are true then.

A repair is planned first (by the planner of each format), applied to the wheel as a value, and judged by what came
out: the edited files are read again, and the tags follow from them alone.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from truewheel.binary import Image
from truewheel.binary.graph import resolve
from truewheel.errors import RequestError
from truewheel.findings import Finding, in_order
from truewheel.ops import sbom
from truewheel.ops.applied import applied
from truewheel.ops.demands import demand_architectures, demand_release
from truewheel.ops.elf_planner import plan_elf
from truewheel.ops.examine import Examination, ask
from truewheel.ops.fates import base_name
from truewheel.ops.libraries import Libraries
from truewheel.ops.macho_planner import plan_macho
from truewheel.ops.pe_planner import plan_pe
from truewheel.ops.plan import Changes, Plan
from truewheel.ops.repaired_tags import because, ceiling_of, platforms_of, whole_platforms
from truewheel.ops.retag import demanded_platforms, retag
from truewheel.ops.verdict import Tags, Verdict, is_loadable, judge
from truewheel.ops.wishes import Wishes
from truewheel.policy import floor_of, format_of
from truewheel.wheel import (
    Bytes,
    Entry,
    RecordRow,
    Wheel,
    amended,
    demand,
    read_wheel_file,
    rows_of,
    with_purelib,
)

_PLANNERS: Final[Mapping[str, Callable[[Examination, Libraries, Wishes], Plan[Changes]]]] = {
    "elf": plan_elf,
    "macho": plan_macho,
    "pe": plan_pe,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a repair besides the `Wishes` for its plan.

    ``platforms`` are tags that the wheel must keep; with ``only`` it gets these and no lower ones. ``archs`` are
    architectures that every Mach-O file must have, ``macos`` is the oldest release that the wheel must run on. ``bill``
    adds a bill of materials, which carries ``timestamp`` (seconds since 1970) if that isn't None.
    """

    wishes: Wishes
    platforms: tuple[str, ...] = ()
    only: bool = False
    archs: tuple[str, ...] = ()
    macos: tuple[int, ...] | None = None
    bill: bool = False
    timestamp: int | None = None


@dataclass(frozen=True)
class Repair:
    """A repaired wheel, not yet in canonical form, and how it came about.

    ``before`` and ``after`` are the verdicts on the tags of the input's name and of its own. ``findings`` are what
    is worth knowing of the result.
    """

    wheel: Wheel
    plan: Plan[Changes]
    before: Tags
    after: Tags
    findings: tuple[Finding, ...]


def repair(examination: Examination, libraries: Libraries, request: Request) -> Repair:
    """The repaired wheel of an examined one.

    Raises `RequestError` where a library is missing or a demand can't be kept, `BinaryError` where a file can't be
    edited, and `WheelError` where RECORD is wrong.
    """
    demand(examination.record)
    wheel = examination.wheel
    before = judge(wheel.name, examination.images, examination.outcome)
    formats = _formats(examination, before)
    if not formats:
        _demand_true(wheel, before)
        if request.platforms and not wheel.name.pure:
            demanded_platforms(request.platforms, before)
        return Repair(wheel, Plan(), before, before, examination.outcome.findings)
    if request.wishes.strip and "elf" not in formats:
        raise RequestError("only ELF files can be stripped, and the wheel isn't for Linux", hint="leave out --strip")
    request = replace(request, platforms=whole_platforms(request.platforms, examination.images))
    wishes = replace(request.wishes, ceiling=ceiling_of(request.platforms))
    planned = _joined([_PLANNERS[each](examination, libraries, wishes) for each in formats])
    if request.bill:
        planned = _with_packages(planned, libraries)
    return _carried_out(examination, planned, before, replace(request, wishes=wishes))


def _carried_out(examination: Examination, planned: Plan[Changes], before: Tags, request: Request) -> Repair:
    """The wheel after the plan, under its new name."""
    wheel, images = applied(examination, planned)
    # What is left to others by the path where it was found is known by its name now.
    left = {base_name(library) for library, _ in planned.excluded}
    graph = resolve(images)
    outcome = ask(wheel.name, images, graph, lambda library: base_name(library) in left)
    if request.archs:
        demand_architectures(images, graph, request.archs)
    if request.macos is not None:
        demand_release(outcome.requirements, request.macos)
    after = judge(wheel.name, images, outcome)
    wheel = retag(wheel, platforms_of(after, request.platforms, planned, only=request.only))
    wheel = _with_root(wheel, images)
    if request.bill and planned.grafts:
        path = _free_path(wheel, wheel.info_path(sbom.FILE))
        rows = rows_of(wheel)
        hashes = {graft.member: _hexadecimal(rows[graft.member]) for graft in planned.grafts}
        data = sbom.bill(wheel.name, planned, hashes, request.timestamp)
        wheel = amended(wheel, Entry(path, executable=False, content=Bytes(data)))
    return Repair(
        wheel,
        planned,
        before,
        judge(wheel.name, images, outcome),
        in_order([*planned.findings, *outcome.findings]),
    )


# --- which wheels, and what is demanded of them
def _formats(examination: Examination, tags: Tags) -> tuple[str, ...]:
    """The formats of the files that the wheel is for: of another system's, or in one for any, they may be data."""
    name = examination.wheel.name
    if name.pure:
        found = {format_of(r.floor) for r in tags.deciding} if tags.verdict is Verdict.TOO_GENEROUS else set()
        wanted = found if len(found) == 1 else set()
    else:
        wanted = {format_of(floor) for platform in name.platforms if (floor := floor_of(platform))}
    there = {image.format for image in examination.images.values() if is_loadable(image)}
    return tuple(sorted(wanted & there & _PLANNERS.keys()))


def _demand_true(wheel: Wheel, tags: Tags) -> None:
    """Raise `RequestError` for a wheel with no file for the systems of its name, but for others."""
    if tags.false and not wheel.name.pure:
        raise RequestError(
            f"{', '.join(tags.false)} promises too much: {because(tags.deciding)}",
            hint="`truewheel retag --auto` writes the tags that are true",
        )


def _joined(plans: list[Plan[Changes]]) -> Plan[Changes]:
    """The plans for several formats as one."""
    if len(plans) == 1:
        return plans[0]
    return Plan(
        grafts=tuple(sorted((graft for each in plans for graft in each.grafts), key=lambda graft: graft.member)),
        changes=tuple(sorted((change for each in plans for change in each.changes), key=lambda change: change.member)),
        excluded=tuple(sorted(item for each in plans for item in each.excluded)),
        promised=tuple(sorted(item for each in plans for item in each.promised)),
        findings=in_order([finding for each in plans for finding in each.findings]),
        sources=tuple(sorted(source for each in plans for source in each.sources)),
    )


# --- the wheel
def _with_root(wheel: Wheel, images: Mapping[str, Image]) -> Wheel:
    """A wheel with native code belongs into platlib (PEP 427, Root-Is-Purelib)."""
    if wheel.name.pure or not any(map(is_loadable, images.values())):
        return wheel
    entry = wheel.info("WHEEL")
    if not read_wheel_file(wheel).root_is_purelib:
        return wheel
    return amended(wheel, Entry(entry.name, entry.executable, Bytes(with_purelib(entry.read(), pure=False))))


def _free_path(wheel: Wheel, path: str) -> str:
    """The path itself, or one with a number where a bill of an earlier repair lies there: both are true."""
    stem, dot, extension = path.rpartition("/")[2].partition(".")
    folder = path.rpartition("/")[0]
    names = itertools.chain([path], (f"{folder}/{stem}-{number}{dot}{extension}" for number in itertools.count(2)))
    return next(name for name in names if name not in wheel.by_name)


def _hexadecimal(row: RecordRow) -> str:
    """The hash of a row as other formats write it."""
    return base64.urlsafe_b64decode(row.hash_value + "=").hex()


def _with_packages(planned: Plan[Changes], libraries: Libraries) -> Plan[Changes]:
    grafts = tuple(replace(graft, package=libraries.package_of(graft.file)) for graft in planned.grafts)
    return replace(planned, grafts=grafts)
