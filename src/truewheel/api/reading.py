"""Verbs that look at wheels: what is inside, what is wrong, which digests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from truewheel.api.common import Advance, AnyPath, Nowhere, ignore, mapper_of
from truewheel.errors import EncoderError
from truewheel.ops import Audit, Depth, Patterns, audit, narrowed, own_timestamp
from truewheel.wheel import Limits, Profile, differences, payload_digest, write
from truewheel.world import OpenWheel, core_count, file_sha256, open_wheel


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


def show(
    path: AnyPath,
    *,
    contents: bool = False,
    exclude: tuple[str, ...] = (),
    limits: Limits | None = None,
    workers: int | None = None,
    advance: Advance = ignore,
) -> Audit:
    """What is in a wheel, where it runs and why. Libraries that match a glob of `exclude` come from elsewhere.

    By default only the zip's directory, the metadata and the tables of binaries are read; with `contents`
    every byte is verified and searched for traces of the build machine, and the digests are known.
    """
    with open_wheel(Path(path), limits) as opened:
        return audited(opened, str(path), contents=contents, exclude=exclude, workers=workers, advance=advance)


def check(
    path: AnyPath,
    *,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    strict: bool = False,
    exclude: tuple[str, ...] = (),
    limits: Limits | None = None,
    workers: int | None = None,
    advance: Advance = ignore,
) -> Audit:
    """The audit of a wheel, every byte read, with the findings of the selected rules."""
    full = show(path, contents=True, exclude=exclude, limits=limits, workers=workers, advance=advance)
    return narrowed(full, select, ignore, strict=strict)


def digest(path: AnyPath, *, limits: Limits | None = None, advance: Advance = ignore) -> Digest:
    """The digests of a wheel, both over the bytes that are there, whatever RECORD says of them."""
    with open_wheel(Path(path), limits) as opened:
        sha256 = file_sha256(opened)
        form = next((p.value for p in (Profile.LD1, Profile.ZLIB6) if _is_canonical(opened, p, sha256)), None)
        payload = payload_digest(opened.wheel, trust_record=form is not None)
        advance(opened.size)
        return Digest(str(path), opened.size, sha256, payload, form)


def audited(
    opened: OpenWheel, file: str, *, contents: bool, exclude: tuple[str, ...], workers: int | None, advance: Advance
) -> Audit:
    """The audit of an open wheel, libraries that match `exclude` aside."""
    sha256 = file_sha256(opened) if contents else None
    opened.forget_pages()
    depth = Depth.CONTENTS if contents else Depth.TABLES

    # Reading tables is bound by the largest binary: one at a time keeps memory low, and is soon done.
    def done(count: int) -> None:
        opened.forget_pages()
        advance(count)

    with mapper_of(workers if contents else 1) as mapper:
        return audit(
            opened.wheel,
            file=file,
            size=opened.size,
            sha256=sha256,
            depth=depth,
            mapper=mapper,
            advance=done,
            brought=Patterns(exclude).mean,
        )


def _is_canonical(opened: OpenWheel, profile: Profile, sha256: str) -> bool:
    """Whether the file has the canonical bytes of a profile, at whatever time its members carry."""
    wheel = opened.wheel
    timestamp = own_timestamp(wheel)
    if differences(wheel, profile, timestamp=timestamp):
        return False
    try:
        return write(wheel, Nowhere(), profile=profile, timestamp=timestamp, workers=core_count()).sha256 == sha256
    except EncoderError:
        return False
