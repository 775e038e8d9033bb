"""Which files of a project are meant: the release, its wheel, its sdist."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from packaging.version import Version

from truewheel.errors import RequestError, Where
from truewheel.index.entries import SDISTS
from truewheel.index.model import IndexFile, Target
from truewheel.wheel.name import WheelName

_CHUNK: Final = 1 << 20
_FEW: Final = 5


class Chosen(NamedTuple):
    """The files of one release: the wheel, its sdist if there is one, further wheels that were selected by a pattern.

    ``notes`` are what users should know of the choice.
    """

    wheel: IndexFile
    sdist: IndexFile | None
    others: tuple[IndexFile, ...] = ()
    notes: tuple[str, ...] = ()


def choose(files: Sequence[IndexFile], target: Target, *, tags: Sequence[str], pattern: str = "") -> Chosen:
    """The files that `target` means, of all that an index has of its project.

    Without a version it is the newest release that is final and not yanked (PEP 440, PEP 592). A wheel for any platform
    comes first, then the best for a Python whose `tags` these are, the best first. `pattern` is one of file names
    (fnmatch) and may select wheels that don't run here. Raises `RequestError` where there is no such release or wheel.
    """
    notes: list[str] = []
    release = _release(files, target, notes)
    wheels = [file for file in release if file.name.endswith(".whl")]
    if not wheels:
        raise RequestError(
            f"{_name(release[0])} has no wheel, only {', '.join(sorted(file.name for file in release)[:_FEW])}",
            hint="there is nothing to compare a build with",
        )
    best, *others = _ranked(_demanded(wheels, target), tags, target.wheel or pattern)
    if best.yanked is not None:
        notes.append(f"{best.name} was yanked{': ' if best.yanked else ''}{best.yanked}")
    return Chosen(best, _sdist(release), tuple(others) if pattern and not target.wheel else (), tuple(notes))


def check_demanded(target: Target, path: Path) -> None:
    """Raise `RequestError` where a file has none of the hashes that the user demands of it, if any."""
    by_algorithm: dict[str, set[str]] = {}
    for each in target.hashes:
        algorithm, _, wanted = each.partition(":")
        if algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
            by_algorithm.setdefault(algorithm, set()).add(wanted.lower())
    if target.hashes and not any(_digest(path, name) in wanted for name, wanted in by_algorithm.items()):
        raise RequestError(
            f"has none of the hashes that {target.asked} demands", where=Where(file=path.name), hint=_TAMPERED
        )


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


_TAMPERED: Final = "it isn't the file that was locked: lock again if that is expected"


def _release(files: Sequence[IndexFile], target: Target, notes: list[str]) -> list[IndexFile]:
    """The files of the release that is meant. What is remarkable of that goes into `notes`."""
    if not files:
        raise RequestError(f"{target.project} has no wheel and no sdist that can be taken", hint="check the spelling")
    if target.version:
        version = _version(files, Version(target.version))
        if version is None:
            raise _no_release(files, target)
        return [file for file in files if Version(file.version) == version]
    there = [file for file in files if file.yanked is None]
    if not there:
        raise RequestError(
            f"all releases of {target.project} are yanked", hint=f"name one: {target.project}=={files[-1].version}"
        )
    versions = {Version(file.version) for file in there}
    final = {version for version in versions if not version.is_prerelease}
    newest = max(final or versions)
    if not final:
        notes.append(f"{target.project} has only pre-releases; {newest} is the newest")
    return [file for file in there if Version(file.version) == newest]


def _version(files: Sequence[IndexFile], wanted: Version) -> Version | None:
    """The version that is wanted. Where it has none itself, one with a local label will do, as for ``==`` (PEP 440)."""
    versions = {Version(file.version) for file in files}
    if wanted in versions:
        return wanted
    return None if wanted.local else max((each for each in versions if Version(each.public) == wanted), default=None)


def _no_release(files: Sequence[IndexFile], target: Target) -> RequestError:
    versions = sorted({file.version for file in files}, key=Version)
    near = get_close_matches(target.version, versions, _FEW) or versions[-_FEW:]
    return RequestError(
        f"there is no {target.project} {target.version} on {files[0].index}",
        hint=f"there are {len(versions):,} releases, {', '.join(near)} among them",
    )


def _demanded(wheels: Sequence[IndexFile], target: Target) -> list[IndexFile]:
    """Those that have a demanded hash; where the index gives none of that kind, it is checked once they are here."""
    if not target.hashes:
        return list(wheels)
    algorithms = {each.partition(":")[0] for each in target.hashes}
    found = []
    for wheel in wheels:
        said = {f"{name}:{value}" for name, value in wheel.hashes if name in algorithms}
        if not said or said & {each.lower() for each in target.hashes}:
            found.append(wheel)
    if not found:
        raise RequestError(
            f"no wheel of {_name(wheels[0])} has one of the hashes that {target.asked} demands", hint=_TAMPERED
        )
    return found


def _ranked(wheels: Sequence[IndexFile], tags: Sequence[str], pattern: str) -> list[IndexFile]:
    """The wheels that come into question, the best first. There is one at least."""
    rank = {tag: place for place, tag in enumerate(tags)}
    found = []
    for file in wheels:
        name = WheelName.parse(file.name)
        place = min((rank[tag] for tag in name.tags if tag in rank), default=None)
        if (fnmatchcase(file.name, pattern) or file.name == pattern) if pattern else (name.pure or place is not None):
            # A pure wheel may be for another Python, such as PyPy: it comes after all that fit.
            order = (place is None, not name.pure, place or 0, _build(name), file.name)
            found.append((order, file))
    if found:
        return [file for _, file in sorted(found, key=lambda pair: pair[0])]
    names = sorted(file.name for file in wheels)
    there = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
    what = f"that {pattern!r} selects" if pattern else "for this machine"
    raise RequestError(
        f"{_name(wheels[0])} has no wheel {what}, only {there}", hint="--wheel PATTERN selects by file name"
    )


def _build(name: WheelName) -> tuple[int, str]:
    """The higher build number comes first (PEP 427)."""
    digits = name.build[: len(name.build) - len(name.build.lstrip("0123456789"))]
    return -int(digits[:18] or "0"), name.build


def _sdist(release: Iterable[IndexFile]) -> IndexFile | None:
    """The sdist: a .tar.gz, else a .zip."""
    files = sorted(release, key=lambda file: file.name)
    return next((file for end in SDISTS for file in files if file.name.endswith(end)), None)


def _name(file: IndexFile) -> str:
    return f"{file.project} {file.version}"
