"""Two texts as a unified difference: lines with their numbers, cut to what somebody reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Final, NamedTuple
from unicodedata import normalize

from truewheel.compare.alignment import Block, blocks
from truewheel.compare.model import Line, Mark
from truewheel.compare.spans import common_head

CONTEXT: Final = 3
"""Equal lines that are shown around those that differ."""
MOST_LINES: Final = 200
_LONGEST: Final = 240
_BEFORE: Final = 80
_LONGEST_LOOK: Final = 1 << 13
_MOST_BLOCK_LINES: Final = 40
"""Lines of one side of one block that are shown, so that a long one doesn't hide all that follow."""


class Around(NamedTuple):
    """How many lines, the same on both sides, stand before those that are compared, and behind them."""

    before: int = 0
    after: int = 0


ALL: Final = Around()
"""Around the whole there is nothing."""


def unified(left: Sequence[str], right: Sequence[str]) -> tuple[Line, ...]:
    """The difference of two lists of lines; none where they are the same."""
    return render(left, right, blocks(left, right))


def render(left: Sequence[str], right: Sequence[str], found: Sequence[Block], around: Around = ALL) -> tuple[Line, ...]:
    """The lines of blocks and what stands around them, at most `MOST_LINES` and one that counts the rest."""
    told = list(islice(_lines(left, right, found, around), MOST_LINES))
    shown = sum(line.mark in {Mark.LEFT, Mark.RIGHT} for line in told)
    differing = sum(block.left_end - block.left + block.right_end - block.right for block in found)
    hidden = sum(_hidden(block) for block in found)
    if len(told) == MOST_LINES and shown + hidden < differing:
        rest = differing - shown
        told.append(Line(Mark.GAP, None, None, f"{counted(rest, 'more line')} {'differs' if rest == 1 else 'differ'}"))
    return tuple(told)


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural where that is right."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def clipped(text: str, at: int = 0) -> str:
    """A line that may be long: the window of it in which something differs `at` a place."""
    if len(text) <= _LONGEST:
        return text
    start = max(0, min(at - _BEFORE, len(text) - _LONGEST))
    end = start + _LONGEST
    before = f"({start:,} letters) … " if start else ""
    after = f" … ({len(text) - end:,} letters)" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}"


def _looks(lines: Sequence[str]) -> dict[str, int]:
    """The first lines by what is to be seen of them: no blanks at the end, letters however they are composed."""
    return {_look(line): index for index, line in enumerate(lines[:_MOST_BLOCK_LINES])}


def _look(text: str) -> str:
    seen = normalize("NFKC", text[:_LONGEST_LOOK].expandtabs().rstrip())
    return "".join(letter for letter in seen if letter.isprintable())


def _escaped(text: str) -> str:
    """A line with the numbers of what isn't to be seen in it, or looks like something else."""
    plain = text.rstrip()
    behind = "".join(f"\\x{ord(letter):02x}" if letter.isascii() else letter for letter in text[len(plain) :])
    inner = "".join(letter if letter.isprintable() or not letter.isascii() else repr(letter)[1:-1] for letter in plain)
    return f"{inner}{behind}".encode("ascii", "backslashreplace").decode()


def _hidden(block: Block) -> int:
    """How many lines of a block are never shown."""
    sizes = (block.left_end - block.left, block.right_end - block.right)
    return sum(max(0, size - _MOST_BLOCK_LINES) for size in sizes)


def _lines(left: Sequence[str], right: Sequence[str], found: Sequence[Block], around: Around) -> Iterator[Line]:
    """All lines of a unified difference."""
    one, shown_to, offset = around.before + 1, 0, 0
    for index, block in enumerate(found):
        start = max(shown_to, block.left - CONTEXT)
        offset = block.right - block.left
        yield from _gap(left, range(shown_to, start), offset, one, 0 if index else around.before)
        for at in range(start, block.left):
            yield Line(Mark.SAME, at + one, at + offset + one, clipped(left[at]))
        yield from _block(left, right, block, one)
        after = found[index + 1].left if index + 1 < len(found) else len(left)
        shown_to = min(after, block.left_end + CONTEXT)
        offset = block.right_end - block.left_end
        for at in range(block.left_end, shown_to):
            yield Line(Mark.SAME, at + one, at + offset + one, clipped(left[at]))
    if found:
        yield from _gap(left, range(shown_to, len(left)), offset, one, around.after)


def _gap(left: Sequence[str], lines: range, offset: int, one: int, more: int) -> Iterator[Line]:
    """Equal lines that are left out, and `more` that aren't there to be shown. One alone is shown instead."""
    count = len(lines) + more
    if count == 1 == len(lines):
        yield Line(Mark.SAME, lines.start + one, lines.start + offset + one, clipped(left[lines.start]))
    elif count:
        yield Line(Mark.GAP, None, None, f"{counted(count, 'line')} {'is' if count == 1 else 'are'} the same")


def _block(left: Sequence[str], right: Sequence[str], block: Block, one: int) -> Iterator[Line]:
    """What one block has on the left, then what it has on the right."""
    lefts, rights = left[block.left : block.left_end], right[block.right : block.right_end]
    places = [common_head(mine or "", theirs or "") for mine, theirs in zip_longest(lefts, rights)]
    alike = _looks(lefts).keys() & _looks(rights).keys()
    for mark, lines, start in (
        (Mark.LEFT, lefts, block.left + one),
        (Mark.RIGHT, rights, block.right + one),
    ):
        for index, text in enumerate(lines[:_MOST_BLOCK_LINES]):
            number = start + index
            yield Line(
                mark,
                number if mark is Mark.LEFT else None,
                number if mark is Mark.RIGHT else None,
                clipped(_escaped(text) if alike and _look(text) in alike else text, places[index]),
            )
        if len(lines) > _MOST_BLOCK_LINES:
            side = "left" if mark is Mark.LEFT else "right"
            yield Line(Mark.GAP, None, None, f"{counted(len(lines) - _MOST_BLOCK_LINES, 'more line')} on the {side}")
