"""Why two runs of text or bytes differ, as far as they show it: build paths, times, versions, another order.

Both sides are cut into pieces: lines of text, strings of bytes. Those that only one side has are taken apart into
tokens (`tokens`); a piece of the left and one of the right that are the same but for tokens explain each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.compare.clues import TIME_WORDS, fits, is_shuffled, shuffled
from truewheel.compare.model import Cause, Reason
from truewheel.compare.reasons import (
    BUILD_PATH,
    BUILD_TIME,
    COMPILER,
    HASH_ORDER,
    HOST,
    PLATFORM,
    PYTHON,
    SBOM_SERIAL,
    VERSION,
)
from truewheel.compare.spans import common_head, common_tail
from truewheel.compare.tokens import Token, part, part_path

_LARGEST_WINDOW: Final = 8 << 20
_LARGEST_TOTAL: Final = 1 << 18
"""Letters of one side that are taken apart: some tenths of a second."""
_LONGEST_PIECE: Final = 1 << 13
_AROUND: Final = 256
_SHOWN: Final = 160
_STRINGS: Final = re.compile(rb"[\t\x20-\x7e]{4,}").finditer
_REVISION: Final = re.compile(r"(?i)\b(?:git|hg|vcs|commit|revision|changeset)|_(?:commit|revision)\b").search
_DAY: Final = re.compile(r"\bd20\d{6}\b")
"""What setuptools-scm puts into the version of a checkout that was changed."""
_OF_SYSTEM: Final = re.compile(r"/(?:bin|boot|dev|etc|lib\w*|opt|proc|run|sbin|srv|sys|usr|var)/").match
"""Folders of any system (FHS), in which nobody builds: a path that leads to another one is another path."""
_FRAGMENT: Final = re.compile("[#?].*", re.DOTALL)
_REASONS: Final = {
    "compiler": COMPILER,
    "host": HOST,
    "platform": PLATFORM,
    "python": PYTHON,
    "serial": SBOM_SERIAL,
    "time": BUILD_TIME,
    "version": VERSION,
}
_SURE: Final = frozenset({"compiler", "platform", "python"})


class Explanation(NamedTuple):
    """The causes that were recognized, and whether they explain every piece that differs."""

    causes: tuple[Cause, ...]
    complete: bool
    matched: int = 0
    """How many pieces of the left have a partner on the right, from which they differ by what has a cause."""


def causes_of(left: bytes | str, right: bytes | str) -> tuple[Cause, ...]:
    """Why two runs of text or bytes differ, as far as they show it. Either both are text or both are bytes.

    Time and memory are bounded: of very long runs, only what lies around the first difference is looked at.
    """
    return explain(left, right).causes


def explain(left: bytes | str, right: bytes | str) -> Explanation:
    """`causes_of`, and whether these causes are all that there is to say.

    Bytes outside of strings are never explained, so with bytes it says this of the strings in them.
    """
    mine, theirs = Counter(_pieces(left, right)), Counter(_pieces(right, left))
    lefts, rights = list((mine - theirs).elements()), list((theirs - mine).elements())
    if len(lefts) == len(rights) == 1:
        lefts, rights = [_trimmed(lefts[0], rights[0])], [_trimmed(rights[0], lefts[0])]
    mine_kept, theirs_kept = _bounded(lefts), _bounded(rights)
    found = _explained(mine_kept, theirs_kept)
    return found._replace(complete=found.complete and mine_kept == lefts and theirs_kept == rights)


def shown(text: str) -> str:
    """A text as evidence shows it: not longer than a line."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _sides(left: str, right: str) -> str:
    return f"{shown(left)} on the left, {shown(right)} on the right"


def _pieces(data: bytes | str, other: bytes | str) -> Iterator[str]:
    """The pieces of one side, where it differs from the other."""
    if isinstance(data, str):
        yield from data.split("\n") if len(data) <= _LARGEST_WINDOW else data[:_LARGEST_WINDOW].split("\n")
    elif isinstance(other, bytes):
        head = common_head(data, other)
        tail = common_tail(data, other, head)
        start = max(0, head - _AROUND)
        end = min(len(data) - tail + _AROUND, start + _LARGEST_WINDOW, len(data))
        for match in _STRINGS(data, start, end):
            yield match[0].decode("ascii")


def _trimmed(text: str, other: str) -> str:
    """One piece without most of what it shares with another: long lines are explained where they differ."""
    if len(text) <= _LONGEST_PIECE and len(other) <= _LONGEST_PIECE:
        return text
    head = common_head(text, other)
    tail = common_tail(text, other, head)
    return text[max(0, head - _AROUND) : len(text) - tail + _AROUND]


def _bounded(pieces: list[str]) -> list[str]:
    kept: list[str] = []
    room = _LARGEST_TOTAL
    for piece in pieces:
        kept.append(piece[: min(_LONGEST_PIECE, room)])
        room -= len(kept[-1])
        if room <= 0:
            break
    return kept


class _Piece(NamedTuple):
    """A line or a string, and what it holds that follows the circumstances."""

    text: str
    tokens: tuple[Token, ...]


class _Finds:
    """Causes as they are found: of each reason the first evidence, and how often there was more."""

    def __init__(self) -> None:
        self.first: dict[Reason, tuple[str, bool]] = {}
        self.more: Counter[Reason] = Counter()

    def add(self, reason: Reason, evidence: str, *, sure: bool) -> None:
        known = self.first.get(reason)
        if known is None or (sure and not known[1]):
            self.first[reason] = evidence, sure
        self.more[reason] += 1

    def causes(self) -> tuple[Cause, ...]:
        return tuple(
            Cause(reason, evidence + (f" (and {self.more[reason] - 1:,} more)" if self.more[reason] > 1 else ""), sure)
            for reason, (evidence, sure) in self.first.items()
        )


