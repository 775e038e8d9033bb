"""What METADATA says about a project in words: description, readme, classifiers, keywords, addresses on the web."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from truewheel.packing.metadata_lines import line, shown, unicode, wrong
from truewheel.packing.model import Names, Readme

_LONGEST_SUMMARY: Final = 512
_LONGEST_LABEL: Final = 32
"""Characters that the index takes: of Summary, and of the label of a Project-URL (core metadata)."""

_TYPES: Final = ("text/markdown", "text/x-rst", "text/plain")
_VARIANTS: Final = {"gfm": "GFM", "commonmark": "CommonMark"}
_PARAMETER: Final = re.compile(r'\s*([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s";=]+))\s*', re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(
    r"https?://(?:[a-z0-9._~%!$&'()*+,;=:-]+@)?(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9.])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?#][a-z0-9._~%!$&'()*+,;=:@/?#\[\]-]*)?",
    re.IGNORECASE | re.ASCII,
)
"""An address on the web in the characters of RFC 3986."""

_UNLABELLED: Final = re.compile(r"[\s!-/:-@\[-`{-~]+")
"""What has no meaning in a label: blanks, and punctuation of ASCII (PEP 753)."""


def summary(text: str) -> str:
    """The one line about the project; "" for none. Raises `RequestError` for more lines, or over 512 characters."""
    if not text.strip():
        return ""
    text = line("description", text)
    if len(text) > _LONGEST_SUMMARY:
        raise wrong(
            "description",
            f"it has {len(text):,} characters, and the index takes {_LONGEST_SUMMARY}",
            hint="say it in one sentence, and put the rest into the readme",
        )
    return text


def readme(given: Readme | None) -> Readme | None:
    """The long description with LF at the ends of lines; None for an empty one. Raises `RequestError`.

    So it is the same from a checkout on Windows. Left out are a byte order mark, which some editors write, and nothing
    else; the last line gets an end.
    """
    if given is None:
        return None
    content_type = _content_type(given.content_type)
    text = unicode("readme", given.text).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise wrong("readme", "it holds a NUL, as no text does", hint="save the file as UTF-8")
    if not text.strip():
        return None
    return Readme(text if text.endswith("\n") else f"{text}\n", content_type)


def _content_type(text: str) -> str:
    """The content type in one spelling (core metadata, Description-Content-Type)."""
    kind, *rest = line("readme", text).split(";")
    kind = kind.strip().lower()
    if kind not in _TYPES:
        raise wrong("readme", f"the content type {shown(text)} is not known", hint=f"write one of {', '.join(_TYPES)}")
    parameters = dict(_parameter(text, part) for part in rest)
    if len(parameters) < len(rest):
        raise wrong("readme", f"the content type {shown(text)} says something twice")
    if "variant" in parameters and kind != "text/markdown":
        raise wrong("readme", f"the content type {shown(text)} has a variant, as Markdown alone does")
    return "; ".join([kind, *(f"{key}={parameters[key]}" for key in sorted(parameters))])


def _parameter(text: str, part: str) -> tuple[str, str]:
    """The name and the value of a parameter."""
    found = _PARAMETER.fullmatch(part)
    key, value = (found[1].lower(), (found[2] or found[3] or "").lower()) if found else ("", "")
    if key == "charset" and value == "utf-8":
        return key, "UTF-8"
    if key == "variant" and value in _VARIANTS:
        return key, _VARIANTS[value]
    raise wrong(
        "readme",
        f"the content type {shown(text)} says {shown(part.strip())}",
        hint="it may say charset=UTF-8, and for Markdown variant=GFM or variant=CommonMark",
    )


def classifiers(given: Iterable[str], *, licensed: bool) -> Names:
    """Classifiers in the given order. Raises `RequestError` for one that comes again, or has no parts.

    Where there is a licence expression (`licensed`), those that begin with ``License ::`` are refused (PEP 639).
    """
    key, seen = "classifiers", dict[str, None]()
    for text in given:
        classifier = line(key, text)
        parts = classifier.split(" :: ")
        if len(parts) < 2 or any(not part or part != part.strip() or "::" in part for part in parts):
            raise wrong(
                key,
                f"{shown(classifier)} is no classifier",
                hint='take it from the list of trove classifiers, with " :: " between its parts',
            )
        if licensed and parts[0].lower() == "license":
            raise wrong(
                key,
                f"{shown(classifier)} stands beside a licence expression, and an index refuses the two (PEP 639)",
                hint="leave the classifier out: the expression says it",
            )
        if classifier in seen:
            raise wrong(key, f"{shown(classifier)} is there twice", hint="leave one of them out")
        seen[classifier] = None
    return tuple(seen)


def keywords(given: Iterable[str]) -> Names:
    """Keywords in the given order. Raises `RequestError` for one with a comma, which separates them in METADATA."""
    return tuple(_keyword(text) for text in given)


def _keyword(text: str) -> str:
    keyword = line("keywords", text)
    if "," in keyword:
        raise wrong("keywords", f"{shown(keyword)} has a comma, which separates them", hint="write them one by one")
    return keyword


def urls(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Labels with their addresses, in the given order.

    Raises `RequestError` for labels over 32 characters, with a comma, or the same as another but for blanks,
    punctuation and case (PEP 753), and for addresses that aren't http or https.
    """
    key, seen = "urls", dict[str, str]()
    for label, address in given.items():
        label, address = line(key, label), line(key, address)  # noqa: PLW2901  # the same, without blanks around it
        plain = _UNLABELLED.sub("", label).lower()
        if not plain or "," in label or len(label) > _LONGEST_LABEL:
            raise wrong(
                key,
                f"{shown(label)} is no label: up to {_LONGEST_LABEL} characters, a letter or digit, and no comma",
                hint="well-known ones are Homepage, Source, Documentation, Changelog, Issues, Funding (PEP 753)",
            )
        if plain in seen:
            raise wrong(key, f"{shown(seen[plain])} and {shown(label)} are the same label (PEP 753)")
        if not _ADDRESS.fullmatch(address):
            raise wrong(
                key,
                f"{label} leads to {shown(address)}, which is no address on the web",
                hint="write one that begins with https://, and other letters than those of ASCII as %XX",
            )
        seen[plain] = label
        yield label, address
