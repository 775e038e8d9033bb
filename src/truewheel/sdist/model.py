"""A source distribution as a value: named members with bytes, or links, and how an archive happened to store them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from truewheel.errors import SdistError
from truewheel.sdist.name import SdistName
from truewheel.wheel import Buffer, Content, Named, Stored

PKG_INFO = "PKG-INFO"


@dataclass(frozen=True, slots=True)
class Slice:
    """Content that is a part of a larger buffer, such as an unpacked tar; nothing is copied until it is read."""

    buffer: Buffer
    offset: int
    size: int

    @property
    def view(self) -> memoryview:
        """The bytes, as a new view into the buffer."""
        return memoryview(self.buffer)[self.offset : self.offset + self.size]

    def read(self) -> bytes:
        """All bytes, as a copy."""
        return bytes(self.view)

    def head(self, count: int) -> bytes:
        """The first `count` bytes, or fewer if there are no more."""
        return bytes(self.view[:count])


class TarStored(NamedTuple):
    """How a tar stored a member: everything that has no meaning, and that is compared by nobody.

    ``format`` is v7, ustar, gnu or pax (a ustar header with pax records), ``typeflag`` the letter of POSIX, and
    ``mode`` that of the header, permissions and more. ``mtime`` is in whole seconds since 1970, rounded down;
    ``fraction`` holds the digits behind the point that a pax record gives. ``linkname`` is where a link leads, as it
    is written. ``records`` are the member's own pax records in their order. Offsets count from the start of
    ``archive``, which is the unpacked tar: ``header_offset`` is that of the first header that is about the member.
    """

    format: str
    typeflag: str
    mode: int
    uid: int
    gid: int
    uname: str
    gname: str
    mtime: int
    fraction: str
    linkname: str
    records: tuple[tuple[str, str], ...]
    header_offset: int
    data_offset: int
    archive: Buffer

    def __repr__(self) -> str:
        return f"TarStored(format={self.format!r}, typeflag={self.typeflag!r}, header_offset={self.header_offset:#x})"


class GzipHeader(NamedTuple):
    """What a gzip stream says of itself (RFC 1952): ``mtime`` in seconds since 1970 (0 for none), the name of the file.

    ``system`` is the OS byte (3 Unix, 255 unknown), ``level`` the XFL byte (2 best, 4 fastest), ``text`` the FTEXT
    flag. ``padding`` counts the zeros behind the end of the stream.
    """

    mtime: int
    name: str
    comment: str
    system: int
    level: int
    text: bool = False
    extra: bytes = b""
    checked: bool = False
    """Whether the header carries a checksum of itself (FHCRC)."""
    padding: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Member(Named):
    """A regular file of an archive, or a symbolic link where ``link`` says where it leads.

    Equal when name, executable bit, link and bytes are. A hard link is a file like the one it leads to; a symbolic one
    has no bytes.
    """

    name: str
    executable: bool
    content: Content
    link: str = ""
    stored: TarStored | Stored | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Member):
            return NotImplemented
        mine = self.name, self.executable, self.link, self.size
        theirs = other.name, other.executable, other.link, other.size
        return mine == theirs and (self.content is other.content or self.read() == other.read())

    def __hash__(self) -> int:
        return hash((self.name, self.executable, self.link, self.size))


@dataclass(frozen=True, slots=True)
class Tarball:
    """What a tar holds: files and links in archive order, and the names of its folders' own entries.

    Names have no ``./`` before them and no slash at their end. ``records`` are the pax records of the whole archive,
    such as the ``comment`` in which git names a commit. ``size`` in bytes is that of the tar up to its end, zeros
    included.
    """

    members: tuple[Member, ...]
    directories: tuple[str, ...] = ()
    records: tuple[tuple[str, str], ...] = ()
    size: int = 0


@dataclass(frozen=True, eq=False)
class Sdist:
    """A source distribution: its file name and its members in archive order.

    Equal when name (without its suffix) and members are, in any order. Names begin with the one folder at the top.
    ``directories`` are the explicit folder entries of the archive, which carry no meaning; ``gzip`` is the header of
    the stream and ``records`` are the global pax records, where the sdist came in a .tar.gz.
    """

    name: SdistName
    members: tuple[Member, ...]
    directories: tuple[str, ...] = ()
    gzip: GzipHeader | None = None
    records: tuple[tuple[str, str], ...] = ()
    tar_size: int | None = None
    """The number of bytes of the unpacked tar, zeros at its end included; None where there was none."""

    @cached_property
    def by_name(self) -> dict[str, Member]:
        """The members by their path."""
        return {member.name: member for member in self.members}

    @cached_property
    def top(self) -> str:
        """The name of the one folder that holds everything, without a final slash."""
        tops = sorted({name.partition("/")[0] for name in (*self.by_name, *self.directories)})
        if len(tops) != 1 or tops[0] in self.by_name:
            raise SdistError(
                "a source distribution holds one folder with everything in it, this one has "
                f"{', '.join(tops[:5]) or 'nothing'} at its top",
                hint="build it again with a PEP 517 backend",
            )
        return tops[0]

    @property
    def pkg_info(self) -> Member:
        """The file PKG-INFO at the top, which says what METADATA says in a wheel. Raises `SdistError` without it."""
        path = f"{self.top}/{PKG_INFO}"
        found = self.by_name.get(path)
        if found is None or found.link:
            raise SdistError(
                f"there is no file {path}",
                hint="every source distribution needs PKG-INFO (PEP 643); a forge's archive of a tag has none",
            )
        return found

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sdist):
            return NotImplemented
        return self.name.stem == other.name.stem and self.by_name == other.by_name

    def __hash__(self) -> int:
        return hash((self.name.stem, frozenset(self.by_name)))
