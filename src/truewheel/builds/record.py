"""What a build tells: phases, commands and lines, into a file, and on to whoever watches."""

from __future__ import annotations

import shlex
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from truewheel.builds.model import Progress
from truewheel.errors import RequestError, Where, printable

TAIL: Final = 20
"""Lines of the log that a failure shows."""


class Record:
    """The log of a build, and what its current phase has said last. ``path`` is None where nothing is written."""

    def __init__(self, file: TextIO | None, path: Path | None, progress: Progress | None) -> None:
        self._file = file
        self._progress = progress
        self._last: deque[str] = deque(maxlen=TAIL)
        self.path = path
        self.phase_name = ""

    def phase(self, name: str) -> None:
        """A phase begins."""
        self.phase_name = name
        self._last.clear()
        self._write(f"== {name}")
        if self._progress:
            self._progress.phase(name)

    def command(self, words: Sequence[str]) -> None:
        """A program is started."""
        self._write(f"$ {printable(shlex.join(words))}")

    def line(self, text: str) -> None:
        """A line that a program printed."""
        self._last.append(text)
        self._write(printable(text.replace("\t", "    ")))
        if self._progress:
            self._progress.line(text)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of this phase, fit for a terminal."""
        return tuple(printable(line.replace("\t", "    ")) for line in self._last)

    def _write(self, text: str) -> None:
        if self._file:
            try:
                self._file.write(f"{text}\n")
                self._file.flush()
            except OSError as error:
                raise _unwritable(self.path, error) from None


@contextmanager
def recording(path: Path | None, progress: Progress | None) -> Iterator[Record]:
    """A record whose log is written to `path`. Raises `RequestError` where that can't be."""
    if path is None:
        yield Record(None, None, progress)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        yield Record(file, path, progress)
    finally:
        with suppress(OSError):  # what couldn't be written was told then
            file.close()
        with suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and not found.st_size:
                path.unlink()


def _unwritable(path: Path | None, error: OSError) -> RequestError:
    return RequestError(f"can't be written: {error.strerror}", where=Where(file=str(path)))
