"""What the dynamic table of an ELF file is to say after an edit, with names not yet placed in its string table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from truewheel.binary.elf_edit_image import Entry, Image
from truewheel.binary.elf_edit_tables import Reference
from truewheel.binary.elf_layout import Strings, Tag
from truewheel.binary.fields import encoded
from truewheel.errors import BinaryError, RequestError

_LONGEST_PATHS = 1 << 16  # bytes of a list of run paths, as the reader has it
_LIBRARIES = (Tag.AUXILIARY, Tag.FILTER)
_PATHS = (Tag.RPATH, Tag.RUNPATH)

Value: TypeAlias = "int | bytes"
"""What an entry is to hold: the number that it has, or a string that is yet to be placed."""


class Names(NamedTuple):
    """The names of a file: the entries of the dynamic table, and the libraries that versions are demanded of.

    ``entries`` are in table order; ``files`` holds each vn_file that is to change, and the new name.
    """

    entries: tuple[tuple[int, Value], ...]
    files: tuple[tuple[Reference, bytes], ...]


class Wanted(NamedTuple):
    """The changes to names, checked: see `ElfChanges`. ``path`` is the tag and the text, () to remove both."""

    needed: Mapping[str, str]
    dropped: frozenset[str]
    soname: str | None
    path: tuple[tuple[Tag, str], ...] | None


def wanted_path(entries: tuple[str, ...], tag: Tag) -> tuple[tuple[Tag, str], ...]:
    """The run path as an entry, none for an empty one. Raises `RequestError` for one that can't be read back."""
    for entry in entries:
        if entry:
            encoded(entry, "an entry of the run path")
        if ":" in entry:
            raise RequestError(f"an entry of the run path holds a colon, which separates entries: {entry!r}")
    text = ":".join(entries)
    if text:
        encoded(text, "the run path", _LONGEST_PATHS)
    return ((tag, text),) if text else ()


def new_names(image: Image, strings: Strings, files: tuple[Reference, ...], wanted: Wanted) -> Names:
    """What is to be said; equal to what the file says where nothing is to change.

    Raises `BinaryError` where a library is dropped that versions or filters name.
    """
    entries = list(_libraries(image.entries, strings, wanted))
    if wanted.soname is not None:
        entries = _replaced(entries, strings, (Tag.SONAME,), ((Tag.SONAME, wanted.soname),))
    if wanted.path is not None:
        entries = _replaced(entries, strings, _PATHS, wanted.path)
    return Names(tuple(entries), tuple(_version_files(strings, files, wanted)))


def _libraries(entries: tuple[Entry, ...], strings: Strings, wanted: Wanted) -> Iterator[tuple[int, Value]]:
    if not (wanted.needed or wanted.dropped):
        yield from entries
        return
    for tag, value in entries:
        if tag == Tag.NEEDED:
            name = strings.at(value)
            if name not in wanted.dropped:
                yield tag, _renamed(name, value, wanted)
        elif tag in _LIBRARIES:
            name = strings.at(value)
            if name in wanted.dropped:
                raise BinaryError(f"{name} can't be dropped from what is needed: the file is a filter for it")
            yield tag, _renamed(name, value, wanted)
        else:
            yield tag, value


def _renamed(name: str, value: int, wanted: Wanted) -> Value:
    new = wanted.needed.get(name, name)
    return value if new == name else encoded(new, "the new name of a needed library")


def _version_files(strings: Strings, files: tuple[Reference, ...], wanted: Wanted) -> Iterator[tuple[Reference, bytes]]:
    """The vn_file that follow: a loader looks for the library by this name."""
    if not (wanted.needed or wanted.dropped):
        return
    for reference in files:
        name = strings.at(reference.value)
        if name in wanted.dropped:
            raise BinaryError(
                f"{name} can't be dropped from what is needed: versions of its symbols are demanded",
                hint="a loader would look for these versions in a library that nothing loads",
            )
        new = _renamed(name, reference.value, wanted)
        if isinstance(new, bytes):
            yield reference, new


def _replaced(
    entries: list[tuple[int, Value]], strings: Strings, tags: tuple[Tag, ...], new: tuple[tuple[Tag, str], ...]
) -> list[tuple[int, Value]]:
    """The entries with those of some tags replaced, in the place of the first or else at the end."""
    old = [
        (tag, strings.text(value, _LONGEST_PATHS)) for tag, value in entries if tag in tags and isinstance(value, int)
    ]
    if old == list(new):
        return entries
    place = next((index for index, (tag, _) in enumerate(entries) if tag in tags), len(entries))
    fresh: list[tuple[int, Value]] = [(tag, text.encode("utf-8", "surrogateescape")) for tag, text in new]
    kept = [entry for entry in entries[place:] if entry[0] not in tags]
    return [*entries[:place], *fresh, *kept]
