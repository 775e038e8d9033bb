"""Gzip: one stream, proven by its CRC and size, and nothing else."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess  # noqa: TID251 - gzip is a program; the ban protects src
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools import need
from truewheel.errors import LimitError, SdistError
from truewheel.sdist import read_gzip
from truewheel.sdist.gzip import compressed
from truewheel.wheel import Limits

DATA = b"some bytes that repeat, that repeat, that repeat\n" * 40
PLAIN = gzip.compress(DATA, mtime=1_700_000_000)


def whole(flags: int, fields: bytes, *, checked: bool = False) -> bytes:
    """A gzip file with the given fields in its header."""
    header = struct.pack("<2s2BI2B", b"\x1f\x8b", 8, flags, 7, 4, 3) + fields
    if checked:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return header + stream.compress(DATA) + stream.flush() + PLAIN[-8:]


def test_the_header_is_told() -> None:
    extra, texts = struct.pack("<H", 5) + b"extra", b"name.tar\0a comment\0"
    found = read_gzip(whole(1 | 2 | 4 | 8 | 16, extra + texts, checked=True))
    assert bytes(found.data) == DATA
    head = found.header
    assert (head.mtime, head.name, head.comment, head.system, head.level) == (7, "name.tar", "a comment", 3, 4)
    assert (head.text, head.extra, head.checked, head.padding) == (True, b"extra", True, 0)


def test_pythons_own() -> None:
    target = io.BytesIO()
    with gzip.GzipFile("dist/x.tar", "wb", fileobj=target, mtime=5) as file:
        file.write(DATA)
    found = read_gzip(target.getvalue())
    assert bytes(found.data) == DATA
    assert (found.header.name, found.header.mtime, found.header.system) == ("x.tar", 5, 255)


@given(st.binary(max_size=3000), st.integers(1, 3))
def test_what_is_written_is_read_by_all(data: bytes, times: int) -> None:
    data *= times
    written = b"".join(compressed(data))
    assert written[:10] == bytes.fromhex("1f8b0800000000000 0ff".replace(" ", ""))
    assert gzip.decompress(written) == data
    found = read_gzip(written)
    assert bytes(found.data) == data
    assert found.header == (0, "", "", 255, 0, False, b"", False, 0)


def test_gnu_gzip_reads_it() -> None:
    (program,) = need("gzip")
    done = subprocess.run([program, "-dc"], input=b"".join(compressed(DATA)), capture_output=True, check=True)
    assert done.stdout == DATA


@pytest.mark.parametrize("zeros", [1, 7, 512, 300_000])
def test_zeros_behind_the_end_mean_nothing(zeros: int) -> None:
    padded = PLAIN + bytes(zeros)
    assert gzip.decompress(padded) == DATA
    found = read_gzip(padded)
    assert bytes(found.data) == DATA
    assert found.header.padding == zeros


def test_an_empty_stream() -> None:
    assert read_gzip(gzip.compress(b"")).data == b""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no gzip file"),
        (b"BZh91AY", "no gzip file"),
        (PLAIN[:9], "breaks off in its header"),
        (PLAIN[:15], "breaks off in its header"),
        (PLAIN[:-1], "breaks off in its footer"),
        (PLAIN[:-9], "breaks off, "),
        (b"\x1f\x8b\x07" + PLAIN[3:], "method 7"),
        (b"\x1f\x8b\x08\x20" + PLAIN[4:], "flags 0x20"),
        (PLAIN + PLAIN, "a second gzip stream"),
        (PLAIN + b"\0\0x", "3 bytes follow the end"),
        (PLAIN[:-8] + bytes(4) + PLAIN[-4:], "the CRC-32 of the bytes is"),
        (PLAIN[:-4] + struct.pack("<I", len(DATA) - 1), "the file declares"),
        (PLAIN[:-4] + struct.pack("<I", len(DATA) + 1), "the file declares"),
        (PLAIN[:20] + b"\xff\xff" + PLAIN[22:], "damaged|CRC"),
        (whole(2, b"xx"), "header's checksum is wrong"),
        (whole(8, b"")[:10] + b"x" * 200_000, "header doesn't end"),
        (whole(4, b"")[:10] + b"\xff\xffabc" + bytes(20), "header doesn't end"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(SdistError, match=message) as caught:
        read_gzip(data)
    assert caught.value.where.offset is not None


def test_more_than_the_limits_allow() -> None:
    with pytest.raises(LimitError, match="the limit is 100") as caught:
        read_gzip(PLAIN, Limits(member_size=100))
    assert "--max-member-size" in caught.value.hint
    with pytest.raises(LimitError, match="the limit is 99"):
        read_gzip(PLAIN, Limits(total_size=99))
    with pytest.raises(LimitError, match="a ratio of"):
        read_gzip(PLAIN, Limits(total_ratio=2, total_ratio_from=100))


@pytest.mark.parametrize("lie", [None, 10])
def test_a_bomb_is_let_off_at_the_limit(lie: int | None) -> None:
    """Whatever the footer declares, bytes are counted as they come."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = b"".join([*(stream.compress(bytes(1 << 20)) for _ in range(200)), stream.flush()])
    size = 200 << 20 if lie is None else lie
    bomb = PLAIN[:10] + raw + struct.pack("<2I", 0, size)
    with pytest.raises(LimitError, match="a ratio of") as caught:
        read_gzip(bomb)
    held = int(caught.value.what.split(" hold ")[1].split(" ")[0].replace(",", ""))
    assert 64 << 20 < held < 70 << 20
