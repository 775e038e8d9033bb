"""What fuzzing found in the editor of ELF files, kept so that it stays mended."""

from __future__ import annotations

import pytest

from tests.binary import elf_sections
from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.errors import BinaryError


@pytest.mark.parametrize("alignment", [1 << 40, 3])
def test_an_interpreter_with_a_strange_alignment_does_not_move(alignment: int) -> None:
    """Its new place was rounded up to whatever its section said: a terabyte of zeros."""
    file = elf_sections.parse(build(Blueprint(interpreter=True)).data)
    file[".interp"].alignment = alignment
    with pytest.raises(BinaryError, match="no room"):
        edit_elf(file.encode(), ElfChanges(soname="libother-name.so.1"))
