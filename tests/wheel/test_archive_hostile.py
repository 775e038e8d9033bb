from __future__ import annotations

import tracemalloc

import pytest

from tests.support import SAMPLE
from tests.wheel.hostile import LONG_NAMES, NAMES, RECORDS, Flaw
from tests.wheel.hostile_whole import CONTENTS, ENDS, FILES, LAYOUTS, Wrong
from tests.wheel.rawzip import Built
from truewheel.errors import WheelError, Where
from truewheel.wheel.archive import read
from truewheel.wheel.name import WheelName

NAME = WheelName.parse(SAMPLE)
FLAWS = [*NAMES, *LONG_NAMES, *RECORDS, *ENDS]


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_flaws_are_named_and_placed(flaw: Flaw) -> None:
    built = flaw.make()
    with pytest.raises(WheelError) as caught:
        read(built.data, NAME)
    error = caught.value
    assert flaw.says in error.what
    assert type(error) is flaw.error
    if flaw.member[:60] != error.where.member[:60]:
        assert error.where.member == flaw.member
    if flaw.at:
        assert error.where.offset == flaw.offset(built)


@pytest.mark.parametrize("wrong", [*FILES, *LAYOUTS], ids=lambda wrong: wrong.name)
def test_wrong_files_are_explained(wrong: Wrong) -> None:
    with pytest.raises(WheelError) as caught:
        read(wrong.data, NAME)
    assert wrong.says in caught.value.what
    if wrong.offset is not None:
        assert caught.value.where == Where(offset=wrong.offset)


@pytest.mark.parametrize(("built", "says"), [pytest.param(*case[1:], id=case[0]) for case in CONTENTS])
def test_contents_that_break_their_promise(built: Built, says: str) -> None:
    wheel = read(built.data, NAME)
    with pytest.raises(WheelError) as caught:
        wheel.by_name["sample/b.py"].read()
    assert says in caught.value.what
    assert caught.value.where.member == "sample/b.py"


def test_names_of_flaws_are_unique() -> None:
    names = [case.name for case in FLAWS] + [case.name for case in (*FILES, *LAYOUTS)]
    assert len(names) == len(set(names))


def test_refusal_takes_no_memory() -> None:
    for flaw in FLAWS:
        data = flaw.make().data
        tracemalloc.start()
        try:
            with pytest.raises(WheelError):
                read(data, NAME)
            assert tracemalloc.get_traced_memory()[1] < 50_000 + 20 * len(data), flaw.name
        finally:
            tracemalloc.stop()
