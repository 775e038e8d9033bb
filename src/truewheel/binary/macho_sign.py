"""Code signatures of Mach-O files: whether they fit what they cover, and how they are made to fit after an edit.

The signatures here are ad hoc: hashes without an identity. One that is there is refreshed in place, so that all that
it says but for the hashes of pages stays; where that can't be, one is made as linkers make it.
Source: Apple's ``cs_blobs.h`` (xnu), and what linkers and ``codesign`` write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields, encoded
from truewheel.binary.macho import read_macho
from truewheel.binary.macho_commands import CODE_SIGNATURE, SEGMENT_64
from truewheel.binary.macho_edit_commands import Command, Commands, Segment, read_items, written
from truewheel.binary.macho_sign_directory import (
    PAGE_SHIFT,
    Directory,
    directories,
    linker_signature,
    misfit,
    signature_size,
)
from truewheel.binary.macho_sign_pages import Contents
from truewheel.binary.macho_signature import read_blobs
from truewheel.binary.model import SignatureKind, Slice
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.errors import BinaryError, Where

EXECUTE, DYLIB, BUNDLE = 2, 6, 8
LOADED = frozenset({EXECUTE, DYLIB, BUNDLE})
"""The types of files that a loader takes: the only ones that are edited."""
_ARM64 = 0x0100000C
_ALIGNED = 16
_PAGE = 0x4000  # the largest page of a processor that macOS runs on
_LARGEST = (1 << 32) - 1
_LARGEST_SHIFT = 14
_EMBEDDED = frozenset({2, 5, 7})
"""The special slots of what lies in the signature itself: requirements and entitlements."""
LINKEDIT = b"__LINKEDIT"


class SignatureFault(NamedTuple):
    """What is wrong with the signature of a slice, in words."""

    arch: str
    what: str


def needs_signature(part: Slice) -> bool:
    """Whether macOS starts the slice only with a signature: all code for Apple's processors."""
    return part.cpu_type == _ARM64 and part.filetype in LOADED


def signature_faults(buffer: Buffer) -> tuple[SignatureFault, ...]:
    """Where signatures of a Mach-O file don't fit what they cover, slice by slice; () where all do.

    Looked at are the hash of every page in each CodeDirectory, the hashes of requirements and entitlements, and the
    place of the signature: at the end of ``__LINKEDIT`` and of the slice. A slice for Apple's processors without a
    signature is at fault too: they kill what isn't signed. Who signed isn't looked at. Raises `BinaryError` where
    the file is damaged.
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
    with view.memory() as memory:
        contents = Contents(memory, (), offset)
        for directory in directories(data):
            yield from _directory_faults(directory, contents, data)


def _directory_faults(directory: Directory, contents: Contents, data: Fields) -> Iterator[str]:
    reason = misfit(directory, contents.limit)
    if reason:
        yield f"a CodeDirectory doesn't fit the file: {reason}"
        return
    hashes = contents.hashes(directory.kind, directory.shift)
    wrong = [number for number, found in enumerate(hashes) if found != directory.hash(number)]
    if wrong:
        first = f"the first at {wrong[0] << directory.shift:#x}"
        yield f"{len(wrong)} of {len(hashes)} pages aren't what their {directory.kind.name} hashes say, {first}"
    for slot, blob in read_blobs(data).items():
        embedded = slot in _EMBEDDED and slot <= directory.special
        if embedded and directory.kind.digest(blob.take(0, blob.size, "a blob")) != directory.hash(-slot):
            yield f"slot {slot} of the signature isn't what its {directory.kind.name} hash says"


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
    2. An ad-hoc signature is refreshed in place: all of its blobs stay, the hashes of pages are those of the new ones.
    3. Where that can't be, a new one takes its place, and its room where that is enough.
    4. What a new signature can't say (who signed, entitlements) is given up with ``resign`` only.

    Raises `BinaryError` where any of this can't be.
    """
    part = draft.part
    if part.signature.kind is SignatureKind.NONE and not needs_signature(part):
        return _patch(draft.view, written(draft.commands))
    if part.signature.kind is SignatureKind.NONE:
        return _signed(draft)
    if part.signature.kind is SignatureKind.IDENTITY:
        _check_resign(draft, "it is signed by an identity")
        return _signed(draft)
    found, reason = _refreshable(draft)
    if not reason:
        return _refreshed(draft, found)
    if part.signature.entitlements:
        _check_resign(draft, f"it has entitlements in a signature that can't be refreshed: {reason}")
    return _signed(draft)


def _check_resign(draft: Draft, what: str) -> None:
    if not draft.resign:
        raise BinaryError(
            f"the {draft.part.arch} slice can't be edited without the loss of its signature: {what}",
            where=Where(offset=draft.view.start),
            hint="--resign replaces it by an ad-hoc one, without entitlements",
        )


def _refreshable(draft: Draft) -> tuple[tuple[Directory, ...], str]:
    """The CodeDirectories, and why they can't be refreshed in place; "" where they can."""
    offset, size = _signature(draft.commands)
    data = draft.view.part(offset, size, "the code signature")
    try:
        found = directories(data)
    except BinaryError as error:
        return (), error.what
    if offset < draft.commands.limit:
        return (), "it lies over the load commands"
    blobs = sorted((blob.start, blob.size) for blob in read_blobs(data).values())
    if any(start + length > after for (start, length), (after, _) in pairwise(blobs)):
        return (), "its blobs overlap"
    return found, next(filter(None, (misfit(directory, offset) for directory in found)), "")


