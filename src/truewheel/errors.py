"""The one error of truewheel: what went wrong, where, and what to do next.

Everything that a reader, a policy or a verb raises on purpose is a `TruewheelError`. Parsers let nothing
else out, so a caller needs a single ``except``; anything else that escapes is a defect of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

_E = TypeVar("_E", bound="TruewheelError")


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a fault. The parts are filled in from the inside out while an error rises.

    ``file`` is the wheel as the caller named it, ``member`` a path inside it, and ``offset`` a position in
    bytes: from the start of the member's contents where these are at fault, else (records of the archive)
    from the start of the file.
    """

    file: str = ""
    member: str = ""
    offset: int | None = None

    def __str__(self) -> str:
        parts = [printable(part) for part in (self.file, self.member) if part]
        if self.offset is not None:
            parts.append(f"offset {self.offset:#x}")
        return ": ".join(parts)


class TruewheelError(Exception):
    """The base of every error that truewheel raises on purpose.

    ``what`` is one sentence without a final stop, ``hint`` says what to do next (may be empty), and
    ``exit_status`` is what a command ends with: 2, the tool could not do it.
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, what: str, *, where: Where | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where or Where()
        self.hint = hint

    def within(self: _E, *, file: str = "", member: str = "") -> _E:
        """Fill in the outer parts of the place that are still unknown, and return the error itself."""
        self.where = replace(self.where, file=self.where.file or file, member=self.where.member or member)
        return self

    def __str__(self) -> str:
        place = str(self.where)
        return f"{place}: {printable(self.what)}" if place else printable(self.what)


class WheelError(TruewheelError):
    """The file is not a wheel that can be trusted: its zip, its names, RECORD, WHEEL or METADATA is wrong."""


class LimitError(WheelError):
    """A wheel asks for more than the limits allow (ratio, sizes, count). Limits are adjustable."""


class SdistError(TruewheelError):
    """The file is not a source distribution that can be trusted: its gzip, its tar, its names or PKG-INFO is wrong."""


class ArchiveError(TruewheelError):
    """The file is no archive that can be trusted: its compression, its tar, zip or ar, or a name in it is wrong."""


class BinaryError(TruewheelError):
    """A native file inside a wheel is truncated, loops or contradicts itself."""


class DataError(TruewheelError):
    """A table that ships with truewheel, or one given by the user, can't be used."""


class EncoderError(TruewheelError):
    """The compressor installed here doesn't give the bytes that the profile promises."""


class RequestError(TruewheelError):
    """What was asked can't be done, or not to this file: a bad option, a missing path, a demand that fails."""


def printable(text: str) -> str:
    """`text` with control and surrogate characters escaped, so a hostile name can't drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
