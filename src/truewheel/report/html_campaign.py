"""What `verify` tells of many wheels, as pages for a browser: how many came how far, and a page for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from truewheel.report.differences import counted
from truewheel.report.html_verification import VERDICT_STYLE, page, sign
from truewheel.report.pages import Markup, badge, choice, element, filtering, joined, row, table
from truewheel.report.pages import page as whole
from truewheel.report.rates import Rates, by_backend, by_cause, share, worst_first
from truewheel.report.verifications import RUNGS, cautions, named, shortfall, took
from truewheel.verdict.model import Rung, Verification

INDEX: Final = "index.html"
_MOST_ROWS: Final = 5_000
_MOST_GROUPS: Final = 30
_LONGEST: Final = 160
_STEM: Final = 100
_SHORT: Final = {
    Rung.BIT_FOR_BIT: "bit for bit",
    Rung.ZIP_METADATA: "given zip metadata",
    Rung.SAME_CONTENTS: "same contents",
    Rung.EXPLAINED: "explained",
    Rung.DIFFERENT: "different",
    Rung.NOT_REBUILT: "not rebuilt",
}
_WHEELS: Final = element("span", "wheels ", class_="label")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Names of devices, which Windows takes for them whatever stands behind their dot."""


def pages(results: Sequence[Verification], *, title: str) -> Mapping[str, str]:
    """All pages of these verifications by their file names: ``index.html``, and one for each of them."""
    names = file_names(results)
    made = {INDEX: _index(results, names, title)}
    made |= {name: page(one, index=INDEX) for name, one in zip(names, results, strict=True)}
    return made


def file_names(results: Sequence[Verification]) -> tuple[str, ...]:
    """A file name for each verification: of its wheel's name, safe on every system, and no two alike anywhere."""
    taken = {INDEX}
    names: list[str] = []
    for one in results:
        stem = _stem(named(one))
        number, name = 1, f"{stem}.html"
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}.html"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _stem(text: str) -> str:
    """Letters, digits and a few signs of a name, and nothing that a file system or an address could misread."""
    kept = re.sub(r"[^A-Za-z0-9._+-]+|\.{2,}", "_", text.removesuffix(".whl"))[:_STEM].strip("._-+ ")
    return f"_{kept}" if not kept or _RESERVED.fullmatch(kept.lower()) else kept


def _index(results: Sequence[Verification], names: Sequence[str], title: str) -> str:
    rates = Rates.of(one.rung for one in results)
    same = rates.at_least(Rung.SAME_CONTENTS)
    said = f"{same:,} of {counted(rates.total, 'wheel')} {'is' if same == 1 else 'are'} what the source builds"
    header = element(
        "header",
        element("p", "truewheel verify", class_="eyebrow"),
        element("h1", _clipped(title)),
        element("p", f"{said} ({share(same, rates.total)}).", class_="soft lead"),
    )
    main = element("main", *_rates(rates), *_backends(results), *_causes(results), *_packages(results, names, rates))
    seconds = took(sum(one.seconds for one in results))
    footer = element(
        "footer", element("p", f"Written by truewheel verify. All of it took {seconds}, each wheel by itself.")
    )
    widths = "".join(f".w{percent}{{width:{percent}%}}\n" for percent in range(1, 101))
    words = ["cautions", *(rung.value for rung in Rung)]
    return whole(title, header, main, footer, style=VERDICT_STYLE + _STYLE + widths + filtering(words))


def _rates(rates: Rates) -> Iterator[Markup]:
    """How many came how far: a row a verdict, with a bar."""
    yield element("h2", "How far they came", id_="verdicts")
    rows = []
    for rung, words in RUNGS.items():
        number = rates.count(rung)
        told = element("span", sign(rung), words.title, class_="rung")
        so_far = share(rates.at_least(rung), rates.total) if rung.same else ""
        bar = (
            element("span", class_=f"bar {words.tone} w{_percent(number, rates.total)}", aria_hidden="true")
            if number
            else ""
        )
        rows.append(
            row(
                told,
                joined([f"{number:,}", " ", element("span", share(number, rates.total), class_="soft")]),
                so_far,
                bar,
            )
        )
    yield element(
        "div", table(["Verdict", "Wheels", "This or better", ""], rows, label="Wheels by verdict"), class_="rates"
    )


def _percent(number: int, total: int) -> int:
    return min(max(round(100 * number / total), 1), 100)


