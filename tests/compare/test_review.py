"""What hid in the comparison of texts, headers and values until somebody looked for it."""

from __future__ import annotations

import hashlib
import time

import pytest

from tests.compare.trees import between, kinds, pair, reasons, zipped
from tests.support import zip_bytes
from truewheel.compare import compare
from truewheel.compare.contents import Contents
from truewheel.compare.headers import compare_headers
from truewheel.compare.raw import compare_bytes
from truewheel.compare.structure import compare_json
from truewheel.compare.text import compare_text

INFO = "six-1.0.dist-info/METADATA"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (b"\xef\xbb\xbfa\n", b"a\n", "UTF-8 with a byte order mark on the left, ASCII on the right"),
        (b"a\n", "a\n".encode("utf-16-le"), ""),
        ("a\n".encode("utf-16"), b"a\n", "UTF-16, little-endian on the left, ASCII on the right"),
        ("some words, é\n".encode("latin-1"), "some words, é\n".encode(), "Latin-1 on the left, UTF-8 on the right"),
    ],
)
def test_one_text_in_two_encodings(left: bytes, right: bytes, said: str) -> None:
    found = compare_text(pair(left, right))
    assert [part.summary for part in found] == ([f"the same text in another encoding: {said}"] if said else [])


def test_two_texts_in_two_encodings() -> None:
    found = compare_text(pair("some words, é\nx\n".encode("latin-1"), "some words, é\ny\n".encode()))
    assert [(part.place, part.left, part.right) for part in found] == [
        ("encoding", "Latin-1", "UTF-8"),
        ("text", None, None),
    ]
    assert [line.text for line in found[1].lines] == ["some words, é", "x", "y"]


def test_letters_that_only_one_side_has_are_no_other_encoding() -> None:
    assert [part.place for part in compare_text(pair("e\n", "é\n"))] == [""]
    assert [part.place for part in compare_text(pair(b"a lot of text e\n", b"a lot of text \xe9\n"))] == [""]


def test_another_order_and_no_last_end() -> None:
    (found,) = compare_text(pair("a\nb\n", "b\na"))
    assert found.summary.endswith("in another order; the last line has no end on the right")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"A: b\n" + b" x\n" * 300_000, b"A: c\n" + b" x\n" * 300_000),
        (b"".join(b"A%d: b\n" % n for n in range(15_000)), b"".join(b"B%d: b\n" % n for n in range(15_000))),
    ],
)
def test_large_headers_take_little_time(left: bytes, right: bytes) -> None:
    start = time.process_time()
    assert compare_headers(pair(left, right, INFO))
    assert time.process_time() - start < 2  # seconds of CPU; 4 and 30 where it was quadratic


def test_parentheses_in_parentheses() -> None:
    deep = f'a; {"(" * 2000}os_name == "x"{")" * 2000}'
    (found,) = compare_headers(pair(f"Requires-Dist: {deep}\n", "Requires-Dist: b\n", INFO))
    assert not found.causes


def test_long_requirements_are_compared_to_their_end() -> None:
    long = "a" * 5000
    (found,) = compare_headers(pair(f"Requires-Dist: {long}b\n", f"Requires-Dist: {long}c\n", INFO))
    assert not found.causes


def test_order_of_fields_beside_a_value() -> None:
    found = compare_headers(pair("Name: a\nA: 1\nB: 2\n", "Name: b\nB: 2\nA: 1\n", INFO))
    assert [part.place for part in found] == ["Name", "order of fields"]


