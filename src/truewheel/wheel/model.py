"""A wheel as a value: named members with bytes, and how a zip happened to store them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from truewheel.errors import WheelError
from truewheel.wheel.name import WheelName

Data: TypeAlias = bytes | bytearray
"""All bytes of a member. A bytearray where a copy is spared: the caller's own, not hashable, its slices neither."""


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


@dataclass(frozen=True, slots=True)
class Stored:
    """How a zip stored a member: everything that has no meaning for a wheel, and that is compared by nobody.

    ``method`` is 0 or 8, ``raw`` the compressed bytes in the mapped file, ``time`` the DOS date and time as
    (year, month, day, hour, minute, second), ``mode`` the Unix mode (0 where the zip has none), ``system`` the
    "made by" host (3 Unix, 0 DOS). Offsets count from the start of the archive.
    """

    method: int
    crc: int
    compressed_size: int
    flags: int
    system: int
    create_version: int
    extract_version: int
    time: tuple[int, int, int, int, int, int]
    mode: int
    external_attributes: int
    internal_attributes: int
    local_extra: bytes
    central_extra: bytes
    header_offset: int
    data_offset: int
    raw: memoryview = field(repr=False)


@dataclass(frozen=True, eq=False)
class Entry:
    """A regular file of a wheel. Equal when name, executable bit and bytes are."""

    name: str
    executable: bool
    content: Content
    stored: Stored | None = None

    @property
    def size(self) -> int:
        """The number of bytes of the member, uncompressed."""
        return self.content.size

    def read(self) -> Data:
        """All bytes of the member, verified; errors name the member. Not kept: each call inflates again."""
        try:
            return self.content.read()
        except WheelError as error:
            raise error.within(member=self.name) from None

    def head(self, count: int) -> bytes:
        """The first bytes, unverified, for looking at magic numbers."""
        try:
            return self.content.head(count)
        except WheelError as error:
            raise error.within(member=self.name) from None

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
        found = {head for head, slash, _ in (e.name.partition("/") for e in self.entries) if slash}
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


__all__ = ["Bytes", "Content", "Data", "Entry", "Stored", "Wheel"]
