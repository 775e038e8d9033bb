"""Edit the names in a Mach-O file: what it loads, what it is called, where it searches.

Load commands are rewritten inside the padding of the header; nothing else moves. Then the code signatures are made
to fit again (`macho_sign`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from truewheel.binary.fields import Buffer
from truewheel.binary.macho_fat import Reassembled
from truewheel.binary.model import Slice
from truewheel.binary.patch import Patch

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

    Reckoned from the names alone, as if each command were as short as linkers write it: at worst some bytes too few.
    With `signs` a slice without a signature gets the command for one.
    """
    raise NotImplementedError


def edit_macho(buffer: Buffer, changes: MachChanges) -> MachEdit:
    """What makes the changes; an empty patch where the file says so already.

    Raises `BinaryError` where the file is damaged, where the header has no room (naming the bytes that lack), where
    the signature is one by an identity and ``resign`` isn't asked for, and where data behind the last segment would
    have to move; `RequestError` for a change that names what isn't there, or a name that no loader could take.
    """
    raise NotImplementedError
