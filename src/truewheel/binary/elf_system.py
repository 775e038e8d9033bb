"""The operating system that an ELF file says it is for, where EI_OSABI and the interpreter don't tell.

What counts, in this order:
1. notes of other systems' start files: ``.note.netbsd.ident``, ``.note.openbsd.ident``, ``.note.ABI-tag`` of FreeBSD
   and DragonFly, and the word for the system in GNU's (``abi-note.c`` of glibc, ``include/elf/common.h`` of binutils);
2. segments that only their linkers write: PT_OPENBSD_* and PT_SUNW* (``elf.h`` of OpenBSD, ``sys/elf.h`` of illumos);
3. GOOS in the build information of Go 1.18 and newer (``debug/buildinfo``), for programs without an interpreter: on
   DragonFly they have neither a number nor a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from truewheel.binary.elf_layout import PT_INTERP, PT_LOAD, Layout, Segment
from truewheel.binary.elf_notes import Notes
from truewheel.binary.fields import Fields
from truewheel.binary.model import System

_ET_EXEC = 2
_PF_X, _PF_W = 1, 2
_SEGMENTS = {
    0x6464E550: "Solaris",  # PT_SUNW_UNWIND
    **dict.fromkeys(range(0x6FFFFFFA, 0x6FFFFFFE), "Solaris"),  # PT_SUNWBSS, PT_SUNWSTACK, PT_SUNWDTRACE, PT_SUNWCAP
    **dict.fromkeys(range(0x65A3DBE5, 0x65A3DBEA), "OpenBSD"),  # PT_OPENBSD_MUTABLE to PT_OPENBSD_SYSCALLS
    0x65A41BE6: "OpenBSD",  # PT_OPENBSD_BOOTDATA
}

_GO_MAGIC = b"\xff Go buildinf:"
_GO_HEADER = 32
_GO_INLINE = 2  # the flag for strings that follow the header
_GO_ALIGNMENT = 16
_GO_SEARCHED = 1 << 16  # bytes of the data segment that Go's own reader looked through
_GO_LONGEST = 1 << 20  # bytes of the information; a program with a thousand modules has a fifth
_LONGEST_NUMBER = 5
_GOOS = re.compile(rb"^build\tGOOS=([a-z0-9]{1,20})$", re.MULTILINE)
_NAMES = {
    "android": "Android",
    "dragonfly": "DragonFly",
    "freebsd": "FreeBSD",
    "linux": "Linux",
    "netbsd": "NetBSD",
    "openbsd": "OpenBSD",
    "solaris": "Solaris",
}


def read_system(layout: Layout, notes: Notes) -> System | None:
    """The system that a file names, None where it names none."""
    if notes.system:
        return System(notes.system, f"a note says that it is for {notes.system}")
    for segment in layout.segments:
        if segment.type in _SEGMENTS:
            name = _SEGMENTS[segment.type]
            return System(name, f"it has a segment of type {segment.type:#x}, which is {name}'s")
    if layout.type == _ET_EXEC and not any(layout.of(PT_INTERP)) and (goos := _goos(layout)):
        return System(_NAMES.get(goos, goos), f"Go built it with GOOS={goos}")
    return None


def _goos(layout: Layout) -> str:
    """GOOS as the build information has it, "" where there is none that can be read: it tells loaders nothing."""
    for segment in layout.of(PT_LOAD):
        if segment.flags & (_PF_X | _PF_W) == _PF_W and segment.file_size:
            found = _GOOS.search(_go_information(layout, segment))
            return found[1].decode("ascii") if found else ""
    return ""


def _go_information(layout: Layout, data: Segment) -> bytes:
    """The module information of a Go program, which the linker puts at the start of its data; else nothing."""
    part = layout.fields.part(data.offset, data.file_size, "the data segment")
    start = part.take(0, min(part.size, _GO_SEARCHED), "the data segment")
    for position in _aligned(start):
        header = start[position : position + _GO_HEADER]
        if len(header) == _GO_HEADER and header[15] & _GO_INLINE:
            version, modules = _GO_HEADER + position, 0
            size, version = _number(part, version)
            size, modules = _number(part, version + size)
            return part.take(modules, max(0, min(size, _GO_LONGEST, part.size - modules)), "the build information")
    return b""


def _aligned(start: bytes) -> Iterator[int]:
    """Where Go's magic stands at an address that it may have."""
    position = start.find(_GO_MAGIC)
    while position >= 0:
        if position % _GO_ALIGNMENT == 0:
            yield position
        position = start.find(_GO_MAGIC, position + 1)


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
