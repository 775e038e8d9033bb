"""Source distributions on disk: opened for reading, and unpacked into a folder that is new."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.sdist import Member, Sdist, SdistName, Slice, check_whole, read, targets
from truewheel.wheel import Limits
from truewheel.world.mapped import MappedLibrary, sha256_of
from truewheel.world.regular import demand_file, reason

_NEW: Final = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # never through a link, never over a file


@dataclass(frozen=True)
class OpenSdist:
    """A source distribution while its file is open; ``size`` in bytes and ``sha256`` in hexadecimal are the file's.

    Its members can be read only until the ``with`` block ends.
    """

    path: Path
    size: int
    sha256: str
    sdist: Sdist


@contextmanager
def open_sdist(path: Path, limits: Limits | None = None) -> Iterator[OpenSdist]:
    """Open a source distribution and read it. Every error that leaves the block names the file.

    Raises `RequestError` where there is no such file, `SdistError` where it is not a sound source distribution, and
    `WheelError` where it is a zip that isn't sound.
    """
    try:
        name, file = _sdist_name(path), MappedLibrary(str(path))
        try:
            data = file.data
            opened = OpenSdist(path, len(data), sha256_of(data), read(data, name, limits))
            file.forget()
            yield opened
        finally:
            file.close()
    except TruewheelError as error:
        raise error.within(file=str(path)) from None


def _sdist_name(path: Path) -> SdistName:
    """The parts of the file's name, once it is sure that there is a file to speak of."""
    demand_file(path, "source distribution", "the .tar.gz file")
    if path.name.endswith(".whl"):
        raise RequestError("is a wheel, not a source distribution")
    return SdistName.parse(path.name)


def unpack(sdist: Sdist, folder: Path, *, mtime: int) -> Path:
    """Lay the members of `sdist` out in `folder`, which must not exist yet; the folder that holds the sources.

    Files get the mode 0644 or 0755, folders 0755, whatever the umask is, and everything the time ``mtime`` (seconds
    since 1970). Nothing is written outside of `folder`: links are made last, when nothing is left to be written
    through them. Where the system lets nobody make links, as Windows does, a file that one leads to is copied.
    Nothing is left behind after an error. Raises `RequestError` where `folder` exists or can't be written, and
    `SdistError` where names or links aren't as in one that was read.
    """
    check_whole(sdist)
    where = Where(file=str(folder))
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RequestError("exists already; sources are unpacked into a new folder", where=where) from None
    except OSError as error:
        raise RequestError(f"can't be made: {reason(error)}", where=where) from None
    try:
        _fill(folder, sdist, mtime)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, (OSError, OverflowError)):  # the latter for times that no system knows
            raise RequestError(f"can't be written: {reason(error)}", where=where) from None
        raise
    return folder / sdist.top


def _fill(folder: Path, sdist: Sdist, mtime: int) -> None:
    """Folders, files and links, in this order; times of folders last, since whatever is made in one changes its."""
    folders = [folder, *(folder / name for name in _folders(sdist))]
    folder.chmod(0o755)
    for place in folders[1:]:
        place.mkdir()
        place.chmod(0o755)  # at once: a strict umask would keep us out of it
    for member in sdist:
        if not member.link:
            _write(folder / member.name, member, mtime)
    _link(folder, sdist, mtime)
    for place in folders:
        os.utime(place, (mtime, mtime))


def _folders(sdist: Sdist) -> list[str]:
    """Every folder, outer ones first: those that have entries of their own, and those that members stand in."""
    names: Iterable[str] = (*sdist.directories, *(member.name.rpartition("/")[0] for member in sdist))
    found: set[str] = set()
    for name in names:
        outer = name
        while outer and outer not in found:
            found.add(outer)
            outer = outer.rpartition("/")[0]
    return sorted(found)


def _write(place: Path, member: Member, mtime: int) -> None:
    """A file that is new, with the member's contents."""
    with open(place, "xb", opener=lambda name, _: os.open(name, _NEW, 0o600)) as file:
        if isinstance(member.content, Slice):
            with member.content.view as view:
                file.write(view)
        else:
            file.write(member.read())
    place.chmod(0o755 if member.executable else 0o644)
    os.utime(place, (mtime, mtime))


def _link(folder: Path, sdist: Sdist, mtime: int) -> None:
    """The symbolic links, or copies where there can be none."""
    for name, target in targets(sdist).items():
        place, member = folder / name, sdist.by_name[name]
        try:
            place.symlink_to(member.link)
        except (OSError, NotImplementedError):
            file = sdist.by_name.get(target)
            if file is None:
                raise
            _write(place, file, mtime)
        else:
            if os.utime in os.supports_follow_symlinks:
                os.utime(place, (mtime, mtime), follow_symlinks=False)
