"""The verb that makes one wheel of several: builds for single processors of macOS, fused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import truewheel.ops.fuse as verb
from truewheel.api.common import Advance, AnyPath, Options, elsewhere, ignore, write_canonical
from truewheel.errors import TruewheelError
from truewheel.findings import Finding
from truewheel.ops import Examination, Patterns, Tags, examine
from truewheel.wheel import demand, verify_record
from truewheel.world import OpenWheel, open_wheel, replacing


@dataclass(frozen=True, slots=True)
class Fused:
    """The outcome of `fuse`.

    ``path`` is the wheel that was written, or would be where ``written`` is false; ``size`` and ``sha256`` are None
    then. ``joined`` maps the fat files that were made to their architectures, ``alone`` the members that not all
    wheels hold to the sources that do. ``taken`` are members that differ and are the first wheel's. ``notes`` says in
    words what else was decided. ``tags`` is the verdict on the result, ``findings`` what is worth knowing of it.
    """

    sources: tuple[Path, ...]
    path: Path
    written: bool
    size: int | None
    sha256: str | None
    profile: str
    joined: dict[str, tuple[str, ...]]
    alone: dict[str, tuple[Path, ...]]
    taken: tuple[str, ...]
    notes: tuple[str, ...]
    tags: Tags
    findings: tuple[Finding, ...]


def fuse(
    paths: Sequence[AnyPath],
    folder: AnyPath,
    *,
    take_first: tuple[str, ...] = (),
    options: Options | None = None,
    dry_run: bool = False,
    occupied: Collection[Path] = (),
    advance: Advance = ignore,
) -> Fused:
    """Make one wheel of builds for several processors of macOS, and write it into `folder` under a true tag.

    Mach-O files of one path become one fat file; all others must be equal, but for those that match a glob of
    `take_first`, which the first wheel gives. With `dry_run` everything is worked out and nothing is written.
    Raises `RequestError` where the wheels don't fit together; the folder is as before then.
    """
    sources, how = tuple(map(Path, paths)), options or Options()
    request = verb.Request(Patterns(take_first), how.drop_signatures)
    with ExitStack() as stack:
        opened = [stack.enter_context(open_wheel(path, how.limits)) for path in sources]
        builds = [_verified(one, advance) for one in opened]
        try:
            done = verb.fuse(builds, request)
        except TruewheelError as error:
            raise error.within(file=", ".join(map(str, sources))) from None
        for one in opened:
            one.forget_pages()
        target = elsewhere(sources[0], Path(folder), str(done.wheel.name), [*occupied, *sources[1:]])
        if dry_run:
            return _fused(sources, target, done, how)
        with replacing(target) as file:
            written = write_canonical(done.wheel, file, how)
        return _fused(sources, target, done, how, size=written.size, sha256=written.sha256)


def _verified(opened: OpenWheel, advance: Advance) -> Examination:
    """The examination of a wheel whose RECORD is true to its contents, every byte."""
    try:
        demand(verify_record(opened.wheel, contents=True))
        examination = examine(opened.wheel)
    except TruewheelError as error:
        raise error.within(file=str(opened.path)) from None
    opened.forget_pages()
    advance(opened.size)
    return examination


def _fused(
    sources: tuple[Path, ...],
    target: Path,
    done: verb.Fusion,
    how: Options,
    *,
    size: int | None = None,
    sha256: str | None = None,
) -> Fused:
    return Fused(
        sources=sources,
        path=target,
        written=sha256 is not None,
        size=size,
        sha256=sha256,
        profile=how.profile.value,
        joined={joined.member: joined.archs for joined in done.joined},
        alone={alone.member: tuple(sources[number] for number in alone.wheels) for alone in done.alone},
        taken=done.taken,
        notes=done.notes,
        tags=done.tags,
        findings=done.findings,
    )
