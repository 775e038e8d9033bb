"""Source distributions on disk: opened for reading, and unpacked into a folder that is new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from truewheel.sdist import Sdist
from truewheel.wheel import Limits


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

    Raises `RequestError` where there is no such file, and `SdistError` where it is not a sound source distribution.
    """
    raise NotImplementedError
    yield


def unpack(sdist: Sdist, folder: Path, *, mtime: int) -> Path:
    """Lay the members of `sdist` out in `folder`, which must not exist yet; the folder that holds the sources.

    Files get the mode 0644 or 0755, folders 0755, whatever the umask is, and everything the time ``mtime`` (seconds
    since 1970). Nothing is written outside of `folder`, whatever links the source distribution has. Raises
    `RequestError` where `folder` exists or can't be written.
    """
    raise NotImplementedError
