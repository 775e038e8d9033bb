"""Circles among files that load each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from truewheel.ops.pe_circles import circles

GRAPHS = st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=3)).map(
    lambda graph: {name: [other for other in others if other in graph] for name, others in graph.items()}
)


def reached(graph: dict[str, list[str]], start: str) -> set[str]:
    """All that is reached from a file, and itself."""
    seen = {start}
    while more := {other for name in seen for other in graph[name]} - seen:
        seen |= more
    return seen


@given(GRAPHS)
def test_each_file_is_with_those_that_it_reaches_and_that_reach_it(graph: dict[str, list[str]]) -> None:
    found = circles(graph)
    assert sorted(name for group in found for name in group) == sorted(graph)
    for group in found:
        for name in graph:
            mutual = name in reached(graph, group[0]) and group[0] in reached(graph, name)
            assert mutual == (name in group)


@given(GRAPHS)
def test_what_it_reaches_is_before_it(graph: dict[str, list[str]]) -> None:
    place = {name: number for number, group in enumerate(circles(graph)) for name in group}
    assert all(place[other] <= place[name] for name, others in graph.items() for other in others)


def test_a_long_way_is_no_burden() -> None:
    graph = {str(number): [str(number + 1)] for number in range(20_000)} | {"20000": ["0"]}
    assert len(circles(graph)) == 1
