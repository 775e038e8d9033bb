"""What was varied explains what nothing else does; and no more than that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builds.test_variations import ALONE, AROUND
from tests.support import write_wheel
from truewheel.builds.model import Conditions
from truewheel.builds.twice_causes import Seen, circumstances, explained
from truewheel.builds.variations import second_conditions
from truewheel.compare import Comparison, Difference, Kind, Tree, compare
from truewheel.compare.reasons import BUILD_PATH, ENVIRONMENT, HOST, UMASK
from truewheel.world.sides import open_side

SEEN = (
    Seen(HOST, "host name", "alpha", "beta"),
    Seen(ENVIRONMENT, "processors", "8", "1"),
    Seen(UMASK, "umask", "022", "077"),
    Seen(ENVIRONMENT, "environment", "", "EXTRA"),
)


def compared(folder: Path, left: str, right: str) -> Comparison:
    """Two wheels with one text each."""
    sides = []
    for name, text in (("left", left), ("right", right)):
        (folder / name).mkdir()
        sides.append(write_wheel(folder / name, {"text.txt": text.encode()}))
    with open_side(sides[0]) as one, open_side(sides[1]) as other:
        return compare(one, other)


def told(comparison: Comparison) -> list[tuple[str, str, bool]]:
    """The causes at the text: ids, evidence, and whether they are sure."""
    places = [part for top in comparison.differences if top.place == "text.txt" for part in top.walk()]
    return [(cause.reason.id, cause.evidence, cause.sure) for part in places for cause in part.causes]


@pytest.mark.parametrize(
    ("left", "right", "causes"),
    [
        ("on alpha\n", "on beta\n", [("host", "host name: 'alpha' on the left, 'beta' on the right", True)]),
        ("make -j8\n", "make -j1\n", [("environment", "processors: '8' on the left, '1' on the right", True)]),
        # Two circumstances in one line, and nothing else.
        (
            "alpha with mask 022\n",
            "beta with mask 077\n",
            [
                ("host", "host name: 'alpha' on the left, 'beta' on the right", True),
                ("umask", "umask: '022' on the left, '077' on the right", True),
            ],
        ),
        # Something more differs, so it may be another thing; a single digit says nothing then.
        (
            "alpha has 8, red\n",
            "beta has 1, blue\n",
            [("host", "host name: 'alpha' on the left, 'beta' on the right", False)],
        ),
        ("red 8\n", "blue 1\n", []),
        # What was added shows on one side alone.
        ("A\n", "A\nEXTRA\n", [("environment", "environment: 'EXTRA' on the right", True)]),
        # A part of another word isn't it.
        ("alphabet\n", "betamax\n", []),
        ("18\n", "11\n", []),
        ("red\n", "blue\n", []),
    ],
)
def test_causes(left: str, right: str, causes: list[tuple[str, str, bool]], tmp_path: Path) -> None:
    before = compared(tmp_path, left, right)
    assert told(before) == []
    after = explained(before, SEEN)
    assert told(after) == causes
    assert (after.unexplained == ()) == bool(causes)
    assert replace(after, differences=()) == replace(before, differences=())


def test_what_has_a_cause_already_keeps_it_alone(tmp_path: Path) -> None:
    before = compared(tmp_path, "/home/alpha/x\n", "/home/beta/x\n")
    assert told(before)
    assert told(explained(before, SEEN)) == told(before)


def test_what_nothing_tells_by_its_looks_is_known(tmp_path: Path) -> None:
    before = compared(tmp_path, "6.18.44-x\n", "2.6.78-x\n")
    assert told(before) == []
    known = explained(before, [Seen(ENVIRONMENT, "kernel release", "6.18.44-x", "2.6.78-x")])
    assert [(cause, sure) for cause, _, sure in told(known)] == [("environment", True)]
    assert told(explained(before, SEEN)) == told(before)


def test_a_backslash_is_no_command(tmp_path: Path) -> None:
    before = compared(tmp_path, "on alpha\n", "on C:\\1\\g\n")
    seen = [Seen(HOST, "host name", "alpha", "C:\\1\\g")]
    assert [sure for _, _, sure in told(explained(before, seen))] == [True]


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=4))
def test_no_value_is_too_strange(values: list[tuple[str, str]]) -> None:
    place = Difference("text.txt", Kind.CONTENT, "one line differs", left="".join(one for one, _ in values), right="x")
    side = Tree("file", "text.txt", ())
    comparison = Comparison(side, side, identical=False, contents_only=False, compared=1, differences=(place,))
    (after,) = explained(comparison, [Seen(HOST, "thing", left, right) for left, right in values]).differences
    assert replace(after, causes=()) == place


def test_what_the_two_builds_saw() -> None:
    conditions, _ = second_conditions(AROUND)
    seen = {(one.name, one.left, one.right): one.reason for one in circumstances(AROUND, conditions)}
    assert seen["host name", "truewheel", "another-host"] is HOST
    assert seen["user", "1000", "1398"] is HOST
    assert seen["path", f"{Conditions().root}/src", f"{conditions.root}/src"] is BUILD_PATH
    assert seen["umask", "0022", "0077"] is UMASK
    assert seen["umask", "18", "63"] is UMASK
    assert seen["time zone", "UTC", "NPT"] is ENVIRONMENT
    assert seen["processors", "8", "1"] is ENVIRONMENT
    assert all(one.left != one.right for one in circumstances(AROUND, conditions))


def test_what_could_not_be_varied_is_no_cause() -> None:
    alone = AROUND._replace(isolation=ALONE)
    names = {one.name for one in circumstances(alone, Conditions())}
    assert names == set()
    conditions, _ = second_conditions(alone)
    assert {"host name", "user", "group", "path"}.isdisjoint(one.name for one in circumstances(alone, conditions))
