"""The names that grafts and the links to them get, so that they fit into the headers of the files that carry them.

A header has the room that its linker left, often under 256 bytes, and nothing behind it can move. So of each name there
are several forms, and the first that everybody has room for is taken. What decides is the set of files alone.

A graft is called ``@rpath/NAME`` in its own header. That is safe, for dyld(1) looks an image up by the path that a load
command leads to, and those here are ``@loader_path/…``: the own name is what static linkers copy, and nothing more. It
names no machine, it is short, and whoever would go by it all the same finds the same contents under it: there is a
hash of them in it, except where that had to go for want of room.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple, TypeAlias

from truewheel.binary.macho_edit import SliceChanges, room_left
from truewheel.binary.macho_sign import needs_signature
from truewheel.binary.model import Slice
from truewheel.errors import BinaryError, Where
from truewheel.ops.grafted_names import shorter_names, unique_names
from truewheel.ops.macho_places import loader_way

_RPATH = "@rpath/"
_DIGITS = (8, 4)
_MOST_SPELLINGS = 16  # of the name of one library in one file; a hostile file asks for it by thousands

Key: TypeAlias = tuple[str, str]
"""The path of a file, and an architecture of it."""


class Library(NamedTuple):
    """A graft: the name that its makers gave it, and the hash of its content."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Sheet:
    """A slice, and all that is settled of its edit but for the names of grafts.

    ``path`` is that of its file, ``folder`` where that will be installed. ``links`` lead to members, ``grafts`` to
    what comes into the wheel, each by the old name. ``own`` is the graft that it is a slice of; a member may be
    called one of ``names``, best first, or what it is. ``rpaths`` are the run paths that stay; it ``opens`` libraries
    by their names if it is to search the folder with the grafts.
    """

    path: str
    part: Slice
    folder: str
    links: Mapping[str, str] = field(default_factory=dict)
    grafts: Mapping[str, Library] = field(default_factory=dict)
    own: Library | None = None
    names: tuple[str, ...] = ()
    rpaths: tuple[str, ...] = ()
    opens: bool = False

    @property
    def key(self) -> Key:
        """The path and the architecture."""
        return self.path, self.part.arch

    @property
    def signs(self) -> bool:
        """Whether an edit needs room for the command of a signature."""
        return needs_signature(self.part)


class Fitted(NamedTuple):
    """The names of the grafts, and the changes of the slices that have some and the room for them."""

    names: Mapping[Library, str]
    changes: Mapping[Key, SliceChanges]


def fitted(
    sheets: Collection[Sheet],
    libraries: Iterable[Library],
    kept: Collection[Library],
    taken: Collection[str],
    folder: str,
) -> Fitted:
    """The first form of each name that all slices have room for.

    `kept` are libraries that keep their names, `taken` the file names that the wheel has already, and `folder` is
    where grafts are installed. Where a slice lacks room, all grafts that it loads get shorter names, and no others.

    Raises `BinaryError` where even the shortest names are too long, with the bytes that lack.
    """
    forms = _forms(libraries, kept, taken)
    levels = dict.fromkeys(forms, 0)
    while True:
        names = {library: forms[library][level] for library, level in levels.items()}
        chosen = {sheet.key: _chosen(sheet, names, folder) for sheet in sheets}
        short = [sheet for sheet in sheets if chosen[sheet.key] is None]
        longer = {each for sheet in short for each in sheet.grafts.values() if levels[each] + 1 < len(forms[each])}
        if not longer:
            break
        levels.update({library: levels[library] + 1 for library in longer})
    for sheet in sorted((sheet for sheet in short if sheet.grafts or sheet.own), key=lambda sheet: sheet.key):
        raise _no_room(sheet, names, folder)
    return Fitted(names, {key: changes for key, changes in chosen.items() if changes})


