"""The payload digest: as documented, and blind to all that is no payload."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.strategies.wheels import INFO, NAME, wheels, with_record, written
from truewheel.errors import WheelError
from truewheel.wheel import metadata, record
from truewheel.wheel.archive import read
from truewheel.wheel.canonical import canonicalize
from truewheel.wheel.digest import payload_digest
from truewheel.wheel.model import Bytes, Entry, Wheel
from truewheel.wheel.profiles import Profile

some = settings(max_examples=40)


def sample(*extra: Entry, executable: bool = True) -> Wheel:
    wheel_text = b"Wheel-Version: 1.0\nTag: py3-none-any\nGenerator: x\n"
    return with_record(
        [
            Entry("sample/é.py", executable=executable, content=Bytes(b"one")),
            Entry("sample/B,c", executable=False, content=Bytes(b"")),
            Entry(f"{INFO}/WHEEL", executable=True, content=Bytes(wheel_text)),
            *extra,
        ]
    )


def test_the_published_format() -> None:
    def sha(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    text = (
        "truewheel-payload-1\n"
        f"{sha(b'Wheel-Version: 1.0' + bytes([10]) + b'Generator: x' + bytes([10]))} 32 - sample-1.0.dist-info/WHEEL\n"
        f"{sha(b'')} 0 - sample/B,c\n"
        f"{sha(b'one')} 3 x sample/é.py\n"
    )
    assert payload_digest(sample()) == sha(text.encode())
    assert payload_digest(sample()) == "12d01bfdb719f971456696ab8755fc59cf1109e31f36eae9d0ba4bf16d00a27e"


@some
@given(wheels())
def test_it_survives_zipping_and_tagging(wheel: Wheel) -> None:
    digest = payload_digest(wheel)
    assert payload_digest(canonicalize(wheel)) == digest
    assert payload_digest(Wheel(wheel.name, wheel.entries[::-1], ("sample/",))) == digest
    for profile in Profile:
        assert payload_digest(read(written(canonicalize(wheel), profile, timestamp=10**9), NAME)) == digest
    retagged = metadata.with_tags(wheel.info("WHEEL").read(), ["py3-none-win32"])
    other = record.amended(wheel, Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(retagged)))
    assert payload_digest(other.renamed(wheel.name.with_platforms(["win32"]))) == digest


@some
@given(wheels())
def test_a_record_that_was_verified_may_be_trusted(wheel: Wheel) -> None:
    assert payload_digest(wheel, trust_record=True) == payload_digest(wheel)


def test_everything_else_counts() -> None:
    one = payload_digest(sample())
    assert payload_digest(sample(executable=False)) != one
    assert payload_digest(sample(Entry("sample/new", executable=False, content=Bytes(b"")))) != one
    renamed = [replace(entry, name=entry.name.replace("é", "e")) for entry in sample()]
    assert payload_digest(Wheel(NAME, tuple(renamed))) != one
    changed = Entry("sample/é.py", executable=True, content=Bytes(b"two"))
    assert payload_digest(sample().replaced(changed)) != one
    generator = Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"Wheel-Version: 1.0\nGenerator: y\n"))
    assert payload_digest(sample().replaced(generator)) != one


def test_signatures_dont_count() -> None:
    signature = Entry(f"{INFO}/RECORD.jws", executable=False, content=Bytes(b"x"))
    assert payload_digest(sample().replaced(signature)) == payload_digest(sample())


def test_what_has_no_digest() -> None:
    with pytest.raises(WheelError, match="a name with a line feed has no payload digest"):
        payload_digest(sample(Entry("sample/a\nb", executable=False, content=Bytes(b""))))
    path = f"{INFO}/RECORD"
    rows = [record.RecordRow("sample/é.py", "sha256", "a", 3)]
    wheel = sample().replaced(Entry(path, executable=False, content=record.RecordText(rows)))
    with pytest.raises(WheelError, match=r"^sample/é.py: the hash in RECORD is not base64: 'a'$"):
        payload_digest(wheel, trust_record=True)
