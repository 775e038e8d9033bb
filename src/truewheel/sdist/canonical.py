"""The canonical source distribution: one sequence of bytes per meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from truewheel.sdist.model import Sdist

_EARLIEST: Final = 315532800  # 1980-01-01 00:00:00
_LATEST: Final = 4354819198  # 2107-12-31 23:59:58


def canonical_sdist(sdist: Sdist) -> Sdist:
    """The source distribution as the canonical archive holds it: members sorted by the bytes of their names.

    There are no entries for folders, and nothing about the archive as a whole; the name ends in .tar.gz. Hard links
    are files already. Python compares strings by code points, which is the order of their bytes in UTF-8.
    """
    members = tuple(sorted(sdist.members, key=lambda member: member.name))
    return replace(
        sdist, name=sdist.name.as_tar(), members=members, directories=(), gzip=None, records=(), tar_size=None
    )


def stamp(timestamp: int | None) -> int:
    """The time of every member, in seconds since 1970: 1980-01-01 for None.

    Brought into the range of what a zip can say, 1980 to 2107, since wheels are built from what is unpacked here, and
    many backends give a wheel's members the times of the files. A tar could say more.
    """
    return _EARLIEST if timestamp is None else min(max(timestamp, _EARLIEST), _LATEST)
