"""The view that all readers stand on."""

from __future__ import annotations

import mmap
from struct import Struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.binary.fields import Fields
from truewheel.errors import BinaryError

WORD = Struct("<H")
NUMBERS = st.integers(min_value=-(2**70), max_value=2**70)


@given(data=st.binary(max_size=40), offset=NUMBERS | st.integers(-2, 45), size=NUMBERS | st.integers(-2, 45))
def test_take_gives_exactly_what_was_asked_or_our_error(data: bytes, offset: int, size: int) -> None:
    if min(offset, size) >= 0 and offset + size <= len(data):
        assert Fields(data).take(offset, size, "a table") == data[offset : offset + size]
    else:
        with pytest.raises(BinaryError, match="a table needs") as caught:
            Fields(data).take(offset, size, "a table")
        assert caught.value.where.offset == offset


@given(data=st.binary(max_size=40), offset=NUMBERS | st.integers(-2, 45))
def test_unpack_reads_inside_only(data: bytes, offset: int) -> None:
    if 0 <= offset <= len(data) - 2:
        assert Fields(data).unpack(WORD, offset, "a word") == (data[offset] | data[offset + 1] << 8,)
    else:
        with pytest.raises(BinaryError, match="a word"):
            Fields(data).unpack(WORD, offset, "a word")


@given(
    before=st.binary(max_size=5),
    name=st.binary(max_size=9).filter(lambda name: b"\0" not in name),
    limit=st.integers(0, 12),
)
def test_a_string_ends_at_its_nul_within_the_limit(before: bytes, name: bytes, limit: int) -> None:
    view = Fields(before + name + b"\0rest")
    if len(name) <= limit:
        assert view.cstring(len(before), limit, "a name") == name
    else:
        with pytest.raises(BinaryError, match="a name has no end"):
            view.cstring(len(before), limit, "a name")


@pytest.mark.parametrize("offset", [-1, 3, 4, 2**80])
def test_a_string_without_an_end_is_refused(offset: int) -> None:
    with pytest.raises(BinaryError, match="a name"):
        Fields(b"abc").cstring(offset, 100, "a name")


def test_text_keeps_bytes_that_are_not_utf8() -> None:
    assert Fields(b"\xc3\xa9\xff\0").text(0, 9, "a name").encode("utf-8", "surrogateescape") == b"\xc3\xa9\xff"


def test_a_part_counts_from_its_start_and_its_errors_from_the_files() -> None:
    part = Fields(b"0123456789").part(4, 3, "a slice")
    assert part.take(0, 3, "all") == b"456"
    assert part.part(1, 2, "inner").take(0, 2, "all") == b"56"
    with pytest.raises(BinaryError) as caught:
        part.take(2, 2, "more")
    assert str(caught.value) == "offset 0x6: more needs 2 bytes at 0x2, but there are 3 in all"
    with pytest.raises(BinaryError):
        part.part(0, 4, "too much")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_buffer_gives_bytes(kind: type[bytes | bytearray | memoryview]) -> None:
    view = Fields(kind(b"abc\0"))
    assert type(view.take(0, 2, "two")) is bytes
    assert view.text(1, 3, "a name") == "bc"


def test_a_mapped_file_can_be_closed_afterwards() -> None:
    with mmap.mmap(-1, 16) as mapped:
        mapped[:4] = b"abc\0"
        part = Fields(mapped).part(1, 8, "a slice")
        assert part.text(0, 8, "a name") == "bc"
        assert part.unpack(WORD, 0, "a word") == (0x6362,)
