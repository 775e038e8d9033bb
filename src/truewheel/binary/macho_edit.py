"""Edit the names in a Mach-O file: what it loads, what it is called, where it searches.

Load commands are rewritten inside the padding of the header; nothing else moves. Then the code signatures are made
to fit again (`macho_sign`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from truewheel.binary.fields import Buffer, Fields, encoded
from truewheel.binary.macho import read_macho
from truewheel.binary.macho_edit_commands import read_items, renamed
from truewheel.binary.macho_fat import Reassembled, combined
from truewheel.binary.macho_sign import LOADED, slice_faults
from truewheel.binary.macho_sign_make import Draft, sealed
from truewheel.binary.model import SignatureKind, Slice
from truewheel.binary.patch import Patch
from truewheel.errors import RequestError

_SIGNATURE_SIZE, _RPATH_SIZE, _ID_SIZE = 16, 12, 24
"""Sizes of load commands, without their names."""

MachEdit: TypeAlias = Patch | Reassembled
"""What an edit comes to: a patch, or, where the slice of a fat file grows, the slices in a new order."""


@dataclass(frozen=True, slots=True)
class SliceChanges:
    """What is to be different in one slice; what isn't named stays.

    ``dylibs`` maps old names of libraries to new ones, in all commands that load one. ``install_name`` is the new
    LC_ID_DYLIB of a slice that has one. ``rpaths`` is the whole list of run paths afterwards, None for the one that
    is there: those that stay keep their places, new ones come behind the other commands.
    """

    dylibs: Mapping[str, str] = field(default_factory=dict)
    install_name: str | None = None
    rpaths: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != SliceChanges()


@dataclass(frozen=True, slots=True)
class MachChanges:
    """What is to be different in a Mach-O file.

    ``slices`` are the changes by architecture. With ``sign`` the signatures of all slices are made to fit, and arm64
    slices without one get one, though nothing else changes. With ``resign`` a signature by an identity is replaced by
    one that anybody can make (ad hoc), without its entitlements; without it such a file isn't edited.
    ``identifier`` is the name in the signature of a slice that had none.
    """

    slices: Mapping[str, SliceChanges] = field(default_factory=dict)
    sign: bool = False
    resign: bool = False
    identifier: str = ""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self.sign or any(self.slices.values())


def room_left(part: Slice, changes: SliceChanges, *, signs: bool) -> int:
    """The bytes that stay free between load commands and contents after the changes; below zero what lacks.

    Reckoned from the names, as if each command were as short as linkers write it: what isn't has more room than that.
    With `signs` a slice without a signature gets the command for one. Raises `RequestError` for a name that no file
    can hold.
    """
    left = part.header_room
    if signs and part.signature.kind is SignatureKind.NONE:
        left -= _SIGNATURE_SIZE
    for dylib in part.dylibs:
        left -= _growth(part, dylib.name_at, dylib.name, changes.dylibs.get(dylib.name, dylib.name))
    if part.install_name is not None and changes.install_name is not None:
        left -= _growth(part, _ID_SIZE, part.install_name, changes.install_name)
    if changes.rpaths is not None:
        left += sum(_length(part, _RPATH_SIZE, path) for path in part.rpaths)
        left -= sum(_length(part, _RPATH_SIZE, path) for path in changes.rpaths)
    return left


def edit_macho(buffer: Buffer, changes: MachChanges) -> MachEdit:
    """What makes the changes; an empty patch where the file says so already.

    Raises `BinaryError` where the file is damaged, where the header has no room (naming the bytes that lack), where
    the signature is one by an identity and ``resign`` isn't asked for, and where data behind the last segment would
    have to move; `RequestError` for a change that names what isn't there, or a name that no loader could take.
    """
    if not changes:
        return Patch(len(buffer))
    image = read_macho(buffer)
    for arch in changes.slices:
        if arch not in image.archs:
            raise RequestError(f"the file has no slice for {arch}, only for {', '.join(image.archs)}")
    patches = [_edited(Fields(buffer, part.offset, part.size), part, changes) for part in image.slices]
    if not image.fat:
        return patches[0]
    return combined(buffer, patches)


def _edited(view: Fields, part: Slice, changes: MachChanges) -> Patch:
    """The patch of one slice."""
    asked = changes.slices.get(part.arch, SliceChanges())
    _check_there(part, asked)
    before = read_items(view, part.header_room)
    items = renamed(before, asked.dylibs, asked.install_name, asked.rpaths)
    if items == before.items and not _is_to_be_signed(part, view, changes):
        return Patch(view.size)
    if part.filetype not in LOADED:
        raise view.error("only programs, libraries and bundles can be edited, as macOS loads them", 0)
    return sealed(Draft(part, replace(before, items=items), changes.resign, changes.identifier))


def _is_to_be_signed(part: Slice, view: Fields, changes: MachChanges) -> bool:
    """Whether the signature is to be looked after, though nothing else changes. One by an identity stays if it fits."""
    if not changes.sign or part.filetype not in LOADED:
        return False
    return part.signature.kind is not SignatureKind.IDENTITY or any(slice_faults(part, view))


def _check_there(part: Slice, asked: SliceChanges) -> None:
    """Raise where a change names what isn't there, and isn't what an edit has made of it already."""
    there = {dylib.name for dylib in part.dylibs}
    for old, new in asked.dylibs.items():
        if old not in there and new not in there:
            raise RequestError(f"the {part.arch} slice doesn't load {old}")
    if asked.install_name is not None and part.install_name is None:
        raise RequestError(f"the {part.arch} slice is no library: it has no install name to change")


def _growth(part: Slice, fixed: int, old: str, new: str) -> int:
    return _length(part, fixed, new) - _length(part, fixed, old)


def _length(part: Slice, fixed: int, name: str) -> int:
    """The size of a command with a name behind its fixed part."""
    size = fixed + (len(encoded(name, "a name")) if name else 0) + 1
    return size + -size % (part.bits // 8)
