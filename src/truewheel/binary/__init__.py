"""Native files: ELF, Mach-O, PE and WebAssembly, read from bytes into values.

`identify` tells by the first bytes what a member of a wheel may be, `read` makes an image of it, and
`read_elf`, `read_macho`, `read_pe` and `read_wasm` demand one format. All are pure functions on buffers.
"""

from __future__ import annotations

from struct import Struct

from truewheel.binary.elf import read_elf
from truewheel.binary.fields import Buffer
from truewheel.binary.macho import FAT, FAT_64, MOST_SLICES, THIN, is_fat_archive, read_macho
from truewheel.binary.model import Elf, Image, MachO, Pe, SignatureKind, Slice, Wasm
from truewheel.binary.pe import is_portable_assembly, pe_checksum, read_pe
from truewheel.binary.pe_header import is_pe
from truewheel.binary.wasm import MAGIC as WASM
from truewheel.binary.wasm import read_wasm

__all__ = [
    "HEAD",
    "Buffer",
    "Elf",
    "Image",
    "MachO",
    "Pe",
    "SignatureKind",
    "Slice",
    "Wasm",
    "identify",
    "pe_checksum",
    "read",
    "read_elf",
    "read_macho",
    "read_pe",
    "read_wasm",
]

HEAD = 64
"""How many bytes from the start of a file `identify` wants to see."""

_ELF = b"\x7fELF"
_DOS = b"MZ"
_PE = b"PE\0\0"
_FAT_COUNT = Struct(">4xI")
_LFANEW = Struct("<60xI")


def identify(head: bytes) -> str | None:
    """The format that a file claims with its first `HEAD` bytes: elf, macho, pe or wasm; None for all others.

    A claim is not yet a fact: a program with a DOS stub may turn out not to be PE, and a fat file to be a
    static library. `read` finds out.
    """
    magic = head[:4]
    if magic == _ELF:
        return "elf"
    if magic == WASM:
        return "wasm"
    if magic in THIN or magic == FAT_64 or _is_fat(head):
        return "macho"
    return "pe" if _may_be_pe(head) else None


def read(buffer: Buffer) -> Image | None:
    """The native file in `buffer`; None if it is none.

    None too for what has the magic of a native file and isn't one: a Java class, a static library, a DOS or
    16-bit Windows program, a .NET assembly without native code (it runs on any processor). The buffer must
    stay open as long as the symbols of the image are asked for. Raises `BinaryError` for damaged files.
    """
    match identify(bytes(buffer[:HEAD])):
        case "elf":
            return read_elf(buffer)
        case "macho":
            return None if is_fat_archive(buffer) else read_macho(buffer)
        case "pe":
            return read_pe(buffer) if is_pe(buffer) and not is_portable_assembly(buffer) else None
        case "wasm":
            return read_wasm(buffer)
        case _:
            return None


def _is_fat(head: bytes) -> bool:
    """Whether this is a fat file and not a Java class, which has its version (45 at least) where the count is."""
    return head[:4] == FAT and len(head) >= _FAT_COUNT.size and 0 < _FAT_COUNT.unpack_from(head)[0] <= MOST_SLICES


def _may_be_pe(head: bytes) -> bool:
    """Whether this has a DOS header, and no other signature than PE's where that can be seen already."""
    if head[:2] != _DOS or len(head) < HEAD:
        return False
    (at,) = _LFANEW.unpack_from(head)
    return at + len(_PE) > len(head) or head[at : at + len(_PE)] == _PE
