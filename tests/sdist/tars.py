"""Tars made by hand, header by header, so that every field can be wrong; and ordinary ones by Python's tarfile."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from truewheel.sdist import SdistName

NAME = SdistName.parse("sample-1.0.tar.gz")
TOP = "sample-1.0"
PKG_INFO = b"Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n"
END = bytes(1024)


@dataclass(frozen=True)
class Block:
    """A header as POSIX lays it out, each field as bytes; what is None is made to fit."""

    name: bytes = b"sample-1.0/a"
    typeflag: bytes = b"0"
    size: bytes | None = None
    mode: bytes = b"0000644\0"
    uid: bytes = b"0000000\0"
    gid: bytes = b"0000000\0"
    mtime: bytes = b"00000000000\0"
    linkname: bytes = b""
    magic: bytes = b"ustar\x0000"
    uname: bytes = b""
    gname: bytes = b""
    devices: bytes = b""
    prefix: bytes = b""
    rest: bytes = b""
    checksum: bytes | None = None
    data: bytes = b""

    def encode(self) -> bytes:
        """The header, and the contents filled up to whole blocks."""
        size = b"%011o\0" % len(self.data) if self.size is None else self.size
        fields = [
            (self.name, 100), (self.mode, 8), (self.uid, 8), (self.gid, 8), (size, 12), (self.mtime, 12),
            (b" " * 8, 8), (self.typeflag, 1), (self.linkname, 100), (self.magic, 8), (self.uname, 32),
            (self.gname, 32), (self.devices, 16), (self.prefix, 155), (self.rest, 12),
        ]  # fmt: skip
        assert all(len(value) <= width for value, width in fields)
        header = b"".join(value.ljust(width, b"\0") for value, width in fields)
        checksum = b"%06o\0 " % sum(header) if self.checksum is None else self.checksum.ljust(8, b"\0")
        return header[:148] + checksum + header[156:] + self.data + bytes(-len(self.data) % 512)


INFO = Block(b"sample-1.0/PKG-INFO", data=PKG_INFO)
FILE = Block(data=b"contents\n")


def pax(records: Mapping[str, str] | bytes, typeflag: bytes = b"x") -> Block:
    """A header with records, or with whatever bytes stand for them."""
    data = records if isinstance(records, bytes) else b"".join(record(key, value) for key, value in records.items())
    return Block(b"././@PaxHeader", typeflag, data=data)


def record(key: str, value: str) -> bytes:
    """A pax record, the slow and obvious way: the first length that is true."""
    lengths = (b"%d %s=%s\n" % (length, key.encode(), value.encode()) for length in range(5, 100_000))
    return next(data for data in lengths if int(data.partition(b" ")[0]) == len(data))


def long(text: bytes, typeflag: bytes) -> Block:
    """GNU's header for a long name (L) or link (K)."""
    return Block(b"././@LongLink", typeflag, data=text + b"\0", magic=b"ustar  \0")


def tar(*blocks: Block | bytes, end: bytes = END) -> bytes:
    """The blocks one after the other, and the end."""
    return b"".join(block if isinstance(block, bytes) else block.encode() for block in blocks) + end


def packed(data: bytes, header: str = "1f8b0800 00000000 00ff") -> bytes:
    """A gzip file with exactly this header; which one Python writes depends on its version."""
    return bytes.fromhex(header) + gzip.compress(data)[10:]


def sdist(*blocks: Block | bytes, end: bytes = END) -> bytes:
    """A .tar.gz of PKG-INFO and the blocks."""
    return packed(tar(INFO, *blocks, end=end))


def file(name: str, data: bytes = b"", **fields: bytes) -> Block:
    """A file below the top folder."""
    return replace(Block(f"{TOP}/{name}".encode(), data=data), **fields)


def link(name: str, target: str, typeflag: bytes = b"2") -> Block:
    """A symbolic link below the top folder; a hard link with the type flag 1."""
    return Block(f"{TOP}/{name}".encode(), typeflag, linkname=target.encode())


def by_tarfile(
    files: Mapping[str, bytes], links: Mapping[str, str] | None = None, *, form: int = tarfile.PAX_FORMAT
) -> bytes:
    """An uncompressed tar by Python: files, those with an ``!`` behind their name executable, then symbolic links."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name.rstrip("!"))
            info.size, info.mode = len(data), 0o755 if name.endswith("!") else 0o644
            made.addfile(info, io.BytesIO(data))
        for name, leads in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, leads
            made.addfile(info)
    return target.getvalue()


def canonical_by_tarfile(members: Iterable[tuple[str, bytes, bool, str]], mtime: int = 315532800) -> bytes:
    """The uncompressed canonical tar of (name, contents, executable, link), as Python writes it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, data, executable, leads in sorted(members, key=lambda member: member[0].encode()):
            info = tarfile.TarInfo(name)
            info.mtime, info.mode, info.size = mtime, 0o755 if executable else 0o644, len(data)
            if leads:
                info.type, info.linkname, info.mode, info.size = tarfile.SYMTYPE, leads, 0o777, 0
            made.addfile(info, io.BytesIO(data))
    return target.getvalue()
