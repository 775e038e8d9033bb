"""How a wheel was rebuilt, on the page of a verification: every attempt, with why it was made and what took part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from truewheel.recipes.model import Step
from truewheel.report.html_places import clipped
from truewheel.report.pages import Markup, badge, card, element, facts, joined, spelled
from truewheel.report.recipe_traits import traits
from truewheel.report.verifications import RUNGS, apart, took, tools
from truewheel.verdict.model import Attempt, Verification

_MOST_ATTEMPTS: Final = 20
_MOST_STEPS: Final = 50
_MOST_LOG: Final = 60


def attempts(verification: Verification) -> Iterator[Markup]:
    """The attempts in their order, the one that came furthest unfolded."""
    if not verification.attempts:
        return
    yield element("h2", "How it was rebuilt", id_="how")
    number = len(verification.attempts)
    unfolded = number - 1 if verification.best is None else verification.best
    shown = [
        _attempt(verification, attempt, at, unfolded=at == unfolded)
        for at, attempt in enumerate(verification.attempts[:_MOST_ATTEMPTS])
    ]
    yield element("div", *shown, class_="attempts")


def _attempt(verification: Verification, attempt: Attempt, at: int, *, unfolded: bool) -> Markup:
    words = RUNGS[attempt.rung]
    best = [" ", badge("came furthest")] if verification.best == at and len(verification.attempts) > 1 else []
    head = element(
        "summary",
        element("h3", f"Attempt {at + 1}"),
        " ",
        badge(f"{words.sign} {words.title.lower()}", words.tone),
        *best,
        " ",
        element("span", took(attempt.seconds), class_="soft small"),
    )
    return card(element("details", head, element("div", *_told(verification, attempt), class_="inner"), open=unfolded))


def _told(verification: Verification, attempt: Attempt) -> Iterator[Markup]:
    rows = [("with", clipped(tools(verification, attempt)))]
    if attempt.isolation:
        rows.append(("apart by", clipped(apart(attempt.isolation))))
    rows += [(clipped(one.name), clipped(one.value)) for one in traits(attempt.choice.recipe)]
    yield facts((label, value) for label, value in rows if value)
    if attempt.choice.steps:
        yield element("h4", "Why so")
        yield element("ol", *(_step(step) for step in attempt.choice.steps[:_MOST_STEPS]), class_="steps")
    if attempt.failure:
        yield element("h4", "What went wrong")
        lines = attempt.failure.strip().splitlines()[-_MOST_LOG:]
        yield element("pre", joined(part for line in lines for part in (clipped(line), Markup("\n"))))


def _step(step: Step) -> Markup:
    why = element("span", *spelled(clipped(step.why)), class_="soft")
    return element("li", element("strong", clipped(step.what)), " ", why, " ", badge(clipped(step.rule)))


ATTEMPTS_STYLE: Final = """
.attempts{display:grid;gap:1rem}
.attempts>*{min-width:0}
.attempts summary .badge{margin-left:.35rem}
.attempts .inner{padding-top:.4rem}
.attempts dt{flex-basis:11.5rem}
.attempts h4{display:block;margin-top:1rem;font-size:.875rem;color:var(--soft)}
.steps{margin:.3rem 0 0;padding-left:1.4rem;font-size:.9rem}
.steps li+li{margin-top:.3rem}
pre{margin:.4rem 0 0;padding:.7rem .9rem;background:var(--page);border:1px solid var(--line);border-radius:.5rem;
white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:46rem){
.attempts dl div{display:block}
}
"""
"""How attempts look."""
