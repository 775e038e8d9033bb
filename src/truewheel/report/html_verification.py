"""What `verify` tells of one wheel, as a page for a browser: the verdict, what was compared, what differs and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from truewheel.compare.model import Kind
from truewheel.report.differences import counted
from truewheel.report.html_attempts import ATTEMPTS_STYLE, attempts
from truewheel.report.html_places import clipped
from truewheel.report.html_sources import attestations, history
from truewheel.report.pages import Markup, badge, card, element, facts, joined, row, table
from truewheel.report.pages import page as whole
from truewheel.report.verifications import (
    RUNGS,
    cause,
    cautions,
    complaint,
    kind,
    member,
    named,
    taken_over,
    title,
    took,
    why,
)
from truewheel.verdict.model import Deviation, File, Judgement, Rung, Verification

_MOST_ROWS: Final = 1_000
_MOST_LINES: Final = 200
_SIDES: Final = {Kind.ONLY_LEFT.value: "left", Kind.ONLY_RIGHT.value: "right"}


def page(verification: Verification, *, index: str = "") -> str:
    """The page of a verification, complete in itself. `index` is the address of the page that it is one of, if any."""
    parts = [_header(verification, index), element("main", *_body(verification))]
    said = "It says whether the source builds to the wheel, not whether the source does what it should."
    parts.append(element("footer", element("p", "Written by truewheel verify. ", said)))
    return whole(
        f"{title(verification)} · {clipped(named(verification))}", *parts, style=VERDICT_STYLE + ATTEMPTS_STYLE + _STYLE
    )


def _header(verification: Verification, index: str) -> Markup:
    words = RUNGS[verification.rung]
    back = [" · ", element("a", "all packages", href=index)] if index else []
    parts = [
        element("p", "truewheel verify", *back, class_="eyebrow"),
        element("h1", sign(verification.rung), title(verification), class_=f"verdict {words.tone}"),
        element("p", clipped(named(verification)), class_="code name"),
    ]
    if verification.wheel is not None:
        parts.append(element("p", words.meaning, class_="soft"))
    parts += [
        card(element("h2", caution.head), *_lines(caution.details), tone=f"caution {caution.tone}")
        for caution in cautions(verification)
    ]
    if verification.problem or verification.hint:
        parts.append(_problem(verification))
    parts.append(element("div", *_files(verification), class_="files"))
    return element("header", *parts)


def sign(rung: Rung) -> Markup:
    """The sign of a verdict, which isn't read out: the words beside it are."""
    words = RUNGS[rung]
    return element("span", words.sign, class_=f"sign {words.tone}", aria_hidden="true")


def _problem(verification: Verification) -> Markup:
    """Why there is no verdict, or what went wrong behind it, and what to do next."""
    told = [element("p", clipped(line)) for line in complaint(verification)[:_MOST_LINES]]
    if verification.hint:
        told.append(element("p", element("strong", "What to do: "), clipped(verification.hint)))
    head = "What went wrong then" if verification.judgement else "Why"
    return card(element("h2", head), *told, tone="caution warn")


def _files(verification: Verification) -> Iterator[Markup]:
    """Cards of the files: what is published, what it should be made of, and what that gave."""
    wheel, attempt = verification.wheel, verification.attempt
    if wheel is not None:
        more = (("built by", verification.generator), ("uploaded", verification.uploaded))
        yield _file("Published", wheel, more)
    rebuilt = attempt.rebuilt if attempt is not None else None
    if rebuilt is not None:
        yield _file("Rebuilt", rebuilt, (), _match(verification, rebuilt))
    if verification.source is not None:
        yield _file("Source", verification.source, ())
    elif wheel is not None:
        yield card(element("h2", "Source"), element("p", "None to build from.", class_="soft"))


def _match(verification: Verification, rebuilt: File) -> str:
    """Whether the rebuilt file is the published one, in words."""
    if verification.rung is Rung.ZIP_METADATA:
        return badge("the published sha256, once written with that zip's metadata", "good")
    if verification.wheel is not None and rebuilt.sha256 == verification.wheel.sha256:
        return badge("the published sha256", "good")
    return badge("another sha256", "" if verification.rung.same else "bad")


def _file(head: str, file: File, more: Iterable[tuple[str, str]], match: str = "") -> Markup:
    known = [
        ("sha256", joined([element("code", file.sha256), *([" ", match] if match else [])])),
        ("size", counted(file.size, "byte")),
    ]
    rows = [
        *(known if file.sha256 else ()),  # a folder or a repository has none
        ("from", element("span", clipped(file.origin), class_="code") if file.origin else ""),
        *((label, clipped(value)) for label, value in more),
    ]
    return card(
        element("h2", head),
        element("p", clipped(file.name), class_="code name"),
        facts((label, value) for label, value in rows if value),
    )


