"""Texts, line by line."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compare.trees import pair, reasons
from truewheel.compare.lines import MOST_LINES, clipped, unified
from truewheel.compare.model import Line, Mark
from truewheel.compare.text import compare_text, decoded

NUMBERED = "".join(f"line {number}\n" for number in range(1, 101))


def _as_text(lines: tuple[Line, ...]) -> list[str]:
    return [f"{line.mark.value}{line.text}" for line in lines if line.mark is not Mark.GAP]


def test_a_changed_line_with_its_numbers_and_three_around_it() -> None:
    (found,) = compare_text(pair(NUMBERED, NUMBERED.replace("line 50\n", "line fifty\nand more\n")))
    assert found.summary == "1 line on the left, 2 lines on the right differ"
    shown = [(line.mark.value, line.left, line.right, line.text) for line in found.lines if line.mark is not Mark.GAP]
    assert shown == [
        (" ", 47, 47, "line 47"),
        (" ", 48, 48, "line 48"),
        (" ", 49, 49, "line 49"),
        ("-", 50, None, "line 50"),
        ("+", None, 50, "line fifty"),
        ("+", None, 51, "and more"),
        (" ", 51, 52, "line 51"),
        (" ", 52, 53, "line 52"),
        (" ", 53, 54, "line 53"),
    ]


def _gaps(left: str, right: str) -> list[str]:
    (found,) = compare_text(pair(left, right))
    return [line.text for line in found.lines if line.mark is Mark.GAP]


def test_lines_that_are_left_out_are_counted() -> None:
    changed = NUMBERED.replace("line 50\n", "line fifty\n")
    assert _gaps(NUMBERED, changed) == ["46 lines are the same", "47 lines are the same"]
    assert _gaps(NUMBERED[:-1], changed[:-1]) == ["46 lines are the same", "47 lines are the same"]
    assert _gaps(NUMBERED, changed.replace("line 60\n", "")) == [
        "46 lines are the same",
        "3 lines are the same",
        "37 lines are the same",
    ]


@given(st.integers(1, 100), st.integers(1, 100))
def test_all_lines_are_shown_or_counted(first: int, second: int) -> None:
    right = NUMBERED.replace(f"line {first}\n", "one\n").replace(f"line {second}\n", "two\n")
    (found,) = compare_text(pair(NUMBERED, right))
    gaps = [int(line.text.split()[0]) for line in found.lines if line.mark is Mark.GAP]
    assert 1 not in gaps
    assert sum(gaps) + sum(line.left is not None for line in found.lines) == 100


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("a ", "a", ["a\\x20", "a"]),
        ("\u00e9", "e\u0301", ["\\xe9", "e\\u0301"]),
        ("a\tb", "a       b", ["a\\tb", "a       b"]),
        ("a\u200bb", "ab", ["a\\u200bb", "ab"]),
        ("a\u00a0b", "a b", ["a\\xa0b", "a b"]),
        ("\u00e9 ", "b", ["\u00e9 ", "b"]),
    ],
)
def test_lines_that_look_alike_are_told_apart(left: str, right: str, shown: list[str]) -> None:
    assert [line.text for line in unified([left], [right])] == shown


def test_lines_of_one_side_alone() -> None:
    (found,) = compare_text(pair("a\nb\n", "a\nb\nc\n"))
    assert found.summary == "1 line is only on the right"
    (found,) = compare_text(pair("a\nb\nc\n", "a\n"))
    assert found.summary == "2 lines are only on the left"


@given(st.lists(st.sampled_from("abcdef"), max_size=20), st.lists(st.sampled_from("abcdef"), max_size=20))
def test_lines_lead_from_the_left_to_the_right(left: list[str], right: list[str]) -> None:
    lines = unified(left, right)
    for line in lines:
        assert line.left is None or left[line.left - 1] == line.text
        assert line.right is None or right[line.right - 1] == line.text
    gone = {line.left for line in lines if line.mark is Mark.LEFT}
    new = {line.right for line in lines if line.mark is Mark.RIGHT}
    kept = [text for number, text in enumerate(left, 1) if number not in gone]
    assert kept == [text for number, text in enumerate(right, 1) if number not in new]


def test_small_differences_are_those_of_difflib() -> None:
    left, right = (
        NUMBERED.splitlines(),
        NUMBERED.replace("line 7\n", "").replace("line 9\n", "line nine\n").splitlines(),
    )
    theirs = [line for line in difflib.unified_diff(left, right, lineterm="") if line[:2] not in {"--", "++", "@@"}]
    assert _as_text(unified(left, right)) == theirs


def test_many_lines_are_cut_and_counted() -> None:
    left = "".join(f"{number}\nsame {number}\n" for number in range(1000))
    (found,) = compare_text(pair(left, "".join(f"x{number}\nsame {number}\n" for number in range(1000))))
    assert len(found.lines) == MOST_LINES + 1
    assert found.lines[-1].mark is Mark.GAP
    told = sum(line.mark in {Mark.LEFT, Mark.RIGHT} for line in found.lines)
    assert found.lines[-1].text == f"{2000 - told:,} more lines differ"


def test_one_long_block_hides_nothing_behind_it() -> None:
    left = "".join(f"old {number}\n" for number in range(500)) + "same\nlast old\n"
    right = "".join(f"new {number} of another kind\n" for number in range(500)) + "same\nlast new\n"
    (found,) = compare_text(pair(left, right))
    assert "-last old" in _as_text(found.lines)
    assert "460 more lines on the left" in [line.text for line in found.lines if line.mark is Mark.GAP]


def test_a_long_line_is_shown_where_it_differs() -> None:
    left = "var a;" * 50_000
    (found,) = compare_text(pair(left + "END" + left, left + "FIN" + left, "x.js"))
    shown = [line.text for line in found.lines if line.mark is Mark.LEFT]
    assert "END" in shown[0]
    assert len(shown[0]) < 400
    assert "letters) …" in shown[0]
    assert clipped("short") == "short"


def test_line_ends_alone() -> None:
    (found,) = compare_text(pair(NUMBERED, NUMBERED.replace("\n", "\r\n")))
    assert found.summary == "only the line ends differ: LF on the left, CRLF on the right"
    assert reasons((found,)) == {"line-ends"}


def test_line_ends_and_more() -> None:
    found = compare_text(pair(NUMBERED, NUMBERED.replace("\n", "\r\n").replace("50", "fifty")))
    assert [part.place for part in found] == ["line ends", "lines"]
    assert found[0].causes
    assert not found[1].causes
    assert _as_text(found[1].lines)[3:5] == ["-line 50", "+line fifty"]


def test_a_last_line_without_an_end() -> None:
    (found,) = compare_text(pair("a\nb\n", "a\nb"))
    assert found.summary == "the last line has no end on the right"
    (found,) = compare_text(pair("a\nb", "a\nc\n"))
    assert found.summary == "1 line on the left, 1 line on the right differ; the last line has no end on the left"


def test_lines_in_another_order() -> None:
    names = NUMBERED.replace("line ", "src/")
    lines = names.splitlines(keepends=True)
    (found,) = compare_text(pair(names, "".join([*lines[:10], lines[12], lines[11], lines[10], *lines[13:]])))
    assert reasons((found,)) == {"hash-order"}
    assert not found.causes[0].sure


def test_statements_in_another_order_have_no_cause() -> None:
    (found,) = compare_text(pair("check()\nrun()\n", "run()\ncheck()\n"))
    assert (found.summary, found.causes) == ("1 line in another order", ())
    (found,) = compare_text(pair("break\nreturn\n", "return\nbreak\n"))
    assert not found.causes
    (found,) = compare_text(pair("a/b.py\nsetup.py\n", "setup.py\na/b.py\n"))
    assert reasons((found,)) == {"hash-order"}


def test_some_lines_with_a_cause() -> None:
    (found,) = compare_text(pair("version = '1.0'\nx = 1\n", "version = '1.1'\ny = 2\n"))
    assert not found.causes
    assert [part.place for part in found.inside] == ["lines with a cause", "other lines"]
    assert reasons((found,)) == {"version"}


def test_latin_1_and_utf_16() -> None:
    (found,) = compare_text(
        pair("Gr\xfcn und blau\n".encode("latin-1") * 9, "Gr\xfcn und rot!\n".encode("latin-1") * 9)
    )
    assert "Gr\xfcn und blau" in [line.text for line in found.lines]
    (found,) = compare_text(pair("Grün\nblau\n".encode("utf-16"), "Grün\nrot\n".encode("utf-16")))
    assert [line.text for line in found.lines if line.mark is Mark.LEFT] == ["blau"]


def test_what_is_no_text() -> None:
    assert decoded(bytes(range(256))) is None
    assert decoded(b"\x80\x81\x82\x83" * 20) is None
    assert decoded(b"\xff\xfe\0") is None
    assert compare_text(pair(b"a\0b", b"a\0c")) == ()
    assert compare_text(pair(b"text", b"\x89PNG\0")) == ()
    assert compare_text(pair(b"", b"\0")) == ()


def test_a_mark_at_the_start() -> None:
    assert decoded(b"\xef\xbb\xbftext") == "text"
    (found,) = compare_text(pair(b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfa\nc\n"))
    assert [line.text for line in found.lines] == ["a", "b", "c"]


def test_what_is_too_large_is_left_to_others() -> None:
    one, other = b"a\n" * (6 << 20), b"b\n" * (6 << 20)
    assert compare_text(pair(one, other)) == ()
    (found,) = compare_text(pair(one + b"x\n" + one, one + b"y\n" + one))
    assert [(line.left, line.right) for line in found.lines if line.mark in {Mark.LEFT, Mark.RIGHT}] == [
        ((6 << 20) + 1, None),
        (None, (6 << 20) + 1),
    ]
