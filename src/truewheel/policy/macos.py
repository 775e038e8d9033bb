"""macOS: which release a Mach-O file needs, and how a platform tag says it.

The loader refuses a file whose ``minos`` is above the running system, to the patch level. Installers ask for
``macosx_10_N`` and, from 11 on, for ``macosx_N_0`` alone (packaging.tags.mac_platforms), so a floor that no tag
spells is rounded up: 11.7.1 needs macosx_12_0. Rounding down, as is common, promises 11.0 to 11.6.

What decides on architectures is what every loadable file has: objects and debug companions (MH_OBJECT, MH_DSYM)
don't count, nor do libraries that some slices load and others do without (`apple.helpers`). Each of these
architectures gets its floor, and `installable.spelled` makes tags of them. A module without one of them can't be
imported there, whatever else is fat. If the files share none, the wheel carries files for several architectures on
purpose, or a helper of another one, and each architecture gets its floor.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from truewheel import rules
from truewheel.binary.graph import Edge, is_of_system
from truewheel.binary.model import MachO, Platform, SignatureKind, Slice, Version3
from truewheel.findings import Finding, in_order
from truewheel.policy.apple import helpers, label, loadable, loaded_on_use, shared, trimmed
from truewheel.policy.installable import floor_of, promises
from truewheel.policy.model import Floor, Missing, Outcome, Requirement

_TAGGED = {"x86_64", "arm64", "i386", "ppc", "ppc64"}
_OLDEST = (10, 4)  # packaging asks for nothing older
_FIRST_ARM64 = (11, 0)
_SWIFT = re.compile(r"@rpath/libswift\w+\.dylib")
_INTERPRETER = re.compile(r"(?:.*/)?(?:Python[3T]?\.framework/.*|libpython3\.\d+t?d?\.dylib|libpypy[\d.]+-c\.dylib)")


class _Part(NamedTuple):
    member: str
    part: Slice


def examine(
    images: Mapping[str, MachO],
    external: Mapping[str, tuple[str, ...]],
    edges: Iterable[Edge] = (),
    platforms: Iterable[str] = (),
) -> Outcome:
    """The floors, faults and missing libraries of a wheel's Mach-O files, as files for macOS.

    `external` are the libraries that no member provides, with the members that need them; `edges` say what loads what.
    Of the wheel's `platforms` depends only whose libraries may be missing.
    """
    edges = tuple(edges)
    findings: list[Finding] = []
    unknown: list[str] = []
    parts: list[_Part] = []
    for member, part in loadable(images):
        if part.minos is None and part.platform is Platform.UNKNOWN:
            unknown.append(f"{member}: no load command of the {part.arch} slice names a platform and a release")
        elif part.platform is not Platform.MACOS:
            message = f"the {part.arch} slice is for {label(part.platform)}"
            findings.append(Finding(rules.MAC_OTHER_PLATFORM, message, member, part.offset))
        elif part.minos is None:
            unknown.append(f"{member}: the {part.arch} slice doesn't name the macOS that it needs")
        else:
            parts.append(_Part(member, part))
        if part.arch == "arm64" and part.platform is Platform.MACOS and part.signature.kind is SignatureKind.NONE:
            message = "the arm64 slice has no code signature"
            findings.append(Finding(rules.MAC_UNSIGNED, message, member, part.offset))
    archs = _shared(parts, helpers(images, edges))
    if not archs and parts:
        unknown.append(f"no platform tag names the architecture {', '.join(sorted({p.part.arch for p in parts}))}")
    elif not parts and not unknown and findings:
        unknown.append("no slice is for macOS")
    asking = _asking(images, edges, relied_on(platforms, archs))
    asked = {library: [m for m in members if m in asking.get(library, ())] for library, members in external.items()}
    missing, linked = _missing(images, asked, edges)
    return Outcome(
        requirements=tuple(_requirements(parts, archs)),
        findings=in_order([*findings, *linked]),
        missing=missing,
        unknown=tuple(sorted(unknown)),
    )


def _shared(parts: list[_Part], some: Collection[str]) -> set[str]:
    """The architectures that count among those that a tag names; the members of `some` don't take one away."""
    tagged = [(member, part.arch) for member, part in parts if part.arch in _TAGGED]
    return shared([pair for pair in tagged if pair[0] not in some] or tagged)


def _requirements(parts: list[_Part], archs: set[str]) -> Iterator[Requirement]:
    for member, part in parts:
        if part.arch not in archs or part.minos is None:
            continue
        version = floor(part.arch, part.minos)
        yield Requirement(Floor("macosx", part.arch, version), member, *_evidence(part, part.minos, version))


