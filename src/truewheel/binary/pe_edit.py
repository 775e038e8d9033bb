"""Edit the names in a PE file: the DLLs that it imports from, and its own.

New names are written over the old ones, into padding at the end of sections, or into one section that is added; no
other byte of the image moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from truewheel.binary.fields import Buffer
from truewheel.binary.patch import Patch


class Room(Enum):
    """Where a name may go, in the order in which the places are tried."""

    PLACE = "in place"
    PADDING = "padding"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class PeChanges:
    """What is to be different in a PE file; what isn't named stays.

    ``dlls`` maps names of DLLs, in lower case, to new ones, in the import and the delay-import tables.
    ``export_name`` is the new name of the DLL itself, in the export directory if it has one. ``search_freely``
    clears DependentLoadFlags, with which a linker can restrict the search for imported DLLs to the system's folder.

    Every edit drops the certificate, which no longer fits, and renews the checksum where there is one.
    """

    dlls: Mapping[str, str] = field(default_factory=dict)
    export_name: str | None = None
    search_freely: bool = False

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != PeChanges()


def edit_pe(buffer: Buffer, changes: PeChanges, rooms: tuple[Room, ...] = tuple(Room)) -> Patch:
    """The patch that makes the changes; an empty one where the file says so already.

    ``Patch.way`` is the value of the last of the `rooms` that was needed. Raises `BinaryError` where the file is
    damaged, where no room can be made, and where a forwarded export names a DLL that is to be renamed;
    `RequestError` for a change that names what isn't there, or a name that no loader could take.
    """
    raise NotImplementedError
