"""Look at every member of a wheel once, and keep what the verbs need to know of it.

Some packages carry damaged native files on purpose, as data for their tests. What is done with one depends on who
would load it:

- A file that is loaded or started where it lies is refused with a `BinaryError`, for nobody can say what it needs:
  one with the name of a library, an extension module or a program (``.so``, ``.so.N``, ``.pyd``, ``.dll``,
  ``.dylib``, ``.exe``), one in ``.data/scripts``, and one with the execute bit.
- Any other is data: it gets a finding (BIN001), and the rest of the wheel is judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple

from truewheel import rules
from truewheel.binary import HEAD, Elf, Image, MachO, identify
from truewheel.binary import read as read_binary
from truewheel.binary.graph import Graph, resolve
from truewheel.binary.leaks import Leak, header_leaks, text_leaks
from truewheel.errors import BinaryError
from truewheel.findings import Finding, shortened
from truewheel.policy import Outcome
from truewheel.policy import examine as examine_policies
from truewheel.policy.group import is_program as is_elf_program
from truewheel.wheel import (
    Entry,
    Mapper,
    RecordRow,
    Wheel,
    WheelName,
    batches,
    check_content,
    check_metadata,
    check_names,
    rows_of,
    serially,
)
from truewheel.wheel.model import Data

_MH_EXECUTE = 2
_LOADED = re.compile(r"(?i:.*\.(?:so(?:\.\d+)*|pyd|dll|dylib|exe)|[^/]+\.data/scripts/.+)", re.DOTALL).fullmatch


class Depth(Enum):
    """How much of a wheel is read.

    TABLES reads the zip's directory, the metadata and the tables of binaries, which is all that tags depend
    on. CONTENTS reads and verifies every byte: CRCs, the hashes of RECORD, and traces of the build machine.
    """

    TABLES = "tables"
    CONTENTS = "contents"


class Member(NamedTuple):
    """What was seen in one member. ``fault``, what RECORD says wrong of it, is looked for with CONTENTS only.

    ``damage`` is set for data that begins like a native file and is none.
    """

    entry: Entry
    image: Image | None
    leaks: tuple[Leak, ...]
    fault: Finding | None
    damage: Finding | None = None


@dataclass(frozen=True)
class Examination:
    """A wheel with its binaries read, their needs resolved, the policies asked, and RECORD compared.

    ``findings`` are those that come of reading alone: damaged data, and METADATA of another project.
    """

    wheel: Wheel
    depth: Depth
    members: tuple[Member, ...]
    images: dict[str, Image]
    graph: Graph
    outcome: Outcome
    record: tuple[Finding, ...]
    findings: tuple[Finding, ...]


def examine(
    wheel: Wheel,
    *,
    depth: Depth = Depth.TABLES,
    mapper: Mapper = serially,
    advance: Callable[[int], None] = lambda _: None,
    brought: Callable[[str], bool] = lambda _: False,
) -> Examination:
    """Read the members of a wheel and ask the policies, which don't miss libraries that are `brought` by others.

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
    findings = (check_metadata(wheel), *(member.damage for member in members))
    outcome = ask(wheel.name, images, graph, brought)
    return Examination(wheel, depth, tuple(members), images, graph, outcome, record, tuple(filter(None, findings)))


def ask(name: WheelName, images: Mapping[str, Image], graph: Graph, brought: Callable[[str], bool]) -> Outcome:
    """What the policies say, in sentences of a readable length.

    They are the first to ask for most symbols. Whose names turn out to be damaged is looked for when it happens.
    """
    try:
        outcome = examine_policies(name, images, graph, brought)
    except BinaryError:
        for member, image in sorted(images.items()):
            _decode_symbols(image, member)
        raise
    requirements = tuple(needed._replace(reason=shortened(needed.reason)) for needed in outcome.requirements)
    return outcome._replace(requirements=requirements, unknown=tuple(map(shortened, outcome.unknown)))


def _decode_symbols(image: Image, member: str) -> None:
    """Look at the names of all symbols, which the image keeps. Raises `BinaryError`, naming the member."""
    try:
        if isinstance(image, Elf):
            _ = image.symbols.imports, image.symbols.exports
        elif isinstance(image, MachO):
            _ = [(part.symbols.imports, part.symbols.exports) for part in image.slices]
    except BinaryError as error:
        raise error.within(member=member) from None


def _look_at_all(depth: Depth, rows: Mapping[str, RecordRow], entries: tuple[Entry, ...]) -> list[Member]:
    return [look_at(entry, depth, rows.get(entry.name)) for entry in entries]


def look_at(entry: Entry, depth: Depth, row: RecordRow | None = None) -> Member:
    """Read one member as far as `depth` asks, and compare it with its `row` of RECORD if it is read whole."""
    native = identify(entry.head(HEAD)) is not None
    if not native and depth is Depth.TABLES:
        return Member(entry, None, (), None, _misnamed(entry))
    data = entry.read()
    image, damage = _image(entry, data) if native else (None, None)
    damage = damage or (_misnamed(entry) if image is None else None)
    leaks = header_leaks(image, entry.name) if image is not None else ()
    if depth is Depth.TABLES:
        return Member(entry, image, leaks, None, damage)
    fault = check_content(entry, row, data) if row is not None else None
    return Member(entry, image, leaks + text_leaks(entry.name, data), fault, damage)


def _image(entry: Entry, data: Data) -> tuple[Image | None, Finding | None]:
    """The native file that a member is, or the finding for one that is damaged and not loaded by anybody.

    The names of symbols, which can wait elsewhere, are looked at in data: later they couldn't be a finding.
    """
    loaded = entry.executable or _LOADED(entry.name) is not None
    try:
        image = read_binary(data)
        if image is not None and not loaded:
            _decode_symbols(image, entry.name)
    except BinaryError as error:
        if loaded:
            raise error.within(member=entry.name) from None
        return None, Finding(rules.BINARY_DAMAGED, f"it is data: {error.what}", entry.name, error.where.offset)
    return image, None


def _misnamed(entry: Entry) -> Finding | None:
    """The finding for what is called a library and is no native file. A .dll of intermediate code (.NET) is none."""
    name, head = entry.name.lower(), entry.head(2)
    if name.endswith(".pyd") or (name.endswith((".dll", ".dylib")) and head != b"MZ"):
        what = "it is empty" if not head else "it doesn't begin like a native file"
        return Finding(rules.BINARY_NONE, what if head != b"MZ" else "no PE file follows its first bytes", entry.name)
    return None


def is_program(entry: Entry) -> bool:
    """Whether a member is a program that a Unix system starts: an ELF or Mach-O executable. Raises `BinaryError`."""
    if identify(entry.head(HEAD)) not in {"elf", "macho"}:
        return False
    image, _ = _image(entry, entry.read())
    if isinstance(image, Elf):
        return is_elf_program(image)
    return isinstance(image, MachO) and all(part.filetype == _MH_EXECUTE for part in image.slices)
