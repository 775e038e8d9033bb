"""A member on the page of `diff`: what differs of it, place in place, with lines side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from truewheel.compare.model import Cause, Difference, Kind, Line, Mark
from truewheel.report.differences import Member, counted, evidence, lines_of, only, sizes, summary, titled, values
from truewheel.report.html_lines import Row, Words, paired, words
from truewheel.report.pages import Markup, badge, element, joined

_ROOM: Final = 3_000_000
_LONGEST: Final = 1_000
_ELEMENT: Final = 300
_DEEPEST_HEADING: Final = 6
_MOST_DIGITS: Final = 9

KINDS: Final = {
    Kind.CONTENT: ("Contents", "bad"),
    Kind.ONLY_LEFT: ("Only left", "left"),
    Kind.ONLY_RIGHT: ("Only right", "right"),
    Kind.MODE: ("Mode", "warn"),
    Kind.STORAGE: ("Storage", ""),
}
"""What each kind of difference is called, and the tone of it."""

MARKS: Final = {Mark.LEFT: "\N{MINUS SIGN}", Mark.RIGHT: "+", Mark.SAME: "", Mark.GAP: ""}
"""The sign of each side: nothing is told by colour alone."""


class Room:
    """How far a page may still grow, in characters; in the end it is a little larger."""

    def __init__(self) -> None:
        self._left = _ROOM

    def take(self, *texts: str | None) -> bool:
        """Whether there is room for an element with these texts; then it is taken."""
        if self._left <= 0:
            return False
        self._left -= _ELEMENT + sum(min(len(text), _LONGEST) for text in texts if text)
        return True


def member(one: Member, anchor: str, data_is: str, room: Room, *, unfolded: bool) -> Markup:
    """All that differs of a member, foldable."""
    badges = [badge(*KINDS[kind]) for kind in one.kinds]
    if one.follows:
        badges.append(badge("consequence"))
    if one.lack:
        badges.append(badge(one.lack, "warn"))
    head = element("summary", element("h3", clipped(one.name), class_="code"), " ", joined(badges))
    body = [
        element("div", *_told(difference, 3, room, of_member=True), class_="inner") for difference in one.differences
    ]
    folding = element("details", head, *body, open=unfolded)
    return element("article", folding, id_=anchor, class_="card", data_is=data_is)


def _told(difference: Difference, level: int, room: Room, *, of_member: bool = False) -> Iterator[Markup]:
    """What is said at a place, below its name."""
    if of_member:
        said = summary(difference) if only(difference) is None else sizes(difference)
        yield element("p", clipped(said))
    for lines in (values(difference), lines_of(difference)):
        if lines:
            yield from _lines(lines, difference.place, room)
    if difference.causes:
        yield element("ul", *(_cause(cause, difference) for cause in difference.causes), class_="causes")
    for number, part in enumerate(sorted(difference.inside, key=lambda part: part.follows)):
        if not room.take(part.place, part.summary):
            yield element("p", f"and {counted(len(difference.inside) - number, 'more place')}", class_="cut")
            return
        yield _place(part, difference.kind, level + 1, room)


def _place(difference: Difference, of: Kind, level: int, room: Room) -> Markup:
    """A place within a member, foldable where there is something to fold."""
    name = element(f"h{min(level, _DEEPEST_HEADING)}", clipped(difference.place) or "contents", class_="code")
    marks = [] if difference.kind in {of, Kind.CONTENT} else [badge(*KINDS[difference.kind])]
    if difference.follows:
        marks.append(badge("consequence"))
    head = [name, " ", joined(marks), " ", element("span", clipped(summary(difference)), class_="said")]
    body = list(_told(difference, level, room))
    kind = f"place {'follows' if difference.follows else ''}".rstrip()
    if not body:
        return element("div", element("div", *head, class_="head"), class_=kind)
    inner = element("div", *body, class_="inner")
    return element("details", element("summary", *head), inner, class_=kind, open=not difference.follows)


def _cause(cause: Cause, difference: Difference) -> Markup:
    title = badge(titled(cause.reason, sure=cause.sure), "good", href=f"#why-{cause.reason.id}")
    return element("li", title, " ", clipped(evidence(cause, difference)))


# --- lines ---------------------------------------------------------------------------------------------------
def _lines(lines: Sequence[Line], place: str, room: Room) -> Iterator[Markup]:
    """Lines of both sides, side by side: a table, which a narrow screen shows one above the other."""
    rows: list[Markup] = []
    cut = 0
    for pair in paired(lines):
        if cut or not room.take(*(line.text for line in pair if line)):
            cut += sum(line is not None for line in pair)
            continue
        rows.append(_row(pair))
    digits = max(len(str(number or "")) for line in lines for number in (line.left, line.right))
    kind = f"lines d{min(digits, _MOST_DIGITS)}"
    columns = element("colgroup", *(element("col", class_=part) for part in ("n", "c", "n", "c")))
    names = (element("th", name, scope="col", colspan="2") for name in ("left", "right"))
    head = element("thead", element("tr", *names), class_="unseen")
    label = f"Both sides of {clipped(place)}"
    yield element("table", columns, head, element("tbody", *rows), class_=kind, aria_label=label)
    if cut:
        yield element("p", f"and {counted(cut, 'more line')}", class_="cut")


def _row(pair: Row) -> Markup:
    left, right = pair.left, pair.right
    if left is not None and left.mark is Mark.GAP:
        return element("tr", element("td", clipped(left.text), colspan="4"), class_="gap")
    texts = _whole(left), _whole(right)
    same = left is not None and left.mark is Mark.SAME
    if left is not None and right is not None and not same:
        texts = words(left.text, right.text)
    one = _half(Mark.SAME if same else Mark.LEFT, left.left, texts[0]) if left is not None else _none()
    other = _half(Mark.SAME if same else Mark.RIGHT, right.right, texts[1]) if right is not None else _none()
    return element("tr", *one, *other, class_="same" if same else "")


def _whole(line: Line | None) -> Words:
    return () if line is None else ((line.text, False),)


def _half(mark: Mark, number: int | None, text: Words) -> Iterator[Markup]:
    """The cells of one side: the line's number with its sign, and the line."""
    side = {Mark.LEFT: " l", Mark.RIGHT: " r"}.get(mark, "")
    shown = "" if number is None else f"{number} "
    yield element("td", shown, MARKS[mark], class_=f"n{side}")
    yield element("td", marked(text, mark), class_=f"c{side}")


