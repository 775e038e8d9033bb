"""Pages in HTML: what every report for a browser is made of, whatever it tells.

A page is one file: its style stands in it, it runs no script and asks for nothing from anywhere, which its own
Content-Security-Policy says too. Text gets into a page through `element` alone, and is escaped there: only what
`element` made itself, `Markup`, is taken as it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from truewheel.errors import printable

_EMPTY: Final = frozenset({"br", "col", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | bool) -> Markup:
    """An element with this content: text is escaped, `Markup` stays as it is.

    An attribute that is a word of Python has an underscore behind it (``class_``), and "_" for "-" inside. One that
    is false or empty is left out.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items() if value not in {False, ""})
    if name in _EMPTY:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{joined(content)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other, each escaped unless it is `Markup`."""
    return Markup("".join(part if isinstance(part, Markup) else _escaped(part) for part in parts))


def spelled(text: str) -> Iterator[str]:
    """The pieces of a sentence, in which what stands in backquotes is code."""
    for number, part in enumerate(text.split("`")):
        yield element("code", part) if number % 2 else part


def _attribute(key: str, value: str | bool) -> str:
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    """Text as it may stand anywhere in a page. Control characters and those that turn text around are spelled out."""
    return escape("\t".join(map(printable, text.split("\t"))), quote=True)


def page(title: str, *content: str, style: str = "") -> str:
    """A whole page. `style` comes behind the style that all pages share."""
    css = f"{STYLE}{style}"
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        element("style", Markup(css)),
    )
    body = element("body", Markup("\n"), *(joined([part, Markup("\n")]) for part in content))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def badge(text: str, tone: str = "", *, href: str = "") -> Markup:
    """A word or two in a frame. `tone` is good, warn, bad, left, right or ""."""
    kind = f"badge {tone}".rstrip()
    return element("a", text, class_=kind, href=href) if href else element("span", text, class_=kind)


def card(*content: str, tone: str = "", id_: str = "") -> Markup:
    """A frame around what belongs together."""
    return element("section", *content, class_=f"card {tone}".rstrip(), id_=id_)


def facts(rows: Iterable[tuple[str, str]]) -> Markup:
    """Labels and their values."""
    return element("dl", *(element("div", element("dt", label), element("dd", value)) for label, value in rows))


def table(headings: Iterable[str], rows: Iterable[str], *, label: str) -> Markup:
    """A table of rows (made by `row`), which become blocks on a narrow screen. `label` is what it is read out as."""
    head = element("thead", element("tr", *(element("th", heading, scope="col") for heading in headings)))
    return element("table", head, element("tbody", *rows), class_="list", aria_label=label)


def row(*cells: str, data_is: str = "", id_: str = "") -> Markup:
    """A row of a `table`. `data_is` are the words by which it can be filtered."""
    return element("tr", *(element("td", cell) for cell in cells), data_is=data_is, id_=id_)


def choice(label: str, options: Iterable[tuple[str, str]]) -> Markup:
    """Buttons of which one is chosen, each a word and its label: `filtering` gives them their effect."""
    buttons = [
        element(
            "label",
            element("input", type_="radio", name="is", id_=f"is-{word}", checked=not number),
            element("span", said),
        )
        for number, (word, said) in enumerate(options)
    ]
    return element("fieldset", element("legend", label), *buttons, class_="choice")


def filtering(words: Iterable[str]) -> str:
    """The style by which a word that is chosen hides what isn't marked with it."""
    return "".join(f"body:has(#is-{word}:checked) [data-is]:not([data-is~={word}]){{display:none}}\n" for word in words)


LIGHT: Final = {
    "page": "#f6f7f9",
    "panel": "#ffffff",
    "ink": "#1c2430",
    "soft": "#556070",
    "line": "#dde1e7",
    "link": "#1f5f99",
    "good": "#1f6b3f",
    "good-back": "#e5f3ea",
    "warn": "#7a5200",
    "warn-back": "#fdf1d6",
    "bad": "#a02c1f",
    "bad-back": "#fce9e6",
    "left": "#8f4310",
    "left-back": "#fdf2e9",
    "left-word": "#f8d3b0",
    "right": "#155a86",
    "right-back": "#eaf4fb",
    "right-word": "#b9dcf2",
}
DARK: Final = {
    "page": "#12161c",
    "panel": "#1a2029",
    "ink": "#e2e7ee",
    "soft": "#9aa6b5",
    "line": "#2e3744",
    "link": "#7fbdf0",
    "good": "#84d3a2",
    "good-back": "#16301f",
    "warn": "#efc36b",
    "warn-back": "#332709",
    "bad": "#f5a094",
    "bad-back": "#3a1c18",
    "left": "#f3b183",
    "left-back": "#2c2018",
    "left-word": "#6b3d18",
    "right": "#8cc8f0",
    "right-back": "#15252f",
    "right-word": "#1f5274",
}
"""The colours. Left and right are orange and blue, which no kind of colour blindness takes for one another."""


def _colours(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


_PALETTE: Final = f"""
:root{{color-scheme:light dark;{_colours(LIGHT)}
--text:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif;
--code:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}}
@media (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}
@media print{{:root{{{_colours(LIGHT)}}}}}
"""

_FORMS: Final = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:84rem;padding:2.5rem 1.5rem 4rem;background:var(--page);color:var(--ink);
font:1rem/1.55 var(--text);overflow-wrap:anywhere}
h1,h2,h3,h4,h5,h6,p,dl,dd,table,fieldset{margin:0;padding:0}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;font-weight:650;text-wrap:balance}
h2{font-size:1.2rem;font-weight:650;margin:2.75rem 0 .9rem}
h3,h4,h5,h6{font-size:1rem;font-weight:600;display:inline}
p+p{margin-top:.5rem}
a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.18em}
code,pre,.code{font-family:var(--code);font-size:.86em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:.25rem}
.eyebrow{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);font-weight:600;margin-bottom:.5rem}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr))}
.two{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
.card{background:var(--panel);border:1px solid var(--line);border-radius:.7rem;padding:1.1rem 1.25rem;min-width:0}
.card.left{border-top:3px solid var(--left)}
.card.right{border-top:3px solid var(--right)}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;border:1px solid var(--line);font-size:.78rem;
line-height:1.5;color:var(--soft);background:var(--page);text-decoration:none;white-space:normal}
.badge.good{color:var(--good);background:var(--good-back);border-color:transparent}
.badge.warn{color:var(--warn);background:var(--warn-back);border-color:transparent}
.badge.bad{color:var(--bad);background:var(--bad-back);border-color:transparent}
.badge.left{color:var(--left);background:var(--left-back);border-color:transparent}
.badge.right{color:var(--right);background:var(--right-back);border-color:transparent}
a.badge:hover{border-color:currentColor}
dl div{display:flex;gap:.75rem;margin-top:.3rem}
dt{flex:0 0 4.5rem;color:var(--soft);font-size:.875rem}
dd{min-width:0;font-size:.875rem}
table.list{width:100%;border-collapse:separate;border-spacing:0;background:var(--panel);border:1px solid var(--line);
border-radius:.7rem;overflow:hidden}
.list th{text-align:left;font-size:.8rem;font-weight:600;color:var(--soft)}
.list th,.list td{padding:.5rem .9rem;vertical-align:baseline}
.list td{border-top:1px solid var(--line)}
.choice{border:0;display:flex;flex-wrap:wrap;gap:.4rem;margin-bottom:.9rem;min-width:0}
.choice legend,.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.choice input{position:absolute;opacity:0;pointer-events:none}
.choice span{display:inline-block;padding:.2rem .8rem;border:1px solid var(--line);border-radius:1rem;
background:var(--panel);font-size:.875rem;cursor:pointer}
.choice span:hover{border-color:var(--soft)}
.choice input:checked+span{background:var(--ink);color:var(--page);border-color:var(--ink)}
.choice input:focus-visible+span{outline:2px solid var(--link);outline-offset:2px}
summary{cursor:pointer}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem}
@media (max-width:46rem){
body{padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem}
.list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.list,.list tbody,.list tr{display:block}
.list td{display:inline;border:0;padding:0}
.list td:first-child{display:block}
.list tr{padding:.5rem .9rem;border-top:1px solid var(--line)}
.list td:empty{display:none}
}
@media print{
body{max-width:none;padding:0;font-size:10pt}
.choice{display:none}
.card,table.list{break-inside:avoid}
details::details-content{content-visibility:visible;display:block;height:auto}
}
"""

STYLE: Final = _PALETTE + _FORMS
"""What all pages look like."""
