"""The operating system that an ELF file says it is for, where EI_OSABI and the interpreter don't tell.

What counts, in this order:
1. notes of other systems' start files: ``.note.netbsd.ident``, ``.note.openbsd.ident``, ``.note.ABI-tag`` of FreeBSD
   and DragonFly, and the word for the system in GNU's (``abi-note.c`` of glibc, ``include/elf/common.h`` of binutils);
2. segments that only their linkers write: PT_OPENBSD_* and PT_SUNW* (``elf.h`` of OpenBSD, ``sys/elf.h`` of illumos);
3. GOOS in the build information of Go (`elf_go`), for programs without an interpreter: on DragonFly they have neither
   a number nor a note.
"""

from __future__ import annotations

from collections.abc import Mapping

from truewheel.binary.elf_layout import PT_INTERP, Layout
from truewheel.binary.elf_notes import Notes
from truewheel.binary.model import System

_SEGMENTS = {
    0x6464E550: "Solaris",  # PT_SUNW_UNWIND
    **dict.fromkeys(range(0x6FFFFFFA, 0x6FFFFFFE), "Solaris"),  # PT_SUNWBSS, PT_SUNWSTACK, PT_SUNWDTRACE, PT_SUNWCAP
    **dict.fromkeys(range(0x65A3DBE5, 0x65A3DBEA), "OpenBSD"),  # PT_OPENBSD_MUTABLE to PT_OPENBSD_SYSCALLS
    0x65A41BE6: "OpenBSD",  # PT_OPENBSD_BOOTDATA
}

_NAMES = {
    "android": "Android",
    "dragonfly": "DragonFly",
    "freebsd": "FreeBSD",
    "linux": "Linux",
    "netbsd": "NetBSD",
    "openbsd": "OpenBSD",
    "solaris": "Solaris",
}


def read_system(layout: Layout, notes: Notes, settings: Mapping[str, str]) -> System | None:
    """The system that a file names, None where it names none. `settings` are those of Go."""
    if notes.system:
        return System(notes.system, f"a note says that it is for {notes.system}")
    for segment in layout.segments:
        if segment.type in _SEGMENTS:
            name = _SEGMENTS[segment.type]
            return System(name, f"it has a segment of type {segment.type:#x}, which is {name}'s")
    if (goos := settings.get("GOOS", "")) and not any(layout.of(PT_INTERP)):
        return System(_NAMES.get(goos, goos), f"Go built it with GOOS={goos}")
    return None
