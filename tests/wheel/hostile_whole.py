"""Files that are hostile, or wrong, as a whole: their ends, their layout, contents that don't keep their promise."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass, replace

from tests.support import wheel_bytes
from tests.wheel.hostile import CLEAN, Flaw
from tests.wheel.rawzip import INFO, LIE_16, LIE_32, Built, End, Part, build, deflated, sample
from truewheel.errors import LimitError, WheelError


def _end(name: str, says: str, end: End, at: str = "end", error: type[WheelError] = WheelError) -> Flaw:
    """A flaw of the records at the end."""
    return Flaw(name, lambda: build(sample(), end), says, "", at, error=error)


ENDS = [
    _end("size-lie", "is said to span", End(size=46)),
    _end("offset-lie", "is said to span", End(offset=0)),
    _end("disk", "several disks", End(disk=1)),
    _end("directory-disk", "several disks", End(directory_disk=1)),
    _end("count-here", "several disks", End(here=3)),
    _end("count-high", "don't fit", End(here=9_999, members=9_999)),
    _end("defers-to-nothing", "not there", End(offset=LIE_32)),
    _end("zip64-size", "has 57 bytes, not 56", End(zip64=True, long=(None, 45, *[None] * 8))),
    _end("zip64-disk", "several disks", End(zip64=True, long=(*[None] * 4, 1, *[None] * 5))),
    _end(
        "zip64-count",
        "the member count is 4 in the end record and 5",
        End(zip64=True, long=(*[None] * 6, 5, 5, None, None), here=LIE_16),
    ),
    _end("zip64-offset", "the directory offset is", End(zip64=True, long=(*[None] * 9, 7))),
    _end(
        "zip64-too-many",
        "18,446,744,073,709,551,615 members",
        End(zip64=True, here=LIE_16, members=LIE_16, long=(*[None] * 6, (1 << 64) - 1, (1 << 64) - 1, None, None)),
        error=LimitError,
    ),
    _end("zip64-locator", "the ZIP64 locator points to 7;", End(zip64=True, locator=(None, 7, None)), ""),
    _end("zip64-disks", "several disks", End(zip64=True, locator=(None, None, 2)), ""),
    _end("zip64-signature", "the ZIP64 locator points to", End(zip64=True, long=(5, *[None] * 9)), ""),
    Flaw("count-low", lambda: build(sample(), End(here=3, members=3)), "counts 3 members", "", "central", 3),
    Flaw(
        "count-one-high",
        lambda: build(sample(), End(here=5, members=5)),
        "ends before the last of the members",
        "",
        "end",
    ),
    Flaw(
        "record-over-the-end",
        lambda: build([*sample(), replace(CLEAN, central_name_length=60_000)]),
        "over the end of the central directory",
        "",
        "central",
        4,
    ),
    Flaw(
        "central-signature",
        lambda: build([replace(CLEAN, central_signature=b"PK\1\1"), *sample()]),
        "starts with 50 4b 01 01, not 50 4b 01 02",
        "",
        "central",
        0,
    ),
    Flaw(
        "no-local-header",
        lambda: build([*sample(), replace(CLEAN, there=False)]),
        "reaches into the central directory",
        "sample/b.py",
        "local",
        4,
    ),
    Flaw("hidden-last", lambda: build([*sample(), replace(CLEAN, listed=False)]), "belong to nothing", "", "local", 4),
    Flaw("gap-before-directory", lambda: build(sample(), gap=b"\0" * 7), "7 bytes between"),
]

GOOD = build(sample()).data


def _tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("sample-1.0/setup.py"))
    return target.getvalue()


@dataclass(frozen=True)
class Wrong:
    """A file that is no archive, or not only one, what is said of it, and where."""

    name: str
    data: bytes
    says: str
    offset: int | None = 0


FILES = [
    Wrong("empty", b"", "the file is empty", None),
    Wrong("one-byte", b"P", "truncated: its end record is missing after 1 bytes", 1),
    Wrong("no-members", b"PK\5\6" + bytes(18), "the archive has no members", 0),
    Wrong("text", b"Not found.\nSorry.\n", "not a zip archive but a text: 'Not found.'"),
    Wrong("spaces", b" \n" * 50, "not a zip archive but blank text"),
    Wrong("latin-text", "D\xfcsseldorf".encode("latin-1"), "something that starts with 44 fc 73"),
    Wrong("html", b"\n<!DOCTYPE html>\n<title>404</title>", "not a zip archive but an HTML page"),
    Wrong("tar", _tar(), "not a zip archive but a tar archive"),
    Wrong("tar-gz", gzip.compress(_tar(), mtime=0), "not a zip archive but a gzip file"),
    Wrong("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
    Wrong("zeros", bytes(5_000), "not a zip archive but a run of zero bytes"),
    Wrong("comment", build(sample(), End(comment=b"hello")).data, "a comment of 5 bytes", len(GOOD) - 22),
    Wrong("comment-that-lies", GOOD[:-2] + b"\5\0" + b"xyz", "declares a comment of 5 bytes, 3 follow", len(GOOD)),
    Wrong("comment-length-only", GOOD[:-2] + b"\5\0", "declares a comment of 5 bytes, 0 follow", len(GOOD)),
    Wrong("tail", GOOD + b"evil", "4 bytes follow the end of the archive", len(GOOD)),
    Wrong("zero-tail", GOOD + bytes(512), "512 bytes follow the end of the archive", len(GOOD)),
    Wrong("prefix", b"#!/bin/sh\n" + GOOD, "preceded by 10 foreign bytes", 0),
    Wrong("prefix-like-zip", b"PK\3\4" + GOOD, "the central directory is said to span", len(GOOD) - 18),
    Wrong("twice", GOOD + GOOD, "the central directory is said to span", 2 * len(GOOD) - 22),
    Wrong("archive-in-comment", build(sample(), End(comment=GOOD)).data, "is said to span", None),
    Wrong("truncated", GOOD[:-30], "truncated", len(GOOD) - 30),
    Wrong("half-end-record", GOOD[:-5], "truncated", len(GOOD) - 5),
    Wrong("first-half", GOOD[: len(GOOD) // 2], "truncated", len(GOOD) // 2),
    Wrong("second-half", GOOD[len(GOOD) // 2 :], "is said to span", None),
]

LAYOUTS = [
    Wrong("no-dist-info", build([CLEAN]).data, "this one has 0", None),
    Wrong(
        "two-dist-infos", build(sample(Part(b"evil-1.0.dist-info/WHEEL"))).data, "2 .dist-info folders: evil-1.0", None
    ),
    Wrong("two-spellings", build(sample(Part(b"Sample-1.0.0.dist-info/A"))).data, "2 .dist-info folders", None),
    Wrong(
        "two-by-a-folder", build(sample(Part(b"evil-1.0.dist-info/", b"", 0, mode=0o40755))).data, "2 .dist-info", None
    ),
    Wrong("two-by-a-file", build(sample(Part(b"evil-1.0.dist-info"))).data, "2 .dist-info folders", None),
    Wrong("only-deeper", build([Part(b"sample/" + part.name) for part in sample()]).data, "this one has 0", None),
    Wrong("other-project", wheel_bytes(name="other-1.0-py3-none-any.whl"), "the file name says sample 1.0", None),
    Wrong("other-version", wheel_bytes(name="sample-1.1-py3-none-any.whl"), "'sample-1.1.dist-info'", None),
    Wrong("no-version", build([Part(p.name.replace(b"-1.0", b"")) for p in sample()]).data, "'sample.dist-info'", None),
    *[
        Wrong(f"no-{file}", wheel_bytes(without=[file]), f"there is no {INFO}/{file}", None)
        for file in ("WHEEL", "METADATA", "RECORD")
    ],
]

_TEXT = CLEAN.data
_STORED = replace(CLEAN, method=0)

CONTENTS = [
    (name, Built(build(sample(part)).data, (), (), 0), says)
    for name, part, says in (
        ("crc", replace(CLEAN, crc=1), "the archive declares 00000001"),
        ("stored-crc", replace(_STORED, crc=1), "the archive declares 00000001"),
        ("tail-in-stream", replace(CLEAN, raw=deflated(_TEXT) + b"hidden"), "6 bytes follow the end"),
        ("size-low", replace(CLEAN, size=len(_TEXT) - 1), "more than the 219 bytes"),
        ("size-high", replace(CLEAN, size=len(_TEXT) + 1), "220 bytes"),
        ("stream-cut", replace(CLEAN, raw=deflated(_TEXT)[:-1]), "breaks off"),
        ("not-a-stream", replace(CLEAN, raw=b"\xff" * 20), "damaged"),
    )
]
