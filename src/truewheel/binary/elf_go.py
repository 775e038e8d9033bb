"""What the build information of Go says of a program: the settings of ``go build``, such as GOOS and GOAMD64.

Source: ``debug/buildinfo`` of Go 1.18 and newer, whose linker puts it at the start of the data segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from truewheel.binary.elf_layout import PT_LOAD, Layout, Segment
from truewheel.binary.fields import Fields

_PF_X, _PF_W = 1, 2
_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_INLINE = 2  # the flag for strings that follow the header
_ALIGNMENT = 16
_SEARCHED = 1 << 16  # bytes of the data segment that Go's own reader looked through
_LONGEST = 1 << 20  # bytes of the information; a program with a thousand modules has a fifth
_LONGEST_NUMBER = 5
_SETTING = re.compile(rb"^build\t([A-Z][A-Z0-9]{1,20})=([a-z0-9.,_]{1,40})$", re.MULTILINE)


def go_settings(layout: Layout) -> dict[str, str]:
    """The settings by name, none where there is no information that can be read: it tells loaders nothing."""
    for segment in layout.of(PT_LOAD):
        if segment.flags & (_PF_X | _PF_W) == _PF_W and segment.file_size:
            found = _SETTING.findall(_information(layout, segment))
            return {name.decode("ascii"): value.decode("ascii") for name, value in found}
    return {}


def _information(layout: Layout, data: Segment) -> bytes:
    """The lines on modules and settings; nothing where there are none."""
    part = layout.fields.part(data.offset, data.file_size, "the data segment")
    start = part.take(0, min(part.size, _SEARCHED), "the data segment")
    for position in _aligned(start):
        header = start[position : position + _HEADER]
        if len(header) == _HEADER and header[15] & _INLINE:
            size, version = _number(part, _HEADER + position)
            size, modules = _number(part, version + size)
            return part.take(modules, max(0, min(size, _LONGEST, part.size - modules)), "the build information")
    return b""


def _aligned(start: bytes) -> Iterator[int]:
    """Where Go's magic stands at an address that it may have."""
    position = start.find(_MAGIC)
    while position >= 0:
        if position % _ALIGNMENT == 0:
            yield position
        position = start.find(_MAGIC, position + 1)


def _number(part: Fields, position: int) -> tuple[int, int]:
    """A number of Go's ``binary.Uvarint`` and the position after it; 0 and the position where there is none."""
    if position > part.size:
        return 0, part.size
    value = 0
    for index, byte in enumerate(part.take(position, min(_LONGEST_NUMBER, part.size - position), "a length")):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    return 0, position
