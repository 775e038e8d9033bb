"""Directories on disk: what lies below one, and files that are read when somebody asks for them."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from truewheel.errors import RequestError, Where
from truewheel.wheel import Limits
from truewheel.world.regular import reason

_MOST_FOLDERS_DEEP: Final = 400
_SPECIAL: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
_MOUNT_POINT: Final = 0xA000_0003
"""The reparse tag of Windows' junctions, which lead elsewhere as links do (IO_REPARSE_TAG_MOUNT_POINT in winnt.h)."""

# Where a link or a pipe has taken the place of a file, it is neither followed nor waited for.
_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of a file below a directory, read when they are asked for, as long as it is the one that was found.

    ``modified`` is its time in nanoseconds; None where the system tells another one of open files, as Windows may.
    """

    path: str
    size: int
    modified: int | None = None

    def read(self) -> bytes:
        """All bytes. Raises `RequestError` where they can't be read, or the file has changed."""
        data = self.head(self.size + 1)
        if len(data) != self.size:
            raise self._changed()
        return data

    def head(self, count: int) -> bytes:
        """The first `count` bytes. Raises `RequestError` where they can't be read, or the file has changed."""
        try:
            with open(self.path, "rb", opener=_opened) as file:  # of thousands: each a path is waste
                now = os.fstat(file.fileno())
                if not stat.S_ISREG(now.st_mode) or self.modified not in {None, now.st_mtime_ns}:
                    raise self._changed()
                return file.read(count)
        except OSError as error:
            raise RequestError(f"can't be read: {reason(error)}", where=Where(file=self.path)) from None

    def _changed(self) -> RequestError:
        return RequestError(
            "has changed in the meantime", where=Where(file=self.path), hint="try again when nobody writes there"
        )


def _opened(path: str, _: int) -> int:
    return os.open(path, _READING)


class Found(NamedTuple):
    """Something below a directory. ``name`` is its path there, with slashes, and may hold what is no text.

    ``mode`` is as in ``st_mode``, with the kind; ``target`` is where a link leads, with slashes, "" for all others.
    """

    name: str
    path: str
    mode: int
    size: int
    modified: int
    target: str

    @property
    def executable(self) -> bool:
        """Whether anybody may execute it; of no meaning on Windows, where it is said to be so."""
        return bool(self.mode & 0o111) and os.name != "nt"

    @property
    def special(self) -> str:
        """What it is, if it is neither file, link nor folder; else ""."""
        kind = stat.S_IFMT(self.mode)
        return "" if kind in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR} else _SPECIAL.get(kind, "a special file")

    @property
    def content(self) -> FileContent:
        """Of a file: its bytes."""
        return FileContent(self.path, self.size, self.modified if os.name != "nt" else None)


def walk(root: str, limits: Limits, *, without: Container[str] = ()) -> Iterator[Found]:
    """All that lies below a directory, in no order; links are not followed, and what is called `without` is left out.

    Raises `RequestError` where a folder can't be read, and `LimitError` for folders too deep or too many files.
    """
    count, waiting = 0, [(root, "", 0)]
    while waiting:
        folder, prefix, depth = waiting.pop()
        if depth > min(limits.depth, _MOST_FOLDERS_DEEP):
            raise limits.exceeded("depth", f"{prefix[:100]!r} leads through {depth:,} folders")
        try:
            with os.scandir(folder) as entries:
                found = [_found(entry, prefix) for entry in entries if entry.name not in without]
        except OSError as error:
            raise RequestError(f"can't be read: {reason(error)}", where=Where(file=folder)) from None
        for each in found:
            if stat.S_ISDIR(each.mode):
                waiting.append((each.path, f"{each.name}/", depth + 1))
            else:
                count += 1
        if count > limits.members:
            raise limits.exceeded("members", f"there are more than {limits.members:,} files")
        yield from found


def _found(entry: os.DirEntry[str], prefix: str) -> Found:
    known = entry.stat(follow_symlinks=False)
    mode, target = known.st_mode, ""
    if stat.S_ISLNK(mode) or getattr(known, "st_reparse_tag", 0) == _MOUNT_POINT:
        mode = stat.S_IFLNK
        target = os.readlink(entry.path).replace(os.sep, "/")  # noqa: PTH115  # as above
    return Found(prefix + entry.name, entry.path, mode, known.st_size, known.st_mtime_ns, target)
