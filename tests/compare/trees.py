"""Trees for the comparison, made of archives in memory, and what it says of them in short."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Collection, Mapping

from tests.support import SAMPLE, wheel_members, zip_bytes
from truewheel.compare import Comparison, Leaf, Tree, compare, member_leaves, tree_facts, zip_leaves
from truewheel.compare.context import Pair
from truewheel.compare.model import Difference
from truewheel.sdist import read_tar
from truewheel.wheel import Bytes, read_zip


def zipped(data: bytes, form: str = "zip", name: str = "a.zip") -> Tree:
    """The tree of a zip."""
    found = read_zip(data)
    digest = hashlib.sha256(data).hexdigest()
    return Tree(form, name, zip_leaves(found.entries), tree_facts(found.directories), len(data), digest)


def tarred(data: bytes, form: str = "sdist", name: str = "a.tar.gz") -> Tree:
    """The tree of an uncompressed tar."""
    found = read_tar(data)
    facts = tree_facts(found.directories, found.records)
    return Tree(form, name, member_leaves(found.members), facts, len(data), hashlib.sha256(data).hexdigest())


def wheel(files: Mapping[str, bytes], name: str = SAMPLE, executable: Collection[str] = ()) -> Tree:
    """The tree of a wheel that holds files and a true RECORD."""
    return zipped(zip_bytes(wheel_members(files, name=name), executable=executable), "wheel", name)


def directory(files: Mapping[str, bytes], executable: Collection[str] = (), links: Mapping[str, str] = {}) -> Tree:
    """The tree of a directory."""
    leaves = [Leaf(name, name in executable, Bytes(data)) for name, data in files.items()]
    leaves += [Leaf(name, executable=False, content=Bytes(b""), link=target) for name, target in links.items()]
    return Tree("directory", "folder", tuple(sorted(leaves, key=lambda leaf: leaf.name)), ordered=False)


def tar_bytes(
    files: Mapping[str, bytes],
    *,
    mtime: int = 0,
    mode: int = 0o644,
    user: str = "",
    links: Mapping[str, str] = {},
) -> bytes:
    """A tar of files in their order, as `tarfile` writes it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode, info.uname = len(data), mtime, mode, user
            archive.addfile(info, io.BytesIO(data))
        for name, linkname in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, linkname
            archive.addfile(info)
    return target.getvalue()


def gz(data: bytes, level: int = 9, mtime: int = 0) -> bytes:
    """A gzip file."""
    return gzip.compress(data, compresslevel=level, mtime=mtime)


def pair(left: bytes | str, right: bytes | str, name: str = "x") -> Pair:
    """What a comparer is given."""
    sides = [side.encode() if isinstance(side, str) else side for side in (left, right)]
    return Pair(name, sides[0], sides[1])


def kinds(comparison: Comparison) -> list[tuple[str, str]]:
    """The places that differ, and in what."""
    return [(difference.place, difference.kind.value) for difference in comparison.differences]


def reasons(found: Comparison | tuple[Difference, ...]) -> set[str]:
    """The ids of all reasons that were recognized."""
    differences = found.differences if isinstance(found, Comparison) else found
    return {cause.reason.id for top in differences for part in top.walk() for cause in part.causes}


def between(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Comparison:
    """The comparison of two directories."""
    return compare(directory(left), directory(right))
