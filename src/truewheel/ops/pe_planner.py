"""Plan the repair of a wheel for Windows: which DLLs come into it, and what is edited so that they are found.

Nothing is read but the tables of native files and the ``__init__.py`` of packages that must lead to DLLs, and nothing
is written. The plan follows from the wheel, the DLLs that are found and what was asked; it depends on no order of
members, of folders or of sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from truewheel import rules
from truewheel.binary import Pe
from truewheel.binary.graph import installed_path
from truewheel.binary.graph_names import dll_name
from truewheel.binary.pe_edit import PeChanges
from truewheel.errors import RequestError
from truewheel.findings import Finding, in_order
from truewheel.ops.examine import Examination
from truewheel.ops.fates import Fate, base_name, idle_exclusions, not_found
from truewheel.ops.libraries import Libraries
from truewheel.ops.patterns import NO_PATTERNS, Patterns
from truewheel.ops.pe_closure import FIRMWARE, Asker, Closure, Loaded, Members, folded, follow, needs
from truewheel.ops.pe_names import is_fixed, names_of
from truewheel.ops.pe_packages import Packages
from truewheel.ops.pe_places import places_of
from truewheel.ops.places import demand_places, folder_of, way
from truewheel.ops.plan import Change, Graft, Plan, Source
from truewheel.ops.python_source import with_dlls
from truewheel.ops.wishes import Wishes
from truewheel.policy import floor_of
from truewheel.policy.windows import brought_by_python, is_driver, is_runtime
from truewheel.wheel import Wheel

_FOLDER = ".libs"  # as delvewheel calls it
_FAMILY = "win"
_TAGGED = ("amd64", "arm64", "win32")
_MSVC = 14
# What a source says that leads to DLLs, or loads them, by itself.
_LOADING = (b"add_dll_directory", b"CDLL", b"WinDLL", b"LoadLibrary", b"cdll", b"windll", b"PATH")
"""The major version that linkers of Visual Studio 2015 and later write; MinGW's and others write numbers of theirs."""


def plan_pe(examination: Examination, libraries: Libraries, wishes: Wishes) -> Plan[PeChanges]:
    """The plan for an examined wheel.

    Raises `RequestError` where a DLL can't be found, where an ``--include`` means nothing, and where nobody can say
    what belongs into the ``__init__.py`` of a package.
    """
    folder = f"{examination.wheel.name.distribution}{_FOLDER if wishes.folder is None else wishes.folder}"
    members = _members(examination)
    closure = follow(members, libraries, wishes)
    if closure.lost:
        raise not_found(closure.lost, {asker.path for asker in members.askers}, libraries, wishes.excluding)
    return _Planner(examination.wheel, members, closure, wishes, folder).plan()


def _members(examination: Examination) -> Members:
    """The PE files that a Windows of the wheel's tags loads: others are data, or helpers for another processor.

    Where a tag names a processor that no file is for, the wheel gets tags by its files, so all of these count.
    """
    name = examination.wheel.name
    claims = {floor.arch for each in name.platforms if (floor := floor_of(each)) and floor.family == _FAMILY}
    there = {each.floor.arch for each in examination.outcome.requirements if each.floor.family == _FAMILY}
    claims |= set() if claims <= there else there
    askers = tuple(
        Asker(member, image)
        for member, image in sorted(examination.images.items())
        if isinstance(image, Pe)
        and image.arch in (claims or _TAGGED)
        and image.subsystem not in FIRMWARE
        and not (image.hybrid and image.arch == "amd64")
    )
    return Members(
        askers,
        {(edge.member, edge.needed): edge.provider for edge in examination.graph.edges if edge.provider is not None},
        {arch: brought_by_python(name, arch) for arch in _TAGGED},
    )


