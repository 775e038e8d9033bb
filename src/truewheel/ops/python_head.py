"""The head of a Python source: all that must stay before the first statement of its own.

That are comments (a ``#!`` line, the declaration of PEP 263), the docstring, and imports from ``__future__`` (Python
Language Reference, "Future statements"). Only as much of the language is read as can stand there: strings without
``f`` or ``b``, parentheses, names. So newer syntax further down means nothing here, and neither does the Python that
this runs on.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_SPACE = re.compile(r"(?:[ \t\f]|\\(?:\r\n|\r|\n))*")  # within a statement; a backslash joins lines
_BLANK = re.compile(r"(?:[ \t\f\r\n]+|\\(?:\r\n|\r|\n)|#[^\r\n]*)*")  # between statements, and in parentheses
_REST = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_QUOTE = re.compile(r"[rRuU]?('''|\"\"\"|'|\")")
_IN_LINE = re.compile(r"\\(?:\r\n|.)|[\r\n'\"]", re.DOTALL)  # what matters in a string of one line
_IN_LINES = re.compile(r"\\.|'''|\"\"\"", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_COMMENTS = re.compile(r"(?:[ \t\f]*(?:\r\n|\r|\n))*(?:[ \t\f]*#[^\r\n]*(?:\r\n|\r|\n|\Z))*")


class UnclearError(Exception):
    """The head is none that a Python would take, or can't be told from what follows."""


class Spot(NamedTuple):
    """A place for new statements: what is between ``cut`` and ``resume`` (spaces, if anything) gives way to them.

    ``inline`` is whether a line ends there only because of them.
    """

    cut: int
    resume: int
    inline: bool = False


class _Statement(NamedTuple):
    """A statement that may belong to the head, and the place behind it."""

    future: bool
    spot: Spot


def end_of_head(text: str) -> Spot:
    """Where the first statement may be put. Raises `UnclearError` where the head isn't Python."""
    spot: Spot | None = None
    at, first = _blank(text, 0), True
    while (statement := _statement(text, at)) is not None:
        # Older Pythons take more strings than one before imports from __future__, newer ones none but the docstring.
        if first or statement.future:
            spot = statement.spot
        at, first = _blank(text, statement.spot.resume), False
    if spot is not None:
        return spot
    start = _end(_COMMENTS, text, 0)
    return Spot(start, start)


def _statement(text: str, at: int) -> _Statement | None:
    """The string or the import from ``__future__`` that begins at `at`; None for anything else, or the end."""
    name = _NAME.match(text, at)
    if name is not None and name[0] == "from":
        return _future(text, name.end())
    return _string(text, at)


def _string(text: str, at: int) -> _Statement | None:
    """A statement of strings and parentheses around them."""
    opened = closed = strings = 0
    while True:
        inside = opened > closed
        at = _blank(text, at) if inside else _end(_SPACE, text, at)
        quote = _QUOTE.match(text, at)
        if text.startswith("(", at) and not strings:
            opened, at = opened + 1, at + 1
        elif text.startswith(")", at) and inside and strings:
            closed, at = closed + 1, at + 1
        elif quote is not None and not closed:
            strings, at = strings + 1, _behind(text, quote)
        elif inside and at == len(text):
            raise UnclearError("a parenthesis has no end")
        else:
            ends = bool(strings) and not inside
            return _ended(text, at, future=False) if ends else None


def _behind(text: str, quote: re.Match[str]) -> int:
    """Where a string ends that a quote begins."""
    pattern = _IN_LINE if len(quote[1]) == 1 else _IN_LINES
    for found in pattern.finditer(text, quote.end()):
        if found[0] == quote[1]:
            return found.end()
        if found[0] in "\r\n":
            break
    raise UnclearError("a string has no end")


def _future(text: str, at: int) -> _Statement | None:
    """The rest of an import behind ``from``, if it is one from ``__future__``."""
    name = _NAME.match(text, at := _end(_SPACE, text, at))
    # Names are compared in their normal form NFKC (Language Reference, "Identifiers").
    if name is None or unicodedata.normalize("NFKC", name[0]) != "__future__":
        return None
    at, inside = name.end(), False
    while True:
        at = _blank(text, at) if inside else _end(_SPACE, text, at)
        name = _NAME.match(text, at)
        if name is not None:
            at = name.end()
        elif text.startswith(("(", ")"), at):
            inside, at = text[at] == "(", at + 1
        elif text.startswith(",", at):
            at += 1
        else:
            statement = None if inside else _ended(text, at, future=True)
            if statement is None:
                raise UnclearError("an import from __future__ has no end")
            return statement


def _ended(text: str, at: int, *, future: bool) -> _Statement | None:
    """A statement that ends at `at`; None if it goes on."""
    rest = _REST.match(text, at)
    if rest is not None:
        return _Statement(future, Spot(rest.end(), rest.end()))
    if not text.startswith(";", at):
        return None
    more = _end(_SPACE, text, at + 1)
    rest = _REST.match(text, more)
    return _Statement(future, Spot(rest.end(), rest.end()) if rest else Spot(at + 1, more, inline=True))


def _blank(text: str, at: int) -> int:
    return _end(_BLANK, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern ends that matches anywhere, be it nothing."""
    found = pattern.match(text, at)
    return at if found is None else found.end()