def test_a_string_is_no_number_whatever_it_holds() -> None:
    for text in (r'{"a": "\u0000#1"}', r'{"a": "\u0000\u00231"}'):
        assert compare_json(pair(text, '{"a": 1}', "x.json")) == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"time": 5}', '{"time": 6}'),
        ('{"date": true}', '{"date": false}'),
        ('{"serialNumber": 5}', '{"serialNumber": 6}'),
        ('{"serialNumber": "urn:uuid:1"}', '{"serialNumber": "none"}'),
    ],
)
def test_names_of_fields_alone_show_nothing(left: str, right: str) -> None:
    (found,) = compare_json(pair(left, right, "x.json"))
    assert not found.causes


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ('{"a": 1, "b": 2, "c": 3}', '{"b": 2, "a": 1, "c": 4}', "the keys of 1 object stand in another order"),
        ('[[{"a": 1, "b": 2}], 3]', '[[{"b": 2, "a": 1}], 4]', "the keys of 1 object stand in another order"),
        ('{"x": [{"a": 1, "b": 2}], "y": 3, "z": 4}', '{"x": [{"b": 2, "a": 1}], "z": 4, "y": 5}',
         "the keys of 2 objects stand in another order"),
    ],
)  # fmt: skip
def test_order_of_keys_beside_a_value(left: str, right: str, said: str) -> None:
    found = compare_json(pair(left, right, "x.json"))
    assert [part.summary for part in found] == ["the value differs", said]
    assert reasons(found) == {"hash-order"}
    assert [part.summary for part in compare_json(pair(right, left, "x.json"))] == ["the value differs", said]


def test_noise_has_no_causes() -> None:
    for seed in range(12):
        one, other = (hashlib.shake_256(bytes([seed, side])).digest(100_000) for side in (0, 1))
        assert reasons(compare_bytes(pair(one, other))) == set()


def test_folders_of_an_address_are_not_those_of_a_build() -> None:
    (found,) = compare_text(pair('route("/api/")\n', 'route("/web/")\n'))
    assert not found.causes


def test_archives_that_fail_leave_less_room(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def tree_of(_name: str, _data: bytes, room: int) -> None:
        asked.append(room)

    monkeypatch.setattr("truewheel.compare.contents.tree_of", tree_of)
    contents = Contents()
    for _ in range(3):
        contents(pair(b"\x1f\x8b damaged", b"\x1f\x8b as well"))
    contents(pair("a\n", "b\n"))
    assert asked[:6] == [asked[0] >> number for number in range(6)]
    assert asked[6] == asked[7]


def test_large_members_are_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.compare.equality.LARGE", 4)
    assert kinds(between({"a": b"left", "b": b"same", "c": b"x"}, {"a": b"lift", "b": b"same", "c": b"y"})) == [
        ("a", "content"),
        ("c", "content"),
    ]


def test_two_folders_are_not_one_that_is_called_otherwise() -> None:
    left, right = ({f"{name}.dist-info/X": b"x" for name in names} for names in (("a-1", "b-1"), ("a-2",)))
    assert kinds(compare(zipped(zip_bytes(left)), zipped(zip_bytes(right)), contents_only=True)) == [
        ("a-1.dist-info/X", "only-left"),
        ("a-2.dist-info/X", "only-right"),
        ("b-1.dist-info/X", "only-left"),
    ]


def test_how_members_are_stored_can_be_left_out() -> None:
    left, right = (zipped(zip_bytes({"a": b"x"}, time=(year, 1, 1, 0, 0, 0))) for year in (2020, 2021))
    assert kinds(compare(left, right)) == [("", "storage")]
    assert compare(left, right, contents_only=True).equal


def test_a_member_follows_only_where_all_in_it_does() -> None:
    record = "x-1.dist-info/RECORD"
    rows = [f"a,sha256={digest},1\nb,sha256={digest},1\n".encode() for digest in ("aaaa", "bbbb")]
    found = between({"a": b"1", "b": b"2", record: rows[0]}, {"a": b"3", "b": b"2", record: rows[1]}).differences
    assert [(part.place, part.follows) for part in found] == [("a", False), (record, False)]
    found = between({"a": b"1", "b": b"2", record: rows[0]}, {"a": b"3", "b": b"4", record: rows[1]}).differences
    assert [(part.place, part.follows) for part in found] == [("a", False), ("b", False), (record, True)]


def test_evidence_of_members_without_a_partner_has_its_sides() -> None:
    found = between({"m.cpython-311.pyc": b"1"}, {"m.cpython-312.pyc": b"2"}).differences
    assert {cause.evidence for part in found for cause in part.causes} == {
        "cpython-311 on the left, cpython-312 on the right"
    }
