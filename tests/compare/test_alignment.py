"""Which lines are the same: the laws of a difference, its size beside difflib's, and hostile texts."""

from __future__ import annotations

import random  # noqa: TID251 - seeded; only src may not depend on chance
import time
from collections.abc import Callable
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.compare.alignment import Block, blocks

LINES = st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=200)


def _check(left: list[str], right: list[str]) -> list[Block]:
    """The blocks, between which everything is the same."""
    found = blocks(left, right)
    at = other = 0
    for block in found:
        assert left[at : block.left] == right[other : block.right]
        assert block.left < block.left_end or block.right < block.right_end
        at, other = block.left_end, block.right_end
    assert left[at:] == right[other:]
    return found


@given(LINES, LINES)
def test_what_lies_between_blocks_is_the_same(left: list[str], right: list[str]) -> None:
    _check(left, right)
    assert blocks(left, left) == []


@given(st.lists(st.text("ab", max_size=2), max_size=30), st.lists(st.text("ab", max_size=2), max_size=30))
def test_small_texts_are_told_as_difflib_does(left: list[str], right: list[str]) -> None:
    found = sum(block.left_end - block.left + block.right_end - block.right for block in _check(left, right))
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    theirs = sum(i2 - i1 + j2 - j1 for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal")
    assert found <= theirs + 8  # trimming the ends first may cost a match or gain one


def test_an_edit_in_a_long_text_is_found_alone() -> None:
    left = [f"line {number}" for number in range(50_000)]
    right = [*left[:10_000], "new", *left[10_000:40_000], "changed", *left[40_001:]]
    assert blocks(left, right) == [Block(10_000, 10_000, 10_000, 10_001), Block(40_000, 40_001, 40_001, 40_002)]


@pytest.mark.parametrize(
    "line",
    [lambda _, __: "same", lambda n, _: str(n), lambda _, r: r.choice("ab"), lambda n, r: str(r.randrange(n + 1))],
    ids=["all the same", "all different", "two in turn", "some twice"],
)
def test_no_text_takes_long(line: Callable[[int, random.Random], str]) -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    left = [line(number, chance) for number in range(60_000)]
    right = [*chance.sample(left, len(left))[5:], "end"]
    start = time.process_time()
    _check(left, right)
    assert time.process_time() - start < 10  # seconds of CPU; difflib takes hours for most of these
