"""Which files of a wheel are signed anew though nothing else in them changes: those that Apple's processors refuse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from truewheel.binary import MachO
from truewheel.binary.macho_edit import SliceChanges, room_left
from truewheel.binary.macho_sign import needs_signature, signature_faults
from truewheel.binary.model import Platform, SignatureKind, Slice
from truewheel.errors import BinaryError
from truewheel.ops.macho_slices import linked_slices
from truewheel.wheel import Entry


def faults_of(
    entry: Entry, image: MachO, slices: Mapping[str, SliceChanges], platforms: Collection[Platform]
) -> Iterator[str]:
    """What is wrong with signatures of a member that no edit of its slice makes right, in words.

    Raises `BinaryError`, naming the member, where the file is damaged.
    """
    others = [part for part in linked_slices(image, platforms) if part.arch not in slices and _may_be_signed(part)]
    if not others:
        return
    try:
        found = signature_faults(entry.read())
    except BinaryError as error:
        raise error.within(member=entry.name) from None
    archs = {part.arch for part in others}
    yield from (f"is signed again, {fault.arch}: {fault.what}" for fault in found if fault.arch in archs)


def _may_be_signed(part: Slice) -> bool:
    """Whether a slice has a signature, or needs one and has the room for the command."""
    if part.signature.kind is not SignatureKind.NONE:
        return True
    return needs_signature(part) and room_left(part, SliceChanges(), signs=True) >= 0
