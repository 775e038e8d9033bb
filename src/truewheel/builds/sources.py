"""What is built: a folder, a git checkout, an sdist or a repository somewhere, copied into the build's own folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

from truewheel.builds import archived, tree
from truewheel.builds.archived import Archived, unpacked
from truewheel.builds.git import Git, public_url, without_credentials_in
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.vcs import (
    Checkout,
    Facts,
    checkout_around,
    checkout_at,
    clone,
    copy_repository,
    facts,
    files,
    refresh,
    remote_of,
)
from truewheel.errors import RequestError, Where
from truewheel.wheel import Limits

_DEEPEST: Final = 16
"""Submodules in submodules that are followed."""
_SCHEMES: Final = ("https", "ssh", "file")


class Staged(NamedTuple):
    """Sources as a build gets them.

    ``folder`` holds their copy, and the project is in its ``subdirectory`` ("" for the folder itself). ``kind`` is
    directory, sdist or vcs. ``name`` is the sdist's file name or the repository's address without credentials, ""
    for a folder: where one lies on a machine is nobody's affair. ``digest`` is the sha256 of an sdist's file, else of
    the files (`tree.digest`). ``newest`` is the latest time of a file, in seconds since 1970. ``archived`` is what an
    sdist says of its files.
    """

    folder: Path
    kind: str
    name: str
    digest: str
    subdirectory: str
    facts: Facts | None
    newest: int
    archived: Mapping[str, Archived] = {}

    @property
    def project(self) -> Path:
        """The folder with pyproject.toml."""
        return self.folder / self.subdirectory


class Place(NamedTuple):
    """A repository somewhere: its address, the revision ("" for its HEAD), and the folder in it."""

    url: str
    revision: str
    subdirectory: str


def stage(
    source: str,
    room: Workroom,
    *,
    caller: Mapping[str, str],
    leave: Collection[Path] = (),
    limits: Limits | None = None,
    seconds: float | None = None,
) -> Staged:
    """Copy a source into the workroom; what it is copied from is never written to.

    Of a git checkout come the files that are tracked, and those that aren't and aren't ignored either, with the whole
    tree around a folder that is part of one; of any other folder, all but caches and virtual environments. `leave` are
    files and folders that results are written to, which are left out where they aren't tracked. Raises `RequestError`
    where there is no such source, or it can't be had, and `SdistError` for an sdist that can't be trusted.
    """
    git = Git(caller, seconds)
    if source.startswith("git+"):
        return _from_repository(parsed(source), room, git, leave)
    path = Path(source)
    try:
        if path.is_dir():
            return _from_folder(path.resolve(), room, git, {place.resolve() for place in leave})
        if path.is_file():
            return _from_sdist(path, room, limits)
    except (OSError, ValueError) as error:
        raise RequestError(f"can't be read: {error}", where=Where(file=source)) from None
    raise RequestError(
        "there is no such source",
        where=Where(file=without_credentials_in(source)),
        hint="a source is a folder, an sdist, or git+URL[@REV][#subdirectory=DIR]",
    )


def parsed(source: str) -> Place:
    """The parts of ``git+URL[@REV][#subdirectory=DIR]``. Raises `RequestError` for any other form."""
    address, _, fragment = source.removeprefix("git+").partition("#")
    scheme, found, rest = address.partition("://")
    where = Where(file=without_credentials_in(source))
    if not found or scheme not in _SCHEMES or re.search(r"[\0-\x20\x7f]", source):
        raise RequestError(
            "is not the address of a repository", where=where, hint="git+https://, git+ssh:// or git+file://"
        )
    host, slash, path = rest.partition("/")
    path, _, revision = path.rpartition("@") if "@" in path else (path, "", "")
    if not path or revision.startswith("-"):
        raise RequestError("is not the address of a repository", where=where, hint="git+https://HOST/PATH[@REV]")
    folder = parse_qs(fragment).get("subdirectory", [""])[0].strip("/")
    if ".." in folder.split("/") or "\\" in folder:
        raise RequestError("the subdirectory leads out of the repository", where=where)
    return Place(f"{scheme}://{host}{slash}{path}", unquote(revision), folder)


def settled(staged: Staged, seconds: int, git: Git, conditions: Conditions | None = None) -> None:
    """Give all files of a copy their modes and times, and have the histories in it know that nothing has changed."""
    archived.settle(staged.folder, seconds, conditions or Conditions(), staged.archived)
    if staged.kind == "vcs":  # any other history has settings that aren't ours
        for history in sorted(staged.folder.rglob(".git")):
            if history.is_dir() and not history.is_symlink():
                refresh(history.parent, git)


def _from_folder(folder: Path, room: Workroom, git: Git, leave: Collection[Path]) -> Staged:
    checkout = checkout_around(folder, git)
    if checkout is None:
        newest = tree.copied(folder, tree.listed(folder, leave), room.source)
        return Staged(room.source, "directory", "", tree.digest(room.source), "", None, newest)
    subdirectory = folder.relative_to(checkout.top).as_posix()
    return _from_checkout(checkout, room, git, leave, "" if subdirectory == "." else subdirectory)


def _from_checkout(checkout: Checkout, room: Workroom, git: Git, leave: Collection[Path], subdirectory: str) -> Staged:
    newest = _copy_checkout(checkout, room.source, git, leave)
    remote = remote_of(checkout, git)
    known = facts(room.source, remote, git)
    digest = tree.digest(room.source)
    return Staged(room.source, "vcs", public_url(remote), digest, subdirectory, known, newest)


def _copy_checkout(checkout: Checkout, target: Path, git: Git, leave: Collection[Path], depth: int = 0) -> int:
    """Copy a working tree with its history, and the repositories in it likewise. Gives the newest time of a file."""
    target.mkdir(parents=True, exist_ok=True)
    tracked = list(files(checkout, git, "--cached"))
    others = [
        name for name in files(checkout, git, "--others", "--exclude-standard") if _is_source(checkout, name, leave)
    ]
    there = sorted({name.rstrip("/") for name in (*tracked, *others)})
    inner = [name for name in there if (checkout.top / name).is_dir() and not (checkout.top / name).is_symlink()]
    plain = [
        name
        for name in there
        if name not in set(inner) and (checkout.top / name).is_symlink() | (checkout.top / name).exists()
    ]
    newest = tree.copied(checkout.top, plain, target)
    for name in inner:
        nested = checkout_at(checkout.top / name, git) if depth < _DEEPEST else None
        if nested:
            newest = max(newest, _copy_checkout(nested, target / name, git, leave, depth + 1))
        else:
            within = (f"{name}/{file}" for file in tree.listed(checkout.top / name, leave))
            newest = max(newest, tree.copied(checkout.top, within, target))
    copy_repository(checkout, target, git)
    return newest


def _is_source(checkout: Checkout, name: str, leave: Collection[Path]) -> bool:
    """Whether a file that isn't tracked lies in no folder that is left out."""
    folder = checkout.top
    for part in name.rstrip("/").split("/")[:-1]:
        folder /= part
        if not tree.wanted(folder, leave):
            return False
    return tree.wanted(checkout.top / name.rstrip("/"), leave)


def _from_repository(place: Place, room: Workroom, git: Git, leave: Collection[Path]) -> Staged:
    folder = room.host / "clone"
    clone(place.url, place.revision, folder, git)
    checkout = checkout_at(folder, git)
    if checkout is None or not (folder / place.subdirectory).is_dir():
        raise RequestError(
            f"has no folder {place.subdirectory!r}",
            where=Where(file=public_url(place.url)),
            hint="check #subdirectory=",
        )
    staged = _from_checkout(checkout, room, git, leave, place.subdirectory)
    shutil.rmtree(folder)
    return staged._replace(name=public_url(place.url))


def _from_sdist(path: Path, room: Workroom, limits: Limits | None) -> Staged:
    if path.name.endswith(".whl"):
        raise RequestError(
            "is a wheel already", where=Where(file=str(path)), hint="name its sdist, or a folder with its sources"
        )
    found = unpacked(path, room, limits)
    return Staged(room.source, "sdist", path.name, found.digest, "", None, found.newest, found.files)
