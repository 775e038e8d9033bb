"""METADATA, PKG-INFO and WHEEL: headers field by field, and the description behind them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from truewheel.compare.context import Pair
from truewheel.compare.lines import clipped
from truewheel.compare.model import Cause, Difference, Kind, Reason
from truewheel.compare.reasons import BACKEND, HASH_ORDER, LINE_ENDS, PLATFORM, PYTHON, TAG, VERSION
from truewheel.compare.spans import common_head
from truewheel.compare.text import compare_strings, decoded
from truewheel.compare.traces import explain, shown

_NAMES: Final = re.compile(r"(?:.*/)?(?:[^/]+\.(?:dist|egg)-info/)?(?:METADATA|PKG-INFO|WHEEL)").fullmatch
_FIELD: Final = re.compile(r"[!-9;-~]+:").match
_VERSION_OF_SYSTEM: Final = re.compile(r"^many(?=linux)|(?<=linux)\d+|(?<=[a-z\d])_\d+(?=_)").sub
_LARGEST: Final = 16 << 20
_MOST_FIELDS: Final = 20_000
_MOST_VALUES: Final = 40
_LONGEST_REQUIREMENT: Final = 4096
_OF_BACKENDS: Final = frozenset({"metadata-version", "dynamic", "platform", "license-file", "root-is-purelib"})
"""Fields whose presence and form follow the backend's version (PEP 643, PEP 639; setuptools' ``UNKNOWN``)."""
_REQUIREMENTS: Final = frozenset({"requires-dist", "provides-dist", "obsoletes-dist", "requires-python"})


class _Headers(NamedTuple):
    """A file of headers: names as they are written, with their values (folds kept), and what follows them."""

    fields: tuple[tuple[str, str], ...]
    body: str

    def by_name(self) -> dict[str, tuple[str, ...]]:
        """The values of each field by its name in small letters, in the order in which the names come first."""
        found: dict[str, list[str]] = {}
        for field, value in self.fields:
            found.setdefault(field.lower(), []).append(value)
        return {name: tuple(values) for name, values in found.items()}


def compare_headers(pair: Pair) -> tuple[Difference, ...]:
    """Two files of headers; nothing where the name is of another file, or where one of them holds none."""
    if not _NAMES(pair.name) or max(len(pair.left), len(pair.right)) > _LARGEST:
        return ()
    texts = decoded(pair.left), decoded(pair.right)
    if texts[0] is None or texts[1] is None:
        return ()
    left, right = _parse(texts[0]), _parse(texts[1])
    if left is None or right is None:
        return ()
    found = [*_line_ends(texts[0], texts[1]), *_fields(left, right)]
    if left.body.strip() == right.body.strip() and left.body != right.body:
        cause = Cause(BACKEND, "backends end the description with more or fewer empty lines", sure=False)
        found.append(Difference("description", Kind.CONTENT, "the empty lines around it differ", causes=(cause,)))
    elif left.body != right.body:
        found += compare_strings(left.body, right.body, place="description")
    return tuple(found)


def _parse(text: str) -> _Headers | None:
    """The headers of a text, line ends of any kind; None where it doesn't begin with one, or has too many."""
    fields: list[tuple[str, list[str]]] = []
    lines = text.replace("\r\n", "\n").split("\n")
    body = ""
    for number, line in enumerate(lines):
        if fields and line[:1] in {" ", "\t"}:
            fields[-1][1].append(line)
        elif not line:
            body = "\n".join(lines[number + 1 :])
            break
        elif _FIELD(line) and len(fields) < _MOST_FIELDS:
            name, _, value = line.partition(":")
            fields.append((name, [value.strip(" \t")]))
        else:
            return None
    return _Headers(tuple((name, "\n".join(folds)) for name, folds in fields), body) if fields else None


def _line_ends(left: str, right: str) -> Iterator[Difference]:
    crlf = ["\r\n" in text for text in (left, right)]
    if crlf[0] != crlf[1]:
        said = ["CRLF" if it else "LF" for it in crlf]
        cause = Cause(LINE_ENDS, f"{said[0]} on the left, {said[1]} on the right")
        yield Difference("line ends", Kind.CONTENT, "the line ends differ", said[0], said[1], causes=(cause,))