def _evidence(part: Slice, minos: Version3, version: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    exact = trimmed(minos)
    reason = f"minos {'.'.join(map(str, exact))} of the {part.arch} slice"
    return reason, () if exact == version else exact


def floor(arch: str, minos: Version3) -> tuple[int, int]:
    """The oldest release that a tag can name and on which `minos` is satisfied.

    10.16 is what macOS 11 called itself to old programs. After 15 came 26, so what lies between rounds to it:
    installers accept macosx_16_0 too, but no release of that name can be looked up.
    """
    major, minor, patch = minos
    if major == 10:
        minor += 1 if patch else 0
        version = (10, minor) if minor < 16 else (11, 0)
    elif major > 10:
        major += 1 if minor or patch else 0
        version = (26 if 16 <= major <= 25 else major, 0)
    else:
        version = _OLDEST
    return max(version, _FIRST_ARM64 if arch == "arm64" else _OLDEST)


def relied_on(platforms: Iterable[str], there: Collection[str]) -> frozenset[str]:
    """The processors that a wheel must work on by its platform tags, or will by better ones; none if on any.

    `there` are those that its files are for: a tag that is wrong about them gives way to them.
    """
    floors = [floor for platform in platforms if (floor := floor_of(platform)) is not None]
    claims = [{each.arch for each in promises(floor)} for floor in floors if floor.family == "macosx"]
    wrong = [claim for claim in claims if not claim <= set(there)]
    return frozenset[str]().union(*claims, there if wrong else ())


def is_system(library: str, rpaths: Iterable[str] = ()) -> bool:
    """Whether an install name is a library of macOS, for a slice with these run paths and those of its loaders.

    The Swift runtime is one (since 10.14.4) where the run path leads to the system's.
    """
    if _SWIFT.fullmatch(library):
        return any(path.rstrip("/") == "/usr/lib/swift" for path in rpaths)
    return is_of_system(library)


def is_interpreter(library: str) -> bool:
    """Whether an install name is the interpreter's own library, which a module finds in the process that loads it."""
    return _INTERPRETER.fullmatch(library) is not None


def _asking(images: Mapping[str, MachO], edges: Iterable[Edge], archs: Collection[str]) -> dict[str, set[str]]:
    """Who asks for each library in a slice that counts, and gets it from no member.

    Nobody loads the slices of a processor that the wheel isn't for, such as half of a fat library in a thin wheel.
    """
    given = {(edge.member, edge.arch, edge.needed) for edge in edges if edge.provider is not None}
    without = _TAGGED.difference(archs) if archs else ()
    found: dict[str, set[str]] = {}
    for member, part in ((member, part) for member, image in images.items() for part in image.slices):
        for dylib in part.dylibs if part.arch not in without else ():
            if (member, part.arch, dylib.name) not in given:
                found.setdefault(dylib.name, set()).add(member)
    return found


def _missing(
    images: Mapping[str, MachO], asked: Mapping[str, Iterable[str]], edges: Iterable[Edge]
) -> tuple[tuple[Missing, ...], list[Finding]]:
    """What neither the wheel nor the system has; the interpreter's own library is a finding of its own."""
    missing: list[Missing] = []
    findings: list[Finding] = []
    loaders: dict[str, set[str]] = {}
    for edge in edges:
        loaders.setdefault(edge.provider or "", set()).add(edge.member)
    for library, askers in sorted(asked.items()):
        members = [member for member in askers if not is_system(library, _searched(images, member, loaders))]
        if is_interpreter(library):
            findings += [Finding(rules.LIB_PYTHON, f"{library} is loaded", member) for member in members]
            continue
        searched = "is neither in the wheel nor part of macOS"
        lazy = [member for member in members if loaded_on_use(images[member], library)]
        findings += [Finding(rules.LIB_OPTIONAL, f"{library}, loaded on first use, {searched}", m) for m in lazy]
        if len(lazy) < len(members):
            missing.append(Missing(library, tuple(m for m in members if m not in lazy), searched))
    return tuple(missing), findings


def _searched(images: Mapping[str, MachO], member: str, loaders: Mapping[str, set[str]]) -> Iterator[str]:
    """The run paths of a member, and of all that load it."""
    reached, ahead = {member}, [member]
    while ahead:
        current = ahead.pop()
        yield from (path for part in images[current].slices for path in part.rpaths)
        new = loaders.get(current, set()) - reached
        reached |= new
        ahead += new
