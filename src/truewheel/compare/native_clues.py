"""Causes that can be read off the strings in native files: build folders, dates of builds, other toolchains.

Only what differs is looked at: equal bytes at the start and at the end of two stretches are left out first, and then
the strings that both sides have. Those that are left are matched, in their order or by what they end with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from truewheel.compare.model import Cause
from truewheel.compare.native_producers import Strings, compilers, is_of_compiler, neutral
from truewheel.compare.native_spread import common_end, common_start
from truewheel.compare.reasons import BUILD_PATH, BUILD_TIME, HASH_ORDER, VERSION
from truewheel.compare.tokens import part
from truewheel.compare.traces import explain

SHOWN: Final = 1000
"""How many strings of one place are kept: reports show some of them, or all when they are asked for."""
LONGEST_SHOWN: Final = 200
"""Characters of a string that are shown."""

_BEFORE, _BEHIND = 4096, 256  # bytes of equal text around a difference: a path may begin there
_MOST_BYTES = 4 << 20
_MOST_STRINGS = 1 << 17
_MOST_TOLD = 1000
_PRINTABLE = re.compile(rb"[\t\x20-\x7e\x80-\xf4]{4,}")  # ASCII, and what may be UTF-8
_ASCII = re.compile(rb"[\t\x20-\x7e]{4,}")
_PATH_CHARACTER = r"""[^\x00-\x20"'`<>|*?;,()\[\]{}=]"""
_ABSOLUTE = re.compile(rf"(?:(?:(?<![\w/:.~\\-])|(?<=-[A-Z]))/|(?<![A-Za-z0-9])[A-Za-z]:[\\/]){_PATH_CHARACTER}*")
_SOURCE = re.compile(
    r"(?i)\.(?:[cfhsmdo]|cc|cpp|cxx|c\+\+|hh|hpp|hxx|inl|inc|obj|asm|mm|rs|go|pyx|pxd|pxi|py|cu|f\d\d|for|swift)\b"
)
"""What a file is called that a compiler reads: nobody serves one at an address, or names it in a table of routes."""
_SEPARATOR = re.compile(r"[\\/]")
_SYSTEM = re.compile(
    r"/(?:usr/(?!src/|local/src/)|lib\w*/|bin/|proc/|dev/|etc/|System/|Library/Developer/|Applications/)"
)
_STANDING_IN: Final = frozenset({"/src", "/env", "/python"})
"""What a build's folders are called in what `truewheel build` makes (docs/build.md)."""
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_OF_DAY = re.compile(r"\b[0-2]\d:[0-5]\d\b")
_BUILT = re.compile(r"(?i)\b(?:built|build|generated|created|compiled|timestamp)\b")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIMES = re.compile(
    rf"(?:{_MONTHS}) [ 0-3]\d [12]\d{{3}}|[12]\d{{3}}[-/.][01]\d[-/.][0-3]\d|\b[0-2]\d:[0-5]\d(?::[0-6]\d)?"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|\b(?:20\d{{6}}(?:T?\d{{4,6}}Z?)?|1[5-9]\d{{8}})\b"
)


def differing_strings(left: memoryview, right: memoryview) -> Strings:
    """The strings of four and more characters that stand on one side alone."""
    start, end = _window(left, right)
    texts = [_strings(side[start : min(len(side) - end, start + _MOST_BYTES)]) for side in (left, right)]
    return Strings(_only(texts[0], texts[1]), _only(texts[1], texts[0]))


def _window(left: memoryview, right: memoryview) -> tuple[int, int]:
    """How many bytes at the start and at the end of both need no look; empty where they are the same."""
    start = common_start(left, right)
    if start == len(left) == len(right):
        return start, 0
    end = common_end(left, right, min(len(left), len(right)) - start)
    return max(0, start - _BEFORE), max(0, end - _BEHIND)


def _strings(data: memoryview) -> dict[bytes, None]:
    return dict.fromkeys(text for text, _ in islice(_texts(data), _MOST_STRINGS))


def _texts(data: memoryview) -> Iterator[tuple[bytes, int]]:
    """The strings with their places: UTF-8 where it is some, else the pieces of ASCII."""
    for match in _PRINTABLE.finditer(data):
        text = match[0]
        if text.isascii() or _is_utf8(text):
            yield text, match.start()
        else:
            for piece in _ASCII.finditer(text):
                yield piece[0], match.start() + piece.start()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return _ASCII.search(text) is not None


def placed_strings(left: memoryview, right: memoryview) -> list[tuple[int, int]]:
    """Where strings stand that two stretches that differ hold once each, in the order of the left one."""
    start, end = _window(left, right)
    places, others = _placed(left, start, len(left) - end), _placed(right, start, len(right) - end)
    return [(at, others[text]) for text, at in places.items() if text in others]


def nothing_else(left: memoryview, right: memoryview, matched: Mapping[str, str]) -> bool:
    """Whether two stretches differ in nothing but strings that match, and in the zeros behind strings."""
    start, end = _window(left, right)
    sides = [side[start : len(side) - end] for side in (left, right)]
    if max(map(len, sides)) > _MOST_BYTES:
        return False
    return _settled(sides[0], matched) == _settled(sides[1], {})


def _settled(data: memoryview, matched: Mapping[str, str]) -> bytes:
    pieces, end = [], 0
    for text, at in _texts(data):
        pieces.append(_gap(data[end:at], behind=end > 0))
        told = text.decode("utf-8", "replace")
        pieces.append(matched[told].encode() if told in matched else neutral(text))
        end = at + len(text)
    return b"".join((*pieces, _gap(data[end:], behind=end > 0)))


def _gap(data: memoryview, *, behind: bool) -> bytes:
    """What lies between strings, without the zeros `behind` one but for the first."""
    gap = bytes(data)
    return b"\0" + gap.lstrip(b"\0") if behind and gap[:1] == b"\0" else gap


def _placed(data: memoryview, start: int, end: int) -> dict[bytes, int]:
    """Where strings begin; those that come again are left out."""
    found: dict[bytes, int] = {}
    twice: set[bytes] = set()
    for text, at in islice(_texts(data[start : min(end, start + _MOST_BYTES)]), _MOST_STRINGS):
        if text in found:
            twice.add(text)
        found[text] = start + at
    return {text: at for text, at in found.items() if text not in twice}


def _only(these: Iterable[bytes], those: dict[bytes, None]) -> tuple[str, ...]:
    return tuple(text.decode("utf-8", "replace") for text in these if text not in those)


def pairs(strings: Strings) -> Iterator[tuple[str, str]]:
    """Which string of the left stands where which one of the right does, as far as can be told.

    Those that end with the same file name belong together, and of the rest, if there are as many on both sides, those
    in the same place.
    """
    ends: dict[str, list[str]] = {}
    for text in reversed(strings.right):
        ends.setdefault(_end(text), []).append(text)
    rest = []
    for text in strings.left:
        if found := ends.get(_end(text)):
            yield text, found.pop()
        else:
            rest.append(text)
    others = {text for texts in ends.values() for text in texts}
    if len(rest) == len(others):
        yield from zip(rest, (text for text in strings.right if text in others), strict=True)


def _end(text: str) -> str:
    return _SEPARATOR.split(text.rstrip("/\\"))[-1]


class Clues(NamedTuple):
    """What strings show: causes, which strings of the left these turn into which of the right, and the other ones."""

    causes: tuple[Cause, ...]
    matched: dict[str, str]
    rest: Strings


def clues(strings: Strings, *, of_paths: bool = False) -> tuple[Cause, ...]:
    """The causes that strings show, where they explain all of them."""
    found = find_clues(strings, of_paths=of_paths)
    return () if any(found.rest) else found.causes


def find_clues(strings: Strings, *, of_paths: bool = False) -> Clues:
    """The causes that these strings show: the commonest pair of folders, the first of times, and what any text may.

    Two paths mean two folders of builds where the file is the same, and surely so where it is a source or the folders
    are known for builds; anywhere in a table `of_paths`, such as debug information. Else they may be any two values.
    """
    causes = list(compilers(strings))
    strings = Strings(*(tuple(text for text in side if not is_of_compiler(text)) for side in strings))
    folders: dict[tuple[str, str], int] = {}
    known: set[tuple[str, str]] = set()
    times: list[tuple[str, str]] = []
    matched: dict[str, str] = {}
    for left, right in pairs(strings):
        if (roots := build_folders(left, right)) is not None:
            sure = of_paths or _of_builds(roots) or _SOURCE.search(left) is not None
            if sure or _end(left) == _end(right):
                folders[roots] = folders.get(roots, 0) + 1
                known.update([roots] if sure else [])
                if left.replace(*roots) == right:
                    matched[left] = right
        elif same_but_times(left, right):
            times.append((left, right))
            matched[left] = right
    if folders:
        (one, other), number = max(folders.items(), key=lambda item: (item[0] in known, item[1], item[0]))
        often = "" if number == 1 else f", in {number:,} strings"
        evidence = f"{clipped(one)} on the left, {clipped(other)} on the right{often}"
        causes.append(Cause(BUILD_PATH, evidence, sure=(one, other) in known))
    if times:
        evidence = f"{clipped(times[0][0])} on the left, {clipped(times[0][1])} on the right"
        causes.append(Cause(BUILD_TIME, evidence, sure=any(_OF_DAY.search(text) for text in times[0])))
    targets = set(matched.values())
    rest = Strings(
        tuple(text for text in strings.left if text not in matched),
        tuple(text for text in strings.right if text not in targets),
    )
    return _with_general(tuple(causes), matched, rest)


def _with_general(causes: tuple[Cause, ...], matched: dict[str, str], rest: Strings) -> Clues:
    """What any text may show of the other strings.

    Order says nothing here: strings were taken apart, and code is no list of words. Versions and dates are those of
    libraries that were linked.
    """
    if not any(rest):
        return Clues(causes, matched, rest)
    sides = ["\n".join(side[:_MOST_TOLD]) for side in rest]
    found = explain(*sides)
    unfit = (
        {HASH_ORDER, BUILD_TIME, VERSION, BUILD_PATH} if _versions_differ(rest) else {HASH_ORDER, BUILD_TIME, VERSION}
    )
    reasons = {cause.reason for cause in causes}
    more = tuple(cause for cause in found.causes if cause.reason not in reasons | unfit)
    few = len(rest.left) == len(rest.right) <= _MOST_TOLD
    if found.complete and few and not any(cause.reason in unfit for cause in found.causes):
        return Clues((*causes, *more), matched | dict(zip(*rest, strict=True)), Strings((), ()))
    return Clues((*causes, *more), matched, rest)


def _versions_differ(strings: Strings) -> bool:
    """Whether paths are those of other versions of something."""
    return any(
        set(_VERSION.findall(one)) != set(_VERSION.findall(other)) for one, other in islice(pairs(strings), 1000)
    )


def _of_builds(roots: tuple[str, str]) -> bool:
    """Whether both folders are such as only machines that build have."""
    return all(any(token.kind == "place" for token in part(f"{root}/").tokens) for root in roots)


def build_folders(left: str, right: str) -> tuple[str, str] | None:
    """The two folders in which the paths in two strings differ, without what these end with in common.

    None where there are no absolute paths that differ, or only those of a system or a toolchain, or of two versions
    of something.
    """
    if left == right:
        return None
    at = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    one, other = _path_around(left, at), _path_around(right, at)
    if one is None or other is None or one == other or (_SYSTEM.match(one) and _SYSTEM.match(other)):
        return None
    parts, others = _components(one), _components(other)
    while len(parts) > 1 and len(others) > 1 and parts[-1] == others[-1]:
        parts.pop()
        others.pop()
    roots = "".join(parts).rstrip("/\\"), "".join(others).rstrip("/\\")
    if not all(roots):
        return None
    # A folder of another version of something is another thing; but not where our stand-ins have renamed one.
    if _STANDING_IN.isdisjoint(roots) and _VERSION.findall(roots[0]) != _VERSION.findall(roots[1]):
        return None
    return roots


def _path_around(text: str, at: int) -> str | None:
    """The absolute path that goes on at `at`, or begins there."""
    for match in _ABSOLUTE.finditer(text):
        if match.start() <= at <= match.end() and len(match[0]) > 1:
            return match[0]
        if match.start() > at:
            break
    return None


def _components(path: str) -> list[str]:
    """The parts of a path, each with the separator before it."""
    return re.findall(r"[\\/]+[^\\/]*|^[^\\/]+", path)


def same_but_times(left: str, right: str) -> bool:
    """Whether two strings differ only in dates or times, and say that these are of a build.

    A time of day does, and a word; a date alone is as likely that of a release.
    """
    if left == right or _TIMES.search(left) is None or _TIMES.sub("@", left) != _TIMES.sub("@", right):
        return False
    return all(_OF_DAY.search(text) or _BUILT.search(text) or _TIMES.fullmatch(text) for text in (left, right))


def told(strings: Strings) -> tuple[str | None, str | None]:
    """The strings of both sides as short values; None where there are none."""
    return _listed(strings.left), _listed(strings.right)


def _listed(texts: Sequence[str]) -> str | None:
    if not texts:
        return None
    rest = len(texts) - SHOWN
    return "\n".join([*map(clipped, texts[:SHOWN]), *([f"… and {rest:,} more"] if rest > 0 else [])])


def clipped(text: str) -> str:
    """A text that is short enough to be shown."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
