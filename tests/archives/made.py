"""Archives made by Python's own modules from a tree, in every form that is read, and what is to be seen in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import sys
import tarfile
import zipfile  # noqa: TID251 - an independent writer; the ban protects src
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from truewheel.archives import Archive

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@dataclass(frozen=True)
class File:
    """A regular file."""

    data: bytes = b""
    executable: bool = False


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


Tree: TypeAlias = Mapping[str, File | Link | None]
"""What an archive holds; None for a folder."""

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
    "tar.bz2": bz2.compress,
}
"""Every way to compress a tar."""

TOOL = File(b"\x7fELF and more", executable=True)
TREE: Tree = {
    "tool-1.0": None,
    "tool-1.0/bin/tool": TOOL,
    "tool-1.0/bin/t": Link("tool"),
    "tool-1.0/lib": Link("lib64"),
    "tool-1.0/lib64/libx.so.1": File(b"library" * 100),
    "tool-1.0/lib64/libx.so": Link("libx.so.1"),
    "tool-1.0/empty": File(),
    "tool-1.0/é/字.txt": File("letters é".encode()),
    "tool-1.0/gone": Link("nowhere"),
}
SEEN = {
    "tool-1.0/bin/t": (TOOL.data, True),
    "tool-1.0/bin/tool": (TOOL.data, True),
    "tool-1.0/empty": (b"", False),
    "tool-1.0/lib/libx.so": (b"library" * 100, False),
    "tool-1.0/lib/libx.so.1": (b"library" * 100, False),
    "tool-1.0/lib64/libx.so": (b"library" * 100, False),
    "tool-1.0/lib64/libx.so.1": (b"library" * 100, False),
    "tool-1.0/é/字.txt": ("letters é".encode(), False),
}
"""What is to be seen of TREE."""


def tar_of(tree: Tree, form: int = tarfile.GNU_FORMAT) -> bytes:
    """An uncompressed tar."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as made:
        for name, thing in tree.items():
            info = tarfile.TarInfo(name)
            if isinstance(thing, File):
                info.size, info.mode = len(thing.data), 0o755 if thing.executable else 0o644
                made.addfile(info, io.BytesIO(thing.data))
                continue
            info.type, info.mode = (tarfile.SYMTYPE, 0o777) if thing else (tarfile.DIRTYPE, 0o755)
            info.linkname = thing.target if thing else ""
            made.addfile(info)
    return target.getvalue()


def zip_of(tree: Tree, system: int = 3, comment: bytes = b"") -> bytes:
    """A zip, made on Unix or another `system`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.comment = comment
        for name, thing in tree.items():
            info = zipfile.ZipInfo(name if thing else f"{name}/")
            info.create_system = system
            data = b""
            if isinstance(thing, File):
                mode, data = stat.S_IFREG | (0o755 if thing.executable else 0o644), thing.data
            elif thing:
                mode, data = stat.S_IFLNK | 0o777, thing.target.encode()
            else:
                mode = stat.S_IFDIR | 0o755
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return target.getvalue()


def ar_of(members: Iterable[tuple[bytes, bytes]]) -> bytes:
    """An ar archive."""
    pieces = [b"!<arch>\n"]
    for name, data in members:
        pieces += [b"%-16b0           0     0     100644  %-10d`\n" % (name, len(data)), data, b"\n" * (len(data) % 2)]
    return b"".join(pieces)


def deb_of(tree: Tree, packing: str = "tar.xz") -> bytes:
    """A Debian package, whose control archive is empty."""
    data = PACKINGS[packing](tar_of(tree))
    control = gzip.compress(tar_of({}))
    parts = [(b"debian-binary", b"2.0\n"), (b"control.tar.gz", control), (f"data.{packing}".encode(), data)]
    return ar_of(parts)


def seen(archive: Archive | None) -> dict[str, tuple[bytes, bool]]:
    """The bytes and executable bits of all files."""
    assert archive is not None
    return {item.name: (bytes(item.read()), item.executable) for item in archive}
