"""The checks: each looks at an examined wheel and yields findings. One function a subject, one row in `CHECKS`.

What the policies already found while they computed the tag (libc, ABI, slices) is in ``outcome.findings``;
here stand the rules that need the name, the archive or RECORD as well.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from truewheel import rules
from truewheel.binary import Elf, MachO
from truewheel.findings import Finding, in_order
from truewheel.ops.examine import Depth, Examination
from truewheel.ops.verdict import SEVERAL_PLATFORMS, Tags, Verdict, machine, some
from truewheel.policy import (
    Requirement,
    admits,
    floor_of,
    installable_problem,
    promises,
    spelled,
    strongest,
    unserved,
)
from truewheel.policy.apple import helpers, loadable
from truewheel.policy.given import is_given
from truewheel.policy.libc import NONE
from truewheel.wheel import Wheel, WheelFile, differences, signatures

_MH_DSYM = 10
_PYPI_FILE_LIMIT = 100 * 2**20
_LARGEST_SBOM = 8 * 2**20
_PYPI_RATIO_FROM, _PYPI_RATIO = 64 * 2**20, 50


@dataclass(frozen=True)
class Subject:
    """What the checks look at: the examination, the verdict on its tags, WHEEL, and the size of the file."""

    examination: Examination
    tags: Tags
    wheel_file: WheelFile
    file_size: int


Check = Callable[[Subject], Iterator[Finding]]


def run(subject: Subject) -> tuple[Finding, ...]:
    """Every finding on a wheel, in order."""
    outcome = subject.examination.outcome
    return in_order([*outcome.findings, *chain.from_iterable(check(subject) for check in CHECKS)])


def tags_agree(subject: Subject) -> Iterator[Finding]:
    """The name and WHEEL list one set of tags, sorted and one per line."""
    name, file = subject.examination.wheel.name, subject.wheel_file
    member = subject.examination.wheel.info_path("WHEEL")
    named, listed = set(name.tags), set(file.expanded_tags)
    if named != listed:
        only_name, only_file = sorted(named - listed), sorted(listed - named)
        parts = [f"only in the name: {', '.join(only_name)}"] if only_name else []
        parts += [f"only in WHEEL: {', '.join(only_file)}"] if only_file else []
        yield Finding(rules.TAG_DISAGREE, "; ".join(parts), member)
    for line in file.tags:
        if "." in line:
            yield Finding(rules.TAG_NOT_EXPANDED, f"`Tag: {line}` stands for several tags", member)
    for kind, written in zip(("python", "abi", "platform"), name.tag_sets, strict=True):
        if list(written) != sorted(set(written)):
            order = ".".join(sorted(set(written)))
            yield Finding(rules.TAG_UNSORTED, f"the {kind} tags are {'.'.join(written)}, in order they are {order}")


def tags_true(subject: Subject) -> Iterator[Finding]:
    """The claimed platforms against those that the binaries need."""
    tags = subject.tags
    if tags.verdict is Verdict.TOO_GENEROUS and not subject.examination.wheel.name.pure:
        yield Finding(rules.TAG_TOO_GENEROUS, f"{', '.join(tags.false)} promised; {'; '.join(_broken(tags))}")
    elif tags.verdict is Verdict.CONTRADICTORY:
        needed = "; ".join(_needed(tags.deciding)) or some(tags.reasons)
        yield Finding(rules.TAG_CONTRADICTORY, f"{', '.join(tags.claimed)} claimed; {needed}")
    elif tags.verdict is Verdict.STRICTER and tags.deciding:
        enough = ", ".join(tags.computed or ())
        yield Finding(rules.TAG_STRICTER, f"{', '.join(tags.claimed)} claimed, {enough} would do")
    elif tags.verdict is Verdict.STRICTER:
        yield Finding(rules.TAG_NO_BINARIES, f"{', '.join(tags.claimed)} claimed, {'; '.join(tags.reasons)}")
    elif tags.verdict is Verdict.UNKNOWN and tags.reasons != (SEVERAL_PLATFORMS,):
        yield Finding(rules.TAG_UNKNOWN, some(tags.reasons))


def _broken(tags: Tags) -> Iterator[str]:
    """What breaks the false promises: requirements above them, and processors that some file isn't for."""
    asked = [promise for claim in map(floor_of, tags.false) if claim for promise in promises(claim)]
    above = [r for r in tags.deciding if any(machine(p) == machine(r.floor) and not admits(p, r.floor) for p in asked)]
    there = {machine(requirement.floor) for requirement in tags.deciding}
    absent = sorted({promise.arch for promise in asked if machine(promise) not in there})
    yield from _needed(above or ([] if absent else tags.deciding))
    if absent:
        yield f"not every file is for {' and '.join(absent)}"


