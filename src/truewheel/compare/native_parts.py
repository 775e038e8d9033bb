"""The parts of native files, one beside the other: sections, tables and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_clues import Clues, clipped, differing_strings, find_clues, nothing_else, told
from truewheel.compare.native_producers import Strings
from truewheel.compare.native_spread import Spread, spread
from truewheel.compare.reasons import DEBUG_INFO
from truewheel.errors import BinaryError

_OF_PATHS = (".debug_", ".zdebug_", ".stab", "__DWARF,", "debug map")  # what leads debuggers to sources
_STARTS = (".debug_", ".zdebug_", ".gnu.debuglto_.debug_", "__DWARF,__debug_")
_TABLES = (
    "info",
    "abbrev",
    "aranges",
    "addr",
    "frame",
    "loc",
    "ranges",
    "rnglists",
    "names",
    "types",
    "str_offs",
    "macro",
)
_OF_NUMBERS = tuple(f"{start}{table}" for start in _STARTS for table in _TABLES)
"""What looks like a string there is none, unless it shows a cause."""
_MOST_SHARING = 4  # how many times its own size a file's parts may have together: they can overlap

NOT_COMPARED: Final = Difference("contents", Kind.CONTENT, "code for two processors, which can't be compared")


class Part(NamedTuple):
    """A named stretch of a file: where it begins, and its bytes. ``address`` is where it stands in memory, or 0."""

    name: str
    offset: int
    data: memoryview
    address: int = 0


class Both(NamedTuple):
    """A part of both sides, or of one alone."""

    name: str
    left: Part | None
    right: Part | None


def beside(left: Iterable[Part], right: Iterable[Part]) -> tuple[Both, ...]:
    """The parts of both sides by their names, in the order of the left side; of one name, the first with the first."""
    ones, others = dict(_numbered(left)), dict(_numbered(right))
    return tuple(Both(_called(key), ones.get(key), others.get(key)) for key in dict.fromkeys((*ones, *others)))


def _numbered(parts: Iterable[Part]) -> Iterator[tuple[tuple[str, int], Part]]:
    counts: dict[str, int] = {}
    for part in parts:
        counts[part.name] = number = counts.get(part.name, 0) + 1
        yield (part.name, number), part


def _called(key: tuple[str, int]) -> str:
    return key[0] if key[1] == 1 else f"{key[0]} ({key[1]})"


def bounded(parts: Sequence[Part], size: int) -> None:
    """Raise `BinaryError` where the parts of a file of `size` bytes overlap beyond reason."""
    if sum(len(part.data) for part in parts) > _MOST_SHARING * size:
        raise BinaryError(f"the parts of a file of {size} bytes overlap")


def between(parts: Iterable[Part], data: bytes) -> Part:
    """What no part holds, joined, without the zeros that pad it: notes of linkers, and what was appended to a file."""
    view, end, pieces = memoryview(data), 0, []
    for part in sorted(parts, key=lambda part: part.offset):
        if part.offset > end and len(part.data):
            pieces.append(bytes(view[end : part.offset]).strip(b"\0"))
        end = max(end, part.offset + len(part.data))
    pieces.append(bytes(view[end:]).strip(b"\0"))
    return Part("between sections", 0, memoryview(b"\0".join(filter(None, pieces))))


def blanked(part: Part, spans: Iterable[tuple[int, int]]) -> Part:
    """The part with some spans of the file (offset, size) as zeros: what these hold is told elsewhere."""
    inside = [(at - part.offset, size) for at, size in spans if part.offset <= at < part.offset + len(part.data)]
    if not inside:
        return part
    copy = bytearray(part.data)
    for at, size in inside:
        room = min(size, len(copy) - at)
        copy[at : at + room] = bytes(room)
    return part._replace(data=memoryview(bytes(copy)))


def only(both: Both, causes: tuple[Cause, ...] = (), what: str = "") -> Difference:
    """The difference of a part that one side lacks."""
    kind, part = (Kind.ONLY_LEFT, both.left) if both.left else (Kind.ONLY_RIGHT, both.right)
    size = len(part.data) if part else 0
    summary = f"only on the {'left' if both.left else 'right'}: {size:,} bytes{what}"
    return Difference(both.name, kind, summary, causes=causes)


def alone(parts: Iterable[Difference], is_debug: Callable[[str], bool]) -> tuple[Difference, ...]:
    """The parts that one side lacks; those for debuggers as one."""
    lacking = tuple(parts)
    found = [part for part in lacking if not is_debug(part.place)]
    for kind, side in ((Kind.ONLY_LEFT, "left"), (Kind.ONLY_RIGHT, "right")):
        if debug := tuple(part for part in lacking if part.kind is kind and is_debug(part.place)):
            cause = Cause(DEBUG_INFO, f"only the {side} has {', '.join(part.place for part in debug)}")
            summary = f"only on the {side}: {len(debug)} section{'s' if len(debug) > 1 else ''} for debuggers"
            found.append(Difference("debug sections", kind, summary, causes=(cause,), inside=debug))
    return tuple(found)


def extent(left: memoryview, right: memoryview, found: Spread) -> str:
    """How much differs, in words."""
    if found.number is not None:
        return f"{found.number:,} of {len(left):,} bytes differ, the first at {found.first:#x}"
    return f"{len(left):,} bytes on the left, {len(right):,} on the right, different from {found.first:#x} on"


def changed(place: str, left: memoryview, right: memoryview) -> Difference | None:
    """The difference of two stretches of bytes, with the strings in them that differ and what these show."""
    found = spread(left, right)
    if found is None:
        return None
    strings = differing_strings(left, right)
    for_debuggers = place.startswith(_OF_PATHS)
    clued = find_clues(strings, of_paths=for_debuggers)
    summary = extent(left, right, found)
    if not clued.causes:
        shown = (None, None) if place.startswith(_OF_NUMBERS) else told(strings)
        return Difference(place, Kind.CONTENT, summary, *shown)
    if place.startswith(_OF_NUMBERS):
        complete = True
    elif for_debuggers:
        complete = not any(clued.rest)
    else:
        complete = not any(clued.rest) and nothing_else(left, right, clued.matched)
    return _explained(place, summary, strings, clued, complete=complete)


def _explained(place: str, summary: str, strings: Strings, clued: Clues, *, complete: bool) -> Difference:
    """A difference that strings explain; apart from them what they don't."""
    if complete:
        return Difference(place, Kind.CONTENT, summary, *told(strings), causes=clued.causes)
    these = Strings(*(tuple(text for text in side if text not in rest) for side, rest in _with_rest(strings, clued)))
    what = "other strings differ too" if any(clued.rest) else "bytes differ too that belong to no such string"
    inside = (
        Difference("strings", Kind.CONTENT, "strings differ", *told(these), causes=clued.causes),
        Difference("the rest", Kind.CONTENT, what, *told(clued.rest)),
    )
    return Difference(place, Kind.CONTENT, summary, inside=inside)


