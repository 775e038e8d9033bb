"""Compressed streams: several are one, what is not as it should be is refused, and nothing grows without end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable

import pytest

from tests.archives.made import PACKINGS, SEEN, TREE, seen, tar_of
from truewheel.archives import read_archive, streams
from truewheel.archives.streams import Packing, packing_of, unpacked
from truewheel.errors import ArchiveError, LimitError, RequestError, TruewheelError
from truewheel.wheel import Limits

TAR = tar_of(TREE)
HALVES = TAR[:3000], TAR[3000:]
COMPRESSED = {form: pack for form, pack in PACKINGS.items() if form != "tar"}
SKIPPABLE = b"\x5a\x2a\x4d\x18\x05\0\0\0hello"


def of(data: bytes) -> dict[str, tuple[bytes, bool]]:
    return seen(read_archive(data, "tool"))


def refused(data: bytes) -> bool:
    """Whether it is no sound archive."""
    try:
        return not of(data)
    except TruewheelError:
        return True


# --- several streams -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("pack", [lzma.compress, bz2.compress, PACKINGS["tar.zst"]])
def test_several_streams_are_one(pack: Callable[[bytes], bytes]) -> None:
    assert of(b"".join(map(pack, HALVES))) == SEEN
    assert of(pack(b"") + pack(TAR) + pack(b"")) == SEEN


@pytest.mark.parametrize("zeros", [4, 8, 4000])
def test_padding_of_xz(zeros: int) -> None:
    one, other = map(lzma.compress, HALVES)
    assert of(one + bytes(zeros) + other + bytes(zeros)) == SEEN


def test_frames_of_zstandard_without_data() -> None:
    one, other = map(PACKINGS["tar.zst"], HALVES)
    assert of(SKIPPABLE + one + SKIPPABLE + SKIPPABLE + other + SKIPPABLE) == SEEN


def test_a_second_stream_of_gzip_is_refused() -> None:
    with pytest.raises(ArchiveError, match="a second gzip stream follows the first"):
        read_archive(b"".join(map(gzip.compress, HALVES)), "tool.tar.gz")


@pytest.mark.parametrize("options", [{"check": lzma.CHECK_SHA256}, {"check": lzma.CHECK_NONE}, {"preset": 9}])
def test_kinds_of_xz(options: dict[str, int]) -> None:
    assert of(lzma.compress(TAR, **options)) == SEEN  # type: ignore[arg-type]


def test_many_tiny_streams_take_no_time() -> None:
    """Each is fed little, so that little is left over."""
    assert of(b"".join(PACKINGS["tar.zst"](TAR[at : at + 1]) for at in range(len(TAR)))) == SEEN


def test_too_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MOST_STREAMS", 50)
    assert of(bz2.compress(b"") * 49 + bz2.compress(TAR)) == SEEN
    with pytest.raises(ArchiveError, match="more than 50 bzip2 streams"):
        read_archive(bz2.compress(b"") * 50 + bz2.compress(TAR), "tool")


# --- damage --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", COMPRESSED)
def test_truncated(form: str) -> None:
    data = COMPRESSED[form](TAR)
    for length in range(10, len(data), 7):
        with pytest.raises(ArchiveError) as caught:
            read_archive(data[:length], "tool")
        assert caught.value.where.offset is not None


@pytest.mark.parametrize("form", COMPRESSED)
def test_flipped(form: str) -> None:
    data = COMPRESSED[form](TAR)
    flipped = [data[:at] + bytes([data[at] ^ 0x24]) + data[at + 1 :] for at in range(6, len(data), 3)]
    assert sum(map(refused, flipped)) > len(flipped) // 4


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (lzma.compress(TAR) + b"more", "4 bytes follow the end of the xz stream"),
        (lzma.compress(TAR) + bytes(6), "2 bytes follow the end of the xz stream"),
        (lzma.compress(TAR) + bytes(4) + b"x", "1 bytes follow the end of the xz stream"),
        (bz2.compress(TAR) + bytes(4), "4 bytes follow the end of the bzip2 stream"),
        (PACKINGS["tar.zst"](TAR) + bytes(4), "4 bytes follow the end of the Zstandard stream"),
        (gzip.compress(TAR) + b"more", "4 bytes follow the end of the gzip stream"),
        (SKIPPABLE[:-1], "a skippable frame of Zstandard is cut off"),
        (SKIPPABLE[:5], "a skippable frame of Zstandard is cut off"),
        (SKIPPABLE, "the file ends before its Zstandard stream begins"),
        (b"\xfd7zXZ\0" + bytes(30), "the xz stream is damaged"),
        (b"BZh9" + bytes(30), "the bzip2 stream is damaged"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 30, "the Zstandard stream is damaged"),
    ],
)
def test_what_is_no_sound_stream(data: bytes, what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        read_archive(data, "tool")


# --- bombs ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", COMPRESSED)
def test_bombs(form: str) -> None:
    bomb = COMPRESSED[form](bytes(3 << 20))
    assert len(bomb) < 1 << 13
    with pytest.raises(LimitError, match="a ratio of") as caught:
        read_archive(bomb, "bomb", Limits(total_ratio_from=1 << 20))
    assert "--max-total-ratio" in caught.value.hint
    for field in ("member_size", "total_size"):
        with pytest.raises(LimitError, match="the limit is 1,000,000"):
            read_archive(bomb, "bomb", Limits(**{field: 1_000_000}))


def test_a_bomb_of_many_streams() -> None:
    bomb = bz2.compress(bytes(1 << 20)) * 4
    with pytest.raises(LimitError, match="the bzip2 stream holds"):
        read_archive(bomb, "bomb", Limits(total_size=3 << 20))


def with_dictionary(data: bytes, code: int) -> bytes:
    """An xz file whose first block asks for another dictionary (The .xz File Format, 5.3.1)."""
    size = (data[12] + 1) * 4
    header = bytearray(data[12 : 12 + size - 4])
    assert header[1:4] == b"\0\x21\1"  # one filter, LZMA2, one byte of properties
    header[4] = code
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "little") + data[12 + size :]


@pytest.mark.parametrize("code", [37, 40])
def test_a_dictionary_of_gigabytes(code: int) -> None:
    data = lzma.compress(TAR)
    assert of(with_dictionary(data, 20)) == SEEN
    with pytest.raises(ArchiveError, match="takes more memory than is granted") as caught:
        read_archive(with_dictionary(data, code), "tool")
    assert "without a larger dictionary or window" in caught.value.hint


@pytest.mark.parametrize("log", [28, 31, 41])
def test_a_window_of_gigabytes(log: int) -> None:
    """A frame of one raw block (RFC 8878, 3.1.1)."""
    block = (1 | len(TAR) << 3).to_bytes(3, "little") + TAR
    assert of(b"\x28\xb5\x2f\xfd\0" + bytes([(27 - 10) << 3]) + block) == SEEN
    with pytest.raises(ArchiveError, match="takes more memory than is granted"):
        read_archive(b"\x28\xb5\x2f\xfd\0" + bytes([(log - 10) << 3]) + block, "tool")


class Exhausting:
    """An unpacker that takes all memory."""

    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        raise MemoryError(data, max_length)


def test_memory_that_does_not_suffice() -> None:
    packing = Packing("x", "fake", (b"fake",), lambda _view, _at: 0, lambda: (Exhausting, ValueError))
    with pytest.raises(LimitError, match="don't fit into memory"):
        unpacked(memoryview(b"fake data"), packing, Limits())


# --- Pythons without the modules -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "modules", "what", "hint"),
    [
        ("tar.xz", ["lzma"], "with xz, which this Python can't read", "the module lzma"),
        ("tar.bz2", ["bz2"], "with bzip2, which this Python can't read", "the module bz2"),
        (
            "tar.zst",
            ["compression.zstd", "backports.zstd"],
            "with Zstandard, which this Python can't read",
            "pip install 'truewheel[pack]'",
        ),
    ],
)
def test_a_python_that_lacks_a_module(
    form: str, modules: list[str], what: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = PACKINGS[form](TAR)
    for module in modules:
        package, _, name = module.rpartition(".")
        if package in sys.modules:
            monkeypatch.delattr(sys.modules[package], name, raising=False)
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RequestError, match=what) as caught:
        read_archive(data, "tool")
    assert hint in caught.value.hint


def test_how_a_file_is_compressed() -> None:
    assert {form: packing.suffix for form, pack in COMPRESSED.items() if (packing := packing_of(pack(b"")))} == {
        "tar.xz": "xz",
        "tar.zst": "zst",
        "tar.bz2": "bz2",
    }
    assert packing_of(b"BZh0") is None
