"""Pack: a prebuilt program or library, and what lies around it in an archive, as a wheel with tags that are true."""

from __future__ import annotations

from truewheel.archives import Archive
from truewheel.errors import RequestError
from truewheel.ops.libraries import Libraries
from truewheel.ops.pack_model import Packed, Wanted

__all__ = ["Packed", "Wanted", "pack"]


def pack(archive: Archive, wanted: Wanted, libraries: Libraries) -> Packed:
    """The wheel of an archive.

    Raises `RequestError` where what is asked can't be had of this archive: no binary inside, binaries for several
    platforms, a library that no platform promises, a platform that would be promised falsely; `ArchiveError` and
    `BinaryError` where contents are damaged.
    """
    raise RequestError(f"{archive.name} can't be packed yet: {wanted.target.label}, {libraries.searched}")
