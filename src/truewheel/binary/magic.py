"""What native files begin with. Nothing is read here beyond the first bytes."""

from __future__ import annotations

from struct import Struct

HEAD = 64
"""How many bytes from the start of a file `identify` wants to see."""

ELF = b"\x7fELF"
WASM = b"\0asm"
THIN = {
    b"\xfe\xed\xfa\xce": (32, ">"),
    b"\xce\xfa\xed\xfe": (32, "<"),
    b"\xfe\xed\xfa\xcf": (64, ">"),
    b"\xcf\xfa\xed\xfe": (64, "<"),
}
"""What a thin Mach-O file begins with: its bits and its byte order."""
FAT, FAT_64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
MOST_SLICES = 42
"""The most slices of a fat file: a Java class shares the magic and has 45 or more in the place of the count."""

_DOS = b"MZ"
_PE = b"PE\0\0"
_FAT_COUNT = Struct(">4xI")
_LFANEW = Struct("<60xI")
_FIRST = {magic[:1] for magic in (ELF, WASM, FAT, _DOS, *THIN)}


def identify(head: bytes) -> str | None:
    """The format that a file claims with its first `HEAD` bytes: elf, macho, pe or wasm; None for all others.

    A claim is not yet a fact: a program with a DOS stub may turn out not to be PE, and a fat file to be a
    static library. `truewheel.binary.read` finds out.
    """
    if head[:1] not in _FIRST:  # most members of a wheel are text: one look is enough for them
        return None
    magic = head[:4]
    if magic == ELF:
        return "elf"
    if magic == WASM:
        return "wasm"
    if magic in THIN or magic == FAT_64 or _is_fat(head):
        return "macho"
    return "pe" if _may_be_pe(head) else None


def _is_fat(head: bytes) -> bool:
    """Whether this is a fat file and not a Java class, which has its version (45 at least) where the count is."""
    return head[:4] == FAT and len(head) >= _FAT_COUNT.size and 0 < _FAT_COUNT.unpack_from(head)[0] <= MOST_SLICES


def _may_be_pe(head: bytes) -> bool:
    """Whether this has a DOS header, and no other signature than PE's where that can be seen already."""
    if head[:2] != _DOS or len(head) < HEAD:
        return False
    (at,) = _LFANEW.unpack_from(head)
    return at + len(_PE) > len(head) or head[at : at + len(_PE)] == _PE
