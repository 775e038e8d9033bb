"""Which libraries a wheel for macOS lacks, and theirs: found outside of it as dyld finds them, and followed to the end.

For each library that a slice asks for there is one `Fate`, by the path of its file, its architecture and the name.
Source: dyld(1), for the meaning of ``@loader_path``, ``@executable_path`` and ``@rpath``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeAlias

from truewheel.binary import Buffer, MachO, read_macho
from truewheel.binary.model import Dylib, Platform, Slice
from truewheel.errors import RequestError
from truewheel.ops.candidates import Readings, included
from truewheel.ops.fates import Fate, Lost, Scales, base_name, needing, sha256_of
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.ops.macho_names import Library
from truewheel.ops.macho_slices import is_for, is_optional, linked_slices, needs, own_name, unfit
from truewheel.ops.places import reachable
from truewheel.ops.wishes import Wishes
from truewheel.policy.macos import is_interpreter, is_system

_MOST_LOOKUPS = 1 << 18  # names times folders: hundreds of times those of the largest wheels, a few seconds
_LONGEST_CHAIN = 32  # files whose run paths hold for one that they load, directly or through others
_FRAMEWORK = re.compile(r"(?:.*/)?(([^/]+)\.framework/(?:Versions/[^/]+/)?\2)")

Key: TypeAlias = tuple[str, str, str]
"""The path of a file, an architecture of it, and the name of a library."""


class Searched(NamedTuple):
    """The run paths of a file: of one outside (``file``), or of a member, whose folder leads to nothing outside."""

    rpaths: tuple[str, ...]
    file: LibraryFile | None


class Question(NamedTuple):
    """What the outside is asked, as `Libraries.candidates` takes it: a name, run paths, and whose they are."""

    name: str
    run_paths: tuple[str, ...]
    beside: LibraryFile | None


class Asker(NamedTuple):
    """A slice that loads libraries: of a member of the wheel, or of a file that was found outside (``file``).

    ``path`` is that of the member, or where the file was found. The libraries that are for none of the wheel's
    processors may be absent: those of one that is not ``strict``. ``chain`` holds the run paths of the file and of
    those that load it, nearest first.
    """

    path: str
    part: Slice
    strict: bool
    file: LibraryFile | None = None
    chain: tuple[Searched, ...] = ()


class Loaded(NamedTuple):
    """A library that was found. ``library`` is the name that it was first asked for by.

    A ``plugin`` is needed by nobody: it comes along because it is opened by its name at run time.
    """

    library: str
    image: MachO
    file: LibraryFile
    sha256: str
    plugin: bool = False

    @property
    def identity(self) -> Library:
        """Its name and its content: files that have both in common are one graft."""
        return Library(base_name(self.library) if self.plugin else own_name(self.image, self.file.path), self.sha256)


class Members(NamedTuple):
    """The Mach-O files of a wheel, and what provides the libraries they need.

    ``led`` are the providers that a path leads to, ``by_chance`` members that are merely called so, whatever they
    are. ``named`` are by architecture and name those that can be linked, from all over the packages. ``carried`` are
    the names of the files in the folder for grafts, ``archs`` the processors and ``platforms`` the systems that the
    wheel is for.
    """

    askers: tuple[Asker, ...]
    led: Mapping[Key, str]
    by_chance: Mapping[Key, str]
    named: Mapping[tuple[str, str], tuple[str, ...]]
    carried: tuple[str, ...]
    archs: Collection[str]
    platforms: Collection[Platform]

    def meant(self, arch: str, library: str) -> tuple[str, ...]:
        """The members that a name could mean which leads to none: with that very install name, or else called so."""
        return self.named.get((arch, library)) or self.named.get((arch, base_name(library)), ())

    def only(self, asker: Asker, library: str) -> str | None:
        """The only other member that a name could mean; None where there is none, or the choice."""
        found = self.meant(asker.part.arch, library)
        others = [path for path in found if path != asker.path] if len(found) <= 2 else []
        return others[0] if len(others) == 1 else None


@dataclass
class Closure:
    """The result of following all needs."""

    askers: list[Asker] = field(default_factory=list)
    fates: dict[Key, Fate] = field(default_factory=dict)
    found: dict[Key, str] = field(default_factory=dict)
    """The path of the file outside, or of the member, that answers."""
    loaded: dict[str, Loaded] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)

    def of(self, fate: Fate) -> dict[str, tuple[str, ...]]:
        """The libraries of a fate, each with the files that need it."""
        return needing(self.fates, fate)

    def outside(self) -> set[str]:
        """The paths of all files outside that answer, those that are excluded too."""
        kept = {Fate.GRAFTED, Fate.EXCLUDED}
        return {path for key, path in self.found.items() if self.fates[key] in kept}


def follow(members: Members, libraries: Libraries, wishes: Wishes) -> Closure:
    """Decide the fate of every library that the members need, and that those need which are found.

    Raises `RequestError` where an ``--include`` means nothing that can be grafted, `LimitError` where a library is
    larger than a member may be, or all together than a wheel may.
    """
    return _Follower(members, libraries, wishes).run()


class _Follower:
    def __init__(self, members: Members, libraries: Libraries, wishes: Wishes) -> None:
        self._scales = Scales(wishes.limits)
        self._members = members
        self._libraries = libraries
        self._exclude = wishes.exclude
        self._include = wishes.include
        self._closure = Closure()
        self._pending: deque[Asker] = deque(members.askers)
        self._readings = Readings("macho", "Mach-O", _read_whole)
        self._searches: dict[tuple[object, ...], tuple[LibraryFile | None, tuple[str, ...]]] = {}
        self._left = _MOST_LOOKUPS
        self._against: dict[str, dict[str, None]] = {}

    def run(self) -> Closure:
        """Follow the members' needs to the end, then those of what is included besides."""
        self._follow()
        for library in self._closure.of(Fate.PYTHON):
            if self._include.mean(library, base_name(library)):
                raise RequestError(f"--include means {library}, the interpreter's own library, which is never grafted")
        asked = {library for _, _, library in self._closure.fates}
        idle = self._include.idle({*asked, *map(base_name, asked)})
        for glob in self._include.globs:
            self._take_along(glob, demanded=glob in idle)
        self._follow()
        users = self._closure.of(Fate.LOST)
        self._closure.lost = [Lost(library, users[library], tuple(self._against[library])) for library in users]
        return self._closure

    def _follow(self) -> None:
        while self._pending:
            asker = self._pending.popleft()
            self._closure.askers.append(asker)
            for library, dylibs in needs(asker.part).items():
                fate, words = self._fate(asker, library, dylibs)
                if fate is Fate.LOST and (is_optional(dylibs) or not asker.strict):
                    fate = Fate.OPTIONAL
                self._closure.fates[asker.path, asker.part.arch, library] = fate
                if fate is Fate.LOST:
                    self._against.setdefault(library, {}).update(dict.fromkeys(words))

    # --- what becomes of a library
    def _fate(self, asker: Asker, library: str, dylibs: list[Dylib]) -> tuple[Fate, tuple[str, ...]]:
        key, name = (asker.path, asker.part.arch, library), base_name(library)
        led = key in self._members.led
        if not led and is_interpreter(library):
            return Fate.PYTHON, ()
        rpaths = (path for each in (Searched(asker.part.rpaths, None), *asker.chain) for path in each.rpaths)
        if not led and is_system(library, rpaths) and not self._include.mean(library, name):
            return Fate.GIVEN, ()
        provider = self._members.led[key] if led else self._provider(asker, library)
        if provider is not None:
            self._closure.found[key] = provider
            return Fate.INSIDE, ()
        if self._exclude.mean(library, name):
            return Fate.EXCLUDED, ()
        fate, against = self._graft(asker, library, dylibs)
        if fate is Fate.LOST and key in self._members.by_chance:
            # Nothing is called so that could be meant. What merely has the name of a file is better than nothing.
            self._closure.found[key] = self._members.by_chance[key]
            return Fate.INSIDE, ()
        return fate, against

    def _provider(self, asker: Asker, library: str) -> str | None:
        """The member that a name means which no path leads to.

        Of several a package may load one before, and dyld go by its install name: which, the package alone knows.
        From what lies out of reach nothing else can be led to.
        """
        only = self._members.only(asker, library)
        if only is None and (self._members.named.get((asker.part.arch, library)) or not reachable(asker.path)):
            return self._members.by_chance.get((asker.path, asker.part.arch, library))
        return only

    def _graft(self, asker: Asker, library: str, dylibs: list[Dylib]) -> tuple[Fate, tuple[str, ...]]:
        file, against = self._search(asker, library, dylibs)
        if file is None:
            return Fate.LOST, against
        self._closure.found[asker.path, asker.part.arch, library] = file.path
        if self._exclude.mean(file.path):
            return Fate.EXCLUDED, ()
        image = self._readings.of(file)
        if isinstance(image, MachO):
            self._load(Loaded(library, image, file, ""), asker.chain)
        return Fate.GRAFTED, ()

    def _load(self, found: Loaded, chain: tuple[Searched, ...] = ()) -> None:
        """Take a file that was found into the closure, once: with the run paths of the first that loads it."""
        path, file = found.file.path, found.file
        if path in self._closure.loaded:
            return
        self._scales.weigh(file)
        self._closure.loaded[path] = found._replace(sha256=sha256_of(file))
        for part in linked_slices(found.image, self._members.platforms):
            longer = lengthened(chain, Searched(part.rpaths, file))
            self._pending.append(Asker(path, part, is_for(part.arch, self._members.archs), file, longer))

    # --- files that could be meant
    def _search(self, asker: Asker, library: str, dylibs: list[Dylib]) -> tuple[LibraryFile | None, tuple[str, ...]]:
        """The first file that dyld would take, and what spoke against those before it."""
        demanded = max(dylib.compatibility for dylib in dylibs)
        questions = tuple(_questions(asker, library))
        asked = tuple((name, paths, beside.path if beside else None) for name, paths, beside in questions)
        key = (asked, asker.part.arch, asker.part.platform, demanded)
        if key not in self._searches:
            against: list[str] = []
            chosen = None
            for file in self._candidates(questions):
                image = self._readings.of(file)
                problem = image if isinstance(image, str) else unfit(image, asker.part, asker.path, demanded)
                if not problem:
                    chosen = file
                    break
                against.append(f"{file.path} {problem}")
            self._searches[key] = chosen, tuple(against)
        return self._searches[key]

    def _candidates(self, questions: Iterable[Question]) -> Iterator[LibraryFile]:
        """The files that a name may mean, each once."""
        seen: set[str] = set()
        for name, run_paths, beside in questions:
            self._left -= 1 + len(run_paths)
            if self._left < 0:
                raise RequestError("the files need more libraries, in more folders, than can be looked for")
            for file in self._libraries.candidates(name, run_paths, beside, kind="macho"):
                if file.path not in seen:
                    seen.add(file.path)
                    yield file

    # --- what nobody asks for
    def _take_along(self, glob: str, *, demanded: bool) -> None:
        """Add the files that a glob means, though nobody needs them, unless an earlier repair has.

        A glob that means nothing that is needed is a demand; one that does may mean more besides.
        """
        carried = self._members.carried
        for file in included(glob, self._libraries, carried, kind="macho", demanded=demanded):
            image = self._readings.of(file)
            problem = image if isinstance(image, str) else self._misplaced(image)
            if demanded and problem:
                raise RequestError(f"--include {glob} means {file.path}, which {problem}")
            if isinstance(image, MachO) and not problem and base_name(file.path) not in carried:
                self._load(Loaded(file.path, image, file, "", plugin=True))

    def _misplaced(self, image: MachO) -> str:
        """What speaks against a file that is opened at run time, by a member for any of the wheel's processors."""
        parts = {asker.part.arch for asker in self._members.askers}
        found = {part.arch for part in linked_slices(image, self._members.platforms)}
        return "" if parts & found else f"is for {' and '.join(image.archs)}, which no member is for"


def lengthened(chain: tuple[Searched, ...], own: Searched) -> tuple[Searched, ...]:
    """A chain of run paths with those of one more file, which come first; only so long as anybody would make it."""
    if not own.rpaths or own in chain:
        return chain
    return tuple(islice((own, *chain), _LONGEST_CHAIN))


def _questions(asker: Asker, library: str) -> Iterator[Question]:
    """What to ask the outside for a name: ``@rpath`` is looked for along the whole chain."""
    head, _, rest = library.partition("/")
    if head == "@rpath":
        yield from (Question(rest, *each) for each in asker.chain or (Searched((), None),))
        return
    framework = _FRAMEWORK.fullmatch(library)
    name = framework[1] if framework else library.rpartition("/")[2]
    anchored = head in {"", "@loader_path", "@executable_path"} and name != library
    folder = (library.removesuffix(f"/{name}") or "/",) if anchored else ()
    yield Question(name, folder, asker.file if head == "@loader_path" else None)


def _read_whole(data: Buffer) -> MachO:
    image = read_macho(data)
    _ = [part.symbols.imports for part in image.slices]  # read on demand: damage in them counts here, not later
    return image
