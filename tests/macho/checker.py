"""Whether a Mach-O file keeps the rules of dyld, codesign and the kernel, and what an edit changed in it.

Nothing here uses our own reader. What is asked of an edit:

- `complaints`: the rules of one file; every hash of every CodeDirectory is made again.
- `strayed`: what an edit of names and run paths changed that it had no business with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.macho.layout import (
    ALIGNMENT,
    FAT,
    ID,
    LOADS,
    MH_EXECUTE,
    RPATH,
    SEGMENT,
    SIGNATURE,
    Command,
    Directory,
    LayoutError,
    Part,
    fat_entries,
    parts,
)

_REQUIREMENTS, _ENTITLEMENTS, _DER_ENTITLEMENTS = 2, 5, 7
_EMBEDDED = {_REQUIREMENTS, _ENTITLEMENTS, _DER_ENTITLEMENTS}
"""The special slots whose contents are blobs of the signature itself."""


def complaints(data: bytes | bytearray) -> list[str]:
    """Every rule that the file breaks."""
    try:
        found = parts(data)
    except LayoutError as error:
        return [str(error)]
    own = [f"{part.arch}: {complaint}" for part in found for rule in _RULES for complaint in rule(part)]
    return [*own, *_about_slices(bytes(data))]


def _about_names(part: Part) -> Iterator[str]:
    for command in part.commands:
        if command.kind in {ID, RPATH, *LOADS}:
            (start,) = struct.unpack_from("<I", command.data, 8)
            if start not in ({12} if command.kind == RPATH else {24, _place_with_flags(command)}):
                yield f"a name at {start} in its command"
            name, end, rest = command.data[start:].partition(b"\0")
            if not name or not end:
                yield f"no end of the name {command.name!r}"
            if rest.strip(b"\0"):
                yield f"something behind the name {command.name!r}"


def _place_with_flags(command: Command) -> int:
    """Where the name of a library stands since macOS 15: behind a word of flags, which a mark announces."""
    return 28 if struct.unpack_from("<I", command.data, 12)[0] == 0x1A741800 else 24


def _about_room(part: Part) -> Iterator[str]:
    if part.room < 0:
        yield f"load commands over the contents by {-part.room} bytes"
    if part.segments and part.segments[0].offset == 0 == part.segments[0].size and len(part.segments) > 1:
        return  # __PAGEZERO
    if part.segments and part.end_of_commands > part.segments[0].size:
        yield "load commands outside of the first segment"


def _about_segments(part: Part) -> Iterator[str]:
    end = 0
    for segment in part.segments:
        if segment.offset + segment.size > len(part.data):
            yield f"{segment.name} beyond the end"
        if segment.size > segment.memory_size:
            yield f"{segment.name}: more in the file than in memory"
        if segment.size and segment.offset < end:
            yield f"{segment.name} over another segment"
        end = max(end, segment.offset + segment.size)
    if part.linkedit and part.linkedit != part.segments[-1]:
        yield "__LINKEDIT isn't the last segment"


def _about_place(part: Part) -> Iterator[str]:
    """The signature stands where dyld and codesign want it: at the end of everything."""
    signature, linkedit = part.signature, part.linkedit
    if signature is None:
        return
    if linkedit is None:
        yield "a signature without __LINKEDIT"
        return
    if signature.offset % ALIGNMENT:
        yield f"the signature begins at {signature.offset:#x}, not at a multiple of 16"
    if signature.offset + signature.size != linkedit.offset + linkedit.size:
        yield "the signature doesn't end with __LINKEDIT"
    if linkedit.offset + linkedit.size != len(part.data):
        yield "__LINKEDIT doesn't end with the slice"


def _about_directories(part: Part) -> Iterator[str]:
    if part.signature is None:
        return
    if 0 not in part.signature.directories:
        yield "no CodeDirectory"
    for slot, directory in part.signature.directories.items():
        for complaint in (*_about_pages(part, directory), *_about_special(part, directory)):
            yield f"CodeDirectory {slot:#x}: {complaint}"


def _about_pages(part: Part, directory: Directory) -> Iterator[str]:
    assert part.signature is not None
    if directory.limit != part.signature.offset:
        yield f"covers {directory.limit:#x} bytes, the signature begins at {part.signature.offset:#x}"
    if len(directory.pages) != -(-directory.limit // directory.page):
        yield f"{len(directory.pages)} pages of {directory.page} for {directory.limit} bytes"
    for number, told in enumerate(directory.pages):
        start = number * directory.page
        if directory.digest(part.data[start : min(start + directory.page, directory.limit)]) != told:
            yield f"page {number} has another hash"
    executable = int(struct.unpack_from("<I", part.data, 12)[0] == MH_EXECUTE)
    if directory.exec_segment and directory.exec_segment[2] & 1 != executable:
        yield "wrong about whether it is a program"


def _about_special(part: Part, directory: Directory) -> Iterator[str]:
    assert part.signature is not None
    blobs = part.signature.blobs
    for slot, told in directory.special.items():
        empty = not any(told)
        if slot in blobs and directory.digest(blobs[slot]) != told:
            yield f"slot -{slot} has another hash"
        if slot in _EMBEDDED and slot not in blobs and not empty:
            yield f"slot -{slot} is about a blob that isn't there"
    for slot in _EMBEDDED & blobs.keys():
        if slot not in directory.special:
            yield f"no hash of the blob {slot}"


_RULES = (_about_names, _about_room, _about_segments, _about_place, _about_directories)


def _about_slices(data: bytes) -> Iterator[str]:
    """The frame of a fat file: slices at multiples of their alignment, and zeros between them."""
    entries = sorted(fat_entries(data), key=lambda entry: entry.offset)
    end = 8 + 20 * len(entries)
    for entry in entries:
        if entry.offset % (1 << entry.align):
            yield f"a slice at {entry.offset:#x}, aligned to {1 << entry.align:#x}"
        if entry.offset < end:
            yield f"a slice over what ends at {end:#x}"
        if data[end : entry.offset].strip(b"\0"):
            yield f"something in the gap before the slice at {entry.offset:#x}"
        if data[entry.offset + 4 : entry.offset + 12] != struct.pack("<2I", entry.cpu, entry.subtype):
            yield f"the slice at {entry.offset:#x} is for another processor than its entry says"
        end = entry.offset + entry.size
    if data[:4] == FAT and end != len(data):
        yield f"the last slice ends at {end:#x}, the file at {len(data):#x}"


@dataclass(frozen=True)
class Intended:
    """What an edit was to change in a slice; what isn't named stays."""

    dylibs: Mapping[str, str] = field(default_factory=dict)
    install_name: str | None = None
    rpaths: tuple[str, ...] | None = None
    signed: bool = False


