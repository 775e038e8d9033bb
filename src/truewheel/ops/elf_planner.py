"""Plan the repair of a wheel: which libraries come into it, and what is edited so that they are found.

Nothing is read but the tables of native files (all of these where they are to be stripped), and nothing is written. The
plan follows from the wheel, the libraries that are found and what was asked; it depends on no order of members, of
folders or of sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from truewheel import rules
from truewheel.binary import Elf
from truewheel.binary.elf_edit import ElfChanges, RunPath
from truewheel.findings import Finding, in_order
from truewheel.ops.elf_closure import Asker, Closure, Loaded, Members, follow, is_library
from truewheel.ops.elf_runpaths import Search, entry_to, search
from truewheel.ops.examine import Examination
from truewheel.ops.fates import Fate, base_name, idle_exclusions, not_found
from truewheel.ops.grafted_names import unique_names
from truewheel.ops.grafts import joined
from truewheel.ops.libraries import Libraries
from truewheel.ops.places import demand_places, demand_reachable, folder_of, reachable
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.ops.stripping import with_strip
from truewheel.ops.wishes import Wishes
from truewheel.policy.given import is_driver
from truewheel.policy.group import is_loaded, is_program
from truewheel.policy.libc import BIONIC, GLIBC, MUSL, NONE, UNKNOWN
from truewheel.wheel import Wheel

_FOLDER = ".libs"  # as auditwheel calls it
_RELR_MARKER = "GLIBC_ABI_DT_RELR"
_OPENERS = frozenset({"dlopen", "dlmopen"})


def plan_elf(examination: Examination, libraries: Libraries, wishes: Wishes) -> Plan[ElfChanges]:
    """The plan for an examined wheel.

    Raises `RequestError` where a library can't be found, where a member lies where no run path leads to the
    grafts, and where an ``--include`` means nothing.
    """
    folder = f"{examination.wheel.name.distribution}{_FOLDER if wishes.folder is None else wishes.folder}"
    members = _members(examination, f"{folder}/")
    closure = follow(
        members,
        libraries,
        exclude=wishes.exclude,
        include=wishes.include,
        ceiling=wishes.ceiling,
        limits=wishes.limits,
    )
    if closure.lost:
        raise not_found(closure.lost, {asker.path for asker in members.askers}, libraries, wishes.excluding)
    made = _Planner(examination.wheel, members, closure, wishes, folder).plan()
    return with_strip(made, examination) if wishes.strip else made


def _members(examination: Examination, folder: str) -> Members:
    """The ELF files that a loader links; those without a C library of their own take that of the others."""
    libcs = examination.outcome.libc
    known = {name for name in libcs.values() if name not in {NONE, UNKNOWN}}
    common = next(iter(known)) if len(known) == 1 else NONE
    askers = tuple(
        Asker(member, image, common if libcs.get(member, NONE) in {NONE, UNKNOWN} else libcs[member])
        for member, image in sorted(examination.images.items())
        if isinstance(image, Elf) and image.dynamic and is_loaded(image)
    )
    edges = [(edge, edge.provider) for edge in examination.graph.edges if edge.provider is not None]
    return Members(
        askers,
        {(edge.member, edge.needed): provider for edge, provider in edges},
        frozenset((edge.member, edge.needed) for edge, _ in edges if edge.how == "soname"),
        tuple(entry.name.removeprefix(folder) for entry in examination.wheel if entry.name.startswith(folder)),
    )


class _Planner:
    """What was decided of the libraries, turned into edits."""

    def __init__(self, wheel: Wheel, members: Members, closure: Closure, wishes: Wishes, folder: str) -> None:
        self._wheel = wheel
        self._members = members
        self._closure = closure
        self._wishes = wishes
        self._folder = folder
        needed = [found for found in closure.loaded.values() if not found.plugin]
        names = unique_names((_soname(found), found.sha256) for found in needed)
        self._new = {
            path: found.library if found.plugin else names[_soname(found), found.sha256]
            for path, found in closure.loaded.items()
        }
        self._by_soname = {found.asker.elf.soname: self._new[found.file.path] for found in needed}
        self._files: dict[str, set[str]] = {}
        for member in members.askers:
            for name in (base_name(member.path), member.elf.soname or ""):
                self._files.setdefault(name, set()).add(member.path)
        self._users: dict[str, set[str]] = {}
        for (path, _), answer in closure.found.items():
            self._users.setdefault(answer, set()).add(path)
        self._started = _started_with(members, closure)
        self._plugins = len(needed) < len(closure.loaded)
        self._moved = {asker.path: self._program(asker) for asker in members.askers if self._is_script(asker)}

    def plan(self) -> Plan[ElfChanges]:
        grafts = joined(self._graft(found) for found in self._closure.loaded.values())
        demand_places(self._wheel, {*(graft.member for graft in grafts), *self._moved.values()})
        needed = {library for _, library in self._closure.fates}
        idle = idle_exclusions(self._wishes.exclude, needed, self._outside_paths())
        return Plan(
            grafts=grafts,
            changes=tuple(change for asker in self._members.askers if (change := self._change(asker))),
            excluded=self._left(Fate.EXCLUDED),
            promised=self._left(Fate.GIVEN),
            findings=in_order([*idle, *self._out_of_reach(), *self._stacks(grafts), *_drivers(grafts)]),
        )

    def _left(self, fate: Fate) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The libraries that stay outside, each with those that need it, where they will lie."""
        users = self._closure.of(fate)
        return tuple((library, tuple(sorted(set(map(self._place, users[library]))))) for library in users)

    # --- what comes into the wheel
    def _graft(self, found: Loaded) -> Graft[ElfChanges]:
        asker, name = found.asker, self._new[found.file.path]
        entries = tuple(dict.fromkeys(entry_to(self._folder, goal) for goal in self._goals(asker)))
        searches = asker.elf.rpath is not None or asker.elf.runpath is not None
        changes = replace(
            self._common(asker),
            soname=asker.elf.soname if found.plugin else name,
            run_path=RunPath(entries, runpath=asker.libc == BIONIC) if entries or searches else None,
        )
        users = self._users.get(found.file.path, ())
        return Graft(
            library=found.library,
            member=f"{self._folder}/{name}",
            file=found.file,
            sha256=found.sha256,
            size=len(found.file.data),
            needed_by=tuple(sorted(map(self._place, users))),
            changes=changes,
        )

    def _place(self, path: str) -> str:
        """Where an asker will lie in the wheel."""
        return f"{self._folder}/{self._new[path]}" if path in self._new else self._moved.get(path, path)

    # --- what is edited
    def _change(self, asker: Asker) -> Change[ElfChanges] | None:
        moved_to = self._moved.get(asker.path, "")
        found = self._search(asker, moved_to)
        changes = replace(self._common(asker), run_path=found.run_path)
        if not changes and not moved_to:
            return None
        return Change(asker.path, changes, tuple(_reasons(changes, found.dropped, moved_to)), moved_to)

    def _search(self, asker: Asker, moved_to: str) -> Search:
        goals, outside = self._goals(asker), self._has(asker, Fate.EXCLUDED)
        if not moved_to:
            if goals:
                demand_reachable(asker.path)
            return search(asker.path, asker.elf, goals, outside=outside, runpath=asker.libc == BIONIC)
        # What it searched was seen from a folder that only the installer knew.
        elf = replace(asker.elf, rpath=None, runpath=None)
        return search(moved_to, elf, goals, outside=outside, runpath=False)

    def _common(self, asker: Asker) -> ElfChanges:
        """The edits that members and grafts have in common."""
        elf = asker.elf
        renamed = {library: self._called(asker, library) for library in dict.fromkeys(elf.needed)}
        for need in elf.version_needs:
            # Versions may be asked of a library that another one brings into the process.
            if need.library not in elf.needed and need.library in self._by_soname:
                renamed.setdefault(need.library, self._by_soname[need.library])
        return ElfChanges(
            needed={old: new for old, new in renamed.items() if old != new},
            drop_needed=frozenset(filter(lambda library: self._spare(asker, library), elf.needed)),
            clear_exec_stack=bool(elf.exec_stack) and is_library(elf) and not self._wishes.keep_exec_stack,
            expand_relr=self._expands(asker),
        )

    def _goals(self, asker: Asker) -> tuple[str, ...]:
        """The installed folders in which an asker must find libraries that it doesn't find yet."""
        goals = []
        for library in dict.fromkeys(asker.elf.needed):
            fate = self._closure.fates[asker.path, library]
            if fate is Fate.GRAFTED:
                goals.append(self._folder)
            elif fate is Fate.INSIDE and self._leads(asker, library):
                goals.append(folder_of(self._closure.found[asker.path, library]))
        if self._plugins and (asker.file is not None or reachable(self._place(asker.path))):
            goals += [self._folder for symbol in asker.elf.symbols.imports if symbol.name in _OPENERS]
        return tuple(dict.fromkeys(goals))

    def _called(self, asker: Asker, library: str) -> str:
        """The name that an asker is to ask for a library by."""
        fate = self._closure.fates[asker.path, library]
        if fate is Fate.GRAFTED:
            return self._new[self._closure.found[asker.path, library]]
        if fate is Fate.INSIDE and self._leads(asker, library):
            return base_name(self._closure.found[asker.path, library])
        # The path of a file on the machine that built the wheel is nothing to ask for.
        return base_name(library) if fate in {Fate.GIVEN, Fate.EXCLUDED} else library

    def _leads(self, asker: Asker, library: str) -> bool:
        """Whether a library is in the wheel, no run path leads there, and one is to.

        A package may load it beforehand by its path; then the loader looks no further, and a run path is idle. Of
        several files of that name the package chooses.
        """
        if asker.file is not None:
            return True
        return (asker.path, library) in self._members.by_chance and not self._unled(asker, library)

    def _unled(self, asker: Asker, library: str) -> bool:
        """Whether no run path can lead to a library of the wheel that nobody is led to yet."""
        provider = self._closure.found[asker.path, library]
        alone = self._files[library] == {provider}
        return not (alone and reachable(self._place(asker.path)) and reachable(provider))

    def _has(self, asker: Asker, fate: Fate) -> bool:
        return any(self._closure.fates[asker.path, library] is fate for library in asker.elf.needed)

    def _spare(self, asker: Asker, library: str) -> bool:
        """Whether a file in an interpreter's process can do without asking for the interpreter's library.

        Its names are there already, if nothing but an interpreter loads the file. A program is started without
        one, a version that is asked of a library can't go without it, and Android's loader looks for names in what
        a file needs and nowhere else.
        """
        if self._closure.fates[asker.path, library] is not Fate.PYTHON or is_program(asker.elf):
            return False
        if asker.libc == BIONIC or asker.path in self._started:
            return False
        return all(need.library != library for need in asker.elf.version_needs)

    def _expands(self, asker: Asker) -> bool:
        """Whether DT_RELR goes: musl's loader knows it from 1.2.4 on, and every tag admits older ones.

        glibc demands a version of itself for it, which would stay; only what lacks that gains by an expansion.
        """
        elf, wish = asker.elf, self._wishes.expand_relr
        if not elf.relr or wish is False or not (elf.needed or not is_program(elf)):
            return False
        if asker.libc in {MUSL, NONE}:  # what needs no C library is loaded by either loader
            return True
        marked = any(need.version == _RELR_MARKER and not need.weak for need in elf.version_needs)
        return bool(wish) and asker.libc == GLIBC and not marked

    # --- programs among the scripts
    def _is_script(self, asker: Asker) -> bool:
        """Whether a member is a program in ``.data/scripts`` that needs a graft: no run path leads from there."""
        lies = folder_of(asker.path) == "/scripts" and is_program(asker.elf)
        return lies and self._has(asker, Fate.GRAFTED)

    def _program(self, asker: Asker) -> str:
        return f"{self._wheel.name.distribution}.scripts/{asker.path.rpartition('/')[2]}"

    # --- what is worth knowing
    def _out_of_reach(self) -> Iterator[Finding]:
        for asker in self._members.askers:
            for library in asker.elf.needed:
                inside = self._closure.fates[asker.path, library] is Fate.INSIDE
                if inside and (asker.path, library) in self._members.by_chance and self._unled(asker, library):
                    provider = self._closure.found[asker.path, library]
                    what = f"needs {library}, and no run path leads to {provider}"
                    yield Finding(rules.LIB_UNLED, what, asker.path)

    def _stacks(self, grafts: Iterable[Graft[ElfChanges]]) -> Iterator[Finding]:
        """The executable stacks that are kept, as they were wished."""
        kept = [(asker.path, asker.elf) for asker in self._members.askers]
        places = {graft.file.path: graft.member for graft in grafts}
        kept += [(places[path], found.asker.elf) for path, found in self._closure.loaded.items() if path in places]
        for member, elf in kept if self._wishes.keep_exec_stack else ():
            if elf.exec_stack and is_library(elf):
                yield Finding(rules.SEC_EXEC_STACK, "PT_GNU_STACK is executable", member)

    def _outside_paths(self) -> Iterable[str]:
        return {path for path in self._closure.found.values() if path not in self._wheel.by_name}


