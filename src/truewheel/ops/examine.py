"""Look at every member of a wheel once, and keep what the verbs need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from truewheel.binary import HEAD, Elf, Image, MachO, identify
from truewheel.binary import read as read_binary
from truewheel.binary.graph import Graph, resolve
from truewheel.binary.leaks import Leak, header_leaks, text_leaks
from truewheel.errors import TruewheelError
from truewheel.findings import Finding
from truewheel.policy import Outcome
from truewheel.policy import examine as examine_policies
from truewheel.wheel import Entry, RecordRow, Wheel, batches, check_content, check_names, rows_of

_T = TypeVar("_T")
_R = TypeVar("_R")

_ET_EXEC, _MH_EXECUTE = 2, 2


class Depth(Enum):
    """How much of a wheel is read.

    TABLES reads the zip's directory, the metadata and the tables of binaries, which is all that tags depend
    on. CONTENTS reads and verifies every byte: CRCs, the hashes of RECORD, and traces of the build machine.
    """

    TABLES = "tables"
    CONTENTS = "contents"


class Mapper(Protocol):
    """`map`, or the `map` of an executor that spreads the work over cores. Results come in order."""

    def __call__(self, function: Callable[[_T], _R], items: Iterable[_T], /) -> Iterator[_R]:
        """Apply `function` to each of `items`."""


class Member(NamedTuple):
    """What was seen in one member. ``fault``, what RECORD says wrong of it, is looked for with CONTENTS only."""

    entry: Entry
    image: Image | None
    leaks: tuple[Leak, ...]
    fault: Finding | None


@dataclass(frozen=True)
class Examination:
    """A wheel with its binaries read, their needs resolved, the policies asked, and RECORD compared."""

    wheel: Wheel
    depth: Depth
    members: tuple[Member, ...]
    images: dict[str, Image]
    graph: Graph
    outcome: Outcome
    record: tuple[Finding, ...]


def serially(function: Callable[[_T], _R], items: Iterable[_T], /) -> Iterator[_R]:
    """The mapper that uses the calling thread alone."""
    return map(function, items)


def examine(
    wheel: Wheel,
    *,
    depth: Depth = Depth.TABLES,
    mapper: Mapper = serially,
    advance: Callable[[int], None] = lambda _: None,
) -> Examination:
    """Read the members of a wheel and ask the policies.

    `advance` is told the number of uncompressed bytes that are done, for progress bars. Memory is bounded by
    the members that the mapper works on at one time: nothing of them is kept but tables and hashes.

    Raises `WheelError` or `BinaryError`, naming the member, where contents are damaged or lie.
    """
    members: list[Member] = []
    rows = rows_of(wheel)
    for batch in mapper(partial(_look_at_all, depth, rows), batches(wheel.entries)):
        members += batch
        advance(sum(member.entry.size for member in batch))
    images = {member.entry.name: member.image for member in members if member.image is not None}
    graph = resolve(images)
    record = (*check_names(wheel, rows), *(member.fault for member in members if member.fault))
    return Examination(wheel, depth, tuple(members), images, graph, examine_policies(wheel.name, images, graph), record)


def _look_at_all(depth: Depth, rows: Mapping[str, RecordRow], entries: tuple[Entry, ...]) -> list[Member]:
    return [look_at(entry, depth, rows.get(entry.name)) for entry in entries]


def look_at(entry: Entry, depth: Depth, row: RecordRow | None = None) -> Member:
    """Read one member as far as `depth` asks, and compare it with its `row` of RECORD if it is read whole."""
    native = identify(entry.head(HEAD)) is not None
    if not native and depth is Depth.TABLES:
        return Member(entry, None, (), None)
    data = entry.read()
    try:
        image = read_binary(data) if native else None
    except TruewheelError as error:
        raise error.within(member=entry.name) from None
    leaks = header_leaks(image, entry.name) if image is not None else ()
    if depth is Depth.TABLES:
        return Member(entry, image, leaks, None)
    fault = check_content(entry, row, data) if row is not None else None
    return Member(entry, image, leaks + text_leaks(entry.name, data), fault)


def is_program(entry: Entry) -> bool:
    """Whether a member is a program that a Unix system starts: an ELF or Mach-O executable."""
    if identify(entry.head(HEAD)) not in {"elf", "macho"}:
        return False
    image = read_binary(entry.read())
    if isinstance(image, Elf):
        return image.type == _ET_EXEC or image.interpreter is not None or image.pie
    return isinstance(image, MachO) and all(part.filetype == _MH_EXECUTE for part in image.slices)
