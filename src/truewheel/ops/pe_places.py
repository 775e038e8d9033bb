"""Where grafted DLLs lie, so that Windows finds them with as little change to a package as can be.

Python loads an extension module with LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR and LOAD_LIBRARY_SEARCH_DEFAULT_DIRS (since 3.8,
importdl and ctypes alike): whatever the module needs, and whatever that needs, is looked for in the folder of the
module, then in the folders of `os.add_dll_directory`. A program's DLLs are looked for beside the program. So

- grafts whose users lie in one folder lie beside them, and nothing else is to be done;
- grafts with users in several folders lie in a folder of their own, to which the ``__init__.py`` of each package leads
  that has such users: the topmost one which is the distribution's own;
- where no such ``__init__.py`` runs before the user is loaded, copies lie beside it. Windows takes the one that a
  process has loaded already, so copies cost space and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from truewheel.binary.graph import installed_path
from truewheel.ops.elf_runpaths import folder_of
from truewheel.ops.fates import Fate
from truewheel.ops.pe_closure import Asker, Closure
from truewheel.wheel import Wheel

_SHARED = re.compile(rb"\bdeclare_namespace\b|\bpkgutil\b.*\bextend_path\b", re.DOTALL)
"""How an ``__init__.py`` says that other distributions install the same one."""


class Unled(NamedTuple):
    """A DLL of the wheel to which nothing leads a graft that needs it: the folder of the graft, names, and the DLL."""

    home: str
    graft: str
    library: str
    provider: str


@dataclass
class Places:
    """Where grafts lie, by the paths of their files: folders of the wheel. ``served`` has the one for each member.

    ``patches`` maps an ``__init__.py`` to the installed folders that it must lead to.
    """

    homes: dict[str, set[str]] = field(default_factory=dict)
    served: dict[str, str] = field(default_factory=dict)
    patches: dict[str, set[str]] = field(default_factory=dict)
    unled: set[Unled] = field(default_factory=set)


def places_of(
    wheel: Wheel,
    askers: Iterable[Asker],
    closure: Closure,
    plugins: Iterable[str],
    *,
    libs: str,
    namespaces: Iterable[str],
) -> Places:
    """The places of all grafts. `libs` is the folder for those that several packages use.

    What nobody asks for by name is one of the `plugins`: it may be opened by any file in a package, or in a wheel
    without one, by any at all.
    """
    return _Placer(tuple(askers), closure, tuple(plugins), libs, _Packages(wheel, namespaces)).run()


class _Packages:
    """The packages of a wheel, by the files that are run when they are imported."""

    def __init__(self, wheel: Wheel, namespaces: Iterable[str]) -> None:
        self._wheel = wheel
        self._inits: dict[str, list[str]] = {}
        for member in sorted(wheel.by_name):
            folder, _, name = installed_path(member).rpartition("/")
            if name == "__init__.py" and folder and not folder.startswith("/"):
                self._inits.setdefault(folder, []).append(member)
        for namespace in namespaces:
            parts = namespace.split(".")
            for count in range(1, len(parts) + 1):
                self._inits.pop("/".join(parts[:count]), None)
        self._own: dict[str, bool] = {}

    def runs_for(self, folder: str) -> tuple[str, ...]:
        """The topmost file of the distribution's own that runs before anything in an installed folder is imported.

        None where there is none; several where the wheel has one for each scheme.
        """
        parts = folder.split("/")
        for count in range(1, len(parts) + 1):
            inits = self._inits.get("/".join(parts[:count]), ())
            if inits and all(map(self._is_own, inits)):
                return tuple(inits)
        return ()

    def _is_own(self, member: str) -> bool:
        if member not in self._own:
            self._own[member] = _SHARED.search(bytes(self._wheel.by_name[member].read())) is None
        return self._own[member]


class _Placer:
    def __init__(
        self, askers: tuple[Asker, ...], closure: Closure, plugins: tuple[str, ...], libs: str, packages: _Packages
    ) -> None:
        self._closure = closure
        self._packages = packages
        self._libs = libs
        self._places = Places()
        self._providers = _providers(closure)
        self._importers: dict[str, set[str]] = {}
        for path, provider in self._providers_of(asker.path for asker in askers):
            self._importers.setdefault(provider, set()).add(path)
        self._inits = {asker.path: self._runs_before(asker.path) for asker in askers}
        self._loads = {asker.path: closure.grafts_of(asker.path) for asker in askers}
        openers = [path for path, inits in self._inits.items() if inits] or list(self._inits)
        for path in openers if plugins else ():
            self._loads[path] = tuple(sorted({*self._loads[path], *plugins}))

    def run(self) -> Places:
        for roots in self._groups():
            self._place(roots)
        return self._places

    def _providers_of(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        for path in paths:
            for _, provider in self._providers.get(path, ()):
                yield path, provider

    def _runs_before(self, root: str) -> tuple[str, ...]:
        """What runs before a member is loaded: that of its package, else that of the packages that load it."""
        own = self._packages.runs_for(folder_of(root))
        if own:
            return own
        seen, pending, found = set[str](), [root], set[str]()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            inits = self._packages.runs_for(folder_of(current))
            found.update(inits)
            pending += () if inits else self._importers.get(current, ())
        return tuple(sorted(found))

    def _groups(self) -> list[list[str]]:
        """The members that have grafts in common, directly or by way of others."""
        leader: dict[str, str] = {}

        def lead(path: str) -> str:
            while leader.setdefault(path, path) != path:
                leader[path] = leader[leader[path]]
                path = leader[path]
            return path

        edges = [(path, graft) for path, grafts in self._loads.items() for graft in grafts]
        edges += [(path, graft) for path in self._closure.loaded for graft in self._closure.grafts_of(path)]
        for path, graft in edges:
            leader[lead(path)] = lead(graft)
        groups: dict[str, list[str]] = {}
        for path in sorted(self._loads):
            if self._loads[path]:
                groups.setdefault(lead(path), []).append(path)
        return list(groups.values())

    def _place(self, roots: list[str]) -> None:
        led = [root for root in roots if self._inits[root] or folder_of(root) == self._libs]
        for root in roots:
            if root not in led:
                self._serve([root], _folder(root), {folder_of(root)})
        if not led:
            return
        beyond = {folder_of(provider) for _, provider in self._providers_of(self._reached(led))}
        folders = {folder_of(root) for root in led} | beyond
        if len(folders) == 1:
            self._serve(led, min(_folder(root) for root in led), folders)
            return
        goals = {self._libs, *(folder for folder in beyond if not folder.startswith("/"))}
        self._serve(led, self._libs, goals)
        for init in {init for root in led for init in self._inits[root]}:
            self._places.patches.setdefault(init, set()).update(goals)

    def _serve(self, roots: list[str], home: str, searched: set[str]) -> None:
        """Put what members need into a folder; `searched` are the installed ones that are searched then."""
        self._places.served.update(dict.fromkeys(roots, home))
        for graft in self._reached(roots):
            self._places.homes.setdefault(graft, set()).add(home)
            for library, provider in self._providers.get(graft, ()):
                if folder_of(provider) not in searched:
                    self._places.unled.add(Unled(home, graft, library, provider))

    def _reached(self, roots: Iterable[str]) -> list[str]:
        """The grafts that members load, directly or by way of others."""
        seen, pending = set[str](), [graft for root in roots for graft in self._loads[root]]
        while pending:
            current = pending.pop()
            if current not in seen:
                seen.add(current)
                pending += self._closure.grafts_of(current)
        return sorted(seen)


def _providers(closure: Closure) -> dict[str, list[tuple[str, str]]]:
    """For each asker the DLLs that are in the wheel: names, and the members."""
    found: dict[str, list[tuple[str, str]]] = {}
    for (path, library), answer in closure.found.items():
        if closure.fates[path, library] is Fate.INSIDE:
            found.setdefault(path, []).append((library, answer))
    return found


def _folder(member: str) -> str:
    return member.rpartition("/")[0]
