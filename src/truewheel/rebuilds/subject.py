"""What is verified: the published wheel and the source that it shall have been built from, both on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import Version

from truewheel.builds.git import without_credentials_in
from truewheel.errors import RequestError, TruewheelError
from truewheel.index.choice import check_demanded, choose
from truewheel.index.model import Index, IndexFile, Target
from truewheel.rebuilds.model import Terms
from truewheel.verdict.model import File
from truewheel.wheel import WheelName
from truewheel.world.mapped import MappedLibrary, sha256_of

_NO_SOURCE: Final = "there is no source distribution of it on the index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A wheel and its source.

    ``wheel`` and ``sdist`` are files here, under the names that they were published with; ``sdist`` is None for another
    kind of source. ``source`` is what a build is asked to build. ``published`` and ``origin`` describe them for the
    report, ``listed`` is what the index says of the wheel, where it does.
    """

    wheel: Path
    published: File
    source: str
    origin: File
    sdist: Path | None
    listed: IndexFile | None
    notes: tuple[str, ...] = ()


def targets_of(target: Target, terms: Terms, index: Index, tags: Sequence[str]) -> tuple[Target, ...]:
    """One target for each wheel that is meant, by its file name: a pattern may mean several wheels of a release.

    Raises `RequestError` where the index has nothing of the kind.
    """
    if target.path is not None:
        return (target,)
    chosen = choose(index.files(target.project), target, tags=tags, pattern=terms.wheel)
    return tuple(
        replace(target, project=wheel.project, version=wheel.version, wheel=wheel.name)
        for wheel in (chosen.wheel, *chosen.others)
    )


def subject(target: Target, terms: Terms, index: Index, tags: Sequence[str], folder: Path) -> Subject:
    """Have the wheel and its source in `folder`. Raises `RequestError` where one of them can't be had."""
    if target.path is not None:
        check_demanded(target, target.path)
        return _of_file(target.path, terms, index, folder)
    chosen = choose(index.files(target.project), target, tags=tags, pattern=terms.wheel)
    fetched = index.fetch(chosen.wheel)
    wheel = _placed(fetched.path, folder / chosen.wheel.name)
    check_demanded(target, wheel)
    published = File(chosen.wheel.name, fetched.sha256, fetched.size, chosen.wheel.index)
    source = _source(terms, chosen.sdist, index, folder)
    return _joined(wheel, published, chosen.wheel, source, chosen.notes)


def _of_file(path: Path, terms: Terms, index: Index, folder: Path) -> Subject:
    """A wheel on this machine: its source is what the user names, else what the index has of this release."""
    name = WheelName.parse(path.name)
    size, sha256 = _measured(path)
    published = File(path.name, sha256, size, "this machine")
    wheel = _placed(path, folder / path.name)
    notes: tuple[str, ...] = ()
    listed: IndexFile | None = None
    sdist: IndexFile | None = None
    if not terms.source:
        files = index.files(canonicalize_name(name.project))
        of_release = [file for file in files if file.version and Version(file.version) == Version(str(name.version))]
        listed = next((file for file in of_release if file.name == path.name), None)
        if listed and listed.sha256 and listed.sha256 != sha256:
            notes = (f"the index serves another file under this name: its sha256 is {listed.sha256}",)
        sdists = [file for file in of_release if file.name.endswith((".tar.gz", ".zip"))]
        sdist = next((file for file in sdists if file.name.endswith(".tar.gz")), sdists[0] if sdists else None)
    return _joined(wheel, published, listed, _source(terms, sdist, index, folder), notes)


class _Source(NamedTuple):
    """What is built: ``path`` is an sdist or a folder, None for a repository."""

    asked: str
    path: Path | None
    origin: File


def _source(terms: Terms, sdist: IndexFile | None, index: Index, folder: Path) -> _Source:
    """The source that the user names, else that of the index. Raises `RequestError` where there is none."""
    if terms.source:
        path, origin = _given(terms.source, folder)
        return _Source(str(path) if path else terms.source, path, origin)
    if sdist is None:
        raise RequestError(_NO_SOURCE, hint="name the source: --source DIR, SDIST or git+URL@REV")
    fetched = index.fetch(sdist)
    place = _placed(fetched.path, folder / sdist.name)
    return _Source(str(place), place, File(sdist.name, fetched.sha256, fetched.size, sdist.index))


def _joined(wheel: Path, published: File, listed: IndexFile | None, source: _Source, notes: tuple[str, ...]) -> Subject:
    return Subject(
        wheel=wheel,
        published=published,
        source=source.asked,
        origin=source.origin,
        sdist=source.path if source.path and source.path.is_file() else None,
        listed=listed,
        notes=notes,
    )


def _given(source: str, folder: Path) -> tuple[Path | None, File]:
    """A source that the user names: the path of an sdist or a folder, None for a repository."""
    if source.startswith("git+"):
        return None, File(without_credentials_in(source), "", 0, "a repository")
    path = Path(source)
    if path.is_dir():
        return path.resolve(), File(path.resolve().name, "", 0, "a folder of this machine")
    if not path.is_file():
        raise RequestError("there is no such source", hint="--source DIR, SDIST or git+URL@REV").within(file=source)
    size, sha256 = _measured(path)
    # Apart from the wheel, lest something of its name be written over it.
    return _placed(path, folder / "source" / path.name), File(path.name, sha256, size, "this machine")


def _measured(path: Path) -> tuple[int, str]:
    """Size and sha256 of a file. Raises `RequestError` where it can't be read."""
    mapped = MappedLibrary(str(path))
    try:
        return len(mapped.data), sha256_of(mapped.data)
    except TruewheelError as error:
        raise error.within(file=str(path)) from None
    finally:
        mapped.close()


def _placed(path: Path, place: Path) -> Path:
    """A copy under the name that it was published with, which says what it is. Never a link: that would be the file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(path, place)
    except OSError as error:
        raise RequestError(f"can't be read: {error.strerror}").within(file=str(path)) from None
    return place
