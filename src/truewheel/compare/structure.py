"""JSON, compared as values: by the path to each that differs, whatever its text looks like."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from truewheel.compare.context import Pair
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.reasons import BUILD_TIME, HASH_ORDER, SBOM_SERIAL
from truewheel.compare.text import compare_text, decoded
from truewheel.compare.tokens import part
from truewheel.compare.traces import explain, shown

Value: TypeAlias = "dict[str, Value] | list[Value] | str | bool | None"

_LARGEST: Final = 16 << 20
_LARGEST_WORK: Final = 64 << 20
"""Letters that items of lists take, written out to be paired: lists in lists are written again and again."""
_NUMBER: Final = "\0#"
"""Stands before a number, which is kept as it is written: 1.0 isn't 1, and no number is too long."""
_MARKED: Final = re.compile(r'"\\u0000#([^"]*)"')
_LIKE_NUMBERS: Final = re.compile(r"\\u0000(?:#|\\u0023)").search
"""A string that begins like a number here."""
_MOST: Final = 60
_DEEPEST: Final = 100
_SERIALS: Final = re.compile(r"\$\.(?:serialNumber|documentNamespace)").fullmatch
_NAMESPACES: Final = ('"urn:', '"http:', '"https:')
_TIMES: Final = re.compile(r"(?i).*\.(?:timestamp|created|date|time|builtAt|buildTime|modified)").fullmatch


class _UnfitError(Exception):
    """What can't be compared as values."""


def compare_json(pair: Pair) -> tuple[Difference, ...]:
    """Two JSON texts; nothing where the name or the beginning is of something else, or where one can't be read.

    A name that comes twice in an object, and nesting deeper than readers follow, are left to the comparison of text.
    """
    if max(len(pair.left), len(pair.right)) > _LARGEST or not _likely(pair):
        return ()
    try:
        left, right = _parse(pair.left), _parse(pair.right)
        walk = _Walk()
        found = list(walk.differences(left, right))
        told = list(map(_told, found[:_MOST]))
        if not found and left == right:
            return tuple(_form(pair, left, right))
    except (_UnfitError, RecursionError):
        return ()
    if len(found) > _MOST:
        told.append(Difference("more values", Kind.CONTENT, f"{len(found) - _MOST:,} more values differ"))
    if found and walk.shuffled:
        said = f"the keys of {walk.shuffled:,} object{'s' if walk.shuffled > 1 else ''} stand in another order"
        cause = Cause(HASH_ORDER, f"the first is {shown(walk.first_shuffled)}", sure=False)
        told.append(Difference("order of keys", Kind.CONTENT, said, causes=(cause,)))
    return tuple(told)


def _likely(pair: Pair) -> bool:
    starts = [data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] for data in (pair.left, pair.right)]
    return all(start in {b"{", b"["} for start in starts) and (
        pair.name.endswith((".json", ".jsonld", ".ipynb", ".map", ".spdx", ".cdx")) or b'"' in pair.left[:256]
    )


def _parse(data: bytes) -> Value:
    text = decoded(data)
    if text is None or _LIKE_NUMBERS(text):
        raise _UnfitError
    try:
        value: Value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_object,
            parse_int=_NUMBER.__add__,
            parse_float=_NUMBER.__add__,
            parse_constant=_NUMBER.__add__,
        )
    except ValueError:
        raise _UnfitError from None
    return value


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _UnfitError
    return made


class _How(Enum):
    """What there is at a path."""

    CHANGED = "the value differs"
    ONLY_LEFT = "only on the left"
    ONLY_RIGHT = "only on the right"
    ITEM_LEFT = "an item is only on the left"
    ITEM_RIGHT = "an item is only on the right"
    SHUFFLED = "the items stand in another order"


@dataclass(frozen=True, slots=True)
class _Found:
    """A value that differs, or that only one side has; ``how`` says so. It is put into words if it is to be shown."""

    path: str
    how: _How
    left: Value = None
    right: Value = None


