"""Published Linux and Android wheels: our floors against the table of facts and against auditwheel."""

from __future__ import annotations

import zipfile  # noqa: TID251 - the binaries of real wheels are taken out by a reader that is not ours
from functools import cache
from pathlib import Path

import pytest
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import WheelPolicies

from tests.corpus import ROWS, Corpus, Row
from tests.policy.elves import external
from truewheel.binary.elf import read_elf
from truewheel.binary.model import Elf
from truewheel.policy import linux
from truewheel.policy.model import Outcome, strongest

_TEXT = (".c", ".cpp", ".def", ".h", ".hpp", ".inc", ".py", ".pyi", ".s", ".S", ".txt", ".zig")
ELF_WHEELS = [row for row in ROWS.values() if any("linux" in p or "android" in p for p in row.claimed)]


@cache
def binaries(path: Path) -> dict[str, Elf]:
    with zipfile.ZipFile(path) as archive:
        found = {}
        for name in archive.namelist():
            if name.endswith(_TEXT):
                continue
            with archive.open(name) as member:
                if member.read(4) == b"\x7fELF":
                    found[name] = read_elf(archive.read(name))
        return found


def examine(path: Path) -> Outcome:
    elves = binaries(path)
    return linux.examine(elves, external(elves))


@pytest.mark.parametrize("row", ELF_WHEELS, ids=lambda row: row.file)
def test_the_floors_of_published_wheels(row: Row, corpus: Corpus) -> None:
    outcome = examine(corpus(row.file))
    assert not outcome.unknown
    found = strongest(outcome.requirements)
    assert tuple(sorted(requirement.floor.tag for requirement in found)) == row.computed
    assert [".".join(map(str, requirement.exact)) for requirement in found if requirement.exact] == (
        [row.needs_musl] if row.needs_musl else []
    )
    assert [missing.library for missing in outcome.missing] == []


@pytest.mark.parametrize("row", [r for r in ELF_WHEELS if "manylinux" in r.file], ids=lambda row: row.file)
def test_a_policy_of_auditwheel_is_never_lower_than_ours(row: Row, corpus: Corpus) -> None:
    """Its policies are coarser, and it counts weak versions; where all are strong the two agree."""
    elves = binaries(corpus(row.file))
    outcome = linux.examine(elves, external(elves))
    ours = next(r.floor for r in strongest(outcome.requirements) if r.floor.family == "manylinux")
    theirs = _auditwheels(ours.arch, elves)
    weak = any(need.weak for elf in elves.values() for need in elf.version_needs)
    assert ours.version <= theirs if weak else ours.version == theirs


def _auditwheels(arch: str, elves: dict[str, Elf]) -> tuple[int, int]:
    inside = {elf.soname for elf in elves.values()}
    versions: dict[str, set[str]] = {}
    for elf in elves.values():
        for need in elf.version_needs:
            if need.library not in inside:
                versions.setdefault(need.library, set()).add(need.version)
    policies = WheelPolicies(libc=Libc.GLIBC, arch=Architecture[arch])
    major, minor = policies.versioned_symbols_policy(versions).name.split("_")[1:3]
    return int(major), int(minor)
