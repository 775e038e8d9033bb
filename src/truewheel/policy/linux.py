"""The ELF files of a wheel: which C library they are built for, and where they run for it.

Files are judged by architecture, since different ones never meet in a process; the caller compares with what
the wheel claims. Within an architecture a tag stands for what *all* files can do: a static program fits glibc
and musl, and beside a glibc extension it leaves glibc alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from truewheel.binary.model import Elf
from truewheel.findings import Finding
from truewheel.policy import android, glibc, musl
from truewheel.policy.group import (
    Group,
    is_loaded,
    is_program,
    is_python_name,
    listed,
    plain_linux,
    strong_imports,
    unpromised,
)
from truewheel.policy.libc import BIONIC, GLIBC, MUSL, NONE, UNKNOWN, Libc, libc_of, other_system, suffix_hint
from truewheel.policy.model import Floor, Outcome, Requirement, merged
from truewheel.policy.tables import glibc_policy
from truewheel.rules import ABI_FPECTL, ISA_NEEDED, LIBC_FLOAT_ABI, LIBC_MIXED

__all__ = ["Libc", "examine", "libc_of"]

# Words for ARM processors older than armv7l. What is compiled for them runs on armv7l, and next to its code.
_OLD_ARM = ("armv4tl", "armv5tel", "armv6l")
_ARM = "armv7l"

# Where a program's loader is on every system of its kind: the processors' ABI supplements, as GCC's
# GLIBC_DYNAMIC_LINKER has them, and musl's ldso. That of ARM is for hard-float.
_LOADERS = {
    "aarch64": ("/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"),
    "armv7l": ("/lib/ld-linux-armhf.so.3", "/lib/ld-musl-armhf.so.1"),
    "i686": ("/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"),
    "loongarch64": ("/lib64/ld-linux-loongarch-lp64d.so.1", "/lib/ld-musl-loongarch64.so.1"),
    "ppc64le": ("/lib64/ld64.so.2", "/lib/ld-musl-powerpc64le.so.1"),
    "riscv64": ("/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-riscv64.so.1"),
    "s390x": ("/lib/ld64.so.1", "/lib/ld-musl-s390x.so.1"),
    "x86_64": ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"),
}
# Where those of other processors may be.
_LOADER_FOLDERS = ("/lib", "/lib64")

_LIBC = re.compile(r"libc\.so(\.6)?|libc\.musl-.*|ld-musl-.*|ld-linux.*")
_NO_TAG = re.compile(r"machine-\d+")

# GNU_PROPERTY_X86_ISA_1_NEEDED (x86-64 psABI): bit 0 is the baseline that every tag implies.
_ISA_BASELINE = 1
_ISA_LEVELS = {2: "x86-64-v2", 4: "x86-64-v3", 8: "x86-64-v4"}
_X86 = ("i686", "x86_64")

_EF_ARM_ABI_FLOAT_HARD = 0x400

# Modules/fpectlmodule.c of CPython before 3.7; Include/pyfpe.h makes every module ask for them that is built so.
_FPECTL = frozenset({"PyFPE_counter", "PyFPE_dummy", "PyFPE_jbuf"})


_Users: TypeAlias = Mapping[str, tuple[str, ...]]
"""Needed libraries, each with the members that need it."""


def examine(elves: Mapping[str, Elf], external: _Users, by_name: _Users = MappingProxyType({})) -> Outcome:
    """What the ELF files of a wheel ask of Linux and Android.

    `elves` maps the members of the wheel to their headers, `external` each needed library that no member
    provides to the members that need it, the C library's files among them; `by_name` likewise those that a
    member has the name of, though no run path leads to it. Objects for a linker, and files for processors that
    no tag names, ask for nothing, unless there is nothing else.
    """
    loadable = {member: elves[member] for member in sorted(elves) if is_loaded(elves[member])}
    tagged = {member: elf for member, elf in loadable.items() if not _NO_TAG.fullmatch(elf.arch)}
    wheel = Group("", tagged, _frozen(external), _frozen(by_name))
    strange = () if tagged else tuple(f"{m} is for {elf.arch}, which no tag names" for m, elf in loadable.items())
    return merged(
        [
            Outcome(unknown=strange, libc=dict.fromkeys(sorted(elves), NONE)),
            *_archs(wheel),
        ]
    )


def _frozen(users: _Users) -> Mapping[str, frozenset[str]]:
    return {library: frozenset(members) for library, members in sorted(users.items())}


def _archs(wheel: Group) -> Iterator[Outcome]:
    """An outcome for each architecture; for code of older ARM processors one for them and one for armv7l."""
    by_arch: dict[str, dict[str, Elf]] = {}
    for member, elf in wheel.members.items():
        by_arch.setdefault(_ARM if elf.arch in _OLD_ARM else elf.arch, {})[member] = elf
    for arch, members in sorted(by_arch.items()):
        yield _arch(replace(wheel, arch=arch, members=members))
        if arch == _ARM and all(elf.arch in _OLD_ARM for elf in members.values()):
            newest = max((elf.arch for elf in members.values()), key=_OLD_ARM.index)
            yield Outcome(requirements=_arch(replace(wheel, arch=newest, members=members)).requirements)


def _arch(files: Group) -> Outcome:
    """The outcome for the files of one architecture."""
    libcs = {member: libc_of(elf, member) for member, elf in files.members.items()}
    static = {m: elf for m, elf in files.members.items() if libcs[m].name == NONE and is_program(elf)}
    linked = replace(files, members={m: elf for m, elf in files.members.items() if m not in static})
    linked = linked.on(_is_libc, _is_libc)
    named = {m: libcs[m].name for m in files.members}
    decided = sorted({libcs[m].name for m in linked.members} - {NONE, UNKNOWN})
    if len(decided) > 1:
        return _mixed(files, static, libcs, decided)
    family = decided[0] if decided else _hinted(linked)
    unclear = dict(_unclear(linked, libcs, family))
    if not unclear:
        named.update(dict.fromkeys(linked.members, family))
    asked = merged([_linked(linked, libcs, family), *_processor(files, static)])
    outcome = merged([_certain(asked, unclear), Outcome(unknown=tuple(unclear.values()), libc=named)])
    # What needs no C library may ask for what musl's loader never does.
    family = GLIBC if family == NONE and linked.members and not musl.is_fit(linked) else family
    return outcome if unclear or family == BIONIC else _with_floor(outcome, files, static, family)


def _certain(asked: Outcome, unclear: Collection[str]) -> Outcome:
    """What is asked for, whatever the unclear members may need besides. Plain linux leaves no other tag."""
    missing = (lost._replace(members=tuple(m for m in lost.members if m not in unclear)) for lost in asked.missing)
    requirements = tuple(r for r in asked.requirements if r.member not in unclear)
    return asked._replace(
        requirements=tuple(r for r in requirements if r.floor.family == "linux") or requirements,
        findings=tuple(f for f in asked.findings if f.member not in unclear),
        missing=tuple(lost for lost in missing if lost.members),
    )


def _is_libc(library: str) -> bool:
    """Whether a name is that of a C library itself, whichever it is."""
    return _LIBC.fullmatch(library) is not None


def _mixed(files: Group, static: Mapping[str, Elf], libcs: Mapping[str, Libc], decided: list[str]) -> Outcome:
    """Where members are for different C libraries, each of these has a lower bound of its own."""
    firsts = [next(m for m in sorted(libcs) if libcs[m].name == name) for name in decided]
    words = "; ".join(f"{member} is for {libcs[member].name}: {libcs[member].evidence}" for member in firsts)
    finding = Finding(LIBC_MIXED, words, firsts[-1])
    bounds = [_bound(files, static, libcs, name) for name in decided]
    reason = f"the members are built for {' and '.join(decided)}"
    named = {member: libc.name for member, libc in libcs.items()}
    return merged([*bounds, Outcome(findings=(finding,), unknown=(reason,), libc=named)])


def _bound(files: Group, static: Mapping[str, Elf], libcs: Mapping[str, Libc], family: str) -> Outcome:
    """What the files of one C library ask for. Those of none are beside them for what they define."""
    others = [m for m in files.members if libcs[m].name != family]
    foreign = {m for m in others if m in static or libcs[m].name not in (NONE, UNKNOWN)}
    group = replace(files, members={m: elf for m, elf in files.members.items() if m not in foreign})
    group = group.on(_is_libc, _is_libc)
    return _certain(merged([_linked(group, libcs, family), *_processor(group, {})]), others)


def _hinted(linked: Group) -> str:
    """The C library by the suffixes alone, where no file says more: they decide who imports the modules."""
    hints = {hint.name for member in linked.members if (hint := suffix_hint(member)) is not None}
    return hints.pop() if len(hints) == 1 else NONE


def _unclear(linked: Group, libcs: Mapping[str, Libc], family: str) -> Iterator[tuple[str, str]]:
    """The files that can't be judged, and why. Without a libc of its own a library takes that of its siblings."""
    for member, elf in linked.members.items():
        if libcs[member].name != UNKNOWN:
            continue
        if other_system(elf):
            yield member, f"{member} is not for Linux: {libcs[member].evidence}"
            continue
        foreign = elf.interpreter is not None or "another system" in libcs[member].evidence
        if foreign or (family == NONE and _undefined(linked, elf)):
            yield member, f"the C library of {member} is unknown: {libcs[member].evidence}"


