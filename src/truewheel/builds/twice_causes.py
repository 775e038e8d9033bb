"""Why a second build differs, where what was varied stands in the result: nobody else can know.

`truewheel.compare` recognizes paths, times and orders by their looks. The name of a host or a number of processors has
none; but here it is known what the two builds saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from truewheel.builds.model import Conditions
from truewheel.builds.variations import Around
from truewheel.compare import Cause, Comparison, Difference, Mark, Reason
from truewheel.compare.reasons import BUILD_PATH, ENVIRONMENT, HOST, UMASK

_SHORTEST: Final = 3
"""Characters of a value that is believed wherever it stands; a shorter one stands in half of all lines."""
_LONGEST: Final = 1 << 16
"""Characters of a side that are looked at."""


_MODES: Final = ("{:03o}", "{:04o}", "{:#o}", "{:d}")
"""How a umask is written."""


class Seen(NamedTuple):
    """A circumstance as a result may hold it: its name, and what the two builds saw. One may be empty."""

    reason: Reason
    name: str
    left: str
    right: str


def circumstances(around: Around, conditions: Conditions) -> tuple[Seen, ...]:
    """What the two builds saw of what was varied, as programs write it down."""
    first, machine = Conditions(), around.machine
    fixed = around.isolation.fixed_path
    named = around.isolation.kind != "none"
    found = [
        Seen(BUILD_PATH, "path", f"{first.root}/src" if fixed else "", f"{conditions.root}/src" if fixed else ""),
        Seen(BUILD_PATH, "HOME", first.home, conditions.home),
        Seen(HOST, "host name", first.host_name, conditions.host_name if named else first.host_name),
        Seen(HOST, "user", str(machine.user), str(machine.user if conditions.user is None else conditions.user)),
        Seen(HOST, "group", str(machine.group), str(machine.group if conditions.group is None else conditions.group)),
        *(Seen(UMASK, "umask", form.format(first.umask), form.format(conditions.umask)) for form in _MODES),
        Seen(ENVIRONMENT, "time zone", first.timezone, conditions.timezone),
        Seen(ENVIRONMENT, "time zone", first.timezone, conditions.timezone.partition("-")[0]),
        Seen(ENVIRONMENT, "locale", first.locale, conditions.locale),
        Seen(ENVIRONMENT, "hash seed", first.hash_seed, conditions.hash_seed),
        Seen(ENVIRONMENT, "processors", str(machine.cores), str(conditions.cores or machine.cores)),
        *([Seen(ENVIRONMENT, "kernel release", *machine.kernels)] if conditions.setarch else ()),
        *(Seen(ENVIRONMENT, "environment", "", name) for name in conditions.more),
    ]
    return tuple(one for one in found if one.left != one.right)


def explained(comparison: Comparison, seen: Iterable[Seen]) -> Comparison:
    """The comparison, with causes at places that had none and hold what was varied."""
    known = tuple(seen)
    return replace(comparison, differences=tuple(_explained(one, known) for one in comparison.differences))


def _explained(difference: Difference, seen: tuple[Seen, ...]) -> Difference:
    if difference.inside:
        return replace(difference, inside=tuple(_explained(one, seen) for one in difference.inside))
    if difference.follows or any(cause.sure for cause in difference.causes):
        return difference
    found = tuple(_causes(difference, seen))
    # What was only guessed by its looks gives way to what is known.
    return replace(difference, causes=found if any(cause.sure for cause in found) else difference.causes or found)


def _causes(difference: Difference, seen: tuple[Seen, ...]) -> Iterator[Cause]:
    left, right = _side(difference, Mark.LEFT), _side(difference, Mark.RIGHT)
    there = [one for one in seen if _stands(one.left, left) and _stands(one.right, right)]
    # Where one text becomes the other by what was varied, that is why they differ; else it may be.
    whole = _replaced(left, there) == right
    for one in there:
        if whole or len(one.left or one.right) >= _SHORTEST:
            evidence = ", ".join(
                f"{value!r} on the {side}" for side, value in (("left", one.left), ("right", one.right)) if value
            )
            yield Cause(one.reason, f"{one.name}: {evidence}", sure=whole or not (one.left and one.right))


def _side(difference: Difference, mark: Mark) -> str:
    """What one side has at a place, as far as the comparison shows it."""
    lines = [line.text for line in difference.lines if line.mark is mark]
    value = difference.left if mark is Mark.LEFT else difference.right
    return "\n".join(lines or [value or ""])[:_LONGEST]


def _stands(value: str, text: str) -> bool:
    """Whether a text holds a value as a word of its own; an empty value stands everywhere."""
    return not value or _word(value).search(text) is not None


def _word(value: str) -> re.Pattern[str]:
    kin = "0-9" if value.isdigit() else "A-Za-z0-9"  # the 2 of -j2 stands for itself
    return re.compile(rf"(?<![{kin}]){re.escape(value)}(?![{kin}])")


def _replaced(text: str, seen: Iterable[Seen]) -> str:
    """A text as the second build would have written it. Long values first: one may stand in another."""
    for one in sorted(seen, key=lambda one: -len(one.left)):
        if one.left:
            text = _word(one.left).sub(one.right.replace("\\", r"\\"), text)
    return text