def _none() -> Iterable[Markup]:
    return element("td", class_="n none"), element("td", class_="c none")


def marked(text: Words, mark: Mark) -> Markup:
    """A line, its words marked that differ."""
    name = "del" if mark is Mark.LEFT else "ins"
    return joined(element(name, clipped(part)) if differs else clipped(part) for part, differs in text)


def clipped(text: str) -> str:
    """Text of a bounded length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"


_DIGITS: Final = "".join(f".d{digits}{{--digits:{digits}}}\n" for digits in range(_MOST_DIGITS + 1))

PLACES_STYLE: Final = (
    _DIGITS
    + """
.lines col.n{width:calc(var(--digits)*1ch + 3.5ch)}
.inner p:empty{display:none}
.members{display:grid;gap:1rem;margin-top:1.5rem}
.members>*{min-width:0}
.members .card{padding:0}
.members .card:target{border-color:var(--link)}
.card>details>summary{padding:.8rem 1.25rem}
.card>details>.inner{padding:0 1.25rem 1.1rem}
summary .badge,.head .badge{margin-left:.35rem;vertical-align:.08em}
.place{margin-top:.7rem;padding-left:.9rem;border-left:2px solid var(--line)}
.place .inner{padding-top:.1rem}
.place.follows{color:var(--soft)}
.said{color:var(--soft);margin-left:.35rem}
.causes{list-style:none;margin:.5rem 0 0;padding:0;font-size:.875rem}
.causes li+li{margin-top:.25rem}
.lines{width:100%;table-layout:fixed;border-collapse:collapse;margin:.5rem 0 0;font:.8rem/1.55 var(--code);
border:1px solid var(--line);tab-size:4;background:var(--panel)}
.lines td{padding:.05rem .75ch;vertical-align:top;white-space:pre-wrap}
.lines .n{text-align:right;color:var(--soft);user-select:none;-webkit-user-select:none;white-space:nowrap}
.lines .l{background:var(--left-back)}
.lines .r{background:var(--right-back)}
.lines .n.l{color:var(--left)}
.lines .n.r{color:var(--right)}
.lines .none{background:repeating-linear-gradient(135deg,transparent 0 5px,var(--line) 5px 6px)}
.lines .gap td{color:var(--soft);background:var(--page);text-align:center;font-family:var(--text)}
del,ins{text-decoration:none;border-radius:.2em}
del{background:var(--left-word)}
ins{background:var(--right-word)}
@media (max-width:46rem){
.card>details>summary{padding:.7rem .9rem}
.card>details>.inner{padding:0 .9rem .9rem}
.place{padding-left:.6rem}
.lines,.lines tbody{display:block}
.lines tr{display:grid;grid-template-columns:calc(var(--digits)*1ch + 3.5ch) 1fr}
.lines .none,.lines .same td:nth-child(n+3){display:none}
.lines .gap td{grid-column:1/-1}
.lines td{min-width:0}
}
@media (forced-colors:active),print{del{text-decoration:line-through}ins{text-decoration:underline}}
"""
)
