"""Native files: ELF, Mach-O, PE and WebAssembly, read from bytes into values.

`identify` tells by the first bytes what a member of a wheel may be, `read` makes an image of it, and
`read_elf`, `read_macho`, `read_pe` and `read_wasm` demand one format. All are pure functions on buffers. A
format's reader is loaded when it is first needed: most wheels hold files of one format.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from truewheel.binary.fields import Buffer
from truewheel.binary.magic import HEAD, identify
from truewheel.binary.model import Elf, Image, MachO, Pe, SignatureKind, Slice, Wasm

if TYPE_CHECKING:
    from truewheel.binary.elf import read_elf
    from truewheel.binary.macho import read_macho
    from truewheel.binary.pe import pe_checksum, read_pe
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

_READERS = {"read_elf": "elf", "read_macho": "macho", "read_pe": "pe", "pe_checksum": "pe", "read_wasm": "wasm"}


def __getattr__(name: str) -> object:
    """Load the reader of a format."""
    if name in _READERS:
        return getattr(import_module(f"truewheel.binary.{_READERS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read(buffer: Buffer) -> Image | None:
    """The native file in `buffer`; None if it is none.

    None too for what has the magic of a native file and isn't one: a Java class, a static library, a DOS or
    16-bit Windows program, a .NET assembly without native code (it runs on any processor). The buffer may be
    closed afterwards. Raises `BinaryError` for damaged files; damaged names of symbols are found when these are
    first asked for.
    """
    match identify(bytes(buffer[:HEAD])):
        case "elf":
            from truewheel.binary.elf import read_elf  # noqa: PLC0415  # where a file calls for it

            return read_elf(buffer)
        case "macho":
            from truewheel.binary.macho import is_fat_archive, read_macho  # noqa: PLC0415  # where a file calls for it

            return None if is_fat_archive(buffer) else read_macho(buffer)
        case "pe":
            from truewheel.binary.pe import is_portable_assembly, read_pe  # noqa: PLC0415  # where a file calls for it
            from truewheel.binary.pe_header import is_pe  # noqa: PLC0415  # where a file calls for it

            return read_pe(buffer) if is_pe(buffer) and not is_portable_assembly(buffer) else None
        case "wasm":
            from truewheel.binary.wasm import read_wasm  # noqa: PLC0415  # where a file calls for it

            return read_wasm(buffer)
        case _:
            return None
