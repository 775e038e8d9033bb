"""Audits made by hand, for reporters to render."""

from __future__ import annotations

from truewheel import rules
from truewheel.findings import Finding
from truewheel.ops import Audit, Binary, Depth, Tags, Verdict
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