def _body(verification: Verification) -> Iterator[Markup]:
    judgement = verification.judgement
    if judgement is not None:
        yield from _judged(judgement)
    yield from attempts(verification)
    yield from attestations(verification.attested)
    if verification.history is not None:
        yield from history(verification.history)
    if verification.notes:
        yield element("h2", "Notes")
        yield card(*_lines(verification.notes))
    yield element("p", f"All of it took {took(verification.seconds)}.", class_="soft small took")


def _judged(judgement: Judgement) -> Iterator[Markup]:
    """What differs between the published wheel and the rebuilt one. What is wrong with RECORD is a caution already."""
    if judgement.deviations:
        yield element("h2", "What differs", id_="what")
        rows = [_deviation(one) for one in judgement.deviations[:_MOST_ROWS]]
        yield table(["Member", "Differs in", "Why"], rows, label="Members that differ")
        yield from _more(len(judgement.deviations) - len(rows), "member")
    if judgement.transplanted is not None:
        yield element("h2", "What was taken over from the published zip")
        yield card(element("p", taken_over(judgement.transplanted), "."))
    if judgement.storage:
        yield element("h2", "How the archives store it")
        yield card(*_lines(judgement.storage))


def _deviation(deviation: Deviation) -> Markup:
    """A row of a member: what differs, with what shows why."""
    name = element("span", clipped(member(deviation)), class_="code")
    said = element("p", clipped(deviation.summary), class_="soft small")
    tone = "" if deviation.follows else "good" if deviation.explained else "bad"
    of_kind = _SIDES.get(deviation.kind, "" if deviation.explained else "bad")
    reasons = joined(badge(clipped(reason), tone) for reason in why(deviation))
    shown = [
        element("p", clipped(f"{cause(reason)}: {evidence}"), class_="soft small")
        for reason, evidence in deviation.causes
        if evidence
    ]
    return row(
        joined([name, said]),
        badge(clipped(kind(deviation)), of_kind),
        joined([reasons, *shown]),
    )


def _lines(lines: Sequence[str]) -> Iterator[Markup]:
    """Sentences as a list, or as a paragraph where there is but one."""
    if len(lines) == 1:
        yield element("p", clipped(lines[0]))
        return
    yield element("ul", *(element("li", clipped(line)) for line in lines[:_MOST_LINES]), class_="said")
    yield from _more(len(lines) - _MOST_LINES, "line")


def _more(rest: int, word: str) -> Iterator[Markup]:
    if rest > 0:
        said = f"{counted(rest, f'more {word}')}: this page is cut, "
        yield element("p", said, element("code", "truewheel verify --json"), " tells all.", class_="cut")


VERDICT_STYLE: Final = """
.verdict{margin-bottom:.4rem}
.sign{display:inline-grid;place-items:center;width:1.5em;height:1.5em;border-radius:50%;margin-right:.5em;
font-size:.72em;line-height:1;vertical-align:.12em;font-weight:700}
.sign.good{color:var(--good);background:var(--good-back)}
.sign.warn{color:var(--warn);background:var(--warn-back)}
.sign.bad{color:var(--bad);background:var(--bad-back)}
.eyebrow a{text-transform:none;letter-spacing:0}
.cut{margin:1rem 0;padding:.8rem 1rem;border:1px dashed var(--warn);border-radius:.7rem;color:var(--soft)}
"""
"""How verdicts look, wherever they stand."""

_STYLE: Final = """
header>.name{font-size:1.05rem;margin-bottom:.6rem}
header>.files,.caution{margin-top:1rem}
.files{display:grid;gap:1rem;grid-template-columns:repeat(2,minmax(0,1fr))}
.files>:nth-child(3){grid-column:1/-1}
.card h2{font-size:1rem;margin:0 0 .4rem}
.card .name{font-size:.95rem;margin-bottom:.6rem}
.caution{border-left:.3rem solid var(--warn)}
.caution.bad{border-left-color:var(--bad)}
.caution h2{color:var(--warn)}
.caution.bad h2{color:var(--bad)}
.said{margin:0;padding-left:1.2rem}
.said li+li{margin-top:.25rem}
.list .badge{margin:0 .25rem .15rem 0}
.list td:first-child{width:50%}
.list td:nth-child(2) .badge{white-space:nowrap}
.list td p{margin-top:.15rem}
.took{margin-top:2rem}
@media (max-width:46rem){
.files{grid-template-columns:minmax(0,1fr)}
.list td:first-child{width:auto}
.list td:nth-child(2) .badge{white-space:normal}
}
"""
