"""zig's own archives, as far as its published wheels hold them: the same files in the layout that zig releases."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.corpus import Corpus

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

VERSION = "0.12.0"
_PAGE = b"<!doctype html><title>Documentation</title>"


class Release(NamedTuple):
    """The wheel that was published for a platform, and the tags that are true of it."""

    wheel: str
    platforms: str


RELEASES: Mapping[str, Release] = {
    "macos-aarch64": Release("macosx_11_0_arm64", "macosx_12_0_arm64"),
    "macos-x86_64": Release("macosx_10_9_x86_64", "macosx_12_0_x86_64"),
    "linux-x86_64": Release(
        "manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64",
        "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64",
    ),
    "linux-aarch64": Release(
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64",
    ),
    "windows-x86_64": Release("win_amd64", "win_amd64"),
}
"""What zig calls its platforms. Its programs for macOS ask for 11.7.1, which no tag but that of 12 can say."""


def published(corpus: Corpus, platform: str) -> Path:
    """The wheel of a platform, as published."""
    return corpus(f"ziglang-{VERSION}-py3-none-{RELEASES[platform].wheel}.whl")


def released(corpus: Corpus, platform: str, folder: Path) -> Path:
    """The archive of a platform as zig releases it: all in one folder, which is called as the archive is.

    Its documentation isn't in the wheels; a page stands for it. zig compresses with xz; Zstandard takes a tenth of the
    time.
    """
    top = f"zig-{platform}-{VERSION}"
    target = folder / f"{top}.tar.zst"
    with (
        zipfile.ZipFile(published(corpus, platform)) as wheel,
        zstd.open(target, "wb", level=1) as file,
        tarfile.open(fileobj=file, mode="w|") as archive,
    ):
        page = tarfile.TarInfo(f"{top}/doc/langref.html")
        page.size = len(_PAGE)
        archive.addfile(page, io.BytesIO(_PAGE))
        for info in wheel.infolist():
            package, _, name = info.filename.partition("/")
            if package != "ziglang" or name in {"__init__.py", "__main__.py"}:
                continue
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode = info.file_size, 0o755 if info.external_attr >> 16 & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(wheel.read(info)))
    return target


class Member(NamedTuple):
    """What a wheel has under a name."""

    sha256: str
    size: int
    executable: bool


def members(wheel: Path) -> dict[str, Member]:
    """Everything below ``ziglang/``, read by zipfile."""
    return dict(_members(wheel))


def _members(wheel: Path) -> Iterator[tuple[str, Member]]:
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if info.filename.startswith("ziglang/"):
                data = archive.read(info)
                executable = bool(info.external_attr >> 16 & 0o111)
                yield info.filename, Member(hashlib.sha256(data).hexdigest(), len(data), executable)


def listed(wheel: Path) -> dict[str, tuple[int, int, int]]:
    """The same by the zip's own directory: CRC, size and mode of every member, without reading any."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            info.filename: (info.CRC, info.file_size, info.external_attr >> 16 & 0o777) for info in archive.infolist()
        }
