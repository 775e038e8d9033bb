"""What all reports of `verify` say: the verdict in words, what it doesn't hide, and what keeps it from a better one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.compare.model import Kind
from truewheel.compare.reasons import REASONS
from truewheel.report.differences import WHOLE, counted
from truewheel.verdict.model import Attempt, Deviation, History, Rung, Transplanted, Verification
from truewheel.verdict.sentence import taken_in_words

UNEXPLAINED: Final = "unexplained"
_TITLES: Final = {reason.id: reason.title for reason in REASONS}
_FEW: Final = 3
_LONGEST: Final = 500
_MEANS: Final = {"namespaces": "namespaces of the kernel", "none": "nothing but a clean environment"}
_KINDS: Final = {
    Kind.CONTENT.value: "contents",
    Kind.ONLY_LEFT.value: "only published",
    Kind.ONLY_RIGHT.value: "only rebuilt",
    Kind.MODE.value: "executable bit",
    Kind.STORAGE.value: "storage",
}


class Words(NamedTuple):
    """How a rung of the ladder is told.

    ``title`` are few words, ``meaning`` is one sentence, ``sign`` and ``tone`` (good, warn or bad) go with both.
    """

    title: str
    meaning: str
    sign: str
    tone: str


RUNGS: Final = {
    Rung.BIT_FOR_BIT: Words(
        "Bit for bit the same", "Its source builds to the very file that is published.", "\N{CHECK MARK}", "good"
    ),
    Rung.ZIP_METADATA: Words(
        "Bit for bit the same, given zip metadata",
        "What its source builds to is the published file, once it is written with that zip's own times and modes.",
        "\N{CHECK MARK}",
        "good",
    ),
    Rung.SAME_CONTENTS: Words(
        "The same contents",
        "Its source builds to the same files; the archive around them stores them otherwise.",
        "\N{CHECK MARK}",
        "good",
    ),
    Rung.EXPLAINED: Words(
        "The same but for files with a known cause",
        "Some files differ from what its source builds to, each for a reason that was recognized.",
        "\N{ALMOST EQUAL TO}",
        "warn",
    ),
    Rung.DIFFERENT: Words(
        "Different",
        "Some files differ from what its source builds to, and not all of that is explained.",
        "\N{MULTIPLICATION X}",
        "bad",
    ),
    Rung.NOT_REBUILT: Words(
        "Not rebuilt", "There is nothing that it could be compared with: this says neither yes nor no.", "?", "warn"
    ),
}
"""The words for every verdict."""


class Caution(NamedTuple):
    """Something that a verdict must not hide: a few words, the details, and a tone (bad or warn)."""

    head: str
    details: tuple[str, ...]
    tone: str


def named(verification: Verification) -> str:
    """What a verification is called by: its wheel, or what was asked for where there is none."""
    return verification.wheel.name if verification.wheel else verification.target


def title(verification: Verification) -> str:
    """The verdict in a few words."""
    judgement = verification.judgement
    if judgement is None:
        return RUNGS[Rung.NOT_REBUILT].title if verification.wheel else "Not verified"
    if judgement.rung is Rung.ZIP_METADATA and judgement.transplanted:
        return f"Bit for bit the same, given {counted(judgement.transplanted.size, 'byte')} of zip metadata"
    own = len({one.member for one in judgement.deviations if not one.follows})
    if judgement.rung is Rung.EXPLAINED and own:
        return f"The same but for {counted(own, 'file')} with a known cause"
    if judgement.rung is Rung.DIFFERENT and own:
        lost = len({one.member for one in judgement.unexplained})
        return f"Different: {counted(own, 'file')} {'differs' if own == 1 else 'differ'}, {lost:,} unexplained"
    return RUNGS[judgement.rung].title


def member(deviation: Deviation) -> str:
    """The name of what differs, or words for the archive as a whole."""
    return deviation.member or WHOLE


def cause(reason: str) -> str:
    """The title of a reason by its id; the id itself where it isn't known here."""
    return _TITLES.get(reason, reason)


def kind(deviation: Deviation) -> str:
    """In what a member differs, in words."""
    return _KINDS.get(deviation.kind, deviation.kind)


def why(deviation: Deviation) -> tuple[str, ...]:
    """Why a member differs: the causes, each once, or words for their lack."""
    if deviation.causes:
        return tuple(dict.fromkeys(cause(reason) for reason, _ in deviation.causes))
    return ("follows from the rest",) if deviation.follows else (UNEXPLAINED,)


def taken_over(transplanted: Transplanted) -> str:
    """What of a published zip was used to write the rebuilt contents."""
    packed = f", compressed by {transplanted.deflate}" if transplanted.deflate else ""
    return f"{taken_in_words(transplanted)}{packed}"


