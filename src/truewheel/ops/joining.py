"""The members of several builds of one wheel, joined: native files become fat, others have to be equal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final, NamedTuple

from truewheel.binary import HEAD, Image, MachO, read_macho
from truewheel.binary.fields import Fields
from truewheel.binary.macho import ARCHIVE, arch_name, fat_entries
from truewheel.binary.macho_archive import archived_processor
from truewheel.binary.macho_fat import assembled
from truewheel.errors import BinaryError, RequestError, TruewheelError, WheelError, Where
from truewheel.ops.examine import Examination
from truewheel.ops.patterns import Patterns
from truewheel.ops.places import NO_LIMITS
from truewheel.wheel import Bytes, Content, Entry, RecordRow, Wheel, WheelName, row_for, rows_of
from truewheel.wheel.model import Data
from truewheel.wheel.paths import read_names
from truewheel.wheel.record import RecordText

_KEPT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Fat:
    """Several Mach-O files as one fat file, which is made anew each time it is read: memory holds none meanwhile.

    ``start`` are its first bytes, for those who look at no more.
    """

    parts: tuple[Content, ...]
    size: int
    start: bytes

    def read(self) -> Data:
        """The fat file."""
        return assembled([part.read() for part in self.parts])

    def head(self, count: int) -> bytes:
        """Its first bytes."""
        return self.start[:count] if count <= len(self.start) else bytes(self.read()[:count])


class Joined(NamedTuple):
    """A fat file that was made, and the architectures in it."""

    member: str
    archs: tuple[str, ...]


class Alone(NamedTuple):
    """A member that not all of the wheels hold, and the numbers of those that do, from 0."""

    member: str
    wheels: tuple[int, ...]


class Joiner:
    """Takes one member after the other; of a fat file, only the parts and the whole are in memory at one time.

    ``differing`` are the members that can't be joined, each with the reason where one is known. ``runs_in_some`` are
    equal but for the executable bit, which they get.
    """

    def __init__(self, builds: Sequence[Examination], take_first: Patterns) -> None:
        self.images: dict[str, Image] = {}
        self.joined: list[Joined] = []
        self.alone: list[Alone] = []
        self.taken: list[str] = []
        self.differing: dict[str, str] = {}
        self.runs_in_some: list[str] = []
        self._builds = builds
        self._rows = [rows_of(build.wheel) for build in builds]
        self._take_first = take_first
        self._entries: list[tuple[Entry, RecordRow]] = []

    def join_all(self, without: Collection[str]) -> None:
        """Join every member that RECORD vouches for, but those of `without`. Raises `BinaryError` for damaged ones."""
        for member in sorted(set().union(*self._rows).difference(without)):
            holders = [number for number, rows in enumerate(self._rows) if member in rows]
            if len(holders) < len(self._builds):
                self.alone.append(Alone(member, tuple(holders)))
            self._join(member, holders)

    def add(self, member: str, data: bytes) -> None:
        """Put in a member as it is."""
        self._entries.append((Entry(member, executable=False, content=Bytes(data)), row_for(member, data)))

    def idle(self) -> tuple[str, ...]:
        """The globs that meant nothing that differs."""
        return self._take_first.idle(self.taken)

    def wheel(self, name: WheelName) -> Wheel:
        """The wheel of all that was joined. Raises `WheelError` where members of two builds are in each other's way."""
        record = self._builds[0].wheel.info_path("RECORD")
        text = RecordText((*(row for _, row in self._entries), RecordRow(record, "", "", None)))
        entries = (*(entry for entry, _ in self._entries), Entry(record, executable=False, content=text))
        try:
            read_names([entry.name.encode() for entry in entries], NO_LIMITS, lambda _: 0)
        except WheelError as error:
            raise WheelError(error.what, where=Where(member=error.where.member), hint=error.hint) from None
        return Wheel(name, entries)

    def _join(self, member: str, holders: Sequence[int]) -> None:
        """One member out of those of its path."""
        entries = [self._builds[number].wheel.by_name[member] for number in holders]
        if all(self._same(member, holders[0], other) for other in holders[1:]):
            self._keep(member, holders[0], entries)
            return
        problem = self._fat(member, holders, entries)
        if problem is None:
            return
        if self._take_first.mean(member):
            self.taken.append(member)
            self._keep(member, holders[0], entries[:1])
        else:
            self.differing[member] = problem

    def _same(self, member: str, one: int, other: int) -> bool:
        """Whether two builds have the same bytes, by what RECORD says: the contents were found to be that."""
        rows = [self._rows[number][member] for number in (one, other)]
        if rows[0].hash_name == rows[1].hash_name:
            return rows[0].hash_value == rows[1].hash_value
        entries = [self._builds[number].wheel.by_name[member] for number in (one, other)]
        return entries[0].read() == entries[1].read()

    def _keep(self, member: str, number: int, entries: Sequence[Entry]) -> None:
        """Take the member of a build, which has the same bytes in `entries`."""
        build = self._builds[number]
        if member in build.images:
            self.images[member] = build.images[member]
        executable = any(entry.executable for entry in entries)
        inside = member.startswith(build.wheel.info_path(""))  # where the bit means nothing, and goes
        if executable and not all(entry.executable for entry in entries) and not inside:
            self.runs_in_some.append(member)
        self._entries.append((replace(entries[0], executable=executable), self._rows[number][member]))

    def _fat(self, member: str, holders: Sequence[int], entries: Sequence[Entry]) -> str | None:
        """Make a fat file of the members. Says why that can't be, "" where they are no such files at all."""
        images = [self._builds[number].images.get(member) for number in holders]
        machos = [image for image in images if isinstance(image, MachO)]
        if machos and len(machos) == len(entries):
            return self._fat_macho(member, machos, entries)
        if not any(images) and all(entry.head(HEAD).startswith(ARCHIVE) for entry in entries):
            return self._fat_archive(member, entries)
        return ""

    def _fat_macho(self, member: str, images: Sequence[MachO], entries: Sequence[Entry]) -> str | None:
        # What of the order of slices is left open doesn't come from that of the wheels.
        parts = [entry for _, entry in sorted(zip(map(_processors, images), entries, strict=True), key=itemgetter(0))]
        try:
            data = assembled([part.read() for part in parts])
            image = read_macho(data)
        except RequestError as error:
            return error.what
        except TruewheelError as error:
            raise error.within(member=member) from None
        self.images[member] = image
        self._made(member, image.archs, data, parts)
        return None

    def _fat_archive(self, member: str, entries: Sequence[Entry]) -> str | None:
        try:
            kinds = [archived_processor(Fields(entry.read())) for entry in entries]
            parts = [entry for _, entry in sorted(zip(kinds, entries, strict=True), key=itemgetter(0))]
            data = assembled([part.read() for part in parts])
        except (BinaryError, RequestError) as error:
            return error.what
        archs = tuple(arch_name(entry.cpu_type, entry.cpu_subtype) for entry in fat_entries(Fields(data)))
        self._made(member, archs, data, parts)
        return None

    def _made(self, member: str, archs: tuple[str, ...], data: bytearray, parts: Sequence[Entry]) -> None:
        """Put in a fat file; a large one is made again when it is read."""
        contents = tuple(part.content for part in parts)
        kept = Bytes(bytes(data)) if len(data) <= _KEPT else Fat(contents, len(data), bytes(data[:HEAD]))
        executable = any(part.executable for part in parts)
        self._entries.append((Entry(member, executable, kept), row_for(member, data)))
        self.joined.append(Joined(member, archs))


def _processors(image: MachO) -> tuple[tuple[int, int], ...]:
    return tuple((part.cpu_type, part.cpu_subtype) for part in image.slices)
