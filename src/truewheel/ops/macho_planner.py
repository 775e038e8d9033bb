"""Plan the repair of a wheel for macOS: which libraries come into it, and what is edited so that they are found.

The plan follows from the wheel, the libraries that are found and what was asked; it depends on no order of members, of
folders or of sets. Nothing is written, and nothing is ever grafted for iOS, where libraries come as frameworks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from truewheel import rules
from truewheel.binary import MachO
from truewheel.binary.graph import installed_path
from truewheel.binary.macho_edit import MachChanges, SliceChanges
from truewheel.binary.model import Platform
from truewheel.errors import RequestError, Where
from truewheel.findings import Finding, in_order
from truewheel.ops.examine import Examination
from truewheel.ops.fates import Fate, base_name, idle_exclusions, not_found
from truewheel.ops.grafts import joined
from truewheel.ops.libraries import Libraries
from truewheel.ops.macho_closure import Asker, Closure, Loaded, Members, follow
from truewheel.ops.macho_members import members_of
from truewheel.ops.macho_names import Sheet, fitted
from truewheel.ops.macho_places import Folder, folder_for_grafts, loader_way
from truewheel.ops.macho_reasons import moved, reasons, replaced, signer_of
from truewheel.ops.macho_runpaths import kept_rpaths, moved_rpaths, neutral_names
from truewheel.ops.macho_signing import problem_of, signed
from truewheel.ops.macho_slices import EXECUTE, needs
from truewheel.ops.places import demand_places, demand_reachable, folder_of, reachable
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.ops.wishes import Wishes

_OPENER: Final = "_dlopen"
_SHARED: Final = "@rpath/"
_SHOWN: Final = 3


def plan_macho(examination: Examination, libraries: Libraries, wishes: Wishes) -> Plan[MachChanges]:
    """The plan for an examined wheel.

    Raises `RequestError` where a library can't be found, where a member lies where no relative path leads to the
    grafts, where a signature would have to be replaced that is somebody's, and where an ``--include`` means nothing;
    `BinaryError` where the header of a file has no room for the names.
    """
    folder = folder_for_grafts(examination.wheel, wishes.folder)
    members = members_of(examination, f"{folder.member}/")
    closure = follow(members, libraries, wishes)
    if members.platforms != {Platform.MACOS} and (closure.lost or closure.loaded):
        raise _no_frameworks(closure)
    if closure.lost:
        raise not_found(closure.lost, {asker.path for asker in members.askers}, libraries, wishes.excluding)
    return _Planner(examination, members, closure, wishes, folder).plan()


def _no_frameworks(closure: Closure) -> RequestError:
    wanted = sorted({*(lost.library for lost in closure.lost), *(each.library for each in closure.loaded.values())})
    users = sorted({path for (path, _, library), _ in closure.fates.items() if library in wanted})
    rest = f" and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
    return RequestError(
        f"it lacks {', '.join(wanted[:_SHOWN])}{rest}, and nothing is grafted for iOS, where libraries are frameworks",
        where=Where(member=users[0] if users else ""),
        hint="link it statically, or have the app that embeds Python bring the framework, and say --exclude",
    )


class _Planner:
    """What was decided of the libraries, turned into edits."""

    def __init__(
        self, examination: Examination, members: Members, closure: Closure, wishes: Wishes, folder: Folder
    ) -> None:
        self._images = {path: image for path, image in examination.images.items() if isinstance(image, MachO)}
        self._wheel = examination.wheel
        self._members = members
        self._closure = closure
        self._wishes = wishes
        self._folder = folder
        self._plugins = {each.identity for each in closure.loaded.values() if each.plugin}
        self._moved = {asker.path: self._program(asker) for asker in members.askers if self._is_script(asker)}
        self._users: dict[str, set[str]] = {}
        for (path, _, _), answer in closure.found.items():
            self._users.setdefault(answer, set()).add(path)
        # What a package loads before others ask for it is known to them by its name.
        unled = {(asker.part.arch, *found) for asker in members.askers for found in self._unled(asker)}
        meant = {members.meant(arch, library) for arch, library, _ in unled} | {(provider,) for _, _, provider in unled}
        self._meant = {path for paths in meant for path in paths}
        sheets = [self._sheet(asker) for asker in closure.askers]
        taken = {base_name(name) for name in self._wheel.by_name}
        identities = [each.identity for each in closure.loaded.values()]
        names, changes = fitted(sheets, identities, self._plugins, taken, folder.installed)
        self._new = {path: names[each.identity] for path, each in closure.loaded.items()}
        self._sheets = {sheet.key: sheet for sheet in sheets}
        self._changes: dict[str, dict[str, SliceChanges]] = {}
        for (path, arch), change in changes.items():
            self._changes.setdefault(path, {})[arch] = change
        self._findings: list[Finding] = []

    def plan(self) -> Plan[MachChanges]:
        grafts = joined(self._graft(found) for found in self._closure.loaded.values())
        demand_places(self._wheel, {*(graft.member for graft in grafts), *self._moved.values()})
        paths = dict.fromkeys(asker.path for asker in self._members.askers)
        changes = tuple(change for path in paths if (change := self._change(path)))
        needed = {library for _, _, library in self._closure.fates}
        needed |= set(map(base_name, needed))
        idle = idle_exclusions(self._wishes.exclude, needed, self._closure.outside())
        return Plan(
            grafts=grafts,
            changes=changes,
            excluded=self._left(Fate.EXCLUDED),
            promised=self._left(Fate.GIVEN),
            findings=in_order([*idle, *self._findings, *self._out_of_reach(), *self._elsewhere()]),
        )

    def _left(self, fate: Fate) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The libraries that stay outside, each with those that need it, where they will lie."""
        users = self._closure.of(fate)
        return tuple((library, tuple(sorted(set(map(self._place, users[library]))))) for library in users)

    # --- what comes into the wheel
    def _graft(self, found: Loaded) -> Graft[MachChanges]:
        path = found.file.path
        member, slices, signer = self._place(path), self._changes.get(path, {}), signer_of(found.image)
        changes = MachChanges(slices, sign=True, resign=self._wishes.resign, identifier=base_name(member))
        if signer and not self._wishes.resign:
            if any(each.dylibs for each in slices.values()):
                raise _keeps_signature(path, signer)
            self._leave(member, f"it is signed by {signer}", reasons(found.image, slices))
            changes = MachChanges()
        return Graft(
            library=found.library,
            member=member,
            file=found.file,
            sha256=found.sha256,
            size=len(found.file.data),
            needed_by=tuple(sorted(map(self._place, self._users.get(path, ())))),
            changes=changes,
            reasons=(replaced(signer),) if signer and changes else (),
        )

    def _place(self, path: str) -> str:
        """Where a file will lie in the wheel."""
        return f"{self._folder.member}/{self._new[path]}" if path in self._new else self._moved.get(path, path)

    # --- what is edited
    def _change(self, path: str) -> Change[MachChanges] | None:
        image, slices, moved_to = self._images[path], self._changes.get(path, {}), self._moved.get(path, "")
        signer = signer_of(image)
        needed = any(self._sheets[path, arch].grafts for arch in slices)
        if signer and not self._wishes.resign:
            if needed:
                raise _keeps_signature(path, signer)
            self._leave(path, f"it is signed by {signer}", reasons(image, slices))
            self._broken(path, signed(self._wheel.by_name[path], image, MachChanges(), self._members.platforms).left)
            return None
        entry = self._wheel.by_name[path]
        changes = MachChanges(slices, resign=self._wishes.resign, identifier=base_name(path))
        if slices and not needed and (problem := problem_of(entry, changes)):
            self._leave(path, problem, reasons(image, slices))
            return None
        changes, mended, left = signed(entry, image, changes, self._members.platforms)
        self._broken(path, left)
        others = (replaced(signer) if signer else "", moved(moved_to) if moved_to else "")
        words = (*reasons(image, slices), *mended, *filter(None, others))
        return Change(path, changes, words, moved_to) if changes else None

    def _leave(self, member: str, why: str, without: Iterable[str]) -> None:
        """Note what isn't done to a file, because of its signature."""
        undone = "; ".join(without)
        if undone:
            what = f"it is left as it is, for {why}; else: {undone}"
            self._findings.append(Finding(rules.MAC_SIGNED_LEFT, what, member))

    def _broken(self, member: str, faults: Iterable[str]) -> None:
        """Note what stays wrong with the signatures of a file."""
        self._findings += [Finding(rules.MAC_SIGNATURE_BROKEN, fault, member) for fault in faults]

    # --- one slice
    def _sheet(self, asker: Asker) -> Sheet:
        """What is settled of the edit of a slice."""
        path, part = asker.path, asker.part
        found = self._closure.loaded.get(path)
        folder = self._folder.installed if found else folder_of(self._moved.get(path, path))
        fates = {library: self._closure.fates[path, part.arch, library] for library in needs(part)}
        grafts = {
            library: self._closure.loaded[self._closure.found[path, part.arch, library]].identity
            for library, fate in fates.items()
            if fate is Fate.GRAFTED
        }
        if grafts and found is None and path not in self._moved:
            demand_reachable(path)
        inside = [library for library, fate in fates.items() if fate is Fate.INSIDE and self._leads(asker, library)]
        return Sheet(
            path,
            part,
            folder,
            links={library: self._link(folder, self._closure.found[path, part.arch, library]) for library in inside},
            grafts=grafts,
            own=found.identity if found else None,
            names=() if self._wishes.keep_rpaths or path in self._meant else tuple(neutral_names(part)),
            rpaths=self._rpaths(asker, folder, fates),
            opens=self._opens(asker),
        )

    def _rpaths(self, asker: Asker, folder: str, fates: Mapping[str, Fate]) -> tuple[str, ...]:
        """The run paths that stay."""
        if self._wishes.keep_rpaths:
            return asker.part.rpaths
        shared = {fate for library, fate in fates.items() if library.startswith(_SHARED)}
        python = Fate.PYTHON in shared
        if asker.file is not None or asker.path in self._moved:
            return moved_rpaths(asker.part, python=python)
        others = bool(shared & {Fate.EXCLUDED, Fate.OPTIONAL})
        # What lies in the wheel and out of reach, such as in .data/data, a run path may lead to all the same.
        others |= any(library.startswith(_SHARED) for library, _ in self._unled(asker))
        return kept_rpaths(asker.part, folder, others=others, python=python)

    def _link(self, folder: str, provider: str) -> str:
        """The name that a file asks for a member by; `folder` is where it will be installed."""
        path = installed_path(provider)
        if path.startswith("/"):
            # A program that leaves the folder of scripts would lose what lies beside it.
            demand_reachable(provider)
        return f"{loader_way(folder, folder_of(provider))}/{base_name(path)}"

    def _leads(self, asker: Asker, library: str) -> bool:
        """Whether a library is in the wheel, no path leads there, and one is to.

        A package may load it beforehand, by its path; then dyld goes by its install name. Of several files of that
        name the package chooses.
        """
        key = (asker.path, asker.part.arch, library)
        if asker.file is not None or asker.path in self._moved:
            return True
        if signer_of(self._images[asker.path]) and not self._wishes.resign:  # it stays as it is
            return False
        alone = self._members.only(asker, library) is not None
        return alone and key not in self._members.led and reachable(asker.path)

    def _opens(self, asker: Asker) -> bool:
        """Whether a file is to search the folder of the grafts for what it opens at run time."""
        if not self._plugins or (asker.file is None and not reachable(self._moved.get(asker.path, asker.path))):
            return False
        return _OPENER in asker.part.symbols.imports

    # --- programs among the scripts
    def _is_script(self, asker: Asker) -> bool:
        """Whether a member is a program in ``.data/scripts`` that needs a graft: no relative path leads from there."""
        if folder_of(asker.path) != "/scripts" or asker.part.filetype != EXECUTE:
            return False
        keys = ((asker.path, asker.part.arch, library) for library in needs(asker.part))
        return any(self._closure.fates[key] is Fate.GRAFTED for key in keys)

    def _program(self, asker: Asker) -> str:
        return f"{self._wheel.name.distribution}.scripts/{asker.path.rpartition('/')[2]}"

    # --- what is worth knowing
    def _unled(self, asker: Asker) -> Iterator[tuple[str, str]]:
        """The libraries of the wheel that a member asks for and isn't led to, each with a member that may be meant."""
        for library in needs(asker.part):
            key = (asker.path, asker.part.arch, library)
            by_chance = self._closure.fates[key] is Fate.INSIDE and key not in self._members.led
            if by_chance and not self._leads(asker, library):
                yield library, self._closure.found[key]

    def _out_of_reach(self) -> Iterator[Finding]:
        for asker in self._members.askers:
            unled = dict(self._unled(asker))
            changes = self._changes.get(asker.path, {}).get(asker.part.arch, SliceChanges())
            for library in self._sheets[asker.path, asker.part.arch].links:
                if library not in changes.dylibs:  # its header had no room
                    unled[library] = self._closure.found[asker.path, asker.part.arch, library]
            for library, provider in unled.items():
                yield Finding(rules.LIB_UNLED, f"loads {library}, and no path leads to {provider}", asker.path)

    def _elsewhere(self) -> Iterator[Finding]:
        """The libraries that stay outside and are asked for by a path of the build machine, which is left as it is."""
        for library, users in self._left(Fate.EXCLUDED):
            if library.startswith("/"):
                what = f"it loads {library}, which is excluded; whoever brings it has to load it by that name before"
                yield from (Finding(rules.PATH_INSTALL_NAME, what, member) for member in users)
        for library, users in self._left(Fate.OPTIONAL):
            if library.startswith("/"):
                what = f"it loads {library} where that is there, whoever has put it there"
                yield from (Finding(rules.PATH_INSTALL_NAME, what, member) for member in users)


def _keeps_signature(path: str, signer: str) -> RequestError:
    return RequestError(
        f"it is signed by {signer}, and must be edited to find the libraries that come into the wheel",
        where=Where(member=path),
        hint="--resign replaces the signature by one without an identity, and its entitlements are lost",
    )
