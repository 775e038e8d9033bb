"""What an archive says it holds, gathered entry by entry, and refused where two entries would be one place."""

from __future__ import annotations

from typing import Final

from truewheel.archives.links import Link, folders_of, resolved
from truewheel.archives.model import Item, Unusable
from truewheel.archives.names import shown, spelled
from truewheel.errors import ArchiveError, Where
from truewheel.wheel import Content, Limits

_APPLE_DOUBLE: Final = b"\0\5\x16\7"
"""The first bytes of the file ``._x`` in which macOS puts the extended attributes of ``x`` (RFC 1740)."""


class Gathered:
    """The files, links and folders of an archive by their names.

    Each method takes a name as bytes, as the archive has it, and the offset of the entry. Raises `ArchiveError` for
    names that `spelled` refuses or that two entries have (a folder may come several times), and `LimitError`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._items: dict[str, Item] = {}
        self._links: dict[str, Link] = {}
        self._folders: set[str] = set()

    def file(self, raw: bytes, content: Content, offset: int, *, executable: bool) -> None:
        """Take in a regular file."""
        name = self._new(raw, offset)
        self._items[name] = Item(name, executable, content, offset)

    def link(self, raw: bytes, target: bytes, offset: int) -> None:
        """Take in a symbolic link."""
        name = self._new(raw, offset)
        if len(target) > self._limits.name_length:
            where = Where(member=name, offset=offset)
            raise self._limits.exceeded("name_length", f"the link's target has {len(target):,} bytes", where)
        self._links[name] = Link(target.decode("utf-8", errors="backslashreplace"), offset)

    def twin(self, raw: bytes, first: bytes, offset: int) -> None:
        """Take in a hard link: another name of what stands before it, as every tool that unpacks demands."""
        name, other = self._new(raw, offset), spelled(first, self._limits, offset)
        if item := self._items.get(other):
            self._items[name] = Item(name, item.executable, item.content, offset)
        elif link := self._links.get(other):
            self._links[name] = Link(link.target, offset)
        else:
            raise ArchiveError(
                f"the hard link leads to {shown(first)!r}, which is no file that stands before it",
                where=Where(member=name, offset=offset),
                hint="pack the archive again, with what the link leads to",
            )

    def folder(self, raw: bytes, offset: int) -> None:
        """Take in a folder."""
        self._folders.add(spelled(raw, self._limits, offset))

    def _new(self, raw: bytes, offset: int) -> str:
        name = spelled(raw, self._limits, offset)
        if not name:
            raise ArchiveError("a file or link has no name", where=Where(offset=offset))
        if name in self._items or name in self._links:
            raise ArchiveError(
                f"two members are called {name!r}, of which tools unpack one or the other",
                where=Where(member=name, offset=offset),
                hint="pack the archive again, without the other",
            )
        return name

    def resolved(self, *, rooted: bool) -> tuple[tuple[Item, ...], tuple[Unusable, ...]]:
        """All files, sorted by name, with those that links lead to; and the links that lead nowhere.

        Without what macOS adds and nobody means: ``.DS_Store``, the folder ``__MACOSX`` at the top of zips, and the
        files ``._x`` in which its tar and zip keep the extended attributes of ``x``, known by their first bytes.
        """
        self._check_clashes()
        items = {name: item for name, item in self._items.items() if not _litter(name, item)}
        links = {name: link for name, link in self._links.items() if not name.startswith("__MACOSX/")}
        return resolved(items, links, self._folders, self._limits, rooted=rooted)

    def _check_clashes(self) -> None:
        """Refuse a file or link where others need a folder."""
        folders = folders_of((*self._items, *self._links), self._folders)
        clashes = folders & (self._items.keys() | self._links.keys())
        if clashes:
            name = min(clashes)
            kind, offset = (
                ("file", self._items[name].offset) if name in self._items else ("link", self._links[name].offset)
            )
            raise ArchiveError(
                f"{name!r} is a {kind} where others need a folder", where=Where(member=name, offset=offset)
            )


def _litter(name: str, item: Item) -> bool:
    last = name.rpartition("/")[2]
    if last == ".DS_Store" or name.startswith("__MACOSX/"):
        return True
    return last.startswith("._") and item.head(4) == _APPLE_DOUBLE