class _Planner:
    """What was decided of the DLLs, turned into edits."""

    def __init__(self, wheel: Wheel, members: Members, closure: Closure, wishes: Wishes, folder: str) -> None:
        self._wheel = wheel
        self._members = members
        self._closure = closure
        self._wishes = wishes
        names = names_of(closure, members.askers, wishes.no_mangle)
        self._new, self._own = names.new, names.own
        packages = Packages(wheel, wishes.namespaces)
        self._places = places_of(members.askers, closure, names.plugins, packages, folder)
        loaded = (found.asker for found in closure.loaded.values())
        self._pes = {asker.path: asker.pe for asker in (*members.askers, *loaded)}
        self._users: dict[str, set[str]] = {}
        for path in self._pes:
            for graft in closure.grafts_of(path):
                self._users.setdefault(graft, set()).add(path)

    def plan(self) -> Plan[PeChanges]:
        archs = {path: pe.arch for path, pe in self._pes.items()}
        grafts = _joined((graft for found in self._closure.loaded.values() for graft in self._grafts(found)), archs)
        demand_places(self._wheel, {graft.member for graft in grafts})
        return Plan(
            grafts=grafts,
            changes=tuple(change for asker in self._members.askers if (change := self._change(asker))),
            excluded=self._left(Fate.EXCLUDED),
            promised=self._left(Fate.GIVEN),
            findings=in_order([*self._idle(), *self._unreached(), *self._too_old(grafts), *_drivers(grafts)]),
            sources=tuple(sorted(self._sources())),
        )

    def _left(self, fate: Fate) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The DLLs that stay outside, each with those that need it, where they will lie."""
        users = self._closure.of(fate)
        return tuple(
            (library, tuple(sorted({place for user in users[library] for place in self._where(user)})))
            for library in users
        )

    def _where(self, path: str) -> list[str]:
        """Where an asker will lie in the wheel; a graft may lie in several places."""
        if path not in self._new:
            return [path]
        return [_inside(home, self._new[path]) for home in self._places.homes[path]]

    # --- what comes into the wheel
    def _grafts(self, found: Loaded) -> Iterator[Graft[PeChanges]]:
        """A file in each of the folders that it is put into."""
        asker, name = found.asker, self._new[found.file.path]
        changes = self._edits(asker)
        if changes and asker.pe.export_name is not None and name.lower() != asker.pe.export_name.lower():
            changes = replace(changes, export_name=name)
        for home in sorted(self._places.homes[found.file.path]):
            yield Graft(
                library=self._own[found.file.path],
                member=_inside(home, name),
                file=found.file,
                sha256=found.sha256,
                size=len(found.file.data),
                needed_by=tuple(sorted(self._users_in(home, found.file.path))),
                changes=changes,
                reasons=tuple(_losses(asker.pe, changes)),
            )

    def _users_in(self, home: str, path: str) -> Iterator[str]:
        """Who finds the file in that folder."""
        for user in self._users.get(path, ()):
            if user in self._new and home in self._places.homes[user]:
                yield _inside(home, self._new[user])
            elif self._places.served.get(user) == home:
                yield user

    # --- what is edited
    def _change(self, asker: Asker) -> Change[PeChanges] | None:
        changes = self._edits(asker)
        return Change(asker.path, changes, tuple(_reasons(asker.pe, changes))) if changes else None

    def _edits(self, asker: Asker) -> PeChanges:
        """What members and grafts have in common."""
        renamed, free = {}, False
        for library in needs(asker):
            fate = self._closure.fates[asker.path, library]
            free |= fate in {Fate.GRAFTED, Fate.INSIDE}
            if fate is Fate.GRAFTED:
                renamed[library] = self._new[self._closure.found[asker.path, library]]
        return PeChanges(
            dlls={
                old: renamed[name]
                for old in sorted({wanted.name.lower() for wanted in asker.pe.imports})
                if (name := dll_name(old)) in renamed and name != renamed[name].lower()
            },
            search_freely=free and bool(asker.pe.dependent_load_flags) and not is_fixed(asker.pe),
        )

    def _sources(self) -> Iterator[Source]:
        patches, early = self._places.patches, self._places.early
        for init in patches.keys() | early.keys():
            here = folder_of(init)
            folders = sorted(way(here, goal) for goal in patches.get(init, ()))
            places = (_inside(home, self._new[graft]) for home, graft in early.get(init, ()))
            files = {way(here, installed_path(place)) for place in places}
            old = bytes(self._wheel.by_name[init].read())
            new = with_dlls(old, folders, sorted(files), member=init)
            reasons = [f"adds {', '.join(folders)} to the folders that Windows searches for DLLs"] if folders else []
            reasons += [f"loads {file}, which Windows would not find when it is called for" for file in sorted(files)]
            if new != old:
                yield Source(init, new, tuple(reasons))

    # --- what is worth knowing
    def _idle(self) -> Iterator[Finding]:
        needed = {library for _, library in self._closure.fates}
        paths = {path.lower() for path in self._closure.found.values() if path not in self._wheel.by_name}
        idle = (g for g in self._wishes.exclude.globs if folded(Patterns((g,))).idle([*needed, *paths]))
        yield from idle_exclusions(Patterns(tuple(idle)), needed, ())
        kept = tuple(glob for glob in self._wishes.no_mangle.globs if folded(Patterns((glob,))).idle(needed))
        yield from idle_exclusions(Patterns(kept) if needed else NO_PATTERNS, needed, (), "--no-mangle")
        there = {folder_of(member) for member in self._wheel.by_name}
        for namespace in self._wishes.namespaces:
            folder = namespace.replace(".", "/")
            if not any(place == folder or place.startswith(f"{folder}/") for place in there):
                what = f"--namespace-pkg {namespace} names no package of the wheel"
                yield Finding(rules.LIB_EXCLUDE_IDLE, what)

    def _apart(self) -> Iterator[Finding]:
        """The DLLs of the wheel that modules need and that lie elsewhere, if none of its sources speaks of loading."""
        apart = [
            (asker.path, library, provider)
            for asker in self._members.askers
            for library, delayed in needs(asker).items()
            if not delayed and self._closure.fates[asker.path, library] is Fate.INSIDE
            for provider in (self._closure.found[asker.path, library],)
            if folder_of(provider) != folder_of(asker.path)
        ]
        if apart and not self._loads_by_itself():
            for member, library, provider in apart:
                yield Finding(rules.WIN_OUT_OF_REACH, f"needs {library}, and nothing leads to {provider}", member)

    def _loads_by_itself(self) -> bool:
        """Whether a source of the wheel, one that is patched included, may lead to DLLs or load them beforehand."""
        if self._places.patches or self._places.early:
            return True
        sources = (entry for entry in self._wheel if entry.name.endswith((".py", ".pth")))
        return any(word in data for data in (bytes(entry.read()) for entry in sources) for word in _LOADING)

    def _unreached(self) -> Iterator[Finding]:
        yield from self._apart()
        for home, graft, library, provider in self._places.unled:
            what = f"needs {library}, and nothing leads to {provider}"
            yield Finding(rules.WIN_OUT_OF_REACH, what, _inside(home, self._new[graft]))
        for home, user, graft in self._places.late:
            what = f"calls for {self._new[graft]} late, when Windows looks for it beside the program, and not beside it"
            yield Finding(rules.WIN_OUT_OF_REACH, what, _inside(home, self._new[user]) if user in self._new else user)

    def _too_old(self, grafts: Iterable[Graft[PeChanges]]) -> Iterator[Finding]:
        """The parts of Microsoft's runtime that are older than the tools that their users were made with."""
        for graft in grafts:
            own = self._pes[graft.file.path].linker_version
            if not is_runtime(graft.library.lower()):
                continue
            for user in sorted(self._users.get(graft.file.path, ())):
                theirs = self._pes[user].linker_version
                if own[0] == theirs[0] == _MSVC and own[1] // 10 < theirs[1] // 10:
                    what = (
                        f"{graft.library} {own[0]}.{own[1]} from {graft.file.path} is older than "
                        f"{self._where(user)[0]}, which was linked with {theirs[0]}.{theirs[1]}"
                    )
                    yield Finding(rules.WIN_RUNTIME_OLDER, what, graft.member)


