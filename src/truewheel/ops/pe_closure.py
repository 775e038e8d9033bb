"""Which DLLs a wheel lacks, and theirs: found outside of it and followed to the end.

Windows knows a DLL by the name of its file alone, in any case ("Dynamic-link library search order", Microsoft). So one
that is in the wheel under its name is the one that is meant, wherever it lies: how the package finds it is its own
business. What Windows promises, or all the Pythons bring that the wheel is tagged for, is left to them, and so is what
comes with a driver. The rest is searched for, and what is found asks in its turn.

A forwarded export names a DLL as well, one that is loaded when somebody asks for that export.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from truewheel.binary import Pe, read_pe
from truewheel.binary.graph_names import dll_name, forwarded
from truewheel.errors import RequestError
from truewheel.ops.candidates import Readings, included
from truewheel.ops.fates import Fate, Lost, Scales, base_name, needing, sha256_of
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.ops.patterns import Patterns
from truewheel.ops.wishes import Wishes
from truewheel.policy.group import listed
from truewheel.policy.windows import (
    is_debug_runtime,
    is_driver,
    is_interpreter,
    is_msys_interpreter,
    is_runtime,
    later,
    promised,
)

FIRMWARE: Final = (10, 11, 12, 13)
"""IMAGE_SUBSYSTEM_EFI_*: no Windows loads these."""

_MOST_LOOKUPS = 1 << 18  # names of files that ask: hundreds of times those of the largest wheels, a few seconds
_LONGEST = 255  # units of a file name that NTFS stores
_NO_NAME = re.compile(r'[\x00-\x1f"*/:<>?\\|]|[. ]$|^$')
"""What no name of a file has in Windows ("Naming Files, Paths, and Namespaces", Microsoft)."""


class Asker(NamedTuple):
    """A file that needs DLLs: a member of the wheel, or one that was found outside (``file``).

    ``path`` is that of the member, or where the file was found.
    """

    path: str
    pe: Pe
    file: LibraryFile | None = None


class Loaded(NamedTuple):
    """A DLL that was found.

    A ``demanded`` one comes along because ``--include`` means it, be it needed by somebody or not.
    """

    asker: Asker
    file: LibraryFile
    sha256: str
    demanded: bool = False


class Members(NamedTuple):
    """The PE files of a wheel that Windows loads, and who of them provides the DLLs they need, by member and name.

    ``brought`` are the DLLs that the Pythons bring to files of an architecture.
    """

    askers: tuple[Asker, ...]
    providers: Mapping[tuple[str, str], str]
    brought: Mapping[str, frozenset[str]]


@dataclass
class Closure:
    """The result of following all needs. Keys are the path of an asker and the name of a DLL in lower case."""

    fates: dict[tuple[str, str], Fate] = field(default_factory=dict)
    found: dict[tuple[str, str], str] = field(default_factory=dict)
    """The path of the file outside, or of the member, that answers."""
    loaded: dict[str, Loaded] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)

    def of(self, fate: Fate) -> dict[str, tuple[str, ...]]:
        """The DLLs of a fate, each with those that need it."""
        return needing(self.fates, fate)

    def grafts_of(self, path: str) -> tuple[str, ...]:
        """The files from outside that an asker loads first-hand, in order."""
        return self._grafts.get(path, ())

    def late_grafts_of(self, asker: Asker) -> set[str]:
        """The files from outside that an asker calls for when it uses them first, and that nothing has loaded by then.

        A forward is followed while the one that asks for it is loaded, so it is no such call.
        """
        names = {dll_name(wanted.name) for wanted in asker.pe.imports if wanted.delayed} - self._at_once(asker)
        late = {self.found[asker.path, name] for name in names if self.fates[asker.path, name] is Fate.GRAFTED}
        pending, seen = [asker] if late else [], set[str]()
        while pending:
            current = pending.pop()
            answers = {self.found.get((current.path, name), "") for name in self._at_once(current)}
            new = sorted(answers & self.loaded.keys() - seen)
            seen.update(new)
            pending += [self.loaded[path].asker for path in new]
        return late - seen

    @staticmethod
    def _at_once(asker: Asker) -> set[str]:
        """The DLLs that are loaded with a file, in lower case."""
        return {dll_name(wanted.name) for wanted in asker.pe.imports if not wanted.delayed} | set(forwarded(asker.pe))

    @cached_property
    def _grafts(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for key, answer in self.found.items():
            if self.fates[key] is Fate.GRAFTED:
                found.setdefault(key[0], set()).add(answer)
        return {path: tuple(sorted(grafts)) for path, grafts in found.items()}


def needs(asker: Asker) -> dict[str, bool]:
    """The DLLs that a file asks for, in lower case, and whether each may wait until it is used."""
    own = base_name(asker.path).lower()
    found = {name: True for name in forwarded(asker.pe) if name != own}
    found |= {dll_name(wanted.name): True for wanted in asker.pe.imports if wanted.delayed}
    return found | {dll_name(wanted.name): False for wanted in asker.pe.imports if not wanted.delayed}


def follow(members: Members, libraries: Libraries, wishes: Wishes) -> Closure:
    """Decide the fate of every DLL that the members need, and that those need which are found.

    Raises `LimitError` where one of those is larger than a member may be, or all together than a wheel may, and
    `RequestError` where an ``--include`` means nothing that could be carried.
    """
    return _Follower(members, libraries, wishes).run()


class _Follower:
    def __init__(self, members: Members, libraries: Libraries, wishes: Wishes) -> None:
        self._scales = Scales(wishes.limits)
        self._members = members
        self._libraries = libraries
        self._exclude = folded(wishes.exclude)
        self._include = folded(wishes.include)
        self._globs = wishes.include.globs
        self._closure = Closure()
        self._pending: deque[Asker] = deque(members.askers)
        self._readings = Readings("pe", "PE", read_pe)
        self._searches: dict[tuple[str, str, str], tuple[tuple[LibraryFile, ...], tuple[str, ...]]] = {}
        self._left = _MOST_LOOKUPS
        self._against: dict[str, dict[str, None]] = {}
        dlls = (asker for asker in reversed(members.askers) if asker.pe.dll)  # of several, the first by path
        self._named = {(asker.pe.arch, base_name(asker.path).lower()): asker.path for asker in dlls}

    def run(self) -> Closure:
        """Follow the members' needs to the end, then those of what is included besides."""
        self._follow()
        for library in self._closure.of(Fate.PYTHON):
            if self._include.mean(library):
                raise RequestError(f"--include means {library}, the interpreter's own DLL, which is never grafted")
        idle = self._include.idle({library for _, library in self._closure.fates})
        for glob in self._globs:
            self._take_along(glob, demanded=glob.lower() in idle)
        self._follow()
        users = self._closure.of(Fate.LOST)
        self._closure.lost = [
            Lost(library, users[library], tuple(self._against[library]), never=bool(self._never(library)))
            for library in users
        ]
        return self._closure

    def _follow(self) -> None:
        while self._pending:
            asker = self._pending.popleft()
            for library, delayed in sorted(needs(asker).items()):
                fate, words = self._fate(asker, library, delayed=delayed)
                self._closure.fates[asker.path, library] = fate
                if fate is Fate.LOST:
                    self._against.setdefault(library, {}).update(dict.fromkeys(words))

    # --- what is included besides
    def _take_along(self, glob: str, *, demanded: bool) -> None:
        """Add the files that a glob means, though nobody needs them, unless an earlier repair has.

        A glob that means nothing that is needed is a demand; one that does may mean more besides.
        """
        carried = {name for _, name in self._named}
        archs = {asker.pe.arch for asker in self._members.askers}
        for file in included(glob, self._libraries, carried, kind="pe", demanded=demanded):
            pe = self._readings.of(file)
            if not demanded and (isinstance(pe, str) or not pe.dll or pe.arch not in archs):
                continue
            problem = pe if isinstance(pe, str) else _unfit(pe, archs) or self._never(base_name(file.path).lower())
            if problem or isinstance(pe, str):
                raise RequestError(f"--include {glob} means {file.path}, which {problem}")
            self._load(file, pe, demanded=True)

    def _load(self, file: LibraryFile, pe: Pe, *, demanded: bool = False) -> None:
        """Take a file that was found into the closure, once."""
        if file.path not in self._closure.loaded:
            self._scales.weigh(file)
            asker = Asker(file.path, pe, file)
            self._closure.loaded[file.path] = Loaded(asker, file, sha256_of(file), demanded)
            self._pending.append(asker)

    # --- what becomes of a need
    def _fate(self, asker: Asker, library: str, *, delayed: bool) -> tuple[Fate, tuple[str, ...]]:
        key, arch = (asker.path, library), asker.pe.arch
        provider = self._provider(asker, library)
        if is_interpreter(library) and provider is None:
            return Fate.PYTHON, ()
        given = promised(library, arch) or library in self._members.brought.get(arch, ())
        given = given and not self._include.mean(library)
        # What comes from outside knows nothing of the wheel: what is there has the name by chance.
        if provider is not None and not (given and asker.file is not None):
            self._closure.found[key] = provider
            return Fate.INSIDE, ()
        if given:
            return Fate.GIVEN, ()
        if self._left_to_others(library):
            return Fate.EXCLUDED, ()
        if delayed and is_runtime(library) and is_runtime(base_name(asker.path).lower()):
            # msvcp140.dll of some releases asks for concrt140.dll where Windows XP has no thread pool. To bring that
            # would mean to change a file of Microsoft's, which is to be handed on as it is.
            return Fate.OPTIONAL, ()
        return self._graft(asker, library, delayed=delayed)

    def _left_to_others(self, library: str) -> bool:
        return self._exclude.mean(library) or (is_driver(library) and not self._include.mean(library))

    def _provider(self, asker: Asker, library: str) -> str | None:
        """The member of the wheel that answers; for a file from outside the one of that name."""
        if asker.file is None:
            return self._members.providers.get((asker.path, library))
        return self._named.get((asker.pe.arch, library))

    def _graft(self, asker: Asker, library: str, *, delayed: bool) -> tuple[Fate, tuple[str, ...]]:
        missing = Fate.OPTIONAL if delayed else Fate.LOST
        problem = self._never(library)
        if problem:
            return missing, (f"it {problem}",)
        file, against = self._search(asker, library)
        if file is None:
            return missing, against
        self._closure.found[asker.path, library] = file.path
        if self._exclude.mean(file.path.lower()):
            return Fate.EXCLUDED, ()
        pe = self._readings.of(file)
        if isinstance(pe, Pe):
            self._load(file, pe)
        return Fate.GRAFTED, ()

    @staticmethod
    def _never(library: str) -> str:
        """Why a DLL of a name can't be carried, whoever has it."""
        if _NO_NAME.search(library) or len(library) > _LONGEST:
            return "isn't the name of a file"
        if is_debug_runtime(library):
            return "is of the debug runtime, which may not be passed on: build without /MDd"
        if is_msys_interpreter(library):
            return "is the Python of MSYS2, and a process has one: build with the Python that the wheel is for"
        release = later(library)
        return f"is a part of Windows that came with Windows {release}" if release else ""

    # --- where it is
    def _search(self, asker: Asker, library: str) -> tuple[LibraryFile | None, tuple[str, ...]]:
        """The first file that the loader would take, and what spoke against those before it."""
        files, words = self._candidates(asker, library)
        against = list(words)
        for file in files:
            lacking = self._lacks(file, asker, library)
            if not lacking:
                return file, tuple(against)
            against.append(f"{file.path} {lacking}")
        return None, tuple(against)

    def _candidates(self, asker: Asker, library: str) -> tuple[tuple[LibraryFile, ...], tuple[str, ...]]:
        """The files of a name that fit an asker's processor, best first, and what speaks against the others."""
        key = (library, asker.file.path if asker.file else "", asker.pe.arch)
        if key not in self._searches:
            self._left -= 1
            if self._left < 0:
                raise RequestError("the files need more DLLs than can be looked for")
            fit, against = [], []
            for file in self._libraries.candidates(library, (), asker.file, kind="pe"):
                pe = self._readings.of(file)
                problem = pe if isinstance(pe, str) else _unfit(pe, {asker.pe.arch})
                if problem:
                    against.append(f"{file.path} {problem}")
                else:
                    fit.append(file)
            self._searches[key] = tuple(fit), tuple(against)
        return self._searches[key]

    def _lacks(self, file: LibraryFile, asker: Asker, library: str) -> str:
        """The names that a file doesn't export, without which the loader refuses the one that imports them.

        Ordinals and what is looked for at its first use aren't asked for.
        """
        pe = self._readings.of(file)
        imports = [wanted for wanted in asker.pe.imports if dll_name(wanted.name) == library and not wanted.delayed]
        if not imports or isinstance(pe, str):
            return ""
        exports = frozenset(pe.exports)
        wanted = dict.fromkeys(name for dll in imports for name in dll.symbols if not name.startswith("#"))
        lacking = [name for name in wanted if name not in exports]
        return f"doesn't export {listed(lacking)}, which {asker.path} imports" if lacking else ""


def _unfit(pe: Pe, archs: Collection[str]) -> str:
    """Why Windows would not load a file into a process for one of the processors."""
    if pe.hybrid and pe.arch == "amd64":
        return "is ARM64EC code, which only x64 programs on ARM load"
    if pe.arch not in archs:
        return f"is for {pe.arch}"
    return "" if pe.dll and pe.subsystem not in FIRMWARE else "is no DLL"


def folded(patterns: Patterns) -> Patterns:
    """Patterns for names in lower case: Windows tells no upper from lower case in names of files."""
    return Patterns(tuple(glob.lower() for glob in patterns.globs))
