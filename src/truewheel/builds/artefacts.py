"""What backends make, brought into canonical form: wheels, sdists, and the metadata that announces a wheel."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from truewheel.builds.artefacts_sboms import folders_left_out
from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.sdist import canonical_sdist as to_canonical_sdist
from truewheel.sdist import write as write_sdist
from truewheel.wheel import Limits, Profile, Written, canonicalize, write
from truewheel.wheel.metadata import parse_wheel_file, with_tags
from truewheel.world.files import open_wheel, replacing
from truewheel.world.sdists import open_sdist
from truewheel.world.settings import core_count

_CHUNK: Final = 1 << 20


def canonical_wheel(
    source: Path,
    target: Path | None = None,
    *,
    timestamp: int | None,
    profile: Profile = Profile.LD1,
    limits: Limits | None = None,
    folders: Collection[str] = (),
) -> Written:
    """Write the canonical form of a wheel to `target`, or over the wheel itself.

    ``timestamp`` is the time of all members in seconds since 1970 UTC, None for 1980-01-01. ``folders`` are those that
    it was built in, as the build saw them: bills of materials don't name them. Nothing is left behind where it fails:
    raises `WheelError` where it is no sound wheel, or its RECORD is wrong.
    """
    # The wheel is closed before its name is taken by the result.
    with replacing(target or source) as file, open_wheel(source, limits) as opened:
        canonical = canonicalize(opened.wheel, also=[folders_left_out(folders)])
        return write(canonical, file, profile=profile, timestamp=timestamp, workers=core_count())


def kind_of(path: Path) -> int:
    """What lies there, as `stat.S_IFMT` has it: links aren't followed. 0 where there is nothing."""
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except (OSError, ValueError):  # a NUL in the name
        return 0


def canonical_info(folder: Path) -> None:
    """Bring the WHEEL of a prepared ``.dist-info`` into the form that `canonical_wheel` gives it in the wheel.

    Installers take what is prepared here for what the wheel will hold (PEP 517). A folder without WHEEL announces none,
    and is left alone. Raises `WheelError` where WHEEL can't be read, and `RequestError` where it can't be written.
    """
    file = folder / "WHEEL"
    if not (kind := kind_of(file)):
        return
    if kind != stat.S_IFREG:
        raise RequestError("can't be brought into form: it is no regular file", where=Where(file=str(file)))
    try:
        before = file.read_bytes()
        after = with_tags(before, parse_wheel_file(before).expanded_tags)
        if after != before:
            file.write_bytes(after)
    except TruewheelError as error:
        raise error.within(file=str(file)) from None
    except OSError as error:
        raise RequestError(f"can't be brought into form: {error.strerror}", where=Where(file=str(file))) from None


def canonical_sdist(source: Path, folder: Path, *, timestamp: int | None, limits: Limits | None = None) -> Path:
    """Write the canonical form of a source distribution into a folder, and give its path.

    ``timestamp`` as for `canonical_wheel`. A .zip comes out as .tar.gz. Nothing is left behind where it fails: raises
    `SdistError` where it is no sound source distribution.
    """
    with open_sdist(source, limits) as opened:
        canonical = to_canonical_sdist(opened.sdist)
        target = folder / str(canonical.name)
        with replacing(target) as file:
            write_sdist(canonical, file, timestamp=timestamp)
    return target


def untouched(source: Path, target: Path, *, limits: Limits | None = None) -> None:
    """Copy what a backend has made to `target`, which is new, byte for byte.

    Whether it can be read, and is what it should be, is for others to say. Raises `RequestError` where it is no regular
    file, and `LimitError` where it is larger than all members together may be.
    """
    limits, where = limits or Limits(), Where(file=str(source))
    try:
        # Not through a link, and without waiting for the other end of a pipe.
        opened = os.open(source, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK") | _flag("O_BINARY"))
        with os.fdopen(opened, "rb") as file, target.open("xb") as copy:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise RequestError("is no regular file", where=where)
            written = 0
            while chunk := file.read(_CHUNK):
                written += len(chunk)
                if written > limits.total_size:
                    raise limits.exceeded("total_size", f"has more than {limits.total_size:,} bytes", where)
                copy.write(chunk)
    except OSError as error:
        raise RequestError(f"can't be taken: {error.strerror}", where=where) from None


def _flag(name: str) -> int:
    """A flag of `os.open`, where this system has it."""
    return int(getattr(os, name, 0))