def _fields(left: _Headers, right: _Headers) -> Iterator[Difference]:
    """What differs in the headers: the fields that do, and the order of the others."""
    ones, others = left.by_name(), right.by_name()
    spelled = {field.lower(): field for field, _ in (*right.fields, *left.fields)}
    differ = [name for name in dict.fromkeys((*ones, *others)) if ones.get(name) != others.get(name)]
    for name in differ:
        yield _field(spelled[name], ones.get(name, ()), others.get(name, ()))
    unlike = set(differ)
    kept = [[field for field in side.fields if field[0].lower() not in unlike] for side in (left, right)]
    if kept[0] != kept[1]:
        cause = Cause(BACKEND, "the same fields, in another order or spelling", sure=False)
        summary = "the fields are the same, and stand in another order or are spelled otherwise"
        yield Difference("order of fields", Kind.CONTENT, summary, causes=(cause,))


def _field(name: str, left: tuple[str, ...], right: tuple[str, ...]) -> Difference:
    """One field that differs, with all its values."""
    mine, theirs = _values(left, right)
    causes = tuple(_causes(name.lower(), left, right))
    return Difference(name, Kind.CONTENT, _summary(left, right), mine, theirs, causes=causes)


def _summary(left: tuple[str, ...], right: tuple[str, ...]) -> str:
    if not left:
        return f"only on the right: {_count(right)}"
    if not right:
        return f"only on the left: {_count(left)}"
    if len(left) == len(right) == 1:
        return "the value differs"
    gone, new = Counter(left) - Counter(right), Counter(right) - Counter(left)
    if not gone and not new:
        return f"the same {len(left):,} values in another order"
    return f"{gone.total():,} of {_count(left)} only on the left, {new.total():,} of {_count(right)} only on the right"


def _count(values: tuple[str, ...]) -> str:
    return "1 value" if len(values) == 1 else f"{len(values):,} values"


def _values(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The values of both sides; a long one of each, such as a licence, is shown where they differ."""
    if len(left) == len(right) == 1:
        at = common_head(left[0], right[0])
        return clipped(left[0], at), clipped(right[0], at)
    return _told(left), _told(right)


def _told(values: tuple[str, ...]) -> str | None:
    """The values, as far as somebody reads them."""
    if not values:
        return None
    more = f"\n({len(values) - _MOST_VALUES:,} more)" if len(values) > _MOST_VALUES else ""
    return "\n".join(shown(value) for value in values[:_MOST_VALUES]) + more


def _causes(name: str, left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[Cause]:
    """Why a field differs: by what the field says, else by what its values show."""
    evidence = f"{_short(left)} on the left, {_short(right)} on the right"
    if name == "generator":
        yield Cause(BACKEND, evidence)
    elif name == "version":
        yield Cause(VERSION, evidence)
    elif sorted(left) == sorted(right):
        yield Cause(HASH_ORDER, f"the same values of {name.title()}, in another order", sure=False)
    elif name == "tag":
        yield Cause(_reason_of_tags(left, right), evidence)
    elif name in _OF_BACKENDS:
        yield Cause(BACKEND, f"{name.title()}: {evidence}", sure=name == "metadata-version")
    elif name in _REQUIREMENTS and _same_meaning(left, right):
        yield Cause(BACKEND, "the same requirements, spelled otherwise", sure=False)
    elif left and right:
        found = explain("\n".join(left), "\n".join(right))
        yield from found.causes if found.complete else ()


def _short(values: tuple[str, ...]) -> str:
    return shown(", ".join(values[:3]) + (f" and {len(values) - 3:,} more" if len(values) > 3 else "")) or "nothing"


def _reason_of_tags(left: tuple[str, ...], right: tuple[str, ...]) -> Reason:
    """Tags of another platform end otherwise; those of another Python begin otherwise (PEP 425).

    For one processor of one system they only say of which versions of it the wheel is known to run on.
    """
    ends = [{tag.rpartition("-")[2] for tag in tags} for tags in (left, right)]
    if ends[0] == ends[1]:
        return PYTHON
    systems = [{_VERSION_OF_SYSTEM("", tag) for tag in tags} for tags in ends]
    return TAG if systems[0] == systems[1] else PLATFORM


def _same_meaning(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether requirements are the same once they are read: parentheses, spaces and order aside."""
    mine, theirs = [sorted(map(_plain, values)) for values in (left, right)]
    return mine == theirs


def _plain(text: str) -> str:
    """A requirement as `packaging` writes it; where it can't be read, without spaces and parentheses."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # loading it takes 20 ms

    reader: Callable[[str], Requirement] = Requirement
    if len(text) <= _LONGEST_REQUIREMENT:
        try:
            return str(reader(text))
        except (InvalidRequirement, RecursionError):  # the latter for hundreds of parentheses in each other
            pass
    return ",".join(sorted(re.sub(r"[\s()]", "", text).split(",")))
