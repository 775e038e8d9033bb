"""What a platform tag promises, and what a binary asks for: floors, requirements, and their maximum.

A tag is the maximum of requirements. Each policy module turns the images of a wheel into an `Outcome`; the
maximum of its requirements per family and architecture is the tag, and the requirement that gave the maximum
is the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from truewheel import rules
from truewheel.findings import Finding, Rule


class Floor(NamedTuple):
    """The lowest platform of a family on which something runs.

    ``family`` is manylinux, musllinux, linux, macosx, ios, android, win or pyemscripten; ``arch`` the last
    part of the tag (x86_64, universal2, arm64_iphonesimulator, arm64_v8a, amd64, wasm32). ``version`` is what
    the tag carries, such as (2, 17); () for Windows and for plain linux.
    """

    family: str
    arch: str
    version: tuple[int, ...]

    @property
    def tag(self) -> str:
        """The platform tag, in the modern spelling."""
        if self.family == "win":
            return "win32" if self.arch == "win32" else f"win_{self.arch}"
        return "_".join([self.family, *map(str, self.version), self.arch])


class Requirement(NamedTuple):
    """Why a wheel can't run below a floor.

    ``member`` is the binary that asks ("" for a floor of the policy itself), ``reason`` the evidence in words
    ("clock_gettime@GLIBC_2.17"), ``exact`` the version really needed where the tag can't say it (musl
    (1, 2, 4) under musllinux_1_2, macOS (11, 7, 1) under macosx_12_0); else the floor's own version.
    """

    floor: Floor
    member: str
    reason: str
    exact: tuple[int, ...] = ()

    @property
    def rank(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What decides between requirements of one family and architecture."""
        return (self.floor.version, self.exact or self.floor.version)


class Missing(NamedTuple):
    """A library that a member needs, that is neither in the wheel nor promised by the platform.

    ``searched`` goes on behind the library's name, ``rule`` is the one that the lack breaks.
    """

    library: str
    members: tuple[str, ...]
    searched: str
    rule: Rule = rules.LIB_MISSING


class Outcome(NamedTuple):
    """What a policy says of the binaries of one kind in a wheel.

    ``libc`` names the C library of each ELF member: glibc, musl, bionic, none, or unknown. ``unknown`` holds
    the reasons for which no tag can be computed; the requirements are lower bounds then.
    """

    requirements: tuple[Requirement, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    unknown: tuple[str, ...] = ()
    libc: Mapping[str, str] = MappingProxyType({})


def strongest(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """The requirement with the highest floor of each family and architecture, sorted by tag.

    Among equals the first by member and reason wins, so the result doesn't depend on order.
    """
    best: dict[tuple[str, str], Requirement] = {}
    for requirement in sorted(requirements, key=lambda r: (r.member, r.reason)):
        key = (requirement.floor.family, requirement.floor.arch)
        if key not in best or requirement.rank > best[key].rank:
            best[key] = requirement
    return tuple(sorted(best.values(), key=lambda r: r.floor))


def merged(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes as one."""
    parts = tuple(outcomes)
    return Outcome(
        requirements=tuple(r for part in parts for r in part.requirements),
        findings=tuple(f for part in parts for f in part.findings),
        missing=tuple(m for part in parts for m in part.missing),
        unknown=tuple(u for part in parts for u in part.unknown),
        libc={member: libc for part in parts for member, libc in part.libc.items()},
    )
