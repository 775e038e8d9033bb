"""What is to be packed, read from a project's folder: its settings, its readme, the files that it adds."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.packing.globs import Globs
from truewheel.packing.model import Packing
from truewheel.packing.settings import packing_of
from truewheel.packing.settings_given import archive_targets, overridden, selected
from truewheel.packing.settings_values import path_fault
from truewheel.world.regular import read_small, reason
from truewheel.world.toml import read_toml

_LARGEST: Final = 64 << 20
_MOST_SEEN: Final = 100_000
_MOST_FOLDERS_DEEP: Final = 100
_HASH: Final = re.compile(r"#sha256=[0-9A-Fa-f]{64}\Z")
_REMOTE: Final = re.compile("https?://", re.IGNORECASE)
_HERE: Final = Path()


def load_packing(
    path: Path | None,
    *,
    options: Mapping[str, object] | None = None,
    archives: Iterable[str] = (),
    wanted: Iterable[str] = (),
) -> Packing:
    """What a pyproject.toml, or another file of that form, asks to pack; None for no file but what is given here.

    `options` (keys as `overridden` has them) take the place of what the file says, `archives` (paths, or addresses,
    with ``#sha256=`` and the hash) that of its targets; of these, `wanted` are the labels of those to keep, and all
    where there are none. Relative paths of `archives` start from the current folder, those in the file from the
    file's. Raises `RequestError`, which names the file, for what can't be read or makes no sense.
    """
    folder = _HERE if path is None else path.parent
    document = {} if path is None else read_toml(path)
    given = dict(options or {})
    if sources := list(archives):
        given["targets"] = archive_targets((_called(source), _from(folder, source)) for source in sources)
    try:
        if given:
            document = overridden(document, given)
        return selected(packing_of(document, ProjectFiles(folder)), wanted)
    except TruewheelError as error:
        raise error.within(file="" if path is None else str(path)) from None


def added_files(folder: Path, added: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of the files in the project's `folder` that `Packing.added` names. Raises `RequestError`."""
    files = ProjectFiles(folder)
    return {path: files.read(source) for path, source in added.items()}


def beside(folder: Path, globs: Iterable[str]) -> Mapping[str, bytes]:
    """The files of the project's `folder` that licence globs match, by their paths, in order.

    Nothing is looked for until it is asked for, nor read. Links to files are followed, links to folders only by globs
    that spell the whole path out, so that there are no circles. Asking raises `RequestError` where something can't be
    read, leads out of the folder, or where there is too much to look through.
    """
    return _Beside(folder, Globs(globs))


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The files in a project's folder; what leads out of it, by ``..`` or by a link, isn't there."""

    folder: Path

    def read(self, path: str) -> bytes:
        """All bytes of a file. Raises `RequestError` that names it."""
        place = self.folder / path
        try:
            self._demand_inside(path, place)
            return read_small(place, _LARGEST)
        except TruewheelError as error:
            raise error.within(file=str(place)) from None

    def _demand_inside(self, path: str, place: Path) -> None:
        if problem := path_fault(path):
            raise RequestError(f"is no path of a file in the project: {problem}")
        try:
            # A link that leads to itself is a RuntimeError before Python 3.13.
            inside = place.resolve(strict=True).is_relative_to(self.folder.resolve(strict=True))
            mode = place.stat().st_mode
        except FileNotFoundError:
            raise RequestError("there is no such file", hint="paths start from the project's folder") from None
        except (OSError, RuntimeError) as error:
            said = reason(error) if isinstance(error, OSError) else str(error)
            raise RequestError(f"can't be read: {said}") from None
        if not inside:
            raise RequestError("is a link that leads out of the project's folder", hint="copy the file into it")
        if not stat.S_ISREG(mode):
            raise RequestError("is a directory" if stat.S_ISDIR(mode) else "is not a regular file")


class _Beside(Mapping[str, bytes]):
    """Files of a folder that globs match, found once somebody asks."""

    def __init__(self, folder: Path, globs: Globs) -> None:
        self._folder = folder
        self._globs = globs

    def __getitem__(self, path: str) -> bytes:
        if path not in self._found:
            raise KeyError(path)
        return ProjectFiles(self._folder).read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @cached_property
    def _found(self) -> dict[str, None]:
        names = {*filter(self._is_file, self._globs.patterns), *filter(self._globs.match, self._names())}
        return dict.fromkeys(sorted(names))

    def _is_file(self, glob: str) -> bool:
        """Whether a glob is the path of a file, whatever links are on the way."""
        return not path_fault(glob) and os.path.isfile(self._folder / glob)  # noqa: PTH113  # it raises nothing

    def _names(self) -> Iterator[str]:
        """The files in the folder, as deep as the globs reach."""
        waiting, seen = [""], 0
        while waiting:
            folder = waiting.pop()
            if not self._globs.reach(folder):
                continue
            for entry, is_folder in self._listed(folder):
                seen += 1
                name = f"{folder}/{entry.name}" if folder else entry.name
                if seen > _MOST_SEEN or name.count("/") > _MOST_FOLDERS_DEEP:
                    raise self._too_much()
                if is_folder:
                    waiting.append(name)
                elif not os.path.isdir(entry.path):  # noqa: PTH112  # it raises nothing
                    yield name

    def _listed(self, folder: str) -> list[tuple[os.DirEntry[str], bool]]:
        """What is in a folder, and of each whether it is one itself, and no link to one."""
        place = self._folder / folder
        try:
            with os.scandir(place) as entries:
                return [(entry, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            raise RequestError(f"can't be read: {reason(error)}", where=Where(file=str(place))) from None

    def _too_much(self) -> RequestError:
        return RequestError(
            f"has more than {_MOST_SEEN:,} files, or folders deeper than {_MOST_FOLDERS_DEEP}, to look for licences in",
            where=Where(file=str(self._folder)),
            hint="let license-files name folders: `licences/*` instead of `**/licences/*`",
        )


# --- archives of the command line ----------------------------------------------------------------------------
def _called(source: str) -> str:
    """The name of an archive as a path or an address has it."""
    if _REMOTE.match(source):
        return re.split("[?#]", source, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    path = Path(_HASH.sub("", source))
    return path.name or _absolute(str(path)).name


def _from(folder: Path, source: str) -> str:
    """The path of an archive, written so that it may start from the project's folder."""
    if not source or _REMOTE.match(source) or folder == _HERE:
        return source
    return str(_absolute(source))


def _absolute(source: str) -> Path:
    try:
        return Path(source).absolute()
    except OSError as error:
        raise RequestError(f"the current folder is gone: {reason(error)}", where=Where(file=source)) from None
