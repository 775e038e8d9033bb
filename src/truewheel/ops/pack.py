"""Pack: a prebuilt program or library, and what lies around it in an archive, as a wheel with tags that are true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Final

from truewheel import rules
from truewheel.archives import Archive
from truewheel.binary import MachO
from truewheel.errors import RequestError, Where
from truewheel.findings import Severity, in_order
from truewheel.ops import checks, pack_libraries
from truewheel.ops.examine import Depth, Examination, ask
from truewheel.ops.libraries import Libraries
from truewheel.ops.pack_contents import Contents, contents, with_programs
from truewheel.ops.pack_model import Packed, Wanted
from truewheel.ops.pack_platforms import demand_one_platform, platforms_of
from truewheel.ops.pack_reach import demand_reached
from truewheel.ops.repaired_tags import because
from truewheel.ops.retag import retag
from truewheel.ops.verdict import Tags, Verdict, judge, some
from truewheel.packing.licences import Licence, licences
from truewheel.packing.members import draft
from truewheel.packing.metadata import metadata
from truewheel.policy import Outcome, spelled, strongest
from truewheel.policy.apple import helpers
from truewheel.policy.group import is_libpython
from truewheel.policy.windows import is_interpreter
from truewheel.wheel import Mapper, Wheel, WheelName, read_wheel_file, serially

__all__ = ["Packed", "Wanted", "pack"]

_OF_PLATFORMS: Final = frozenset({"MAC", "TAG"})
"""Families of rules that say whether a wheel runs where its tag says."""

_CHECKS: Final = (checks.tags_true, checks.tags_installable, checks.binaries_fit_the_tag, checks.libraries)
"""What is told of a result besides what the policies say: the checks that are about its binaries and tags."""


def pack(archive: Archive, wanted: Wanted, libraries: Libraries, *, mapper: Mapper = serially) -> Packed:
    """The wheel of an archive.

    1. The files are laid out, and the native ones read.
    2. They must be for one platform, and no extension modules of one Python; the programs are found among them.
    3. A draft for any platform gets metadata, licences and RECORD; `mapper` spreads the reading.
    4. What is missing is grafted, if that is wanted; the lowest true tags follow, or those demanded, if they are true.
    5. The result is judged under its new name: its tags must be exact, or stricter on demand.

    Raises `RequestError` where what is asked can't be had of this archive: no binary inside, binaries for several
    platforms, a library that no platform promises, a platform that would be promised falsely; `ArchiveError` and
    `BinaryError` where contents are damaged.
    """
    inside = contents(archive, wanted)
    about = wanted.about
    name = WheelName(about.distribution, about.version, wanted.build, ("py3",), ("none",), ("any",))
    outcome = ask(name, inside.images, inside.graph, wanted.exclude.mean)
    _demand_one_platform(inside, outcome)
    _demand_no_modules(inside, outcome)
    inside = with_programs(inside, wanted)
    _demand_startable(inside, outcome, wanted)
    missing = pack_libraries.missing(outcome)
    lost = pack_libraries.interpreters(inside.images, inside.graph, wanted)
    pack_libraries.demand([*lost, *(() if wanted.graft else missing)], inside.images, libraries)
    tags = _lowest(name, inside, outcome)
    grafting = missing and tags.computed
    platforms = tags.computed if grafting else platforms_of(tags, wanted.target.platforms, inside.images, outcome.libc)
    taken = licences(inside.laid.stripped, inside.laid.excluded, about.license_files, wanted.beside)
    wheel = retag(_drafted(inside, taken, wanted, mapper), platforms or ())
    packed = _grafted(inside, wheel, outcome, wanted, libraries) if grafting else _tagged(inside, wheel, wanted)
    _demand_true(packed.tags, wanted)
    _demand_sound(packed, inside)
    return replace(
        packed,
        programs=tuple(each.program for each in inside.programs or () if each.program.script or inside.entry_points),
        licences=tuple(wheel.info_path(f"licenses/{licence.path}") for licence in taken),
        idle=inside.laid.idle,
        copies=tuple(item.size for item in inside.laid.chosen.values() if item.linked),
        findings=in_order([each for each in packed.findings if each.rule is not rules.LIB_EXCLUDE_IDLE]),
    )


def _demand_startable(inside: Contents, outcome: Outcome, wanted: Wanted) -> None:
    """Raise `RequestError` for a command whose program doesn't find what is in the wheel."""
    paths = {name: path for path, name in inside.names.items()}
    started = [paths[each.name] for each in inside.programs or () if each.program.script or inside.entry_points]
    demand_reached(
        [path for path in started if path in inside.images],
        inside.images,
        inside.graph,
        outcome.libc,
        left=wanted.exclude.mean,
        called=lambda member: inside.names.get(member, member),
    )


