"""CodeDirectories: the part of a code signature that holds the hashes of the pages.

Source: Apple's ``cs_blobs.h`` (xnu). Everything is big-endian, on every machine.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH, Fields
from truewheel.binary.macho_sign_pages import HASH_TYPES, SHA_256, Contents, HashType
from truewheel.binary.macho_signature import CODE_DIRECTORY, SUPER_BLOB, read_blobs

_SHIFTS = (0, *range(12, 17))
"""Sizes of pages, as exponents of two: those that processors have, and 0 for one page that holds everything."""
_SLOTS = (0, *range(0x1000, 0x1005))
"""CSSLOT_CODEDIRECTORY and its alternates, which say the same with other hashes."""
_LINKER_FLAGS, _MAIN_BINARY = 0x20002, 1
"""CS_ADHOC and CS_LINKER_SIGNED, as linkers sign; CS_EXECSEG_MAIN_BINARY."""

_WORD, _LONG = Struct(">I"), Struct(">Q")
_SUPER = Struct(">5I")  # magic, length, number of blobs; slot and offset of the only one
_HEAD = Struct(">9I4B4x")  # magic to codeLimit; hashSize, hashType, platform, pageSize
_OWN = Struct(">9I4B4x3I4Q")  # the same, scatterOffset, teamOffset, spare3, codeLimit64, execSegBase, -Limit, -Flags
_SCATTER, _TEAM, _LIMIT_64, _ENCRYPTED = 44, 48, 56, 92
_VERSION = 0x20400
_FIXED = ((0x20100, 48), (0x20200, 52), (0x20300, 64), (_VERSION, 88), (0x20500, 96), (0x20600, 108))
"""The size of the part before strings and hashes, by the version from which on it is that."""


class Directory(NamedTuple):
    """A CodeDirectory: the `limit` bytes that it covers, in `pages` of ``2 ** shift`` bytes (0: in one).

    Offsets count from the start of `blob`. ``hashes_at`` is the one of the first page's hash; before it are those of
    `special` other slots. ``taken`` are the ranges that must not hold hashes. ``scattered`` tells of pages that
    aren't covered in the order of the file, or as they are in it.
    """

    blob: Fields
    limit: int
    shift: int
    hashes_at: int
    special: int
    pages: int
    hash_type: int
    hash_size: int
    taken: tuple[range, ...]
    scattered: bool

    @property
    def kind(self) -> HashType:
        """The hash that it uses."""
        return HASH_TYPES[self.hash_type]

    @property
    def hashes(self) -> range:
        """The offsets of all hashes, those of special slots first."""
        start = self.hashes_at - self.special * self.hash_size
        return range(start, self.hashes_at + self.pages * self.hash_size)

    def hash(self, number: int) -> bytes:
        """The hash of a page; with a number below zero, that of the special slot of the opposite number."""
        return self.blob.take(self.hashes_at + number * self.hash_size, self.hash_size, "a hash of a CodeDirectory")


def directories(data: Fields) -> tuple[Directory, ...]:
    """The CodeDirectories of a code signature."""
    blobs = read_blobs(data)
    return tuple(_directory(blobs[slot]) for slot in _SLOTS if slot in blobs)


def _directory(blob: Fields) -> Directory:
    head = blob.unpack(_HEAD, 0, "the CodeDirectory")
    magic, _, version, _, hashes_at, identifier_at, special, count, limit, hash_size, hash_type, _, shift = head
    if magic != CODE_DIRECTORY:
        raise blob.error(f"a CodeDirectory begins with {CODE_DIRECTORY:#x}, here is {magic:#x}", 0)
    fixed = max((size for since, size in _FIXED if version >= since), default=_HEAD.size)
    later = blob.take(0, fixed, "the CodeDirectory").ljust(_ENCRYPTED + 4, b"\0")
    scatter, team_at, encrypted = (_WORD.unpack_from(later, at)[0] for at in (_SCATTER, _TEAM, _ENCRYPTED))
    (limit_64,) = _LONG.unpack_from(later, _LIMIT_64)
    texts = ((at, blob.cstring(at, LONGEST_PATH, "a string")) for at in (identifier_at, team_at) if at)
    taken = (range(fixed), *(range(at, at + len(text) + 1) for at, text in texts))
    reach, scattered = limit_64 or limit, bool(scatter or encrypted)
    return Directory(blob, reach, shift, hashes_at, special, count, hash_type, hash_size, taken, scattered)


def misfit(directory: Directory, covered: int) -> str:
    """Why the hashes can't be those of the first `covered` bytes, whatever these hold; "" where they can."""
    unknown = _unknown(directory)
    if unknown:
        return unknown
    if directory.limit != covered:
        return f"it covers {directory.limit} bytes, but there are {covered} before the signature"
    pages = -(-covered >> directory.shift) if directory.shift else min(covered, 1)
    if directory.pages != pages:
        return f"it has {directory.pages} hashes for {pages} pages"
    hashes = directory.hashes
    over = (part for part in directory.taken if hashes.start < part.stop and part.start < hashes.stop)
    return "its hashes lie over something else" if any(over) or hashes.stop > directory.blob.size else ""


def _unknown(directory: Directory) -> str:
    """What of a CodeDirectory isn't known here, or isn't supported."""
    if directory.hash_type not in HASH_TYPES or directory.kind.size != directory.hash_size:
        return f"its hashes are of type {directory.hash_type} and have {directory.hash_size} bytes"
    if directory.shift not in _SHIFTS:
        return f"its pages have 2^{directory.shift} bytes"
    return "its pages are scattered or encrypted" if directory.scattered else ""


def blob_ranges(data: Fields) -> list[range]:
    """Where the index of a signature is, and its blobs; in order."""
    (count,) = data.unpack(_WORD, 8, "the number of signature blobs")
    blobs = (range(blob.start, blob.start + blob.size) for blob in read_blobs(data).values())
    return sorted((range(data.start, data.start + 12 + 8 * count), *blobs), key=lambda part: (part.start, part.stop))


def signature_size(identifier: bytes, limit: int, shift: int) -> int:
    """The number of bytes of `linker_signature`."""
    pages = -(-limit >> shift)
    return _SUPER.size + _OWN.size + len(identifier) + 1 + pages * SHA_256.size


def linker_signature(
    identifier: bytes, contents: Contents, shift: int, executable: tuple[int, int], *, main: bool
) -> bytes:
    """A signature that is one CodeDirectory, as linkers make it.

    `executable` are offset and size of the segment ``__TEXT``; `main` tells whether the file is a program.
    """
    hashes = b"".join(contents.hashes(SHA_256, shift))
    name = identifier + b"\0"
    size = _OWN.size + len(name) + len(hashes)
    head = _OWN.pack(
        *(CODE_DIRECTORY, size, _VERSION, _LINKER_FLAGS, _OWN.size + len(name), _OWN.size, 0),
        *(len(hashes) // SHA_256.size, contents.limit, SHA_256.size, 2, 0, shift, 0, 0, 0, 0),
        *(*executable, _MAIN_BINARY if main else 0),
    )
    return _SUPER.pack(SUPER_BLOB, _SUPER.size + size, 1, 0, _SUPER.size) + head + name + hashes
