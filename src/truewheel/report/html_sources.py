"""Where a wheel and its source come from, on the page of a verification: attestations, and the commit of the sdist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from truewheel.report.differences import counted
from truewheel.report.html_places import clipped
from truewheel.report.pages import Markup, badge, card, element, facts
from truewheel.report.verifications import strangers
from truewheel.verdict.model import Attested, History

_MOST: Final = 20
_MOST_NAMES: Final = 200
_STATES: Final = {
    "verified": ("\N{CHECK MARK} ", "good"),
    "invalid": ("\N{MULTIPLICATION X} ", "bad"),
    "absent": ("", ""),
}


def attestations(attested: Sequence[Attested]) -> Iterator[Markup]:
    """What was published about the wheel by whoever published it."""
    if attested:
        yield element("h2", "Published attestations")
        yield element("div", *(_attested(one) for one in attested[:_MOST]), class_="cards")
        if len(attested) > _MOST:
            yield element("p", counted(len(attested) - _MOST, "more attestation"), class_="cut")


def _attested(attested: Attested) -> Markup:
    sign, tone = _STATES.get(attested.state, ("? ", "warn"))
    rows = (
        ("publisher", attested.publisher),
        ("workflow", attested.workflow),
        ("source", attested.repository),
        ("ref", attested.ref),
        ("commit", attested.commit),
    )
    told = facts((label, element("span", clipped(value), class_="code")) for label, value in rows if value)
    return card(
        element("p", badge(f"{sign}{clipped(attested.state)}", tone)), element("p", clipped(attested.said)), told
    )


def history(history: History) -> Iterator[Markup]:
    """The sdist beside the commit that it claims to be of."""
    yield element("h2", "The sdist beside its commit")
    rows = (
        ("repository", history.repository),
        ("folder", history.subdirectory),
        ("ref", history.ref),
        ("commit", history.commit),
    )
    told = [facts((label, element("span", clipped(value), class_="code")) for label, value in rows if value)]
    if history.chosen:
        told.append(element("p", f"Chosen: {clipped(history.chosen)}", class_="soft small"))
    told += [element("p", clipped(remark)) for remark in history.remarks[:_MOST]]
    told += (
        [element("p", badge("? not compared", "warn"), " ", clipped(history.problem))]
        if history.problem
        else _found(history)
    )
    yield card(*told, tone="history")


def _found(history: History) -> Iterator[Markup]:
    """What differs, and what build backends account for."""
    strange = strangers(history)
    if strange:
        verb = "says" if len(strange) == 1 else "say"
        said = badge(f"\N{ALMOST EQUAL TO} {counted(len(strange), 'file')} {verb} other than the commit", "warn")
    else:
        said = badge("\N{CHECK MARK} nothing but the commit and what build backends write", "good")
    yield element("p", said)
    yield from _names("Other than the commit", strange)
    yield from _names("Known of some of them", [f"{name}: {trait}" for name, trait in history.traits])
    yield from _names("Written by build backends", [f"{name}: {reason}" for name, reason in history.generated])
    yield from _names("Only in the commit", history.missing)


def _names(head: str, names: Sequence[str]) -> Iterator[Markup]:
    if not names:
        return
    listed = [element("li", clipped(name)) for name in names[:_MOST_NAMES]]
    if len(names) > len(listed):
        listed.append(element("li", f"and {len(names) - len(listed):,} more", class_="soft"))
    summary = element("summary", f"{head}: {counted(len(names), 'file')}")
    yield element("details", summary, element("ul", *listed, class_="said code"))
