"""Which files of an archive go where in the wheel: folders stripped, files chosen, renamed and placed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from truewheel.archives import Archive, Item, Unusable
from truewheel.errors import RequestError, Where
from truewheel.packing.globs import Globs
from truewheel.packing.layout_places import Place, Renames, places
from truewheel.packing.layout_strip import stripped
from truewheel.packing.model import Layout
from truewheel.packing.words import listed
from truewheel.wheel import Limits


class Idle(NamedTuple):
    """A pattern that found nothing to do in an archive: ``setting`` is the field of `Layout` that has it."""

    setting: str
    pattern: str


@dataclass(frozen=True, eq=False)
class Laid:
    """An archive laid out. Names are those after ``strip``, sorted; the items still have those of the archive.

    ``stripped`` are all files, ``chosen`` those that go into the wheel, ``places`` where these go. ``foreign`` are the
    chosen files that are data of the program, whatever platform they are for. ``idle`` are patterns that fit nothing
    here, which needn't be wrong where several targets share a table.
    """

    stripped: Mapping[str, Item]
    chosen: Mapping[str, Item]
    places: Mapping[str, Place]
    foreign: frozenset[str]
    idle: tuple[Idle, ...]
    exclude: Globs

    def excluded(self, name: str) -> bool:
        """Whether ``exclude`` leaves out the file, so that nobody should miss it."""
        return self.exclude.match(name)

    def place(self, name: str, data_folder: str) -> str:
        """The path in the wheel of a chosen file; `data_folder` is the name of the wheel's ``.data`` folder."""
        return self.places[name].within(data_folder)


def lay_out(archive: Archive, layout: Layout, *, alone: str = "", limits: Limits | None = None) -> Laid:
    """The files of `archive`, in whatever order it has them, as `layout` wants them.

    An archive that is a single file has it under the name `alone` (its own, where that is ""), with ``.exe`` for
    Windows: what it was published as says where it came from, and is never stripped.

    A file in fewer folders than are to be stripped has no other name than its whole one, so that is what ``exclude``
    is held against. Of files that have one name once they are stripped, and are excluded, the first stays in
    ``stripped``.

    Raises `RequestError` where names can't be stripped, renamed or placed so that each file is in nobody's way on any
    system, for links among the chosen that lead to no file, and where nothing is chosen.
    """
    include, exclude = Globs(layout.include), Globs(layout.exclude)
    renames, data, foreign = Renames(layout.rename), Globs(layout.data), Globs(layout.foreign)
    items, links, unnamed = stripped(archive, layout.strip, exclude, alone)

    def chooses(name: str) -> bool:
        return (not include or include.match(name)) and not exclude.match(name)

    for name, link in links.items():
        if chooses(name):
            raise _leads_nowhere(link)
    chosen = {name: item for name, item in items.items() if chooses(name)}
    if not chosen:
        raise _nothing(layout, (*items, *links, *unnamed))
    placed = places(chosen, renames, layout.into, data, limits or Limits())
    names = (*items, *links)
    patterns = (
        ("include", include.idle(names)),
        ("exclude", exclude.idle((*names, *unnamed))),
        ("rename", renames.idle()),
        ("data", data.idle(chosen)),
        ("foreign", foreign.idle(chosen)),
    )
    idle = tuple(Idle(setting, pattern) for setting, found in patterns for pattern in found)
    return Laid(items, chosen, placed, frozenset(filter(foreign.match, chosen)), idle, exclude)


def _leads_nowhere(link: Unusable) -> RequestError:
    return RequestError(
        f"the link can't be followed: {link.why}",
        where=Where(member=link.name, offset=link.offset),
        hint="exclude it, or include only what is needed",
    )


def _nothing(layout: Layout, names: Collection[str]) -> RequestError:
    """The error where no file is left."""
    if not names:
        return RequestError("there is no file in it")
    return RequestError(
        f"none of its {len(names):,} files is chosen{''.join(_demands(layout))}; they begin with {listed(names)}",
        hint="the patterns mean names as they are once folders are stripped",
    )


def _demands(layout: Layout) -> Iterator[str]:
    """What the layout says of the choice, in words."""
    for setting, patterns in (("include", layout.include), ("exclude", layout.exclude)):
        if patterns:
            yield f", `{setting}` has {listed(patterns)}"
