"""Compressors: which one made a stream, found early and in bounded time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from tests.verdict.zips import MEMBERS, PLAIN, Encode, Style, archive, by_zlib, side
from truewheel.errors import EncoderError
from truewheel.verdict import streams
from truewheel.verdict.streams import Encoder, Pair, encoders_for
from truewheel.wheel import Bytes, Data, Entry, Profile
from truewheel.wheel.deflate import deflate
from truewheel.wheel.zipcontent import ZipContent

# Text that is alike only from far away, so that every level finds other matches in it.
LARGE = b"".join(b"%d %x %o\n" % (n * n, n * 7919, n ^ 0x5555) for n in range(60_000))


def _pairs(members: dict[str, tuple[bytes, Encode]]) -> Iterator[Pair]:
    styles = {name: Style(encode=encode) for name, (_, encode) in members.items()}
    made = {**{name: data for name, (data, _) in members.items()}, **MEMBERS}
    wheel = side(archive(made, lambda name: styles.get(name, PLAIN))).wheel
    for name in members:
        stored = wheel.by_name[name].stored
        assert isinstance(stored, ZipContent)
        yield Pair(Entry(name, executable=False, content=Bytes(made[name])), stored)


def test_nothing_to_find() -> None:
    assert encoders_for([]) == ""


def test_a_large_member_decides_between_those_that_fitted() -> None:
    small = b"one and one and one and one"
    found = encoders_for(_pairs({"a": (small, by_zlib(9)), "b": (LARGE, by_zlib(9))}))
    assert found == "zlib level 9"


def test_a_huge_member_is_not_compressed_whole_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """What works on all of a member at once is tried where it fitted smaller ones, and nowhere else."""
    monkeypatch.setattr(streams, "_HUGE", 1 << 20)
    code = MEMBERS["sample/code.py"]

    def by_libdeflate(data: bytes) -> bytes:
        return bytes(deflate(data, 6))

    assert encoders_for(_pairs({"a": (code, by_libdeflate), "b": (LARGE, by_libdeflate)})) == "libdeflate level 6"
    assert encoders_for(_pairs({"a": (code, by_zlib(6)), "b": (LARGE, by_libdeflate)})) is None
    assert encoders_for(_pairs({"a": (code, by_libdeflate), "b": (LARGE, by_zlib(1))})) == (
        "libdeflate level 6 and zlib level 1"
    )


def test_small_members_decide_first() -> None:
    """The unknown compressor of a small member is found out before a large one is read."""

    class Unread:
        size = 1 << 30

        def read(self) -> Data:
            raise AssertionError

        def head(self, count: int) -> bytes:
            raise AssertionError(count)

    (pair,) = _pairs({"a": (MEMBERS["sample/code.py"], by_zlib(6, 1))})
    assert encoders_for([Pair(Entry("b", executable=False, content=Unread()), pair.stored), pair]) is None


def test_a_stream_that_goes_on_is_another_one() -> None:
    encoder = Encoder("one", lambda data: [data])
    assert streams.stream_fits(encoder, b"abc", memoryview(b"abc"))
    assert not streams.stream_fits(encoder, b"abc", memoryview(b"abcd"))
    assert not streams.stream_fits(encoder, b"abc", memoryview(b"ab"))


def test_a_zlib_that_is_not_the_classic_one_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(profile: Profile) -> None:
        raise EncoderError(profile.value)

    monkeypatch.setattr(streams, "prove", refuse)
    monkeypatch.setattr(zlib, "ZLIBNG_VERSION", "2.2.4", raising=False)
    found = encoders_for(_pairs({"a": (LARGE, by_zlib(6))}))
    assert found == "zlib-ng 2.2.4 level 6"
