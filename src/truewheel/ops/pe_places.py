"""Where grafted DLLs lie, so that Windows finds them with as little change to a package as can be.

Python loads an extension module with LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR and LOAD_LIBRARY_SEARCH_DEFAULT_DIRS (since 3.8,
importdl and ctypes alike): whatever the module needs, and whatever that needs, is looked for in the folder of the
module, then in the folders of `os.add_dll_directory`. A program's DLLs are looked for beside the program. So

- grafts whose users lie in one folder lie beside them, and nothing else is to be done;
- grafts with users in several folders lie in a folder of their own, to which the ``__init__.py`` of each package leads
  that has such users: the topmost one which is the distribution's own;
- where no such ``__init__.py`` runs before the user is loaded, as for programs, copies lie beside it. Windows takes
  the one that a process has loaded already, so copies cost space and nothing else.

What is delayed is looked for by plain LoadLibrary when it is called: neither beside the module nor in folders that were
added, but beside the program. So unless it is loaded by then, the ``__init__.py`` has to load it by its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from truewheel.ops.fates import Fate
from truewheel.ops.pe_closure import Asker, Closure
from truewheel.ops.pe_packages import Packages
from truewheel.ops.places import folder_of


class Unled(NamedTuple):
    """A DLL of the wheel to which nothing leads a graft that needs it: the folder of the graft, names, and the DLL."""

    home: str
    graft: str
    library: str
    provider: str


class Late(NamedTuple):
    """A graft that is called for late, by a member or a graft that nothing leads: the folder, and both paths."""

    home: str
    user: str
    graft: str


@dataclass
class Places:
    """Where grafts lie, by the paths of their files: folders of the wheel. ``served`` has the one for each member.

    ``patches`` maps an ``__init__.py`` to the installed folders that it must lead to, ``early`` to the grafts, and
    their folders in the wheel, that it must load.
    """

    homes: dict[str, set[str]] = field(default_factory=dict)
    served: dict[str, str] = field(default_factory=dict)
    patches: dict[str, set[str]] = field(default_factory=dict)
    early: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    unled: set[Unled] = field(default_factory=set)
    late: set[Late] = field(default_factory=set)


def places_of(
    askers: Iterable[Asker], closure: Closure, plugins: Iterable[str], packages: Packages, libs: str
) -> Places:
    """The places of all grafts. `libs` is the folder for those that several folders of packages use.

    What nobody asks for by name is one of the `plugins`: it may be opened by any file in a package, or in a wheel
    without one, by any at all.
    """
    return _Placer(tuple(askers), closure, tuple(plugins), packages, libs).run() if closure.loaded else Places()


class _Placer:
    def __init__(
        self, askers: tuple[Asker, ...], closure: Closure, plugins: tuple[str, ...], packages: Packages, libs: str
    ) -> None:
        self._closure = closure
        self._libs = libs
        self._places = Places()
        self._providers: dict[str, list[tuple[str, str]]] = {}
        for (path, library), answer in closure.found.items():
            if closure.fates[path, library] is Fate.INSIDE:
                self._providers.setdefault(path, []).append((library, answer))
        everybody = (*askers, *(found.asker for found in closure.loaded.values()))
        self._late = {asker.path: late for asker in everybody if (late := closure.late_grafts_of(asker))}
        self._programs = {asker.path for asker in askers if not asker.pe.dll}
        self._inits = self._runs_before(askers, packages)
        self._loads = {asker.path: self._loaded_by(asker) for asker in askers}
        openers = [asker for asker in askers if self._inits[asker.path]] or askers
        for plugin in plugins:
            arch = closure.loaded[plugin].asker.pe.arch
            for opener in openers:
                self._loads[opener.path] |= {plugin} if opener.pe.arch == arch else set()

    def run(self) -> Places:
        for roots in self._groups():
            self._place(roots)
        return self._places

    # --- who loads what
    def _runs_before(self, askers: Iterable[Asker], packages: Packages) -> dict[str, set[str]]:
        """What runs before a member is loaded: that of its package, and that of the packages which load it.

        Nothing, if it may be loaded by what is in no package; and before a program.
        """
        found = {asker.path: set(packages.runs_for(folder_of(asker.path))) for asker in askers if asker.pe.dll}
        loads = {path: [p for p in self._inside(path) if p in found and p != path] for path in found}
        loaded = {provider for providers in loads.values() for provider in providers}
        alone = _spread((path for path, inits in found.items() if not inits and path not in loaded), loads.__getitem__)
        pending = sorted(found)
        while pending:
            path = pending.pop()
            for provider in loads[path]:
                if not found[path] <= found[provider]:
                    found[provider] |= found[path]
                    pending.append(provider)
        return {asker.path: set() if asker.path in alone else found.get(asker.path, set()) for asker in askers}

    def _inside(self, path: str) -> set[str]:
        """The members that a member loads, or that are loaded by grafts which it loads."""
        grafts = _spread(self._closure.grafts_of(path), self._closure.grafts_of)
        return {provider for user in (path, *grafts) for _, provider in self._providers.get(user, ())}

    def _loaded_by(self, asker: Asker) -> set[str]:
        """The grafts that a member loads itself, and a program also by way of other members: no package leads it."""
        users = {asker.path} if asker.pe.dll else _spread([asker.path], self._inside)
        return {graft for path in users for graft in self._closure.grafts_of(path)}

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

    # --- where that lies
    def _place(self, roots: list[str]) -> None:
        """Place what some members have in common."""
        led: list[str] = []
        left: dict[str, list[str]] = {}
        for root in roots:
            if self._inits[root] or folder_of(root) == self._libs:
                led.append(root)
            else:
                left.setdefault(root.rpartition("/")[0], []).append(root)
        for home, users in left.items():
            self._serve(users, home, {folder_of(users[0])})
        if led:
            self._lead(led)

    def _lead(self, roots: list[str]) -> None:
        """Place what members need that a package can lead."""
        providers = {answer for graft in self._reached(roots) for _, answer in self._providers.get(graft, ())}
        beyond = {folder for folder in map(folder_of, providers) if not folder.startswith("/")}
        folders = {folder_of(root) for root in roots} | beyond
        if len(folders) == 1:
            self._serve(roots, min(root.rpartition("/")[0] for root in roots), folders)
            return
        self._serve(roots, self._libs, {self._libs, *beyond})
        for init in {init for root in roots for init in self._inits[root]}:
            self._places.patches.setdefault(init, set()).update({self._libs, *beyond})

    def _serve(self, roots: list[str], home: str, searched: set[str]) -> None:
        """Put what members need into a folder; `searched` are the installed ones that are searched then."""
        self._places.served.update(dict.fromkeys(roots, home))
        for graft in self._reached(roots):
            self._places.homes.setdefault(graft, set()).add(home)
            for library, provider in self._providers.get(graft, ()):
                if folder_of(provider) not in searched:
                    self._places.unled.add(Unled(home, graft, library, provider))
        for root in roots if self._late else ():
            self._load_early(root, home)

    def _load_early(self, root: str, home: str) -> None:
        """See that what is called for late is loaded by then."""
        for user in {root, *self._reached([root])} & self._late.keys():
            for graft in self._late[user]:
                for init in self._inits[root]:
                    self._places.early.setdefault(init, set()).add((home, graft))
                if not self._inits[root] and root not in self._programs:
                    self._places.late.add(Late(home, user, graft))

    def _reached(self, roots: Iterable[str]) -> set[str]:
        """The grafts that members load, directly or by way of others."""
        return _spread((graft for root in roots for graft in self._loads[root]), self._closure.grafts_of)


def _spread(start: Iterable[str], ways: Callable[[str], Iterable[str]]) -> set[str]:
    """Some files, and all that they lead to, directly or by way of others."""
    seen, pending = set[str](), list(start)
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            pending += ways(path)
    return seen
