"""An archive of other people's as a value: files with bytes, whatever it was packed with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from truewheel.wheel import Content, Named

DIRECTORY, FILE = "directory", "file"
"""The forms of what is no archive: a folder, and a file of its own."""


@dataclass(frozen=True, eq=False, slots=True)
class Item(Named):
    """A regular file of an archive, or what a link leads to under the link's name.

    ``name`` has slashes between its parts, none of which is empty, ``.`` or ``..``; nobody has judged yet whether a
    wheel may hold it. ``offset`` is where the archive speaks of it, in bytes of the unpacked tar or of the zip; 0 where
    there is none. ``linked`` is the name of the file that a symbolic link leads to, "" where it is none.
    """

    name: str
    executable: bool
    content: Content
    offset: int = 0
    linked: str = ""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A link that leads to no file of the archive: whoever wants it is told ``why``, and the others don't care."""

    name: str
    why: str
    offset: int = 0


@dataclass(frozen=True)
class Archive:
    """What an archive holds, links resolved, sorted by name: the order in the file has no meaning.

    ``form`` is "tar", "tar.gz", "tar.xz", "tar.zst", "tar.bz2", "zip", "deb", `DIRECTORY` or `FILE`, ``name`` the
    file's own name. ``modes`` tells whether its executable bits mean something: an archive made on Windows has none,
    and some tools there set all of them.
    """

    form: str
    name: str
    items: tuple[Item, ...]
    unusable: tuple[Unusable, ...] = ()
    modes: bool = True

    @cached_property
    def by_name(self) -> dict[str, Item]:
        """The files by their path."""
        return {item.name: item for item in self.items}

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)
