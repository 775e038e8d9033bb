from __future__ import annotations

import io
import struct
import zipfile  # noqa: TID251 - the oracle, and a writer that is not ours
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.archives import Mutation, members, mutations
from tests.support import SAMPLE, wheel_bytes, wheel_members
from tests.wheel.rawzip import End, Part, build, sample, zip64_extra
from truewheel.errors import TruewheelError, WheelError
from truewheel.wheel.archive import read
from truewheel.wheel.name import WheelName

NAME = WheelName.parse(SAMPLE)
_TEXT = b"print('b')\n" * 20
_PART = Part(b"sample/b.py", _TEXT, flags=8)
_STREAMED = replace(_PART, after=b"PK\7\x08" + struct.pack("<IQQ", *_PART.facts), local_extra=zip64_extra(0, 0))
SEEDS = [
    wheel_bytes(),
    build(sample(Part("sample/\xe4.py".encode(), flags=0x800)), End(zip64=True)).data,
    build(sample(_STREAMED)).data,
]


def read_everything(data: bytes) -> None:
    for entry in read(data, NAME):
        entry.head(64)
        with suppress(TruewheelError):
            entry.read()


@pytest.mark.parametrize("seed", SEEDS, ids=["plain", "zip64", "descriptor"])
def test_truncated_at_every_byte(seed: bytes) -> None:
    for length in range(len(seed)):
        with pytest.raises(WheelError):
            read(seed[:length], NAME)


def test_every_byte_of_the_headers_counts() -> None:
    """Whatever byte of a wheel changes, the wheel is refused or still says the same, times and modes aside."""
    seed = SEEDS[0]
    before = {entry.name: bytes(entry.read()) for entry in read(seed, NAME)}
    for at in range(len(seed)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(seed)
            changed[at] ^= flip
            try:
                after = {entry.name: bytes(entry.read()) for entry in read(changed, NAME)}
            except TruewheelError:
                continue
            assert after == before


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.lists(mutations(), min_size=1, max_size=4))
def test_only_our_errors_come_out(seed: bytes, changes: list[Mutation]) -> None:
    for change in changes:
        seed = change.apply(seed)
    with suppress(TruewheelError):
        read_everything(seed)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_noise_is_refused(noise: bytes, tail: bytes) -> None:
    for data in (noise, noise + SEEDS[0][-22:], noise + SEEDS[0][-60:] + tail):
        with pytest.raises(TruewheelError):
            read(data, NAME)


@settings(max_examples=60)
@given(members(), st.booleans(), st.booleans())
def test_what_zipfile_writes_reads_back(files: dict[str, bytes], stored: bool, zip64: bool) -> None:
    everything = wheel_members(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in everything.items():
            with archive.open(name, "w", force_zip64=zip64) as stream:
                stream.write(data)
    assert {entry.name: bytes(entry.read()) for entry in read(target.getvalue(), NAME)} == everything


@settings(max_examples=60)
@given(st.lists(mutations(), min_size=1, max_size=2))
def test_what_passes_passes_with_zipfile(changes: list[Mutation]) -> None:
    """Strictness has no holes: whatever we accept whole, the forgiving reader understands in the same way."""
    data = SEEDS[0]
    for change in changes:
        data = change.apply(data)
    try:
        ours = {entry.name: bytes(entry.read()) for entry in read(data, NAME)}
    except TruewheelError:
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == ours
