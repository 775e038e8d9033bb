"""Directories on disk: what lies below one, and files that are read when somebody asks for them."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

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
Place: TypeAlias = tuple[int, int]
"""Where a file system has something: device and inode."""

_MOUNT_POINT: Final = 0xA000_0003
"""The reparse tag of Windows' junctions, which lead elsewhere as links do (IO_REPARSE_TAG_MOUNT_POINT in winnt.h)."""

# Where a link or a pipe has taken the place of a file, it is neither followed nor waited for.
_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of a file below a directory, read when they are asked for, as long as it is the one that was found.

    ``modified`` is its time in nanoseconds, and ``place`` where the file system has it (device and inode); None where
    the system tells others of open files, as Windows may.
    """

    path: str
    size: int
    modified: int | None = None
    place: Place | None = None

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
                if self.place not in {None, (now.st_dev, now.st_ino)}:
                    raise self._changed()
                return file.read(count)
        except OSError as error:
            raise RequestError(f"can't be read: {reason(error)}", where=Where(file=self.path)) from None

    def _changed(self) -> RequestError:
        return _changed(self.path)


def _changed(path: str) -> RequestError:
    return RequestError(
        "has changed in the meantime", where=Where(file=path), hint="try again when nobody writes there"
    )


def _opened(path: str, _: int) -> int:
    return os.open(path, _READING)


class Found(NamedTuple):
    """Something below a directory. ``name`` is its path there, with slashes, and may hold what is no text.

    ``mode`` is as in ``st_mode``, with the kind; ``target`` is where a link leads, with slashes, "" for all others.
    ``place`` is its device and inode.
    """

    name: str
    path: str
    mode: int
    size: int
    modified: int
    target: str
    place: Place

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
        if os.name == "nt":
            return FileContent(self.path, self.size)
        return FileContent(self.path, self.size, self.modified, self.place)


def walk(root: str, limits: Limits, *, without: Container[str] = ()) -> Iterator[Found]:
    """All that lies below a directory, in no order; links are not followed, and what is called `without` is left out.

    Raises `RequestError` where a folder can't be read, and `LimitError` for folders too deep or too many files.
    """
    waiting: list[tuple[str, str, int, Place | None]] = [(root, "", 0, None)]
    count = 0
    while waiting:
        folder, prefix, depth, place = waiting.pop()
        if depth > min(limits.depth, _MOST_FOLDERS_DEEP):
            raise limits.exceeded("depth", f"{prefix[:100]!r} leads through {depth:,} folders")
        try:
            found = _listed(folder, prefix, place, without)
        except OSError as error:
            raise RequestError(f"can't be read: {reason(error)}", where=Where(file=folder)) from None
        for each in found:
            if stat.S_ISDIR(each.mode):
                waiting.append((each.path, f"{each.name}/", depth + 1, each.place))
            else:
                count += 1
        if count > limits.members:
            raise limits.exceeded("members", f"there are more than {limits.members:,} files")
        yield from found


def _listed(folder: str, prefix: str, place: Place | None, without: Container[str]) -> list[Found]:
    """What is in a folder, which is still the one at ``place`` (None: whichever) and no link that took its place."""
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            return [_found(entry, folder, prefix) for entry in entries if entry.name not in without]
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if place else 0))
    try:
        now = os.fstat(descriptor)
        if place not in {None, (now.st_dev, now.st_ino)}:
            raise _changed(folder)
        with os.scandir(descriptor) as entries:
            return [_found(entry, folder, prefix, descriptor) for entry in entries if entry.name not in without]
    finally:
        os.close(descriptor)


def _found(entry: os.DirEntry[str], folder: str, prefix: str, descriptor: int | None = None) -> Found:
    known = entry.stat(follow_symlinks=False)
    mode, target = known.st_mode, ""
    if stat.S_ISLNK(mode) or getattr(known, "st_reparse_tag", 0) == _MOUNT_POINT:
        mode = stat.S_IFLNK
        # From the open folder, where there is one: an entry of it has no more path than its name.
        target = os.readlink(entry.path, dir_fd=descriptor).replace(os.sep, "/")  # as above
    path = os.path.join(folder, entry.name)  # noqa: PTH118  # as above
    return Found(
        prefix + entry.name, path, mode, known.st_size, known.st_mtime_ns, target, (known.st_dev, known.st_ino)
    )
