"""What a review and the fuzzer found in the editor, kept so that it stays mended."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary import elf_sections
from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from tests.binary.fixtures import Recipe, make
from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.binary.elf_edit_follow import _in_sections
from truewheel.binary.elf_edit_image import read_image
from truewheel.binary.elf_layout import read_layout
from truewheel.errors import BinaryError


@given(
    st.booleans(),
    st.sampled_from([32, 64]),
    st.lists(st.integers(0, 300), max_size=40),
    st.sets(st.integers(1, 300), min_size=1, max_size=60),
)
def test_symbols_are_told_by_their_sections_however_many_move(
    little: bool, bits: int, indexes: list[int], moved: set[int]
) -> None:
    """Thousands of sections that move, each sought in every symbol, took minutes."""
    order = "<" if little else ">"
    record, size = (order + "6xH16x", 24) if bits == 64 else (order + "14xH", 16)
    data = b"".join(pack(record, index) for index in indexes)
    file = make(Recipe(little=little, bits=bits, machine=62 if bits == 64 else 3)).data
    image = read_image(file, read_layout(file))
    found = sorted(_in_sections(image, data, size, dict.fromkeys(moved)))
    assert found == [(number, index) for number, index in enumerate(indexes) if index in moved]


@pytest.mark.parametrize("alignment", [1 << 40, 3])
def test_an_interpreter_with_a_strange_alignment_does_not_move(alignment: int) -> None:
    """Its new place was rounded up to whatever its section said: a terabyte of zeros."""
    file = elf_sections.parse(build(Blueprint(interpreter=True)).data)
    file[".interp"].alignment = alignment
    with pytest.raises(BinaryError, match="no room"):
        edit_elf(file.encode(), ElfChanges(soname="libother-name.so.1"))
