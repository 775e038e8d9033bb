"""RECORD: what follows from other members, and what doesn't."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from tests.compare.trees import pair, reasons
from truewheel.compare.model import Difference
from truewheel.compare.record import Listing, compare_record

ROWS = "a.py,sha256=aaaa,1\nb.py,sha256=bbbb,2\nx-1.dist-info/RECORD,,\n"
TURNED = "".join(reversed(ROWS.splitlines(keepends=True)))
NAMES = ("a.py", "b.py", "x-1.dist-info/RECORD")


def _compared(
    left: str, right: str, changed: Collection[str] = (), listings: tuple[Listing, Listing] = (Listing(), Listing())
) -> tuple[Difference, ...]:
    found = compare_record(pair(left, right), changed.__contains__, lambda name: name.replace("x-2.", "x-1."), listings)
    assert found is not None
    return found


def test_rows_of_members_that_differ_follow() -> None:
    (found,) = _compared(ROWS, ROWS.replace("aaaa", "cccc") + "new,sha256=dddd,3\n", {"a.py", "new"})
    assert found.follows
    assert found.summary == "2 rows differ, as their members do"


def test_a_row_that_lies_is_told() -> None:
    found = _compared(ROWS, ROWS.replace("aaaa", "cccc").replace("bbbb", "dddd"), {"a.py"})
    assert [(part.place, part.follows, part.left, part.right) for part in found] == [
        ("rows", True, None, None),
        ("b.py", False, "sha256=bbbb,2", "sha256=dddd,2"),
    ]


def test_rows_without_a_member_are_told() -> None:
    (found,) = _compared(ROWS, ROWS + "../../bin/run,sha256=aaaa,9\n")
    assert (found.place, found.left, found.right) == ("../../bin/run", None, "sha256=aaaa,9")
    assert not found.follows
    (found,) = _compared(ROWS + "x-1.dist-info/RECORD.jws,,\n", ROWS)
    assert reasons((found,)) == {"signature"}


def test_rows_of_a_folder_that_is_called_otherwise_follow() -> None:
    (found,) = _compared(ROWS, ROWS.replace("x-1.", "x-2."))
    assert found.follows


@pytest.mark.parametrize(
    ("right", "place", "reason"),
    [
        (ROWS.replace("\n", "\r\n"), "line ends", "zip-tool"),
        (TURNED, "order of rows", "member-order"),
        (ROWS.replace("a.py", '"a.py"'), "form", "zip-tool"),
    ],
)
def test_how_rows_are_written(right: str, place: str, reason: str) -> None:
    (found,) = _compared(ROWS, right)
    assert found.place == place
    assert reasons((found,)) == {reason}


def test_rows_in_the_order_of_the_members_follow_from_that() -> None:
    for moved in (("b.py", "a.py", NAMES[2]), ("b.py", NAMES[2], "a.py")):
        (found,) = _compared(ROWS, TURNED, (), (Listing(NAMES), Listing(moved)))
        assert (found.place, found.follows, reasons((found,))) == ("order of rows", True, {"member-order"})
    (found,) = _compared(ROWS, TURNED, (), (Listing(NAMES), Listing(NAMES)))
    assert (found.follows, found.causes[0].sure) == (False, False)
    assert found.causes[0].evidence == "rows sorted on the left, not sorted on the right"


def test_installers_write_record_anew() -> None:
    found = _compared(ROWS, TURNED.replace("\n", "\r\n"), (), (Listing(NAMES), Listing((), installed=True)))
    assert [part.place for part in found] == ["line ends", "order of rows"]
    assert reasons(found) == {"installer"}
    assert ".gitattributes" not in "".join(cause.reason.remedy for part in found for cause in part.causes)


def test_many_lies_are_counted() -> None:
    left = "".join(f"{number},sha256=a,1\n" for number in range(50))
    found = _compared(left, left.replace("sha256=a", "sha256=b"))
    assert len(found) == 21
    assert found[-1].summary == "30 more rows differ"


def test_what_is_no_csv_is_left_to_others() -> None:
    for left, right in (("a,b\n", 'a,"' + "x" * 200_000), (b"\0", b"\1")):
        assert compare_record(pair(left, right), lambda _: False, str) is None


def test_a_row_that_is_there_twice() -> None:
    (found,) = _compared(ROWS, ROWS.replace("b.py", "b.py,sha256=cccc,2\nb.py"))
    assert (found.place, found.left, found.right) == ("b.py", "sha256=bbbb,2", "sha256=cccc,2\nsha256=bbbb,2")
    several = _compared(ROWS, ROWS.replace("aaaa", "cccc") + "b.py,sha256=bbbb,2\n", {"a.py"})
    assert [part.place for part in several] == ["rows", "b.py"]
