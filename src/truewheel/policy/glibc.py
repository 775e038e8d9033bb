"""manylinux (PEP 600): the oldest glibc, and the oldest companions of glibc, on which files load.

The tag is the largest ``GLIBC_2.N`` that a file demands of glibc's own libraries, exactly, be there a policy
of that number or not. Versions of the other promised libraries raise it to the first tag that has them.
Versions of libraries that the wheel carries itself don't count. Weak ones (VER_FLG_WEAK) count for programs
only: the loader goes on without them, in silence when it loads a library for dlopen, but with a complaint on
stderr at every start of a program (seen with glibc 2.36; ``_dl_check_map_versions``). GLIBC_2.18 on aarch64 is
counted as 2.18 although the image of manylinux2014 has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from truewheel.binary.model import Elf, VersionNeed
from truewheel.findings import Finding
from truewheel.policy.group import (
    Group,
    forbidden_symbols,
    is_program,
    is_python_name,
    listed,
    plain_linux,
    strong_imports,
    taken,
    unpromised,
)
from truewheel.policy.model import Floor, Outcome, Requirement, merged
from truewheel.policy.tables import GlibcPolicy, Release, glibc_policy, glibc_symbols
from truewheel.rules import LIB_FORBIDDEN_SYMBOL, LIBC_UNVERSIONED

FAMILY = "manylinux"

_LIBRARY = re.compile(
    r"lib(c|m|mvec|pthread|dl|rt|util|resolv|nsl|anl|thread_db|BrokenLocale|nss_\w+)\.so\.[01236]|libm(vec)?-2\.\d+\.so"
)
_LOADER = re.compile(r"ld-linux[\w.-]*|ld64\.so\.[12]|ld\.so\.1")
_RELR = "GLIBC_ABI_DT_RELR"
_NUMBER = re.compile(r"GLIBC_(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?")


def is_glibc(library: str) -> bool:
    """Whether a file name is one of glibc's own: libc.so.6, its companions, or a loader."""
    return _LIBRARY.fullmatch(library) is not None or is_loader(library)


def is_loader(library: str) -> bool:
    """Whether a file name is that of a glibc loader."""
    return _LOADER.fullmatch(library) is not None


def floor(arch: str) -> Floor | None:
    """The lowest manylinux tag of an architecture, or None if there is none."""
    policy = glibc_policy(arch)
    return Floor(FAMILY, arch, policy.oldest) if policy else None


def examine(group: Group) -> Outcome:
    """What the files of a group ask of glibc's platforms."""
    policy = glibc_policy(group.arch)
    if policy is None:
        reason = f"there is no manylinux tag for {group.arch}"
        return Outcome(requirements=(plain_linux(group.arch, "", reason),))

    def promised(library: str) -> bool:
        return library in policy.libraries or is_loader(library)

    group = group.on(lambda library: is_glibc(library) and promised(library), promised)
    return merged(
        [
            unpromised(group, promised, FAMILY),
            *(_examine_member(group, policy, member, elf) for member, elf in group.members.items()),
        ]
    )


def packed(group: Group) -> Iterator[Outcome]:
    """What DT_RELR asks of glibc in files that need no C library and may be loaded beside any."""
    policy = glibc_policy(group.arch)
    if policy is not None:
        for member, elf in group.members.items():
            yield Outcome(tuple(_relr(group, policy, member, elf)))


def _examine_member(group: Group, policy: GlibcPolicy, member: str, elf: Elf) -> Outcome:
    return merged(
        [
            Outcome(requirements=(*_libraries(group, policy, member), *_relr(group, policy, member, elf))),
            _versions(group, policy, member, elf),
            _unversioned(group, policy, member, elf),
            *_forbidden(group, policy, member),
        ]
    )


def _demand(group: Group, policy: GlibcPolicy, member: str, version: Release, reason: str) -> Requirement:
    """A requirement at the tag of a release; below the oldest tag there is nothing to say but that."""
    if version[:2] < policy.oldest:
        reason += f"; no manylinux tag of {group.arch} is lower"
    return Requirement(Floor(FAMILY, group.arch, max(version[:2], policy.oldest)), member, reason)


def _libraries(group: Group, policy: GlibcPolicy, member: str) -> Iterator[Requirement]:
    for library in group.wants(member):
        since = policy.libraries.get(library)
        if since is not None and since > policy.oldest:
            yield _demand(group, policy, member, since, f"needs {library}")


def _relr(group: Group, policy: GlibcPolicy, member: str, elf: Elf) -> Iterator[Requirement]:
    # lld packs relocations without the marker unless told; the old loader then skips them in silence, as it does
    # where the marker is weak. A strong one counts with the other versions.
    if elf.relr and not any(need.version == _RELR and not need.weak for need in elf.version_needs):
        yield _demand(group, policy, member, policy.markers[_RELR], "DT_RELR relocations")


