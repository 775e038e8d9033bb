"""What is wrong with a rebuild, in the words that recipes understand."""

from __future__ import annotations

from collections.abc import Iterator

from truewheel.compare import Kind
from truewheel.compare.reasons import LINE_ENDS
from truewheel.recipes.model import Symptom
from truewheel.verdict.model import Deviation, Judgement, Rung
from truewheel.verdict.sides import Side
from truewheel.wheel import Wheel


def symptoms(judgement: Judgement, published: Side, rebuilt: Side) -> frozenset[Symptom]:
    """All that is wrong: none for a rebuild that is bit-for-bit.

    ``LINE_ENDS`` stands for texts that differ in CR LF alone, and then these are neither METADATA nor PAYLOAD.
    ``STORAGE`` stands where nothing else is wrong with what is inside. `judgement` is that of the two.
    """
    ours, theirs = published.wheel, rebuilt.wheel
    found = {Symptom.TAG} if ours.name.tags != theirs.name.tags else set[Symptom]()
    if judgement.rung is Rung.BIT_FOR_BIT:
        return frozenset(found)
    inside = {symptom for deviation in judgement.deviations for symptom in _of(deviation, ours, theirs)}
    return frozenset(found | (inside or {Symptom.STORAGE}))


def _of(deviation: Deviation, ours: Wheel, theirs: Wheel) -> Iterator[Symptom]:
    """What one member's difference is a symptom of; RECORD's follows from others, or is the publisher's own."""
    name, kind = deviation.member, deviation.kind
    if name in {ours.info_path("RECORD"), theirs.info_path("RECORD")}:
        return
    if kind == Kind.MODE.value:
        yield Symptom.EXECUTABLE
    elif kind != Kind.CONTENT.value or name not in ours.by_name:
        yield Symptom.MEMBERS
    elif {reason for reason, _ in deviation.causes} == {LINE_ENDS.id}:
        yield Symptom.LINE_ENDS
    else:
        yield Symptom.METADATA if name.startswith(ours.info_path("")) else Symptom.PAYLOAD
