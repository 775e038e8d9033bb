"""Files of sources, copied into a build's own folder: same modes and times everywhere, and nothing that leads out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, Where

_CACHES: Final = frozenset(
    (
        "__pycache__", ".eggs", ".git", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
        ".pytype", ".ruff_cache", ".tox",
    )
)  # fmt: skip
"""Folders that tools leave behind and no build wants."""
_OLDEST: Final = 315_532_800
"""1980-01-01 00:00:00 UTC: zips can't tell of anything before."""
_CHUNK: Final = 1 << 20


def listed(top: Path, leave: Collection[Path] = ()) -> Iterator[str]:
    """The files and links below a folder that are sources, as paths with slashes, sorted folder by folder.

    Caches, virtual environments and what stands in `leave` are left out. Raises `RequestError` for a folder that can't
    be read.
    """
    for folder, names, files in _walked(top, unreadable=_refuse):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(name for name in names if name not in links and wanted(here / name, leave))
        for name in sorted([*files, *links]):
            if name != ".git" and here / name not in leave:  # of a worktree or a submodule it is a file
                yield (here / name).relative_to(top).as_posix()


def wanted(folder: Path, leave: Collection[Path]) -> bool:
    """Whether a folder can hold sources: it is no cache, no virtual environment, and doesn't stand in `leave`."""
    return folder.name not in _CACHES and folder not in leave and not os.path.isfile(folder / "pyvenv.cfg")  # noqa: PTH113 - False too where nobody may look


def copied(top: Path, names: Iterable[str], target: Path) -> int:
    """Copy files and links to the same paths below `target`, and give the newest time of them, in seconds since 1970.

    Raises `RequestError` for links that lead out of the sources, and for what is neither file nor link.
    """
    newest = 0
    links = []
    base = os.path.realpath(top)
    known: set[str] = set()
    for name in names:
        if ".git" in name.lower().split("/"):  # settings there name programs, and git would run them
            raise RequestError("is a file of git's own, which an index can't hold", where=Where(file=str(top / name)))
        _demand_folders(top / name, base, name, known)
        mode, time = _copied(top / name, target / name)
        if stat.S_ISLNK(mode):
            links.append(name)
        else:
            newest = max(newest, time)
    for name in links:
        _demand_inside(target, name, top)
    return newest


def _copied(source: Path, target: Path) -> tuple[int, int]:
    """Copy a file or a link: its mode and its time. Raises `RequestError`."""
    try:
        facts = source.lstat()
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(facts.st_mode):
            target.symlink_to(source.readlink())
            return facts.st_mode, 0
        if stat.S_ISREG(facts.st_mode):
            _copy(source, target)
            target.chmod(_mode(facts.st_mode))
            return facts.st_mode, int(facts.st_mtime)
    except OSError as error:
        raise RequestError(f"can't be copied: {error.strerror}", where=Where(file=str(source))) from None
    raise RequestError(
        "is neither a file nor a folder nor a link", where=Where(file=str(source)), hint="move it out of the sources"
    )


def settle(top: Path, seconds: int) -> None:
    """Give all below a folder, and itself, the modes and the time that every build sees. Links aren't followed."""
    time = max(seconds, _OLDEST)
    for folder, names, files in _walked(top, topdown=False):
        for name in (*names, *files):
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                path.chmod(_mode(mode))
                os.utime(path, (time, time))
            elif os.utime in os.supports_follow_symlinks:
                os.utime(path, (time, time), follow_symlinks=False)
    top.chmod(0o755)
    os.utime(top, (time, time))


def open_to_group(top: Path) -> None:
    """Let the group write to all below a folder, and to itself, as under umask 002. Links aren't followed."""
    for folder, _, files in _walked(top):
        Path(folder).chmod(0o775)
        for name in files:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                path.chmod(0o775 if mode & stat.S_IXUSR else 0o664)


def digest(top: Path) -> str:
    """The sha256, in hexadecimal, of everything below a folder: names, executable bits, contents, and links' targets.

    One line for each file or link, sorted by the bytes of names, in UTF-8: ``file``, ``program`` or ``link``, the
    sha256 of the contents (of a link: of its target), and the name, between single spaces, and ended by NUL. The
    history in ``.git`` takes no part.
    """
    names = sorted((name.encode("utf-8", "surrogateescape"), name) for name in _everything(top))
    total = hashlib.sha256()
    for raw, name in names:
        path = top / name
        if path.is_symlink():
            kind, contents = b"link", hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        else:
            program = path.stat().st_mode & stat.S_IXUSR
            kind, contents = (b"program" if program else b"file"), file_digest(path)
        total.update(b" ".join((kind, contents.encode(), raw)) + b"\0")
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal; it is read in pieces."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


def _everything(top: Path) -> Iterator[str]:
    """The files and links below a folder, but for histories."""
    for folder, names, files in _walked(top):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = [name for name in names if name not in links and name != ".git"]
        for name in (*files, *links):
            if name != ".git":
                yield (here / name).relative_to(top).as_posix()


def _refuse(error: OSError) -> None:
    """Say that a folder can't be read: what is built without it is something else."""
    if not isinstance(error, FileNotFoundError):  # removed meanwhile, or never there
        where = Where(file=str(error.filename))
        raise RequestError(f"can't be read: {error.strerror}", where=where, hint="check who may read it") from None


def _walked(
    top: Path, *, topdown: bool = True, unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk`, which ends at some depth before Python 3.12. Raises `RequestError` there."""
    try:
        yield from os.walk(top, topdown=topdown, onerror=unreadable)
    except RecursionError:
        raise RequestError("has folders too deep in each other", where=Where(file=str(top))) from None


def _demand_folders(path: Path, base: str, name: str, known: set[str]) -> None:
    """Raise `RequestError` where the way to a file goes through a link: the copy would be written through it, too."""
    folder = os.path.dirname(name)  # noqa: PTH120 - a string to look up, for each of many files
    if folder in known:
        return
    if folder and os.path.realpath(path.parent) != os.path.join(base, *folder.split("/")):  # noqa: PTH118 - as above
        raise RequestError(
            "is reached through a link", where=Where(file=str(path)), hint="have the link itself in the repository"
        )
    known.add(folder)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("wb") as copy:
        while chunk := file.read(_CHUNK):
            copy.write(chunk)


def _mode(mode: int) -> int:
    return 0o755 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o644


def _demand_inside(target: Path, name: str, top: Path) -> None:
    """Raise `RequestError` for a link that leads out, whichever links it goes through."""
    link = target / name
    leads = link.readlink()
    base = os.path.realpath(target)
    if not leads.is_absolute() and Path(os.path.realpath(link)).is_relative_to(base):
        return
    raise RequestError(
        f"is a link that leads out of the sources, to {str(leads)!r}",
        where=Where(file=str(top / name)),
        hint="a build sees the sources alone: replace the link by what it leads to",
    )
