"""Patches as values: what is written over a file, what comes behind it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from truewheel.binary.patch import Patch, Write, merged_writes

SOURCE = bytes(range(64))


def writes() -> st.SearchStrategy[list[Write]]:
    """Writes inside of `SOURCE`, which may overlap."""
    one = st.tuples(st.integers(0, 64), st.binary(max_size=9)).map(lambda pair: Write(pair[0], pair[1][: 64 - pair[0]]))
    return st.lists(one, max_size=8)


@given(writes(), st.integers(0, 20), st.binary(max_size=5), st.integers(0, 9), st.tuples(*[st.integers(0, 80)] * 2))
def test_a_patch_does_what_its_writes_do_one_after_the_other(
    changes: list[Write], cut: int, tail: bytes, skip: int, part: tuple[int, int]
) -> None:
    (start, size), kept = part, len(SOURCE) - cut
    changes = [Write(offset, data) for offset, data in changes if offset + len(data) <= kept]
    expected = bytearray(SOURCE)
    for offset, data in changes:
        expected[offset : offset + len(data)] = data
    del expected[kept:]
    if tail:
        expected += bytes(skip) + tail
    patch = Patch(len(SOURCE), merged_writes(SOURCE, changes), kept + skip if tail else 0, tail, cut=cut)
    assert patch.applied(SOURCE) == expected
    assert patch.onto(bytearray(SOURCE)) == expected
    assert patch.head(SOURCE[:start]) == expected[:start][:64]
    assert patch.piece(SOURCE, start, start + size) == expected[start : start + size]
    assert patch.size == len(expected)
    assert bool(patch) is (expected != SOURCE or bool(cut))


@given(writes())
def test_merged_writes_are_in_order_and_apart(changes: list[Write]) -> None:
    merged = merged_writes(SOURCE, changes)
    ends = [offset + len(data) for offset, data in merged]
    assert all(end < write.offset for end, write in zip(ends, merged[1:], strict=False))
    assert all(data and SOURCE[offset : offset + len(data)] != data for offset, data in merged)


def test_neighbours_become_one_and_what_changes_nothing_goes() -> None:
    changes = [Write(9, b"b"), Write(8, b"a"), Write(20, bytes([20])), Write(8, b"A"), Write(30, b"")]
    assert merged_writes(SOURCE, changes) == (Write(8, b"Ab"),)


def test_an_empty_patch_copies() -> None:
    patch = Patch(len(SOURCE))
    copy = patch.applied(SOURCE)
    assert (bytes(copy), bool(patch), patch.size) == (SOURCE, False, 64)
    assert copy is not SOURCE
