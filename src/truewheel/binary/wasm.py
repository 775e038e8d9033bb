"""The WebAssembly reader: as much as tells what a module of Emscripten needs.

Source: the WebAssembly core specification, "Binary Format"; the tool conventions' "DynamicLinking" for the
``dylink.0`` section.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from truewheel.binary.fields import LONGEST_PATH, Buffer, Fields, decoded
from truewheel.binary.magic import WASM
from truewheel.binary.model import Wasm

_VERSION = Struct("<4xI")
_BYTE = Struct("<B")
_CUSTOM = 0
_DYLINK = b"dylink.0"
_NEEDED = 2
_MOST_NEEDED = 4096
_MOST_LEB = 5  # bytes of a number of 32 bits


def read_wasm(buffer: Buffer) -> Wasm:
    """The WebAssembly module in `buffer`. Raises `BinaryError` if it is none, or its first section is damaged."""
    view = Fields(buffer)
    (version,) = view.unpack(_VERSION, 0, "the WebAssembly header")
    if view.take(0, 4, "the magic number") != WASM:
        raise view.error(f"a WebAssembly module can't begin with {view.take(0, 4, 'it').hex()}", 0)
    section = _dylink(view)
    return Wasm(version, shared=section is not None, needed=tuple(_needed(section) if section else ()))


def _dylink(view: Fields) -> Fields | None:
    """The contents of the ``dylink.0`` section; it stands first or not at all."""
    at = _VERSION.size
    if view.size == at:
        return None
    (kind,) = view.unpack(_BYTE, at, "the first section")
    size, at = _leb(view, at + 1)
    if kind != _CUSTOM:
        return None
    section = view.part(at, size, "the first section")
    length, at = _leb(section, 0)
    name = section.take(at, length, "the name of the first section")
    at += length
    return section.part(at, section.size - at, "the dylink.0 section") if name == _DYLINK else None


def _needed(section: Fields) -> Iterator[str]:
    """The names in the subsections for needed libraries."""
    at = 0
    while at < section.size:
        (kind,) = section.unpack(_BYTE, at, "a dylink.0 subsection")
        size, at = _leb(section, at + 1)
        part = section.part(at, size, "a dylink.0 subsection")
        at += size
        if kind == _NEEDED:
            yield from _names(part)


def _names(part: Fields) -> Iterator[str]:
    """A vector of names, each with its length before it."""
    count, at = _leb(part, 0)
    if count > _MOST_NEEDED:
        raise part.error(f"a module can't need {count} libraries; {_MOST_NEEDED} are the most that are read", 0)
    for _ in range(count):
        length, at = _leb(part, at)
        if length > LONGEST_PATH:
            raise part.error(f"the name of a needed library has {length} bytes, more than a path", at)
        yield decoded(part.take(at, length, "the name of a needed library"))
        at += length


def _leb(view: Fields, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number of 32 bits, and the offset behind it."""
    number = 0
    for shift in range(0, 7 * _MOST_LEB, 7):
        (byte,) = view.unpack(_BYTE, at, "a number")
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise view.error(f"a number takes more than {_MOST_LEB} bytes", at)
