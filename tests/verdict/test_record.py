"""RECORD of a published wheel, and what of it is told."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.verdict.zips import INFO, MEMBERS, archive, side
from truewheel.errors import WheelError
from truewheel.verdict import check_record

RECORD = f"{INFO}/RECORD"
_TEXT = MEMBERS[RECORD]


def _said(text: bytes, **more: bytes) -> tuple[str, ...]:
    return check_record(side(archive({**MEMBERS, **more, RECORD: text})).wheel)


def test_a_true_record() -> None:
    assert _said(_TEXT) == ()
    assert _said(_TEXT.replace(b"\n", b"\r\n")) == ()


def test_a_true_record_of_another_hash() -> None:
    rows = []
    for line in _TEXT.decode().splitlines():
        path = line.partition(",")[0]
        digest = base64.urlsafe_b64encode(hashlib.sha512(MEMBERS[path]).digest()).decode().rstrip("=")
        rows.append(f"{path},sha512={digest},\n" if path != RECORD else f"{path},,\n")
    assert _said("".join(rows).encode()) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda text: text.replace(b"sample/empty.py,sha256=4", b"sample/empty.py,sha256=5"),
            "sample/empty.py: the member is not",
        ),
        (lambda text: text.replace(b",0\n", b",1\n"), "its size is 0, RECORD says 1"),
        (lambda text: text.partition(b"\n")[2], "sample/__init__.py: the member has no row"),
        (lambda text: text + b"sample/evil.py,,\n", "'sample/evil.py', which is not in the archive"),
        (lambda text: text.replace(b"sha256=", b"md5=", 1), "the weak hash md5"),
        (lambda text: text.replace(b"sha256=", b"", 1), "is not NAME="),
        (lambda text: text + text, "two rows"),
        (lambda text: text.replace(b",", b";"), "fields instead of 3"),
        (lambda _: b"\xff", "not UTF-8"),
        (lambda text: text + b"\n" * (1 << 19), "too many"),
    ],
)
def test_what_is_wrong(change: Callable[[bytes], bytes], words: str) -> None:
    said = _said(change(_TEXT))
    assert len(said) == 1
    assert words in said[0]


def test_much_that_is_wrong_is_cut() -> None:
    more = {f"sample/m{number:03}.py": b"1\n" for number in range(100)}
    said = _said(_TEXT, **more)
    assert len(said) == 21
    assert said[-1] == "80 more faults"


def test_threads_say_the_same() -> None:
    wheel = side(archive({**MEMBERS, "sample/empty.py": b"1\n"})).wheel
    with ThreadPoolExecutor(2) as pool:
        assert check_record(wheel, pool.map) == check_record(wheel) != ()


def test_a_member_that_is_damaged_is_an_error() -> None:
    data = bytearray(archive(MEMBERS))
    at = data.index(b"sample/code.py") + len("sample/code.py") + 40
    data[at] ^= 0xFF
    with pytest.raises(WheelError):
        check_record(side(bytes(data)).wheel)
