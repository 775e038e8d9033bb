"""Damage of every kind gives one of our errors, or a source distribution that can be written again."""

from __future__ import annotations

import gzip
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdist.oracle import agree
from tests.sdist.tars import FILE, INFO, NAME, Block, link, long, pax, tar
from tests.strategies.archives import Mutation
from truewheel.errors import TruewheelError
from truewheel.sdist import Tarball, read, read_gzip, read_tar, write

TARS = {
    "pax": tar(INFO, pax({"path": "sample-1.0/é", "mtime": "1.5"}), FILE, link("l", "é")),
    "gnu": tar(
        INFO, long(b"sample-1.0/" + b"n" * 101, b"L"), Block(magic=b"ustar  \0"), link("h", "sample-1.0/PKG-INFO", b"1")
    ),
    "ustar": tar(Block(b"sample-1.0/", b"5"), INFO, Block(b"d/x", prefix=b"sample-1.0", data=b"y")),
}
PACKED = {name: gzip.compress(data, mtime=0) for name, data in TARS.items()}


def look(data: bytes) -> Tarball:
    """Read a tar and all that is in it."""
    found = read_tar(data)
    for member in found.members:
        assert len(member.read()) == member.size
    return found


def refused(data: bytes) -> bool:
    """Whether a tar is no sound one."""
    try:
        look(data)
    except TruewheelError:
        return True
    return False


def again(data: bytes) -> None:
    """What is read can be written, and is read as the same."""
    found = read(data, NAME)
    target = io.BytesIO()
    write(found, target)
    assert read(target.getvalue(), NAME) == found


@pytest.mark.parametrize("name", TARS)
def test_the_sound_ones_are_read(name: str) -> None:
    look(TARS[name])
    again(PACKED[name])


@pytest.mark.parametrize("name", TARS)
def test_a_flip_of_every_byte_of_a_tar(name: str) -> None:
    data = TARS[name]
    flipped = [
        data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :] for at in range(len(data)) for bits in (1, 128, 255)
    ]
    assert sum(map(refused, flipped)) > 512  # every byte of a header is under its checksum


@pytest.mark.parametrize("name", TARS)
def test_every_truncation_of_a_tar_is_refused(name: str) -> None:
    data = TARS[name]
    for length in range(len(data)):
        with pytest.raises(TruewheelError):
            look(data[:length])


@pytest.mark.parametrize("name", PACKED)
def test_a_flip_of_every_byte_of_a_gzip(name: str) -> None:
    """A header may be another one; the bytes inside may not."""
    data = PACKED[name]
    for at in range(len(data)):
        for bits in (0x01, 0x80, 0xFF):
            with suppress(TruewheelError):
                assert bytes(read_gzip(data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]).data) == TARS[name]


@pytest.mark.parametrize("name", PACKED)
def test_every_truncation_of_a_gzip_is_refused(name: str) -> None:
    data = PACKED[name]
    for length in range(len(data)):
        with pytest.raises(TruewheelError):
            read_gzip(data[:length])


def _mutations() -> st.SearchStrategy[Mutation]:
    """Changes of bytes, and pieces of headers in odd places."""
    pieces = [b"x", b"g", b"L", b"1", b"2", b"ustar\x0000", b"../", b"\x80" + b"\xff" * 11, bytes(512), FILE.encode()]
    put = st.one_of(st.binary(max_size=20), st.sampled_from(pieces))
    share = st.floats(0, 1, exclude_max=True)
    kept = st.builds(lambda at, data: Mutation(at, len(data), data), share, put)
    return st.one_of(kept, st.builds(Mutation, share, st.integers(0, 600), put))


def summed(data: bytes) -> bytes:
    """The tar with every block that could be a header given the checksum that it should have."""
    blocks = [data[at : at + 512] for at in range(0, len(data), 512)]
    for index, block in enumerate(blocks):
        if len(block) == 512 and block[257:262] == b"ustar":
            blank = block[:148] + b" " * 8 + block[156:]
            blocks[index] = blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]
    return b"".join(blocks)


@given(st.sampled_from(sorted(TARS)), st.lists(_mutations(), min_size=1, max_size=3))
def test_mutations_whose_checksums_are_right(name: str, changes: list[Mutation]) -> None:
    """What passes, Python reads as the same members."""
    data = TARS[name]
    for change in changes:
        data = change.apply(data)
    data = summed(data)
    with suppress(TruewheelError):
        assert agree(look(data), data)
    with suppress(TruewheelError):
        again(gzip.compress(data))


@given(st.binary(max_size=600))
def test_noise(data: bytes) -> None:
    for reader in (read_gzip, read_tar):
        with suppress(TruewheelError):
            reader(data)
    with suppress(TruewheelError):
        read_gzip(b"\x1f\x8b\x08" + data)
