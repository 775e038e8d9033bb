"""Wheels on disk: mapped for reading, and written beside their target before they take its place."""

from __future__ import annotations

import mmap
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.wheel import Limits, Wheel, WheelName, read
from truewheel.world.mapped import sha256_of
from truewheel.world.regular import demand_file, reason

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
        with _opened(path) as file, _mapped(file) as mapping:
            yield OpenWheel(path, len(mapping), read(mapping, name, limits or Limits()), mapping)
    except TruewheelError as error:
        raise error.within(file=str(path)) from None


def _wheel_name(path: Path) -> WheelName:
    """The parts of the file's name, once it is sure that there is a file to speak of."""
    demand_file(path, "wheel", "the .whl files, as in `truewheel show dist/*.whl`")
    if path.name.endswith((".tar.gz", ".zip")):
        raise RequestError("is a source distribution, not a wheel", hint="build a wheel from it: `truewheel build`")
    if not path.name.endswith(".whl"):
        raise RequestError("is not a wheel: its name doesn't end in .whl")
    return WheelName.parse(path.name)


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[mmap.mmap]:
    try:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # emptied in the meantime, or on a file system that can't map
        raise RequestError(f"can't be mapped into memory: {reason(error)}") from None
    try:
        yield mapping
    finally:
        # After an error or an interrupt, frames and threads may still hold views: the map goes when they do.
        with suppress(BufferError):
            mapping.close()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestError(f"can't be opened: {error.strerror}") from None


def file_sha256(opened: OpenWheel) -> str:
    """The sha256 of the file, in hexadecimal."""
    return sha256_of(opened.mapping)


class Draft:
    """A file that is to take another's place, unless it turns out that nobody wants it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.wanted = True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Add bytes at the end."""
        return self._file.write(data)


@contextmanager
def replacing(target: Path) -> Iterator[Draft]:
    """A file that takes `target`'s place when the block ends well, and vanishes when it doesn't.

    It vanishes too where its ``wanted`` is set to False. It is written beside the target, synced, and renamed,
    so nobody ever sees half a wheel. Its mode is what the umask gives a new file. `Batch` does it for several.
    """
    made = missing_folders(target.parent)
    part = hidden(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with created(part) as file:
            draft = Draft(file)
            yield draft
            file.flush()
            if draft.wanted:
                os.fsync(file.fileno())
        _finish(part, target, wanted=draft.wanted)
    except BaseException as error:
        # The name is nobody else's, so this is right at whatever moment an interrupt came.
        vanish([part], made)
        if isinstance(error, OSError):
            raise unwritten(target, error) from None
        raise


def missing_folders(folder: Path) -> list[Path]:
    """The folder and those above it that aren't there yet, from the inside out.

    Raises `RequestError` where a file is in the place of the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError("is a file, and no folder to write into", where=Where(file=str(folder)))
    return [place for place in (folder, *folder.parents) if not place.exists()]


def hidden(target: Path, suffix: str = "part") -> Path:
    """A name beside `target` that nobody else has, and that no pattern for wheels finds."""
    return target.with_name(f".{target.name[:64]}.{secrets.token_hex(8)}.{suffix}")


def created(path: Path) -> BinaryIO:
    """A new file, open for writing. Raises `OSError`, also where there is one already."""
    return path.open("xb", buffering=_CHUNK)


def vanish(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Remove files, and then the folders that were made for them, from the inside out, as far as they are empty."""
    with suppress(OSError):
        for file in files:
            file.unlink(missing_ok=True)
        for folder in folders:
            folder.rmdir()


def unwritten(target: Path, error: OSError) -> RequestError:
    """The error to raise where the system doesn't let a file be written."""
    return RequestError(f"can't be written: {reason(error)}", where=Where(file=str(target)))


def _finish(draft: Path, target: Path, *, wanted: bool) -> None:
    if not wanted:
        draft.unlink()
        return
    draft.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in it last through a crash, where the system can sync a folder."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
