"""Repair: graft what a wheel lacks, edit what must find it, and write the tags that are true then.

A repair is planned first (`truewheel.ops.planner`), applied to the wheel as a value, and judged by what came out:
the edited files are read again, and the tags follow from them alone.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from truewheel.binary import Elf, Image, read_elf
from truewheel.binary.graph import resolve
from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.findings import Finding, in_order
from truewheel.ops import sbom
from truewheel.ops.closure import base_name
from truewheel.ops.edits import Outside, edited
from truewheel.ops.examine import Examination, ask
from truewheel.ops.launcher import launcher
from truewheel.ops.libraries import Libraries
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.ops.planner import Wishes, plan
from truewheel.ops.retag import demanded_platforms, retag, true_platforms, with_legacy
from truewheel.ops.verdict import Tags, Verdict, judge, some
from truewheel.policy import Floor, Requirement, canonical_platform, fits, floor_of, promises, spelled
from truewheel.policy.group import is_loaded
from truewheel.wheel import (
    Bytes,
    Content,
    Entry,
    RecordRow,
    Wheel,
    amended,
    demand,
    read_wheel_file,
    row_for,
    rows_of,
    with_purelib,
)

_KEPT = 1 << 20
_WITHOUT_ARCH = re.compile(r"manylinux(1|2010|2014|_\d+_\d+)|(musllinux)_\d+_\d+|linux")
_LINUX = ("linux", "manylinux", "musllinux", "android")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a repair besides the `Wishes` for its plan.

    ``platforms`` are tags that the wheel must keep; with ``only`` it gets these and no lower ones. ``bill`` adds a
    bill of materials, which carries ``timestamp`` (seconds since 1970) if that isn't None.
    """

    wishes: Wishes
    platforms: tuple[str, ...] = ()
    only: bool = False
    bill: bool = False
    timestamp: int | None = None


@dataclass(frozen=True)
class Repair:
    """A repaired wheel, not yet in canonical form, and how it came about.

    ``before`` and ``after`` are the verdicts on the tags of the input's name and of its own. ``findings`` are what
    is worth knowing of the result.
    """

    wheel: Wheel
    plan: Plan
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
    if not _is_for_linux(examination, before):
        _demand_complete(examination, before)
        if request.platforms and not wheel.name.pure:
            demanded_platforms(request.platforms, before)
        return Repair(wheel, Plan(), before, before, examination.outcome.findings)
    request = replace(request, platforms=_whole(request.platforms, examination))
    wishes = replace(request.wishes, ceiling=_ceiling(request.platforms))
    planned = plan(examination, libraries, wishes)
    if request.bill:
        planned = _with_packages(planned, libraries)
    return _applied(examination, planned, before, replace(request, wishes=wishes))


def _applied(examination: Examination, planned: Plan, before: Tags, request: Request) -> Repair:
    """The wheel after the plan, under its new name."""
    wheel, images = _edited(examination, planned)
    # What is left to others by the path where it was found is known by its name now.
    left = {base_name(library) for library, _ in planned.excluded}
    outcome = ask(wheel.name, images, resolve(images), left.__contains__)
    after = judge(wheel.name, images, outcome)
    platforms = _platforms(after, request, planned)
    wheel = retag(wheel, platforms if request.platforms else _held(platforms, after))
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


# --- which wheels
def _is_for_linux(examination: Examination, tags: Tags) -> bool:
    """Whether there are ELF files that the wheel is for: in one for Windows, or for any system, they may be data."""
    if not any(_loadable(image) for image in examination.images.values()):
        return False
    if examination.wheel.name.pure:
        return tags.verdict is Verdict.TOO_GENEROUS and all(r.floor.family in _LINUX for r in tags.deciding)
    floors = [floor_of(platform) for platform in examination.wheel.name.platforms]
    return any(floor is not None and floor.family in _LINUX for floor in floors)


def _loadable(image: Image) -> bool:
    return isinstance(image, Elf) and is_loaded(image)


def _demand_complete(examination: Examination, tags: Tags) -> None:
    """Raise `RequestError` for a wheel of another system that would need a repair."""
    claims = [floor for platform in examination.wheel.name.platforms if (floor := floor_of(platform)) is not None]
    promised = [promise for claim in claims for promise in promises(claim)]
    own = {m for m, image in examination.images.items() if any(fits(image, promise) for promise in promised)}
    missing = [item.library for item in examination.outcome.missing if not own.isdisjoint(item.members)]
    if missing:
        names = ", ".join(missing[:3])
        raise RequestError(
            f"it lacks {names}, and libraries are grafted into wheels for Linux only so far",
            hint="use delocate for macOS and delvewheel for Windows",
        )
    if tags.false and not examination.wheel.name.pure:
        raise RequestError(
            f"{', '.join(tags.false)} promises too much: {_because(tags.deciding)}",
            hint="`truewheel retag --auto` writes the tags that are true",
        )


# --- what was asked of the platform
def _whole(platforms: Iterable[str], examination: Examination) -> tuple[str, ...]:
    """The demanded tags, with the architecture of the files where one was given without.

    Files for what no tag has a word for, such as graphics processors, don't take part.
    """
    found_archs = {arch for image in examination.images.values() if _loadable(image) for arch in image.archs}
    archs = sorted(arch for arch in found_archs if not arch.startswith("machine-"))
    parts = [part for platform in platforms for part in platform.split(".")]
    found: list[str] = []
    for part in parts:
        bare = archs and _WITHOUT_ARCH.fullmatch(part) is not None
        found += [f"{part}_{arch}" for arch in archs] if bare else [part]
    return tuple(dict.fromkeys(found))


