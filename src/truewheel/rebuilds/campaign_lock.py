"""One campaign at a time on a database: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from truewheel.errors import RequestError, Where
from truewheel.world.regular import reason

_FAR: Final = 1 << 30
"""Where Windows locks a byte: others can't read what is locked, and are to read who holds it."""
_LONGEST: Final = 300


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Hold the lock of a database, the file ``NAME-lock`` beside it. It is gone afterwards.

    The system drops the lock when the process ends, killed or not. The database itself can't be locked so: SQLite has
    locks of its own on it, which some systems mix up with ours. Raises `RequestError` where another campaign has it, or
    where no file can be written there.
    """
    place = database.with_name(f"{database.name}-lock")
    try:
        file = _taken(place)
    except OSError as error:
        raise RequestError(f"can't be written: {reason(error)}", where=Where(file=str(place))) from None
    if file is None:
        raise RequestError(
            f"another campaign is running on it ({_holder(place)})",
            where=Where(file=str(database)),
            hint="wait for that one, or name another file",
        )
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            place.unlink()
        file.close()


def _taken(place: Path) -> BinaryIO | None:
    """The open file with our lock and name on it, None where another one has it.

    Whoever ends removes the file, and may do so after we have opened it; then what we hold is nobody's lock.
    """
    while True:
        file = place.open("a+b")
        try:
            if not _locked(file):
                file.close()
                return None
            if _still(file, place):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _still(file: BinaryIO, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), place.stat())
    except FileNotFoundError:
        return False


def _locked(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows alone has it

            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - POSIX alone has it

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(place: Path) -> str:
    """Who holds the lock, as far as that is written there."""
    try:
        with place.open("rb") as file:
            said = file.read(_LONGEST).decode("utf-8", "backslashreplace")
    except OSError:
        said = ""
    return said or "it doesn't say which"
