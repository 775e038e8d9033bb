"""Files as a repair leaves them: stripped, patched or both, made anew each time they are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.binary.elf_strip import Stripped, strip_elf
from truewheel.binary.macho_edit import MachChanges, edit_macho
from truewheel.binary.macho_fat import Reassembled
from truewheel.binary.patch import Patch
from truewheel.binary.pe_edit import edit_pe
from truewheel.ops.libraries import LibraryFile
from truewheel.ops.plan import Changes
from truewheel.wheel import Content
from truewheel.wheel.model import Data

Step: TypeAlias = Stripped | Reassembled | Patch


@dataclass(frozen=True, slots=True)
class Edited:
    """A content with steps that are taken when it is read: memory holds no copy meanwhile."""

    base: Content
    steps: tuple[Step, ...]

    @property
    def size(self) -> int:
        """The number of bytes after the last step."""
        return self.steps[-1].size

    def read(self) -> Data:
        """The bytes after all steps."""
        return reduce(_taken, self.steps, self.base.read())

    def head(self, count: int) -> bytes:
        """The first bytes after all steps."""
        start = self.base.head(count)
        for step in self.steps:
            start = step.head(start)
        return start


@dataclass(frozen=True, slots=True)
class Outside:
    """The content of a file outside of the wheel; who reads it gets a copy of their own."""

    file: LibraryFile

    @property
    def size(self) -> int:
        """Its number of bytes."""
        return len(self.file.data)

    def read(self) -> Data:
        """Its bytes."""
        return self.file.copy()

    def head(self, count: int) -> bytes:
        """Its first bytes."""
        return bytes(self.file.data[:count])


def edited(content: Content, changes: Changes, *, strip: bool) -> tuple[Edited, Data]:
    """A native file with changes, stripped before them if that is wanted (ELF only), and its bytes.

    Raises `BinaryError` where it is damaged, and where a change can't be made safely.
    """
    data = content.read()
    steps: list[Step] = []
    if strip:
        steps.append(strip_elf(data))
        data = _taken(data, steps[-1])
    steps.append(_step(data, changes))
    return Edited(content, tuple(steps)), _taken(data, steps[-1])


def _step(data: Data, changes: Changes) -> Step:
    """The edit that makes changes, by the format that they are for."""
    if isinstance(changes, ElfChanges):
        return edit_elf(data, changes)
    return edit_macho(data, changes) if isinstance(changes, MachChanges) else edit_pe(data, changes)


def _taken(data: Data, step: Step) -> Data:
    """The bytes after a step; a bytearray is the reader's own, and is changed where it lies."""
    return step.onto(data) if isinstance(data, bytearray) else step.applied(data) if step else data
