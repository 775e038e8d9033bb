"""Audits made by hand, for reporters to render."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.ops.fakes import File
from truewheel import rules
from truewheel.binary.elf_edit import ElfChanges
from truewheel.findings import Finding
from truewheel.ops import Audit, Binary, Depth, Tags, Verdict
from truewheel.ops.plan import Change, Changes, Graft, Plan, Source
from truewheel.policy import Floor, Missing, Requirement
from truewheel.wheel import WheelName

FLOOR = Floor("manylinux", "x86_64", (2, 17))
REQUIREMENT = Requirement(FLOOR, "pkg/_x.so", "clock_gettime@GLIBC_2.17 in libc.so.6")
FILE = "dist/sample-1.0-cp312-cp312-manylinux_2_12_x86_64.whl"


def audit(file: str = FILE, *findings: Finding, verdict: Verdict = Verdict.TOO_GENEROUS) -> Audit:
    name = WheelName.parse(file.rpartition("/")[2])
    return Audit(
        file=file,
        name=name,
        size=1234,
        member_count=7,
        unpacked_size=5_678_901,
        depth=Depth.CONTENTS,
        sha256="0" * 64,
        payload_digest="f" * 64,
        generator="maker 1.0",
        tags=Tags(name.platforms, (FLOOR.tag,), verdict, (REQUIREMENT,), (), name.platforms),
        requirements=(REQUIREMENT,),
        binaries=(
            Binary("pkg/_x.so", "elf", ("x86_64",), 99, "glibc", ("libc.so.6",), ("/opt/x",), ("libx.so.1",), None),
        ),
        external=(Missing("libx.so.1", ("pkg/_x.so", "pkg/_y.so"), "is not in the wheel"),),
        findings=findings,
    )


def findings() -> tuple[Finding, ...]:
    return (
        Finding(rules.LIB_MISSING, "libx.so.1 is not in the wheel", "pkg/_x.so"),
        Finding(rules.PATH_LEAK, "it names /home/\x1b[31mme/build", "pkg/_x.so", 0x40),
        Finding(rules.PATH_RPATH, "DT_RUNPATH holds /opt/x", "pkg/_x.so"),
        Finding(rules.ZIP_NOT_CANONICAL, "members are not in order"),
    )


BEFORE = audit().tags
AFTER = replace(BEFORE, claimed=(FLOOR.tag,), verdict=Verdict.EXACT)
NO_PLAN: Plan[Changes] = Plan()


@dataclass(frozen=True)
class Repaired:
    """The outcome of a repair, by hand."""

    plan: Plan[Changes] = NO_PLAN
    written: bool = True
    changed: bool = True
    size: int | None = 1234
    sha256: str | None = "a" * 64
    before: Tags = BEFORE
    after: Tags = AFTER
    findings: tuple[Finding, ...] = ()
    source: str = FILE
    path: str = f"wheelhouse/sample-1.0-cp312-cp312-{FLOOR.tag}.whl"
    profile: str = "ld1"


def graft(library: str, *users: str, path: str = "") -> Graft[Changes]:
    member = f"sample.libs/{library}"
    return Graft(library, member, File(path or f"/lib/{library}", b""), "b" * 64, 5678, users, ElfChanges())


PLAN = Plan(
    grafts=(
        graft("libfoo.so.1", "pkg/_a.so", "pkg/_b.so", "pkg/_c.so", "pkg/_d.so"),
        replace(graft("plugin.so"), strip=True, reasons=("unsigned",)),
        graft("odd\udcff.so", "pkg/\x1b[31m.so", path="/lib/\x1b[31m\udcff.so"),
    ),
    changes=(
        Change("pkg/_a.so", ElfChanges(), ("needs libfoo-1.so instead of libfoo.so.1", "searches $ORIGIN/../s.libs")),
        Change("sample-1.0.data/scripts/app", ElfChanges(), ("moves to sample.scripts/app",), "sample.scripts/app"),
    ),
    sources=(Source("pkg/__init__.py", b"", ("adds sample.libs to the folders that DLLs are looked for in",)),),
    excluded=(("libcuda.so.1", ("pkg/_a.so",)),),
    promised=(("libc.so.6", ("pkg/_a.so",)), ("libm.so.6", ("pkg/_b.so",))),
)
