"""What a wheel's archive tells of the machine and the moment of its build: times, modes and systems of members."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from truewheel.errors import TruewheelError
from truewheel.wheel import Entry, Wheel

GENERATED: Final = ("METADATA", "WHEEL", "RECORD", "top_level.txt", "entry_points.txt")
"""Files of .dist-info that no build copies from the sources."""

_WRITE_GROUP: Final = 0o020
_REGULAR: Final = 0o666


class ZipFacts(NamedTuple):
    """How a wheel's members are stored.

    ``times`` are DOS times as seconds since 1970 in the time zone in which they were written, each with the number of
    members that have it, the earliest first. ``generated`` are those of METADATA and its like, by the file's name.
    ``written_mode`` is that of WHEEL, or else METADATA, None where the zip has no modes; ``record_typed`` says that
    RECORD's mode holds the type of a file, and ``group_writable`` that most copies may be written by the group.
    ``systems`` are hosts of "made by" (0 DOS and Windows, 3 Unix). ``strange`` counts members without a real date.
    """

    times: tuple[tuple[int, int], ...] = ()
    generated: tuple[tuple[str, int], ...] = ()
    written_mode: int | None = None
    record_typed: bool = True
    group_writable: bool = False
    systems: tuple[int, ...] = ()
    strange: int = 0

    @property
    def single(self) -> int | None:
        """The one time that all members have, None where there are several."""
        return self.times[0][0] if len(self.times) == 1 and not self.strange else None

    @property
    def umask(self) -> int | None:
        """What the umask kept from the mode of WHEEL, None where the mode can't come from a umask."""
        if self.written_mode is None or self.written_mode & ~_REGULAR:
            return None
        return _REGULAR & ~self.written_mode


def zip_facts(wheel: Wheel) -> ZipFacts:
    """What the headers of the archive say. Nothing is inflated."""
    times: Counter[int] = Counter()
    strange = 0
    for entry in wheel.entries:
        moment = dos_seconds(entry)
        if moment is None:
            strange += entry.stored is not None
        else:
            times[moment] += 1
    written = _generated(wheel)
    return ZipFacts(
        times=tuple(sorted(times.items())),
        generated=tuple((name, at) for name, entry in written if (at := dos_seconds(entry)) is not None),
        written_mode=next((mode for name in ("WHEEL", "METADATA") if (mode := _mode_of(name, written))), None),
        record_typed=all(_typed(entry) for name, entry in written if name == "RECORD"),
        group_writable=_most_group_writable(wheel.entries, {entry.name for _, entry in written}),
        systems=tuple(sorted({entry.stored.system for entry in wheel.entries if entry.stored})),
        strange=strange,
    )


def dos_seconds(entry: Entry) -> int | None:
    """The DOS time of a member as seconds since 1970, as if it were UTC; None where it is no time at all."""
    if entry.stored is None:
        return None
    try:
        return calendar.timegm(dt.datetime(*entry.stored.time).timetuple())  # noqa: DTZ001  # the zip names no zone
    except ValueError:
        return None


def _generated(wheel: Wheel) -> list[tuple[str, Entry]]:
    try:
        paths = [(name, wheel.info_path(name)) for name in GENERATED]
    except TruewheelError:
        return []
    return [(name, wheel.by_name[path]) for name, path in paths if path in wheel.by_name]


def _mode_of(name: str, written: list[tuple[str, Entry]]) -> int:
    return next((_mode(entry) for each, entry in written if each == name), 0)


def _mode(entry: Entry) -> int:
    return entry.stored.mode & 0o777 if entry.stored else 0


def _typed(entry: Entry) -> bool:
    return entry.stored is None or bool(entry.stored.mode & ~0o7777) or not entry.stored.mode


def _most_group_writable(entries: Iterable[Entry], without: set[str]) -> bool:
    """Modules get their mode from the umask (distutils' build_py), data and licences keep it: those tell, if any."""
    copies = [entry for entry in entries if entry.name not in without and _mode(entry)]
    kept = [_mode(entry) for entry in copies if not entry.name.endswith(".py")] or list(map(_mode, copies))
    return 2 * sum(bool(mode & _WRITE_GROUP) for mode in kept) > len(kept)
