"""The canonical form of source distributions, for the verbs that take them beside wheels."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from truewheel.api.common import Normalized, Nowhere, Options, real, same_place
from truewheel.errors import RequestError, Where
from truewheel.sdist import canonical_sdist, differences, write
from truewheel.wheel import Profile
from truewheel.world.files import Draft, replacing
from truewheel.world.sdists import open_sdist


def canonical_name(source: Path, *, in_place: bool) -> str:
    """The name of the canonical form: that of a .tar.gz. Raises `RequestError` for a zip that would have to stay."""
    if not source.name.endswith(".zip"):
        return source.name
    if in_place:
        raise RequestError(
            "the canonical form of a zip is a .tar.gz, which can't take its place",
            where=Where(file=str(source)),
            hint="write it into a folder with -w",
        )
    return source.name.removesuffix(".zip") + ".tar.gz"


def normalize_sdist(source: Path, target: Path | None, how: Options) -> Normalized:
    """Write the canonical form of a source distribution to `target`; for None, only work out what it is.

    Raises `RequestError` for a profile that source distributions don't have, and `SdistError` where it is unsound.
    """
    if how.profile is not Profile.LD1:
        raise RequestError(
            f"a source distribution is compressed under the profile ld1 alone, not {how.profile.value}",
            where=Where(file=str(source)),
            hint="normalize wheels and source distributions in two steps",
        )
    place = real(source) if target == source else target
    writing: AbstractContextManager[Draft | None] = nullcontext() if place is None else replacing(place)
    with writing as file, open_sdist(source, how.limits) as opened:
        found = differences(opened.sdist, timestamp=how.timestamp) if file is None else ()
        written = write(canonical_sdist(opened.sdist), file or Nowhere(), timestamp=how.timestamp)
        same = written.sha256 == opened.sha256
        if file is not None and target is not None:
            file.wanted = not (same and same_place(source, target))
    return Normalized(
        source=source,
        path=target or source,
        changed=not same or (target or source).name != source.name,
        size=written.size,
        sha256=written.sha256 or "",
        profile=how.profile.value,
        differences=found,
    )
