"""The checks: each looks at an examined wheel and yields findings. One function a subject, one row in `CHECKS`.

What the policies already found while they computed the tag (libc, ABI, slices) is in ``outcome.findings``;
here stand the rules that need the name, the archive or RECORD as well.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from truewheel import rules
from truewheel.binary import Elf, MachO
from truewheel.findings import Finding, in_order
from truewheel.ops.examine import Depth, Examination
from truewheel.ops.verdict import Tags, Verdict
from truewheel.policy import Requirement, floor_of, installable_problem
from truewheel.wheel import Wheel, WheelFile, differences, signatures

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
            yield Finding(rules.TAG_UNSORTED, f"the {kind} tags are {'.'.join(written)}")


def tags_true(subject: Subject) -> Iterator[Finding]:
    """The claimed platforms against those that the binaries need."""
    tags = subject.tags
    needed = "; ".join(_needed(requirement) for requirement in tags.deciding)
    if tags.verdict is Verdict.TOO_GENEROUS and not subject.examination.wheel.name.pure:
        yield Finding(rules.TAG_TOO_GENEROUS, f"{', '.join(tags.false)} promised; {needed}")
    elif tags.verdict is Verdict.CONTRADICTORY:
        yield Finding(rules.TAG_CONTRADICTORY, f"{', '.join(tags.claimed)} claimed; {needed}")
    elif tags.verdict is Verdict.STRICTER and tags.deciding:
        enough = ", ".join(tags.computed or ())
        yield Finding(rules.TAG_STRICTER, f"{', '.join(tags.claimed)} claimed, {enough} would do")
    elif tags.verdict is Verdict.STRICTER:
        yield Finding(rules.TAG_NO_BINARIES, f"{', '.join(tags.claimed)} claimed, {'; '.join(tags.reasons)}")
    elif tags.verdict is Verdict.UNKNOWN and not subject.examination.wheel.name.pure:
        yield Finding(rules.TAG_UNKNOWN, "; ".join(tags.reasons))


def _needed(requirement: Requirement) -> str:
    by = f" by {requirement.member}" if requirement.member else ""
    return f"{requirement.floor.tag} needed{by}: {requirement.reason}"


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
    if examination.wheel.name.pure and tags.verdict is Verdict.UNKNOWN:
        yield Finding(rules.TAG_SEVERAL_PLATFORMS, "; ".join(tags.reasons), first)
    elif examination.wheel.name.pure and tags.verdict is Verdict.TOO_GENEROUS:
        needs = ", ".join(tags.computed or ())
        yield Finding(rules.TAG_PURE_WITH_BINARIES, f"tagged any, needs {needs}", first)
    elif subject.wheel_file.root_is_purelib and not examination.wheel.name.pure:
        message = "WHEEL says Root-Is-Purelib: true in a wheel with native code"
        yield Finding(rules.TAG_PURE_WITH_BINARIES, message, examination.wheel.info_path("WHEEL"))


def binaries_fit_the_tag(subject: Subject) -> Iterator[Finding]:
    """Binaries for other machines than the claimed ones are pointed out; universal2 means both slices."""
    examination, tags = subject.examination, subject.tags
    if examination.wheel.name.pure or tags.verdict is Verdict.CONTRADICTORY:
        return
    relevant = {requirement.floor for requirement in tags.deciding}
    for requirement in examination.outcome.requirements:
        floor = requirement.floor
        if requirement.member and not any((r.family, r.arch) == (floor.family, floor.arch) for r in relevant):
            yield Finding(rules.TAG_FOREIGN_BINARY, f"it is for {floor.tag}", requirement.member)
    if any(floor and floor.arch == "universal2" for floor in map(floor_of, tags.claimed)):
        for member, image in examination.images.items():
            if isinstance(image, MachO) and not {"x86_64", "arm64"} <= set(image.archs) and _is_loaded(image):
                yield Finding(
                    rules.MAC_MISSING_ARCH, f"universal2 claimed, it has only {', '.join(image.archs)}", member
                )


def _is_loaded(image: MachO) -> bool:
    """Whether a Mach-O file is code that runs: no object file and no debug companion (MH_OBJECT, MH_DSYM)."""
    return all(part.filetype not in {1, 10} for part in image.slices)


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
    """Run paths, install names, PDB paths and other traces of the build machine."""
    kinds = {
        "run-path": rules.PATH_RPATH,
        "escape": rules.PATH_ESCAPES,
        "install-name": rules.PATH_INSTALL_NAME,
        "pdb": rules.REP_PDB,
        "build-path": rules.PATH_LEAK,
    }
    for member in subject.examination.members:
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
