"""Wheels on disk: mapped for reading, and written beside their target before they take its place."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.wheel import Limits, Wheel, WheelName, read

_CHUNK = 1 << 20


@dataclass(frozen=True)
class OpenWheel:
    """A wheel while its file is mapped. Its entries can be read only until the ``with`` block ends."""

    path: Path
    size: int
    wheel: Wheel
    mapping: mmap.mmap

    def forget_pages(self) -> None:
        """Tell the system that the mapped pages read so far aren't needed, so that they don't count as ours."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.mapping.madvise(mmap.MADV_DONTNEED)


@contextmanager
def open_wheel(path: Path, limits: Limits | None = None) -> Iterator[OpenWheel]:
    """Map a wheel and read its directory. Every error that leaves the block names the file.

    Raises `RequestError` where there is no such file, and `WheelError` where it is not a sound wheel.
    """
    try:
        name = _wheel_name(path)
        with _opened(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            wheel = read(mapping, name, limits or Limits())
            yield OpenWheel(path, len(mapping), wheel, mapping)
    except TruewheelError as error:
        raise error.within(file=str(path)) from None


def _wheel_name(path: Path) -> WheelName:
    """The parts of the file's name, once it is sure that there is a file to speak of."""
    try:
        kind = path.stat()
    except FileNotFoundError:
        raise RequestError("there is no such file", hint="check the path; a pattern may have matched nothing") from None
    except OSError as error:
        raise RequestError(f"can't be opened: {error.strerror}") from None
    if stat.S_ISDIR(kind.st_mode):
        raise RequestError("is a directory, not a wheel", hint="name the .whl files, as in `truewheel show dist/*.whl`")
    if not stat.S_ISREG(kind.st_mode):
        raise RequestError("is not a regular file", hint="copy the wheel to a file first")
    if path.name.endswith((".tar.gz", ".zip")):
        raise RequestError("is a source distribution, not a wheel", hint="build a wheel from it: `pip wheel --no-deps`")
    if not path.name.endswith(".whl"):
        raise RequestError("is not a wheel: its name doesn't end in .whl")
    if kind.st_size == 0:
        raise RequestError("is empty (0 bytes), not a wheel", hint="download or build it again")
    return WheelName.parse(path.name)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestError(f"can't be opened: {error.strerror}") from None


def file_sha256(opened: OpenWheel) -> str:
    """The sha256 of the file, in hexadecimal; read in pieces so that the file never sits in memory whole."""
    digest = hashlib.sha256()
    view = memoryview(opened.mapping)
    with view:
        for start in range(0, opened.size, _CHUNK):
            digest.update(view[start : start + _CHUNK])
    return digest.hexdigest()


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file that takes `target`'s place when the block ends well, and vanishes when it doesn't.

    It is written beside the target, synced, and renamed, so nobody ever sees half a wheel. Its mode is what
    the umask gives a new file.
    """
    import tempfile  # noqa: PLC0415  # 10 ms that reading does without

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.", suffix=".part")
    except OSError as error:
        raise RequestError(f"can't be written: {error.strerror}", where=Where(file=str(target))) from None
    try:
        with os.fdopen(descriptor, "wb", buffering=_CHUNK) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_usual_mode(Path(name))
        Path(name).replace(target)
    except BaseException as error:
        with suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise RequestError(f"can't be written: {error.strerror}", where=Where(file=str(target))) from None
        raise
    _sync_folder(target.parent)


def _give_usual_mode(path: Path) -> None:
    """Let everybody read the file whom the umask admits: mkstemp lets its owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):
        path.chmod(0o666 & ~mask)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last through a crash, where the system can sync a folder."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
