"""Whether the code signatures of a Mach-O file fit what they cover.

Source: Apple's ``cs_blobs.h`` (xnu), and what linkers and ``codesign`` write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.macho import read_macho
from truewheel.binary.macho_edit_commands import LINKEDIT, read_items
from truewheel.binary.macho_sign_directory import Directory, directories, misfit
from truewheel.binary.macho_sign_pages import Contents
from truewheel.binary.macho_signature import read_blobs
from truewheel.binary.model import Slice
from truewheel.errors import BinaryError

EXECUTE, DYLIB, BUNDLE = 2, 6, 8
LOADED = frozenset({EXECUTE, DYLIB, BUNDLE})
"""The types of files that a loader takes (MH_*): the only ones that are edited and signed."""
_ARM64 = 0x0100000C
_EMBEDDED = (2, 5, 7)
"""The special slots of what lies in the signature itself: requirements and entitlements."""


class SignatureFault(NamedTuple):
    """What is wrong with the signature of a slice, in words."""

    arch: str
    what: str


def needs_signature(part: Slice) -> bool:
    """Whether macOS runs the slice only with a signature: all code for Apple's processors, arm64e too."""
    return part.cpu_type == _ARM64 and part.filetype in LOADED


def signature_faults(buffer: Buffer) -> tuple[SignatureFault, ...]:
    """Where signatures of a Mach-O file don't fit what they cover, slice by slice; () where all do.

    Looked at are the hash of every page in each CodeDirectory, the hashes of requirements and entitlements, and the
    place of the signature: at the end of ``__LINKEDIT`` and of the slice. A slice for Apple's processors without a
    signature is at fault too: they kill what has none. Who signed isn't looked at. Raises `BinaryError` where the
    file is damaged.
    """
    return tuple(
        SignatureFault(part.arch, what)
        for part in read_macho(buffer).slices
        for what in slice_faults(part, Fields(buffer, part.offset, part.size))
    )


def slice_faults(part: Slice, view: Fields) -> Iterator[str]:
    """What is wrong with the signature of one slice, whose bytes are `view`."""
    commands = read_items(view, part.header_room)
    if commands.signature is None:
        if needs_signature(part):
            yield "there is no signature, and Apple's processors run nothing without one"
        return
    offset, size = commands.signature
    linkedit = commands.segment(LINKEDIT)
    if linkedit is None or offset + size != linkedit.end or linkedit.end != view.size:
        yield "the signature isn't the end of __LINKEDIT and of the slice"
    data = view.part(offset, size, "the code signature")
    try:
        found = directories(data)
    except BinaryError as error:
        yield f"a CodeDirectory is damaged: {error.what}"
        return
    with view.memory() as memory:
        contents = Contents(memory, (), offset)
        for directory in found:
            yield from _directory_faults(directory, contents, data)


def _directory_faults(directory: Directory, contents: Contents, data: Fields) -> Iterator[str]:
    reason = misfit(directory, contents.limit)
    if reason:
        yield f"a CodeDirectory doesn't fit the slice: {reason}"
        return
    name = directory.kind.name
    hashes = contents.hashes(directory.kind, directory.shift)
    wrong = [number for number, found in enumerate(hashes) if found != directory.hash(number)]
    if wrong:
        first = f"the first at {wrong[0] << directory.shift:#x}"
        yield f"{len(wrong)} of {len(hashes)} pages aren't what their {name} hashes say, {first}"
    blobs = read_blobs(data)
    for slot in _EMBEDDED:
        if not _is_told(directory, slot, blobs.get(slot)):
            yield f"slot {slot} of the signature isn't what its {name} hash says"


def _is_told(directory: Directory, slot: int, blob: Fields | None) -> bool:
    """Whether the hash of a special slot is that of its blob. Where there is none, it is zeros or left out."""
    told = directory.hash(-slot) if slot <= directory.special else b""
    return told == directory.kind.digest(blob.take(0, blob.size, "a blob")) if blob else not any(told)
