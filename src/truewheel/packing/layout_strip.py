"""The names of an archive's files once their folders are stripped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from truewheel.archives import DIRECTORY, FILE, Archive, Item, Unusable
from truewheel.binary import HEAD, identify
from truewheel.errors import RequestError, Where
from truewheel.packing.globs import Globs

_NEVER_IN_ONE_FOLDER: Final = frozenset({"deb", DIRECTORY})
"""Forms whose first folder means something: ``usr`` of a package, and what somebody put into a folder on purpose."""

_Named = TypeVar("_Named", Item, Unusable)


class Stripped(NamedTuple):
    """The files of an archive, and its links that lead to none, by their stripped names, sorted.

    ``unnamed`` are the names of excluded files that have too few folders to be stripped.
    """

    items: dict[str, Item]
    links: dict[str, Unusable]
    unnamed: tuple[str, ...]


def stripped(archive: Archive, strip: int | None, exclude: Globs, alone: str) -> Stripped:
    """The archive's files without the first `strip` folders of their names; see `lay_out`. Raises `RequestError`."""
    if archive.form == FILE:
        return Stripped({_called(item, alone): item for item in archive.items}, {}, ())
    count = _auto(archive) if strip is None else strip
    if count < 0:
        raise RequestError(f"{count} folders can't be stripped")
    unnamed: list[str] = []
    items = _without_folders(archive.items, count, exclude, unnamed)
    links = _without_folders(archive.unusable, count, exclude, unnamed)
    for name in sorted(items.keys() & links.keys()):
        if not exclude.match(name):
            raise _same_name(name, items[name], links[name])
    return Stripped(items, links, tuple(sorted(unnamed)))


def _called(item: Item, alone: str) -> str:
    """The name of a file that is no archive: that of the command, as its system wants it."""
    if not alone:
        return item.name
    windows = identify(item.head(HEAD)) == "pe" and not alone.lower().endswith(".exe")
    return f"{alone}.exe" if windows else alone


def _auto(archive: Archive) -> int:
    """How many folders are stripped if nobody says it: the one that everything lies in."""
    if archive.form in _NEVER_IN_ONE_FOLDER:
        return 0
    names = [*(item.name for item in archive.items), *(link.name for link in archive.unusable)]
    tops = {name.partition("/")[:2] for name in names}
    return 1 if len(tops) == 1 and all(slash for _, slash in tops) else 0


def _without_folders(found: Iterable[_Named], count: int, exclude: Globs, unnamed: list[str]) -> dict[str, _Named]:
    """Those `found` by their stripped names; adds to `unnamed` what has none and is excluded."""
    names: dict[str, _Named] = {}
    for named in sorted(found, key=lambda named: named.name):
        parts = named.name.split("/", count)
        name = parts[-1]
        if len(parts) <= count:
            if not exclude.match(named.name):
                raise _too_few(named, len(parts) - 1, count)
            unnamed.append(named.name)
        elif names.setdefault(name, named) is not named and not exclude.match(name):
            raise _same_name(name, names[name], named)
    return dict(sorted(names.items()))


def _too_few(named: Item | Unusable, folders: int, count: int) -> RequestError:
    there = "no folder" if folders == 0 else "1 folder" if folders == 1 else f"{folders} folders"
    return RequestError(
        f"{count} {'folder is' if count == 1 else 'folders are'} to be stripped, and the file is in {there}",
        where=Where(member=named.name, offset=named.offset),
        hint="strip fewer folders, or exclude the file under its whole name",
    )


def _same_name(name: str, one: Item | Unusable, other: Item | Unusable) -> RequestError:
    return RequestError(
        f"once folders are stripped this and {one.name!r} are both {name!r}",
        where=Where(member=other.name, offset=other.offset),
        hint="strip fewer folders and say what is to be renamed, or exclude both",
    )