def _backends(results: Sequence[Verification]) -> Iterator[Markup]:
    """The rates by backend."""
    found = by_backend(results)
    columns = (Rung.BIT_FOR_BIT, Rung.ZIP_METADATA, Rung.SAME_CONTENTS)
    rows = [
        row(_clipped(name), joined([_WHEELS, f"{rates.total:,}"]), *(_told(rates, rung) for rung in columns))
        for name, rates in found[:_MOST_GROUPS]
    ]
    if rows:
        yield element("h2", "By backend", id_="backends")
        heads = ["Backend", "Wheels", "Bit for bit", "Given zip metadata", "Same contents"]
        yield element("div", table(heads, rows, label="Wheels by backend"), class_="figures")
        yield from _more(len(found) - len(rows), "backend")


def _causes(results: Sequence[Verification]) -> Iterator[Markup]:
    """What keeps wheels from the best verdict."""
    found = by_cause(results)
    rows = [row(_clipped(cause), counted(number, "wheel")) for cause, number in found[:_MOST_GROUPS]]
    if rows:
        yield element("h2", "What keeps them from better", id_="causes")
        yield element("div", table(["Cause", "Wheels"], rows, label="Wheels by cause"), class_="figures")
        yield from _more(len(found) - len(rows), "cause")


def _more(rest: int, word: str) -> Iterator[Markup]:
    if rest > 0:
        yield element("p", counted(rest, f"more {word}"), class_="cut")


def _told(rates: Rates, rung: Rung) -> Markup:
    number = rates.at_least(rung)
    label = element("span", f"{_SHORT[rung]} ", class_="label")
    return joined([label, f"{number:,} ", element("span", share(number, rates.total), class_="soft")])


def _packages(results: Sequence[Verification], names: Sequence[str], rates: Rates) -> Iterator[Markup]:
    """A row a wheel with a link to its page, those that deserve a look first."""
    yield element("h2", "Packages", id_="packages")
    marked = [any(cautions(one)) for one in results]
    options = [("all", f"all {rates.total:,}")]
    options += [(rung.value, f"{_SHORT[rung]} {number:,}") for rung, number in reversed(rates.counts) if number]
    if any(marked):
        options.append(("cautions", f"with cautions {sum(marked):,}"))
    if len(options) > 2:
        yield choice("Show", options)
    order = worst_first(results)
    rows = [_package(results[at], names[at], marked=marked[at]) for at in order[:_MOST_ROWS]]
    yield element(
        "div", table(["Wheel", "Verdict", "Why not better", "Took"], rows, label="Packages"), class_="packages"
    )
    if len(order) > len(rows):
        yield element("p", f"and {len(order) - len(rows):,} more, each on its page", class_="cut")


def _package(one: Verification, name: str, *, marked: bool) -> Markup:
    words = RUNGS[one.rung]
    link = element("a", _clipped(named(one)) or "(no name)", href=name, class_="code")
    verdict: list[str] = [badge(f"{words.sign} {_SHORT[one.rung]}", words.tone)]
    if marked:
        verdict += [" ", badge("! caution", "bad")]
    data = " ".join(["all", one.rung.value, *(["cautions"] if marked else [])])
    return row(
        link,
        joined(verdict),
        element("span", _clipped(shortfall(one)), class_="soft small"),
        took(one.seconds),
        data_is=data,
    )


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_STYLE: Final = """
.lead{font-size:1.1rem;margin-top:.4rem}
.list td:empty{padding:0}
.rates .sign{margin-right:.6em}
.rates td:first-child{width:42%}
.rates td:last-child{width:30%}
.rates td:nth-child(n+2),.figures td:nth-child(n+2),.figures th{white-space:nowrap}
.figures td:first-child{width:40%}
.bar{display:block;height:.7rem;border-radius:.35rem;background:var(--warn)}
.bar.good{background:var(--good)}
.bar.bad{background:var(--bad)}
.label{display:none}
.packages td:last-child,.packages th:last-child{text-align:right;white-space:nowrap}
.packages td:first-child{width:34%}
.packages .badge{white-space:nowrap}
.list a.code{text-decoration:none}
.list a.code:hover{text-decoration:underline}
@media (max-width:46rem){
.list td:first-child,.rates td:last-child{width:auto}
.rates td:nth-child(n+2){margin-right:.8rem}
.rates td:nth-child(3)::before{content:"this or better: ";color:var(--soft)}
.rates td:last-child{display:block;margin:.2rem 0 0}
.rates td:nth-child(3):empty::before{content:none}
.figures td:nth-child(n+2),.packages td:nth-child(n+2){margin-right:.6rem}
.label{display:inline;color:var(--soft)}
.packages td:nth-child(3){display:block}
}
"""
