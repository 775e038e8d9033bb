"""Code signatures that fit what they cover after an edit.

They are ad hoc: hashes without an identity. One that is there is refreshed in place, so that everything in it stays
but the hashes of pages; where that can't be, one is made as linkers make it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Fields, encoded
from truewheel.binary.macho_commands import CODE_SIGNATURE, SEGMENT_64
from truewheel.binary.macho_edit_commands import LINKEDIT, Command, Commands, Segment, written
from truewheel.binary.macho_sign import EXECUTE, needs_signature
from truewheel.binary.macho_sign_directory import (
    Directory,
    blob_ranges,
    directories,
    linker_signature,
    misfit,
    signature_size,
)
from truewheel.binary.macho_sign_pages import Contents
from truewheel.binary.model import SignatureKind, Slice
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.errors import BinaryError, Where

_PAGE_SHIFT, _LARGEST_SHIFT = 12, 14
"""Pages of 4,096 bytes, which all processors take, and of 16,384, which Apple's do (2 to the power of these)."""
_ALIGNED = 16
_LARGEST = (1 << 32) - 1  # the offsets of LC_CODE_SIGNATURE have 32 bits


@dataclass(frozen=True, slots=True)
class Draft:
    """A slice that is to be written: what it is, its commands as they are to be, and the wishes for its signature.

    ``resign`` allows to take the place of a signature that says more than one from here can; ``identifier`` is for
    one that has none.
    """

    part: Slice
    commands: Commands
    resign: bool = False
    identifier: str = ""

    @property
    def view(self) -> Fields:
        """The bytes of the slice."""
        return self.commands.view


def sealed(draft: Draft) -> Patch:
    """What writes the commands of a slice, and makes its signature fit.

    1. A slice without a signature gets one if it needs one.
    2. An ad-hoc signature is refreshed in place: its blobs stay, with the hashes of the pages as they are to be.
    3. Where that can't be, a new one takes its place, and keeps its size if it can.
    4. What a new signature can't say (who signed, entitlements) is given up with ``resign`` only.

    Raises `BinaryError` where any of this can't be.
    """
    part, place = draft.part, draft.commands.signature
    if place is None:
        return _signed(draft) if needs_signature(part) else _patch(draft.view, written(draft.commands))
    if part.signature.kind is SignatureKind.IDENTITY:
        _check_resign(draft, "it is signed by an identity")
        return _signed(draft)
    found, reason = _refreshable(draft, *place)
    if not reason:
        return _refreshed(draft, place[0], found)
    if part.signature.entitlements:
        _check_resign(draft, f"it has entitlements in a signature that can't be refreshed: {reason}")
    return _signed(draft)


def _check_resign(draft: Draft, what: str) -> None:
    if not draft.resign:
        raise BinaryError(
            f"the {draft.part.arch} slice can't be edited without the loss of its signature: {what}",
            where=Where(offset=draft.view.start),
            hint="--resign puts an ad-hoc signature in its place, without identity and entitlements",
        )


def _refreshable(draft: Draft, offset: int, size: int) -> tuple[tuple[Directory, ...], str]:
    """The CodeDirectories of a signature, and why they can't be refreshed in place; "" where they can."""
    data = draft.view.part(offset, size, "the code signature")
    try:
        found = directories(data)
    except BinaryError as error:
        return (), error.what
    if any(one.stop > other.start for one, other in pairwise(blob_ranges(data))):
        return (), "its blobs overlap"
    return found, next(filter(None, (misfit(directory, offset) for directory in found)), "")


def _refreshed(draft: Draft, offset: int, found: tuple[Directory, ...]) -> Patch:
    writes = _beginning(draft, draft.commands, offset)
    with draft.view.memory() as memory:
        contents = Contents(memory, writes, offset)
        hashes = [
            Write(
                directory.blob.start - draft.view.start + directory.hashes_at,
                b"".join(contents.hashes(directory.kind, directory.shift)),
            )
            for directory in found
        ]
    return _patch(draft.view, (*writes, *hashes))


def _signed(draft: Draft) -> Patch:
    """With a signature made anew, where the old one is or else at the end."""
    name = _identifier(draft)
    place = _kept_place(draft, name) or _new_place(draft, name)
    commands = _placed(draft.commands, place)
    writes = _beginning(draft, commands, place.offset)
    text = commands.segment(b"__TEXT")
    executable = (text.offset, text.size) if text else (0, 0)
    with draft.view.memory() as memory:
        contents = Contents(memory, writes, place.offset)
        blob = linker_signature(name, contents, place.shift, executable, main=draft.part.filetype == EXECUTE)
    return _patch(draft.view, writes, place.offset, blob.ljust(place.size, b"\0"))