def _with_rest(strings: Strings, clued: Clues) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    yield strings.left, frozenset(clued.rest.left)
    yield strings.right, frozenset(clued.rest.right)


def values(
    place: str, what: str, sides: Sequence[str | None], causes: tuple[Cause, ...] = (), *, follows: bool = False
) -> Difference | None:
    """The difference of two short values, either of which may lack; None if they are the same."""
    left, right = (None if side is None else clipped(side) for side in sides)
    if sides[0] == sides[1]:
        return None
    kind, summary = Kind.CONTENT, f"{what} differs"
    if left is None:
        kind, summary = Kind.ONLY_RIGHT, f"{what}: only on the right"
    elif right is None:
        kind, summary = Kind.ONLY_LEFT, f"{what}: only on the left"
    return Difference(place, kind, summary, left, right, causes=causes, follows=follows)


def listed(place: str, what: str, sides: Sequence[Sequence[str]], causes: tuple[Cause, ...] = ()) -> Difference | None:
    """The difference of two lists of short values, in which the order counts."""
    left, right = map(tuple, sides)
    if left == right:
        return None
    ones, others = set(left), set(right)
    alone = Strings(
        tuple(dict.fromkeys(value for value in left if value not in others)),
        tuple(dict.fromkeys(value for value in right if value not in ones)),
    )
    if any(alone):
        summary = f"{what} differ"
        if causes:
            return Difference(place, Kind.CONTENT, summary, *told(alone), causes=causes)
        clued = find_clues(alone, of_paths=place.startswith(_OF_PATHS))
        return _explained(place, summary, alone, clued, complete=not (clued.causes and any(clued.rest)))
    summary = f"{what} are the same in another order" if sorted(left) == sorted(right) else f"{what} repeat otherwise"
    return Difference(place, Kind.CONTENT, summary, *told(Strings(left, right)), causes=causes)


def rooted(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences of a file; where all of them only follow, there is nothing from which they could."""
    if not all(map(_following, differences)):
        return tuple(differences)
    return tuple(
        replace(found, summary=found.summary.partition(": ")[0], inside=rooted(found.inside), follows=False)
        for found in differences
    )


def _following(found: Difference) -> bool:
    return found.follows or (bool(found.inside) and not found.causes and all(map(_following, found.inside)))


def existing(differences: Iterable[Difference | None]) -> tuple[Difference, ...]:
    """Those that are differences."""
    return tuple(difference for difference in differences if difference is not None)