def _inside(home: str, name: str) -> str:
    return f"{home}/{name}" if home else name


def _joined(grafts: Iterable[Graft[PeChanges]], archs: Mapping[str, str]) -> tuple[Graft[PeChanges], ...]:
    """The grafts by their new paths; a file that was found in two places comes once.

    A process has one DLL of a name, so those for one processor (`archs`, by path) must be the same in all folders.
    """
    joined: dict[tuple[str, ...], Graft[PeChanges]] = {}
    for graft in sorted(grafts, key=lambda graft: (graft.member.lower(), graft.library, graft.file.path)):
        place = (graft.member.lower(),)
        for key in ((archs[graft.file.path], base_name(place[0])), place):
            other = joined.setdefault(key, graft)
            if (other.sha256, other.changes) != (graft.sha256, graft.changes):
                raise RequestError(
                    f"{other.file.path} and {graft.file.path} are different files that would both be called "
                    f"{base_name(graft.member)}, and a process of Windows has one DLL of a name",
                    hint="let them be renamed, or leave one to others with --exclude",
                )
        users = tuple(sorted({*joined[place].needed_by, *graft.needed_by}))
        joined[place] = replace(joined[place], needed_by=users)
    return tuple(sorted((graft for key, graft in joined.items() if len(key) == 1), key=lambda graft: graft.member))


def _drivers(grafts: Iterable[Graft[PeChanges]]) -> Iterator[Finding]:
    for graft in grafts:
        if is_driver(graft.library.lower()):
            what = f"{graft.library} is grafted, though it comes with the graphics driver of each machine"
            yield Finding(rules.LIB_DRIVER, what, graft.member)


def _reasons(pe: Pe, changes: PeChanges) -> Iterator[str]:
    """What is done to a member, a phrase for each edit."""
    for old, new in sorted(changes.dlls.items()):
        yield f"imports {new} instead of {old}"
    yield from _losses(pe, changes)


def _losses(pe: Pe, changes: PeChanges) -> Iterator[str]:
    """What a file has no longer after an edit."""
    if changes.search_freely:
        yield "its DLLs are no longer looked for in the folders of Windows alone"
    if changes and pe.certificate is not None:
        yield "its Authenticode signature is dropped, for it is edited"
