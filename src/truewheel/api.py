"""The verbs on files: what the command line uses, and what other programs may import.

Every function takes a path, raises `TruewheelError` where it can't do its work, and leaves nothing behind
then. Values that come back hold no open file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from truewheel.errors import EncoderError, RequestError, Where
from truewheel.ops import (
    Audit,
    Depth,
    Mapper,
    audit,
    demand_same_tags,
    demanded_platforms,
    is_program,
    narrowed,
    own_timestamp,
    serially,
    true_platforms,
)
from truewheel.ops import retag as retag_wheel
from truewheel.wheel import (
    Limits,
    Normalizer,
    Profile,
    Sink,
    Wheel,
    Written,
    canonicalize,
    differences,
    executables_derived,
    payload_digest,
    write,
)
from truewheel.world import OpenWheel, core_count, file_sha256, open_wheel, replacing

AnyPath: TypeAlias = "str | PathLike[str]"
Advance: TypeAlias = Callable[[int], None]


def _ignore(_: int) -> None:
    """Take progress and tell nobody."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """The outcome of `normalize`, `check_normalized` or `retag`.

    ``path`` is the wheel that was written (or would be), ``changed`` whether its bytes or name differ from
    the input's, ``sha256`` that of the result. ``differences`` says in words what was not canonical in the
    input; only `check_normalized` looks for that.
    """

    source: Path
    path: Path
    changed: bool
    size: int
    sha256: str
    profile: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The digests of a wheel: of the file, and of what it holds (``truewheel-payload-1``).

    ``profile`` names the compression profile whose canonical bytes the file has, or is None where it has
    those of no profile.
    """

    file: str
    size: int
    sha256: str
    payload: str
    profile: str | None


def _is_canonical(opened: OpenWheel, profile: Profile, sha256: str) -> bool:
    """Whether the file has the canonical bytes of a profile, at whatever time its members carry."""
    wheel = opened.wheel
    timestamp = own_timestamp(wheel)
    if differences(wheel, profile, timestamp=timestamp):
        return False
    try:
        return write(wheel, _Nowhere(), profile=profile, timestamp=timestamp, workers=core_count()).sha256 == sha256
    except EncoderError:
        return False


@contextmanager
def _mapper(workers: int | None) -> Iterator[Mapper]:
    """A mapper over so many threads (all cores by default)."""
    count = core_count() if workers is None else workers
    if count <= 1:
        yield serially
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # 6 ms that one thread does without

    with ThreadPoolExecutor(count) as pool:
        yield pool.map


def show(
    path: AnyPath,
    *,
    contents: bool = False,
    limits: Limits | None = None,
    workers: int | None = None,
    advance: Advance = _ignore,
) -> Audit:
    """What is in a wheel, where it runs and why.

    By default only the zip's directory, the metadata and the tables of binaries are read; with `contents`
    every byte is verified and searched for traces of the build machine, and the digests are known.
    """
    with open_wheel(Path(path), limits) as opened:
        return _audit(opened, str(path), contents=contents, workers=workers, advance=advance)


def _audit(opened: OpenWheel, file: str, *, contents: bool, workers: int | None, advance: Advance) -> Audit:
    sha256 = file_sha256(opened) if contents else None
    opened.forget_pages()
    depth = Depth.CONTENTS if contents else Depth.TABLES

    # Reading tables is bound by the largest binary: one at a time keeps memory low, and is soon done.
    def done(count: int) -> None:
        opened.forget_pages()
        advance(count)

    with _mapper(workers if contents else 1) as mapper:
        return audit(opened.wheel, file=file, size=opened.size, sha256=sha256, depth=depth, mapper=mapper, advance=done)


def check(
    path: AnyPath,
    *,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    strict: bool = False,
    limits: Limits | None = None,
    workers: int | None = None,
    advance: Advance = _ignore,
) -> Audit:
    """The audit of a wheel, every byte read, with the findings of the selected rules."""
    full = show(path, contents=True, limits=limits, workers=workers, advance=advance)
    return narrowed(full, select, ignore, strict=strict)


@dataclass(frozen=True, slots=True)
class Options:
    """How a wheel is written.

    ``verify`` off goes with `Profile.KEEP` alone and copies members unseen. ``timestamp`` is in seconds since
    1970 UTC, None for the constant of the canonical form; ``derive_modes`` gives programs their execute bit by
    their first bytes, for wheels made on Windows. ``workers`` are threads, all cores by default.
    """

    profile: Profile = Profile.LD1
    verify: bool = True
    drop_signatures: bool = False
    derive_modes: bool = False
    timestamp: int | None = None
    workers: int | None = None
    limits: Limits | None = None


def normalize(
    path: AnyPath,
    folder: AnyPath | None = None,
    options: Options | None = None,
    *,
    occupied: Collection[Path] = (),
    advance: Advance = _ignore,
) -> Normalized:
    """Write the canonical form of a wheel into `folder`, or over the wheel itself where that is None.

    A wheel that is canonical already comes out as the same bytes, and is not touched in place. Raises
    `RequestError` where `folder` is the one that the wheel is in: replacing it has to be asked for. No result
    takes the place of a file in `occupied`, such as another input, or a result of the same run.
    """
    source = Path(path)
    target = source if folder is None else _elsewhere(source, Path(folder), source.name, occupied)
    return _rewrite(source, target, options or Options(), (), advance)