def _undefined(linked: Group, elf: Elf) -> bool:
    names = {s.name for s in strong_imports(elf) if not is_python_name(s.name)}
    return not names <= linked.exports


def _linked(linked: Group, libcs: Mapping[str, Libc], family: str) -> Outcome:
    """What the policy of the C library says of the files that are linked to it."""
    if not linked.members:
        return Outcome()
    if family == GLIBC:
        return merged([glibc.examine(linked), *_loaders(linked)])
    if family == MUSL:
        return merged([musl.examine(linked), *_loaders(linked)])
    if family == BIONIC:
        return android.examine(linked, frozenset(m for m in linked.members if libcs[m].name != BIONIC))
    policy = glibc_policy(linked.arch)
    external = unpromised(
        linked, lambda name: musl.is_promised(name) and policy is not None and name in policy.libraries, "platform"
    )
    return merged([external, *glibc.packed(linked), *(musl.packed(linked) if musl.is_fit(linked) else ())])


def _with_floor(outcome: Outcome, files: Group, static: Mapping[str, Elf], family: str) -> Outcome:
    """Add the lowest tags of the policies, unless plain linux is all that can be said or a file asks for more."""
    if any(r.floor.family == "linux" for r in outcome.requirements):
        return outcome
    policies = {GLIBC: (glibc.floor,), MUSL: (musl.floor,)}.get(family, (glibc.floor, musl.floor))
    floors = [floor for policy in policies if (floor := policy(files.arch)) is not None]
    if not floors:
        unnamed = plain_linux(files.arch, "", f"there is no manylinux or musllinux tag for {files.arch}")
        return merged([outcome, Outcome((unnamed,))])
    asked = {r.floor.family for r in outcome.requirements}
    base = tuple(_base(floor, static) for floor in floors if floor.family not in asked)
    return merged([Outcome(base), outcome])