def _lowest(name: WheelName, inside: Contents, outcome: Outcome) -> Tags:
    """The verdict on the lowest tags that any file asks for: a wheel for `any` may hold files for several platforms."""
    lowest = spelled(requirement.floor for requirement in strongest(outcome.requirements))
    return judge(name.with_platforms(lowest) if lowest else name, inside.images, outcome)


def _drafted(inside: Contents, taken: Iterable[Licence], wanted: Wanted, mapper: Mapper) -> Wheel:
    """The wheel for any platform."""
    return draft(
        wanted.about,
        {path: (entry.content, entry.executable) for path, entry in inside.entries.items()},
        metadata=metadata(wanted.about, [licence.path for licence in taken]),
        licences=taken,
        entry_points=inside.entry_points,
        build=wanted.build,
        mapper=mapper,
        limits=wanted.limits,
    )


def _examination(inside: Contents, wheel: Wheel, outcome: Outcome) -> Examination:
    """What is known of a wheel that has just been made: its RECORD is true."""
    damage = tuple(member.damage for member in inside.seen if member.damage)
    return Examination(wheel, Depth.TABLES, inside.seen, dict(inside.images), inside.graph, outcome, (), damage)


def _tagged(inside: Contents, wheel: Wheel, wanted: Wanted) -> Packed:
    """The wheel, judged as it is called now."""
    outcome = ask(wheel.name, inside.images, inside.graph, wanted.exclude.mean)
    tags = judge(wheel.name, inside.images, outcome)
    examination = _examination(inside, wheel, outcome)
    subject = checks.Subject(examination, tags, read_wheel_file(wheel), 0)
    found = chain.from_iterable(check(subject) for check in _CHECKS)
    return Packed(wheel, tags, (), (), (*outcome.findings, *examination.findings, *found))


def _grafted(inside: Contents, wheel: Wheel, outcome: Outcome, wanted: Wanted, libraries: Libraries) -> Packed:
    """The wheel with the libraries that it lacked."""
    from truewheel.ops.repair import repair  # noqa: PLC0415  # with all planners, where something lacks

    done = repair(_examination(inside, wheel, outcome), libraries, pack_libraries.request(wanted))
    return Packed(done.wheel, done.after, (), (), done.findings, done.plan)


# --- what is demanded ----------------------------------------------------------------------------------------
def _demand_one_platform(inside: Contents, outcome: Outcome) -> None:
    """Raise `RequestError` unless all files run on one platform, as they are called in the archive.

    Libraries that only some slices of a fat file load may lack what the others are for.
    """
    machos = {member: image for member, image in inside.images.items() if isinstance(image, MachO)}
    some_load = helpers(machos, inside.graph.edges)
    counted = {member: image for member, image in inside.images.items() if member not in some_load} or inside.images
    names = {member: inside.names.get(member, member) for member in counted}
    demand_one_platform(
        {names[member]: image for member, image in counted.items()},
        {names[member]: outcome.libc[member] for member in counted if member in outcome.libc},
    )


def _demand_no_modules(inside: Contents, outcome: Outcome) -> None:
    """Raise `RequestError` for an extension module that a Python could import: the tag py3-none would be false.

    An archive may bring a Python of its own, with modules for it: its library is there then, or they lie where no
    import statement finds them, as in ``lib/python3.12``.
    """
    bases = {member.rpartition("/")[2] for member in inside.images}
    if any(is_libpython(base) or is_interpreter(base.lower()) for base in bases):
        return
    for finding in outcome.findings:
        if finding.rule is rules.ABI_NONE_WITH_EXTENSION and _importable(finding.member):
            raise RequestError(
                f"{finding.message}: packed wheels are for any Python (py3-none)",
                where=Where(member=finding.member),
                hint="wheels with extension modules are built (`truewheel build`), one for each Python, and repaired",
            )


def _importable(member: str) -> bool:
    """Whether an import statement can name a module."""
    *folders, file = member.split("/")
    return all(part.isidentifier() for part in (*folders, file.partition(".")[0]))


def _demand_sound(packed: Packed, inside: Contents) -> None:
    """Raise `RequestError` for what `check` would call an error of the platform, such as a slice for another system."""
    for finding in in_order(packed.findings):
        if finding.rule.severity is Severity.ERROR and finding.rule.family in _OF_PLATFORMS:
            raise RequestError(
                f"{finding.message} ({finding.rule.id})",
                where=Where(member=inside.names.get(finding.member, finding.member), offset=finding.offset),
                hint=finding.rule.remedy,
            )


def _demand_true(tags: Tags, wanted: Wanted) -> None:
    """Raise `RequestError` unless the tags are those that are true: lower ones never, higher ones on demand."""
    demanded = (Verdict.STRICTER, Verdict.UNKNOWN) if wanted.target.platforms else ()
    if tags.verdict not in (Verdict.EXACT, *demanded):
        raise RequestError(
            f"{', '.join(tags.claimed)} would be {tags.verdict.value} ({because(tags.deciding) or some(tags.reasons)})",
            hint="name another platform with --plat",
        )
