"""Pages of an index as HTML (PEP 503, with 592, 629, 658, 714 and 740): links, and their attributes.

A scanner of our own that goes through a page once: the tags of a hostile one may be many, broken, and without an end.
It takes what an HTML5 reader takes: attributes with and without quotes, character references, comments, and scripts
and styles in which tags are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urljoin

from truewheel.index.addresses import LONGEST
from truewheel.index.entries import Page, Said, demand_few, entry
from truewheel.index.model import IndexFile
from truewheel.index.simple_json import demand_version

_TAG: Final = re.compile(r"<(!--|[A-Za-z][^\s/>]*)")
_GAP: Final = re.compile(r"[\s/]*")
_ATTRIBUTE: Final = re.compile(r"([^\s/>][^\s/>=]*)(\s*=\s*)?")
_BARE: Final = re.compile(r"[^\s>]*")
_OPAQUE: Final = {
    name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
"""Elements in which nothing is a tag until their own end (HTML, section 13.2.5)."""

_WANTED: Final = {"a", "base", "meta"}


class Tag(NamedTuple):
    """A start tag: its name in lower case, and its attributes; of two that are called the same, the first."""

    name: str
    attributes: Mapping[str, str]


def read(body: bytes, page: Page) -> tuple[IndexFile, ...]:
    """The wheels and sdists of the project. Raises `RequestError` for a version of the interface that isn't known."""
    base, found = page.url, []
    is_based = False
    for name, attributes in tags(body.decode("utf-8-sig", "replace")):
        link = attributes.get("href")
        if name == "meta" and attributes.get("name", "").lower() == "pypi:repository-version":
            demand_version(attributes.get("content", ""))
        elif name == "base" and link is not None and not is_based:
            base, is_based = _joined(page.url, link), True
        elif name == "a" and link is not None:
            found.append(entry(_said(link, attributes), page._replace(url=base)))
            demand_few(len(found))
    return tuple(file for file in found if file is not None)


def tags(text: str) -> Iterator[Tag]:
    """The tags of a page that matter here, in order. Time is linear in its length."""
    position = 0
    while match := _TAG.search(text, position):
        name = match[1].lower()
        if name == "!--":
            # ``-->``, but also ``<!-->`` and ``<!--->``.
            end = text.find("-->", match.end() - 2)
            if end < 0:
                return
            position = end + 3
            continue
        read_tag = _attributes(text, match.end())
        if read_tag is None:
            return
        attributes, position = read_tag
        if name in _WANTED:
            yield Tag(name, attributes)
        elif name in _OPAQUE:
            closing = _OPAQUE[name].search(text, position)
            if closing is None:
                return
            position = closing.start()


def _attributes(text: str, position: int) -> tuple[dict[str, str], int] | None:
    """The attributes of a tag, and where it ends; None where the page ends within it."""
    found: dict[str, str] = {}
    while True:
        position = _end_of(_GAP, text, position)
        if text[position : position + 1] == ">":
            return found, position + 1
        match = _ATTRIBUTE.match(text, position)
        if match is None:
            return None
        position, value = match.end(), ""
        if match[2]:
            quote = text[position : position + 1]
            quoted = quote in {'"', "'"}
            close = text.find(quote, position + 1) if quoted else _end_of(_BARE, text, position)
            if close < 0:
                return None
            value, position = text[position + quoted : close], close + quoted
        found.setdefault(match[1].lower(), _unescaped(value))


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _unescaped(value: str) -> str:
    """The value with its character references resolved; one that nobody would follow or show stays as it is."""
    try:
        return unescape(value) if len(value) <= LONGEST else value
    except ValueError:  # the number of a character has more digits than Python reads
        return value


def _said(link: str, attributes: Mapping[str, str]) -> Said:
    hashes = dict(parse_qsl(link.partition("#")[2]))
    return Said(
        link=link,
        hashes={**hashes, **dict(parse_qsl(attributes.get("data-hashes", "")))},
        uploaded=attributes.get("data-upload-time", ""),
        requires_python=attributes.get("data-requires-python", ""),
        yanked=attributes.get("data-yanked"),
        provenance=attributes.get("data-provenance", ""),
    )


def _joined(page: str, base: str) -> str:
    """The address from which links count: "", from which none leads anywhere, for one longer than any."""
    try:
        joined = urljoin(page, base.strip())
    except ValueError:
        return page
    return joined if len(joined) <= LONGEST else ""
