"""What is to be packed, opened: an archive, a directory or a single file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from truewheel.archives import DIRECTORY, FILE, Archive, Item, read_archive
from truewheel.archives.gathered import Gathered
from truewheel.archives.read import modes_are_meant
from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.wheel import Limits
from truewheel.world.folders import Found, walk
from truewheel.world.mapped import MappedContent, MappedLibrary, sha256_of
from truewheel.world.regular import demand_file

_MODES: Final = os.name != "nt"
_ENCODING: Final = "surrogateescape" if _MODES else "surrogatepass"
"""How Python keeps the bytes of names that are no text (PEP 383); on Windows names are UTF-16, of any code units."""

_NEVER_MEANT: Final = frozenset({".git", ".hg", ".svn", ".bzr", "Thumbs.db"})
"""In directories: what version control keeps there, and what Windows adds by itself. For macOS see `Gathered`."""


@dataclass(frozen=True)
class OpenArchive:
    """An archive while its file is mapped. Its items can be read only until the ``with`` block ends.

    ``size``, in bytes, and ``sha256``, in hexadecimal, are those of the file; None for a directory. ``forget`` tells
    the system that the mapped pages read so far aren't needed, so that they don't count as ours.
    """

    path: Path
    size: int | None
    sha256: str | None
    archive: Archive
    forget: Callable[[], None]


@contextmanager
def open_archive(
    path: Path, limits: Limits | None = None, *, sha256: str = "", called: str = ""
) -> Iterator[OpenArchive]:
    """What is at a path, as an archive whose items can be read until the block ends. Errors name the file, or `called`.

    A file that is no archive by its first bytes is one of itself alone (`FILE`). Of a directory (`DIRECTORY`) all files
    are items, hidden ones too, except for ``.git`` and the like, ``Thumbs.db`` and what macOS adds; they are read when
    they are asked for, and are errors once they have changed. Links lead to files of the directory or nowhere.

    A `sha256` that is demanded is compared before anything is read of the archive. Raises `RequestError` where the file
    is another one, nothing is there, it is empty or can't be read, or a directory has a pipe, socket or
    device in it; `ArchiveError` where an archive isn't sound, and `LimitError` where it asks too much.
    """
    limits = limits or Limits()
    try:
        if _is_directory(path):
            if sha256:
                raise RequestError("is a directory, which has no sha256", hint="name the archive, or no sha256")
            yield OpenArchive(path, None, None, _directory(path, limits), _nothing)
            return
        demand_file(path, "archive", "the file")
        mapped = MappedLibrary(str(path))
        try:
            size, found = len(mapped.data), sha256_of(mapped.data)
            mapped.forget()
            if sha256 and found != sha256.lower():
                raise RequestError(
                    f"its sha256 is {found}, and {sha256.lower()} is demanded",
                    hint="this is another file than the one that was meant: find out why before the hash is changed",
                )
            archive = read_archive(mapped.data, _name(path), limits) or _alone(path, mapped)
            mapped.forget()  # compressed tars are unpacked, and of others the headers alone were of interest
            yield OpenArchive(path, size, found, archive, mapped.forget)
        finally:
            mapped.close()
    except TruewheelError as error:
        raise error.within(file=called or str(path)) from None


def _nothing() -> None:
    """Files of a directory aren't mapped."""


def _is_directory(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):  # `demand_file` says what it is
        return False


def _name(path: Path) -> str:
    """The name of what is at a path, which may be ``.`` or end in ``..``, as text that can be printed anywhere."""
    name = path.name if path.name not in {"", ".."} else path.resolve().name
    return _raw(name).decode("utf-8", "backslashreplace")


def _raw(name: str) -> bytes:
    """A name of the file system as UTF-8, or as the bytes that it is."""
    return name.encode("utf-8", _ENCODING)


def _alone(path: Path, mapped: MappedLibrary) -> Archive:
    """A file that is no archive."""
    # A file that was downloaded has no executable bit, and the one that was built has: no bit of it is believed.
    item = Item(_name(path), executable=False, content=MappedContent(mapped))
    return Archive(FILE, _name(path), (item,), modes=False)


def _directory(path: Path, limits: Limits) -> Archive:
    """All that lies below a directory."""
    gathered = Gathered(limits)
    for found in walk(str(path), limits, without=_NEVER_MEANT):
        _gather(found, gathered, limits)
    items, unusable = gathered.resolved(rooted=False)
    total = sum(item.size for item in items)
    if total > limits.total_size:
        raise limits.exceeded("total_size", f"the files have {total:,} bytes, with what links lead to")
    if not items and not unusable:
        raise RequestError("there is no file in this directory", hint="name the directory with the files to pack")
    # Downloads and artefacts of CI have no executable bits, and on file systems of Windows every file has one.
    return Archive(DIRECTORY, _name(path), items, unusable, modes=modes_are_meant(items))


def _gather(found: Found, gathered: Gathered, limits: Limits) -> None:
    name, where = _raw(found.name), Where(file=found.path)
    if found.special:
        raise RequestError(
            f"is {found.special}, which no wheel can hold", where=where, hint="remove it, or pack another directory"
        )
    if stat.S_ISDIR(found.mode):
        gathered.folder(name, 0)
    elif stat.S_ISLNK(found.mode):
        gathered.link(name, _raw(found.target), 0)
    elif found.size > limits.member_size:
        raise limits.exceeded("member_size", f"the file has {found.size:,} bytes", where)
    else:
        gathered.file(name, found.content, 0, executable=found.executable)
