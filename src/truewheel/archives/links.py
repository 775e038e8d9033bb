"""Symbolic links, resolved: a link to a file is the file under another name, one to a folder is all that is in it.

Ways are walked as path_resolution(7) says: every folder on it has to be there, a link may stand for one, ``..`` is the
folder above the one that was reached. A link that leads to no place of the archive becomes an `Unusable`, which only
matters to whoever wants it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Final, NamedTuple

from truewheel.archives.circles import in_circles
from truewheel.archives.model import Item, Unusable
from truewheel.archives.names import parents
from truewheel.errors import Where
from truewheel.wheel import Limits

_MOST_LINKS: Final = 40
"""On the way to one place, as in Linux: path_resolution(7)."""


class Link(NamedTuple):
    """Where a symbolic link leads, as it is written, and where the archive speaks of it."""

    target: str
    offset: int = 0


class _End(NamedTuple):
    """Where a link leads in the end, after how many links; or why it leads nowhere, and which link's fault that is."""

    place: str = ""
    followed: int = 1
    why: str = ""
    culprit: str = ""


def resolved(
    items: Mapping[str, Item],
    links: Mapping[str, Link],
    folders: Iterable[str],
    limits: Limits,
    *,
    rooted: bool = False,
) -> tuple[tuple[Item, ...], tuple[Unusable, ...]]:
    """The files with those that `links` lead to, and the links that lead to none; both sorted by name.

    `folders` are those with an entry of their own; those that names lie in needn't be among them. No link may have the
    name of a file or of a folder. Where the archive is `rooted`, ``/`` is the folder that everything lies in, and
    nothing lies above it; otherwise links that are absolute or lead out of it are unusable, as are those that lead
    nowhere, in a circle, through more than 40 links, or to a folder that they lie in. Raises `LimitError` where the
    files in linked folders are too many, or their names too long.
    """
    known = folders_of((*items, *links), folders)
    ends = _Ways(items, links, known, rooted=rooted).ends()
    entered = {name: end.place for name, end in ends.items() if not end.why and end.place not in items}
    for name in in_circles(entered, known):
        ends[name] = _End(why="it leads to a folder that it lies in", culprit=name)
    return _Copies(items, links, ends, known, limits).all()


def folders_of(names: Iterable[str], folders: Iterable[str]) -> set[str]:
    """All folders: the one that everything lies in (""), those given, and those that any of the names lies in."""
    given = set(folders)
    found = {"", *given}
    for name in (*names, *given):
        for folder in parents(name):
            if folder in found:
                break
            found.add(folder)
    return found


# --- one link ------------------------------------------------------------------------------------------------
class _Ways:
    """Follows links, each one once, however they refer to each other, and without recursion."""

    def __init__(
        self, items: Mapping[str, Item], links: Mapping[str, Link], folders: set[str], *, rooted: bool
    ) -> None:
        self._items = items
        self._links = links
        self._folders = folders
        self._rooted = rooted
        self._ends: dict[str, _End] = {}

    def ends(self) -> dict[str, _End]:
        """Where each link leads."""
        for name in sorted(self._links):
            if name not in self._ends:
                self._follow(name)
        return self._ends

    def _follow(self, name: str) -> None:
        """Find the end of a link, and first those of the links on its way."""
        walks, walked = [(name, self._walk(name))], {name}
        while walks:
            last, walk = walks[-1]
            needed = next(walk, None)
            if needed is None:
                walks.pop()
                walked.remove(last)
            elif needed in walked:
                self._ends[needed] = _End(why="it leads in a circle", culprit=needed)
            else:
                walks.append((needed, self._walk(needed)))
                walked.add(needed)

    def _walk(self, name: str) -> Generator[str, None, None]:
        """Walk to where a link leads, and note it; gives the links on the way whose ends have to be known first."""
        target, followed = self._links[name].target, 1
        at = "" if self._rooted and target.startswith("/") else name.rpartition("/")[0]
        end = self._at_the_start(name, target)
        for part in () if end else target.split("/"):
            at, why = self._step(at, part)
            if at in self._links and not why:
                if at not in self._ends:
                    yield at
                on = self._ends[at]
                if on.why:
                    end = on
                    break
                at, followed = on.place, followed + on.followed
                if followed > _MOST_LINKS:
                    why = f"it leads through more than {_MOST_LINKS} links"
            elif not why and at not in self._folders and at not in self._items:
                why = f"it leads to {target[:200]!r}, which isn't in the archive"
            if why:
                end = _End(why=why, culprit=name)
                break
        self._ends[name] = end or _End(at, followed)

    def _at_the_start(self, name: str, target: str) -> _End | None:
        """What is wrong with a target whatever the archive holds."""
        if not target:
            return _End(why="it doesn't say where it leads", culprit=name)
        if target.startswith("/") and not self._rooted:
            return _End(why=f"it is absolute: {target[:200]!r}", culprit=name)
        return None

    def _step(self, at: str, part: str) -> tuple[str, str]:
        """The place that one part of a way leads to from `at`, and why there is none."""
        if at in self._items:
            return at, f"{at!r} on its way is a file, not a folder"
        if part in {"", "."}:
            return at, ""
        if part == "..":
            return at.rpartition("/")[0], "" if at or self._rooted else "it leads out of the archive"
        return f"{at}/{part}" if at else part, ""


