"""Signatures of members: which are made anew though nothing else changes, and which stand in the way of a change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from truewheel.binary import MachO
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho, room_left
from truewheel.binary.macho_sign import needs_signature, signature_faults
from truewheel.binary.model import Platform, SignatureKind, Slice
from truewheel.errors import BinaryError
from truewheel.ops.macho_slices import linked_slices
from truewheel.wheel import Entry
from truewheel.wheel.model import Data


class Signing(NamedTuple):
    """The changes of a member, its signatures included; in words what these mend, and what is wrong and stays."""

    changes: MachChanges
    mended: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def signed(entry: Entry, image: MachO, changes: MachChanges, platforms: Collection[Platform]) -> Signing:
    """The changes of a member and, where signatures don't fit that no other edit makes right, those of its signatures.

    Those of an identity are replaced only if `changes` says so.
    """
    others = {part.arch for part in linked_slices(image, platforms) if _may_be_signed(part)} - changes.slices.keys()
    if not others:
        return Signing(changes)
    data = entry.read()
    found = tuple(f"{fault.arch}: {fault.what}" for fault in signature_faults(data) if fault.arch in others)
    asked = replace(changes, sign=True)
    if not found or not _comes_to_something(data, asked):
        return Signing(changes, left=found)
    return Signing(asked, mended=tuple(f"is signed again, {fault}" for fault in found))


def problem_of(entry: Entry, changes: MachChanges) -> str:
    """Why changes of a member can't be made, in words; "" where they can.

    What lies behind a signature is not cut, and entitlements are not lost: nobody wants that for a name's sake.
    """
    try:
        edit_macho(entry.read(), changes)
    except BinaryError as error:
        return error.what
    return ""


def _may_be_signed(part: Slice) -> bool:
    """Whether a slice has a signature, or needs one and has the room for the command."""
    if part.signature.kind is not SignatureKind.NONE:
        return True
    return needs_signature(part) and room_left(part, SliceChanges(), signs=True) >= 0


def _comes_to_something(data: Data, changes: MachChanges) -> bool:
    """Whether an edit can be made, and then isn't idle: data behind a signature, for instance, stays there."""
    try:
        return bool(edit_macho(data, changes))
    except BinaryError:
        return False