def _started_with(members: Members, closure: Closure) -> set[str]:
    """The programs and all that they load: there may be no interpreter in their processes."""
    loads: dict[str, list[str]] = {}
    for (path, _), provider in closure.found.items():
        loads.setdefault(path, []).append(provider)
    pending = [asker.path for asker in members.askers if is_program(asker.elf)]
    reached: set[str] = set()
    while pending:
        path = pending.pop()
        if path not in reached:
            reached.add(path)
            pending += loads.get(path, ())
    return reached


def _soname(found: Loaded) -> str:
    return found.asker.elf.soname or found.library


def _drivers(grafts: Iterable[Graft[ElfChanges]]) -> Iterator[Finding]:
    for graft in grafts:
        if is_driver(graft.library):
            yield Finding(
                rules.LIB_DRIVER,
                f"{graft.library} is grafted, though it comes with the graphics driver of each machine",
                graft.member,
            )


def _reasons(changes: ElfChanges, dropped: tuple[str, ...], moved_to: str) -> Iterator[str]:
    """What is done to a member, a phrase for each edit."""
    for old, new in sorted(changes.needed.items()):
        yield f"needs {new} instead of {old}"
    for library in sorted(changes.drop_needed):
        yield f"no longer needs {library}, which the interpreter has loaded"
    if changes.run_path is not None and changes.run_path.entries:
        yield f"searches {':'.join(changes.run_path.entries)}"
    if dropped:
        yield f"no longer searches {', '.join(entry or 'the current directory' for entry in dropped)}"
    if changes.clear_exec_stack:
        yield "its stack is no longer executable"
    if changes.expand_relr:
        yield "its DT_RELR relocations are written out, for loaders that don't know them"
    if moved_to:
        yield f"moves to {moved_to}, and a script that starts it takes its place"
