"""What a build has made: brought into the form that is wanted, and put into its place when all of it is done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from truewheel.builds.artefacts import canonical_sdist, canonical_wheel, untouched
from truewheel.builds.model import Artefact, Request
from truewheel.builds.tree import file_digest
from truewheel.errors import RequestError, TruewheelError, Where


class Delivery:
    """Results on their way into a folder: nobody sees any of them until all are there."""

    def __init__(self, folder: Path, draft: Path, request: Request, timestamp: int, built_in: tuple[str, ...]) -> None:
        self._folder, self._draft, self._built_in = folder, draft, built_in
        self._request, self._timestamp = request, timestamp
        self._artefacts: list[Artefact] = []

    def sdist(self, source: Path) -> Path:
        """Take an sdist; where it lies meanwhile."""
        target = self._draft / source.name
        with _named(source):
            if not self._request.canonical:
                untouched(source, target, limits=self._request.limits)
            else:
                target = canonical_sdist(source, self._draft, timestamp=self._timestamp, limits=self._request.limits)
        self._add("sdist", target)
        return target

    def wheel(self, source: Path) -> Path:
        """Take a wheel; where it lies meanwhile."""
        target, request = self._draft / source.name, self._request
        with _named(source):
            if not request.canonical:
                untouched(source, target, limits=request.limits)
            else:
                canonical_wheel(
                    source,
                    target,
                    timestamp=self._timestamp,
                    profile=request.profile,
                    limits=request.limits,
                    folders=self._built_in,
                )
        self._add("wheel", target)
        return target

    def _add(self, kind: str, draft: Path) -> None:
        place = self._folder / draft.name
        self._artefacts.append(Artefact(kind, place, draft.stat().st_size, file_digest(draft)))

    @property
    def artefacts(self) -> tuple[Artefact, ...]:
        """What was taken, under the names that it will have."""
        return tuple(self._artefacts)

    def deliver(self) -> tuple[Artefact, ...]:
        """Put everything into the folder, over what has the same name. Raises `RequestError` where it can't be."""
        for artefact in self._artefacts:
            if artefact.path.is_dir():
                raise RequestError("can't be written: it is a folder", where=Where(file=str(artefact.path)))
        try:
            for artefact in self._artefacts:
                (self._draft / artefact.path.name).replace(artefact.path)
        except OSError as error:
            raise RequestError(f"can't be written: {error.strerror}", where=Where(file=str(self._folder))) from None
        return self.artefacts


@contextmanager
def _named(source: Path) -> Iterator[None]:
    """Have errors name a result as its backend did: where it lies is gone when they are read."""
    try:
        yield
    except TruewheelError as error:
        if error.where.file == str(source):
            error.where = replace(error.where, file=source.name)
        raise


@contextmanager
def delivery(folder: Path, request: Request, timestamp: int, *, built_in: tuple[str, ...] = ()) -> Iterator[Delivery]:
    """A delivery into `folder`, which is made if need be. What isn't delivered when the block ends is removed.

    ``built_in`` are the folders of the build as it sees them, which no bill of materials shall name.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    draft: Path | None = None
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".truewheel-", dir=folder))
        except OSError as error:
            raise RequestError(f"can't be written to: {error.strerror}", where=Where(file=str(folder))) from None
        yield Delivery(folder, draft, request, timestamp, built_in)
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):  # something is in it, as it should be
            for place in made:
                place.rmdir()
