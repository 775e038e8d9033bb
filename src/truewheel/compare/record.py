"""RECORD: rows that follow from what else differs, and those that don't."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from truewheel.compare.context import Pair
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.reasons import INSTALLER, ORDER, SIGNATURE, ZIP_TOOL
from truewheel.compare.text import decoded

_LARGEST: Final = 64 << 20
_MOST_ROWS: Final = 20
_RECORD: Final = ".dist-info/RECORD"
SIGNATURES: Final = (".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""How the names of RECORD's signatures end."""


def compare_signatures(pair: Pair) -> tuple[Difference, ...]:
    """Two signatures of RECORD (PEP 427); nothing where the names are of something else."""
    if not pair.name.endswith(SIGNATURES):
        return ()
    cause = Cause(SIGNATURE, "RECORD was signed anew, or something else was signed")
    return (Difference("", Kind.CONTENT, "the signatures of RECORD differ", causes=(cause,)),)


class Listing(NamedTuple):
    """What else there is beside a RECORD.

    ``names`` are those of the members in their order, as the left calls them; empty where the order means nothing, as
    in a directory. ``installed`` says whether an installer left its mark there.
    """

    names: tuple[str, ...] = ()
    installed: bool = False


Listings: TypeAlias = "tuple[Listing, Listing]"
_NOTHING: Final = (Listing(), Listing())


class _Row(NamedTuple):
    """A row as it is written, with the path by which the two sides are paired first."""

    path: str
    rest: tuple[str, ...]


_Rests: TypeAlias = "tuple[tuple[str, ...], ...]"
"""What the rows of one path hold behind it."""


def compare_record(
    pair: Pair, changed: Callable[[str], bool], paired: Callable[[str], str], listings: Listings | None = _NOTHING
) -> tuple[Difference, ...] | None:
    """Two RECORDs, where `changed` says of a member, by the left's name, that it differs or is on one side alone.

    `paired` gives the left's name for one of the right. Without `listings` it doesn't matter how rows are written, nor
    in which order. None where one of the sides isn't csv.
    """
    if max(len(pair.left), len(pair.right)) > _LARGEST:
        return None
    texts = decoded(pair.left), decoded(pair.right)
    if texts[0] is None or texts[1] is None:
        return None
    left, right = _rows(texts[0], lambda path: path), _rows(texts[1], paired)
    if left is None or right is None:
        return None
    by_left, by_right = _by_path(left), _by_path(right)
    paths = tuple(dict.fromkeys((*by_left, *by_right)))
    differ = [path for path in paths if by_left.get(path) != by_right.get(path)]
    lies = [path for path in differ if not changed(path)]
    followers = len(differ) - len(lies) or _renamed(texts[1], by_right)
    found = [*_followers(followers), *(_row(path, by_left, by_right) for path in lies[:_MOST_ROWS])]
    if len(lies) > _MOST_ROWS:
        found.append(Difference("more rows", Kind.CONTENT, f"{len(lies) - _MOST_ROWS:,} more rows differ"))
    if listings is None:
        return tuple(found)
    found += _line_ends(texts[0], texts[1], listings)
    found += _order(list(by_left), list(by_right), listings)
    if not found:
        cause = Cause(ZIP_TOOL, "the rows say the same", sure=False)
        found.append(Difference("form", Kind.CONTENT, "the rows are the same, quoted in another way", causes=(cause,)))
    return tuple(found)


def _rows(text: str, paired: Callable[[str], str]) -> list[_Row] | None:
    """The rows; None for what is no csv."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error:
        return None
    return [_Row(paired(row[0]), tuple(row[1:])) for row in rows]


def _by_path(rows: list[_Row]) -> dict[str, _Rests]:
    """What is behind each path, in the order in which paths come first; damaged RECORDs have one twice."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for path, rest in rows:
        found.setdefault(path, []).append(rest)
    return {path: tuple(rests) for path, rests in found.items()}


def _renamed(text: str, rows: dict[str, _Rests]) -> int:
    """How many rows of the right are in a folder that is called otherwise on the left."""
    written = _rows(text, lambda path: path)
    return sum(row.path not in rows for row in written or ())


def _followers(count: int) -> list[Difference]:
    if not count:
        return []
    said = "1 row differs, as its member does" if count == 1 else f"{count:,} rows differ, as their members do"
    return [Difference("rows", Kind.CONTENT, said, follows=True)]


def _row(path: str, left: dict[str, _Rests], right: dict[str, _Rests]) -> Difference:
    """A row that differs though its member doesn't: one of the two sides is wrong, or uses another hash."""
    mine, theirs = left.get(path), right.get(path)
    if mine is None or theirs is None:
        summary = f"the row is only on the {'right' if mine is None else 'left'}, the member is the same"
    else:
        summary = "the row differs, the member doesn't"
    return Difference(path, Kind.CONTENT, summary, _told(mine), _told(theirs), causes=_signed(path))


def _signed(path: str) -> tuple[Cause, ...]:
    if path.endswith(SIGNATURES):
        return (Cause(SIGNATURE, "RECORD is signed on one side"),)
    return ()


def _told(rests: _Rests | None) -> str | None:
    return None if rests is None else "\n".join(",".join(rest) for rest in rests)[:200]


def _line_ends(left: str, right: str, listings: Listings) -> Iterator[Difference]:
    """CRLF on one side: no checkout's line ends, for RECORD is written anew whenever a wheel is built or installed."""
    crlf = ["\r\n" in text for text in (left, right)]
    if crlf[0] == crlf[1]:
        return
    ends = ["CRLF" if it else "LF" for it in crlf]
    evidence = f"{ends[0]} on the left, {ends[1]} on the right"
    if listings[crlf.index(True)].installed:
        cause = Cause(INSTALLER, f"{evidence}: pip and others write it with Python's csv, which ends rows with CRLF")
    else:
        cause = Cause(ZIP_TOOL, f"{evidence}: Python's csv ends rows with CRLF where nobody asks for LF", sure=False)
    yield Difference("line ends", Kind.CONTENT, "the line ends differ", ends[0], ends[1], causes=(cause,))


def _order(left: list[str], right: list[str], listings: Listings) -> Iterator[Difference]:
    """Rows that both have, in another order: that of the members, where it is theirs on both sides."""
    known, others = set(left), set(right)
    mine, theirs = [path for path in left if path in others], [path for path in right if path in known]
    if mine == theirs:
        return
    summary = "the rows stand in another order"
    if any(listing.installed for listing in listings):
        cause = Cause(INSTALLER, "installers write the rows anew, and sort them", sure=False)
        yield Difference("order of rows", Kind.CONTENT, summary, causes=(cause,))
    elif _as(mine, listings[0].names) and _as(theirs, listings[1].names):
        cause = Cause(ORDER, "on both sides it is that of the members in the archive")
        yield Difference("order of rows", Kind.CONTENT, summary, causes=(cause,), follows=True)
    else:
        said = ["sorted" if rows == sorted(rows) else "not sorted" for rows in (mine, theirs)]
        cause = Cause(ORDER, f"rows {said[0]} on the left, {said[1]} on the right", sure=False)
        yield Difference("order of rows", Kind.CONTENT, summary, causes=(cause,))


def _as(rows: list[str], members: tuple[str, ...]) -> bool:
    """Whether rows stand in the order of the members, RECORD's own aside, which is written when all others are."""
    known = set(rows)
    order = [name for name in members if name in known and not name.endswith(_RECORD)]
    return [path for path in rows if not path.endswith(_RECORD)] == order
