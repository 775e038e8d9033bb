"""Which libraries a wheel lacks, and theirs: found outside of it and followed to the end.

For each library that somebody asks for there is one `Fate`. What is in the wheel stays; what the platform gives,
or another package brings, is left to them; the interpreter's own library is never carried; the rest is searched
for, and what is found asks in its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from truewheel.binary import Buffer, Elf, read_elf
from truewheel.errors import RequestError
from truewheel.ops.candidates import Readings, included
from truewheel.ops.elf_runpaths import entries_of
from truewheel.ops.fates import Fate, Lost, Scales, base_name, needing, sha256_of
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.ops.patterns import Patterns
from truewheel.ops.wishes import USUAL_LIMITS
from truewheel.policy import Floor
from truewheel.policy.given import is_given, is_libc_part
from truewheel.policy.group import ET_DYN, is_libpython, listed
from truewheel.policy.libc import NONE, UNKNOWN, libc_of
from truewheel.wheel import Limits

_MOST_LOOKUPS = 1 << 18  # names times folders: hundreds of times those of the largest wheels, a few seconds


class Asker(NamedTuple):
    """A file that needs libraries: a member of the wheel, or one that was found outside (``file``).

    ``path`` is that of the member, or where the file was found. ``libc`` is the C library it runs with.
    ``inherited`` are the absolute DT_RPATH entries of those that load it, which hold for it as well (ld.so(8)).
    """

    path: str
    elf: Elf
    libc: str
    file: LibraryFile | None = None
    inherited: tuple[str, ...] = ()


class Loaded(NamedTuple):
    """A library that was found. ``library`` is the name that it was first asked for by.

    A ``plugin`` is needed by nobody: it comes along because it is opened by its name at run time.
    """

    library: str
    asker: Asker
    file: LibraryFile
    sha256: str
    plugin: bool = False


class Members(NamedTuple):
    """The ELF files of a wheel, and what provides the libraries they need: ``providers`` by member and name.

    ``by_chance`` are those of the providers to which no run path leads. ``carried`` are the names of the files in the
    folder for grafts.
    """

    askers: tuple[Asker, ...]
    providers: Mapping[tuple[str, str], str]
    by_chance: frozenset[tuple[str, str]]
    carried: tuple[str, ...] = ()


@dataclass
class Closure:
    """The result of following all needs. Keys are the path of an asker and the name of a library."""

    fates: dict[tuple[str, str], Fate] = field(default_factory=dict)
    found: dict[tuple[str, str], str] = field(default_factory=dict)
    """The path of the file outside, or of the member, that answers."""
    loaded: dict[str, Loaded] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)

    def of(self, fate: Fate) -> dict[str, tuple[str, ...]]:
        """The libraries of a fate, each with those that need it."""
        return needing(self.fates, fate)


def follow(
    members: Members,
    libraries: Libraries,
    *,
    exclude: Patterns,
    include: Patterns,
    ceiling: Floor | None,
    limits: Limits = USUAL_LIMITS,
) -> Closure:
    """Decide the fate of every library that the members need, and that those need which are found.

    Raises `LimitError` where one of those is larger than a member may be, or all together than a wheel may.
    """
    return _Follower(members, libraries, exclude=exclude, include=include, ceiling=ceiling, limits=limits).run()


class _Follower:
    def __init__(
        self,
        members: Members,
        libraries: Libraries,
        *,
        exclude: Patterns,
        include: Patterns,
        ceiling: Floor | None,
        limits: Limits,
    ) -> None:
        self._scales = Scales(limits)
        self._members = members
        self._libraries = libraries
        self._exclude = exclude
        self._include = include
        self._ceiling = ceiling
        self._closure = Closure()
        self._pending: deque[Asker] = deque(members.askers)
        self._readings = Readings("elf", "ELF", _read_whole)
        self._searches: dict[tuple[object, ...], tuple[LibraryFile | None, tuple[str, ...]]] = {}
        self._left = _MOST_LOOKUPS
        self._against: dict[str, dict[str, None]] = {}
        self._named = dict(reversed(list(_names(members.askers))))  # of several, the first by path

    def run(self) -> Closure:
        """Follow the members' needs to the end, then those of what is included besides."""
        self._follow()
        for library in self._closure.of(Fate.PYTHON):
            if self._include.mean(library, base_name(library)):
                raise RequestError(f"--include means {library}, the interpreter's own library, which is never grafted")
        idle = self._include.idle({library for _, library in self._closure.fates})
        for glob in self._include.globs:
            self._take_along(glob, demanded=glob in idle)
        self._follow()
        users = self._closure.of(Fate.LOST)
        self._closure.lost = [Lost(library, users[library], tuple(self._against[library])) for library in users]
        return self._closure

    def _follow(self) -> None:
        while self._pending:
            asker = self._pending.popleft()
            for library in dict.fromkeys(asker.elf.needed):
                fate, words = self._fate(asker, library)
                self._closure.fates[asker.path, library] = fate
                if fate is Fate.LOST:
                    self._against.setdefault(library, {}).update(dict.fromkeys(words))

    def _take_along(self, glob: str, *, demanded: bool) -> None:
        """Add the files that a glob means, though nobody needs them, unless an earlier repair has.

        A glob that means nothing that is needed is a demand; one that does may mean more besides.
        """
        files = included(glob, self._libraries, self._members.carried, kind="elf", demanded=demanded)
        machines = {_machine(asker.elf): asker for asker in self._members.askers}
        for file in files:
            elf = self._readings.of(file)
            if not demanded and (isinstance(elf, str) or not is_library(elf)):
                continue
            if isinstance(elf, str):
                raise RequestError(f"--include {glob} means {file.path}, which {elf}")
            if _machine(elf) not in machines or (problem := self._problem(file, machines[_machine(elf)])):
                words = problem if _machine(elf) in machines else f"is for {elf.arch}, which no member is for"
                raise RequestError(f"--include {glob} means {file.path}, which {words}")
            if _own_name(file, elf) not in self._members.carried:
                self._load(file, elf, machines[_machine(elf)], _own_name(file, elf), plugin=True)

    def _load(self, file: LibraryFile, elf: Elf, by: Asker, library: str, *, plugin: bool = False) -> None:
        """Take a file that was found into the closure, once: with what the first that loads it hands down."""
        if file.path not in self._closure.loaded:
            self._scales.weigh(file)
            own = libc_of(elf).name
            asker = Asker(file.path, elf, by.libc if own in {NONE, UNKNOWN} else own, file, _handed_down(by))
            self._closure.loaded[file.path] = Loaded(library, asker, file, sha256_of(file), plugin)
            self._pending.append(asker)

    def _fate(self, asker: Asker, library: str) -> tuple[Fate, tuple[str, ...]]:
        key, name = (asker.path, library), base_name(library)
        if is_libpython(name) and (key not in self._members.providers or key in self._members.by_chance):
            return Fate.PYTHON, ()
        given = is_given(asker.libc, asker.elf.arch, name, self._ceiling) and not self._include.mean(library, name)
        provider = self._provider(asker, library)
        # What comes from outside knows no run path into the wheel: what is there has the name by chance.
        by_chance = asker.file is not None or key in self._members.by_chance
        if provider is not None and not (given and by_chance):
            self._closure.found[key] = provider
            return Fate.INSIDE, ()
        if given:
            return Fate.GIVEN, ()
        if self._exclude.mean(library, name):
            return Fate.EXCLUDED, ()
        if is_libc_part(asker.libc, name):
            return Fate.LOST, (f"it is a part of {asker.libc}, and a copy would fit no other build of it",)
        return self._graft(asker, library)

    def _provider(self, asker: Asker, library: str) -> str | None:
        """The member of the wheel that answers; for a file from outside the one of that name."""
        if asker.file is None:
            return self._members.providers.get((asker.path, library))
        return self._named.get((*_machine(asker.elf), library))

    def _graft(self, asker: Asker, library: str) -> tuple[Fate, tuple[str, ...]]:
        file, against = self._search(asker, library)
        if file is None:
            return Fate.LOST, against
        self._closure.found[asker.path, library] = file.path
        if self._exclude.mean(file.path):
            return Fate.EXCLUDED, ()
        elf = self._readings.of(file)
        if isinstance(elf, Elf):
            self._load(file, elf, asker, library)
        return Fate.GRAFTED, ()

    def _search(self, asker: Asker, library: str) -> tuple[LibraryFile | None, tuple[str, ...]]:
        """The first file that the loader would take, and what spoke against those before it."""
        paths = (*entries_of(asker.elf), *(asker.inherited if asker.elf.runpath is None else ()))
        beside = asker.file.path if asker.file else None
        key = (library, paths, beside, asker.libc, *_machine(asker.elf))
        if key not in self._searches:
            self._left -= 1 + len(paths)
            if self._left < 0:
                raise RequestError("the files need more libraries, in more folders, than can be looked for")
            against: list[str] = []
            chosen = None
            for file in self._libraries.candidates(library, paths, asker.file):
                problem = self._problem(file, asker) or self._lacks(file, asker, library)
                if not problem:
                    chosen = file
                    break
                against.append(f"{file.path} {problem}")
            self._searches[key] = chosen, tuple(against)
        return self._searches[key]

    def _problem(self, file: LibraryFile, asker: Asker) -> str:
        """What speaks against a file: the loader would pass it over, or it is built for another C library."""
        elf = self._readings.of(file)
        if isinstance(elf, str):
            return elf
        if _machine(elf) != _machine(asker.elf):
            return f"is for {elf.arch}"
        if _float_abi(elf) != _float_abi(asker.elf):
            return "passes floating-point numbers in another way"
        if not is_library(elf) or elf.filters:
            filtered = f"stands for {listed(elf.filters)} (DT_FILTER), which isn't followed"
            return filtered if elf.filters else "is no shared library"
        libc = libc_of(elf).name
        if NONE not in {libc, asker.libc} and libc not in {asker.libc, UNKNOWN}:
            return f"is built for {libc}, and {asker.path} for {asker.libc}"
        return ""

    def _lacks(self, file: LibraryFile, asker: Asker, library: str) -> str:
        """The versions that a file doesn't define and the loader would demand of it; without any it is lenient."""
        elf = self._readings.of(file)
        if isinstance(elf, str) or not elf.version_definitions:
            return ""
        wanted = [need.version for need in asker.elf.version_needs if need.library == library and not need.weak]
        lacking = [version for version in wanted if version not in elf.version_definitions]
        return f"doesn't define {listed(lacking)}, which {asker.path} demands" if lacking else ""