def check_normalized(path: AnyPath, options: Options | None = None, *, advance: Advance = _ignore) -> Normalized:
    """What `normalize` would do, without writing anything."""
    source, how = Path(path), options or Options()
    with open_wheel(source, how.limits) as opened:
        before, found = file_sha256(opened), differences(opened.wheel, how.profile, timestamp=how.timestamp)
        written = _write(opened.wheel, _Nowhere(), how)
        advance(opened.size)
    changed = written.sha256 != before
    return Normalized(source, source, changed, written.size, written.sha256 or "", how.profile.value, found)


def retag(
    path: AnyPath,
    folder: AnyPath,
    *,
    platforms: tuple[str, ...] = (),
    rename_only: bool = False,
    options: Options | None = None,
    occupied: Collection[Path] = (),
    advance: Advance = _ignore,
) -> Normalized:
    """Write a wheel for other platforms into `folder`: name, WHEEL and RECORD agree, the rest is canonical.

    Without `platforms`, for the lowest that are true of its binaries. With `rename_only` the same bytes under
    the new name, which is possible only where WHEEL says the same already.

    A wheel that says so already, in the folder where it is, is left alone. Raises `RequestError` for platforms
    that promise more than the binaries keep, and where the result would replace the wheel or a file in `occupied`.
    """
    source, how = Path(path), options or Options()
    with open_wheel(source, how.limits) as opened:
        tags = _audit(opened, str(path), contents=False, workers=1, advance=advance).tags
        chosen = demanded_platforms(platforms, tags) if platforms else true_platforms(tags)
        name = opened.wheel.name.with_platforms(chosen)
        says_so = retag_wheel(opened.wheel, chosen) == opened.wheel
        if says_so and _same_place(source, Path(folder) / str(name)):
            return Normalized(source, source, False, opened.size, file_sha256(opened), "as it is", ())
        if rename_only:
            demand_same_tags(opened.wheel, name)
    target = _elsewhere(source, Path(folder), str(name), occupied)
    if rename_only:
        return _copy(source, target, how)
    return _rewrite(source, target, how, (lambda wheel: retag_wheel(wheel, chosen),), advance)


def digest(path: AnyPath, *, limits: Limits | None = None, advance: Advance = _ignore) -> Digest:
    """The digests of a wheel, both over the bytes that are there, whatever RECORD says of them."""
    with open_wheel(Path(path), limits) as opened:
        sha256 = file_sha256(opened)
        form = next((p.value for p in (Profile.LD1, Profile.ZLIB6) if _is_canonical(opened, p, sha256)), None)
        payload = payload_digest(opened.wheel, trust_record=form is not None)
        advance(opened.size)
        return Digest(str(path), opened.size, sha256, payload, form)


def _real(path: Path) -> Path:
    """What a link leads to: in place means there, and not that the link becomes a file."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links: opening it says so
        return path


def _same_place(source: Path, target: Path) -> bool:
    try:
        return source.samefile(target)
    except (OSError, ValueError):  # one of them isn't there
        return False


def _elsewhere(source: Path, folder: Path, name: str, occupied: Collection[Path]) -> Path:
    """The path of a result that takes nobody's place. Raises `RequestError` where it would."""
    target = folder / name
    taken = next((path for path in occupied if path != source and (path == target or _same_place(path, target))), None)
    if taken is not None:
        raise RequestError(
            f"the result would take the place of {taken}",
            where=Where(file=str(source)),
            hint="write one of the two into another folder with -w",
        )
    if _same_place(source, target):
        raise RequestError(
            "the result would take the place of the wheel itself",
            where=Where(file=str(source)),
            hint="write into another folder with -w, or say `normalize --in-place`",
        )
    return target


class _Nowhere:
    """A sink that keeps nothing."""

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Forget `data`."""


def _write(wheel: Wheel, sink: Sink, how: Options, steps: tuple[Normalizer, ...] = ()) -> Written:
    if how.derive_modes:
        steps = (executables_derived(is_program), *steps)
    canonical = canonicalize(wheel, drop_signatures=how.drop_signatures, also=steps)
    # Copying streams unseen is nothing that threads could do faster.
    alone = how.profile is Profile.KEEP and not how.verify
    workers = 1 if alone else core_count() if how.workers is None else how.workers
    return write(canonical, sink, profile=how.profile, timestamp=how.timestamp, workers=workers, verify=how.verify)


def _rewrite(source: Path, target: Path, how: Options, steps: tuple[Normalizer, ...], advance: Advance) -> Normalized:
    """Write `source` to `target` after the steps; the file is closed before its name is taken by the result."""
    with replacing(_real(target) if target == source else target) as file, open_wheel(source, how.limits) as opened:
        written = _write(opened.wheel, file, how, steps)
        # Hashing the input is saved where the sizes differ already.
        same = written.size == opened.size and written.sha256 == file_sha256(opened)
        file.wanted = not (same and _same_place(source, target))
        advance(opened.size)
    changed = not same or source.name != target.name
    return Normalized(source, target, changed, written.size, written.sha256 or "", how.profile.value, ())


def _copy(source: Path, target: Path, how: Options) -> Normalized:
    """The same bytes under another name."""
    with replacing(target) as file, open_wheel(source, how.limits) as opened:
        with memoryview(opened.mapping) as view:
            file.write(view)
        sha256 = file_sha256(opened)
        return Normalized(source, target, source.name != target.name, opened.size, sha256, "as it is", ())
