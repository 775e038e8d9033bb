"""Verdicts in words, and which attempt came further."""

from __future__ import annotations

from itertools import permutations

import pytest

from truewheel.recipes.model import Choice, Recipe
from truewheel.verdict import (
    Attempt,
    Deviation,
    Judgement,
    Rung,
    Transplanted,
    Verification,
    best_of,
    rank,
    taken_in_words,
    verdict_of,
)
from truewheel.verdict.tally import FIELDS

CHOICE = Choice(Recipe(), ())


def _verification(judgement: Judgement | None, failure: str = "", problem: str = "") -> Verification:
    attempts = (Attempt(choice=CHOICE, judgement=judgement, failure=failure),) if judgement or failure else ()
    best = 0 if judgement else None
    return Verification(
        target="a", project="a", version="1", wheel=None, source=None, attempts=attempts, best=best, problem=problem
    )


def _differing(*members: str, explained: tuple[str, ...] = ()) -> tuple[Deviation, ...]:
    unexplained = tuple(Deviation(member, "content", "") for member in members)
    return (*unexplained, *(Deviation(member, "content", "", (("backend", "x"),)) for member in explained))


@pytest.mark.parametrize(
    ("judgement", "said"),
    [
        (Judgement(rung=Rung.BIT_FOR_BIT), "bit-for-bit"),
        (Judgement(rung=Rung.BIT_FOR_BIT, record=("wrong",)), "bit-for-bit, with a RECORD that is wrong"),
        (
            Judgement(rung=Rung.ZIP_METADATA, transplanted=Transplanted(1204, (("time", 17), ("order", 1)), "")),
            "bit-for-bit given 1,204 bytes of zip metadata (times of 17 members, places of 1 member)",
        ),
        (Judgement(rung=Rung.SAME_CONTENTS), "same contents, stored otherwise"),
        (
            Judgement(rung=Rung.EXPLAINED, deviations=_differing(explained=("a", "b"))),
            "same but for 2 files: a, b",
        ),
        (
            Judgement(
                rung=Rung.EXPLAINED,
                deviations=(*_differing(explained=("a",)), Deviation("RECORD", "content", "", follows=True)),
            ),
            "same but for 1 file: a",
        ),
        (
            Judgement(rung=Rung.DIFFERENT, deviations=_differing("a", "a", "b", "c", "d", explained=("e",))),
            "different: 5 files, of which 4 unexplained: a, b, c and 1 more",
        ),
        (
            Judgement(rung=Rung.DIFFERENT, deviations=_differing("")),
            "different: 1 file, of which 1 unexplained: the folders' names",
        ),
        (Judgement(rung=Rung.DIFFERENT), "different"),
    ],
)
def test_sentences(judgement: Judgement, said: str) -> None:
    assert verdict_of(_verification(judgement)) == said


def test_what_was_not_rebuilt() -> None:
    assert verdict_of(_verification(None)) == "not rebuilt: nothing was built"
    assert verdict_of(_verification(None, failure="no compiler.\nmore")) == "not rebuilt: no compiler"
    assert verdict_of(_verification(None, "x", problem="there is no sdist")) == "not rebuilt: there is no sdist"


def test_every_field_has_a_word() -> None:
    said = taken_in_words(Transplanted(1, tuple((field, 2) for field in FIELDS), ""))
    assert said.startswith("1 byte of zip metadata (times of 2 members, modes of 2 members, ")
    assert "entries of 2 folders" in said
    assert taken_in_words(Transplanted(2, (), "")) == "2 bytes of zip metadata"


def _attempt(judgement: Judgement | None) -> Attempt:
    return Attempt(choice=CHOICE, judgement=judgement)


LADDER = [
    Judgement(rung=Rung.BIT_FOR_BIT),
    Judgement(rung=Rung.ZIP_METADATA, transplanted=Transplanted(8, (("time", 1),), "")),
    Judgement(rung=Rung.ZIP_METADATA, transplanted=Transplanted(16, (("time", 2),), "")),
    Judgement(rung=Rung.SAME_CONTENTS),
    Judgement(rung=Rung.EXPLAINED, deviations=_differing(explained=("a",))),
    Judgement(rung=Rung.EXPLAINED, deviations=_differing(explained=("a", "b"))),
    Judgement(rung=Rung.DIFFERENT, deviations=_differing("a", explained=("b", "c"))),
    Judgement(rung=Rung.DIFFERENT, deviations=_differing("a", "b")),
    None,
]


def test_each_is_better_than_what_follows() -> None:
    for index, judgement in enumerate(LADDER):
        for worse in LADDER[index + 1 :]:
            assert rank(_attempt(judgement)) < rank(_attempt(worse))


def test_the_best_of_many() -> None:
    chosen = [LADDER[index] for index in (1, 3, 6, 8)]
    for order in permutations(chosen):
        assert best_of([_attempt(judgement) for judgement in order]) == order.index(chosen[0])
    assert best_of([_attempt(LADDER[1]), _attempt(LADDER[1])]) == 0
    assert best_of([_attempt(None)]) is None
    assert best_of([]) is None
