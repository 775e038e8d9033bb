"""Where the chosen files of an archive go in the wheel, each to a place of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from truewheel.archives import Item
from truewheel.errors import RequestError, WheelError, Where
from truewheel.packing.globs import Globs
from truewheel.wheel import Limits
from truewheel.wheel.paths import read_names

_ANY_DATA_FOLDER: Final = "any.data"
"""Names are judged before anybody knows what the wheel is called."""

_MEANINGFUL: Final = (".dist-info", ".data")


class Place(NamedTuple):
    """Where a file goes: a path in the wheel, or for ``data`` one in the root of the environment."""

    path: str
    data: bool

    def within(self, data_folder: str) -> str:
        """The path in a wheel whose ``.data`` folder is `data_folder` (binary distribution format)."""
        return f"{data_folder}/data/{self.path}" if self.data else self.path


BOTH_FOLDERS: Final = 'a folder has a slash at the end, and so has its new name: "old/" = "new/", or "old/" = ""'
"""What to do where `may_become` says no."""


def may_become(old: str, new: str) -> bool:
    """Whether both are paths of files, or both of folders, which "" is, too, as a new one."""
    if not old.strip("/") or new == "/":
        return False
    return new.endswith("/") or not new if old.endswith("/") else bool(new) and not new.endswith("/")


class Renames:
    """New paths for files, and for folders with a slash at the end, of which the longest that fits counts.

    A folder that becomes "" moves what is in it up. Raises `RequestError` where one side means a folder, and the other
    doesn't.
    """

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)
        for old, new in self._table.items():
            if not may_become(old, new):
                raise RequestError(f"{old!r} can't be renamed to {new!r}", hint=BOTH_FOLDERS)
        self._used: set[str] = set()

    def new(self, name: str) -> str:
        """What the file is called from now on."""
        start = name if self._table else ""
        while start:
            if start in self._table:
                self._used.add(start)
                return self._table[start] + name[len(start) :]
            start = name[: name.rfind("/", 0, len(start) - 1) + 1]
        return name

    def idle(self) -> tuple[str, ...]:
        """The old paths that no file had so far."""
        return tuple(old for old in self._table if old not in self._used)


def fault_of_top(path: str) -> str:
    """What is wrong with the first folder of a path in a wheel, as a sentence; "" if nothing is.

    ``.dist-info`` and ``.data`` have a meaning for installers, whatever is before it (binary distribution format).
    """
    top, slash, _ = path.partition("/")
    if slash and top.lower().endswith(_MEANINGFUL):
        return f"{top!r} would mean something to installers"
    return ""


def places(chosen: Mapping[str, Item], renames: Renames, into: str, data: Globs, limits: Limits) -> dict[str, Place]:
    """The place of each chosen file, in their order.

    Raises `RequestError` where two have the same, also for systems that don't tell upper from lower case, or where a
    place has a name that some system doesn't take as it is.
    """
    inside = f"{into}/" if into else ""
    found: dict[str, Place] = {}
    for name in chosen:
        new = renames.new(name)
        found[name] = Place(new, data=True) if data.match(name) else Place(inside + new, data=False)
    _demand_one_each(chosen, found)
    _judge(tuple(chosen.values()), tuple(found.values()), limits)
    return found


def _demand_one_each(chosen: Mapping[str, Item], found: Mapping[str, Place]) -> None:
    """Refuse two files at one place."""
    taken: dict[Place, str] = {}
    for name, place in found.items():
        other = taken.setdefault(place, name)
        if other != name:
            raise RequestError(
                f"this and {chosen[other].name!r} would both be {place.path!r}",
                where=Where(member=chosen[name].name, offset=chosen[name].offset),
                hint="rename one of them, or exclude it",
            )


def _judge(items: Sequence[Item], found: Sequence[Place], limits: Limits) -> None:
    """Refuse places that aren't the same on every system, and those that installers treat otherwise."""
    for item, place in zip(items, found, strict=True):
        problem = "" if place.data else fault_of_top(place.path)
        if problem:
            raise _misplaced(item, place.path, problem)
    # Names that are no Unicode come from archives; their bytes are what is refused.
    paths = [place.within(_ANY_DATA_FOLDER).encode("utf-8", "surrogatepass") for place in found]
    try:
        read_names(paths, limits, lambda index: index)  # in the place of the offset, to know whose name it is
    except WheelError as error:
        at = error.where.offset or 0
        raise _misplaced(items[at], paths[at].decode("utf-8", "backslashreplace"), error.what) from None


def _misplaced(item: Item, path: str, problem: str) -> RequestError:
    return RequestError(
        f"it can't be {path[:200]!r} in a wheel: {problem}",
        where=Where(member=item.name, offset=item.offset),
        hint="rename it, or exclude it",
    )
