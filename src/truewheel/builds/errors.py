"""What can go wrong in a build, with what is needed to find out why."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from truewheel.builds.record import Record
from truewheel.errors import RequestError


class BuildError(RequestError):
    """A program that a build ran has failed, or what it made can't be used.

    ``phase`` is what was being done, ``status`` the program's exit status (None where it ended well and the result is
    at fault), ``tail`` the last lines of its output, fit for a terminal, and ``log`` where all of it is. ``repeatable``
    says that it was a program of the build, which can be run again where the build was (`repeat`).
    """

    def __init__(
        self,
        what: str,
        *,
        phase: str,
        status: int | None = None,
        tail: tuple[str, ...] = (),
        log: Path | None = None,
        hint: str = "",
        repeatable: bool = True,
    ) -> None:
        super().__init__(what, hint=hint)
        self.repeatable = repeatable
        self.phase = phase
        self.status = status
        self.tail = tail
        self.log = log

    @classmethod
    def of(cls, record: Record, program: str, status: int, *, hint: str = "", repeatable: bool = True) -> BuildError:
        """The error for a program that ended with a status, in the record's current phase."""
        return cls.at(record, f"{program} {_ended(status)}", status=status, hint=hint, repeatable=repeatable)

    @classmethod
    def at(
        cls, record: Record, what: str, *, status: int | None = None, hint: str = "", repeatable: bool = True
    ) -> BuildError:
        """The error for something that went wrong in the record's current phase."""
        phase = record.phase_name
        return cls(
            f"{phase}: {what}",
            phase=phase,
            status=status,
            tail=record.tail,
            log=record.path,
            hint=hint,
            repeatable=repeatable,
        )


def _ended(status: int) -> str:
    """How a program ended. What runs another one tells of signal N by 128+N, as shells and bubblewrap do."""
    number = -status if status < 0 else status - 128
    if sys.platform != "win32" and number > 0:
        try:
            return f"was ended by signal {number} ({signal.Signals(number).name})"
        except ValueError:
            pass
    return f"was ended by signal {number}" if status < 0 else f"ended with status {status}"
