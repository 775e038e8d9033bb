"""Members whose names differ in a hash: paired, compared, and named by others."""

from __future__ import annotations

import pytest

from tests.compare.trees import between, reasons, wheel
from truewheel.compare import Difference, Kind, compare
from truewheel.compare.pairing import Renamed
from truewheel.compare.renames import following_names

LEFT, RIGHT = "x.libs/libfoo-a23473af.so.1", "x.libs/libfoo-9c8430f0.so.1"


def test_a_library_that_was_grafted_is_compared_with_its_like() -> None:
    comparison = compare(
        wheel({LEFT: b"version = 1.2.3\n", "x/a.py": b""}), wheel({RIGHT: b"version = 1.2.4\n", "x/a.py": b""})
    )
    record, first, second = comparison.differences
    assert [record.place, first.place, second.place] == ["sample-1.0.dist-info/RECORD", LEFT, LEFT]
    assert [part.follows for part in (first, second, record)] == [False, True, True]
    assert second.summary == "renamed: called libfoo-9c8430f0.so.1 on the right; the name holds a hash"
    assert reasons(comparison) == {"version"}
    assert not comparison.unexplained


def test_another_name_for_the_same_contents_is_no_consequence() -> None:
    (found,) = between({LEFT: b"a"}, {RIGHT: b"a"}).differences
    assert not found.follows


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ([LEFT], ["y.libs/libfoo-9c8430f0.so.1"], 2),
        ([LEFT, "x.libs/libfoo-11111111.so.1"], [RIGHT], 3),
        ([LEFT], [RIGHT, "x.libs/libfoo-11111111.so.1"], 3),
        ([LEFT], ["x.libs/libfoo-9c8430f.so.1"], 2),
        ([LEFT], ["x.libs/libbar-9c8430f0.so.1"], 2),
        ([LEFT], ["x.libs/libfoo-X9c8430f0.so.1"], 2),
        (["a-0123456789abcdef0123456789abcdef.dll"], ["a-ffffffffffffffffffffffffffffffff.dll"], 1),
        ([LEFT, "x.libs/b-11111111.so"], [RIGHT, "x.libs/b-22222222.so"], 2),
    ],
)
def test_pairs_are_told_by_the_hash_alone(left: list[str], right: list[str], count: int) -> None:
    comparison = between(dict.fromkeys(left, b"same"), dict.fromkeys(right, b"same"))
    assert len(comparison.differences) == count


def test_names_of_members_follow() -> None:
    members = (Renamed(LEFT, RIGHT),)
    needed = Difference(
        "NEEDED", Kind.CONTENT, "", "libc.so.6\nlibfoo-a23473af.so.1", "libc.so.6\nlibfoo-9c8430f0.so.1"
    )
    other = Difference("NEEDED", Kind.CONTENT, "", "libc.so.6\nlibfoo-a23473af.so.1", "libm.so.6\nlibfoo-9c8430f0.so.1")
    table = following_names(Difference(".dynamic", Kind.CONTENT, "", inside=(needed, other)), members)
    assert [part.follows for part in table.walk()] == [False, True, False]
    assert following_names(needed, ()) is needed
