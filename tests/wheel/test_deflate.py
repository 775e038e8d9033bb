"""Streams are inflated exactly: nothing missing, nothing behind the end, and errors that say what is wrong."""

from __future__ import annotations

import contextlib
import struct
import zlib

import deflate as libdeflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import TruewheelError, WheelError
from truewheel.wheel import deflate

CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=20), st.integers(1, 5000)),
)


def raw_deflate(data: bytes, level: int = 6) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def stored_block(data: bytes, *, last: bool) -> bytes:
    return bytes([last]) + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data


@given(CONTENTS, st.integers(0, 9))
def test_inflating_gives_back_what_was_deflated(data: bytes, level: int) -> None:
    raw = raw_deflate(data, level)
    assert deflate.inflate(raw, len(data), zlib.crc32(data)) == data
    assert deflate.inflate(memoryview(raw), len(data), zlib.crc32(data)) == data
    assert deflate.inflate(bytes(libdeflate.deflate_compress(data)), len(data), zlib.crc32(data)) == data


@given(CONTENTS, st.integers(0, 100_000))
def test_head_is_a_prefix(data: bytes, count: int) -> None:
    assert deflate.head(raw_deflate(data), count) == data[:count]


def test_head_goes_on_through_empty_blocks() -> None:
    raw = stored_block(b"", last=False) * 5000 + stored_block(b"\x7fELF rest", last=True)
    assert deflate.head(raw, 4) == b"\x7fELF"
    assert deflate.head(raw, 100) == b"\x7fELF rest"


def test_head_of_a_damaged_stream() -> None:
    with pytest.raises(WheelError, match="damaged at its start"):
        deflate.head(b"\x07\x00\x00", 4)


@pytest.mark.parametrize("tail", [b"\0", b"junk", raw_deflate(b"hidden"), bytes(8)])
@pytest.mark.parametrize("data", [b"", b"payload", b"x" * 100_000])
def test_bytes_after_the_end_are_found(data: bytes, tail: bytes) -> None:
    with pytest.raises(WheelError, match=f"^{len(tail)} bytes follow the end of the deflate stream"):
        deflate.inflate(raw_deflate(data) + tail, len(data), zlib.crc32(data))


@pytest.mark.parametrize("tail", [b"", b"junk"])
def test_a_planted_footer_hides_nothing(tail: bytes) -> None:
    data = b"payload" * 50
    footer = struct.pack("<II", zlib.crc32(data), len(data))
    with pytest.raises(WheelError, match=f"^{8 + len(tail)} bytes follow the end"):
        deflate.inflate(raw_deflate(data) + footer + tail, len(data), zlib.crc32(data))


@pytest.mark.parametrize("tail", [b"", b"junk", bytes(5000)])
@pytest.mark.parametrize("declared", [(350, 0x12345678), (351, 0x12345678), (4000, 1), (349, 1)])
def test_a_planted_footer_vouches_for_nothing_else(declared: tuple[int, int], tail: bytes) -> None:
    """It is true of the stream in front of it, but size or CRC aren't those that the archive declares."""
    data = b"payload" * 50
    footer = struct.pack("<II", zlib.crc32(data), len(data))
    with pytest.raises(WheelError):
        deflate.inflate(raw_deflate(data) + footer + tail, *declared)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_footer_that_straddles_the_end_hides_nothing(cut: int) -> None:
    """The tail is the beginning of a footer, so that a wrong CRC and size could be read across the border."""
    raw = raw_deflate(b"payload" * 50)
    whole = zlib.crc32(b"payload" * 50)
    with pytest.raises(WheelError, match=f"^{cut} bytes follow the end"):
        deflate.inflate(raw + struct.pack("<II", whole, 350)[:cut], 350, whole)


@given(st.integers(0, 40), st.data())
def test_periodic_footers_are_told_apart(size: int, draw: st.DataObject) -> None:
    """With zero for CRC and bytes, every place of a run of zeros looks like the footer's beginning."""
    tail = bytes(draw.draw(st.integers(1, 20)))
    data = bytes(size)
    with pytest.raises(WheelError):
        deflate.inflate(stored_block(data, last=True) + tail, len(data), zlib.crc32(data))


def four_bytes_for(start: bytes, crc: int) -> bytes:
    """The four bytes that, behind `start`, give a CRC-32: the register run backwards over four zeros."""
    register = crc ^ 0xFFFFFFFF
    for _ in range(32):
        register = (register << 1) ^ (0x1DB710641 if register & 0x80000000 else 0)
    return struct.pack("<I", register ^ zlib.crc32(start) ^ 0xFFFFFFFF)


def test_a_member_may_hold_its_own_footer() -> None:
    start = b"CRC and size: " + struct.pack("<II", 0x5EEDF00D, 26)
    data = start + four_bytes_for(start, 0x5EEDF00D)
    assert zlib.crc32(data) == 0x5EEDF00D
    assert deflate.inflate(stored_block(data, last=True), 26, 0x5EEDF00D) == data


@pytest.mark.parametrize(
    ("size", "crc", "message"),
    [
        (350, 1, r"^the CRC-32 of the bytes is [0-9a-f]{8}, the archive declares 00000001$"),
        (349, None, "^the deflate stream holds more than the 349 bytes"),
        (351, None, "^the deflate stream holds 350 bytes, the archive declares 351$"),
        (0, None, "^the deflate stream holds more than the 0 bytes"),
        (1 << 60, None, "^[0-9]+ bytes of deflate can't hold the 1152921504606846976 bytes"),
    ],
)
def test_lies_about_size_and_crc(size: int, crc: int | None, message: str) -> None:
    data = b"payload" * 50
    with pytest.raises(WheelError, match=message):
        deflate.inflate(raw_deflate(data), size, zlib.crc32(data) if crc is None else crc)


def test_a_stream_that_breaks_off() -> None:
    data = bytes(range(256)) * 10
    raw = raw_deflate(data)[:-5]
    with pytest.raises(
        WheelError, match=f"^the deflate stream breaks off after {len(raw)} bytes, [0-9]+ bytes of 2560"
    ):
        deflate.inflate(raw, len(data), zlib.crc32(data))


@pytest.mark.parametrize("before", [0, 10, 70_000, 200_000])
def test_damage_is_located(before: int) -> None:
    block = stored_block(bytes(1000), last=False)
    raw = block * (before // len(block)) + b"\x07" + bytes(500)
    with pytest.raises(WheelError, match=f"^the deflate stream is damaged at byte {len(raw) - 501} of {len(raw)}$"):
        deflate.inflate(raw, 400_000, 1)


@given(CONTENTS, st.data())
def test_mutations_raise_our_errors_or_nothing(data: bytes, draw: st.DataObject) -> None:
    raw = bytearray(raw_deflate(data))
    place = draw.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= draw.draw(st.integers(1, 255))
    del raw[draw.draw(st.integers(0, len(raw))) :]
    with contextlib.suppress(TruewheelError):
        assert deflate.inflate(raw, len(data), zlib.crc32(data)) == data


def test_the_fast_path_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect that sent every member to zlib would go unseen otherwise."""
    monkeypatch.setattr(deflate, "_inflate_exactly", None)
    data = b"payload" * 50
    assert deflate.inflate(raw_deflate(data), len(data), zlib.crc32(data)) == data