def _needed(requirements: Iterable[Requirement]) -> Iterator[str]:
    """What each member needs, and why."""
    theirs: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        theirs.setdefault(requirement.member, []).append(requirement)
    for member, needs in theirs.items():
        by = f" by {member}" if member else ""
        why = ", ".join(dict.fromkeys(requirement.reason for requirement in needs))
        yield f"{', '.join(spelled(requirement.floor for requirement in needs))} needed{by}: {why}"


def tags_installable(subject: Subject) -> Iterator[Finding]:
    """Every claimed platform is one that some installer asks for."""
    for platform in subject.tags.claimed:
        problem = installable_problem(platform)
        if problem:
            yield Finding(rules.TAG_NOT_INSTALLABLE, problem)


def pure_has_no_binaries(subject: Subject) -> Iterator[Finding]:
    """A wheel for any platform, or one that is purelib, holds no native code."""
    examination, tags = subject.examination, subject.tags
    if not examination.images:
        return
    first = min(examination.images)
    if examination.wheel.name.pure and tags.reasons == (SEVERAL_PLATFORMS,):
        yield Finding(rules.TAG_SEVERAL_PLATFORMS, SEVERAL_PLATFORMS, first)
    elif examination.wheel.name.pure and tags.verdict is Verdict.TOO_GENEROUS:
        needs = ", ".join(tags.computed or spelled(requirement.floor for requirement in tags.deciding))
        yield Finding(rules.TAG_PURE_WITH_BINARIES, f"tagged any, needs {needs}", first)
    elif subject.wheel_file.root_is_purelib and not examination.wheel.name.pure:
        message = "WHEEL says Root-Is-Purelib: true in a wheel with native code"
        yield Finding(rules.TAG_PURE_WITH_BINARIES, message, examination.wheel.info_path("WHEEL"))


def binaries_fit_the_tag(subject: Subject) -> Iterator[Finding]:
    """Each file has all claimed processors of macOS; files for other machines than the claimed are pointed out."""
    examination, tags = subject.examination, subject.tags
    asked = [promise for claim in map(floor_of, tags.claimed) if claim for promise in promises(claim)]
    thin = tuple(_thin(examination, {promise.arch for promise in asked if promise.family == "macosx"}))
    yield from thin
    needs: dict[str, list[Requirement]] = {}
    for requirement in examination.outcome.requirements:
        needs.setdefault(requirement.member, []).append(requirement)
    claimed = {machine(promise) for promise in asked}
    if claimed.isdisjoint(machine(r.floor) for member in needs.values() for r in member):
        return  # the whole wheel is for another machine, which is one finding
    modules = dict(unserved(asked, examination.images))
    for member, without in modules.items():
        if member not in {finding.member for finding in thin}:
            archs = ", ".join(sorted({promise.arch for promise in without}))
            yield Finding(rules.TAG_MODULE_MISSING, f"there is no file of this module for {archs}", member)
    claimed |= {machine(requirement.floor) for requirement in tags.deciding}
    for member, theirs in needs.items():
        if member and member not in modules and claimed.isdisjoint(machine(r.floor) for r in theirs):
            floors = spelled(requirement.floor for requirement in strongest(theirs))
            yield Finding(rules.TAG_FOREIGN_BINARY, f"it is for {', '.join(floors)}", member)


def _thin(examination: Examination, asked: set[str]) -> Iterator[Finding]:
    """The Mach-O files that have some of the claimed processors, unless each processor has files of its own.

    Not libraries that nobody asks for on the others.
    """
    machos = {member: image for member, image in examination.images.items() if isinstance(image, MachO)}
    some = helpers(machos, examination.graph.edges)
    found: dict[str, set[str]] = {}
    for member, part in loadable({member: image for member, image in machos.items() if member not in some}):
        found.setdefault(member, set()).add(part.arch)
    there = {member: archs & asked for member, archs in found.items() if archs & asked}
    if not there or not set.intersection(*there.values()):
        return
    for member, archs in there.items():
        if asked - archs:
            message = f"{' and '.join(sorted(asked))} claimed, it has only {', '.join(sorted(found[member]))}"
            yield Finding(rules.MAC_MISSING_ARCH, message, member)


def record(subject: Subject) -> Iterator[Finding]:
    """RECORD lists every member with its hash, and nothing else."""
    examination = subject.examination
    yield from examination.record
    for path in signatures(examination.wheel):
        if path in examination.wheel.by_name:
            yield Finding(rules.RECORD_SIGNED, "it stands for RECORD as it is now", path)


def own_timestamp(wheel: Wheel) -> int | None:
    """The time of a wheel's first member, in seconds since 1970: its SOURCE_DATE_EPOCH, if all members have it.

    None where there is no such time, or none that a calendar knows.
    """
    stored = next((entry.stored for entry in wheel.entries if entry.stored), None)
    try:
        return calendar.timegm(stored.time) if stored else None
    except ValueError:
        return None


