"""Archives as trees of members, with how each of them is stored in words."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zlib import crc32

from truewheel.compare.model import Fact, Leaf, Tree
from truewheel.errors import RequestError
from truewheel.sdist import GzipHeader, Member, TarStored
from truewheel.wheel import Data, Entry, Stored

TIME: Final = "time"
MODE: Final = "mode"
METHOD: Final = "method"
LEVEL: Final = "level"
GZIP_TIME: Final = "gzip time"
SPECIAL: Final = "special file"
"""What a member of a directory is that isn't a file, a folder or a link: a named pipe, a socket, a device."""
FOLDERS: Final = "folder entries"
OTHER_TIMES: Final = "other times"
"""Of access and of change, which pax can hold."""

_SYSTEMS: Final = {0: "DOS", 3: "Unix", 7: "Macintosh", 10: "NTFS", 11: "MVS", 14: "VFAT", 19: "Darwin", 255: "unknown"}
_METHODS: Final = {0: "stored", 8: "deflated"}
_LEVELS: Final = {0: "normal", 1: "maximum", 2: "fast", 3: "super fast"}
"""What bits 1 and 2 of the flags say of deflate (APPNOTE 4.4.4)."""
_XFL: Final = {0: "not said", 2: "best", 4: "fastest"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LONGEST: Final = 160
_TIMES: Final = frozenset({"atime", "ctime"})
_TOLD: Final = frozenset({"gid", "gname", "linkpath", "mtime", "path", "size", "uid", "uname"})
"""Pax records whose values other facts tell."""
_MOST_SECONDS: Final = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Closed:
    """Content of a file that was closed: its size is known still."""

    size: int

    def read(self) -> Data:
        """Raise `RequestError`: it is too late."""
        raise RequestError("the file was closed after it was compared")

    def head(self, count: int) -> bytes:
        """Raise `RequestError`, as `read` does."""
        return bytes(self.read()[:count])


def zip_leaves(entries: Iterable[Entry]) -> tuple[Leaf, ...]:
    """The members of a zip, in its order."""
    return tuple(
        Leaf(entry.name, entry.executable, entry.content, () if entry.stored is None else zip_facts(entry.stored))
        for entry in entries
    )


def member_leaves(members: Iterable[Member]) -> tuple[Leaf, ...]:
    """The members of a source distribution or of a tar, in its order."""
    return tuple(
        Leaf(member.name, member.executable, member.content, _member_facts(member), member.link) for member in members
    )


def zip_facts(stored: Stored) -> tuple[Fact, ...]:
    """How a zip stores a member: one fact for each field that has no meaning for the contents."""
    return _zip_facts(stored[:7] + stored[10:12], stored.local_extra, stored.central_extra)


def gzip_facts(header: GzipHeader) -> tuple[Fact, ...]:
    """What a gzip stream says of itself (RFC 1952)."""
    return (
        Fact(GZIP_TIME, moment(header.mtime) if header.mtime else "none"),
        Fact("gzip name", header.name or "none"),
        Fact("gzip comment", header.comment or "none"),
        Fact("gzip system", _SYSTEMS.get(header.system, str(header.system))),
        Fact("gzip level", _XFL.get(header.level, str(header.level))),
        Fact("gzip flags", _gzip_flags(header)),
        Fact("gzip padding", f"{header.padding:,} bytes"),
    )


def tree_facts(directories: Iterable[str], records: Iterable[tuple[str, str]] = ()) -> tuple[Fact, ...]:
    """What an archive holds besides its members: entries for folders, one a line, and pax records of the whole."""
    folders = sorted(name.rstrip("/") for name in directories)
    said = [f"{key}={value}" for key, value in records]
    return (Fact(FOLDERS, "\n".join(folders)), Fact("pax records", _cut("\n".join(said)) or "none"))


def moment(seconds: int, fraction: str = "") -> str:
    """Seconds since 1970 as a time in UTC."""
    if not 0 <= seconds <= _MOST_SECONDS:
        return f"{seconds} seconds since 1970"
    time = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(" ")
    return f"{time}.{fraction}" if fraction.strip("0") else time


def without_contents(tree: Tree) -> Tree:
    """The side as a comparison keeps it: the bytes of its members belong to a file that is closed by then."""
    return replace(tree, leaves=tuple(replace(leaf, content=Closed(leaf.content.size)) for leaf in tree.leaves))


def _cut(text: str) -> str:
    """A text that isn't long, and is another one wherever the whole is."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text):,} letters, CRC-32 {crc32(text.encode('utf-8', 'surrogateescape')):08x})"


def _member_facts(member: Member) -> tuple[Fact, ...]:
    stored = member.stored
    if isinstance(stored, TarStored):
        return _tar_facts(stored._replace(header_offset=0, data_offset=0, archive=b""))
    return () if stored is None else zip_facts(stored)


def _gzip_flags(header: GzipHeader) -> str:
    said = (("text", header.text), (f"extra {_hex(header.extra)}", header.extra), ("checksum", header.checked))
    return ", ".join(word for word, there in said if there) or "none"


# Members are many and differ in few of these fields, so the facts of most are those of another.
@lru_cache(4096)
def _zip_facts(fields: tuple[int, ...], local_extra: bytes, central_extra: bytes) -> tuple[Fact, ...]:
    create, system, extract, flags, method, time, date, internal, external = fields
    dated = f"{1980 + (date >> 9)}-{date >> 5 & 15:02}-{date & 31:02}"
    clock = f"{time >> 11:02}:{time >> 5 & 63:02}:{(time & 31) * 2:02}"
    return (
        Fact(TIME, f"{dated} {clock}"),
        Fact(MODE, f"{external >> 16:o}"),
        Fact("DOS attributes", f"{external & 0xFFFF:#04x}"),
        Fact("internal attributes", f"{internal:#x}"),
        Fact("system", _SYSTEMS.get(system, str(system))),
        Fact("version made by", _version(create)),
        Fact("version needed", _version(extract)),
        Fact("flags", f"{flags & ~6:#06x}"),
        Fact(METHOD, _METHODS.get(method, str(method))),
        Fact(LEVEL, _LEVELS[flags >> 1 & 3]),
        Fact("local extra field", _hex(local_extra)),
        Fact("extra field", _hex(central_extra)),
    )


@lru_cache(4096)
def _tar_facts(stored: TarStored) -> tuple[Fact, ...]:
    return (
        Fact(TIME, moment(stored.mtime, stored.fraction)),
        Fact(MODE, f"{stored.mode:o}"),
        Fact("type", stored.typeflag),
        Fact("uid", str(stored.uid)),
        Fact("gid", str(stored.gid)),
        Fact("user", stored.uname or "none"),
        Fact("group", stored.gname or "none"),
        Fact("format", stored.format),
        Fact("hard link", stored.linkname if stored.typeflag == "1" else "none"),
        Fact("pax records", _cut(", ".join(key for key, _ in stored.records)) or "none"),
        Fact(OTHER_TIMES, _records(stored, _TIMES) or "none"),
        Fact("attributes", _records(stored, {key for key, _ in stored.records} - _TIMES - _TOLD) or "none"),
    )


def _records(stored: TarStored, keys: Container[str]) -> str:
    return _cut(", ".join(f"{key}={value}" for key, value in stored.records if key in keys))


def _version(number: int) -> str:
    return f"{number // 10}.{number % 10}"


def _hex(data: bytes) -> str:
    return _cut(data.hex()) or "none"
