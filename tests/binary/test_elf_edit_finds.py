"""What a review of the editor found, kept so that it stays mended."""

from __future__ import annotations

from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import Recipe, make
from truewheel.binary.elf_edit_follow import _in_sections
from truewheel.binary.elf_edit_image import read_image
from truewheel.binary.elf_layout import read_layout


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
