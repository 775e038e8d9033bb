"""Texts, line by line: what differs, and whether line ends, an order or the circumstances explain it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

from truewheel.compare.alignment import Block, blocks
from truewheel.compare.clues import is_list
from truewheel.compare.context import Pair
from truewheel.compare.lines import ALL, Around, counted, render
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.reasons import HASH_ORDER, LINE_ENDS
from truewheel.compare.spans import common_head, common_tail
from truewheel.compare.traces import explain

_LARGEST_WINDOW: Final = 8 << 20
"""Bytes of one side between the first difference and the last that are compared line by line."""
_LARGEST_TEXT: Final = 256 << 20
_SAMPLE: Final = 1 << 14
_CONTEXT: Final = 5
"""Lines around what differs that are kept: those that are shown, and one that might be."""
_CONTROLS: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKED: Final = ("UTF-8 with a byte order mark", "UTF-16, little-endian", "UTF-16, big-endian")
"""What the marks are called, in their order."""


def compare_text(pair: Pair) -> tuple[Difference, ...]:
    """Two texts; nothing where one of the sides isn't text, or where what differs is too large to be read."""
    if max(len(pair.left), len(pair.right)) > _LARGEST_TEXT:
        return ()
    window = _window(pair.left, pair.right)
    if max(len(window.left), len(window.right)) > _LARGEST_WINDOW:
        return ()
    left, right = decoded(window.left, pair.left), decoded(window.right, pair.right)
    if left is None or right is None:
        return ()
    names = _encodings(pair, window)
    if names[0] == names[1]:
        return compare_strings(left, right, around=window.around)
    said = f"{names[0]} on the left, {names[1]} on the right"
    if left == right:
        return (Difference("", Kind.CONTENT, f"the same text in another encoding: {said}", *names),)
    encodings = Difference("encoding", Kind.CONTENT, f"the encodings differ: {said}", *names)
    return (encodings, *compare_strings(left, right, "text", window.around))


def compare_strings(left: str, right: str, place: str = "", around: Around = ALL) -> tuple[Difference, ...]:
    """Two texts that are decoded, with what stands `around` them."""
    ends = _line_ends(left, right)
    if ends is None:
        return (_of_lines(left, right, place, around),)
    left, right = left.replace("\r\n", "\n"), right.replace("\r\n", "\n")
    if left == right:
        summary = f"only the line ends differ: {ends.evidence}"
        return (Difference(place, Kind.CONTENT, summary, causes=(ends,)),)
    inside = (
        Difference("line ends", Kind.CONTENT, f"the line ends differ: {ends.evidence}", causes=(ends,)),
        _of_lines(left, right, "lines", around),
    )
    if not place:
        return inside
    return (Difference(place, Kind.CONTENT, "line ends and lines differ", inside=inside),)


def decoded(data: bytes, whole: bytes = b"") -> str | None:
    """Bytes as text; None for what isn't text. `whole` is the file of which `data` is a part."""
    start = (whole or data)[:_SAMPLE]
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            try:
                return data.decode(encoding if data.startswith(mark) else encoding.removesuffix("-sig"))
            except UnicodeDecodeError:
                return None
    if b"\0" in start or b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        strange = len(_CONTROLS.findall(data[:_SAMPLE]))
        high = len(data[:_SAMPLE]) - len(data[:_SAMPLE].decode("ascii", "ignore"))
        plausible = strange * 100 <= len(data[:_SAMPLE]) and high * 4 <= len(data[:_SAMPLE])
        return data.decode("latin-1") if plausible else None


def _encodings(pair: Pair, window: _Window) -> tuple[str, str]:
    """What the two sides are encoded in. Pure ASCII is whatever the other side is."""
    mine, theirs = _encoding(window.left, pair.left), _encoding(window.right, pair.right)
    if mine and theirs:
        return mine, theirs
    other = mine or theirs or ""
    return (other, other) if other not in _MARKED else (mine or "ASCII", theirs or "ASCII")


