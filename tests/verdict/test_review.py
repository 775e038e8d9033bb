"""What mutants of the decisions survived, which a reviewer has tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.verdict.zips import INFO, MEMBERS, PLAIN, Style, archive, judged
from truewheel.compare import Cause, Difference, Kind
from truewheel.compare.reasons import BUILD_TIME
from truewheel.verdict import Rung
from truewheel.verdict.explaining import Sort, counting

RECORD = f"{INFO}/RECORD"


@pytest.mark.parametrize("publisher", [True, False])
def test_nothing_explains_that_record_can_be_run(*, publisher: bool) -> None:
    """Its contents may be written in another form; what its mode says is no matter of form."""

    def runs(name: str) -> Style:
        return replace(PLAIN, mode=0o100755) if name == RECORD else PLAIN

    sides = archive(MEMBERS, runs), archive(MEMBERS)
    verdict = judged(*sides) if publisher else judged(*reversed(sides))
    assert verdict.rung is Rung.DIFFERENT
    assert [(each.member, each.kind, each.causes) for each in verdict.unexplained] == [(RECORD, "mode", ())]


@pytest.mark.parametrize("kind", [Kind.ONLY_LEFT, Kind.ONLY_RIGHT])
def test_nothing_explains_what_one_archive_inside_alone_has(kind: Kind) -> None:
    cause = Cause(BUILD_TIME, "a date")
    member = Difference("sample/a.zip!/a.txt", kind, "one side alone has it", causes=(cause,))
    whole = Difference("sample/a.zip", Kind.CONTENT, "differs", inside=(member,))
    assert counting(whole, Sort.ARCHIVE) == ()
    both = replace(member, kind=Kind.CONTENT)
    assert counting(replace(whole, inside=(both,)), Sort.ARCHIVE) == (cause,)
