"""What is fuzzed of the systems that libraries are taken from: the configuration of loaders, databases of packages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from truewheel.world.ldconf import library_folders
from truewheel.world.packages import Packages
from truewheel.world.trees import Root

SEPARATOR: Final = b"\n%%\n"
"""What stands between the pieces of an input that means several files."""

LOADERS: Final = (
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/a.conf",
    "etc/ld.so.conf.d/b.conf",
    "etc/ld-musl-x86_64.path",
    "etc/ld-musl-riscv64.path",
)
"""The files that the pieces of an input become for `ldconf`, in this order."""

DATABASES: Final = (
    "etc/os-release",
    "var/lib/dpkg/status",
    "var/lib/dpkg/info/foo.list",
    "var/lib/dpkg/status.d/bar",
    "var/lib/dpkg/status.d/bar.md5sums",
    "lib/apk/db/installed",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
)
"""The same for `packages`."""

LIBRARY: Final = "usr/lib/libfoo.so.1"
_FOLDERS: Final = ("lib", "usr/lib", "opt/one", "opt/two", "etc/ld.so.conf.d")
_MOST: Final = 2048 + 64  # folders: twice what either configuration may name, and the usual ones


def ldconf(data: bytes) -> None:
    """The folders of a system, from any configuration: those that are there, each once."""
    root = _system(data, LOADERS)
    found = library_folders(root)
    assert len(set(found)) == len(found) <= _MOST
    for folder in found:
        assert root.inside(folder) == folder
        assert root.folder(folder) is not None


def packages(data: bytes) -> None:
    """Whose a library is, by any databases; what is told of it are words."""
    known = Packages(_system(data, DATABASES))
    for path in (LIBRARY, "lib/libbar.so", "libtop.so"):
        owner = known.owner(path)
        if owner is not None:
            assert all(word.isascii() and word.isprintable() for word in owner)
            assert owner.name
            assert owner.version
            assert owner.arch


def _system(data: bytes, files: Iterable[str]) -> Root:
    """A root with the pieces of an input for files; one of no bytes isn't there."""
    base = Path(_base().name)
    pieces = iter(data.split(SEPARATOR))
    for name in files:
        path, piece = base / name, next(pieces, b"")
        if piece:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(piece)
        else:
            path.unlink(missing_ok=True)
    return Root(str(base))


@cache
def _base() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()
    for name in (*_FOLDERS, LIBRARY):
        path = Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == LIBRARY:
            path.write_bytes(b"x")
        else:
            path.mkdir(exist_ok=True)
    return folder
