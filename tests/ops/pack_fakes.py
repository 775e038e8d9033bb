"""Archives in memory, and what is made of them."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import replace

from tests.binary.fixtures import EM_AARCH64, Note, Recipe, make
from tests.ops.builds import mach
from tests.ops.fakes import PLAIN_STACK, Disk
from tests.strategies.macho import ARM64, X86_64, fat
from tests.strategies.pe import PeFile
from truewheel.archives import Archive, Item
from truewheel.ops.pack import Packed, Wanted, pack
from truewheel.packing.metadata import checked
from truewheel.packing.model import About, Layout, Program, Target
from truewheel.wheel import Bytes

ABOUT = checked(About("tool", "1.0"))
NOTHING = Disk({}, folders=())

STATIC = make(Recipe(type=2, segments=(PLAIN_STACK,))).data
STATIC_ARM = make(Recipe(type=2, machine=EM_AARCH64, segments=(PLAIN_STACK,))).data
LINUX = "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64"
"""The tags of a static program."""
MAC_ARM = mach(ARM64, (11, 7), filetype=2)
MAC_INTEL = mach(X86_64, (10, 9), filetype=2)
MAC_BOTH = fat(MAC_INTEL, MAC_ARM)
EXE = PeFile(characteristics=0x22).encode()
# IMAGE_SUBSYSTEM_EFI_APPLICATION in the optional header
FIRMWARE = EXE[: 0x40 + 4 + 20 + 68] + b"\x0a" + EXE[0x40 + 4 + 20 + 69 :]
EXE_32 = PeFile(machine=0x14C, bits=32, characteristics=0x102).encode()
FREEBSD = make(Recipe(type=2, osabi=9)).data
ANDROID = make(
    Recipe(
        type=3,
        machine=EM_AARCH64,
        interpreter="/system/bin/linker64",
        needed=("libc.so",),
        notes=(Note(b"Android\0", 1, struct.pack("<I", 24)),),
    )
).data
ANDROID_BARE = make(Recipe(type=3, machine=EM_AARCH64, interpreter="/system/bin/linker64")).data
OBJECT = make(Recipe(type=1)).data
SCRIPT = b"#!/bin/sh\n"


def archive_of(
    files: Mapping[str, bytes], executable: Collection[str] = (), form: str = "tar.gz", *, modes: bool = True
) -> Archive:
    """An archive of some files."""
    items = (Item(name, name in executable, Bytes(files[name])) for name in sorted(files))
    return Archive(form, "archive", tuple(items), modes=modes)


def wanted(
    *programs: Program, layout: Layout | None = None, platforms: tuple[str, ...] = (), none: bool = False
) -> Wanted:
    """A request for a project called tool; `none` for no programs, where otherwise they are looked for."""
    there = () if none else programs or None
    return Wanted(ABOUT, Target("t", "archive", "", layout or Layout(strip=0, into="tool"), there, platforms))


def packed(
    files: Mapping[str, bytes] | Archive, want: Wanted | None = None, libraries: Disk = NOTHING, **changes: object
) -> Packed:
    """What is made of some files; `changes` are other fields of the request."""
    archive = files if isinstance(files, Archive) else archive_of(files)
    return pack(archive, replace(want or wanted(), **changes), libraries)  # type: ignore[arg-type]  # fields of Wanted


def platforms(result: Packed) -> str:
    """The platform tags in a wheel's name."""
    return ".".join(result.wheel.name.platforms)
