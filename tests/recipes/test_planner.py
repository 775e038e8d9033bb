"""Laws of the planner: no recipe twice, an end, and the same plan for the same input."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recipes.makes import METADATA, PYTHONS, File, after, evidence, first, sdist, wheel
from tests.recipes.published import ROWS, evidence_of
from truewheel.recipes import Choice, Evidence, Symptom, Tried, propose, trace
from truewheel.recipes.table import RULES

OUTCOMES = st.sets(st.sampled_from(Symptom), min_size=1, max_size=3).map(frozenset)
COMPLAINTS = st.sampled_from(
    ["", "No module named 'numpy'", "No solution found", "No module named 'imp'", "use_2to3 is invalid", "it is broken"]
)
NATIVE = sdist({"setup.py": b"setup(ext_modules=[])\nos.environ['A_NO_EXTENSIONS']", "a.py": b"a\n"})
RICH = evidence(
    wheel(
        {"a.py": File(b"a\r\n"), "b.py": File(time=(2023, 5, 1, 10, 0, 0))},
        name="sample-1.0-py2.py3-none-any.whl",
        metadata=METADATA + b"\n\n",
    ),
    NATIVE,
)
"""One about which nearly every rule has something to say."""


def played(found: Evidence, outcomes: Sequence[tuple[frozenset[Symptom], str]], most: int = 50) -> list[Choice]:
    """All choices that come of these outcomes, up to the first that there is none for."""
    tried: list[Tried] = []
    choices: list[Choice] = []
    for symptoms, complaint in outcomes:
        choice = propose(found, tried, most=most)
        if choice is None:
            break
        choices.append(choice)
        tried.append(Tried(choice, symptoms, complaint))
    return choices


@settings(max_examples=40)
@given(st.lists(st.tuples(OUTCOMES, COMPLAINTS), max_size=12))
def test_no_recipe_comes_twice_and_the_plan_is_the_same_each_time(
    outcomes: list[tuple[frozenset[Symptom], str]],
) -> None:
    choices = played(RICH, outcomes)
    recipes = [choice.recipe for choice in choices]

    assert all(recipe not in recipes[:index] for index, recipe in enumerate(recipes))
    assert played(RICH, outcomes) == choices
    for choice in choices:
        order = [step.rule for step in choice.steps]
        assert order == [rule.id for rule in RULES if rule.id in order]
        assert all(step.what and step.why for step in choice.steps)


@pytest.mark.parametrize("symptom", Symptom)
@pytest.mark.parametrize("release", sorted(ROWS))
def test_it_comes_to_an_end(release: str, symptom: Symptom) -> None:
    choices = played(evidence_of(release), [(frozenset({symptom}), "")] * 40)

    assert 1 <= len(choices) < 20
    assert len({repr(choice.recipe) for choice in choices}) == len(choices)


@pytest.mark.parametrize("release", sorted(ROWS))
@pytest.mark.parametrize("symptoms", [frozenset({Symptom.STORAGE}), frozenset[Symptom]()])
def test_one_build_is_enough_where_contents_are_right(release: str, symptoms: frozenset[Symptom]) -> None:
    assert len(played(evidence_of(release), [(symptoms, "")] * 3)) == 1


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_there_are_no_more_than_asked_for(most: int) -> None:
    assert len(played(RICH, [(frozenset({Symptom.FAILED}), "")] * 9, most=most)) == most


def test_the_worst_is_mended_first() -> None:
    choice = after(RICH, Symptom.TAG)
    both = propose(RICH, [Tried(first(RICH), frozenset({Symptom.METADATA, Symptom.TAG}))])

    assert both == choice
    assert both != after(RICH, Symptom.METADATA)


def test_alternatives_start_from_the_attempt_that_came_furthest() -> None:
    base = first(RICH)
    second = propose(RICH, [Tried(base, frozenset({Symptom.FAILED}))])
    assert second is not None
    tried = [Tried(base, frozenset({Symptom.FAILED})), Tried(second, frozenset({Symptom.LINE_ENDS}))]
    third = propose(RICH, tried)

    assert third is not None
    assert third.recipe.line_ends == "\r\n"
    assert set(second.steps) <= set(third.steps)


def test_a_step_that_is_taken_back_leaves_no_trace() -> None:
    found = trace(wheel({"a.py": File(system=0)}, info=File(system=0)), None, pythons=PYTHONS)
    again = after(found, Symptom.LINE_ENDS)

    assert "line-ends" in [step.rule for step in first(found).steps]
    assert again is not None
    assert "line-ends" not in [step.rule for step in again.steps]


def test_rules_have_names_of_their_own() -> None:
    ids = [rule.id for rule in RULES]

    assert len(set(ids)) == len(ids)
    for rule in RULES:
        assert rule.title
        assert rule.options.__doc__
