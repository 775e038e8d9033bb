"""The four files as a repair would leave them: renamed, moved into a folder, and found there alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.elf.toolchains import AY, BEE, FILES, PLUG, PROGRAM, Case
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf

Editor = Callable[[bytes, ElfChanges], bytes]
"""What makes the changes: ours, or another tool that the harness is tried on."""

NAMES = {AY: "libay-1a2b3c4d.so.1", BEE: "libbee-5e6f7a8b.so.1"}
"""What the libraries are called after the edit."""

OTHER_NAMES = {AY: "libay-99aabbcc.so.1", BEE: "libbee-with-a-longer-name-0d1e2f30.so.1"}
"""What they are called after the next one."""


def edited(data: bytes, changes: ElfChanges) -> bytes:
    """The file with the changes made by truewheel."""
    return bytes(edit_elf(data, changes).applied(data))


def changes(
    case: Case, names: Mapping[str, str] = NAMES, *, was: Mapping[str, str] | None = None
) -> dict[str, ElfChanges]:
    """What is asked of each file: new names for the libraries, which were called `was`, and where they are.

    Half of the cases get DT_RPATH, the others DT_RUNPATH.
    """
    old = was or {AY: AY, BEE: BEE}
    runpath = len(str(case)) % 2 == 0
    beside, below = RunPath(("$ORIGIN",), runpath=runpath), RunPath(("$ORIGIN/libs",), runpath=runpath)
    bee = {old[BEE]: names[BEE]}
    both = {old[AY]: names[AY], **bee} if case.linker == "zig" else {old[AY]: names[AY]}
    stack = case.trait == "execstack"
    return {
        BEE: ElfChanges(soname=names[BEE], run_path=beside, clear_exec_stack=stack),
        AY: ElfChanges(needed=bee, soname=names[AY], run_path=beside, clear_exec_stack=stack),
        PLUG: ElfChanges(needed=bee, run_path=below, clear_exec_stack=stack),
        PROGRAM: ElfChanges(needed=both, run_path=below, clear_exec_stack=stack),
    }


def place(name: str, folder: Path, names: Mapping[str, str] = NAMES) -> Path:
    """Where a file of the family stands below `folder`: libraries under their new names in a folder of their own."""
    return folder / "libs" / names[name] if name in names else folder / name


def lay_out(
    built: Path,
    folder: Path,
    wanted: Mapping[str, ElfChanges],
    *,
    by: Editor = edited,
) -> Path:
    """Write the edited files to where they find each other, and only so. `folder`, for convenience."""
    (folder / "libs").mkdir(parents=True)
    for name in FILES:
        target = place(name, folder)
        target.write_bytes(by((built / name).read_bytes(), wanted[name]))
        target.chmod(0o755)
    return folder
