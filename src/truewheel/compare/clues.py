"""What has to stand around a token, or between items, before they tell of the circumstances of a build.

A number with points is a version in some places only, a date isn't the build's in a table of data, and words that
change places are an order that nobody chose in a list, and another meaning in code.
"""

from __future__ import annotations

import re
from typing import Final

TIME_WORDS: Final = re.compile(
    r"(?i)(?<![a-z])(?:build|built|compiled|made|generated|created|modified|packaged|released?"
    r"|(?:build|built|creation|compile)?_?(?:date|time|timestamp|stamp)|[acm]time|epoch|at|on|now)(?![a-z])"
).search
"""Words that say of a time what it is the time of."""
_VERSION_WORDS: Final = re.compile(
    r"(?i)(?<!min_)(?<!max_)(?<!minimum_)(?<!maximum_)version|(?<![a-z])release|(?<![\w.])v\d"
).search
_NAME: Final = re.compile(r"[A-Za-z\]][-_#@]\Z").search
_FOLDER: Final = re.compile(r"\A\S*[\w./:]/\Z").search
"""What a version stands behind: a word, a name that it belongs to, or the folders of a path."""
_CLOCK: Final = re.compile(r"\d\d:\d\d").search
_BARE: Final = re.compile(r"[\s\"'\\;,]*\Z").match
_WORDS: Final = re.compile(r"[\w./+-]+").findall
_SIGNS: Final = re.compile(r"[^\w./+\s-]").findall
_ITEM: Final = r"(?:\"[^\"]*\"|'[^']*'|[\w./+-]+)"
_LIST: Final = re.compile(rf"\s*{_ITEM}(?:\s*,\s*{_ITEM})+\s*,?\s*").fullmatch
"""Items with commas between them."""
_PARTS: Final = re.compile(r"\"[^\"]*\"|'[^']*'|[\w./+-]+|\s+|[^\w\s]").findall
_QUOTED: Final = re.compile(r"[\s,]*(?:(?:\"[^\"]*\"|'[^']*')[\s,]*)+").fullmatch
_OPENING: Final = frozenset("([{=:<>;")
_CLOSING: Final = frozenset(")]}<>;")
_BRACKETS: Final = frozenset("[{")
_FEWEST: Final = 3
_PLAIN: Final = re.compile(r"[\w./+~-]+").fullmatch
_LONGEST: Final = 1 << 13


def fits(kind: str, token: str, piece: str) -> bool:
    """Whether a token of a kind tells of the build where it stands: in a piece of text."""
    if kind == "version":
        before = piece.partition(token)[0]
        return bool(_VERSION_WORDS(piece) or _NAME(before) or _FOLDER(before))
    if kind != "time" or _CLOCK(piece) or TIME_WORDS(piece):
        return True
    return bool(_BARE(piece.replace(token, "", 1)))  # a string that is nothing but a date


def shuffled(text: str) -> tuple[str, ...]:
    """What stays of a text when its words change places: these, and the signs between them."""
    return (*sorted(_WORDS(text)), "", *sorted(_SIGNS(text)))


def is_shuffled(left: str, right: str) -> bool:
    """Whether two texts with the same words differ in the order of a list: three items or more, and no expression.

    Two in quotes are enough between brackets or braces; the arguments of a call are a list where all are in quotes.
    """
    if max(len(left), len(right)) > _LONGEST:
        return False
    ones, others = _PARTS(left), _PARTS(right)
    head, tail = _ends(ones, others)
    mine, theirs = "".join(ones[head : len(ones) - tail]), "".join(others[head : len(others) - tail])
    if sorted(_WORDS(mine)) != sorted(_WORDS(theirs)):
        return False
    if len(mine.split()) >= _FEWEST and all(map(_is_option, (*mine.split(), *theirs.split()))):
        return True
    while head and ones[head - 1] not in _OPENING:
        head -= 1
    while tail and ones[-tail] not in _CLOSING:
        tail -= 1
    return _is_list(ones[head - 1] if head else "", "".join(ones[head : len(ones) - tail]))


def _ends(left: list[str], right: list[str]) -> tuple[int, int]:
    """How many parts at the start of two lists that differ are the same, and how many at their end."""
    head = tail = 0
    most = min(len(left), len(right))
    while head < most and left[head] == right[head]:
        head += 1
    while tail < most - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head, tail


def _is_list(opening: str, text: str) -> bool:
    """Whether items with commas between them are many enough for a list that is opened so."""
    if not _LIST(text):
        return False
    quoted = _QUOTED(text) is not None
    count = text.rstrip(", \t").count(",") + 1
    return count >= (2 if quoted and opening in _BRACKETS else _FEWEST) and (quoted or opening != "(")


def _is_option(word: str) -> bool:
    """Whether a word is an option of a program, or a path: such stand in lists with blanks between them."""
    return bool(_PLAIN(word)) and (word.startswith("-") or "." in word or "/" in word) and word.strip("-./+") != ""


def is_list(lines: list[str]) -> bool:
    """Whether lines are items of a list: names with points or slashes, in quotes or with commas; or some words."""
    items = [line.strip() for line in lines]
    return all(map(_is_item, items)) or (len(lines) >= _FEWEST and all(map(_PLAIN, items)))


def _is_item(text: str) -> bool:
    if text.endswith(",") or (text[:1] in {'"', "'"} and text[-1] in {'"', "'"}):
        return True
    return bool(_PLAIN(text)) and ("." in text or "/" in text)
