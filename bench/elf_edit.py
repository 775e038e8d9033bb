"""usage: elf_edit.py FILE TARGET OLD NEW RUNPATH. Rename a needed library of an ELF file, and set its run path.

What `truewheel repair` does to a file, without a wheel around it: what patchelf is compared with. Runs where truewheel
is installed.
"""

from __future__ import annotations

import mmap
import shutil
import sys
from pathlib import Path

from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf


def main(file: str, target: str, old: str, new: str, run_path: str) -> None:
    """Write `target`: a copy, and then what is different."""
    with Path(file).open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        patch = edit_elf(mapped, ElfChanges(needed={old: new}, run_path=RunPath((run_path,))))
    shutil.copyfile(file, target)
    with Path(target).open("r+b") as result:
        for offset, data in patch.writes:
            result.seek(offset)
            result.write(data)
        if patch.tail:
            result.seek(patch.tail_offset)
            result.write(patch.tail)


if __name__ == "__main__":
    main(*sys.argv[1:])