def _base(floor: Floor, static: Mapping[str, Elf]) -> Requirement:
    if static:
        return Requirement(floor, next(iter(static)), "a static program: it needs no C library")
    return Requirement(floor, "", f"the lowest {floor.family} of {floor.arch}")


def _loaders(files: Group) -> Iterator[Outcome]:
    """Programs whose loader isn't where all systems have it: a build system or a distribution of its own kind does.

    Or it is another processor's, or another ABI's of this one, such as soft-float.
    """
    arch = _ARM if files.arch in _OLD_ARM else files.arch
    for member, elf in files.members.items():
        path = elf.interpreter or ""
        known = path in _LOADERS[arch] if arch in _LOADERS else path.rpartition("/")[0] in _LOADER_FOLDERS
        if path and not known:
            reason = f"its interpreter is {elf.interpreter}, a path that no platform promises"
            yield Outcome((plain_linux(files.arch, member, reason),))


def _processor(files: Group, static: Mapping[str, Elf]) -> Iterator[Outcome]:
    """What files ask of the processor, and of Python, beyond what the tags promise."""
    for member, elf in files.members.items():
        if files.arch in _X86 and elf.isa_needed & ~_ISA_BASELINE:
            levels = [word for bit, word in _ISA_LEVELS.items() if elf.isa_needed & bit]
            what = f"needs {listed(levels) or f'processor features {elf.isa_needed:#x}'}"
            yield Outcome((plain_linux(files.arch, member, what),), (Finding(ISA_NEEDED, what, member),))
        if names := {symbol.name for symbol in elf.symbols.imports} & _FPECTL:
            what = f"needs {listed(names)}, which a Python has only if it was built with fpectl"
            yield Outcome((plain_linux(files.arch, member, what),), (Finding(ABI_FPECTL, what, member),))
        if files.arch in (_ARM, *_OLD_ARM) and not elf.flags & _EF_ARM_ABI_FLOAT_HARD and elf.android_api is None:
            finding = Finding(LIBC_FLOAT_ABI, "is built for the soft-float ABI", member)
            limit = plain_linux(files.arch, member, "soft-float ABI, where armv7l means hard-float")
            yield Outcome(() if member in static else (limit,), (finding,))