# --- what it means -------------------------------------------------------------------------------------------
class _Copies:
    """Makes the files that links mean."""

    def __init__(
        self,
        items: Mapping[str, Item],
        links: Mapping[str, Link],
        ends: Mapping[str, _End],
        folders: set[str],
        limits: Limits,
    ) -> None:
        self._files = items
        self._links = links
        self._ends = ends
        self._limits = limits
        self._items = dict(items)
        self._unusable: list[Unusable] = []
        self._count = len(items)
        self._size = sum(item.size for item in items.values())
        self._inside: dict[str, list[str]] = {folder: [] for folder in folders}
        for name in (*items, *links, *(folders - {""})):
            self._inside[name.rpartition("/")[0]].append(name)

    def all(self) -> tuple[tuple[Item, ...], tuple[Unusable, ...]]:
        """The files, those that links mean among them, and the links that mean none."""
        for name in sorted(self._links):
            self._copy(name)
        by_name = sorted(self._items)
        return tuple(self._items[name] for name in by_name), tuple(sorted(self._unusable, key=lambda one: one.name))

    def _copy(self, link: str) -> None:
        """Add what a link means; of a folder also what the links in it mean, none of which comes back here."""
        offset = self._links[link].offset
        waiting = [(link, link)]
        while waiting:
            name, place = waiting.pop()
            self._check(name, offset)
            if place in self._links:
                end = self._ends[place]
                if end.why:
                    self._unusable.append(Unusable(name, _told(place, end), offset))
                    continue
                place = end.place
            if item := self._files.get(place):
                self._weigh(item.size, name, offset)
                self._items[name] = Item(name, item.executable, item.content, offset, linked=item.name)
            else:
                skip = len(place) + 1  # never the folder of all: every link to that one lies in it
                waiting += [(f"{name}/{inner[skip:]}", inner) for inner in self._inside[place]]

    def _check(self, name: str, offset: int) -> None:
        """Refuse more than there may be, the folders on the way included: else empty ones would never end."""
        where = Where(member=name[:100], offset=offset)
        length, depth = len(name.encode("utf-8", "surrogatepass")), name.count("/")
        if length > self._limits.name_length:
            raise self._limits.exceeded("name_length", f"links make a name of {length:,} bytes", where)
        if depth > self._limits.depth:
            raise self._limits.exceeded("depth", f"links make a name that leads through {depth:,} folders", where)
        self._count += 1
        if self._count > self._limits.members:
            raise self._limits.exceeded("members", f"links to folders make {self._count:,} files and more", where)

    def _weigh(self, size: int, name: str, offset: int) -> None:
        """Refuse more bytes than there may be."""
        self._size += size
        if self._size > self._limits.total_size:
            where = Where(member=name[:100], offset=offset)
            raise self._limits.exceeded("total_size", f"with what links mean, there are {self._size:,} bytes", where)


def _told(place: str, end: _End) -> str:
    """Why a link leads nowhere, and through which other link if that is the reason."""
    return end.why if end.culprit == place else f"it leads through {end.culprit!r}, and that one nowhere: {end.why}"
