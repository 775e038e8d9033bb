"""Any zip, read as strictly as a wheel's."""

from __future__ import annotations

import pytest

from tests.support import zip_bytes
from truewheel.errors import LimitError, WheelError
from truewheel.wheel import Limits, Stored, read_zip


def test_a_zip_that_is_no_wheel() -> None:
    found = read_zip(zip_bytes({"a/": b"", "a/b": b"1" * 99, "c": b""}))
    assert [entry.name for entry in found.entries] == ["a/b", "c"]
    assert found.directories == ("a/",)
    assert found.entries[0].read() == b"1" * 99
    assert all(isinstance(entry.stored, Stored) for entry in found.entries)


def test_it_is_as_strict() -> None:
    data = zip_bytes({"a": b""})
    with pytest.raises(WheelError, match="follow the end"):
        read_zip(data + b"PK")
    with pytest.raises(WheelError, match="leads elsewhere"):
        read_zip(zip_bytes({"../a": b""}))
    with pytest.raises(LimitError, match="the limit is 0"):
        read_zip(data, Limits(members=0))
