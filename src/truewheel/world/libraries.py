"""Libraries outside of a wheel: looked for in the folders that were given, in a sysroot, on the host if asked.

Nothing else is ever opened, and no program is run. The host's own folders, the configuration of its loader and
``LD_LIBRARY_PATH`` count only where a caller says so: a result depends on what was given and not on where.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from truewheel.errors import RequestError, Where
from truewheel.ops.libraries import LibraryFile, Package
from truewheel.world.mapped import MappedLibrary
from truewheel.world.packages import Packages
from truewheel.world.places import Finder, Place, Surroundings
from truewheel.world.search_elf import ElfFinder
from truewheel.world.search_macho import MachFinder
from truewheel.world.search_pe import DllFinder
from truewheel.world.trees import Folder, Root, is_regular, is_spellable, within

_S = TypeVar("_S", bound="LibrarySearch")


_FINDERS: Mapping[str, type[ElfFinder | MachFinder | DllFinder]] = {
    "elf": ElfFinder,
    "macho": MachFinder,
    "pe": DllFinder,
}


class LibrarySearch:
    """The places that a repair may take libraries from, in this order.

    1. `lib_dirs`, which must exist, then `ldpaths`, which needn't: folders whose links may lead anywhere, but
       those of folders in the sysroot stay in the sysroot.
    2. What files say of where to look, as far as it leads into one of those folders: ``search_*`` has the rules.
       With `executable_path`, entries that begin with ``@executable_path`` lead anywhere below or beside it.
    3. `sysroot`, as a process sees it that has it for its root: where files say, then the folders that its loader
       looks in.
    4. With `host`, this machine, in the same way; the loader's variables are those of `environment`.

    A context manager: files stay mapped until the block ends. Raises `RequestError` for a folder that isn't there.
    """

    def __init__(
        self,
        lib_dirs: Sequence[Path] = (),
        ldpaths: Sequence[Path] = (),
        *,
        sysroot: Path | None = None,
        host: bool = False,
        environment: Mapping[str, str] | None = None,
        executable_path: Path | None = None,
    ) -> None:
        for path in lib_dirs:
            hint = "auditwheel's -L, --lib-sdir, is only --lib-sdir here" if str(path).startswith(".") else ""
            _check(path, "-L", hint)
        for named, option in ((sysroot, "--sysroot"), (executable_path, "--executable-path")):
            if named is not None:
                _check(named, option, "")
        root = None if sysroot is None else Root(str(sysroot))
        around = Surroundings(
            given=tuple(_place(path, root) for path in (*lib_dirs, *ldpaths)),
            sysroot=root,
            host=Root("/") if host else None,
            environment=(environment or {}) if host else {},
            executable_path=None if executable_path is None else _place(executable_path, root),
        )
        self._sysroot = root
        self._finders: dict[str, Finder] = {kind: finder(around) for kind, finder in _FINDERS.items()}
        self._asked: dict[str, None] = {}
        self._host = ("the host's folders",) if host else ()
        self._words = (
            *(f"-L {path}" for path in lib_dirs),
            *(f"--ldpaths {path}" + ("" if path.is_dir() else " (no such folder)") for path in ldpaths),
            *([f"--executable-path {executable_path}"] if executable_path else []),
            *([f"the sysroot {sysroot}"] if root else []),
        )
        given = dict.fromkeys(place.tree.path for place in around.given)
        self._packages = tuple(Packages(each) for each in ([root] if root else []) + [Root(path) for path in given])
        self._files: dict[str, MappedLibrary] = {}
        self._unreadable: dict[str, None] = {}

    def __enter__(self: _S) -> _S:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files.values():
            file.close()

    @property
    def searched(self) -> tuple[str, ...]:
        """The places in words, the variables that were looked at, then the files that couldn't be read."""
        variables = (word for kind in self._asked for word in self._finders[kind].words)
        return (*self._words, *variables, *self._host, *self._unreadable)

    def candidates(
        self, name: str, run_paths: tuple[str, ...] = (), beside: LibraryFile | None = None, *, kind: str = "elf"
    ) -> Iterator[LibraryFile]:
        """See `Libraries`. A file that can't be read is passed over, as loaders do, and `searched` tells of it."""
        self._asked[kind] = None
        folder = None if beside is None else beside.path.rpartition(os.sep)[0]
        seen: set[str] = set()
        for found in self._finders[kind].paths(name, run_paths, folder):
            if found not in seen:
                seen.add(found)
                file = self._file(found)
                if self._readable(file):
                    yield file

    def matching(self, pattern: str, *, kind: str = "elf") -> tuple[LibraryFile, ...]:
        """See `Libraries`. What is absolute is looked up in the sysroot before it is on this machine.

        What isn't, is a path from the current folder; or else a name or a pattern, with or without slashes, below
        the given folders and the usual ones of the sysroot and the host: the first of these that has it, counts.
        """
        found = _located(pattern, self._sysroot)
        if not found and not pattern.startswith("/"):
            for path, real in self._finders[kind].matching(pattern):
                found.setdefault(path, real)
        return tuple(self._file(path) for path in sorted(set(found.values())))

    def package_of(self, file: LibraryFile) -> Package | None:
        """See `Libraries`. Asked are the databases of the sysroot and of the given folders, never the host's own."""
        for packages in self._packages:
            inside = within(file.path, packages.root.path)
            found = packages.owner(inside) if inside else None
            if found is not None:
                return found
        return None

    def _file(self, path: str) -> MappedLibrary:
        return self._files.setdefault(path, MappedLibrary(path))

    def _readable(self, file: MappedLibrary) -> bool:
        try:
            len(file.data)
        except RequestError as error:
            self._unreadable[str(error)] = None
            return False
        return True


def _check(path: Path, option: str, hint: str) -> None:
    """Raise `RequestError` where `option` names something that is no folder."""
    if not path.is_dir():
        what = f"{option} wants a folder, and this is a file" if path.exists() else f"{option}: there is no such folder"
        raise RequestError(what, where=Where(file=str(path)), hint=hint)
    if not os.access(path, os.R_OK | os.X_OK):
        # Passed over, it would leave the choice of libraries to whoever has set permissions.
        raise RequestError(f"{option}: the folder can't be read", where=Where(file=str(path)))


def _place(path: Path, root: Root | None) -> Place:
    """A folder that was given: a part of the sysroot where it lies in it, so that its links stay in there."""
    folder = Folder(str(path))
    inside = None if root is None else within(folder.path, root.path)
    return Place(folder) if root is None or inside is None else Place(root, inside)


def _located(pattern: str, root: Root | None) -> dict[str, str]:
    """The regular files at a path or, with a slash in it, a pattern: in the root if it is absolute, or from here."""
    if root is not None and pattern.startswith("/"):
        found = dict(Place(root).matching(pattern))
        if found:
            return found
    if not is_spellable(pattern):
        return {}
    paths = [pattern]
    if not is_regular(pattern) and {"/", os.sep} & set(pattern):
        paths = glob(pattern)  # noqa: PTH207 - Path.glob takes no absolute patterns
    return {path: os.path.realpath(path) for path in paths if is_regular(path)}
