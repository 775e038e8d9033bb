"""The folder of a build: a private one where a namespace gives it its path, else one that is the same every time."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from truewheel.builds.detached import end_detached
from truewheel.builds.model import Conditions, Workroom
from truewheel.errors import RequestError, Where

_MOST = 64
"""Builds of one user at once; nobody has more."""
_DEEPEST = 64
_LONGEST = 2048
"""How deep a folder may lie, and how long its path may be, until it is moved further up to be removed."""


class Lodging(NamedTuple):
    """A workroom, empty but for its folders, and what is to be said of its path."""

    room: Workroom
    notes: tuple[str, ...]


@contextmanager
def workroom(conditions: Conditions, kind: str, *, keep: bool = False) -> Iterator[Lodging]:
    """The folders of a build, which are removed at the end unless they are to be kept.

    ``kind`` is that of the isolation: without namespaces the path is seen by the build, and lies at
    ``<temporary folder>/truewheel-<user>/<n>``, with n = 0 unless other builds run or were kept. A root that isn't the
    usual one gives another path there too. Raises `RequestError` where the folder can't be made, or isn't safe.
    """
    with ExitStack() as stack:
        notes: tuple[str, ...] = ()
        if kind == "none":
            host, notes = stack.enter_context(_numbered(conditions.root))
        else:
            host = _private()
        room = Workroom(host)
        try:
            folders = (room.source, room.out, room.env, room.home, room.tmp, room.shims, host / conditions.home)
            for folder in folders:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield Lodging(room, notes)
        finally:
            if kind == "none":
                end_detached(room)
            if not keep:
                remove(host)


def _private() -> Path:
    """A folder of an accidental name, which the build never sees."""
    try:
        return Path(tempfile.mkdtemp(prefix="truewheel-")).resolve()
    except OSError as error:
        raise RequestError(
            f"no folder can be made for the build: {error.strerror}", hint="set TMPDIR to a folder with room"
        ) from None


@contextmanager
def _numbered(root: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The first folder that no other build uses; a lock says so as long as the process lives."""
    base = _base()
    inner = "" if root == Conditions().root else root.strip("/").replace("/", "-")
    taken = []
    for number in range(_MOST):
        folder = base / str(number)
        with _claimed(base / f"{number}.lock") as ours:
            if not ours:
                taken.append(f"{folder} is in use by another build")
                continue
            if (base / f"{number}.kept").exists():
                taken.append(f"{folder} was kept by an earlier build")
                continue
            remove(folder)  # of a build that was killed
            host = folder / inner if inner else folder
            host.mkdir(mode=0o700, parents=True)
            notes = (f"the path isn't the usual one, as {taken[0]}",) if taken else ()
            try:
                yield host, notes
            finally:
                _leave(folder, host, base / f"{number}.kept")
            return
    raise RequestError(
        "there is no free folder for the build",
        where=Where(file=str(base)),
        hint="remove what earlier builds have kept there",
    )


@contextmanager
def _claimed(path: Path) -> Iterator[bool]:
    """Whether a lock is this process' own, until the block ends. Nothing is left of it then, unless something was kept.

    A build that ends takes its lock away, and a lock that nobody can find any more is none: another one is tried.
    """
    for _ in range(_MOST):
        try:
            file = path.open("ab")
        except FileNotFoundError:
            _base()  # the last build has just taken it away
            continue
        with file:
            if not _locked(file):
                yield False
                return
            _base()  # from here on nobody takes it away
            if not _is_at(path, file):
                continue
            try:
                yield True
            finally:
                with suppress(OSError):  # Windows keeps files that are open, and other builds may go on
                    path.unlink()
                    path.parent.rmdir()
            return
    yield False


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _leave(folder: Path, host: Path, mark: Path) -> None:
    """Remove what surrounds the workroom, or mark it as kept where it is still there."""
    if host.exists():
        mark.touch()
    else:
        remove(folder)


def _base() -> Path:
    """The folder of this user's builds. It must be the user's own, and closed to others."""
    user = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    base = Path(tempfile.gettempdir()).resolve() / f"truewheel-{user}"
    with suppress(FileExistsError):
        try:
            base.mkdir(mode=0o700)
        except FileExistsError:
            raise
        except OSError as error:
            raise RequestError(
                f"can't be made: {error.strerror}", where=Where(file=str(base)), hint="set TMPDIR to a folder with room"
            ) from None
    facts = base.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        fault = "is a link or a file of somebody else's making"
    elif sys.platform != "win32" and facts.st_uid != os.getuid():
        fault = "belongs to another user"
    elif sys.platform != "win32" and facts.st_mode & 0o022:
        fault = "can be written to by other users"
    else:
        return base
    raise RequestError(
        f"{fault}, so a build there isn't safe",
        where=Where(file=str(base)),
        hint="have it removed, or set TMPDIR to a folder of your own",
    )


def _locked(file: BinaryIO) -> bool:
    """Whether this process now holds the file's lock, which ends with the file or the process."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows alone has it

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - POSIX alone has it

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, folders and files that are read-only too; links aren't followed."""
    if folder.is_symlink():
        folder.unlink()
        return
    if not folder.exists():
        return
    _open(folder)
    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=_once_more)
    else:
        shutil.rmtree(folder, onerror=_once_more)


def _open(top: Path) -> None:
    """Let all folders below one be written to, and none lie too deep for `shutil.rmtree`, which has a stack.

    Go's module cache and some tests leave folders that can't be written to.
    """
    waiting, moved = [top], 0
    while waiting:
        place = waiting.pop()
        with suppress(OSError):
            place.chmod(0o700)
            with os.scandir(place) as entries:
                inner = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
            for folder in inner:
                if len(folder.parts) - len(top.parts) > _DEEPEST or len(str(folder)) > _LONGEST:
                    while os.path.lexists(up := top / f".moved-{moved}"):
                        moved += 1
                    folder.chmod(0o700)
                    waiting.append(folder.rename(up))
                else:
                    waiting.append(folder)


def _once_more(function: Callable[..., object], path: str, _: object) -> None:
    """Windows refuses to remove read-only files. What can't be removed at all stays: a build is none the worse."""
    with suppress(OSError):
        os.chmod(path, stat.S_IWRITE | stat.S_IREAD)  # noqa: PTH101 - what rmtree hands over
        function(path)
