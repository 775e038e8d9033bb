"""Folders to look in: as this machine sees them, or as a process does that has one for its root.

A look-up touches the path that it is asked for and nothing beside it: folders are listed for patterns only.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from itertools import islice

from truewheel.binary.fields import LONGEST_PATH

_LONGEST_NAME = 255  # bytes of one part of a path: NAME_MAX of Linux
_NO_NAME = frozenset("\0/\\:" if os.sep == "\\" else "\0/")
_MOST_LINKS = 40  # on the way to one file, as in Linux: path_resolution(7)
_MOST_NAMES = 1 << 17  # that are looked at in one folder, where a pattern asks for its files
_MOST_MATCHES = 1 << 12


class Folder:
    """A folder as this machine sees it: links in it may lead anywhere.

    ``path`` is where it really is. The methods take paths below it, with slashes; for one that nothing is found
    at, or that no system would open, they give None or nothing.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)

    def real(self, path: str) -> str | None:
        """Where on this machine the file or folder at `path` is, with all links resolved."""
        parts = _parts(path)
        if parts is None or ".." in parts:
            return None
        place = _joined(self.path, parts)
        return os.path.realpath(place) if _mode(place) else None

    def place(self, path: str) -> str:
        """Where on this machine something at `path` would be, were there no links."""
        return _joined(self.path, [part for part in path.split("/") if part])

    def file(self, path: str) -> str | None:
        """`real`, for regular files only: what isn't one could hang whoever opens it."""
        place = self.real(path)
        return place if place is not None and is_regular(place) else None

    def folder(self, path: str) -> str | None:
        """`real`, for folders only."""
        place = self.real(path)
        return place if place is not None and stat.S_ISDIR(_mode(place)) else None

    def names(self, path: str) -> list[str]:
        """The names in the folder at `path`, sorted; of an enormous one, some."""
        place = self.folder(path)
        if place is None:
            return []
        try:
            with os.scandir(place) as entries:
                return sorted(entry.name for entry in islice(entries, _MOST_NAMES))
        except OSError:
            return []

    def read(self, path: str, most: int) -> bytes | None:
        """The first `most` bytes of the regular file at `path`."""
        place = self.file(path)
        if place is None:
            return None
        try:
            with open(place, "rb") as file:  # noqa: PTH123 - all paths here are strings
                return file.read(most)
        except OSError:
            return None

    def matching(self, pattern: str, start: str = "", *, any_case: bool = False) -> Iterator[str]:
        """The paths below the folder `start` that a pattern of file names means, in order.

        Each part is matched by itself, as shells do: ``*`` is no slash and doesn't begin with a dot.
        """
        found = [start]
        for part in _parts(pattern) or ():
            parts = self._folded(found, part) if any_case else self._expanded(found, part)
            found = list(islice(parts, _MOST_MATCHES))
        yield from (path for path in found if path != start and self.real(path) is not None)

    def _expanded(self, folders: list[str], part: str) -> Iterator[str]:
        for folder in folders:
            for name in self.names(folder) if has_magic(part) else [part]:
                if _means(part, name):
                    yield f"{folder}/{name}" if folder else name

    def _folded(self, folders: list[str], part: str) -> Iterator[str]:
        """`_expanded`, for names that are the same in any case."""
        for folder in folders:
            for name in self.names(folder):
                if _means(folded(part), folded(name)):
                    yield f"{folder}/{name}" if folder else name


class Root(Folder):
    """A folder that stands for ``/``: links in it never lead out of it, as for a process that did chroot(2)."""

    def real(self, path: str) -> str | None:
        """Where on this machine the file or folder is that a process in this root finds at `path`."""
        inside = self.inside(path)
        return None if inside is None else self.place(inside)

    def inside(self, path: str) -> str | None:
        """The path in this root, without a slash before it and without links, of what `path` leads to."""
        left, at, links = _reversed_parts(path), list[str](), 0
        while left:
            part = left.pop()
            if part == "..":
                del at[-1:]
                continue
            place = _joined(self.path, [*at, part])
            mode = _mode(place, follow=False)
            if not stat.S_ISLNK(mode):
                if not mode:
                    return None
                at.append(part)
                continue
            target = _target(place)
            links += 1
            more = _reversed_parts(target)
            if links > _MOST_LINKS or more is None:
                return None
            left += more
            if target.startswith("/"):
                at.clear()
        return None if left is None else "/".join(at)


def within(path: str, folder: str) -> str | None:
    """The rest of a real path below a real folder, with slashes: "" for the folder itself, None elsewhere."""
    if path == folder:
        return ""
    start = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def is_regular(place: str) -> bool:
    """Whether there is a regular file at a path of this machine."""
    return stat.S_ISREG(_mode(place))


def has_magic(pattern: str) -> bool:
    """Whether a name is a pattern."""
    return any(sign in pattern for sign in "*?[")


def is_absolute(path: str) -> bool:
    """Whether a path means the same on this machine wherever somebody is, and can be asked for."""
    return os.path.isabs(path) and is_spellable(path)  # noqa: PTH117 - all paths here are strings


def folded(name: str) -> str:
    """A name as it is compared where upper and lower case are the same."""
    return name.lower()


def is_plain(name: str) -> bool:
    """Whether a part of a path is the name of one file, and not too long for any."""
    return _NO_NAME.isdisjoint(name) and is_spellable(name) and len(os.fsencode(name)) <= _LONGEST_NAME


def is_spellable(path: str) -> bool:
    """Whether this machine can be asked for a path at all: functions of the system raise `ValueError` for others."""
    with suppress(UnicodeEncodeError):
        return b"\0" not in os.fsencode(path)
    return False


def _joined(start: str, parts: list[str]) -> str:
    return os.path.join(start, *parts)  # noqa: PTH118 - pathlib would make sense of what must be taken as it is


def _parts(path: str) -> list[str] | None:
    """The parts of a path that say something; None for a path that no system opens."""
    if len(path) > LONGEST_PATH:
        return None
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return parts if all(map(is_plain, parts)) else None


def _reversed_parts(path: str) -> list[str] | None:
    parts = _parts(path)
    return None if parts is None else parts[::-1]


def _mode(place: str, *, follow: bool = True) -> int:
    """The kind and the permissions of a file; 0 where there is none."""
    with suppress(OSError, ValueError):
        return os.stat(place, follow_symlinks=follow).st_mode  # noqa: PTH116 - all paths here are strings
    return 0


def _target(place: str) -> str:
    """What a link says, with slashes; an endless path where it can't be read."""
    try:
        return os.readlink(place).replace(os.sep, "/")  # noqa: PTH115 - all paths here are strings
    except OSError:
        return "/" * (LONGEST_PATH + 1)


def _means(part: str, name: str) -> bool:
    """Whether a part of a pattern means a name, as shells have it."""
    if name == part:
        return True
    try:
        return name.startswith(".") == part.startswith(".") and fnmatchcase(name, part)
    except re.error:  # Python 3.10 trips over a range that runs backwards
        return False
