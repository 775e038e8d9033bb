"""A wheel as a value: named members with bytes, and how a zip happened to store them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import NamedTuple, Protocol, TypeAlias

from truewheel.errors import TruewheelError, WheelError
from truewheel.wheel.name import WheelName

Data: TypeAlias = bytes | bytearray
"""All bytes of a member. A bytearray where a copy is spared: the caller's own, not hashable, its slices neither."""

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap
"""A whole file in memory or mapped into it; a memoryview is one of bytes (format ``B``)."""


class Content(Protocol):
    """The bytes of a member, wherever they are."""

    @property
    def size(self) -> int:
        """The number of bytes, as declared; `read` returns exactly as many."""

    def read(self) -> Data:
        """All bytes, verified against the CRC and size that the archive declares.

        Raises `WheelError` if they don't match, if the stream is damaged, or if anything follows its end.
        """

    def head(self, count: int) -> bytes:
        """The first `count` bytes, or fewer if there are no more. Not verified."""


class Named:
    """A file of an archive of whatever kind: its content under a name, which errors about the content tell."""

    __slots__ = ()
    name: str
    content: Content

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.content.size

    def read(self) -> Data:
        """All bytes, verified as far as the archive says what they are. Each call copies or inflates again."""
        try:
            return self.content.read()
        except TruewheelError as error:
            raise error.within(member=self.name) from None

    def head(self, count: int) -> bytes:
        """The first `count` bytes, unverified, for looking at magic numbers."""
        try:
            return self.content.head(count)
        except TruewheelError as error:
            raise error.within(member=self.name) from None


@dataclass(frozen=True, slots=True)
class Bytes:
    """Content that is in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def read(self) -> bytes:
        """The bytes themselves."""
        return self.data

    def head(self, count: int) -> bytes:
        """The first `count` bytes."""
        return self.data[:count]


class Stored(NamedTuple):
    """How a zip stored a member: everything that has no meaning for a wheel, and that is compared by nobody.

    A tuple, and what can wait is worked out on demand, because there may be tens of thousands. ``system`` is
    the "made by" host (3 Unix, 0 DOS), ``method`` 0 or 8, ``size`` the uncompressed size; sizes and offsets
    are the true ones where the record defers to a ZIP64 extra field. Offsets count from the start of
    ``archive``, which is the whole file.
    """

    create_version: int
    system: int
    extract_version: int
    flags: int
    method: int
    dos_time: int
    dos_date: int
    crc: int
    compressed_size: int
    size: int
    internal_attributes: int
    external_attributes: int
    header_offset: int
    data_offset: int
    local_extra: bytes
    central_extra: bytes
    archive: Buffer

    @property
    def time(self) -> tuple[int, int, int, int, int, int]:
        """The DOS date and time as (year, month, day, hour, minute, second), which need not be a real date."""
        date, time = self.dos_date, self.dos_time
        return 1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2

    @property
    def mode(self) -> int:
        """The Unix mode with the file type, 0 where the zip has none."""
        return self.external_attributes >> 16

    @property
    def raw(self) -> memoryview:
        """The compressed bytes, as a new view into the archive."""
        return memoryview(self.archive)[self.data_offset : self.data_offset + self.compressed_size]

    def __repr__(self) -> str:
        return f"Stored(method={self.method}, size={self.size}, header_offset={self.header_offset:#x})"


@dataclass(frozen=True, eq=False, slots=True)
class Entry(Named):
    """A regular file of a wheel. Equal when name, executable bit and bytes are."""

    name: str
    executable: bool
    content: Content
    stored: Stored | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entry):
            return NotImplemented
        mine, theirs = (self.name, self.executable, self.size), (other.name, other.executable, other.size)
        return mine == theirs and (self.content is other.content or self.read() == other.read())

    def __hash__(self) -> int:
        return hash((self.name, self.executable, self.size))


@dataclass(frozen=True, eq=False)
class Wheel:
    """A wheel: its file name and its members in archive order. Equal when name and members are, in any order.

    ``directories`` are the explicit folder entries of the archive, which carry no meaning.
    """

    name: WheelName
    entries: tuple[Entry, ...]
    directories: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Entry]:
        """The members by their path."""
        return {entry.name: entry for entry in self.entries}

    @cached_property
    def dist_info(self) -> str:
        """The name of the one ``.dist-info`` folder, without a final slash."""
        found = {name.partition("/")[0] for name in self.by_name if ".dist-info/" in name}
        folders = sorted(name for name in found if name.endswith(".dist-info"))
        if len(folders) != 1:
            raise WheelError(
                f"a wheel has exactly one .dist-info folder at its top, this one has {len(folders)}"
                + (f" ({', '.join(folders)})" if folders else ""),
                hint="build the wheel again with a PEP 517 backend",
            )
        return folders[0]

    def info_path(self, file: str) -> str:
        """The path of a file of the ``.dist-info`` folder, such as ``six-1.16.0.dist-info/WHEEL``."""
        return f"{self.dist_info}/{file}"

    def info(self, file: str) -> Entry:
        """The entry of a file of the ``.dist-info`` folder. Raises `WheelError` if it isn't there."""
        path = self.info_path(file)
        if path not in self.by_name:
            raise WheelError(f"there is no {path}", hint="every wheel needs WHEEL, METADATA and RECORD (PEP 427)")
        return self.by_name[path]

    def replaced(self, *entries: Entry, without: Iterable[str] = ()) -> Wheel:
        """This wheel with some members replaced or added (at the end), and some left out."""
        new, gone = {entry.name: entry for entry in entries}, set(without)
        kept = tuple(new.pop(e.name, e) for e in self.entries if e.name not in gone)
        return Wheel(self.name, kept + tuple(new.values()), self.directories)

    def renamed(self, name: WheelName) -> Wheel:
        """This wheel under another file name; WHEEL isn't touched."""
        return Wheel(name, self.entries, self.directories)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Wheel):
            return NotImplemented
        return self.name == other.name and self.by_name == other.by_name

    def __hash__(self) -> int:
        return hash((self.name, frozenset(self.by_name)))


__all__ = ["Buffer", "Bytes", "Content", "Data", "Entry", "Stored", "Wheel"]
