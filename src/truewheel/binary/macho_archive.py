"""Static libraries of Mach-O objects: archives (``<ar.h>``, with BSD's long names)."""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from truewheel.binary.fields import Fields
from truewheel.binary.macho import ARCHIVE
from truewheel.binary.magic import THIN

_HEADER: Final = 60
_MOST_MEMBERS: Final = 100_000
_LONG_NAME: Final = b"#1/"


class Processor(NamedTuple):
    """What the objects of an archive are for."""

    cpu_type: int
    cpu_subtype: int
    bits: int


def archived_processor(view: Fields) -> Processor:
    """The processor of all Mach-O objects in an archive.

    Raises `BinaryError` where it is damaged, has none, has them for several, or has over 100,000 members.
    """
    found: set[Processor] = set()
    at = len(ARCHIVE)
    for _ in range(_MOST_MEMBERS + 1):
        if at >= view.size:
            break
        start, size = _member(view, at)
        if (kind := _kind(view, start, size)) is not None:
            found.add(kind)
        at = start + size
        at += at % 2
    else:
        raise view.error(f"the archive has more than {_MOST_MEMBERS:,} members", at)
    if len(found) != 1:
        raise view.error(f"the archive has objects for {len(found)} processors, not for one", 0)
    return found.pop()


def _member(view: Fields, at: int) -> tuple[int, int]:
    """Where the contents of the member with a header at `at` begin, behind a long name, and their size."""
    header = view.take(at, _HEADER, "the header of a member of the archive")
    size = _number(view, header[48:58], at)
    if header[58:] != b"`\n":
        raise view.error("the header of a member of the archive doesn't end as it should", at)
    start = at + _HEADER
    view.check(start, size, "a member of the archive")
    name = _number(view, header[len(_LONG_NAME) : 16], at) if header.startswith(_LONG_NAME) else 0
    if name > size:
        raise view.error("the name of a member of the archive is longer than the member", at)
    return start + name, size - name


def _number(view: Fields, text: bytes, at: int) -> int:
    digits = text.rstrip(b" ")
    if not digits.isdigit():
        raise view.error("a number in the header of a member of the archive is none", at)
    return int(digits)


def _kind(view: Fields, start: int, size: int) -> Processor | None:
    """The processor of a member; None for one that is no Mach-O file, such as the table of symbols."""
    if size < 12 or (magic := view.take(start, 4, "a member of the archive")) not in THIN:
        return None
    bits, order = THIN[magic]
    cpu_type, cpu_subtype = view.unpack(Struct(order + "2I"), start + 4, "the header of an object")
    return Processor(cpu_type, cpu_subtype, bits)
