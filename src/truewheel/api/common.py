"""What the verbs on files share: how a wheel is written, and where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from truewheel.errors import RequestError, Where
from truewheel.wheel import (
    Limits,
    Mapper,
    Normalizer,
    Profile,
    Sink,
    Wheel,
    Written,
    canonicalize,
    executables_derived,
    serially,
    write,
)
from truewheel.world import core_count, file_sha256, open_wheel, replacing

AnyPath: TypeAlias = "str | PathLike[str]"
Advance: TypeAlias = Callable[[int], None]


def ignore(_: int) -> None:
    """Take progress and tell nobody."""


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


def is_sdist(path: Path) -> bool:
    """Whether a path is named as source distributions are (PEP 625), or were before it."""
    return path.name.endswith((".tar.gz", ".zip"))


def real(path: Path) -> Path:
    """What a link leads to: in place means there, and not that the link becomes a file."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links: opening it says so
        return path


def same_place(source: Path, target: Path) -> bool:
    """Whether two paths are one file."""
    try:
        return source.samefile(target)
    except (OSError, ValueError):  # one of them isn't there
        return False


def elsewhere(source: Path, folder: Path, name: str, occupied: Collection[Path]) -> Path:
    """The path of a result that takes nobody's place. Raises `RequestError` where it would."""
    target = folder / name
    taken = next((path for path in occupied if path != source and (path == target or same_place(path, target))), None)
    if taken is not None:
        raise RequestError(
            f"the result would take the place of {taken}",
            where=Where(file=str(source)),
            hint="write one of the two into another folder with -w",
        )
    if same_place(source, target):
        raise RequestError(
            "the result would take the place of the wheel itself",
            where=Where(file=str(source)),
            hint="write into another folder with -w, or say `normalize --in-place`",
        )
    return target


@contextmanager
def mapper_of(workers: int | None) -> Iterator[Mapper]:
    """A mapper over so many threads (all cores by default)."""
    count = core_count() if workers is None else workers
    if count <= 1:
        yield serially
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # 6 ms that one thread does without

    with ThreadPoolExecutor(count) as pool:
        yield pool.map


class Nowhere:
    """A sink that keeps nothing."""

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Forget `data`."""


def write_canonical(wheel: Wheel, sink: Sink, how: Options, steps: tuple[Normalizer, ...] = ()) -> Written:
    """Write the canonical form of a wheel after the steps, as the options say."""
    if how.derive_modes:
        from truewheel.ops import is_program  # noqa: PLC0415  # for wheels made on Windows alone

        steps = (executables_derived(is_program), *steps)
    canonical = canonicalize(wheel, drop_signatures=how.drop_signatures, also=steps)
    # Copying streams unseen is nothing that threads could do faster.
    alone = how.profile is Profile.KEEP and not how.verify
    workers = 1 if alone else core_count() if how.workers is None else how.workers
    return write(canonical, sink, profile=how.profile, timestamp=how.timestamp, workers=workers, verify=how.verify)


def copied(source: Path, target: Path, how: Options) -> Normalized:
    """The same bytes under another name."""
    with replacing(target) as file, open_wheel(source, how.limits) as opened:
        with memoryview(opened.mapping) as view:
            file.write(view)
        sha256 = file_sha256(opened)
        return Normalized(source, target, source.name != target.name, opened.size, sha256, "as it is", ())
