"""What `diff` tells, as a page for a browser: the verdict, why, and which members; `html_places` says what of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final

from truewheel.compare.model import Comparison, Mark, Tree
from truewheel.report.differences import (
    Explanation,
    Member,
    Verdict,
    counted,
    explanations,
    members,
    scope,
    verdict,
)
from truewheel.report.html_lines import Words, words
from truewheel.report.html_places import KINDS, MARKS, PLACES_STYLE, Room, clipped, marked, member
from truewheel.report.pages import (
    Markup,
    badge,
    card,
    choice,
    element,
    facts,
    filtering,
    joined,
    page,
    row,
    spelled,
    table,
)

_MOST_ROWS: Final = 3_000
_MOST_OPEN: Final = 12
_MOST_NAMES: Final = 6


def compared(comparison: Comparison) -> str:
    """The page of a comparison, complete in itself."""
    said = verdict(comparison)
    parts = [_header(comparison, said)]
    found = members(comparison)
    filters = _filters(found)
    if found:
        parts.append(element("main", *_body(comparison, found, filters)))
    parts.append(element("footer", element("p", "Written by truewheel diff.")))
    title = f"{_capital(said.text)} · {comparison.left.name}"
    return page(title, *parts, style=PLACES_STYLE + _STYLE + filtering(filters))


def _header(comparison: Comparison, said: Verdict) -> Markup:
    left, right = comparison.left, comparison.right
    one, other = words(left.name, right.name)
    return element(
        "header",
        element("p", "truewheel diff", class_="eyebrow"),
        element("h1", _capital(said.text), class_=f"verdict {said.tone}"),
        element("p", _capital(said.detail), class_="soft detail"),
        element("div", _side(Mark.LEFT, left, one), _side(Mark.RIGHT, right, other), class_="two"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _side(mark: Mark, tree: Tree, name: Words) -> Markup:
    label = "left" if mark is Mark.LEFT else "right"
    rows = [("form", tree.form), ("members", f"{len(tree.leaves):,}")]
    if tree.size is not None:
        rows.append(("size", f"{tree.size:,} bytes"))
    if tree.sha256 is not None:
        rows.append(("sha256", element("code", tree.sha256)))
    return card(
        element("h2", f"{MARKS[mark]} {label}", class_=f"which {label}"),
        element("p", marked(name, mark), class_="code name"),
        facts(rows),
        tone=label,
    )


def _filters(found: Sequence[Member]) -> dict[str, str]:
    """The words that members can be filtered by, with what is written on their buttons."""
    labels = {kind.value: label.lower() for kind, (label, _) in KINDS.items()}
    labels |= {"unexplained": "unexplained", "follows": "consequences"}
    counts = {word: sum(word in _words(one) for one in found) for word in labels}
    return {word: f"{label} {counts[word]:,}" for word, label in labels.items() if counts[word]}


def _words(one: Member) -> list[str]:
    """The words that a member is filtered by."""
    unexplained = [] if one.explained else ["unexplained"]
    return [*(kind.value for kind in one.kinds), *unexplained, *(["follows"] if one.follows else [])]


def _data(one: Member) -> str:
    return " ".join(["all", *_words(one)])


def _body(comparison: Comparison, found: Sequence[Member], filters: dict[str, str]) -> Iterator[Markup]:
    anchors = {one.place: f"m{number}" for number, one in enumerate(found, start=1)}
    listed = found[:_MOST_ROWS] if len(found) > 1 else ()
    bare = {one.place for one in listed if one.bare}  # a row says all of it
    articles = dict(_articles([one for one in found if one.place not in bare], anchors))
    links = {place: anchor for place, anchor in anchors.items() if place in bare or place in articles}
    why = explanations(comparison)
    yield element("h2", "Why", id_="why")
    yield element("div", *_cards(found, why, links), class_="cards")
    yield from _consequences([item for item in why if item.follows])
    yield element("h2", "What differs", id_="what")
    if listed and len(filters) > 1:
        yield choice("Show", [("all", f"all {len(found):,}"), *filters.items()])
    if listed:
        rows = [_row(one, articles, anchors[one.place]) for one in listed]
        yield table(["Member", "Differs in", "Why"], rows, label="Members")
        yield from _more(len(found) - len(listed))
    yield element("div", *articles.values(), *_more(len(found) - len(bare) - len(articles)), class_="members")


def _articles(found: Sequence[Member], anchors: dict[str, str]) -> Iterator[tuple[str, Markup]]:
    """All about every member, as long as there is room for it."""
    room = Room()
    for number, one in enumerate(found):
        if not room.take(one.name):
            return
        unfolded = number < _MOST_OPEN and not one.follows
        yield one.place, member(one, anchors[one.place], _data(one), room, unfolded=unfolded)


def _cards(found: Sequence[Member], why: Sequence[Explanation], links: dict[str, str]) -> Iterator[Markup]:
    """A card a cause, and one for what has none."""
    for item in why:
        if not item.follows:
            yield _card(item, links)
    lost = [one.place for one in found if one.lack and not one.titles]
    partly = [one.place for one in found if one.lack and one.titles]
    for places, head in ((lost, "No cause was recognized"), (partly, "Not all is explained")):
        if places:
            yield card(
                element("h3", head),
                element("p", scope(places), class_="soft small"),
                element("p", "What differs there may be what the sources say. Look at it below."),
                _named(places, links),
                tone="warn",
            )


def _card(item: Explanation, links: dict[str, str]) -> Markup:
    return card(
        element("h3", _capital(item.title)),
        element("p", f"{item.reason.id} · {scope(item.members)}", class_="soft small"),
        element("p", item.reason.why),
        element("p", element("strong", "Mend it: "), *spelled(item.reason.remedy), class_="remedy"),
        _named(item.members, links),
        id_=f"why-{item.reason.id}",
    )


def _consequences(items: Sequence[Explanation]) -> Iterator[Markup]:
    """What needs no mending of its own."""
    if items:
        told = [
            element(
                "li",
                element("strong", item.title),
                f", {scope(item.members)}. ",
                item.reason.why,
                id_=f"why-{item.reason.id}",
            )
            for item in items
        ]
        yield element("p", "What follows from what else differs:", class_="soft small behind")
        yield element("ul", *told, class_="soft small")


def _named(places: Sequence[str], links: dict[str, str]) -> Markup:
    """Links to the first of the members, and how many more there are."""
    named = []
    for place in places[:_MOST_NAMES]:
        name = clipped(place) or "the archive itself"
        named.append(element("li", element("a", name, href=f"#{links[place]}") if place in links else name))
    rest = len(places) - len(named)
    more = [element("li", f"and {rest:,} more", class_="soft")] if rest else []
    return element("ul", *named, *more, class_="names code")


def _row(one: Member, articles: Container[str], anchor: str) -> Markup:
    kinds = joined(badge(label, tone) for label, tone in (KINDS[kind] for kind in one.kinds))
    why = [badge(title, "good", href=f"#why-{reason.id}") for reason, title in one.titles.items()]
    if one.follows:
        why.insert(0, badge("consequence"))
    if one.lack:
        why.append(badge(one.lack, "warn"))
    name = clipped(one.name)
    if one.place in articles:
        return row(element("a", name, href=f"#{anchor}", class_="code"), kinds, joined(why), data_is=_data(one))
    said = "; ".join(difference.summary for difference in one.differences)
    cell = element("span", name, class_="code"), " ", element("span", clipped(said), class_="soft small")
    return row(joined(cell), kinds, joined(why), data_is=_data(one), id_=anchor)


def _more(rest: int) -> Iterator[Markup]:
    if rest > 0:
        said = f"{counted(rest, 'more member')}: this page is cut, "
        yield element("p", said, element("code", "truewheel diff --json"), " tells all.", class_="cut")


_STYLE: Final = """
.detail{margin-bottom:1.5rem}
.verdict::before{content:"";display:inline-block;width:.62em;height:.62em;border-radius:50%;margin-right:.5em;
background:var(--bad)}
.verdict.good::before{background:var(--good)}
.verdict.warn::before{background:var(--warn)}
.which{font-size:.8rem;font-weight:600;letter-spacing:.05em;margin:0 0 .3rem}
.which.left{color:var(--left)}
.which.right{color:var(--right)}
.name{font-size:.95rem;margin-bottom:.7rem}
.card>h3{display:block;font-size:1.05rem}
.card>h3+p{margin-top:0}
.card>p{margin-top:.5rem}
.behind{margin-top:1.25rem}
.behind+ul{margin:.25rem 0 0;padding-left:1.2rem}
.card.warn{border-color:var(--warn)}
.remedy strong{color:var(--good);font-weight:600}
.names a,.list a.code{text-decoration:none}
.names a:hover,.list a.code:hover{text-decoration:underline}
.names{list-style:none;margin:.7rem 0 0;padding:.6rem 0 0;border-top:1px solid var(--line);font-size:.82rem}
.list .badge{margin:0 .25rem .15rem 0}
.list td:first-child{width:56%}
.list td:nth-child(2) .badge{white-space:nowrap}
.list tr:target td{background:var(--page)}
.cut{margin:1rem 0;padding:.8rem 1rem;border:1px dashed var(--warn);border-radius:.7rem;color:var(--soft)}
@media (max-width:46rem){.list td:first-child{width:auto}}
"""