def strayed(before: bytes | bytearray, after: bytes | bytearray, intended: Mapping[str, Intended]) -> list[str]:
    """What is different in the slices besides what was intended, and what of that is missing."""
    old, new = parts(before), parts(after)
    if [part.arch for part in old] != [part.arch for part in new]:
        return ["other slices"]
    return [
        f"{was.arch}: {complaint}"
        for was, now in zip(old, new, strict=True)
        for complaint in _strayed(was, now, intended.get(was.arch, Intended()))
    ]


def _strayed(was: Part, now: Part, intended: Intended) -> Iterator[str]:
    yield from _strayed_header(was, now)
    yield from _strayed_commands(was, now, intended)
    yield from _strayed_contents(was, now)
    if bool(now.signature) != (bool(was.signature) or intended.signed):
        yield "a signature more or less"


def _strayed_header(was: Part, now: Part) -> Iterator[str]:
    if was.data[:16] + was.data[24:32] != now.data[:16] + now.data[24:32]:
        yield "another header"
    end, low = max(was.end_of_commands, now.end_of_commands), min(was.first_content, now.first_content)
    if now.data[now.end_of_commands : end].strip(b"\0"):
        yield "old commands behind the new ones"
    if now.data[end:low] != was.data[end:low]:
        yield "another filling behind the load commands"


def _strayed_commands(was: Part, now: Part, intended: Intended) -> Iterator[str]:
    expected = [_meant(command, intended) for command in was.commands if command.kind not in {RPATH, SIGNATURE}]
    found = [_told(command) for command in now.commands if command.kind not in {RPATH, SIGNATURE}]
    if expected != found:
        differing = [pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]]
        yield f"other commands: {differing or (len(expected), len(found))}"
    wanted = was.rpaths if intended.rpaths is None else list(intended.rpaths)
    if now.rpaths != wanted:
        yield f"run paths {now.rpaths}, not {wanted}"
    if wanted == was.rpaths and not (now.signature and not was.signature):
        kinds = [[command.kind for command in part.commands] for part in (was, now)]
        if kinds[0] != kinds[1]:
            yield "commands in another order"


def _told(command: Command) -> tuple[int, bytes, str]:
    return command.kind, _without_sizes(command), command.name


def _meant(command: Command, intended: Intended) -> tuple[int, bytes, str]:
    name = command.name
    if command.kind in LOADS:
        name = intended.dylibs.get(name, name)
    if command.kind == ID and intended.install_name is not None:
        name = intended.install_name
    return command.kind, _without_sizes(command), name


def _without_sizes(command: Command) -> bytes:
    """The fields of a command, without the sizes of __LINKEDIT, which a signature may change."""
    data = bytearray(command.frame)
    if command.kind == SEGMENT and data[8:24].rstrip(b"\0") == b"__LINKEDIT":
        data[32:40] = data[48:56] = bytes(8)
    return bytes(data)


def _strayed_contents(was: Part, now: Part) -> Iterator[str]:
    """Every byte between the load commands and the signature stays, at its place in the slice."""
    if was.first_content != now.first_content:
        yield f"contents begin at {now.first_content:#x}, not at {was.first_content:#x}"
    start = was.first_content
    first, second = was.data[start : was.contents_end], now.data[start : now.contents_end]
    if len(second) < len(first):
        yield f"{len(first) - len(second)} bytes of the contents were cut"
    if len(second) - len(first) >= ALIGNMENT or second[len(first) :].strip(b"\0"):
        yield "something new before the signature"
    places = [at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b] if first != second else []
    if places:
        yield f"{len(places)} bytes of the contents changed, the first at {start + places[0]:#x}"
    if was.tail != now.tail:
        yield "the data behind the last segment changed"


def shortfall(part: Part, intended: Intended) -> int:
    """How many bytes an edit needs beyond those that are free; not above zero where it fits."""
    sizes = 0
    for command in part.commands:
        fixed = len(command.frame) + 8
        if command.kind in LOADS:
            sizes += _size(fixed, intended.dylibs.get(command.name, command.name)) - len(command.data)
        elif command.kind == ID and intended.install_name is not None:
            sizes += _size(fixed, intended.install_name) - len(command.data)
    if intended.rpaths is not None:
        sizes += sum(_size(12, path) for path in intended.rpaths)
        sizes -= sum(len(command.data) for command in part.commands if command.kind == RPATH)
    if intended.signed and part.signature is None:
        sizes += ALIGNMENT  # as large as the command is
    return sizes - part.room


def _size(fixed: int, name: str) -> int:
    """The bytes of a command with a name, which is ended by a zero and filled up to a multiple of eight."""
    return -(-(fixed + len(name.encode()) + 1) // 8) * 8
