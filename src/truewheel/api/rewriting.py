"""Verbs that write a wheel anew with nothing but names, tags and form changed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from truewheel.api.common import (
    Advance,
    AnyPath,
    Normalized,
    Nowhere,
    Options,
    copied,
    elsewhere,
    ignore,
    is_sdist,
    real,
    same_place,
    write_canonical,
)
from truewheel.api.reading import audited
from truewheel.ops import demand_same_tags, demanded_platforms, true_platforms
from truewheel.ops import retag as retag_wheel
from truewheel.wheel import Normalizer, differences
from truewheel.world import file_sha256, open_wheel, replacing


def normalize(
    path: AnyPath,
    folder: AnyPath | None = None,
    options: Options | None = None,
    *,
    occupied: Collection[Path] = (),
    advance: Advance = ignore,
) -> Normalized:
    """Write the canonical form of a wheel or sdist into `folder`, or over the file itself where that is None.

    A wheel that is canonical already comes out as the same bytes, and is not touched in place. Raises
    `RequestError` where `folder` is the one that the wheel is in: replacing it has to be asked for. No result
    takes the place of a file in `occupied`, such as another input, or a result of the same run.
    """
    source, how = Path(path), options or Options()
    if is_sdist(source):
        from truewheel.api.sdists import canonical_name, normalize_sdist  # noqa: PLC0415  # for sdists alone: 15 ms

        name = canonical_name(source, in_place=folder is None)
        target = source if folder is None else elsewhere(source, Path(folder), name, occupied)
        return normalize_sdist(source, target, how)
    target = source if folder is None else elsewhere(source, Path(folder), source.name, occupied)
    return _rewrite(source, target, how, (), advance)


def check_normalized(path: AnyPath, options: Options | None = None, *, advance: Advance = ignore) -> Normalized:
    """What `normalize` would do, without writing anything."""
    source, how = Path(path), options or Options()
    if is_sdist(source):
        from truewheel.api.sdists import normalize_sdist  # noqa: PLC0415  # as above

        return normalize_sdist(source, None, how)
    with open_wheel(source, how.limits) as opened:
        before, found = file_sha256(opened), differences(opened.wheel, how.profile, timestamp=how.timestamp)
        written = write_canonical(opened.wheel, Nowhere(), how)
        advance(opened.size)
    changed = written.sha256 != before
    return Normalized(source, source, changed, written.size, written.sha256 or "", how.profile.value, found)


def retag(
    path: AnyPath,
    folder: AnyPath,
    *,
    platforms: tuple[str, ...] = (),
    rename_only: bool = False,
    exclude: tuple[str, ...] = (),
    options: Options | None = None,
    occupied: Collection[Path] = (),
    advance: Advance = ignore,
) -> Normalized:
    """Write a wheel for other platforms into `folder`: name, WHEEL and RECORD agree, the rest is canonical.

    Without `platforms`, for the lowest that are true of its binaries, libraries that match `exclude` aside. With
    `rename_only` the same bytes under the new name, which is possible only where WHEEL says the same already.

    A wheel that says so already, in the folder where it is, is left alone. Raises `RequestError` for platforms
    that promise more than the binaries keep, and where the result would replace the wheel or a file in `occupied`.
    """
    source, how = Path(path), options or Options()
    with open_wheel(source, how.limits) as opened:
        tags = audited(opened, str(path), contents=False, exclude=exclude, workers=1, advance=advance).tags
        chosen = demanded_platforms(platforms, tags) if platforms else true_platforms(tags)
        name = opened.wheel.name.with_platforms(chosen)
        says_so = retag_wheel(opened.wheel, chosen) == opened.wheel
        if says_so and same_place(source, Path(folder) / str(name)):
            return Normalized(source, source, False, opened.size, file_sha256(opened), "as it is", ())
        if rename_only:
            demand_same_tags(opened.wheel, name)
    target = elsewhere(source, Path(folder), str(name), occupied)
    if rename_only:
        return copied(source, target, how)
    return _rewrite(source, target, how, (lambda wheel: retag_wheel(wheel, chosen),), advance)


def _rewrite(source: Path, target: Path, how: Options, steps: tuple[Normalizer, ...], advance: Advance) -> Normalized:
    """Write `source` to `target` after the steps; the file is closed before its name is taken by the result."""
    with replacing(real(target) if target == source else target) as file, open_wheel(source, how.limits) as opened:
        written = write_canonical(opened.wheel, file, how, steps)
        # Hashing the input is saved where the sizes differ already.
        same = written.size == opened.size and written.sha256 == file_sha256(opened)
        file.wanted = not (same and same_place(source, target))
        advance(opened.size)
    changed = not same or source.name != target.name
    return Normalized(source, target, changed, written.size, written.sha256 or "", how.profile.value, ())
