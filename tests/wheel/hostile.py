"""Hostile archives, one flaw each, and what has to be said about them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.wheel.rawzip import INFO, LIE_32, Built, Part, build, sample, zip64_extra
from truewheel.errors import LimitError, WheelError

CLEAN = Part(b"sample/b.py", b"print('b')\n" * 20)


@dataclass(frozen=True)
class Flaw:
    """A flaw, the archive that has it, and the error: its words, member and place.

    ``at`` names the record at the error's offset: of the member under `index` (``local``, ``central``), or ``end``.
    """

    name: str
    make: Callable[[], Built]
    says: str
    member: str = ""
    at: str = ""
    index: int = 1
    error: type[WheelError] = WheelError

    def offset(self, built: Built) -> int | None:
        """The offset that the error has to carry."""
        places = {"local": built.local, "central": built.central, "end": (built.end,) * 9}
        return places[self.at][self.index] if self.at else None


def _named(name: str, path: str | bytes, says: str, error: type[WheelError] = WheelError) -> Flaw:
    """A flaw of a member's name."""
    raw = path.encode() if isinstance(path, str) else path
    part = Part(raw, flags=0 if raw.isascii() else 0x800)
    text = raw.decode(errors="backslashreplace")
    at = "central" if len(raw) > 1024 else "local"
    return Flaw(name, lambda: build(sample(part)), says, text, at, error=error)


def _record(name: str, says: str, part: Part, at: str = "central", error: type[WheelError] = WheelError) -> Flaw:
    """A flaw of one member's records."""
    return Flaw(name, lambda: build(sample(part)), says, part.name.decode(errors="backslashreplace"), at, error=error)


NAMES = [
    _named("parent", "../evil.py", "'..'"),
    _named("inner-parent", "sample/../../evil.py", "'..'"),
    _named("here", "sample/./evil.py", "'.'"),
    _named("absolute", "/etc/passwd", "absolute"),
    _named("empty-part", "sample//evil.py", "empty part"),
    _named("no-name", b"", "empty part"),
    _named("root", "/", "absolute"),
    _named("drive", "C:/evil.py", "colon"),
    _named("stream", "sample/a.py:ads", "colon"),
    _named("backslash", "..\\..\\evil.py", "backslash"),
    _named("nul", "sample/a.py\0.txt", "U+0000"),
    _named("newline", "sample/a\n.py", "U+000A"),
    _named("delete", "sample/a\x7f.py", "U+007F"),
    _named("bidi", "sample/a\u202eyp.exe", "U+202E"),
    _named("zero-width", "sample/a\u200b.py", "U+200B"),
    _named("not-utf8", b"sample/\xff.py", "not UTF-8: byte 0xff at 7"),
    _named("overlong-utf8", b"sample/\xc0\xaf.py", "not UTF-8"),
    _named("surrogate", b"sample/\xed\xa0\x80.py", "not UTF-8"),
    _named("case", "sample/__INIT__.py", "same file"),
    _named("device", "sample/aux.py", "device"),
    _named("device-case", "sample/Nul", "device"),
    _named("device-space", "sample/com1 .txt", "device"),
    _named("device-folder", "CON/a.py", "device"),
    _named("device-superscript", "sample/lpt\xb2.txt", "device"),
    _named("trailing-dot", "sample/a.py.", "ends in a dot"),
    _named("trailing-space", "sample /a.py", "ends in a dot or a space"),
    _named("long-part", "sample/" + "a" * 300, "300 bytes"),
    _named("long-part-utf8", "sample/" + "\xe4" * 128, "256 bytes"),
    _named("depth", "a/" * 101 + "a", "101 folders; the limit is 100", LimitError),
    Flaw(
        "composition",
        lambda: build(sample(Part("caf\xe9.py".encode(), flags=0x800), Part("cafe\u0301.py".encode(), flags=0x800))),
        "same file",
        "cafe\u0301.py",
        "local",
        2,
    ),
    Flaw("duplicate", lambda: build(sample(CLEAN, CLEAN)), "two members are called", "sample/b.py", "local", 2),
    Flaw(
        "file-and-folder",
        lambda: build(sample(Part(b"sample/b"), Part(b"sample/B/c.py"))),
        "can't both be",
        "sample/B/c.py",
        "local",
        2,
    ),
    Flaw(
        "file-and-folder-entry",
        lambda: build(sample(Part(b"sample/b"), Part(b"sample/b/", b"", 0, mode=0o40755))),
        "can't both be",
        "sample/b/",
        "local",
        2,
    ),
    Flaw(
        "link-and-through",
        lambda: build(sample(Part(b"sample/l", b"/tmp", mode=0o120777), Part(b"sample/l/x.py"))),
        "can't both be",
        "sample/l/x.py",
        "local",
        2,
    ),
]