def _forms(
    libraries: Iterable[Library], kept: Collection[Library], taken: Collection[str]
) -> dict[Library, tuple[str, ...]]:
    """The names that each graft may get, from the usual one to the shortest; two files share none of them."""
    every = sorted(set(libraries))
    usual = unique_names(every)
    forms = {each: (each.name,) if each in kept else (usual[each], *shorter_names(*each)) for each in every}
    owners: dict[str, set[str]] = {name.lower(): {""} for name in taken}
    for library, names in forms.items():
        for name in names:
            owners.setdefault(name.lower(), set()).add(library.sha256)
    return {
        library: (names[0], *(name for name in names[1:] if owners[name.lower()] == {library.sha256}))
        for library, names in forms.items()
    }


def _chosen(sheet: Sheet, names: Mapping[Library, str], folder: str) -> SliceChanges | None:
    """The best changes that a slice has room for; None if there are none."""
    variants = _variants(sheet, names, folder)
    return next((each for each in variants if not each or room_left(sheet.part, each, signs=sheet.signs) >= 0), None)


def _variants(sheet: Sheet, names: Mapping[Library, str], folder: str) -> Iterator[SliceChanges]:
    """What may be done to a slice, best first.

    A link leads to a graft directly, or, where several share the way there, through a run path. Members that nothing
    led to before may stay so: the package loads them beforehand, or it never worked. A graft may call itself by its
    bare name, by what it was called, if that names no folder, and at last by digits of its hash alone.
    """
    way = loader_way(sheet.folder, folder)
    links = (sheet.links,) if sheet.own or not sheet.links else (sheet.links, {})
    searching = (True, False) if sheet.opens else (False,)
    sharing = (False, True) if sheet.grafts else (False,)
    for led, opens, shares in product(links, searching, sharing):
        start = _RPATH if shares else f"{way}/"
        dylibs = _apart(sheet.part, {**led, **{old: f"{start}{names[lib]}" for old, lib in sheet.grafts.items()}})
        added = (way,) if (opens or shares) and way not in sheet.rpaths else ()
        rpaths = (*sheet.rpaths, *added)
        for name in _own_names(sheet, names):
            yield SliceChanges(
                dylibs=dylibs,
                install_name=None if name == sheet.part.install_name else name,
                rpaths=None if rpaths == sheet.part.rpaths else rpaths,
            )


def _apart(part: Slice, dylibs: Mapping[str, str]) -> dict[str, str]:
    """The new names, none of them that of another command; ``/./`` in a name leads nowhere else.

    One library may be asked for by two names. dyld of macOS 15 compares them as they are written, and refuses a file
    with one of them twice ("duplicate linked dylib") if it was built for that system.
    """
    olds = dict.fromkeys(dylib.name for dylib in part.dylibs)
    taken = {old for old in olds if dylibs.get(old, old) == old}
    result = {}
    for old in olds:
        if old in taken:
            continue
        start, slash, rest = dylibs[old].partition("/")
        spellings = (f"{start}{slash}{'./' * count}{rest}" for count in range(_MOST_SPELLINGS))
        result[old] = next((new for new in spellings if new not in taken), dylibs[old])
        taken.add(result[old])
    return result


def _own_names(sheet: Sheet, names: Mapping[Library, str]) -> Iterator[str | None]:
    own = sheet.part.install_name
    if own is None or not (sheet.own or sheet.names):
        yield None
    elif sheet.own is None:
        yield from sheet.names
    else:
        yield f"{_RPATH}{names[sheet.own]}"
        yield names[sheet.own]
        if not own.startswith("/"):
            yield None
        yield from (sheet.own.sha256[:digits] for digits in _DIGITS)


def _no_room(sheet: Sheet, names: Mapping[Library, str], folder: str) -> BinaryError:
    variants = _variants(sheet, names, folder)
    lacking = -max(room_left(sheet.part, changes, signs=sheet.signs) for changes in variants)
    return BinaryError(
        f"the header of the {sheet.part.arch} slice has no room for the names of the libraries that come into the "
        f"wheel: {lacking} bytes lack for the shortest ones",
        where=Where(member=sheet.path),
        hint="link the file with -Wl,-headerpad_max_install_names",
    )
