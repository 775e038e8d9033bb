"""Looking for a library inside of a wheel: by the paths that members are installed to, and by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

LONGEST_NAME = 4096  # PATH_MAX: no loader opens more
_SCHEMES = {"platlib": "", "purelib": "", "scripts": "/scripts", "data": "/data", "headers": "/headers"}
_LONGEST_CHAIN = 12  # libraries found only through the run paths of their loader's loader's loader…
_MOST_FOLDERS = 256  # of the different ones in a run path; Bazel writes a hundred


def installed_path(member: str) -> str:
    """Where a member lands, relative to site-packages (PEP 427, the ``.data`` folder).

    What goes to the scripts, data and headers folders gets a root of its own (``/scripts/zig``), which no
    relative path leaves or enters: where these folders are is the installer's choice.
    """
    head, _, rest = member.partition("/")
    if not head.endswith(".data"):
        return member
    scheme, _, path = rest.partition("/")
    if scheme not in _SCHEMES or not path:
        return member
    root = _SCHEMES[scheme]
    return f"{root}/{path}" if root else path


def join(folder: str, relative: str) -> str | None:
    """`relative` seen from an installed folder, with ``.`` and ``..`` resolved; None where it leaves the root."""
    parts = folder.split("/") if folder else []
    floor = 2 if folder.startswith("/") else 0
    for part in relative.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif len(parts) > floor:
            parts.pop()
        else:
            return None
    return "/".join(parts)


class Index:
    """The candidates of one architecture: by the path they are installed to, and by the names they answer to.

    Paths are split into the name of the file and its folder; so are names, of which each folder keeps the first.
    A wheel may hold thousands of files of one name, so nothing here looks at all of them for one question.
    """

    def __init__(self) -> None:
        self.places: dict[str, dict[str, str]] = {}
        self.names: dict[str, dict[str, str]] = {}

    def add(self, member: str, names: Iterable[str]) -> None:
        """Take in a member, which must come behind those added before."""
        folder, _, file = installed_path(member).rpartition("/")
        self.places.setdefault(file, {})[folder] = member
        for name in set(names):
            self.names.setdefault(name, {}).setdefault(folder_of(member), member)

    def named(self, name: str, asking: str) -> str | None:
        """The candidate of that name: one in the folder of the asking member first, then the first by path."""
        candidates = self.names.get(name, {})
        return candidates.get(folder_of(asking)) or next(iter(candidates.values()), None)

    def at(self, path: str | None) -> str | None:
        """The member that is installed to a path."""
        folder, _, file = (path or "").rpartition("/")
        return self.places.get(file, {}).get(folder)

    def searched(self, file: str, folders: Iterable[str | None]) -> str | None:
        """The member called `file` in the first of the folders that has one."""
        places = self.places.get(file, {})
        return next((places[folder] for folder in folders if folder in places), None)


def folder_of(path: str) -> str:
    """What stands before the last slash of a path."""
    return path.rpartition("/")[0]


def file_of(path: str) -> str:
    """What stands behind the last slash of a path."""
    return path.rpartition("/")[2]


def by_arch(candidates: Iterable[tuple[str, str, Iterable[str]]]) -> dict[str, Index]:
    """An index for each architecture, of (architecture, member, names), sorted by member."""
    indexes: dict[str, Index] = {}
    for arch, member, names in candidates:
        indexes.setdefault(arch, Index()).add(member, names)
    return indexes


Key: TypeAlias = tuple[str, str]
"""A member, and what it can be linked with."""


@dataclass(frozen=True)
class Searcher:
    """One file of one architecture, as a dynamic loader sees it.

    ``arch`` names what may be linked with it. ``own`` are the folders it searches for itself; ``handed_down``
    those that hold for what it loads as well; ``inherits`` tells whether its own search goes on in the folders
    of those that load it.
    """

    member: str
    arch: str
    own: tuple[str, ...]
    handed_down: tuple[str, ...]
    inherits: bool


def search(
    wants: Iterable[tuple[Searcher, str]], find: Callable[[Searcher, str, tuple[str, ...]], str | None]
) -> dict[tuple[str, str, str], str]:
    """The providers that run paths lead to: first through own folders, then through those of the loaders.

    A loader is known once its own edge is, so folders travel down one level in each round.
    """
    found: dict[tuple[str, str, str], str] = {}
    loaders: dict[Key, list[Searcher]] = {}
    inherited: dict[Key, tuple[str, ...]] = {}
    pending = list(wants)
    for level in range(_LONGEST_CHAIN):
        left: list[tuple[Searcher, str]] = []
        for searcher, name in pending:
            key = (searcher.member, searcher.arch)
            provider = find(searcher, name, inherited.get(key, ()) if level else searcher.own)
            if provider is None:
                left.append((searcher, name))
            else:
                found[(*key, name)] = provider
                loaders.setdefault((provider, searcher.arch), []).append(searcher)
        before, pending = inherited, [want for want in left if want[0].inherits]
        inherited = {key: _handed_down(above, before) for key, above in loaders.items()} if pending else {}
        if inherited == before:
            break
    return found


def _handed_down(loaders: Iterable[Searcher], inherited: Mapping[Key, tuple[str, ...]]) -> tuple[str, ...]:
    """The folders of those that load a file, and of those that load them, as far as that is known yet."""
    folders: dict[str, None] = {}
    for searcher in loaders:
        folders |= dict.fromkeys(searcher.handed_down)
        folders |= dict.fromkeys(inherited.get((searcher.member, searcher.arch), ()))
        if len(folders) >= _MOST_FOLDERS:
            break
    return tuple(folders)[:_MOST_FOLDERS]


def distinct(folders: Iterable[str | None]) -> tuple[str, ...]:
    """The folders of a run path that are in the wheel, each once."""
    return tuple(islice(dict.fromkeys(folder for folder in folders if folder is not None), _MOST_FOLDERS))