def _read_whole(data: Buffer) -> Elf:
    elf = read_elf(data)
    _ = elf.symbols.imports  # read when they are asked for: damage in them counts here, and not later
    return elf


def _own_name(file: LibraryFile, elf: Elf) -> str:
    """The name of a library's file: its soname, without folders, or what the file is called."""
    name = base_name(elf.soname or "")
    return base_name(file.path) if name in {"", ".", ".."} else name


_FLOAT_ABI = {40: 0x600, 243: 0x6, 258: 0x7}
"""The bits of e_flags that tell the calling convention for floats: ARM (EABI 5), RISC-V and LoongArch psABIs."""


def _float_abi(elf: Elf) -> int:
    return elf.flags & _FLOAT_ABI.get(elf.machine, 0)


def is_library(elf: Elf) -> bool:
    """Whether a file can be linked with: some libraries have an interpreter, for they can be started too (libcap)."""
    return elf.type == ET_DYN and not elf.pie and (elf.interpreter is None or elf.soname is not None)


def _handed_down(asker: Asker) -> tuple[str, ...]:
    """The folders that an asker's own libraries are looked for in as well; DT_RUNPATH holds for the file alone."""
    own = () if asker.elf.runpath is not None else asker.elf.rpath or ()
    return tuple(dict.fromkeys([*(entry for entry in own if entry.startswith("/")), *asker.inherited]))


def _machine(elf: Elf) -> tuple[int, int, bool]:
    """What the loader compares before it maps a library."""
    return elf.machine, elf.bits, elf.little_endian


def _names(askers: tuple[Asker, ...]) -> Iterator[tuple[tuple[int, int, bool, str], str]]:
    for asker in askers:
        if is_library(asker.elf):
            for name in filter(None, (asker.elf.soname, base_name(asker.path))):
                yield (*_machine(asker.elf), name), asker.path
