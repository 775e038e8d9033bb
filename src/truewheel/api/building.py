"""The verb that builds a project, and what it leaves beside the result: lock, provenance, log."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from truewheel.api.common import AnyPath
from truewheel.builds.errors import BuildError
from truewheel.builds.git import without_credentials_in
from truewheel.builds.lock import file_name
from truewheel.builds.model import Artefact, Epoch, Isolation, Made, Progress, Request, Requirement, Tool
from truewheel.builds.project import make
from truewheel.builds.twice import Twin, build_again
from truewheel.errors import TruewheelError
from truewheel.world import replacing


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of `build`.

    ``source`` is what was asked for, without passwords in an address. ``artefacts`` were written, sdist before wheel;
    ``lock``, ``provenance`` and ``log`` are the files beside them. ``epoch`` is the SOURCE_DATE_EPOCH that the build
    was told, ``isolation`` what kept it apart, ``requirements`` and ``tools`` what took part. ``twin`` is the second
    build, if there was one.
    """

    source: str
    artefacts: tuple[Artefact, ...]
    lock: Path
    provenance: Path
    log: Path
    epoch: Epoch
    isolation: Isolation
    python: str
    requirements: tuple[Requirement, ...]
    tools: tuple[Tool, ...]
    twin: Twin | None

    @property
    def same(self) -> bool:
        """Whether a second build, if there was one, gave the same bytes."""
        return self.twin is None or self.twin.same


class _Nobody:
    """Is told how a build goes on, and doesn't care."""

    def phase(self, name: str) -> None:
        """Hear of a phase."""

    def line(self, text: str) -> None:
        """Hear of a line."""


def build(
    request: Request,
    folder: AnyPath,
    *,
    twice: bool = False,
    log: AnyPath | None = None,
    progress: Progress | None = None,
) -> Built:
    """Build what `request` asks for into `folder`, with ``pylock.NAME.toml``, a provenance statement and a log.

    With `twice`, build again under other circumstances and compare; what the second build makes is thrown away, but for
    its log, which has ``.second`` in its name. `log` is the file for all output, by default one in `folder`.
    Building runs the project's code and that of its requirements: apart from the machine as far as it allows for that
    (`Isolation`).

    Raises `BuildError`, with the end of the log, where a program fails, and `RequestError` where it doesn't come to
    that. Neither leaves anything in `folder` but the log.
    """
    place, watcher = Path(folder), progress or _Nobody()
    record = Path(log) if log is not None else place / f"{_stem(request.source)}.log"
    kept, folder_kept = record.exists(), record.parent.exists()
    try:
        made = make(request, place, progress=watcher, log=record)
    except TruewheelError as error:
        if not (isinstance(error, BuildError) or kept):
            with suppress(OSError):  # nothing was run: there is nothing to read about it
                record.unlink()
                if not folder_kept:
                    record.parent.rmdir()
        raise
    lock, statement = _beside(place, made)
    twin = None
    if twice:
        written = (place, record, lock, statement, *(artefact.path for artefact in made.artefacts))
        second = record.with_name(f"{record.stem}.second{record.suffix}")
        twin = build_again(request, made, progress=watcher, log=second, leave=written)
    return Built(
        source=without_credentials_in(request.source),
        artefacts=made.artefacts,
        lock=lock,
        provenance=statement,
        log=record,
        epoch=made.epoch,
        isolation=made.isolation,
        python=made.python,
        requirements=made.requirements,
        tools=made.tools,
        twin=twin,
    )


def _beside(folder: Path, made: Made) -> tuple[Path, Path]:
    """Write the lock (named as PEP 751 demands, for the project) and the statement (for the last artefact)."""
    last = made.artefacts[-1].path.name
    paths = folder / file_name(last), folder / f"{last}.provenance.json"
    for path, text in zip(paths, (made.lock, made.provenance), strict=True):
        with replacing(path) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    return paths


def _stem(source: str) -> str:
    """A name for what is built, before it is known what it is: of the folder, the archive or the repository."""
    if source.startswith("git+"):
        name = source.partition("#")[0].rpartition("/")[2].partition("@")[0].removesuffix(".git")
    else:
        name = Path(source).resolve().name.removesuffix(".tar.gz").removesuffix(".zip")
    return re.sub(r"[^\w.+-]", "_", name) or "build"
