"""A signer of Mach-O files for tests, and what stands in for Apple's ``codesign`` where there is no Mac.

It makes what codesign makes of ``--sign -``: CodeDirectory, requirements, entitlements, an empty CMS signature. Nothing
of it is shared with the signer of truewheel. ``python -m tests.macho.codesign --force --sign - FILE`` and ``--verify
FILE`` are all that delocate asks for.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.macho.layout import (
    ALIGNMENT,
    FAT,
    MH_EXECUTE,
    SEGMENT,
    SIGNATURE,
    FatEntry,
    LayoutError,
    Part,
    fat_entries,
    parts,
)

REQUIREMENTS = struct.pack(">3I", 0xFADE0C01, 12, 0)
PAGES = {"x86_64": 0x1000, "arm64": 0x4000}
_HASHES = {"sha1": (1, 20), "sha256": (2, 32), "sha384": (4, 48)}


@dataclass(frozen=True)
class Style:
    """How to sign. ``hashes`` are the CodeDirectories in order; ``cms`` is what an identity adds.

    With ``linker`` there is a CodeDirectory alone, as linkers make it; with ``runtime`` it says that the runtime is a
    hardened one. ``slack`` bytes follow the blobs.
    """

    identifier: str
    page: int = 0x1000
    hashes: tuple[str, ...] = ("sha256",)
    entitlements: bytes = b""
    cms: bytes = b""
    linker: bool = False
    runtime: bool = False
    slack: int = 0

    @property
    def flags(self) -> int:
        """The CS_* bits: ad hoc, linker-signed, or those of a hardened runtime."""
        return (0 if self.cms else 0x20002 if self.linker else 0x2) | (0x10000 if self.runtime else 0)

    @property
    def frame(self) -> int:
        """The size of a CodeDirectory before its name; that of a hardened runtime has two fields more."""
        return 96 if self.runtime else 88


def signed(data: bytes, style: Style) -> bytes:
    """The file with all of its slices signed anew; those of a fat file are laid out again."""
    entries = fat_entries(data)
    if not entries:
        return _signed(parts(data)[0], style)
    return joined(entries, [_signed(part, style) for part in parts(data)])


def unsigned(data: bytes) -> bytes:
    """A thin file without its signature, whose load command has to be the last.

    In memory, too, __LINKEDIT ends where its contents do: any signature makes it grow.
    """
    (part,) = parts(data)
    if part.signature is None or part.commands[-1].kind != SIGNATURE:
        raise LayoutError("there is no signature, or its load command isn't the last")
    result = bytearray(data[: part.contents_end])
    for command in part.commands:
        if command.kind == SEGMENT and command.data[8:24].rstrip(b"\0") == b"__LINKEDIT":
            (offset,) = struct.unpack_from("<Q", command.data, 40)
            struct.pack_into("<Q", result, command.offset + 32, part.contents_end - offset)
            struct.pack_into("<Q", result, command.offset + 48, part.contents_end - offset)
    last = part.commands[-1].offset
    result[last : last + 16] = bytes(16)
    struct.pack_into("<2I", result, 16, len(part.commands) - 1, part.end_of_commands - 32 - 16)
    return bytes(result)


def joined(entries: Sequence[FatEntry], slices: Sequence[bytes]) -> bytes:
    """A fat file of these slices in their order, each aligned as its entry says."""
    header, body = bytearray(FAT + struct.pack(">I", len(slices))), bytearray()
    start = 8 + 20 * len(slices)
    for entry, part in zip(entries, slices, strict=True):
        offset = -(-(start + len(body)) // (1 << entry.align)) << entry.align
        header += struct.pack(">5I", entry.cpu, entry.subtype, offset, len(part), entry.align)
        body += bytes(offset - start - len(body)) + part
    return bytes(header + body)


def _signed(part: Part, style: Style) -> bytes:
    limit = -(-part.contents_end // ALIGNMENT) * ALIGNMENT
    blobs = _other_blobs(style)
    special = max((slot for slot in blobs if slot < 0x1000), default=0)
    hashes = sum(_HASHES[algorithm][1] for algorithm in style.hashes) * (special + -(-limit // style.page))
    frames = (style.frame + len(style.identifier.encode()) + 1 + 8) * len(style.hashes)
    size = 12 + sum(len(blob) + 8 for blob in blobs.values()) + frames + hashes
    size = -(-(size + style.slack) // ALIGNMENT) * ALIGNMENT
    data = _with_place(part, limit, size)
    directories = [_directory(part, data, style, algorithm, blobs) for algorithm in style.hashes]
    slots = dict(zip((0, 0x1000, 0x1001), directories, strict=False)) | blobs
    ordered = [slots[slot] for slot in sorted(slots)]
    index, at = b"", 12 + 8 * len(ordered)
    for slot in sorted(slots):
        index += struct.pack(">2I", slot, at)
        at += len(slots[slot])
    return data + (struct.pack(">3I", 0xFADE0CC0, at, len(ordered)) + index + b"".join(ordered)).ljust(size, b"\0")


def _other_blobs(style: Style) -> dict[int, bytes]:
    if style.linker:
        return {}
    blobs = {2: REQUIREMENTS, 0x10000: struct.pack(">2I", 0xFADE0B01, 8 + len(style.cms)) + style.cms}
    if style.entitlements:
        for slot, magic in ((5, 0xFADE7171), (7, 0xFADE7172)):  # as XML and as DER, which nobody here reads
            blobs[slot] = struct.pack(">2I", magic, 8 + len(style.entitlements)) + style.entitlements
    return blobs


def _with_place(part: Part, limit: int, size: int) -> bytes:
    """The slice up to its signature, with the load commands that name it."""
    data = bytearray(part.data[: part.contents_end].ljust(limit, b"\0"))
    page = PAGES[part.arch]
    for command in part.commands:
        if command.kind == SIGNATURE:
            struct.pack_into("<2I", data, command.offset + 8, limit, size)
        elif command.kind == SEGMENT and command.data[8:24].rstrip(b"\0") == b"__LINKEDIT":
            memory, offset = struct.unpack_from("<2Q", command.data, 32)
            length = limit + size - offset
            struct.pack_into("<Q", data, command.offset + 32, max(memory, -(-length // page) * page))
            struct.pack_into("<Q", data, command.offset + 48, length)
    if part.signature is None:
        if part.room < ALIGNMENT:
            raise LayoutError("no room for LC_CODE_SIGNATURE")
        struct.pack_into("<4I", data, part.end_of_commands, SIGNATURE, 16, limit, size)
        count, length = struct.unpack_from("<2I", data, 16)
        struct.pack_into("<2I", data, 16, count + 1, length + 16)
    return bytes(data)


def _directory(part: Part, data: bytes, style: Style, algorithm: str, blobs: dict[int, bytes]) -> bytes:
    """The CodeDirectory of `data`, which is all of the slice before the signature."""

    def digest(content: bytes) -> bytes:
        return hashlib.new(algorithm, content, usedforsecurity=False).digest()

    kind, size = _HASHES[algorithm]
    last = max((slot for slot in blobs if slot < 0x1000), default=0)
    hashes = b"".join(digest(blobs[slot]) if slot in blobs else bytes(size) for slot in range(last, 0, -1))
    name = style.identifier.encode() + b"\0"
    starts = range(0, len(data), style.page)
    hashes += b"".join(digest(data[at : at + style.page]) for at in starts)
    place, version = style.frame + len(name) + last * size, 0x20500 if style.runtime else 0x20400
    length = style.frame + len(name) + len(hashes)
    head = struct.pack(">3I", 0xFADE0C02, length, version)
    head += struct.pack(">6I", style.flags, place, style.frame, last, len(starts), len(data))
    head += struct.pack("4B", size, kind, 0, style.page.bit_length() - 1) + bytes(24)
    text = next(segment for segment in part.segments if segment.name == "__TEXT")
    (filetype,) = struct.unpack_from("<I", part.data, 12)
    head += struct.pack(">3Q", text.offset, text.size, int(filetype == MH_EXECUTE))
    if style.runtime:
        head += struct.pack(">2I", 0xB0000, 0)
    return head + name + hashes


def main(arguments: list[str]) -> int:
    """The program: sign in place, or verify as codesign does it."""
    path = Path(arguments[-1])
    data = path.read_bytes()
    if "--verify" in arguments:
        from tests.macho.checker import complaints  # noqa: PLC0415 - signing doesn't wait for it

        if not any(part.signature for part in parts(data)):
            print(f"{path}: code object is not signed at all", file=sys.stderr)  # noqa: T201 - what codesign says
            return 1
        if found := complaints(data):
            print(f"{path}: invalid signature: {found[0]}", file=sys.stderr)  # noqa: T201 - what codesign says
        return int(bool(found))
    stem = path.name.rpartition(".")[0] or path.name
    path.write_bytes(signed(data, Style(stem)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
