"""The string table after an edit: new names find a place in it, and those that nobody uses any more vanish.

Linkers let names share their tails (``.dynstr`` of ``fopen`` may serve ``open``), so a name may only be written over
when nothing refers to any of its bytes: no entry of the dynamic table, no symbol, no version.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from truewheel.binary.elf_edit_image import SHT_DYNAMIC, SHT_STRTAB, Entry, Image
from truewheel.binary.elf_edit_names import Names, Value
from truewheel.binary.elf_edit_tables import VersionTables, symbol_names
from truewheel.binary.elf_layout import Strings, Tag
from truewheel.binary.elf_symbols import SHT_DYNSYM
from truewheel.binary.patch import Write

_STRING_TAGS = frozenset(
    (
        Tag.NEEDED,
        Tag.SONAME,
        Tag.RPATH,
        Tag.RUNPATH,
        Tag.CONFIG,
        Tag.DEPAUDIT,
        Tag.AUDIT,
        Tag.AUXILIARY,
        Tag.USED,
        Tag.FILTER,
    )
)
_OS_SPECIFIC = range(0x60000000, 0x6FFFFD00)  # DT_LOOS to DT_VALRNGLO: what their values mean isn't known
_USERS = frozenset((SHT_DYNSYM, SHT_DYNAMIC, 0x6FFFFFFD, 0x6FFFFFFE))
"""Types of sections whose strings are accounted for; the last two are SHT_GNU_verdef and SHT_GNU_verneed."""


class Text(NamedTuple):
    """The names of a file, placed.

    ``added`` comes behind the string table. ``wiped`` writes over names in it that nobody uses any more, ``followed``
    lets the version needs name the right libraries.
    """

    entries: tuple[Entry, ...]
    added: bytes
    wiped: tuple[Write, ...]
    followed: tuple[Write, ...]


class _Hole(NamedTuple):
    """A string that nothing refers to, without its NUL."""

    start: int
    end: int


def placed(image: Image, strings: Strings, versions: VersionTables, names: Names) -> Text:
    """The names with an offset each: of an equal string, else in a hole left by an old one, else behind the table."""
    fresh = [value for _, value in names.entries if isinstance(value, bytes)] + [new for _, new in names.files]
    offsets = {text: found for text in fresh if (found := _find(strings.data, text)) >= 0}
    holes = _holes(image, strings, names, versions, set(offsets.values()))
    wiped = {hole: bytes(hole.end - hole.start) for hole in holes}
    added = bytearray()
    for text in dict.fromkeys(fresh):
        if text in offsets:
            continue
        hole = min((h for h in holes if h.end - h.start >= len(text)), key=lambda h: (h.end - h.start, h), default=None)
        if hole is None:
            offsets[text] = len(strings.data) + len(added)
            added += text + b"\0"
        else:
            holes.remove(hole)
            offsets[text] = hole.start
            wiped[hole] = text.ljust(hole.end - hole.start, b"\0")

    def number(value: Value) -> int:
        return value if isinstance(value, int) else offsets[value]

    word = image.layout.codec.word
    return Text(
        tuple((tag, number(value)) for tag, value in names.entries),
        bytes(added),
        tuple(Write(strings.offset + hole.start, data) for hole, data in wiped.items()),
        tuple(Write(reference.offset, word.pack(offsets[new])) for reference, new in names.files),
    )


def _find(data: bytes, text: bytes) -> int:
    """Where a string stands in the table, whole if possible, else as the tail of another; -1 if it doesn't."""
    whole = data.find(b"\0" + text + b"\0")
    return whole + 1 if whole >= 0 else data.find(text + b"\0")


def _holes(image: Image, strings: Strings, names: Names, versions: VersionTables, found: set[int]) -> list[_Hole]:
    """The strings that the edit leaves without a user, in order."""
    kept = {value for tag, value in names.entries if isinstance(value, int) and _is_string(tag)}
    changed = {reference for reference, _ in names.files}
    kept |= {reference.value for reference in versions.files if reference not in changed}
    kept |= versions.names | found
    old = {value for tag, value in image.entries if tag in _STRING_TAGS} | {reference.value for reference in changed}
    if not old - kept or _foreign_users(image):
        return []
    live = sorted(kept)
    holes = {_whole(strings.data, value) for value in old - kept}
    holes = {hole for hole in holes if hole.start < hole.end and not _between(live, hole)}
    inside = {offset for hole in holes for offset in range(hole.start, hole.end)}
    used = sorted(symbol_names(image, inside))
    return sorted(hole for hole in holes if not _between(used, hole))


def _is_string(tag: int) -> bool:
    return tag in _STRING_TAGS or tag in _OS_SPECIFIC


def _whole(data: bytes, offset: int) -> _Hole:
    """The string around an offset, from behind the NUL before it."""
    end = data.find(b"\0", offset)
    return _Hole(data.rfind(b"\0", 0, offset) + 1, max(end, offset))


def _between(offsets: list[int], hole: _Hole) -> bool:
    place = bisect_left(offsets, hole.start)
    return place < len(offsets) and offsets[place] < hole.end


def _foreign_users(image: Image) -> bool:
    """Whether a section of another kind takes names from this table too (prelink's lists, or section names)."""
    table = next(_string_sections(image), None)
    if table is None:
        return False
    return table == image.names_section or any(
        section.link == table and section.type not in _USERS for section in image.sections[1:]
    )


def _string_sections(image: Image) -> Iterator[int]:
    """The index of the section of the string table, if there is one."""
    address = image.tags.get(Tag.STRTAB)
    return (
        index
        for index, section in enumerate(image.sections)
        if section.type == SHT_STRTAB and section.address == address and section.flags & 2
    )
