"""What headers say besides names, places and sizes: types, flags, rights and alignments.

Where a build id or an identity of its link differs too, these would be lost beside it. What follows from sections,
and what is told with its meaning, isn't here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import Final, NamedTuple

from truewheel.binary.fields import Fields
from truewheel.binary.macho_commands import SEGMENT, SEGMENT_64
from truewheel.binary.pe_header import PeHeader
from truewheel.compare.model import Difference, Kind
from truewheel.compare.native_clues import told
from truewheel.compare.native_parts import extent
from truewheel.compare.native_producers import Strings
from truewheel.compare.native_spread import spread

HEADERS: Final = "section headers"
_TOLD: Final = frozenset(
    {HEADERS, "header", "program headers", "slices", "source version", "platform", "oldest system", "SDK"}
    | {"linker", "compiler", "install name", "libraries", "run paths", "Rich header", "DOS stub"}
)
"""The places of what headers say."""
_SHOWN: Final = 3
_DYLIBS: Final = frozenset({0xC, 0xD, 0x20, 0x80000018, 0x8000001F, 0x80000023})
_MAIN: Final = 0x80000028
_ENCRYPTED: Final = frozenset({0x21, 0x2C})
_DYLINKER: Final = frozenset({0xE, 0xF})
_TEXT_AT: Final = 12
_OPTIONAL: Final = (
    (32, 8, "alignments"),
    (44, 4, "version of the image"),
    (52, 4, "reserved field"),
)
"""Fields of the optional header that are alike in PE32 and PE32+: offset, size, and what they are."""
_STACK_AT: Final = 72


class Headers(NamedTuple):
    """The bytes of all headers, without what is told elsewhere, and the sizes of what they are about."""

    data: bytes
    sizes: tuple[tuple[str, int], ...]


def compare_shapes(place: str, left: Mapping[str, str], right: Mapping[str, str]) -> Difference | None:
    """How what headers say of the parts of both differs; None if it doesn't."""
    unlike = [name for name, said in left.items() if right.get(name, said) != said]
    if not unlike:
        return None
    sides = Strings(*(tuple(f"{name}: {side[name]}" for name in unlike) for side in (left, right)))
    more = f" and {len(unlike) - _SHOWN:,} more" if len(unlike) > _SHOWN else ""
    summary = f"what headers say of {', '.join(unlike[:_SHOWN])}{more} differs"
    return Difference(place, Kind.CONTENT, summary, *told(sides))


def compare_rest(found: Sequence[Difference], left: Headers, right: Headers) -> Difference | None:
    """What else differs in headers: addresses and sizes, mostly. They follow where a section has another size.

    Where something in them is told already, in `found`, the rest isn't.
    """
    if left.data == right.data or left.sizes != right.sizes or any(part.place in _TOLD for part in found):
        return None
    one, other = memoryview(left.data), memoryview(right.data)
    differ = spread(one, other)
    said = extent(one, other, differ) if differ else ""
    summary = f"{said}: addresses, sizes or other fields, though nothing in the file has another size"
    return Difference("headers", Kind.CONTENT, summary)


def macho_shapes(kind: int, command: Fields, order: str) -> Iterator[tuple[str, str]]:
    """What a load command says of what: segments with their sections, libraries, and the rest. Raises `BinaryError`."""
    if kind in (SEGMENT, SEGMENT_64):
        yield from _segment(command, order, wide=kind == SEGMENT_64)
    elif kind in _DYLIBS:
        time, compatible = command.unpack(Struct(order + "12xI4xI"), 0, "a library")
        yield f"{kind:#x} {_text(command, order)}", f"time {time}, compatible with {compatible:#x}"
    elif kind in _DYLINKER:
        yield f"{kind:#x}", _text(command, order)
    elif kind == _MAIN:
        (stack,) = command.unpack(Struct(order + "16xQ"), 0, "LC_MAIN")
        yield "the stack", f"{stack:,} bytes"
    elif kind in _ENCRYPTED:
        (system,) = command.unpack(Struct(order + "16xI"), 0, "LC_ENCRYPTION_INFO")
        yield "encryption", str(system)


def _segment(command: Fields, order: str, *, wide: bool) -> Iterator[tuple[str, str]]:
    head, row = Struct(order + ("56x4I" if wide else "40x4I")), Struct(order + ("52xI8xI" if wide else "44xI8xI"))
    most, first, count, flags = command.unpack(head, 0, "a segment command")
    yield _name(command, 8), f"rights {most} and {first}, flags {flags:#x}"
    size = 80 if wide else 68
    for number in range(count):
        at = head.size + number * size
        align, kind = command.unpack(row, at, "a section")
        yield f"{_name(command, at + 16)},{_name(command, at)}", f"aligned to 2**{align}, flags {kind:#x}"


def _name(command: Fields, at: int) -> str:
    return command.take(at, 16, "a name").rstrip(b"\0").decode("utf-8", "replace")


def _text(command: Fields, order: str) -> str:
    (at,) = command.unpack(Struct(order + "8xI"), 0, "a load command")
    return command.text(at, command.size, "the name in a load command") if at >= _TEXT_AT else ""


def pe_shapes(header: PeHeader) -> dict[str, str]:
    """What the headers of a PE file say of alignments, memory and sections."""
    start = header.optional_at
    width = 16 * (header.bits // 32)
    fields = (*_OPTIONAL, (_STACK_AT, width, "sizes of stack and heap"), (_STACK_AT + width, 4, "loader flags"))
    said = {what: header.view.take(start + at, size, "the optional header").hex() for at, size, what in fields}
    said |= {section.name: f"characteristics {section.characteristics:#010x}" for section in header.sections}
    return said