def cautions(verification: Verification) -> Iterator[Caution]:
    """What must be said beside the verdict, however good that is; the worst first."""
    forged = tuple(one.said for one in verification.attested if one.state == "invalid")
    if forged:
        yield Caution("A published attestation is invalid", forged, "bad")
    judgement = verification.judgement
    if judgement is not None and judgement.record:
        yield Caution("The published RECORD is wrong", judgement.record, "bad")
    if verification.history is not None and (strange := strangers(verification.history)):
        told = _some([*strange]) if len(strange) > _FEW else ", ".join(strange)
        yield Caution("The sdist is not what its commit holds", (told,), "warn")
    if verification.attempt is not None and verification.attempt.isolation == "none":
        yield Caution("The build was not isolated", (f"{_MEANS['none']} kept it apart from this machine",), "warn")


def suspicious(verification: Verification) -> bool:
    """Whether a person has to look at it, however good the verdict is: what was published contradicts itself."""
    judgement, history = verification.judgement, verification.history
    forged = any(one.state == "invalid" for one in verification.attested)
    return forged or bool(judgement and judgement.record) or bool(history and strangers(history))


def strangers(history: History) -> tuple[str, ...]:
    """Files in which an sdist says other than its commit, and that no build backend accounts for, each with how."""
    made = {name for name, _ in history.generated}
    lists = (("changed", history.changed), ("only in the sdist", history.added), ("executable bit", history.programs))
    return tuple(f"{how}: {name}" for how, names in lists for name in names if name not in made)


def complaint(verification: Verification) -> tuple[str, ...]:
    """Why there is no verdict, in lines. What is the end of a log stands with its attempt, and isn't told twice."""
    lines = tuple(verification.problem.strip().splitlines())
    return lines[:1] if any(one.failure == verification.problem for one in verification.attempts) else lines


def shortfall(verification: Verification) -> str:
    """In one line, what keeps a verification from the best verdict; empty where it has that."""
    judgement = verification.judgement
    if judgement is None:
        return _first(verification.problem) or next(
            (_first(one.failure) for one in reversed(verification.attempts) if one.failure), ""
        )
    if judgement.rung is Rung.ZIP_METADATA:
        return taken_over(judgement.transplanted) if judgement.transplanted else "zip metadata"
    if judgement.rung is Rung.SAME_CONTENTS:
        return _some([_first(one) for one in judgement.storage])
    if judgement.rung is Rung.DIFFERENT and judgement.unexplained:
        return _some([f"{member(one)}: {_first(one.summary)}" for one in judgement.unexplained])
    own = [one for one in judgement.deviations if not one.follows]
    return ", ".join(dict.fromkeys(reason for one in own for reason in why(one)))


def remark(verification: Verification) -> str:
    """In one line, what is to be said beside the verdict's word: what it must not hide, and the shortfall."""
    told = [one.head for one in cautions(verification)]
    return "; ".join([*told, *filter(None, [shortfall(verification)])])


def causes(verification: Verification) -> tuple[str, ...]:
    """The kinds of things that keep a verification from the best verdict, each once, in words."""
    judgement = verification.judgement
    if judgement is None:
        return ("nothing was built",) if verification.attempts else ("nothing could be built",)
    if judgement.rung is Rung.ZIP_METADATA:
        fields = judgement.transplanted.fields if judgement.transplanted else ()
        return tuple(f"zip metadata: {name}" for name, _ in fields) or ("zip metadata",)
    if judgement.rung is Rung.SAME_CONTENTS:
        return ("how the zip stores its members",)
    own = [one for one in judgement.deviations if not one.follows]
    return tuple(dict.fromkeys(reason for one in own for reason in why(one)))


def _some(texts: list[str]) -> str:
    """The first of several texts, and how many more there are."""
    return texts[0] + (f", and {len(texts) - 1:,} more" if len(texts) > 1 else "") if texts else ""


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]


def apart(isolation: str) -> str:
    """What kept a build apart from the machine, in words."""
    return _MEANS.get(isolation, isolation)


def tools(verification: Verification, attempt: Attempt) -> str:
    """What took part in an attempt: Python, and the backend before its other requirements."""
    backend = verification.backend.replace("_", "-").lower()
    own = [one for one in attempt.requirements if one.partition("==")[0] == backend]
    rest = [one for one in attempt.requirements if one not in own]
    return ", ".join([*([attempt.python] if attempt.python else []), *own, *rest])


def took(seconds: float) -> str:
    """A duration, as exact as anybody wants it."""
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:,.0f} min"


def shortened(text: str) -> str:
    """Text of a length that a line may have."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
