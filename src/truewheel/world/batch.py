"""Several files of one folder that take their places together, or not at all."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Final, TypeVar

from truewheel.errors import RequestError, Where
from truewheel.world.files import created, hidden, missing_folders, sync_folder, unwritten, vanish

_B = TypeVar("_B", bound="Batch")

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")


class Batch:
    """Files for one folder: those that were committed take their places when the block ends well, and none otherwise.

        with Batch(folder) as batch:
            draft = batch.draft("linux")
            draft.write(b"...")
            draft.commit_as(folder / "a-1.0-py3-none-any.whl")

    Each is written in the folder under a hidden name, synced, and renamed in the end; drafts that nobody committed
    vanish. Where the block raises anything, an interrupt too, all drafts vanish, with the folders that were made for
    them, and what was there before is untouched. Where one of the renames fails, those before it are taken back. Each
    name has the old file or the new one, whole, at any moment (on file systems without hard links there may be none
    for a moment); but a machine that stops in the middle of the renames leaves some of each.

    Several threads may make and write drafts, each its own. Raises `RequestError` where something can't be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Path] = []
        self._drafts: list[BatchDraft] = []
        self._names: dict[str, str] = {}
        self._lock = Lock()
        self._running = False

    def __enter__(self: _B) -> _B:
        self._made = missing_folders(self._folder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except BaseException as error:
            vanish((), self._made)
            if isinstance(error, OSError):
                raise unwritten(self._folder, error) from None
            raise
        self._running = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        taken = False
        try:
            with self._lock:
                self._running = False
            if kind is None:
                taken = _take_places(self._folder, self._drafts)
        finally:
            for draft in self._drafts:
                draft.close()
            vanish([draft.part for draft in self._drafts], () if taken else self._made)

    def draft(self, label: str) -> BatchDraft:
        """An empty file that is to take a place. `label` says in errors what it is for."""
        draft = BatchDraft(self, label, hidden(self._folder / _UNFIT.sub("_", label)))
        with self._lock:
            if not self._running:
                raise RequestError(f"{label} comes too late: the others have ended", where=Where(str(self._folder)))
            self._drafts.append(draft)  # first: whatever happens now, it will be removed
            draft.open()
        return draft

    def claim(self, target: Path, label: str) -> None:
        """Take a name for a draft. Raises `RequestError` where another has it, or it is in another folder."""
        if target.parent != self._folder:
            raise RequestError(f"isn't in {self._folder}, where it is written", where=Where(str(target)))
        # Windows and macOS take names for the same that differ in case alone; what is refused doesn't depend on that.
        name = target.name.casefold()
        with self._lock:
            if name in self._names:
                both = " and ".join(sorted((self._names[name], label)))  # whichever thread came first
                raise RequestError(
                    f"{both} would both have this name, and one would take the other's place",
                    where=Where(str(target)),
                    hint="make one of them alone, or into another folder",
                )
            self._names[name] = label


class BatchDraft:
    """A file of a batch. ``part`` is its hidden name, ``target`` the place that it takes, None before `commit_as`."""

    def __init__(self, batch: Batch, label: str, part: Path) -> None:
        self._batch = batch
        self._label = label
        self._file: BinaryIO | None = None
        self.part = part
        self.target: Path | None = None

    def open(self) -> None:
        """Make the file. Raises `RequestError`."""
        try:
            self._file = created(self.part)
        except OSError as error:
            raise self._unwritten(error) from None

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Add bytes at the end. Raises `RequestError` where the system doesn't take them."""
        try:
            return self._writable().write(data)
        except (OSError, ValueError) as error:  # ValueError: closed in this very moment
            raise self._unwritten(error) from None

    def commit_as(self, target: Path) -> None:
        """Let nothing more be written; it takes this place when the batch ends well.

        Raises `RequestError` where another draft of the batch has the same name, or one that differs in case alone.
        """
        file = self._writable()
        self._batch.claim(target, self._label)
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        except (OSError, ValueError) as error:
            raise self._unwritten(error) from None
        self.target = target

    def close(self) -> None:
        """Let the file go, whatever becomes of it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _writable(self) -> BinaryIO:
        if self._file is None or self._file.closed:
            raise RequestError(f"{self._label} can't be written any more", where=Where(str(self.part.parent)))
        return self._file

    def _unwritten(self, error: OSError | ValueError) -> RequestError:
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return RequestError(f"{self._label} can't be written: {said}", where=Where(str(self.part.parent)))


def _take_places(folder: Path, drafts: list[BatchDraft]) -> bool:
    """Rename all, or none; whether there was one. Raises `RequestError`."""
    moves = sorted((draft.target, draft.part) for draft in drafts if draft.target is not None)
    spares: dict[Path, Path] = {}
    begun: dict[Path, Path] = {}
    now = folder
    try:
        for now, _ in moves:
            _demand_no_folder(now)
        for now, _ in moves:
            _set_aside(now, spares)
        for now, part in moves:
            begun[now] = part
            part.replace(now)
    except BaseException as error:
        hint = _put_back(spares, begun)
        if isinstance(error, OSError):
            problem = unwritten(now, error)
            problem.hint = hint
            raise problem from None
        raise
    sync_folder(folder)
    vanish(spares.values(), ())
    return bool(moves)


def _demand_no_folder(target: Path) -> None:
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(target.lstat().st_mode):
            raise RequestError("is a folder, and a file is to take its place", where=Where(str(target)))


def _set_aside(target: Path, spares: dict[Path, Path]) -> None:
    """Give what stands in a place a second, hidden name, and note that in `spares`."""
    spare = spares[target] = hidden(target, "old")
    try:
        os.link(target, spare, follow_symlinks=False)
    except FileNotFoundError:
        del spares[target]
    except (OSError, NotImplementedError):  # no hard links here, or none to files of others
        target.replace(spare)


def _put_back(spares: dict[Path, Path], begun: dict[Path, Path]) -> str:
    """Undo the renames that were begun. What to do where that fails, else ""."""
    for target, part in begun.items():
        if target not in spares and not part.exists():
            with suppress(OSError):
                target.unlink()
    left = [(target, spare) for target, spare in spares.items() if not _restored(target, spare)]
    return "; ".join(f"what stood at {target} is now {spare}" for target, spare in left)


def _restored(target: Path, spare: Path) -> bool:
    try:
        spare.replace(target)
        spare.unlink(missing_ok=True)  # two names of one file both stay: rename(2)
    except OSError as error:
        return isinstance(error, FileNotFoundError)  # interrupted before it was set aside
    return True
