"""Edit the names in an ELF file: what it needs, what it is called, where it searches.

Append, never rebuild: every byte that isn't a name, a table of names or a header keeps its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from truewheel.binary.fields import Buffer
from truewheel.binary.patch import Patch


class RunPath(NamedTuple):
    """Where a file is to search for what it needs. Without entries both tags are removed.

    ``runpath`` chooses DT_RUNPATH over DT_RPATH; the other tag is removed.
    """

    entries: tuple[str, ...]
    runpath: bool = False


@dataclass(frozen=True, slots=True)
class ElfChanges:
    """What is to be different in an ELF file; what isn't named stays.

    ``needed`` maps old names of needed libraries to new ones, in DT_NEEDED and in the version needs.
    ``drop_needed`` are libraries that are no longer asked for. ``soname`` is the new name of the file itself,
    given to one without a name too. ``run_path`` of None leaves the search as it is. ``clear_exec_stack`` takes
    the execute bit off the stack, ``expand_relr`` rewrites DT_RELR as ordinary relative relocations.
    """

    needed: Mapping[str, str] = MappingProxyType({})
    drop_needed: frozenset[str] = frozenset()
    soname: str | None = None
    run_path: RunPath | None = None
    clear_exec_stack: bool = False
    expand_relr: bool = False

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != ElfChanges()


def edit_elf(buffer: Buffer, changes: ElfChanges) -> Patch:
    """The patch that makes the changes; an empty one where the file says so already.

    Raises `BinaryError` where the file is damaged, and where a change can't be made safely.
    """
    raise NotImplementedError
