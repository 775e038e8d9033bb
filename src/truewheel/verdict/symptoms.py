"""What is wrong with a rebuild, in the words that recipes understand."""

from __future__ import annotations

from collections.abc import Iterator

from truewheel.compare import Kind
from truewheel.recipes.model import Symptom
from truewheel.verdict.explaining import line_ends_alone
from truewheel.verdict.members import Contrast, contrasts
from truewheel.verdict.model import Judgement, Rung
from truewheel.verdict.sides import Side
from truewheel.wheel import Wheel


def symptoms(judgement: Judgement, published: Side, rebuilt: Side) -> frozenset[Symptom]:
    """All that is wrong: none for a rebuild that is bit-for-bit.

    ``LINE_ENDS`` stands for texts that differ in CR LF alone, and then these are neither METADATA nor PAYLOAD.
    ``STORAGE`` stands where nothing else is wrong with what is inside. Raises `WheelError` where a member can't be
    read.
    """
    ours, theirs = published.wheel, rebuilt.wheel
    found = {Symptom.TAG} if ours.name.tags != theirs.name.tags else set[Symptom]()
    if judgement.rung is Rung.BIT_FOR_BIT:
        return frozenset(found)
    inside = {symptom for contrast in contrasts(ours, theirs) for symptom in _of(contrast, ours, theirs)}
    return frozenset(found | (inside or {Symptom.STORAGE}))


def _of(contrast: Contrast, ours: Wheel, theirs: Wheel) -> Iterator[Symptom]:
    """What one member's difference is a symptom of; RECORD's follows from others."""
    name, kind = contrast.member, contrast.kind
    if name in {ours.info_path("RECORD"), theirs.info_path("RECORD")} and kind is Kind.CONTENT:
        return
    if kind is Kind.MODE:
        yield Symptom.EXECUTABLE
    elif kind is not Kind.CONTENT:
        yield Symptom.MEMBERS
    elif line_ends_alone(ours.by_name[name], theirs.by_name[name]):
        yield Symptom.LINE_ENDS
    else:
        yield Symptom.METADATA if name.startswith(ours.info_path("")) else Symptom.PAYLOAD
