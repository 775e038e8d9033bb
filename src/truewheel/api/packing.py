"""The verb that makes wheels of archives: every target of a project at once, and all of them or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import truewheel.ops.pack as verb
from truewheel.api.common import AnyPath, Nowhere, Options, mapper_of, same_place
from truewheel.api.libraries import Places, library_search
from truewheel.api.packing_model import (
    ABSENT,
    DIFFERENT,
    SAME,
    Against,
    PackedTarget,
    PackRun,
    PackTerms,
    Published,
)
from truewheel.api.packing_published import published_wheels
from truewheel.archives import DIRECTORY, FILE
from truewheel.errors import RequestError, TruewheelError, Where
from truewheel.index.addresses import without_credentials
from truewheel.ops import Patterns
from truewheel.packing.model import Packing, Target
from truewheel.wheel import Limits, Sink, Written, canonicalize, write
from truewheel.world import core_count
from truewheel.world.archives import OpenArchive, open_archive
from truewheel.world.batch import Batch
from truewheel.world.packing import added_files, beside

_ON_DISK: Final = frozenset({DIRECTORY, FILE, "tar", "deb"})
"""The forms whose contents are read from disk each time, with no checksum of their own, as may be in a .deb."""

Told: TypeAlias = Callable[[str], None]
Failed: TypeAlias = Callable[[TruewheelError], None]


def _ignored(_: object) -> None:
    """Take what is told, and tell nobody."""


def pack(
    packing: Packing,
    folder: AnyPath,
    terms: PackTerms | None = None,
    *,
    dry_run: bool = False,
    finished: Told | None = None,
    failed: Failed | None = None,
) -> PackRun:
    """Make one wheel of each target, and write them into `folder`: all of them, or none.

    With `dry_run` everything is worked out and nothing is written. `finished` is told the label of each target when it
    is done, `failed` every error. As many targets are worked on at a time as ``terms.options`` names workers, by
    default one on each core. Raises the first error of the first target that has one.
    """
    work = _Work(packing, Path(folder), terms or PackTerms())
    work.demand_apart()
    if dry_run:
        return PackRun(_all(packing, work.measured, work.workers, finished, failed))
    with Batch(Path(folder)) as batch:
        return PackRun(_all(packing, partial(work.written, batch), work.workers, finished, failed))


def check_packed(
    packing: Packing,
    against: Against,
    terms: PackTerms | None = None,
    *,
    finished: Told | None = None,
    failed: Failed | None = None,
) -> PackRun:
    """Make the wheels in memory, and compare their hashes with those of the published ones. Nothing is written.

    Raises `RequestError` where the published ones can't be had; else as `pack`.
    """
    how = terms or PackTerms()
    place, known = published_wheels(packing.about, against, how)
    work = _Work(packing, against.folder or Path(), how)
    done = _all(packing, partial(work.compared, known, place), work.workers, finished, failed)
    made = {one.path.name for one in done}
    return PackRun(done, tuple(sorted(known.keys() - made)) if against.whole else ())


# --- all targets
def _all(
    packing: Packing,
    work: Callable[[Target], PackedTarget],
    workers: int,
    finished: Told | None,
    failed: Failed | None,
) -> tuple[PackedTarget, ...]:
    """The work for every target; all errors are told, and the first is raised."""
    tell_end, tell_error = finished or _ignored, failed or _ignored
    errors: list[TruewheelError] = []
    done: list[PackedTarget] = []
    with ThreadPoolExecutor(workers) as pool:
        futures: list[Future[PackedTarget]] = [pool.submit(_let_go, work, target) for target in packing.targets]
        try:
            for target, future in zip(packing.targets, futures, strict=True):
                try:
                    done.append(future.result())
                except TruewheelError as error:
                    errors.append(error)
                    tell_error(error)
                tell_end(target.label)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    if not errors and (clash := _clash(done)):
        errors.append(clash)
        tell_error(clash)
    if errors:
        raise errors[0]
    return tuple(done)


def _let_go(work: Callable[[Target], PackedTarget], target: Target) -> PackedTarget:
    """The work for a target. Its error forgets where it rose: errors are kept to the end, and would keep archives."""
    try:
        return work(target)
    except TruewheelError as error:
        error.__cause__ = error.__context__ = None
        raise error.with_traceback(None) from None


def _clash(done: Iterable[PackedTarget]) -> RequestError | None:
    """The error for the first two targets that make a wheel of the same name."""
    first: dict[str, PackedTarget] = {}
    for one in done:
        other = first.setdefault(one.path.name, one)
        if other is not one:
            return RequestError(
                f"the targets {other.label} and {one.label} both make {one.path.name}",
                where=Where(file=one.source),
                hint="leave one of them out, or tell them apart with plat",
            )
    return None


# --- one target
class _Work:
    """What is done for each target, by one thread."""

    def __init__(self, packing: Packing, folder: Path, terms: PackTerms) -> None:
        self._packing = packing
        self._folder = folder
        self._terms = terms
        self._project = Path(terms.project)
        self._places = terms.places or Places()
        self._how = terms.options or Options()
        self._limits = self._how.limits or Limits()
        cores = core_count() if self._how.workers is None else self._how.workers
        self.workers = max(1, min(cores, len(packing.targets)))
        self._threads = max(1, cores // self.workers)
        self._added = added_files(self._project, packing.added)
        self._beside = beside(self._project, packing.about.license_files or ())

    def demand_apart(self) -> None:
        """Raise `RequestError` where wheels would go into a folder that is packed: the next run would pack them too."""
        place = Path(os.path.realpath(self._folder))  # pathlib's resolve() raises errors for links in circles
        for target in self._packing.targets:
            source = self._project / target.source
            is_folder = not target.remote and os.path.isdir(source)  # noqa: PTH112  # it raises nothing
            if is_folder and place.is_relative_to(os.path.realpath(source)):
                raise RequestError(
                    f"the wheels would be written into it, to {self._folder}, and the next run would pack them",
                    where=Where(file=target.source),
                    hint="write into another folder: -w",
                )

    def written(self, batch: Batch, target: Target) -> PackedTarget:
        """Write the wheel of a target as a draft that takes its place when all are done."""
        with self._packed(target) as (source, packed):
            path = self._place(packed)
            draft = batch.draft(target.label)
            written = self._write(source, packed, draft)
            draft.commit_as(path)
            return replace(_described(target, source, packed, written, path), written=True)

    def measured(self, target: Target) -> PackedTarget:
        """What `written` would do."""
        with self._packed(target) as (source, packed):
            written = self._write(source, packed, Nowhere())
            return _described(target, source, packed, written, self._place(packed))

    def compared(self, known: Mapping[str, str], place: str, target: Target) -> PackedTarget:
        """The same, held against what is published."""
        with self._packed(target) as (source, packed):
            name = str(packed.wheel.name)
            sha256 = known.get(name, "")
            if name in known and not sha256:
                raise RequestError(
                    f"{place} has {name}, and tells no sha256 of it",
                    hint="download the wheels, and compare with their folder: --against",
                )
            written = self._write(source, packed, Nowhere())
            state = ABSENT if name not in known else SAME if sha256 == written.sha256 else DIFFERENT
            done = _described(target, source, packed, written, self._folder / name)
            return replace(done, published=Published(state, sha256, place))

    @contextmanager
    def _packed(self, target: Target) -> Iterator[tuple[OpenArchive, verb.Packed]]:
        """The packed wheel while its archive is open. Errors name the archive."""
        try:
            with (
                open_archive(
                    self._archive(target),
                    self._limits,
                    sha256=target.sha256,
                    called=_called(target) if target.remote else "",
                ) as opened,
                library_search(self._places) as libraries,
                mapper_of(self._threads) as mapper,
            ):
                yield opened, verb.pack(opened.archive, self._wanted(target), libraries, mapper=mapper)
        except TruewheelError as error:
            raise error.within(file=_called(target)) from None
        except MemoryError:
            raise RequestError("there is not enough memory for it", where=Where(file=_called(target))) from None

    def _archive(self, target: Target) -> Path:
        """The archive on this machine."""
        if not target.remote:
            return self._project / target.source
        from truewheel.index.artefacts import fetched  # noqa: PLC0415  # what only those need who have addresses
        from truewheel.index.client import Client  # noqa: PLC0415  # the same
        from truewheel.index.settings import load  # noqa: PLC0415  # the same

        settings = load(environment=os.environ, default=str, indexes=(target.source,), alone=True)
        with Client(settings, self._terms.cache, offline=self._terms.offline, limits=self._limits) as client:
            return fetched(client, target.source, target.sha256).path

    def _wanted(self, target: Target) -> verb.Wanted:
        places = self._places
        return verb.Wanted(
            about=self._packing.about,
            target=target,
            build=self._packing.build,
            added=self._added,
            beside=self._beside,
            derive_modes=self._how.derive_modes,
            exclude=Patterns(self._packing.exclude_libraries),
            graft=bool(places.lib_dirs or places.ldpaths or places.sysroot or places.host),
            bill=self._terms.bill,
            timestamp=self._how.timestamp,
            limits=self._limits,
        )

    def _place(self, packed: verb.Packed) -> Path:
        path = self._folder / str(packed.wheel.name)
        others = (self._project / each.source for each in self._packing.targets if not each.remote)
        if path.exists() and (taken := next((other for other in others if same_place(other, path)), None)):
            raise RequestError(
                f"the result would take the place of the archive {taken}", hint="write into another folder: -w"
            )
        return path

    def _write(self, source: OpenArchive, packed: verb.Packed, sink: Sink) -> Written:
        how = self._how
        return write(
            canonicalize(packed.wheel),
            sink,
            profile=how.profile,
            timestamp=how.timestamp,
            workers=self._threads,
            # The hashes in RECORD were computed a moment ago; what lies on disk may be something else by now.
            verify=source.archive.form in _ON_DISK,
        )


def _called(target: Target) -> str:
    """The archive as reports and errors name it: a password in its address is nobody's business."""
    return without_credentials(target.source) if target.remote else target.source


def _described(target: Target, source: OpenArchive, packed: verb.Packed, written: Written, path: Path) -> PackedTarget:
    return PackedTarget(
        label=target.label,
        source=_called(target),
        source_sha256=source.sha256,
        path=path,
        written=False,
        size=written.size,
        sha256=written.sha256 or "",
        tags=packed.tags,
        programs=packed.programs,
        licences=packed.licences,
        members=written.members,
        grafted=tuple(graft.member for graft in packed.plan.grafts),
        findings=packed.findings,
        idle=tuple(f"{one.setting} {one.pattern}" for one in packed.idle),
        copies=len(packed.copies),
        copied=sum(packed.copies),
    )