def _refreshed(draft: Draft, found: tuple[Directory, ...]) -> Patch:
    writes = written(draft.commands)
    start = draft.view.start
    with draft.view.memory() as memory:
        contents = Contents(memory, writes, _signature(draft.commands)[0])
        fresh = [
            Write(each.blob.start - start + each.hashes_at, b"".join(contents.hashes(each.kind, each.shift)))
            for each in found
        ]
    return _patch(draft.view, (*writes, *fresh))


def _signed(draft: Draft) -> Patch:
    """With a signature made anew, where the old one is or else at the end."""
    name = _identifier(draft)
    place = _kept_place(draft, name) or _new_place(draft, name)
    commands = _placed(draft.commands, place)
    writes = written(commands)
    if not commands.limit <= place.offset <= _LARGEST - place.size:
        raise draft.view.error("there is no place for a code signature", place.offset)
    text = commands.segment(b"__TEXT")
    with draft.view.memory() as memory:
        contents = Contents(memory, writes, place.offset)
        executable = (text.offset, text.size) if text else (0, 0)
        main = draft.part.filetype == EXECUTE
        blob = linker_signature(name, contents, place.shift, executable, main=main)
    return _patch(draft.view, writes, place.offset, blob.ljust(place.size, b"\0"))


class _Place(NamedTuple):
    """Where a new signature is put, and the pages that it has hashes for."""

    offset: int
    size: int
    shift: int


def _identifier(draft: Draft) -> bytes:
    """The name in the signature: the old one, the one that is wished for, or what the library is called."""
    own = (draft.part.install_name or "").rpartition("/")[2]
    return encoded(draft.part.signature.identifier or draft.identifier or own or "a.out", "the signing identifier")


def _kept_place(draft: Draft, name: bytes) -> _Place | None:
    """The old one, if it has the room: with pages of the usual size, or with the largest."""
    if draft.commands.signature is None:
        return None
    offset, size = draft.commands.signature
    shifts = (shift for shift in (PAGE_SHIFT, _LARGEST_SHIFT) if signature_size(name, offset, shift) <= size)
    return next((_Place(offset, size, shift) for shift in shifts), None)


def _new_place(draft: Draft, name: bytes) -> _Place:
    """At the end of the slice, which is the one of ``__LINKEDIT``, too, or of an old signature in it."""
    linkedit = draft.commands.segment(LINKEDIT)
    if linkedit is None:
        raise draft.view.error("the slice has no __LINKEDIT, where a code signature has its place", 0)
    offset, end = linkedit.end + -linkedit.end % _ALIGNED, linkedit.end
    if draft.commands.signature is not None:
        offset, size = draft.commands.signature
        end = offset + size
    behind = draft.view.size - end
    if end != linkedit.end or behind > max(0, offset - end) or any(draft.view.take(end, behind, "the end")):
        raise BinaryError(
            f"the {draft.part.arch} slice has no room for a code signature: there is data behind its place",
            where=Where(offset=draft.view.start + end),
        )
    size = signature_size(name, offset, PAGE_SHIFT)
    return _Place(offset, size + -size % _ALIGNED, PAGE_SHIFT)


def _placed(commands: Commands, place: _Place) -> Commands:
    """The commands with one for the signature, and with a ``__LINKEDIT`` that reaches to its end."""
    own = commands.made(CODE_SIGNATURE, place.offset, place.size)
    if commands.signature == (place.offset, place.size):
        return commands
    items = [own if item.kind == CODE_SIGNATURE else item for item in commands.items]
    if commands.signature is None:
        items.append(own)
    linkedit = commands.segment(LINKEDIT)
    if linkedit is not None:
        items[linkedit.command] = _reaching(commands, linkedit, place.offset + place.size)
    return replace(commands, items=tuple(items))


def _reaching(commands: Commands, segment: Segment, end: int) -> Command:
    """The command of a segment that reaches to another end in the file, and as far in memory as that takes."""
    size = end - segment.offset
    room = max(segment.room, size + -size % _PAGE)
    top = segment.address + room
    if any(segment.address < other.address < top for other in commands.segments) or top > 1 << commands.bits:
        raise commands.view.error("__LINKEDIT can't grow: another segment is mapped behind it", segment.offset)
    kind, data = commands.items[segment.command]
    layout = Struct(commands.order + ("4Q" if kind == SEGMENT_64 else "4I"))
    return Command(
        kind, data[:24] + layout.pack(segment.address, room, segment.offset, size) + data[24 + layout.size :]
    )


def _signature(commands: Commands) -> tuple[int, int]:
    if commands.signature is None:
        raise AssertionError
    return commands.signature


def _patch(view: Fields, writes: tuple[Write, ...], offset: int = 0, data: bytes = b"") -> Patch:
    """Writes, and bytes at an offset: inside of the slice as far as it reaches, and behind it."""
    inside = max(0, view.size - offset)
    with view.memory() as memory:
        merged = merged_writes(memory, (*writes, Write(offset, data[:inside])))
    tail = data[inside:]
    return Patch(view.size, merged, max(offset, view.size) if tail else 0, tail, "signed" if tail else "in place")
