"""What the clock said: SOURCE_DATE_EPOCH, a clock that stands still, and the publisher's time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from truewheel.recipes.evidence import Evidence
from truewheel.recipes.evidence_sources import Copied
from truewheel.recipes.moments import Zone, said, seconds_of, zone_of
from truewheel.recipes.rule import NOTHING, Option, Scene

_CONSTANTS: Final = {
    315532800: "the earliest that a zip can say",
    1451606400: "a constant of Flit and Poetry",
    1580601600: "a constant of Hatchling",
}
"""Times that backends give to members on their own where SOURCE_DATE_EPOCH is unset, read in their sources."""


def epoch(scene: Scene) -> Sequence[Option]:
    """Where SOURCE_DATE_EPOCH is set, every member has that time: the backends clamp or replace all others by it.

    Several times mean that it wasn't set. Times that a backend uses as a constant come without it. A zip counts in
    steps of two seconds, so an odd number of seconds is lost; backends write it nowhere else.
    """
    zipped = scene.evidence.zip
    if not zipped.times:
        return (NOTHING,)
    if zipped.single is None:
        first, last = zipped.times[0][0], zipped.times[-1][0]
        why = f"members have {len(zipped.times)} times from {said(first)} to {said(last)}"
        return (Option("SOURCE_DATE_EPOCH unset, times of the sdist kept", why, {"epoch": None}),)
    if zipped.single in _CONSTANTS and not scene.evidence.setuptools:
        why = f"all members have {said(zipped.single)}, {_CONSTANTS[zipped.single]}"
        return (Option("SOURCE_DATE_EPOCH unset", why, {"epoch": None}),)
    why = f"all members have {said(zipped.single)}"
    return (Option(f"SOURCE_DATE_EPOCH={zipped.single}", why, {"epoch": zipped.single}),)


def clock(scene: Scene) -> Sequence[Option]:
    """Where SOURCE_DATE_EPOCH wasn't set, what a build generates has the time of the build.

    That is METADATA's, or that of a generated module beside sources with older times. With a clock that stands still
    there, all of it comes out with that time. Where members that were copied have times that no file of the sdist has,
    standing still can't help: then the clock runs, as it does for compilers, which ask no Python for the time.
    Measured on 80 wheels with several times: in 73 every member that isn't a copy has one and the same time.
    """
    evidence = scene.evidence
    late = () if scene.failed else _calendar(evidence)
    if evidence.zip.single is not None or not evidence.zip.times or not evidence.pure:
        return (NOTHING, *late)
    generated = dict(evidence.zip.generated)
    local = generated.get("METADATA")
    why = f"METADATA was written at {said(local)}" if local is not None else ""
    if local is None or local in _CONSTANTS:
        local, why = _newest_written(evidence)
    if local is None or _hopeless(evidence, local):
        return (NOTHING, *late)
    moment = local - _offset(evidence, local)
    still = Option(_still(moment), f"{why}, and so was what the build generates", {"clock": moment})
    runs = Option("the clock runs", "a build failed, and some need a clock that goes on", {"clock": None})
    return (still, runs) if scene.failed else (still,)


def _still(moment: int) -> str:
    return f"the clock stands still at {said(moment)} UTC"


def _newest_written(evidence: Evidence) -> tuple[int | None, str]:
    """The time of a module that a build generated, where .dist-info has constants."""
    written = [(at, name) for at, name in evidence.sources.written if at not in _CONSTANTS] if evidence.sources else []
    if len(written) != 1:
        return None, ""
    return written[0][0], f"{written[0][1]} was written at {said(written[0][0])}"


def _hopeless(evidence: Evidence, local: int) -> bool:
    """Whether members have times that neither the sources nor this moment explain."""
    sources = evidence.sources
    if sources is None:
        return False
    return not sources.copied and any(at != local and at not in _CONSTANTS for at, _ in sources.written)


def _calendar(evidence: Evidence) -> tuple[Option, ...]:
    """The clock at the upload, for contents that hold a date."""
    moment = seconds_of(evidence.uploaded)
    if moment is None:
        return ()
    why = "contents differ, and some projects write the date into what they build; the wheel was uploaded then"
    return (Option(_still(moment), why, {"clock": moment}),)


def timezone(scene: Scene) -> Sequence[Option]:
    """Flit and others write local times into the zip, while a tar counts in UTC: the difference is the time zone.

    Members that are copies of files of the sdist have to be whole quarters of an hour off, at most 14 hours. Two
    offsets an hour apart are summer and winter, which have to fit the dates by a known rule.
    """
    copied = _copied(scene.evidence)
    offsets = Counter(each.offset for each in copied)
    if not copied or set(offsets) == {0}:
        return (NOTHING,)
    example = min(copied, key=lambda each: (-offsets[each.offset], each.name))
    why = f"{example.name} has {said(example.dos)} in the wheel and {said(example.source)} UTC in the sdist"
    if found := zone_of((each.source, each.offset) for each in copied):
        zone, where = found
        why += f"; others are an hour off, as summer time is kept in {where}" if where else ""
        return (Option(f"TZ={zone.tz}", why, {"timezone": zone.tz}),)
    fits = offsets[example.offset]
    if 2 * fits <= len(copied):
        return (NOTHING,)
    zone = Zone(example.offset)
    why += f"; {len(copied) - fits} of {len(copied)} members fit no rule of summer time"
    return (Option(f"TZ={zone.tz}", why, {"timezone": zone.tz}),)


def _copied(evidence: Evidence) -> tuple[Copied, ...]:
    """Copies that tell a zone: not those of a wheel with one time for all, and at least two."""
    if evidence.sources is None or evidence.zip.single is not None:
        return ()
    copied = evidence.sources.copied
    return copied if len(copied) > 1 else ()


def _offset(evidence: Evidence, local: int) -> int:
    """How far the zip's clock is ahead of UTC at a time that it says."""
    found = zone_of((each.source, each.offset) for each in _copied(evidence))
    return found[0].offset(local) if found else 0
