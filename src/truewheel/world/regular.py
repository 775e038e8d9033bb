"""What is at a path, and what the system says of it where it can't be had."""

from __future__ import annotations

import stat
from pathlib import Path

from truewheel.errors import RequestError, Where


def reason(error: OSError | ValueError | OverflowError) -> str:
    """Why something failed, in the system's words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def demand_file(path: Path, what: str, name_instead: str) -> None:
    """Refuse what is no file with something in it. `what` it should be is said, and for a folder, what to name.

    Raises `RequestError`.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise RequestError("there is no such file", hint="check the path; a pattern may have matched nothing") from None
    except (OSError, ValueError) as error:
        raise RequestError(f"can't be opened: {reason(error)}") from None
    kind = f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
    if stat.S_ISDIR(found.st_mode):
        raise RequestError(f"is a directory, not {kind}", hint=f"name {name_instead}")
    if not stat.S_ISREG(found.st_mode):
        raise RequestError("is not a regular file", hint=f"copy the {what} to a file first")
    if found.st_size == 0:
        raise RequestError(f"is empty (0 bytes), not {kind}", hint="download or build it again")


def read_small(path: Path, most: int) -> bytes:
    """All bytes of a file that people write, of `most` bytes (whole MiB) at the most.

    Raises `RequestError` that names the file where it can't be read, or is larger.
    """
    where = Where(file=str(path))
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise RequestError(f"can't be read: {reason(error)}", where=where) from None
    if len(data) > most:
        raise RequestError(f"is larger than {most >> 20} MiB", where=where, hint="name the file that is meant")
    return data