def _explained(lefts: list[str], rights: list[str]) -> Explanation:
    finds = _Finds()
    open_rights: dict[str, list[_Piece]] = {}
    for piece in reversed(rights):
        skeleton, tokens = part(piece)
        open_rights.setdefault(skeleton, []).append(_Piece(piece, tokens))
    complete, matched, left_over = True, 0, list[_Piece]()
    for piece in lefts:
        skeleton, tokens = part(piece)
        partners = open_rights.get(skeleton)
        if partners:
            explained = _compare_tokens(tokens, partners.pop().tokens, finds, piece)
            matched += explained
            complete &= explained
        else:
            left_over.append(_Piece(piece, tokens))
    right_over = [piece for partners in open_rights.values() for piece in partners]
    alone = _compare_words(left_over, right_over, finds)
    matched += len(left_over) - alone[0]
    complete &= alone == (0, 0)
    if left_over and right_over and BUILD_PATH not in finds.first:
        _compare_places(left_over, right_over, finds)
    return Explanation(finds.causes(), complete and bool(finds.first), matched)


def _compare_tokens(lefts: tuple[Token, ...], rights: tuple[Token, ...], finds: _Finds, piece: str) -> bool:
    """Whether every pair of tokens that differs has a cause."""
    pairs = [pair for pair in zip(lefts, rights, strict=False) if pair[0] != pair[1]]
    return sum(_compare_token(mine, theirs, finds, piece) for mine, theirs in pairs) == len(pairs)


def _compare_token(mine: Token, theirs: Token, finds: _Finds, piece: str) -> bool:
    """Whether a token that differs has a cause; the piece that it stands in may say what it is."""
    kind, evidence = mine.kind, _sides(mine.text, theirs.text)
    if kind in {"path", "url"}:
        return _compare_paths(mine.text, theirs.text, finds, kind, evidence)
    if kind == "place":
        return _compare_place(mine.text, theirs.text, finds, piece, evidence)
    if kind == "digest" and _REVISION(piece):
        finds.add(VERSION, f"another revision: {evidence}", sure=False)
        return True
    if kind == "version" and _DAY.sub("", mine.text) == _DAY.sub("", theirs.text):
        finds.add(BUILD_TIME, evidence, sure=False)
        return True
    reason = _REASONS.get(kind)
    if reason is None or not fits(kind, mine.text, piece):
        return False
    clear = kind == "time" and (":" in mine.text or bool(TIME_WORDS(piece)))
    finds.add(reason, evidence, sure=kind in _SURE or clear or (kind == "version" and "version" in piece.lower()))
    return True


def _compare_place(mine: str, theirs: str, finds: _Finds, piece: str, evidence: str) -> bool:
    """Paths that build machines are known by: in two folders, or in one with something else behind it."""
    same = _FRAGMENT.sub("", mine)
    if same == _FRAGMENT.sub("", theirs):
        return _compare_fragments(mine[len(same) :], theirs[len(same) :], finds, piece)
    if _differ_in_versions(mine, theirs):
        return False  # a package that was built along, in a folder of its version
    finds.add(BUILD_PATH, evidence, sure=True)
    return True


def _differ_in_versions(mine: str, theirs: str) -> bool:
    """Whether two folders have the same names, but for numbers of versions."""
    (skeleton, tokens), (other, others) = part_path(mine), part_path(theirs)
    if skeleton != other:
        return False
    return all(one == another or one.kind == "version" for one, another in zip(tokens, others, strict=True))


def _compare_fragments(mine: str, theirs: str, finds: _Finds, piece: str) -> bool:
    """What stands behind one and the same folder: package ids of Cargo have the version there."""
    (skeleton, tokens), (other, others) = part_path(mine), part_path(theirs)
    return skeleton == other and _compare_tokens(tokens, others, finds, piece)


def _compare_paths(mine: str, theirs: str, finds: _Finds, kind: str, evidence: str) -> bool:
    """Paths that no build machine is known by: of another Python or version, or of one file in two folders."""
    (skeleton, tokens), (other, others) = part_path(mine), part_path(theirs)
    if skeleton == other:
        return _compare_tokens(tokens, others, finds, mine)
    if (
        kind == "path"
        and mine.rpartition("/")[2] == theirs.rpartition("/")[2] != ""
        and not (_OF_SYSTEM(mine) or _OF_SYSTEM(theirs))
    ):
        finds.add(BUILD_PATH, evidence, sure=False)
        return True
    return False


def _compare_words(lefts: list[_Piece], rights: list[_Piece], finds: _Finds) -> tuple[int, int]:
    """How many pieces of each side have no partner with the same items in another order; those that do are told."""
    waiting: dict[tuple[str, ...], list[str]] = {}
    for text, _ in rights:
        waiting.setdefault(shuffled(text), []).append(text)
    alone = 0
    for text, _ in lefts:
        partners = waiting.get(shuffled(text), [])
        if partners and is_shuffled(text, partners[-1]):
            finds.add(HASH_ORDER, f"the same items: {_sides(text, partners.pop())}", sure=False)
        else:
            alone += 1
    return alone, sum(map(len, waiting.values()))


def _compare_places(lefts: list[_Piece], rights: list[_Piece], finds: _Finds) -> None:
    """Folders of build machines that only one side names each, in lines that differ in more than these."""
    mine, theirs = (
        dict.fromkeys(token.text for piece in pieces for token in piece.tokens if token.kind == "place")
        for pieces in (lefts, rights)
    )
    first = next((place for place in mine if place not in theirs), None)
    other = next((place for place in theirs if place not in mine), None)
    if first is not None and other is not None:
        finds.add(BUILD_PATH, _sides(first, other), sure=True)
