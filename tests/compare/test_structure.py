"""JSON, by the path to each value."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compare.trees import pair, reasons
from truewheel.compare.model import Difference
from truewheel.compare.structure import compare_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def _compared(left: object, right: object) -> tuple[Difference, ...]:
    return compare_json(pair(json.dumps(left, indent=1), json.dumps(right, indent=1), "x.json"))


def test_values_by_their_paths() -> None:
    left = {"a": 1, "b": [1, {"c": "x"}], "gone": None, "odd key!": 2, "same": [1]}
    right = {"a": 2, "b": [1, {"c": "y"}], "new": True, "odd key!": 3, "same": [1]}
    found = {part.place: (part.summary, part.left, part.right) for part in _compared(left, right)}
    assert found == {
        "$.a": ("the value differs", "1", "2"),
        "$.b[1].c": ("the value differs", '"x"', '"y"'),
        "$.gone": ("only on the left", "null", None),
        "$.new": ("only on the right", None, "true"),
        "$['odd key!']": ("the value differs", "2", "3"),
    }


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4), st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_what_differs_is_found_and_only_that(left: dict[str, object], right: dict[str, object]) -> None:
    found = _compared(left, right)
    if json.dumps(left) == json.dumps(right):
        return  # never asked: the bytes are the same
    assert found
    swapped = _compared(right, left)
    assert {part.place for part in found} == {part.place for part in swapped}
    if json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True):
        assert [part.place for part in found] == [""]


def test_numbers_are_what_is_written() -> None:
    for one, other in (("1", "1.0"), ("1", '"1"'), ("1e2", "100"), ("9" * 5000, "9" * 5001), ("NaN", '"NaN"')):
        (found,) = compare_json(pair(f'{{"a": {one}}}', f'{{"a": {other}}}', "x.json"))
        assert found.place == "$.a"


def test_order_of_keys_and_of_items() -> None:
    (found,) = _compared({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert found.summary == "the same values, with keys in another order"
    assert reasons((found,)) == {"hash-order"}
    (found,) = _compared({"a": [1, 2, {"x": 1, "y": 2}]}, {"a": [{"y": 2, "x": 1}, 2, 1]})
    assert (found.place, reasons((found,))) == ("$.a", {"hash-order"})


def test_only_the_spaces() -> None:
    (found,) = compare_json(pair('{"a": 1}', '{"a":1}', "x.json"))
    assert found.summary == "the same values, written with other spaces or escapes"
    assert not found.causes


def test_lists_of_two_lengths() -> None:
    found = _compared({"a": ["x", "y"]}, {"a": ["y", "z", "z"]})
    assert [(part.place, part.left, part.right) for part in found] == [
        ("$.a", '"x"', None),
        ("$.a", None, '"z"'),
        ("$.a", None, '"z"'),
    ]


@pytest.mark.parametrize("field", ["timestamp", "created"])
def test_bills_of_materials(field: str) -> None:
    left = {"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:1", "metadata": {field: "2026-01-01T00:00:00Z"}}
    right = {"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:2", "metadata": {field: "2026-01-02T00:00:00Z"}}
    found = {part.place: reasons((part,)) for part in _compared(left, right)}
    assert found == {"$.serialNumber": {"sbom-serial"}, f"$.metadata.{field}": {"build-time"}}
    assert all(cause.sure for part in _compared(left, right) for cause in part.causes)


def test_paths_in_values_are_explained() -> None:
    (found,) = _compared({"url": "file://here/tmp/tmpabcd1234/x"}, {"url": "file://here/tmp/tmpwxyz9876/x"})
    assert reasons((found,)) == {"build-path"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"a": 1, "a": 2}', '{"a": 2}'),
        ('{"a": }', '{"a": 1}'),
        ("[" * 50_000 + "]" * 50_000, "[" * 50_001 + "]" * 50_001),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "{}"),
        ("plain", "text"),
        ("{\0}", '{"a": 1}'),
    ],
)
def test_what_is_left_to_others(left: str, right: str) -> None:
    assert compare_json(pair(left, right, "x.json")) == ()


def test_other_names_are_known_by_their_beginning() -> None:
    assert compare_json(pair('{"a": 1}', '{"a": 2}', "record"))
    assert not compare_json(pair("{not json", "{a}", "x.txt"))


def test_no_more_than_somebody_reads() -> None:
    found = _compared({str(n): n for n in range(500)}, {str(n): n + 1 for n in range(500)})
    assert len(found) == 61
    assert found[-1].summary == "440 more values differ"


def test_a_million_values_are_counted_and_not_worded() -> None:
    left = "{" + ",".join(f'"k{number}":"/tmp/tmpabcd1234/{number}"' for number in range(200_000)) + "}"
    start = time.process_time()
    found = compare_json(pair(left, left.replace("abcd", "wxyz"), "x.json"))
    assert time.process_time() - start < 10  # seconds of CPU; 60 where all were explained
    assert len(found) == 61
    assert reasons(found) == {"build-path"}


def test_deep_values_are_compared_whole_in_the_end() -> None:
    left: object = 1
    right: object = 2
    for _ in range(200):
        left, right = {"a": left}, {"a": right}
    (found,) = _compared(left, right)
    assert found.place.count(".a") == 100


def test_lists_in_lists_cost_no_more_than_they_are_worth() -> None:
    left: object = ["x" * 100] * 20_000
    right: object = ["y" * 100, *["x" * 100] * 19_999]
    for _ in range(60):
        left, right = [left], [right]
    assert _compared(left, right) == ()
