"""What keeps a source distribution's archive from canonical form, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from truewheel.sdist.canonical import stamp
from truewheel.sdist.model import GzipHeader, Member, Sdist, TarStored
from truewheel.sdist.name import TAR_GZ
from truewheel.sdist.tarformat import BLOCK, RECORD, padded
from truewheel.sdist.tarwriter import headers, mode_of

_EXAMPLES: Final = 3
_CANONICAL_GZIP: Final = GzipHeader(0, "", "", 255, 0)


def differences(sdist: Sdist, *, timestamp: int | None = None) -> tuple[str, ...]:
    """Sentences, one for each way in which the archive differs from the canonical one; none if it doesn't.

    Only headers and order are looked at, not how well the bytes are compressed: an archive without differences in
    words can still have been compressed by another library, which `Written.sha256` tells. Members that come from no
    archive have nothing that could differ.
    """
    if sdist.name.suffix != TAR_GZ:
        return ("a zip, not a .tar.gz",)
    found = [*_of_gzip(sdist.gzip), *_of_whole(sdist)]
    stored = [(member, member.stored) for member in sdist.members if isinstance(member.stored, TarStored)]
    time, named = stamp(timestamp), set[str]()
    for words, differs in _HEADERS:
        names = [member.name for member, how in stored if differs(member, how, time)]
        found += _counted(words.format(_written(time)), names)
        named.update(names)
    others = [member.name for member, how in stored if member.name not in named and _other(member, how, time)]
    return (*found, *_counted("other fields of the header", others))


def _of_gzip(header: GzipHeader | None) -> Iterator[str]:
    """What the header of the gzip stream says that it shouldn't."""
    if header is None or header == _CANONICAL_GZIP:
        return
    if header.mtime:
        yield f"a time in the gzip header: {_written(header.mtime)}"
    if header.name or header.comment:
        yield f"a name or comment in the gzip header: {header.name or header.comment}"
    if header.padding:
        yield f"zeros behind the gzip stream: {header.padding:,}"
    plain = header._replace(mtime=0, name="", comment="", padding=0)
    if plain != _CANONICAL_GZIP:
        yield f"other fields of the gzip header (OS {header.system}, XFL {header.level})"


def _of_whole(sdist: Sdist) -> Iterator[str]:
    """What differs besides single members."""
    if sdist.directories:
        yield f"entries for folders: {len(sdist.directories)}"
    if sdist.records:
        yield f"pax records about all members: {', '.join(key for key, _ in sdist.records)}"
    names = [member.name for member in sdist.members]
    if names != sorted(names):
        yield "members in another order"
    if sdist.tar_size is not None:
        end = max((_end(member) for member in sdist.members), default=0) + 2 * BLOCK
        if sdist.tar_size != -(-end // RECORD) * RECORD and not sdist.directories:
            yield f"another number of zeros at the end than it takes to fill {RECORD:,} bytes"


def _end(member: Member) -> int:
    """Where the member's blocks end in its tar."""
    stored = member.stored
    if not isinstance(stored, TarStored):
        return 0
    return stored.data_offset + (padded(member.size) if stored.typeflag == "0" else 0)


_Test = Callable[[Member, TarStored, int], bool]


def _at_another_time(_: Member, stored: TarStored, time: int) -> bool:
    return (stored.mtime, stored.fraction) != (time, "")


def _with_another_mode(member: Member, stored: TarStored, _: int) -> bool:
    return stored.mode != mode_of(member)


def _with_an_owner(_member: Member, stored: TarStored, _: int) -> bool:
    return (stored.uid, stored.gid, stored.uname, stored.gname) != (0, 0, "", "")


def _hard_link(_member: Member, stored: TarStored, _: int) -> bool:
    return stored.typeflag == "1"


def _of_another_format(_member: Member, stored: TarStored, _: int) -> bool:
    return stored.format in {"gnu", "v7"}


_HEADERS: Final[tuple[tuple[str, _Test], ...]] = (
    ("hard links", _hard_link),
    ("another format than pax", _of_another_format),
    ("other modes", _with_another_mode),
    ("an owner", _with_an_owner),
    ("another time than {}", _at_another_time),
)


def _other(member: Member, stored: TarStored, time: int) -> bool:
    """Whether the header, or what fills the last block, differs in anything else."""
    end = _end(member)
    with memoryview(stored.archive) as view:
        written = bytes(view[stored.header_offset : stored.data_offset])
        filling = bytes(view[end - padded(member.size) + member.size : end])
    return written != headers(member, time) or any(filling)


def _written(seconds: int) -> str:
    """A time that a gzip header or a zip can say, in UTC."""
    return f"{dt.datetime.fromtimestamp(seconds, dt.timezone.utc):%Y-%m-%d %H:%M:%S}"


def _counted(words: str, names: list[str]) -> list[str]:
    """A sentence with a number and the first names, if there are any names."""
    if not names:
        return []
    more = ", …" if len(names) > _EXAMPLES else ""
    return [f"{words}: {len(names)} member{'s' if len(names) > 1 else ''} ({', '.join(names[:_EXAMPLES])}{more})"]
