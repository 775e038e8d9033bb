"""Archives inside of members: zips, tars and gzip files, as trees whose members are compared in turn."""

from __future__ import annotations

from typing import Final

from truewheel.compare.leaves import gzip_facts, member_leaves, tree_facts, zip_leaves
from truewheel.compare.model import Leaf, Tree
from truewheel.errors import TruewheelError
from truewheel.sdist import GzipHeader, read_gzip, read_tar
from truewheel.wheel import Bytes, Limits, read_zip

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_TAR_MAGIC: Final = slice(257, 262)
_MOST_MEMBERS: Final = 50_000


def tree_of(name: str, data: bytes, room: int) -> Tree | None:
    """What the archive `data` holds, which is called `name`; None for what is no archive, or one that can't be read.

    No more than `room` bytes are unpacked.
    """
    limits = Limits(members=_MOST_MEMBERS, member_size=room, total_size=room)
    try:
        if data.startswith(_ZIP):
            return _zip(name, data, limits)
        if data.startswith(_GZIP):
            return _gzip(name, data, limits)
        if is_tar(data):
            return _tar(name, data, limits)
    except TruewheelError:
        pass
    return None


def is_archive(data: bytes) -> bool:
    """Whether this begins as archives do that are opened here."""
    return data.startswith((*_ZIP, _GZIP)) or is_tar(data)


def is_tar(data: bytes) -> bool:
    """Whether this begins as tars do that POSIX and GNU know."""
    return data[_TAR_MAGIC] == b"ustar"


def declared_size(tree: Tree) -> int:
    """The bytes that all members have."""
    return sum(leaf.content.size for leaf in tree.leaves)


def _zip(name: str, data: bytes, limits: Limits) -> Tree:
    found = read_zip(data, limits)
    return Tree("zip", name, zip_leaves(found.entries), tree_facts(found.directories), len(data))


def _gzip(name: str, data: bytes, limits: Limits) -> Tree:
    """A tar where one is compressed, else one member: the name without ``.gz``."""
    header, unpacked = read_gzip(data, limits)
    content = bytes(unpacked)
    if is_tar(content):
        return _tar(name, content, limits, header)
    inner = name.rpartition("/")[2].removesuffix(".gz") or "contents"
    leaf = Leaf(inner, executable=False, content=Bytes(content))
    return Tree("gzip", name, (leaf,), gzip_facts(header), len(data))


def _tar(name: str, data: bytes, limits: Limits, header: GzipHeader | None = None) -> Tree:
    found = read_tar(data, limits)
    facts = tree_facts(found.directories, found.records)
    if header is not None:
        facts += gzip_facts(header)
    return Tree("tar", name, member_leaves(found.members), facts, len(data))
