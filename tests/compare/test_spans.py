"""Where two runs part, against the slow and obvious way."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from truewheel.compare.spans import common_head, common_tail, count_different

RUNS = st.builds(
    lambda unit, count, end: unit * count + end, st.binary(max_size=3), st.integers(0, 50_000), st.binary()
)


def _head(left: bytes, right: bytes) -> int:
    same = 0
    while same < min(len(left), len(right)) and left[same] == right[same]:
        same += 1
    return same


@given(RUNS, RUNS)
def test_ends_and_counts_are_those_of_a_loop(left: bytes, right: bytes) -> None:
    head = common_head(left, right)
    assert head == _head(left, right)
    tail = common_tail(left, right, head)
    most = min(len(left), len(right)) - head
    assert tail == min(most, _head(left[::-1], right[::-1]))
    assert count_different(left, right) == sum(one != other for one, other in zip(left, right, strict=False))


@given(st.binary(min_size=1, max_size=9), st.integers(0, 199_999))
def test_one_byte_is_found_wherever_it_is(unit: bytes, at: int) -> None:
    data = (unit * 200_000)[:200_000]
    other = bytearray(data)
    other[at] ^= 1
    head = common_head(data, bytes(other))
    assert head == at
    assert common_tail(data, bytes(other), head) == len(data) - at - 1
    assert count_different(data, bytes(other)) == 1


def test_text_is_taken_too() -> None:
    assert common_head("straße", "straßen") == 6
    assert common_tail("xab", "yab") == 2


def test_many_bytes_take_no_time() -> None:
    left, right = bytes(64 << 20), bytes((64 << 20) - 1) + b"\1"
    start = time.process_time()
    assert common_head(left, right) == len(left) - 1
    assert count_different(left, right) == 1
    assert time.process_time() - start < 5  # seconds of CPU; a loop over bytes takes minutes
