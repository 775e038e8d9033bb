"""The notes of an ELF file: build id, Android API level, x86 ISA properties, and the system they name.

Sources: gABI "Note Section", the Linux gABI extension on ``.note.gnu.property``, ``crtbrand.S`` of bionic, and what
the start files of the BSDs and of glibc (``abi-note.c``) say of their system.
Loaders stop quietly at a note that doesn't fit, and so does this; a segment outside of the file is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.elf_layout import PT_NOTE, Layout
from truewheel.binary.fields import Fields

NT_ANDROID_API = 1
NT_SYSTEM = 1  # NT_GNU_ABI_TAG, NT_NETBSD_IDENT, NT_OPENBSD_IDENT, NT_FREEBSD_ABI_TAG, ELF_NOTE_ABI of DragonFly
NT_GNU_BUILD_ID = 3
NT_GNU_PROPERTY = 5
X86_ISA_1_NEEDED = 0xC0008002
X86_ISA_1_USED = 0xC0010002
_MACHINES_X86 = (3, 62)
_GNU_SYSTEMS = ("Linux", "Hurd", "Solaris", "FreeBSD", "NetBSD", "Syllable", "NaCl")
"""The systems by their number in NT_GNU_ABI_TAG (``GNU_ABI_TAG_*`` of binutils)."""
_SYSTEMS = {b"DragonFly\0": "DragonFly", b"FreeBSD\0": "FreeBSD", b"NetBSD\0": "NetBSD", b"OpenBSD\0": "OpenBSD"}
_GO, _NT_GO_BUILD_ID = b"Go\0\0", 4
_OWNERS = (b"GNU\0", b"Android\0", _GO, *_SYSTEMS)
_LONGEST_OWNER = 10


class Notes(NamedTuple):
    """What the notes say. ``build_id`` is in hexadecimal; the ISA masks are 0 where nothing is said.

    ``system`` is the operating system that they name, "" for none; another one than Linux counts more. ``go`` tells
    whether Go's linker wrote one.
    """

    build_id: str | None = None
    android_api: int | None = None
    isa_needed: int = 0
    isa_used: int = 0
    system: str = ""
    go: bool = False


def read_notes(layout: Layout) -> Notes:
    """The notes of all PT_NOTE segments; the first of a kind counts, ISA masks add up. Raises `BinaryError`."""
    word = layout.codec.word
    x86 = layout.machine in _MACHINES_X86
    found = Notes()
    for owner, kind, text in _notes(layout):
        if (owner, kind) == (b"GNU\0", NT_GNU_BUILD_ID):
            found = found._replace(build_id=found.build_id or text.hex() or None)
        elif (owner, kind) == (b"Android\0", NT_ANDROID_API) and len(text) >= 4 and found.android_api is None:
            found = found._replace(android_api=word.unpack_from(text)[0])
        elif (owner, kind) == (b"GNU\0", NT_GNU_PROPERTY) and x86:
            properties = tuple(_properties(text, word, layout.bits // 8))
            found = found._replace(
                isa_needed=_mask(found.isa_needed, properties, X86_ISA_1_NEEDED),
                isa_used=_mask(found.isa_used, properties, X86_ISA_1_USED),
            )
        elif (owner, kind) == (_GO, _NT_GO_BUILD_ID):
            found = found._replace(go=True)
        elif kind == NT_SYSTEM and found.system in ("", _GNU_SYSTEMS[0]):
            found = found._replace(system=_system(owner, text, word) or found.system)
    return found


def _system(owner: bytes, text: bytes, word: Struct) -> str:
    """The system that a note of type 1 names: by its owner, or in its first word if it is GNU's."""
    if owner != b"GNU\0" or len(text) < word.size:
        return _SYSTEMS.get(owner, "")
    number: int = word.unpack_from(text)[0]
    return _GNU_SYSTEMS[number] if number < len(_GNU_SYSTEMS) else ""


def _mask(mask: int, properties: tuple[tuple[int, int], ...], kind: int) -> int:
    for found, value in properties:
        mask |= value if found == kind else 0
    return mask


def _notes(layout: Layout) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner (with its NUL), type and description of every note of an owner that is of interest."""
    room = layout.fields.size
    for offset, size, alignment in sorted({(s.offset, s.file_size, s.alignment) for s in layout.of(PT_NOTE)}):
        part = layout.fields.part(offset, size, "a segment of notes")
        room -= size
        if room < 0:
            raise part.error("the segments of notes overlap", 0)
        yield from _walk(part, layout.order, 8 if alignment == 8 else 4)


def _walk(part: Fields, order: str, alignment: int) -> Iterator[tuple[bytes, int, bytes]]:
    data = part.take(0, part.size, "a segment of notes")
    head = Struct(order + "III")
    position = 0
    while position + head.size <= len(data):
        name_size, size, kind = head.unpack_from(data, position)
        name = position + head.size
        text = -(-(name + name_size) // alignment) * alignment
        if text + size > len(data):
            return
        owner = data[name : name + name_size] if name_size <= _LONGEST_OWNER else b""
        if owner in _OWNERS:
            yield owner, kind, data[text : text + size]
        position = -(-(text + size) // alignment) * alignment


def _properties(text: bytes, word: Struct, alignment: int) -> Iterator[tuple[int, int]]:
    """Type and first word of the GNU properties that have at least a word."""
    position = 0
    while position + 8 <= len(text):
        (kind,), (size,) = word.unpack_from(text, position), word.unpack_from(text, position + 4)
        start = position + 8
        if start + size > len(text):
            return
        if size >= 4:
            yield kind, word.unpack_from(text, start)[0]
        position = start + -(-size // alignment) * alignment