def _versions(group: Group, policy: GlibcPolicy, member: str, elf: Elf) -> Outcome:
    """The highest floor that the versions needed of each outside library set."""
    highest: dict[str, tuple[Release, VersionNeed]] = {}
    requirements: list[Requirement] = []
    findings: list[Finding] = []
    program, names = is_program(elf), _first_names(elf)
    for need in sorted(elf.version_needs):
        if (need.weak and not program) or not group.outside(member, need.library):
            continue
        if need.library not in policy.libraries and not is_glibc(need.library):
            continue  # the library itself is missing, and reported as such
        since = _since(policy, need)
        if since is None:
            requirements.append(plain_linux(group.arch, member, f"{_named(names, need)}, which no manylinux promises"))
            if need.version == "GLIBC_PRIVATE":
                findings.append(_private(names, need, member))
        elif need.library not in highest or since > highest[need.library][0]:
            highest[need.library] = (since, need)
    for _, (since, need) in sorted(highest.items()):
        requirements.append(_demand(group, policy, member, since, _named(names, need)))
    return Outcome(requirements=tuple(requirements), findings=tuple(findings))


def _since(policy: GlibcPolicy, need: VersionNeed) -> Release | None:
    """The release that first has a version; None where no tag promises it."""
    if number := _NUMBER.fullmatch(need.version):
        return int(number[1]), int(number[2])
    if need.version in policy.markers:
        return policy.markers[need.version]
    family = need.version.partition("_")[0]
    known = policy.versions.get(need.version)
    if known is None and not is_glibc(need.library) and not _has_family(policy, family):
        return policy.libraries[need.library]  # a library whose versions no policy counts
    return known


def _has_family(policy: GlibcPolicy, family: str) -> bool:
    return any(version.startswith(f"{family}_") for version in policy.versions)


_Names: TypeAlias = dict[tuple[str, str], str]
"""By library and version the name, first in the alphabet, that is bound to them."""


def _first_names(elf: Elf) -> _Names:
    names: _Names = {}
    for symbol in elf.symbols.imports if elf.version_needs else ():
        key = symbol.library, symbol.version
        if key not in names or symbol.name < names[key]:
            names[key] = symbol.name
    return names


def _named(names: _Names, need: VersionNeed) -> str:
    """A version need in words: with the first symbol that is bound to it, where there is one."""
    name = names.get((need.library, need.version))
    words = f"{name}@{need.version}" if name else f"{need.version} of {need.library}"
    return f"{words}, weakly: an older loader starts the program with a complaint" if need.weak else words


def _private(names: _Names, need: VersionNeed, member: str) -> Finding:
    what = f"needs {_named(names, need)}, which belongs to one exact build of glibc"
    return Finding(LIB_FORBIDDEN_SYMBOL, what, member)


def _unversioned(group: Group, policy: GlibcPolicy, member: str, elf: Elf) -> Outcome:
    """Names of glibc that are taken without a version: the table says since when they can be had.

    Names that the oldest tag promises anyway leave no doubt, and linkers make many: a module that calls `floor`
    and isn't linked to libm.
    """
    if elf.needed and not any(is_glibc(library) for library in group.wants(member)):
        return Outcome()
    bare = {s.name for s in strong_imports(elf) if not s.version and not is_python_name(s.name)}
    if not bare:
        return Outcome()
    table = glibc_symbols(group.arch)
    late = {name for name in bare if table.get(name, ()) > policy.oldest}
    late = late - group.exports if late else late
    if not late:
        return Outcome()
    newest = min(late, key=lambda name: (tuple(-part for part in table[name]), name))
    dotted = ".".join(map(str, table[newest]))
    message = f"takes {listed(late)} from glibc without a version; {newest} exists from {dotted} on"
    return Outcome(
        requirements=(_demand(group, policy, member, table[newest], f"{newest}, since glibc {dotted}"),),
        findings=(Finding(LIBC_UNVERSIONED, message, member),),
    )


def _forbidden(group: Group, policy: GlibcPolicy, member: str) -> Iterator[Outcome]:
    for library, names in policy.forbidden.items():
        used = taken(group, member, library, names)
        never = [name for name in used if names[name] is None]
        later = [(since, name) for name in used if (since := names[name]) is not None]
        if never:
            reason = f"uses {listed(never)} of {library}, which no manylinux promises"
            yield Outcome(
                requirements=(plain_linux(group.arch, member, reason),),
                findings=(forbidden_symbols(member, library, never),),
            )
        if later:
            since, name = max(later)
            yield Outcome(requirements=(_demand(group, policy, member, since, f"{name} of {library}"),))
