"""Text in columns: labelled rows, and tables, for a width that is known or for none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from truewheel.errors import printable
from truewheel.report.rows import Row

_LABEL: Final = 10
_INDENT: Final = 2
_GAP: Final = "  "
_NARROWEST: Final = 20


def labelled(rows: Iterable[Row], *, width: int | None) -> Iterator[str]:
    """Rows, each label before its text. With a width, long texts go on below, where they began."""
    room = None if width is None else max(width - _INDENT - _LABEL - 1, _NARROWEST)
    for row in rows:
        text = printable(row.text)
        for number, line in enumerate(_folded(text, room)):
            label = "" if number else row.label
            yield f"{'':{_INDENT}}{label:<{_LABEL}} {line}".rstrip()


def _folded(text: str, room: int | None) -> Sequence[str]:
    if room is None or len(text) <= room:
        return [text]
    start = " " * (len(text) - len(text.lstrip(" ")))
    return wrap(text.strip(), room, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)


def table(rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), width: int | None = None) -> Iterator[str]:
    """Rows of cells, as wide as their columns; the columns in `right` end at their right edge.

    With a width, the last column is cut where it ends, and the first one too where that leaves it no room.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    sizes = [max(map(len, column), default=0) for column in zip(*cells, strict=True)]
    if width is not None and sizes:
        rest = sum(sizes[1:-1]) + len(_GAP) * (len(sizes) - 1)
        sizes[0] = min(sizes[0], max(width - rest - min(sizes[-1], _NARROWEST), _NARROWEST))
        sizes[-1] = max(min(sizes[-1], width - rest - sizes[0]), 1)
    ends = frozenset(right)
    for row in cells:
        drawn = [_cut(cell, size) for cell, size in zip(row, sizes, strict=True)]
        padded = [f"{cell:>{sizes[at]}}" if at in ends else f"{cell:<{sizes[at]}}" for at, cell in enumerate(drawn)]
        yield _GAP.join(padded).rstrip()


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
