"""The files of a packed wheel: those of the archive in their places, and the modules that start its programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from truewheel.archives import Archive, Item
from truewheel.binary import Image
from truewheel.binary.graph import Graph, resolve
from truewheel.errors import BinaryError, RequestError, Where
from truewheel.ops.examine import Depth, Member, look_at
from truewheel.ops.pack_model import Wanted
from truewheel.ops.pack_platforms import at_home
from truewheel.ops.pack_programs import Found, demand_programs, looked_for, name_alone, named, starts
from truewheel.packing.launcher import Started, launcher
from truewheel.packing.layout import Laid, lay_out
from truewheel.packing.members import data_folder, script_path
from truewheel.packing.modes import executables
from truewheel.wheel import Bytes, Data, Entry

_INIT, _MAIN = "__init__.py", "__main__.py"


@dataclass(frozen=True, slots=True)
class Taken:
    """The bytes of a file of the archive; errors name it as the archive does."""

    item: Item

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.item.size

    def read(self) -> Data:
        """All bytes."""
        return self.item.read()

    def head(self, count: int) -> bytes:
        """The first bytes."""
        return self.item.head(count)


@dataclass(frozen=True)
class Contents:
    """What a wheel is made of, but for its metadata.

    ``entries`` are its files by path, ``names`` tells what those of the archive are called there. ``images`` are the
    native files by path, without those that are foreign and for other platforms, and ``graph`` is who needs whom among
    them. ``seen`` is what was seen in every file that counts. ``programs`` are None where they are still to be found.
    """

    laid: Laid
    programs: tuple[Found, ...] | None
    entries: Mapping[str, Entry]
    names: Mapping[str, str]
    seen: tuple[Member, ...]
    images: Mapping[str, Image]
    graph: Graph
    entry_points: bytes = b""

    @property
    def named_images(self) -> dict[str, Image]:
        """The native files by their name in the archive, or their path where the project added them."""
        return {self.names.get(path, path): image for path, image in self.images.items()}


def contents(archive: Archive, wanted: Wanted) -> Contents:
    """The files that an archive gives, with those that are added.

    Raises `RequestError` where a place or a program that was named isn't there or isn't clear, `ArchiveError` and
    `BinaryError` where files are damaged.
    """
    target = wanted.target
    laid = lay_out(archive, target.layout, alone=name_alone(archive, wanted), limits=wanted.limits)
    _demand_foreign(laid)
    programs = None if target.programs is None else named(target.programs, laid)
    entries = _entries(archive, laid, wanted, programs or ())
    names = {entry.name: name for name, entry in entries.items()}
    added = _added(wanted, names)
    counted = [entry for name, entry in entries.items() if name not in laid.foreign]
    seen = tuple(look_at(entry, Depth.TABLES) for entry in (*counted, *added))
    seen += _at_home([entries[name] for name in sorted(laid.foreign)], seen)
    images = _images(seen)
    members = {entry.name: entry for entry in (*entries.values(), *added)}
    return Contents(laid, programs, members, names, seen, images, resolve(images))


def with_programs(inside: Contents, wanted: Wanted) -> Contents:
    """The contents with the modules that start the programs, which are found where nobody named them.

    Raises `RequestError` where it isn't clear which they are, or where one can't be started.
    """
    own = inside.laid.chosen.keys() - inside.laid.foreign
    images = {name: image for name, image in inside.named_images.items() if name in own}
    entries = dict(inside.entries)
    if inside.programs is None:
        programs = looked_for(images, wanted)
        for _, name in programs:
            path = inside.laid.place(name, data_folder(wanted.about))
            entries[path] = replace(entries[path], executable=True)
    else:
        programs = inside.programs
        demand_programs(programs, inside.laid, images)
    modules, entry_points = _modules(programs, inside.laid, wanted, entries)
    entries |= {path: Entry(path, executable=False, content=Bytes(data)) for path, data in modules.items()}
    return replace(inside, programs=programs, entries=entries, entry_points=entry_points)


def _demand_foreign(laid: Laid) -> None:
    """Raise `RequestError` for a pattern of foreign files that means none: what it should mean would count."""
    for setting, pattern in laid.idle:
        if setting == "foreign":
            raise RequestError(
                f"`foreign` has {pattern!r}, which matches no file that is packed",
                hint="patterns mean names as they are once folders are stripped",
            )


def _at_home(foreign: Iterable[Entry], seen: Iterable[Member]) -> tuple[Member, ...]:
    """Those of the foreign files that are for the platform of the others after all: what may run there counts."""
    strangers: dict[str, Member] = {}
    for entry in foreign:
        with suppress(BinaryError):  # nobody loads it here
            strangers[entry.name] = look_at(entry, Depth.TABLES)
    home = at_home(_images(strangers.values()), _images(seen))
    return tuple(member for name, member in strangers.items() if name in home)


def _images(seen: Iterable[Member]) -> dict[str, Image]:
    return {member.entry.name: member.image for member in seen if member.image is not None}


def _entries(archive: Archive, laid: Laid, wanted: Wanted, programs: tuple[Found, ...]) -> dict[str, Entry]:
    """The chosen files as members, by their names in the archive."""
    runs = executables(
        laid.chosen,
        modes=archive.modes,
        is_program=starts,
        derive=wanted.derive_modes or None,
        programs=[name for _, name in programs],
    )
    folder = data_folder(wanted.about)
    scripts = {name: _script(program.command, name, wanted) for program, name in programs if program.script}
    return {
        name: Entry(scripts.get(name) or laid.place(name, folder), name in runs, Taken(item))
        for name, item in laid.chosen.items()
    }


def _script(command: str, name: str, wanted: Wanted) -> str:
    """The path of a program that is a command by itself."""
    suffix = name[-4:] if name.lower().endswith(".exe") else ""
    return script_path(wanted.about, command + suffix)


def _added(wanted: Wanted, names: Mapping[str, str]) -> list[Entry]:
    """The files that the project adds. Raises `RequestError` where the archive brings one of that path."""
    entries = []
    for path, data in sorted(wanted.added.items()):
        place = _below(wanted.target.layout.into, path)
        if place in names:
            raise RequestError(
                f"the archive brings {place}, and so do the files that are added",
                where=Where(member=names[place]),
                hint="leave one of them out",
            )
        entries.append(Entry(place, data[:2] == b"#!", Bytes(data)))
    return entries


def _below(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


# --- modules -------------------------------------------------------------------------------------------------
def _modules(
    programs: tuple[Found, ...], laid: Laid, wanted: Wanted, members: Mapping[str, Entry]
) -> tuple[dict[str, bytes], bytes]:
    """What starts the programs: the modules by path that aren't there yet, and entry_points.txt."""
    into = wanted.target.layout.into
    started = [Started(each.program.command, _inside(laid, each, into)) for each in programs if not each.program.script]
    if not started and not any(path.startswith(f"{into}/") for path in members):
        return {}, b""
    main = _below(into, _MAIN)
    if started and main in members and _MAIN not in wanted.added:
        raise RequestError(
            f"the archive brings {main}, which would have to start {started[0].command}",
            where=Where(member=main),
            hint="rename or exclude it, add one of your own, or make the program a script",
        )
    # Who adds a module of their own starts the programs with it, in their way.
    made = launcher(into.replace("/", "."), () if main in members else started)
    modules = {_below(into, path): data for path, data in made.files.items()}
    return {path: data for path, data in modules.items() if path not in members}, made.entry_points


def _inside(laid: Laid, found: Found, into: str) -> str:
    """The path of a program below the package that starts it."""
    place = laid.places[found.name]
    if place.data:
        raise RequestError(
            f"it is the program of {found.program.command}, and `data` puts it outside of the package that starts it",
            where=Where(member=found.name),
            hint="make it a script, or take it out of `data`",
        )
    return place.path[len(into) + 1 :] if into else place.path
