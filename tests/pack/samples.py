"""Programs of a few hundred bytes for every platform, trees around them, and archives of these in every form."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import stat
import sys
import tarfile
import zipfile  # noqa: TID251 - the tests need writers that are not ours; the ban protects src
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from posixpath import normpath
from typing import NamedTuple

from tests.binary.fixtures import EM_AARCH64, Need, Recipe, Symbol, make
from tests.ops.builds import mach
from tests.strategies.macho import ARM64
from tests.strategies.pe import PeFile

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_STACK = ((0x6474E551, 6),)  # PT_GNU_STACK without the execute bit
_LOADER = "/lib64/ld-linux-x86-64.so.2"

STATIC = make(Recipe(type=2, segments=_STACK)).data
STATIC_TAGS = "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64"
STATIC_ARM = make(Recipe(type=2, machine=EM_AARCH64, segments=_STACK)).data
MACOS = mach(ARM64, (11, 7), filetype=2)
WINDOWS = PeFile(characteristics=0x22).encode()


def dynamic(*libraries: str) -> bytes:
    """A program of Linux that needs clock_gettime of glibc 2.17, and further libraries."""
    needs = (Need("libc.so.6", (("GLIBC_2.17", 2, False),)),)
    clock = Symbol("clock_gettime", defined=False, version=2)
    needed = ("libc.so.6", *libraries)
    return make(Recipe(type=2, interpreter=_LOADER, needed=needed, needs=needs, symbols=(clock,), segments=_STACK)).data


class File(NamedTuple):
    """A file of a tree, or a symbolic link where `link` says to what."""

    data: bytes = b""
    executable: bool = False
    link: str = ""


Tree = Mapping[str, File]

LICENCE = File(b"Do as you like.\n")
TREE: Tree = {
    "LICENSE": LICENCE,
    "bin/tool": File(STATIC, executable=True),
    "bin/tl": File(link="tool"),
    "lib/COPYING": File(b"Do as you like with the library.\n"),
    "lib/run.sh": File(b"#!/bin/sh\nexec tool\n", executable=True),
    "lib/plain.sh": File(b"#!/bin/sh\nis read by run.sh\n"),
    "lib/current": File(link="../share/v1"),
    "share/v1/empty": File(),
    "share/v1/na\u00efve \u65e5\u672c.txt": File("caf\u00e9\n".encode()),
    "share/v1/long.txt": File(b"".join(hashlib.sha256(bytes([n % 251])).hexdigest().encode() for n in range(4000))),
}
"""What a project ships: a static program, a link to it, scripts with and without the bit, a link to a folder."""


def shuffled(names: Iterable[str], seed: int) -> list[str]:
    """The names in an order that the number decides; 0 sorts them."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest() if seed else name)


class Way(NamedTuple):
    """How an archive is written. None of it has a meaning for a wheel.

    ``links`` are written as that type of entry, which a path from the root follows where it is a hard link. A zip that
    isn't from ``unix`` has no modes, and no links.
    """

    seed: int = 0
    time: int = 1_700_000_000
    owner: int = 0
    form: int = tarfile.PAX_FORMAT
    folders: bool = True
    writable: int = 0
    links: bytes = tarfile.SYMTYPE
    unix: bool = True


USUAL = Way()


def tarball(tree: Tree, top: str = "tool-1.0", way: Way = USUAL) -> bytes:
    """A plain tar, all of it in the folder `top` unless that is empty."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=way.form) as archive:
        for name in shuffled([*tree, *(_folders(tree) if way.folders else ())], way.seed):
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.mtime, info.uid, info.gid = way.time, way.owner, way.owner
            info.uname = info.gname = f"user{way.owner}"
            file = tree.get(name)
            if file is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755 | way.writable
                archive.addfile(info)
                continue
            if file.link:
                hard = way.links == tarfile.LNKTYPE
                target_name = normpath(f"{top}/{name}/../{file.link}") if hard else file.link
                info.type, info.linkname, info.mode = way.links, target_name, 0o777
            else:
                info.size, info.mode = len(file.data), (0o755 if file.executable else 0o644) | way.writable
            archive.addfile(info, io.BytesIO(file.data))
    return target.getvalue()


def _folders(tree: Tree) -> set[str]:
    parts = (name.split("/") for name in tree)
    return {"/".join(words[:depth]) for words in parts for depth in range(1, len(words))}


def zipped(tree: Tree, top: str = "tool-1.0", way: Way = USUAL) -> bytes:
    """A zip as Info-ZIP's zip writes it on Unix, with modes and links."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if way.seed % 2 else zipfile.ZIP_STORED) as archive:
        for name in shuffled(tree, way.seed):
            file = tree[name]
            info = zipfile.ZipInfo(f"{top}/{name}" if top else name, (1990 + way.seed, 2, 3, 4, 5, 6))
            info.create_system, info.compress_type = 3 if way.unix else 0, archive.compression
            mode = stat.S_IFREG | (0o755 if file.executable else 0o644) | way.writable
            info.external_attr = (stat.S_IFLNK | 0o777 if file.link else mode) << 16 if way.unix else 0x20
            archive.writestr(info, file.link.encode() or file.data)
    return target.getvalue()


def zip_bomb() -> bytes:
    """A release with 80 MiB of zeros, in a zip of 80 kB."""
    tree = {"LICENSE": LICENCE, "bin/tool": File(STATIC, executable=True)}
    return zipped(tree | {f"zeros/{number}": File(bytes(10 << 20)) for number in range(8)}, way=Way(seed=1))


def deb(
    tree: Tree, top: str = "tool-1.0", way: Way = USUAL, *, compress: Callable[[bytes], bytes] = lzma.compress
) -> bytes:
    """As dpkg-deb writes packages, with the tree at the root of the file system; see its manual page 5."""
    control = tarball({"control": File(b"Package: tool\nVersion: 1.0\n")}, ".", way)
    data = tarball(tree, f"./{top}", way)
    suffix = "" if compress is bytes else ".xz"
    members = {"debian-binary": b"2.0\n", "control.tar.gz": gzip.compress(control), f"data.tar{suffix}": compress(data)}
    made = b"!<arch>\n"
    for name, contents in members.items():
        made += f"{name:<16}{way.time:<12}{0:<6}{0:<6}{'100644':<8}{len(contents):<10}`\n".encode()
        made += contents + b"\n" * (len(contents) % 2)
    return made


def spread(tree: Tree, folder: Path) -> Path:
    """The tree on disk."""
    for name, file in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            path.symlink_to(file.link)
        else:
            path.write_bytes(file.data)
            path.chmod(0o755 if file.executable else 0o644)
    return folder


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tgz": lambda data: gzip.compress(data, 1),
    "tar.xz": lzma.compress,
    "tar.bz2": bz2.compress,
    "tar.zst": zstd.compress,
}
"""What tars are packed with, by the suffix that says so."""


def zstd_checked(data: bytes) -> bytes:
    """A frame with a checksum, as the program zstd writes it."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})
