"""usage: elf_edit.py FILE TARGET OLD NEW RUNPATH. Rename a needed library of an ELF file, and set its run path.

What `truewheel repair` does to a file, without a wheel around it: what patchelf is compared with. Runs on Linux, where
truewheel is installed. Imports no more than it needs: but for the copy, starting Python is most of what an edit costs.
"""

from __future__ import annotations

import mmap
import os
import sys

from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf


def main(file: str, target: str, old: str, new: str, run_path: str) -> None:
    """Write `target`: a copy, and then what is different."""
    source, result = os.open(file, os.O_RDONLY), os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    with mmap.mmap(source, 0, access=mmap.ACCESS_READ) as mapped:
        patch = edit_elf(mapped, ElfChanges(needed={old: new}, run_path=RunPath((run_path,))))
    while os.sendfile(result, source, None, 1 << 30):
        pass
    for offset, data in patch.writes:
        os.pwrite(result, data, offset)
    os.pwrite(result, patch.tail, patch.tail_offset)


if __name__ == "__main__":
    main(*sys.argv[1:])
