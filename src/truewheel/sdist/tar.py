"""Any tar, read strictly, whatever it is for: ustar, pax, GNU tar's and those from before.

What two tools could understand in two ways is refused, and so are names that mean another place on some system
(`wheel.paths`), links that lead out of the archive, and everything that is no file, link or folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from truewheel.errors import LimitError, SdistError, WheelError, Where
from truewheel.sdist import pax
from truewheel.sdist.model import Member, Slice, Tarball, TarStored
from truewheel.sdist.tarentries import DIRECTORY, HARD_LINK, LINK, TarEntry, TarReader
from truewheel.sdist.tarlinks import check_links
from truewheel.wheel import Buffer, Limits
from truewheel.wheel.paths import read_names

_NOTHING: Final = Slice(b"", 0, 0)


def read_tar(buffer: Buffer, limits: Limits | None = None) -> Tarball:
    """The files, links and folders of the uncompressed tar in `buffer`, which fills it from its first byte to its last.

    Contents are slices of `buffer` and are of use as long as it is. A hard link is a file like the one that it leads
    to, which must stand before it. Raises `SdistError` for anything that is not as it should be, and `LimitError` for
    what `limits` (the defaults if None) doesn't allow.
    """
    limits = limits or Limits()
    reader = TarReader(buffer, limits)
    entries = [entry for entry in reader.entries() if not _is_root(entry)]
    names = _names(_once(entries), limits)
    folders, members = [], _Members(buffer, limits)
    for name, entry in names:
        if entry.kind == DIRECTORY:
            folders.append(name)
        else:
            members.add(name, entry)
    return Tarball(members.checked(), tuple(folders), reader.records, reader.end)


def _bare(name: bytes) -> bytes:
    """A name without the ``./`` that tar puts before names when it is given a dot."""
    while name.startswith(b"./"):
        name = name[2:].lstrip(b"/") if name != b"./" else b""
    return name


def _is_root(entry: TarEntry) -> bool:
    """Whether it is the folder that everything is in, the dot itself."""
    return entry.kind == DIRECTORY and _bare(entry.name) in {b"", b"."}


def _once(entries: Iterable[TarEntry]) -> list[tuple[bytes, TarEntry]]:
    """Names and entries, a folder that is named several times only once: it is no other folder then."""
    found: list[tuple[bytes, TarEntry]] = []
    folders: set[bytes] = set()
    for entry in entries:
        name = _bare(entry.name)
        if entry.kind == DIRECTORY:
            name = name.removesuffix(b"/") + b"/"
            if name in folders:
                continue
            folders.add(name)
        found.append((name, entry))
    return found


def _names(found: list[tuple[bytes, TarEntry]], limits: Limits) -> list[tuple[str, TarEntry]]:
    """The names as text, fit for any system, without the slash at the end of a folder's."""
    names = clean_names([name for name, _ in found], limits, lambda index: found[index][1].offset)
    return [(name.removesuffix("/"), entry) for name, (_, entry) in zip(names, found, strict=True)]


def clean_names(names: list[bytes], limits: Limits, offset: Callable[[int], int | None]) -> list[str]:
    """The names as text; a folder's ends in a slash. Raises `SdistError` where one is unfit or in another's way."""
    try:
        return read_names(names, limits, offset)
    except LimitError:
        raise
    except WheelError as error:
        raise SdistError(error.what, where=error.where, hint=error.hint) from None


class _Members:
    """Collects the files and links, and knows what hard links lead to."""

    def __init__(self, buffer: Buffer, limits: Limits) -> None:
        self._buffer = buffer
        self._limits = limits
        self._found: dict[str, Member] = {}
        self._total = 0

    def add(self, name: str, entry: TarEntry) -> None:
        """Add the member that comes next."""
        stored = _stored(entry, self._buffer)
        where = Where(member=name, offset=entry.offset)
        if entry.kind == LINK:
            member = Member(name, executable=False, content=_NOTHING, link=_target(entry, where), stored=stored)
        elif entry.kind == HARD_LINK:
            first = self._linked(entry, where)
            member = Member(name, first.executable, first.content, stored=stored)
        else:
            content = Slice(self._buffer, entry.data_offset, entry.size)
            member = Member(name, bool(entry.header.mode & 0o111), content, stored=stored)
        self._total += member.size
        if self._total > self._limits.total_size:
            raise self._limits.exceeded("total_size", f"the members have {self._total:,} bytes and more", where)
        self._found[name] = member

    def _linked(self, entry: TarEntry, where: Where) -> Member:
        """The file that a hard link leads to."""
        target = _bare(entry.linkname).decode("utf-8", errors="backslashreplace")
        first = self._found.get(target)
        if first is None or first.link:
            raise SdistError(f"the hard link leads to {target!r}, which is no file that stands before it", where=where)
        return first

    def checked(self) -> tuple[Member, ...]:
        """The members, once it is sure that links lead to places inside."""
        links = {name: member.link for name, member in self._found.items() if member.link}
        check_links(links, lambda name: offset_of(self._found[name]), self._limits)
        if self._total > self._limits.total_ratio_from and self._total > len(self._buffer) * self._limits.total_ratio:
            raise self._limits.exceeded(
                "total_ratio", f"hard links make {self._total:,} bytes of {len(self._buffer):,}"
            )
        return tuple(self._found.values())


def _target(entry: TarEntry, where: Where) -> str:
    """Where a symbolic link leads, as it is written."""
    if not entry.linkname:
        raise SdistError("the link leads to nothing at all", where=where)
    try:
        return entry.linkname.decode("utf-8")
    except UnicodeDecodeError:
        raise SdistError(f"where the link leads is not UTF-8: {entry.linkname[:100]!r}", where=where) from None


def offset_of(member: Member) -> int:
    """Where the headers of a member begin, for errors."""
    return member.stored.header_offset if member.stored else 0


def _stored(entry: TarEntry, buffer: Buffer) -> TarStored:
    """How the archive has it, for whoever wants to know."""
    header, facts, where = entry.header, entry.facts, Where(offset=entry.offset)
    mtime, fraction = pax.time(facts, header.mtime, where)
    return TarStored(
        entry.format,
        entry.kind,
        header.mode,
        pax.whole(facts, "uid", header.uid, where),
        pax.whole(facts, "gid", header.gid, where),
        facts.get("uname", _readable(header.uname)),
        facts.get("gname", _readable(header.gname)),
        mtime,
        fraction,
        entry.linkname.decode("utf-8", errors="surrogateescape"),
        entry.records,
        entry.offset,
        entry.data_offset,
        buffer,
    )


def _readable(name: bytes) -> str:
    return name.decode("utf-8", errors="backslashreplace")