def _ceiling(platforms: Iterable[str]) -> Floor | None:
    """The floor that decides which libraries the platform promises."""
    floors = [floor for platform in platforms if (floor := floor_of(canonical_platform(platform)))]
    promising = [floor for floor in floors if floor.family in {"manylinux", "android"}]
    return min(promising, key=lambda floor: floor.version, default=None)


def _platforms(after: Tags, request: Request, planned: Plan) -> tuple[str, ...]:
    """The tags that the repaired wheel gets."""
    if request.platforms:
        try:
            demanded = demanded_platforms(request.platforms, after)
        except RequestError as error:
            too_high = _of_kinds(after.deciding, request.platforms)
            known = all(floor_of(canonical_platform(platform)) for platform in request.platforms)
            if known and after.deciding and not too_high:
                needed = ", ".join(spelled(requirement.floor for requirement in after.deciding))
                raise RequestError(
                    f"the wheel is not for {', '.join(request.platforms)}: what is inside is for {needed}",
                    hint="--plat names a platform of the family and the processor that the wheel was built for",
                ) from None
            raise RequestError(error.what, hint=_way_out(too_high, planned, error.hint)) from None
        if request.only or after.computed is None:
            return with_legacy(map(canonical_platform, demanded))
        return true_platforms(after)
    chosen = true_platforms(after)
    if any(platform.startswith("linux_") for platform in chosen):
        raise RequestError(
            f"no tag but {', '.join(chosen)} is true of it, which no index takes: {_because(after.deciding)}",
            where=Where(member=next((r.member for r in after.deciding if r.floor.family == "linux"), "")),
            hint=_way_out(after.deciding, planned, f"--plat {chosen[0]} makes the wheel for yourself all the same"),
        )
    return chosen


def _of_kinds(deciding: Iterable[Requirement], platforms: Iterable[str]) -> list[Requirement]:
    """The requirements of the families and processors that platforms name: others no older build would mend."""
    floors = [floor for platform in platforms if (floor := floor_of(canonical_platform(platform)))]
    kinds = {(floor.family, floor.arch) for floor in floors}
    return [r for r in deciding if (r.floor.family, r.floor.arch) in kinds or r.floor.family == "linux"]


def _because(deciding: Iterable[Requirement]) -> str:
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


def _way_out(deciding: Iterable[Requirement], planned: Plan, hint: str) -> str:
    """What would help: another build of the library that asks too much, where it is one that was grafted."""
    grafts = {graft.member: graft for graft in planned.grafts}
    for requirement in deciding:
        if graft := grafts.get(requirement.member):
            return (
                f"{graft.library} was found as {graft.file.path}; name a folder with a build of it for an older "
                f"platform with -L, or leave it to another package with --exclude '{graft.library}'"
            )
    return hint


# --- the wheel
def _edited(examination: Examination, planned: Plan) -> tuple[Wheel, dict[str, Image]]:
    """The wheel with all files of the plan, and what its native files are now."""
    wheel, work = examination.wheel, _Work(dict(examination.images))
    for change in planned.changes:
        work.change(wheel.by_name[change.member], change)
    for graft in planned.grafts:
        work.graft(graft)
    if not work.entries:
        return wheel, work.images
    return amended(wheel, *work.entries, known=work.rows), work.images


class _Work:
    """Edits one after the other: of each file the bytes are in memory once, and what is known of them is kept."""

    def __init__(self, images: dict[str, Image]) -> None:
        self.images = images
        self.entries: list[Entry] = []
        self.rows: dict[str, RecordRow] = {}

    def change(self, entry: Entry, change: Change) -> None:
        """Edit a member."""
        del self.images[change.member]
        place = change.moved_to or change.member
        try:
            content = self._seen(place, entry.content, change)
        except TruewheelError as error:
            raise error.within(member=change.member) from None
        self.entries.append(Entry(place, entry.executable or bool(change.moved_to), content))
        if change.moved_to:
            script = launcher(change.moved_to)
            self.entries.append(Entry(change.member, executable=True, content=Bytes(script)))

    def graft(self, graft: Graft) -> None:
        """Add a graft. Nobody starts a library, so it isn't executable, whatever its file was."""
        try:
            content = self._seen(graft.member, Outside(graft.file), graft)
        except TruewheelError as error:
            raise error.within(member=graft.file.path) from None
        self.entries.append(Entry(graft.member, executable=False, content=content))

    def _seen(self, place: str, source: Content, edit: Change | Graft) -> Content:
        """Edit a file, read it again, and keep it if it is small; else it is made once more when it is written."""
        content, data = edited(source, edit.changes, strip=edit.strip)
        self.images[place] = read_elf(data)
        self.rows[place] = row_for(place, data)
        return Bytes(bytes(data)) if len(data) <= _KEPT else content


def _with_root(wheel: Wheel, images: Mapping[str, Image]) -> Wheel:
    """A wheel with native code belongs into platlib (PEP 427, Root-Is-Purelib)."""
    if wheel.name.pure or not any(map(_loadable, images.values())):
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


def _with_packages(planned: Plan, libraries: Libraries) -> Plan:
    grafts = tuple(replace(graft, package=libraries.package_of(graft.file)) for graft in planned.grafts)
    return replace(planned, grafts=grafts)