def _encoding(data: bytes, whole: bytes) -> str:
    """The name of the encoding of a text, of which `data` is the part that matters; "" for ASCII alone."""
    for (mark, _), name in zip(_MARKS, _MARKED, strict=True):
        if whole.startswith(mark):
            return name
    if data.isascii():
        return ""
    try:
        data.decode()
    except UnicodeDecodeError:
        return "Latin-1"
    return "UTF-8"


class _Window(NamedTuple):
    """The lines of both sides from shortly before the first that differs to shortly behind the last."""

    left: bytes
    right: bytes
    around: Around


def _window(left: bytes, right: bytes) -> _Window:
    """The part of two texts that has to be read line by line, with some lines around it."""
    head = common_head(left, right)
    tail = common_tail(left, right, head)
    start = head
    for _ in range(_CONTEXT):
        start = left.rfind(b"\n", 0, start)
        if start < 0:
            break
    start += 1
    if left[:2] in {b"\xff\xfe", b"\xfe\xff"} or right[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _Window(left, right, ALL)
    end = len(left) - tail
    for _ in range(_CONTEXT + 1):
        end = left.find(b"\n", end) + 1
        if end == 0:
            end = len(left)
            break
    kept = len(left) - end
    unended = end < len(left) and not left.endswith(b"\n")
    around = Around(left.count(b"\n", 0, start), left.count(b"\n", end) + unended)
    return _Window(left[start:end], right[start : len(right) - kept], around)


def _line_ends(left: str, right: str) -> Cause | None:
    """The cause, where one side has CRLF and the other hasn't."""
    counts = [(text.count("\r\n"), text.count("\n")) for text in (left, right)]
    crlf = [pairs * 2 > lines for pairs, lines in counts]
    if crlf[0] == crlf[1]:
        return None
    names = ["CRLF" if it else "LF" for it in crlf]
    return Cause(LINE_ENDS, f"{names[0]} on the left, {names[1]} on the right")


def _of_lines(left: str, right: str, place: str, around: Around) -> Difference:
    lefts, rights = _split(left), _split(right)
    found = blocks(lefts, rights)
    end = _last_end(left, right)
    if not found:
        return Difference(place, Kind.CONTENT, end)
    mine = [line for block in found for line in lefts[block.left : block.left_end]]
    theirs = [line for block in found for line in rights[block.right : block.right_end]]
    lines = render(lefts, rights, found, around)
    if Counter(mine) == Counter(theirs):
        said = "; ".join(filter(None, [f"{counted(len(mine), 'line')} in another order", end]))
        causes = (Cause(HASH_ORDER, "the same lines, in another order", sure=False),) if is_list(mine) else ()
        return Difference(place, Kind.CONTENT, said, lines=lines, causes=causes)
    found_causes = explain("\n".join(mine), "\n".join(theirs))
    summary = "; ".join(filter(None, [_summary(found), end]))
    if found_causes.complete or not found_causes.causes:
        return Difference(place, Kind.CONTENT, summary, lines=lines, causes=found_causes.causes)
    count = found_causes.matched
    some = counted(count, "line") + " of the left" if count else "paths in lines that differ in more"
    inside = (
        Difference("lines with a cause", Kind.CONTENT, some, causes=found_causes.causes),
        Difference("other lines", Kind.CONTENT, "no cause is known of the others"),
    )
    return Difference(place, Kind.CONTENT, summary, lines=lines, inside=inside)


def _split(text: str) -> list[str]:
    """The lines of a text, without their ends; LF alone ends one."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _last_end(left: str, right: str) -> str:
    """What there is to say where one side's last line has no end."""
    if left.endswith("\n") == right.endswith("\n"):
        return ""
    return f"the last line has no end on the {'right' if left.endswith(chr(10)) else 'left'}"


def _summary(found: list[Block]) -> str:
    gone = sum(block.left_end - block.left for block in found)
    new = sum(block.right_end - block.right for block in found)
    if not gone or not new:
        number = gone or new
        return f"{counted(number, 'line')} {'is' if number == 1 else 'are'} only on the {'left' if gone else 'right'}"
    return f"{counted(gone, 'line')} on the left, {counted(new, 'line')} on the right differ"
