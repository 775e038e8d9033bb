"""Places in a wheel: from which of them relative paths lead to the package, and which are free for new members."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from truewheel.binary.graph import installed_path
from truewheel.errors import RequestError, WheelError, Where
from truewheel.wheel import Limits, Wheel
from truewheel.wheel.paths import read_names

NO_LIMITS: Final = Limits(depth=1 << 20, name_length=1 << 20)
"""For names that a wheel has already: whoever read it has held them to the limits that were asked for."""


def folder_of(member: str) -> str:
    """The folder that a member is installed to; see `installed_path`."""
    return installed_path(member).rpartition("/")[0]


def way(start: str, goal: str) -> str:
    """The path from one installed folder to another place, both relative to site-packages; ``.`` if it is the same."""
    here, there = start.split("/") if start else [], goal.split("/") if goal else []
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    return "/".join([*[".."] * (len(here) - common), *there[common:]]) or "."


def demand_places(wheel: Wheel, places: Collection[str]) -> None:
    """Raise `RequestError` where a new member would be in another's way, or its name is none for a wheel.

    Names come from libraries, and from who asks for a folder; neither is bound by what a wheel may hold.
    """
    taken = wheel.by_name.keys() & places
    if taken:
        raise RequestError(f"there is a {min(taken)} in the wheel already, which is another file")
    names = [name.encode("utf-8", "surrogateescape") for name in (*wheel.by_name, *sorted(places))]
    try:
        read_names(names, NO_LIMITS, lambda index: index)
    except WheelError as error:
        raise RequestError(f"{error.where.member} can't be a new member: {error.what}") from None


def reachable(member: str) -> bool:
    """Whether relative paths lead from a member to the package and back, wherever installers put them."""
    purelib = member.partition("/")[0].endswith(".data") and member.split("/")[1] == "purelib"
    return not purelib and not folder_of(member).startswith("/")


def demand_reachable(member: str) -> None:
    """Raise `RequestError` for a member from which no run path leads to the grafts."""
    if not reachable(member):
        raise RequestError(
            "it needs libraries from outside, but it is installed where no relative path leads to the package",
            where=Where(member=member),
            hint="put the file into the package, or link it statically",
        )
