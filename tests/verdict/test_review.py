"""What mutants of the decisions survived, which a reviewer has tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.verdict.zips import INFO, MEMBERS, PLAIN, ZLIB, Style, archive, judged, side
from truewheel.compare import Cause, Difference, Kind
from truewheel.compare.reasons import BUILD_TIME
from truewheel.verdict import Rung, transplant
from truewheel.verdict.explaining import Sort, counting

RECORD = f"{INFO}/RECORD"


@pytest.mark.parametrize("publisher", [True, False])
def test_nothing_explains_that_record_can_be_run(*, publisher: bool) -> None:
    """Its contents may be written in another form; what its mode says is no matter of form."""

    def runs(name: str) -> Style:
        return replace(PLAIN, mode=0o100755) if name == RECORD else PLAIN

    sides = archive(MEMBERS, runs), archive(MEMBERS)
    verdict = judged(*sides) if publisher else judged(sides[1], sides[0])
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


@pytest.mark.parametrize("publisher", [True, False])
def test_a_program_that_is_one_for_some_installers_alone(*, publisher: bool) -> None:
    """Of these, pip sets the bit where the mode says that the file is a regular one; uv asks for the bits alone."""
    name = "sample-1.0.data/scripts/run.sh"

    def with_mode(mode: int) -> bytes:
        return archive(MEMBERS, lambda each: replace(PLAIN, mode=mode) if each == name else PLAIN)

    sides = with_mode(0o755), with_mode(0o100755)
    verdict = judged(*sides) if publisher else judged(sides[1], sides[0])
    assert verdict.rung is Rung.DIFFERENT
    assert [(each.member, each.kind) for each in verdict.unexplained] == [(name, "mode")]


def test_a_stream_of_the_same_size_that_no_compressor_writes() -> None:
    """Behind the end of a stream up to seven bits are left, which say nothing: zlib leaves them at zero."""
    name = "sample/__init__.py"

    def padded(data: bytes) -> bytes:
        stream = ZLIB(data)
        other = stream[:-1] + bytes([stream[-1] | 0x80])
        assert len(other) == len(stream)
        assert other != stream
        return other

    published = archive(MEMBERS, lambda each: replace(PLAIN, encode=padded) if each == name else PLAIN)
    assert judged(published, archive(MEMBERS)).rung is Rung.SAME_CONTENTS


def test_nothing_is_transplanted_where_something_else_may_be_run() -> None:
    published = archive(MEMBERS, replace(PLAIN, mode=0o100755))
    assert transplant(side(published), side(archive(MEMBERS))) is None