def archive(subject: Subject) -> Iterator[Finding]:
    """The zip is in canonical form, and within what PyPI takes."""
    wheel = subject.examination.wheel
    found = differences(wheel, timestamp=own_timestamp(wheel))
    if found:
        yield Finding(rules.ZIP_NOT_CANONICAL, "; ".join(found))
    size = subject.file_size
    total = sum(entry.size for entry in wheel.entries)
    if size > _PYPI_FILE_LIMIT:
        yield Finding(rules.SIZE_PYPI, f"{size:,} bytes; the default limit is {_PYPI_FILE_LIMIT:,}")
    if total > _PYPI_RATIO_FROM and total > size * _PYPI_RATIO:
        message = f"unpacks to {total:,} bytes, {total // size} times its size; the limit is {_PYPI_RATIO}"
        yield Finding(rules.SIZE_PYPI, message)


def libraries(subject: Subject) -> Iterator[Finding]:
    """Every needed library is in the wheel or promised by the platform."""
    for missing in subject.examination.outcome.missing:
        for member in missing.members:
            yield Finding(missing.rule, f"{missing.library} {missing.searched}", member)
    yield from _unled(subject.examination)


def _unled(examination: Examination) -> Iterator[Finding]:
    """ELF libraries that are in the wheel by name alone, and that the platform doesn't bring either."""
    libcs = examination.outcome.libc
    for edge in examination.graph.edges:
        if edge.how == "soname" and not is_given(libcs.get(edge.member, NONE), edge.arch, edge.needed):
            what = f"needs {edge.needed}, and no run path leads to {edge.provider}"
            yield Finding(rules.LIB_UNLED, what, edge.member)


def elf_hardening(subject: Subject) -> Iterator[Finding]:
    """Executable stacks and relocations in code."""
    for member, image in subject.examination.images.items():
        if not isinstance(image, Elf) or not image.dynamic:
            continue
        if image.exec_stack:
            yield Finding(rules.SEC_EXEC_STACK, "PT_GNU_STACK is executable", member)
        elif image.exec_stack is None and image.arch in {"x86_64", "i686"}:
            message = "there is no PT_GNU_STACK, which means an executable stack on x86"
            yield Finding(rules.SEC_EXEC_STACK, message, member)
        if image.text_relocations:
            yield Finding(rules.SEC_TEXT_RELOCATIONS, "DT_TEXTREL is set", member)


def leaks(subject: Subject) -> Iterator[Finding]:
    """Run paths, install names, PDB paths and other traces of the build machine.

    Not those in companions with debug information (MH_DSYM), which are made of nothing else.
    """
    kinds = {
        "run-path": rules.PATH_RPATH,
        "escape": rules.PATH_ESCAPES,
        "install-name": rules.PATH_INSTALL_NAME,
        "pdb": rules.REP_PDB,
        "build-path": rules.PATH_LEAK,
    }
    for member in subject.examination.members:
        if isinstance(member.image, MachO) and all(part.filetype == _MH_DSYM for part in member.image.slices):
            continue
        for leak in member.leaks:
            yield Finding(kinds[leak.kind], leak.message, member.entry.name, leak.offset)


def sboms(subject: Subject) -> Iterator[Finding]:
    """SBOMs (PEP 770) whose serial number or time changes with every build."""
    wheel = subject.examination.wheel
    folder = wheel.info_path("sboms/")
    for entry in wheel.entries:
        if not entry.name.startswith(folder) or subject.examination.depth is not Depth.CONTENTS:
            continue
        if entry.size > _LARGEST_SBOM:
            continue  # parsed, it would take many times as much
        for what in _volatile(entry.read()):
            yield Finding(rules.REP_SBOM, what, entry.name)


def _volatile(data: bytes | bytearray) -> Iterator[str]:
    """What in a CycloneDX document differs from build to build."""
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    serial = document.get("serialNumber")
    # Version 4 in the third group of a UUID means that it was drawn at random (RFC 9562, §5.4).
    if isinstance(serial, str) and serial.startswith("urn:uuid:") and serial[23:24] == "4":
        yield f"the serial number {serial[:45]} is random"
    metadata = document.get("metadata")
    time = metadata.get("timestamp") if isinstance(metadata, dict) else None
    if isinstance(time, str):
        yield f"it carries the time {time[:32]}"


CHECKS: Final[tuple[Check, ...]] = (
    tags_agree,
    tags_true,
    tags_installable,
    pure_has_no_binaries,
    binaries_fit_the_tag,
    record,
    archive,
    libraries,
    elf_hardening,
    leaks,
    sboms,
)
"""Every check, in the order of the families of `truewheel.rules`."""
