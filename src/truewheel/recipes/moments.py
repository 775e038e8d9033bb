"""Moments as texts and numbers, and time zones as TZ spells them."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from typing import Final, NamedTuple

_HOUR: Final = 3600
_SUNDAY: Final = 6


def seconds_of(moment: str) -> int | None:
    """An RFC 3339 moment as seconds since 1970 UTC, None where it is none; without a zone it is UTC."""
    text = moment.strip()
    if text[-1:] in {"Z", "z"}:
        text = text[:-1] + "+00:00"
    head, point, tail = text.partition(".")
    digits = tail[: next((i for i, c in enumerate(tail) if not c.isdigit()), len(tail))] if point else ""
    try:
        parsed = dt.datetime.fromisoformat(head + tail[len(digits) :])
    except ValueError:
        return None
    try:
        return calendar.timegm(parsed.utctimetuple())
    except OverflowError:
        return None


def same_or_after(moment: str, other: str) -> bool:
    """Whether a moment is not before another; false where either isn't known."""
    mine, theirs = seconds_of(moment), seconds_of(other)
    return mine is not None and theirs is not None and mine >= theirs


def said(seconds: int) -> str:
    """``2023-05-22 15:12:14`` for a number of seconds since 1970, UTC."""
    try:
        return f"{dt.datetime.fromtimestamp(seconds, dt.timezone.utc):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"


class Zone(NamedTuple):
    """A time zone: seconds ahead of UTC, and the rule of its summer time, None where it has none."""

    standard: int
    summer: _Summer | None = None

    @property
    def tz(self) -> str:
        """The value of TZ (POSIX 8.3), which needs no database: ``<+02>-2`` is two hours ahead of UTC."""
        if self.standard == 0 and self.summer is None:
            return "UTC"
        text = f"<{_ahead(self.standard)}>{_behind(self.standard)}"
        if self.summer is None:
            return text
        return f"{text}<{_ahead(self.standard + _HOUR)}>,{self.summer.tz(self.standard)}"

    def offset(self, moment: int) -> int:
        """Seconds ahead of UTC at a moment."""
        if self.summer is None:
            return self.standard
        return self.standard + (_HOUR if self.summer.holds(moment, self.standard) else 0)


class _Summer(NamedTuple):
    """When summer time begins and ends: month, which Sunday (5 for the last), hour; in UTC or local standard time.

    The hour of the end is that of summer time where it is local, as people say it.
    """

    begins: tuple[int, int, int]
    ends: tuple[int, int, int]
    universal: bool = False

    def tz(self, standard: int) -> str:
        """As TZ spells it: hours of the clock on the wall."""
        first, last = self._hours(standard)
        return f"M{self.begins[0]}.{self.begins[1]}.0/{first},M{self.ends[0]}.{self.ends[1]}.0/{last}"

    def _hours(self, standard: int) -> tuple[int, int]:
        if not self.universal:
            return self.begins[2], self.ends[2]
        return self.begins[2] + standard // _HOUR, self.ends[2] + standard // _HOUR + 1

    def holds(self, moment: int, standard: int) -> bool:
        """Whether it is in force, at a place whose standard time is so many seconds ahead of UTC."""
        year = dt.datetime.fromtimestamp(moment + standard, dt.timezone.utc).year
        first, last = self._hours(standard)
        start = _sunday(year, *self.begins[:2]) + first * _HOUR - standard
        end = _sunday(year, *self.ends[:2]) + last * _HOUR - standard - _HOUR
        return start <= moment < end if start < end else not end <= moment < start


def _sunday(year: int, month: int, which: int) -> int:
    """The midnight at which a Sunday of a month begins, as if in UTC."""
    days = calendar.monthcalendar(year, month)
    sundays = [week[_SUNDAY] for week in days if week[_SUNDAY]]
    return calendar.timegm((year, month, sundays[-1 if which == 5 else which - 1], 0, 0, 0))


def _ahead(offset: int) -> str:
    hours, rest = divmod(abs(offset), _HOUR)
    return f"{'-' if offset < 0 else '+'}{hours:02}" + (f"{rest // 60:02}" if rest else "")


def _behind(offset: int) -> str:
    hours, rest = divmod(abs(offset), _HOUR)
    return f"{'' if offset <= 0 else '-'}{hours}" + (f":{rest // 60:02}" if rest else "")


SUMMERS: Final = (
    ("the European Union", _Summer((3, 5, 1), (10, 5, 1), universal=True)),
    ("the United States", _Summer((3, 2, 2), (11, 1, 2))),
    ("Australia", _Summer((10, 1, 2), (4, 1, 3))),
    ("New Zealand", _Summer((9, 5, 2), (4, 1, 3))),
)
"""Where summer time is kept how: Directive 2000/84/EC, the Energy Policy Act of 2005, and down under since 2008."""


def zone_of(pairs: Iterable[tuple[int, int]]) -> tuple[Zone, str] | None:
    """The zone in which every moment (UTC) has its offset, and in words where summer time is kept so; None for none.

    One offset for all is a zone without summer time, which is all that these moments ask for.
    """
    known = sorted(set(pairs))
    offsets = sorted({offset for _, offset in known})
    if len(offsets) == 1:
        return Zone(offsets[0]), ""
    if len(offsets) != 2 or offsets[1] - offsets[0] != _HOUR:
        return None
    for where, summer in SUMMERS:
        zone = Zone(offsets[0], summer)
        try:
            if all(zone.offset(moment) == offset for moment, offset in known):
                return zone, where
        except (ValueError, OverflowError, OSError):
            return None
    return None
