"""The ladder: how much of equality is proven of a published wheel and its rebuild.

The rungs are tried from the top, and each rests on what was checked here:

1. *bit-for-bit*: the two files are the same bytes;
2. RECORD of the published wheel is held against its members: where it is wrong, none of the next two can be had;
3. the members are held against each other, their bytes and what may be run (`members.contrasts`); where nothing
   differs, the rebuilt contents are written as the published zip stores its own (`transplant`), and the sha256 decides
   between *zip metadata* and *same contents*;
4. where members differ, `compare` says why. The causes that may account for a file of its sort (`explaining`) decide
   between *same but for* and *different*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from truewheel.compare import Cause, Comparison, Difference, Kind
from truewheel.compare.reasons import ZIP_TOOL
from truewheel.findings import shortened
from truewheel.verdict.explaining import Sort, counting, line_ends_alone, of_lost_bits, plain_headers, sort_of
from truewheel.verdict.members import Contrast, contrasts
from truewheel.verdict.model import Deviation, Judgement, Rung
from truewheel.verdict.record import check_record
from truewheel.verdict.sides import Side, same_bytes
from truewheel.verdict.storing import named_otherwise, sided, stored_otherwise, why_not_transplanted
from truewheel.verdict.transplant import rewritten
from truewheel.wheel import Entry, Mapper, serially

_HEAD: Final = 512


def judge(published: Side, rebuilt: Side, comparison: Comparison, *, mapper: Mapper = serially) -> Judgement:
    """How far the rebuild comes, with what differs and why.

    `comparison` is that of both files, the published one on the left; what it says lifts no verdict above *same but
    for*. Names of files take no part, but are told. Raises `WheelError` where a member of either can't be read.
    """
    record = check_record(published.wheel, mapper)
    names = named_otherwise(published.wheel, rebuilt.wheel)
    if published.sha256 == rebuilt.sha256 and same_bytes(published.data, rebuilt.data):
        return Judgement(rung=Rung.BIT_FOR_BIT, storage=names, record=record)
    found = contrasts(published.wheel, rebuilt.wheel, mapper)
    deviations = _deviations(published, rebuilt, comparison, found, record)
    storage = (*names, *stored_otherwise(comparison))
    if deviations:
        rung = Rung.EXPLAINED if all(each.explained for each in deviations) else Rung.DIFFERENT
        return Judgement(rung=rung, deviations=deviations, storage=storage, record=record)
    transplanted = rewritten(published, rebuilt)
    if transplanted:
        return Judgement(rung=Rung.ZIP_METADATA, transplanted=transplanted, storage=storage)
    storage += why_not_transplanted(published, rebuilt)
    return Judgement(rung=Rung.SAME_CONTENTS, storage=storage)


def _deviations(
    published: Side, rebuilt: Side, comparison: Comparison, found: Iterable[Contrast], record: tuple[str, ...]
) -> tuple[Deviation, ...]:
    """The members that differ, with the causes that count; those that nothing explains first.

    What was found here is all that counts, and what `comparison` says beyond that (folders that are called otherwise)
    is added, for nothing should differ that it doesn't tell. A RECORD that is wrong is one that nothing explains.
    """
    told: dict[tuple[str, Kind], Difference] = {
        (part.place, part.kind): part for part in comparison.differences if part.kind is not Kind.STORAGE
    }
    path = published.wheel.info_path("RECORD")
    deviations: list[Deviation] = []
    for contrast in found:
        difference = told.pop((contrast.member, contrast.kind), None)
        if contrast.member != path:
            deviations.append(_deviation(published, rebuilt, contrast, difference))
        elif not record:
            deviations.append(_of_record(contrast, difference, follows=any(each.member != path for each in found)))
    if record:
        deviations.append(Deviation(path, Kind.CONTENT.value, shortened(f"RECORD is wrong: {record[0]}")))
    for (place, kind), difference in told.items():
        if place != path:
            deviations.append(Deviation(place, kind.value, shortened(sided(difference.summary))))
    return tuple(sorted(deviations, key=lambda each: (each.explained, each.member, each.kind)))


def _deviation(published: Side, rebuilt: Side, contrast: Contrast, difference: Difference | None) -> Deviation:
    """One member that differs, as far as its difference may be explained."""
    name, kind = contrast.member, contrast.kind
    ours, theirs = published.wheel.by_name.get(name), rebuilt.wheel.by_name.get(name)
    causes = _causes(name, kind, ours, theirs, difference)
    summary = contrast.said if difference is None else sided(difference.summary)
    if not causes and difference is not None:
        summary += _hints(difference)
    return Deviation(
        name, kind.value, shortened(summary), tuple((cause.reason.id, _evidence(cause)) for cause in causes)
    )


def _causes(
    name: str, kind: Kind, ours: Entry | None, theirs: Entry | None, difference: Difference | None
) -> tuple[Cause, ...]:
    """What accounts for a difference: what was found here, else what `compare` says and the table permits."""
    found: Cause | None = None
    if ours and theirs:
        found = of_lost_bits(ours) if kind is Kind.MODE else line_ends_alone(ours, theirs)
    if found or difference is None:
        return (found,) if found else ()
    both = [entry for entry in (ours, theirs) if entry]
    sort = sort_of(name, *(entry.head(_HEAD) for entry in both))
    if sort is Sort.HEADERS and not all(plain_headers(entry.read()) for entry in both):
        return ()
    return counting(difference, sort)


def _evidence(cause: Cause) -> str:
    return shortened(sided(cause.evidence if cause.sure else f"probably: {cause.evidence}"))


def _hints(difference: Difference) -> str:
    """What `compare` made of a difference that nothing explains here: for people to look at."""
    titles = dict.fromkeys(cause.reason.title for part in difference.walk() for cause in part.causes)
    return f" (it looks like {' and '.join(titles)}, which proves nothing here)" if titles else ""


def _of_record(contrast: Contrast, difference: Difference | None, *, follows: bool) -> Deviation:
    """RECORD, of which is known by now that it is true of the published members."""
    summary = contrast.said if difference is None else sided(difference.summary)
    if contrast.kind is not Kind.CONTENT:
        return Deviation(contrast.member, contrast.kind.value, summary)
    causes = ((ZIP_TOOL.id, "the rows are true of the members, and written in another form or order"),)
    return Deviation(contrast.member, contrast.kind.value, summary, () if follows else causes, follows)