LONG_NAMES = [
    _named("long-name", "a/" * 60 + "a" * 200 + "/" + "b" * 800, "1,121 bytes; the limit is 1,024", LimitError),
    _named("30000-levels", "a/" * 30_000 + "a", "60,001 bytes; the limit is 1,024", LimitError),
]


def _overlapping() -> Built:
    offset = build(sample(CLEAN)).local[1]
    return build(sample(CLEAN, replace(CLEAN, name=b"sample/c.py", local_name=CLEAN.name, there=False, offset=offset)))


def _swapped() -> Built:
    """Two records of the central directory that stand in the other order than their members."""
    parts = sample(CLEAN)
    true = build(parts).local
    first, second = (replace(part, offset=true[at]) for part, at in ((parts[2], 2), (parts[1], 1)))
    listed = [replace(part, there=False, local_name=part.name) for part in (first, second)]
    shown = [replace(part, listed=False) for part in parts[1:3]]
    return build([parts[0], *shown, *listed, *parts[3:]])


RECORDS = [
    _record("symlink", "a symbolic link", replace(CLEAN, data=b"/etc/passwd", mode=0o120777), "local"),
    _record("symlink-by-dos", "a symbolic link", replace(CLEAN, system=0, mode=0o120777), "local"),
    _record("fifo", "a named pipe", replace(CLEAN, mode=0o010644), "local"),
    _record("socket", "a socket", replace(CLEAN, mode=0o140644), "local"),
    _record("character-device", "a character device", replace(CLEAN, mode=0o020644), "local"),
    _record("block-device", "a block device", replace(CLEAN, mode=0o060644), "local"),
    _record("unknown-type", "of the unknown type 0o30000", replace(CLEAN, mode=0o030644), "local"),
    _record("directory-mode", "without a slash", replace(CLEAN, mode=0o040755), "local"),
    _record("dos-directory", "DOS attributes 0x10", replace(CLEAN, dos=0x10), "local"),
    _record("dos-volume", "DOS attributes 0x08", replace(CLEAN, dos=0x08), "local"),
    _record("folder-with-data", "declares 4 bytes", Part(b"sample/d/", method=0, mode=0o40755), "local"),
    _record("folder-with-stream", "(2 compressed)", Part(b"sample/d/", b"", mode=0o40755), "local"),
    _record("folder-as-file", "the mode 0o100644 is not", Part(b"sample/d/", b"", 0), "local"),
    _record("other-local-name", "calls the member 'sample/x.py'", replace(CLEAN, local_name=b"sample/x.py"), "local"),
    _record("longer-local-name", "calls the member 'sample/bb", replace(CLEAN, local_name=b"sample/bb.py"), "local"),
    _record("endless-local-name", "calls the member", replace(CLEAN, local_name=b"s" * 60_000), "local"),
    _record("local-size", "the size is 0x5 in the local", replace(CLEAN, local_size=5), "local"),
    _record("local-packed", "the compressed size is 0x5 in the local", replace(CLEAN, local_packed=5), "local"),
    _record("local-crc", "the CRC-32 is 0x5 in the local", replace(CLEAN, local_crc=5), "local"),
    _record("local-zeros", "the CRC-32 is 0x0", replace(CLEAN, local_crc=0, local_size=0, local_packed=0), "local"),
    _record("local-method", "the method is 0x0 in the local", replace(CLEAN, local_method=0), "local"),
    _record("local-flags", "the flags is 0x800 in the local", replace(CLEAN, local_flags=0x800), "local"),
    _record("local-time", "the time is 0x1 in the local", replace(CLEAN, local_time=1), "local"),
    _record("local-version", "the extract version is 0x2d in the local", replace(CLEAN, local_extract=45), "local"),
    _record("local-signature", "starts with 50 4b 07 08", replace(CLEAN, local_signature=b"PK\x07\x08"), "local"),
    _record("local-extra-beyond", "reaches into the central", replace(CLEAN, local_extra_length=65_535), "local"),
    _record("encrypted", "encrypted", replace(CLEAN, flags=1)),
    _record("patch-flag", "flags 0x0020", replace(CLEAN, flags=0x20)),
    _record("masked-headers", "flags 0x2000", replace(CLEAN, flags=0x2000)),
    _record("bzip2", "method 12 (bzip2)", replace(CLEAN, method=12)),
    _record("zstd", "method 93 (zstd)", replace(CLEAN, method=93)),
    _record("method-77", "method 77;", replace(CLEAN, method=77)),
    _record("member-disk", "on disk 3", replace(CLEAN, disk=3)),
    _record("member-comment", "a comment of 5 bytes", replace(CLEAN, comment=b"hello")),
    _record("name-without-flag", "not marked as UTF-8", replace(CLEAN, name="sample/\xe4.py".encode())),
    _record("unicode-path", "0x7075", replace(CLEAN, extra=struct.pack("<HHBI", 0x7075, 7, 1, 0) + b"xy")),
    _record("unicode-comment", "0x6375", replace(CLEAN, extra=struct.pack("<HHBI", 0x6375, 7, 1, 0) + b"xy")),
    _record("aes", "0x9901", replace(CLEAN, extra=struct.pack("<HH7x", 0x9901, 7))),
    _record(
        "local-unicode-path", "0x7075", replace(CLEAN, local_extra=struct.pack("<HHBI2x", 0x7075, 7, 1, 0)), "local"
    ),
    _record("extra-fragment", "not a sequence", replace(CLEAN, extra=b"\1\2\3")),
    _record("extra-too-long", "not a sequence", replace(CLEAN, extra=struct.pack("<HH", 0x5455, 9))),
    _record("two-zip64", "two ZIP64", replace(CLEAN, extra=zip64_extra() * 2)),
    _record("zip64-missing", "not there", replace(CLEAN, size=LIE_32)),
    _record("zip64-offset-missing", "not there", replace(CLEAN, offset=LIE_32)),
    _record("zip64-unasked", "defers to 0 of it", replace(CLEAN, extra=zip64_extra(220))),
    _record("zip64-short", "has 8 bytes", replace(CLEAN, size=LIE_32, packed=LIE_32, extra=zip64_extra(220))),
    _record(
        "zip64-offset-lie",
        "the local header would be at 68,719,476,736",
        replace(CLEAN, offset=LIE_32, extra=zip64_extra(1 << 36)),
    ),
    _record(
        "zip64-packed-lie",
        "into the central directory",
        replace(CLEAN, packed=LIE_32, extra=zip64_extra(1 << 40), local_extra=zip64_extra(220, 1 << 40)),
        "local",
    ),
    _record("zip64-local-short", "not 16", replace(CLEAN, local_extra=zip64_extra(220)), "local"),
    _record("zip64-local-size", "the size is 0x7", replace(CLEAN, local_extra=zip64_extra(7, 30)), "local"),
    _record(
        "zip64-local-packed",
        "the compressed size is 0x7",
        replace(CLEAN, local_packed=LIE_32, local_extra=zip64_extra(220, 7)),
        "local",
    ),
    _record("data-beyond", "into the central directory", replace(CLEAN, packed=9_999), "local"),
    _record("descriptor-missing", "no data descriptor", replace(CLEAN, flags=8), "local"),
    _record(
        "descriptor-lies",
        "no data descriptor",
        replace(CLEAN, flags=8, after=b"PK\x07\x08" + struct.pack("<3I", 1, 2, 3)),
        "local",
    ),
    _record("stored-two-sizes", "one size", replace(CLEAN, method=0, size=5)),
    _record("4-gb-in-1-kb", "a ratio of", replace(CLEAN, size=4_000_000_000), error=LimitError),
    _record(
        "ratio", "a ratio of 1,033; the limit is 1,032", replace(CLEAN, raw=b"x" * 9, size=9_297), error=LimitError
    ),
    _record(
        "something-from-nothing", "0 compressed bytes declare 1", replace(CLEAN, raw=b"", size=1), error=LimitError
    ),
    _record(
        "member-size",
        "declares 8,589,934,592 bytes; the limit is 4,294,967,296",
        replace(CLEAN, size=LIE_32, extra=zip64_extra(1 << 33)),
        error=LimitError,
    ),
    Flaw("overlap", _overlapping, "overlap", "sample/c.py", "central", 2),
    Flaw("swapped", _swapped, "belong to no member", f"{INFO}/METADATA", "central", 3),
    Flaw(
        "hidden-record",
        lambda: build(sample(replace(CLEAN, listed=False))),
        "57 bytes from 66 on",
        f"{INFO}/METADATA",
        "central",
        2,
    ),
    Flaw(
        "gap",
        lambda: build(sample(replace(CLEAN, before=b"\0"))),
        "1 bytes from",
        "sample/b.py",
        "central",
    ),
    Flaw(
        "prefix-counted",
        lambda: build(sample(), prefix=b"#!/bin/sh\n"),
        "10 bytes from",
        "sample/__init__.py",
        "central",
        0,
    ),
    Flaw(
        "total-ratio",
        lambda: build(sample(replace(CLEAN, raw=b"x" * 100_000, size=80_000_000))),
        "a ratio of 797; the limit is 50",
        error=LimitError,
    ),
]
