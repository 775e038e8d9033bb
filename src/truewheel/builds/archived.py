"""Sdists laid out as sources, and what an unpacker leaves of the times and modes that the archive gives."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.builds import tree
from truewheel.builds.model import Conditions, Workroom
from truewheel.sdist import Member, TarStored
from truewheel.wheel import Limits
from truewheel.world.sdists import open_sdist, unpack

_LATEST: Final = 0xFFFF_FFFF
"""A time, in seconds since 1970, that every file system takes; no archive has a later one that is true."""


class Archived(NamedTuple):
    """What an archive says of a file: when it was changed, in seconds since 1970, and its mode."""

    time: int
    mode: int


class Unpacked(NamedTuple):
    """An sdist that was laid out: its sha256 in hexadecimal, and its files by their paths below the top folder."""

    digest: str
    files: Mapping[str, Archived]

    @property
    def newest(self) -> int:
        """The latest time of a file, in seconds since 1970."""
        return max((file.time for file in self.files.values()), default=0)


def unpacked(path: Path, room: Workroom, limits: Limits | None) -> Unpacked:
    """Unpack an sdist as the sources of a build. Raises `SdistError` where it isn't sound."""
    with open_sdist(path, limits) as opened:
        start = len(opened.sdist.top) + 1
        found = Unpacked(
            opened.sha256, {member.name[start:]: Archived(_time(member), _mode(member)) for member in opened.sdist}
        )
        top = unpack(opened.sdist, room.host / "unpacked", mtime=found.newest)
    if room.source.exists():
        room.source.rmdir()
    top.rename(room.source)
    (room.host / "unpacked").rmdir()
    return found


def settle(top: Path, seconds: int, conditions: Conditions, files: Mapping[str, Archived]) -> None:
    """Give all below a folder the modes and times that `conditions` want of sources.

    That is one time and the usual modes (`tree.settle`), unless the files of an archive are to keep theirs, or all are
    to be writable for the group. Folders have one time, and links as well. ``seconds`` is it, since 1970.
    """
    tree.settle(top, seconds)
    if conditions.group_writable:
        tree.open_to_group(top)
    if not conditions.sources_kept:
        return
    for name, (time, mode) in files.items():
        path = top / name
        if path.is_symlink():
            continue
        if not conditions.group_writable:
            path.chmod(mode)
        os.utime(path, (time, time))


def _time(member: Member) -> int:
    """When a member was changed, in seconds since 1970. A zip tells the time of nobody knows which place: as in UTC."""
    stored = member.stored
    if isinstance(stored, TarStored):
        return min(max(stored.mtime, 0), _LATEST)
    if stored is None:
        return 0
    date, time = stored.dos_date, stored.dos_time
    try:
        moment = dt.datetime(
            1980 + (date >> 9),
            date >> 5 & 15,
            date & 31,
            time >> 11,
            time >> 5 & 63,
            (time & 31) * 2,
            tzinfo=dt.timezone.utc,
        )
    except ValueError:
        return 0
    return int(moment.timestamp())


def _mode(member: Member) -> int:
    """The mode that unpackers give a file.

    Those of tars, as Python's ``tarfile`` and so `build` and pip unpack them (PEP 706, the filter ``data``): nobody
    else may write, the owner may read and write, and what the owner can't run, nobody can. pip and `build` unpack no
    zips but under a umask, which lets through what is usual.
    """
    usual = 0o755 if member.executable else 0o644
    if not isinstance(member.stored, TarStored):
        return usual
    mode = member.stored.mode & 0o755 | 0o600
    return mode if mode & 0o100 else mode & ~0o111
