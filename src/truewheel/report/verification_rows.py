"""What `verify` tells of one wheel, as labelled rows: the terminal and the pipe only differ in how they draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from truewheel.recipes.model import Step
from truewheel.report.differences import counted
from truewheel.report.recipe_traits import traits
from truewheel.report.rows import Row
from truewheel.report.verifications import (
    RUNGS,
    apart,
    cause,
    cautions,
    complaint,
    kind,
    member,
    shortened,
    strangers,
    taken_over,
    took,
    tools,
    why,
)
from truewheel.verdict.model import (
    Attempt,
    Attested,
    Deviation,
    File,
    History,
    Judgement,
    Rung,
    Verification,
)

_T = TypeVar("_T")

_MOST: Final = 8
_MOST_LOG: Final = 12
_STATES: Final = {"verified": "good", "invalid": "bad", "absent": "dim", "unverifiable": "warn"}


def verification_rows(verification: Verification, *, verbose: bool) -> Iterator[Row]:
    """The rows of one verification, in reading order: verdict, what was compared, how it was rebuilt, what differs.

    Long lists are cut, and attempts that didn't come furthest left out, unless `verbose` asks for all.
    """
    words = RUNGS[verification.rung]
    if verification.wheel is not None:
        yield Row("meaning", words.meaning, words.tone)
    for number, caution in enumerate(cautions(verification)):
        yield Row("" if number else "but", f"{caution.head}: {shortened(caution.details[0])}", caution.tone)
    told = 0 if verification.judgement else 1  # the verdict's sentence says the first line, where that is the verdict
    yield from _listed("problem", complaint(verification)[told:], lambda line: [Row("", line, "bad")], verbose=verbose)
    if verification.hint:
        yield Row("hint", verification.hint)
    yield from _files(verification)
    yield from _attempts(verification, verbose=verbose)
    if verification.judgement is not None:
        yield from _judged(verification.judgement, verbose=verbose)
    yield from _listed("attested", verification.attested, _attested, verbose=True)
    if verification.history is not None:
        yield from _history(verification.history, verbose=verbose)
    yield from _listed("note", verification.notes, lambda note: [Row("", note)], verbose=verbose)
    yield Row("took", took(verification.seconds), "dim")


def _files(verification: Verification) -> Iterator[Row]:
    """The published wheel, its source, and what came out of that."""
    attempt = verification.attempt
    if verification.wheel is not None:
        yield from _file("wheel", verification.wheel)
        facts = (("built by", verification.generator), ("uploaded", verification.uploaded))
        if told := ", ".join(f"{label} {value}" for label, value in facts if value):
            yield Row("", told, "dim")
    if verification.source is not None:
        yield from _file("source", verification.source)
    elif verification.wheel is not None:
        yield Row("source", "none", "warn")
    if attempt is None or attempt.rebuilt is None:
        return
    yield from _file("rebuilt", attempt.rebuilt)
    if verification.rung is Rung.ZIP_METADATA and verification.wheel is not None:
        yield Row("", "written with the published zip's metadata, it has the published sha256", "good")


def _file(label: str, file: File) -> Iterator[Row]:
    if not file.sha256:  # a folder or a repository: its digest stands in the rebuild's provenance
        yield Row(label, f"{file.name}, {file.origin}")
        return
    yield Row(label, f"{file.name} ({counted(file.size, 'byte')})")
    yield Row("", f"sha256 {file.sha256}", "dim")
    if file.origin:
        yield Row("", f"from {file.origin}", "dim")


def _attempts(verification: Verification, *, verbose: bool) -> Iterator[Row]:
    """How it was rebuilt: the attempt that came furthest, or else the last one, unless all are asked for."""
    number = len(verification.attempts)
    told = number - 1 if verification.best is None else verification.best
    for at, attempt in enumerate(verification.attempts):
        if verbose or at == told:
            which = f"{at + 1} of {number}: " if number > 1 else ""
            yield Row("attempt", f"{which}{RUNGS[attempt.rung].title.lower()}, {took(attempt.seconds)}")
            yield from _attempt(verification, attempt, verbose=verbose)


def _attempt(verification: Verification, attempt: Attempt, *, verbose: bool) -> Iterator[Row]:
    if took_part := tools(verification, attempt):
        yield Row("with", shortened(took_part))
    if attempt.isolation:
        yield Row("apart by", apart(attempt.isolation))
    yield from _listed("because", attempt.choice.steps, _step, verbose=verbose)
    if verbose:
        recipe = tuple(traits(attempt.choice.recipe))
        yield from _listed("recipe", recipe, lambda one: [Row("", ": ".join(one))], verbose=True)
    if attempt.failure:
        log = attempt.failure.strip().splitlines()
        for number, line in enumerate(log if verbose else log[-_MOST_LOG:]):
            yield Row("" if number else "failed", shortened(line), "dim" if number else "bad")


def _step(step: Step) -> Iterator[Row]:
    yield Row("", f"{step.what} ({step.rule}): {step.why}")


def _judged(judgement: Judgement, *, verbose: bool) -> Iterator[Row]:
    """What differs, what was taken over, and what is wrong with RECORD."""
    yield from _listed("differs", judgement.deviations, _deviation, verbose=verbose)
    if judgement.transplanted is not None:
        yield Row("taken over", taken_over(judgement.transplanted))
    yield from _listed("stored", judgement.storage, lambda said: [Row("", said, "dim")], verbose=verbose)
    yield from _listed("RECORD", judgement.record, lambda said: [Row("", said, "bad")], verbose=verbose)


def _deviation(deviation: Deviation) -> Iterator[Row]:
    tone = "dim" if deviation.follows else "" if deviation.explained else "bad"
    reasons = ", ".join(why(deviation))
    yield Row("", f"{member(deviation)} ({kind(deviation)}, {reasons}): {deviation.summary}", tone)
    for reason, evidence in deviation.causes:
        if evidence:
            yield Row("", f"  {cause(reason)}: {evidence}", "dim")


def _attested(attested: Attested) -> Iterator[Row]:
    yield Row("", f"{attested.state}: {attested.said}", _STATES.get(attested.state, "warn"))
    facts = (
        ("by", attested.publisher),
        ("workflow", attested.workflow),
        ("of", attested.repository),
        ("at", attested.ref),
        ("commit", attested.commit),
    )
    if told := ", ".join(f"{label} {value}" for label, value in facts if value):
        yield Row("", told, "dim")


def _history(history: History, *, verbose: bool) -> Iterator[Row]:
    """The sdist beside its commit."""
    place = " ".join(filter(None, (history.repository, history.subdirectory, history.ref)))
    yield Row("commit", ", ".join(filter(None, (place, history.commit))) or "none")
    if history.chosen:
        yield Row("", f"chosen: {history.chosen}", "dim")
    yield from (Row("", remark, "warn") for remark in history.remarks)
    if history.problem:
        yield Row("", f"not compared: {history.problem}", "warn")
        return
    strange = strangers(history)
    if not strange:
        yield Row("", "the sdist holds nothing else than that commit and what build backends write", "good")
    yield from _named("but", strange, "warn", verbose=verbose)
    yield from _named("where", [f"{name}: {said}" for name, said in history.traits], "dim", verbose=verbose)
    yield from _named("generated", [f"{name}: {said}" for name, said in history.generated], "dim", verbose=verbose)
    yield from _named("left out", history.missing, "dim", verbose=verbose)


def _named(label: str, names: Sequence[str], tone: str, *, verbose: bool) -> Iterator[Row]:
    yield from _listed(label, names, lambda name: [Row("", name, tone)], verbose=verbose)


def _listed(label: str, items: Sequence[_T], rows: Callable[[_T], Iterable[Row]], *, verbose: bool) -> Iterator[Row]:
    """The rows of the first items, the label at the first row. One item alone is never left out."""
    most = len(items) if verbose or len(items) <= _MOST + 1 else _MOST
    told = (row for item in islice(items, most) for row in rows(item))
    for number, row in enumerate(told):
        yield row._replace(label="" if number else label, text=shortened(row.text))
    if most < len(items):
        yield Row("", f"and {len(items) - most:,} more (--verbose shows all)", "dim")