def _beginning(draft: Draft, commands: Commands, signature: int) -> tuple[Write, ...]:
    """The writes of the commands. Raises if a signature at that offset would lie over them."""
    if signature < commands.limit:
        raise draft.view.error("the code signature lies over the load commands", signature)
    return written(commands)


class _Place(NamedTuple):
    """Where a new signature is put, and the size of the pages that it has hashes for."""

    offset: int
    size: int
    shift: int


def _identifier(draft: Draft) -> bytes:
    """The name in the signature: the old one, the one that is wished for, or what the library is called."""
    own = (draft.part.install_name or "").rpartition("/")[2]
    return encoded(draft.part.signature.identifier or draft.identifier or own or "a.out", "the signing identifier")


def _kept_place(draft: Draft, name: bytes) -> _Place | None:
    """The place of the old one if it has the room, for hashes of fewer and larger pages if need be."""
    if draft.commands.signature is None:
        return None
    offset, size = draft.commands.signature
    shifts = (_PAGE_SHIFT, _LARGEST_SHIFT) if needs_signature(draft.part) else (_PAGE_SHIFT,)
    fitting = (shift for shift in shifts if signature_size(name, offset, shift) <= size)
    return next((_Place(offset, size, shift) for shift in fitting), None)


def _new_place(draft: Draft, name: bytes) -> _Place:
    """At the end of ``__LINKEDIT``, which must be the one of the slice; an old signature there is overwritten."""
    linkedit = draft.commands.segment(LINKEDIT)
    if linkedit is None:
        raise draft.view.error("the slice has no __LINKEDIT, where a code signature has its place", 0)
    end = linkedit.end
    offset = end + -end % _ALIGNED
    if draft.commands.signature is not None:
        offset, size = draft.commands.signature
        end = offset + size
    behind = draft.view.size - end
    if end != linkedit.end or behind > max(0, offset - end) or any(draft.view.take(end, behind, "__LINKEDIT")):
        what = f"the {draft.part.arch} slice has no room for a code signature: there is data behind its place"
        raise draft.view.error(what, end)
    size = signature_size(name, offset, _PAGE_SHIFT)
    size += -size % _ALIGNED
    if offset + size > _LARGEST:
        raise draft.view.error("a code signature can't lie behind the first 4 GiB", offset)
    return _Place(offset, size, _PAGE_SHIFT)


def _placed(commands: Commands, place: _Place) -> Commands:
    """The commands with one for the signature, and with a ``__LINKEDIT`` that reaches to its end."""
    linkedit = commands.segment(LINKEDIT)
    if commands.signature == (place.offset, place.size) or linkedit is None:
        return commands
    own = commands.made(CODE_SIGNATURE, place.offset, place.size)
    items = [own if item.kind == CODE_SIGNATURE else item for item in commands.items]
    if commands.signature is None:
        items.append(own)
    items[linkedit.command] = _reaching(commands, linkedit, place.offset + place.size)
    return replace(commands, items=tuple(items))


def _reaching(commands: Commands, segment: Segment, end: int) -> Command:
    """The command of a segment that reaches to another end in the file, and as far in memory as that takes."""
    size = end - segment.offset
    room = max(segment.room, size + -size % (1 << _LARGEST_SHIFT))
    top = segment.address + room
    above = any(segment.address < other.address < top for other in commands.segments)
    if room > segment.room and (above or top >= 1 << commands.bits):
        raise commands.view.error("__LINKEDIT can't grow: something else is mapped behind it", segment.offset)
    kind, data = commands.items[segment.command]
    layout = Struct(commands.order + ("4Q" if kind == SEGMENT_64 else "4I"))
    fields = layout.pack(segment.address, room, segment.offset, size)
    return Command(kind, data[:24] + fields + data[24 + layout.size :])


def _patch(view: Fields, writes: tuple[Write, ...], offset: int = 0, data: bytes = b"") -> Patch:
    """Writes, and bytes at an offset: inside of the slice as far as it reaches, and behind it."""
    inside = max(0, view.size - offset)
    with view.memory() as memory:
        merged = merged_writes(memory, (*writes, Write(offset, data[:inside])))
    tail = data[inside:]
    way = "signed" if data else "in place" if merged else ""
    return Patch(view.size, merged, max(offset, view.size) if tail else 0, tail, way)
