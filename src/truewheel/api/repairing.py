"""The verb that grafts: what `repair` is asked for, where it looks, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import truewheel.ops.repair as verb
from truewheel.api.common import Advance, AnyPath, Options, elsewhere, ignore, write_canonical
from truewheel.api.libraries import Places, library_search
from truewheel.findings import Finding
from truewheel.ops import Patterns, Tags, examine
from truewheel.ops.demands import architectures
from truewheel.ops.libraries import Libraries
from truewheel.ops.plan import Changes, Plan
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Limits, Profile, Wheel, demand, settle_signatures, verify_record
from truewheel.world import OpenWheel, file_sha256, open_wheel, replacing


@dataclass(frozen=True, slots=True)
class Wants:
    """What `repair` is asked for.

    ``platforms`` are tags that the wheel must be true to (with ``only``: it gets no lower ones); empty for
    whatever comes out. ``exclude`` and ``include`` are globs for libraries, left to other packages or carried though
    nothing asks for them. ``folder`` is the suffix of the folder for grafts, None for the usual one. ``bill`` adds a
    bill of materials.

    For Linux, ``expand_relr`` of None writes DT_RELR out for musl, whose older loaders ignore it. ``keep_exec_stack``
    leaves stacks executable. ``strip`` takes symbol tables and debug information out.

    For macOS, ``archs`` are architectures that every Mach-O file must have, and ``macos`` is the oldest release that
    the wheel must run on. ``resign`` lets signatures of somebody's identity be replaced by ad hoc ones, without their
    entitlements; ``keep_rpaths`` leaves run paths that name the build machine.

    For Windows, ``no_mangle`` are globs for DLLs that keep their names, and ``namespaces`` the packages (``a.b``)
    whose ``__init__.py`` belongs to other distributions too, and is left alone.
    """

    platforms: tuple[str, ...] = ()
    only: bool = False
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    folder: str | None = None
    expand_relr: bool | None = None
    keep_exec_stack: bool = False
    bill: bool = False
    strip: bool = False
    archs: tuple[str, ...] = ()
    macos: tuple[int, ...] | None = None
    resign: bool = False
    keep_rpaths: bool = False
    no_mangle: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repaired:
    """The outcome of `repair`.

    ``path`` is the wheel that was written, or would be where ``written`` is false; ``changed`` tells whether bytes
    or name differ from the input's, or where nothing was written, whether there is anything to repair. ``size`` and
    ``sha256`` are None then. ``before`` and ``after`` are the verdicts on the tags of both.
    """

    source: Path
    path: Path
    written: bool
    changed: bool
    size: int | None
    sha256: str | None
    profile: str
    plan: Plan[Changes]
    before: Tags
    after: Tags
    findings: tuple[Finding, ...]


def repair(
    path: AnyPath,
    folder: AnyPath,
    wants: Wants | None = None,
    places: Places | None = None,
    *,
    options: Options | None = None,
    dry_run: bool = False,
    occupied: Collection[Path] = (),
    advance: Advance = ignore,
) -> Repaired:
    """Graft the libraries that a wheel lacks, edit what must find them, and write it into `folder` under true tags.

    With `dry_run` everything is worked out and nothing is written. A wheel with nothing to repair comes out in
    canonical form, or as it is with `Profile.KEEP`. Raises `RequestError` where a library is missing or a demanded
    platform can't be kept; the folder is as before then.
    """
    source, how, wanted = Path(path), options or Options(), wants or Wants()
    with library_search(places or Places()) as libraries, open_wheel(source, how.limits) as opened:
        done = _repair_wheel(opened, libraries, wanted, how)
        target = elsewhere(source, Path(folder), str(done.wheel.name), occupied)
        advance(opened.size)
        if dry_run:
            changed = _differs(opened.wheel, done.wheel)
            return _repaired(source, target, done, how, changed=changed)
        as_it_is = how.profile is Profile.KEEP and not _differs(opened.wheel, done.wheel)
        if as_it_is and how.verify:
            demand(verify_record(opened.wheel, contents=True))
        with replacing(target) as file:
            if as_it_is:
                with memoryview(opened.mapping) as view:
                    file.write(view)
                size, sha256 = opened.size, file_sha256(opened)
            else:
                written = write_canonical(done.wheel, file, how)
                size, sha256 = written.size, written.sha256 or ""
        advance(opened.size)
        changed = source.name != target.name or sha256 != file_sha256(opened)
        return _repaired(source, target, done, how, changed=changed, size=size, sha256=sha256)


def _repair_wheel(opened: OpenWheel, libraries: Libraries, wants: Wants, how: Options) -> verb.Repair:
    exclude = Patterns(wants.exclude)
    wishes = Wishes(
        exclude=exclude,
        include=Patterns(wants.include),
        folder=wants.folder,
        expand_relr=wants.expand_relr,
        keep_exec_stack=wants.keep_exec_stack,
        limits=how.limits or Limits(),
        strip=wants.strip,
        resign=wants.resign,
        keep_rpaths=wants.keep_rpaths,
        no_mangle=Patterns(wants.no_mangle),
        namespaces=wants.namespaces,
    )
    request = verb.Request(
        wishes,
        platforms=wants.platforms,
        only=wants.only,
        archs=architectures(wants.archs),
        macos=wants.macos,
        bill=wants.bill,
        timestamp=how.timestamp,
    )
    examination = examine(opened.wheel, brought=exclude.mean)
    opened.forget_pages()
    done = verb.repair(examination, libraries, request)
    return replace(done, wheel=settle_signatures(opened.wheel, done.wheel, drop=how.drop_signatures))


def _differs(before: Wheel, after: Wheel) -> bool:
    """Whether a repair had anything to do."""
    return before.name != after.name or before.entries != after.entries


def _repaired(
    source: Path,
    target: Path,
    done: verb.Repair,
    how: Options,
    *,
    changed: bool,
    size: int | None = None,
    sha256: str | None = None,
) -> Repaired:
    return Repaired(
        source=source,
        path=target,
        written=sha256 is not None,
        changed=changed,
        size=size,
        sha256=sha256,
        profile=how.profile.value,
        plan=done.plan,
        before=done.before,
        after=done.after,
        findings=done.findings,
    )