class _Walk:
    """A walk over two values at once; it can be made only once, for its work is counted.

    ``shuffled`` counts the objects that have the same keys in another order; the path of one is ``first_shuffled``.
    """

    def __init__(self) -> None:
        self.shuffled = 0
        self.first_shuffled = ""
        self._waiting: list[tuple[str, int, Value, Value]] = []
        self._room = _LARGEST_WORK

    def differences(self, left: Value, right: Value) -> Iterator[_Found]:
        """What differs, in the order of the left. Raises `_UnfitError` where that is too much work."""
        self._waiting = [("$", 0, left, right)]
        while self._waiting:
            path, depth, mine, theirs = self._waiting.pop()
            if isinstance(mine, dict) and isinstance(theirs, dict) and depth < _DEEPEST:
                yield from self._objects(path, depth, mine, theirs)
            elif isinstance(mine, list) and isinstance(theirs, list) and depth < _DEEPEST:
                if mine != theirs:
                    yield from self._lists(path, depth, mine, theirs)
                else:
                    self._push(path, depth, mine, theirs)
            elif mine != theirs:
                yield _Found(path, _How.CHANGED, mine, theirs)

    def _objects(self, path: str, depth: int, left: dict[str, Value], right: dict[str, Value]) -> Iterator[_Found]:
        common = [key for key in left if key in right]
        if common != [key for key in right if key in left]:
            self.shuffled += 1
            self.first_shuffled = self.first_shuffled or path
        self._waiting += [(_below(path, key), depth + 1, left[key], right[key]) for key in reversed(common)]
        for key, value in left.items():
            if key not in right:
                yield _Found(_below(path, key), _How.ONLY_LEFT, left=value)
        for key, value in right.items():
            if key not in left:
                yield _Found(_below(path, key), _How.ONLY_RIGHT, right=value)

    def _lists(self, path: str, depth: int, left: list[Value], right: list[Value]) -> Iterator[_Found]:
        """Two lists that differ: in order alone, item by item where they are of one length, else in what each has."""
        mine, theirs = [_text(value) for value in left], [_text(value) for value in right]
        self._room -= sum(map(len, mine)) + sum(map(len, theirs))
        if self._room < 0:
            raise _UnfitError
        gone, new = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        if not gone and not new:
            yield _Found(path, _How.SHUFFLED, left, right)
        elif len(left) == len(right):
            self._push(path, depth, left, right)
        else:
            values = dict(zip((*mine, *theirs), (*left, *right), strict=True))
            yield from (_Found(path, _How.ITEM_LEFT, left=values[text]) for text in gone.elements())
            yield from (_Found(path, _How.ITEM_RIGHT, right=values[text]) for text in new.elements())

    def _push(self, path: str, depth: int, left: list[Value], right: list[Value]) -> None:
        """Have items looked at: those that differ, and those that hold objects, whose keys may."""
        looked_at = [at for at in range(len(left)) if isinstance(left[at], (dict, list)) or left[at] != right[at]]
        self._waiting += [(f"{path}[{at}]", depth + 1, left[at], right[at]) for at in reversed(looked_at)]


def _below(path: str, key: str) -> str:
    return f"{path}.{key[:200]}" if key.isidentifier() or re.fullmatch(r"[\w-]+", key) else f"{path}[{key[:200]!r}]"


def _told(found: _Found) -> Difference:
    """A difference in words."""
    left = None if found.how in {_How.ONLY_RIGHT, _How.ITEM_RIGHT} else _text(found.left)
    right = None if found.how in {_How.ONLY_LEFT, _How.ITEM_LEFT} else _text(found.right)
    if found.how is _How.SHUFFLED:
        cause = Cause(HASH_ORDER, "the same items, in another order", sure=False)
        return Difference(found.path, Kind.CONTENT, found.how.value, causes=(cause,))
    causes = _causes(found.path, left, right) if left is not None and right is not None else ()
    mine, theirs = (None if text is None else shown(text) for text in (left, right))
    return Difference(found.path, Kind.CONTENT, found.how.value, mine, theirs, causes=causes)


def _causes(path: str, left: str, right: str) -> tuple[Cause, ...]:
    evidence = f"{shown(left)} on the left, {shown(right)} on the right"
    if _SERIALS(path) and left.startswith(_NAMESPACES) and right.startswith(_NAMESPACES):
        return (Cause(SBOM_SERIAL, evidence),)
    if _TIMES(path) and _is_time(left) and _is_time(right):
        return (Cause(BUILD_TIME, evidence),)
    key = path.rpartition(".")[2]
    found = explain(f"{key}: {left}", f"{key}: {right}")
    return found.causes if found.complete else ()


def _is_time(text: str) -> bool:
    """Whether there is a time in a value: a field called "time" may as well hold the seconds that something took."""
    return any(token.kind == "time" for token in part(shown(text)).tokens)


def _text(value: Value) -> str:
    """A value as JSON, whatever the order of its keys; numbers as they were written."""
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False, sort_keys=True))


def _form(pair: Pair, left: Value, right: Value) -> Iterator[Difference]:
    """Equal values that are written in two ways: keys in another order, or other spaces."""
    lines = tuple(line for found in compare_text(pair) for line in found.lines)
    if json.dumps(left) == json.dumps(right):
        yield Difference("", Kind.CONTENT, "the same values, written with other spaces or escapes", lines=lines)
        return
    cause = Cause(HASH_ORDER, "the same values, with keys in another order", sure=False)
    yield Difference("", Kind.CONTENT, "the same values, with keys in another order", lines=lines, causes=(cause,))
