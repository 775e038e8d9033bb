"""The audit: everything that `show` and `check` say of one wheel, as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from truewheel.binary import Elf, Image, MachO, Pe, SignatureKind
from truewheel.findings import Finding, in_order
from truewheel.ops.checks import Subject, run
from truewheel.ops.examine import Depth, Examination, examine
from truewheel.ops.verdict import Tags, Verdict, judge
from truewheel.policy import Missing, Requirement
from truewheel.wheel import Mapper, Wheel, WheelName, payload_digest, read_wheel_file, serially

_SHOWN_GENERATORS, _LONGEST_GENERATOR = 3, 100


@dataclass(frozen=True, slots=True)
class Binary:
    """One native file, as it is reported.

    ``libc`` is set for ELF files only (glibc, musl, bionic, none, unknown); ``needed`` are the libraries it
    asks for, ``external`` those of them that are neither in the wheel nor promised by the platform.
    ``signature`` is a word: none, linker-signed, ad-hoc, identity (Mach-O), authenticode (PE), or None.
    """

    path: str
    format: str
    archs: tuple[str, ...]
    size: int
    libc: str | None
    needed: tuple[str, ...]
    rpaths: tuple[str, ...]
    external: tuple[str, ...]
    signature: str | None


@dataclass(frozen=True)
class Audit:
    """What is in a wheel, where it runs and why, and what is wrong with it.

    ``file`` is the path as given, ``size`` in bytes, ``sha256`` and ``payload_digest`` hexadecimal and None
    where only the tables were read (``depth``). ``generator`` lists the first tools that WHEEL names, each cut to
    100 letters. ``requirements`` holds every floor that a member asks for;
    ``tags.deciding`` those that decide.
    """

    file: str
    name: WheelName
    size: int
    member_count: int
    unpacked_size: int
    depth: Depth
    sha256: str | None
    payload_digest: str | None
    generator: str
    tags: Tags
    requirements: tuple[Requirement, ...]
    binaries: tuple[Binary, ...]
    external: tuple[Missing, ...]
    findings: tuple[Finding, ...]


def audit(
    wheel: Wheel,
    *,
    file: str,
    size: int,
    sha256: str | None = None,
    depth: Depth = Depth.TABLES,
    mapper: Mapper = serially,
    advance: Callable[[int], None] = lambda _: None,
    brought: Callable[[str], bool] = lambda _: False,
) -> Audit:
    """Examine a wheel, judge its tags and run every check. Libraries `brought` by other packages aren't missed.

    Raises `WheelError` or `BinaryError` where the contents are damaged or lie.
    """
    examination = examine(wheel, depth=depth, mapper=mapper, advance=advance, brought=brought)
    tags = judge(wheel.name, examination.images, examination.outcome)
    if wheel.name.pure and tags.verdict is Verdict.UNKNOWN:
        examination = _as_data(examination)
    said = read_wheel_file(wheel)
    findings = in_order([*examination.findings, *run(Subject(examination, tags, said, size))])
    return Audit(
        file=file,
        name=wheel.name,
        size=size,
        member_count=len(wheel.entries),
        unpacked_size=sum(entry.size for entry in wheel.entries),
        depth=depth,
        sha256=sha256,
        payload_digest=_payload_digest(examination),
        generator=_listed(said.generators),
        tags=tags,
        requirements=examination.outcome.requirements,
        binaries=tuple(_binaries(examination)),
        external=examination.outcome.missing,
        findings=findings,
    )


def _as_data(examination: Examination) -> Examination:
    """The examination without a word on libraries: programs that are data are started by whoever has what they need."""
    outcome = examination.outcome
    findings = tuple(finding for finding in outcome.findings if finding.rule.family != "LIB")
    return replace(examination, outcome=outcome._replace(missing=(), findings=findings))


def _listed(generators: tuple[str, ...]) -> str:
    """The first of the tools that made a wheel, and how many more there are: WHEEL may name any number."""
    shown = [text if len(text) <= _LONGEST_GENERATOR else f"{text[:_LONGEST_GENERATOR]}…" for text in generators]
    rest = len(shown) - _SHOWN_GENERATORS
    return ", ".join(shown[:_SHOWN_GENERATORS]) + (f" … and {rest:,} more" if rest > 0 else "")


def _payload_digest(examination: Examination) -> str | None:
    """The payload digest where all contents were read; a RECORD without fault spares a second look at them."""
    if examination.depth is not Depth.CONTENTS:
        return None
    return payload_digest(examination.wheel, trust_record=not examination.record)


def _binaries(examination: Examination) -> Iterable[Binary]:
    sizes = {entry.name: entry.size for entry in examination.wheel.entries}
    missing: dict[str, list[str]] = {}
    for item in examination.outcome.missing:
        for member in item.members:
            missing.setdefault(member, []).append(item.library)
    for member, image in sorted(examination.images.items()):
        yield Binary(
            path=member,
            format=image.format,
            archs=image.archs,
            size=sizes[member],
            libc=examination.outcome.libc.get(member),
            needed=_needed(image),
            rpaths=_rpaths(image),
            external=tuple(sorted(missing.get(member, ()))),
            signature=_signature(image),
        )


def _needed(image: Image) -> tuple[str, ...]:
    """The libraries a file asks for, without repetition, in file order."""
    if isinstance(image, MachO):
        return tuple(dict.fromkeys(dylib.name for part in image.slices for dylib in part.dylibs))
    if isinstance(image, Pe):
        return tuple(dict.fromkeys(dll.name for dll in image.imports))
    return image.needed


def _rpaths(image: Image) -> tuple[str, ...]:
    if isinstance(image, Elf):
        return (image.rpath or ()) + (image.runpath or ())
    if isinstance(image, MachO):
        return tuple(dict.fromkeys(path for part in image.slices for path in part.rpaths))
    return ()


def _signature(image: Image) -> str | None:
    if isinstance(image, MachO):
        kinds = {part.signature.kind for part in image.slices}
        order = (SignatureKind.IDENTITY, SignatureKind.AD_HOC, SignatureKind.LINKER, SignatureKind.NONE)
        return next((kind.value for kind in order if kind in kinds), None)
    if isinstance(image, Pe):
        return "authenticode" if image.certificate else None
    return None
