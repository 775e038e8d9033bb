"""Tars of any kind: the files, links and folders that `TarReader` finds, and nothing that is none of these."""

from __future__ import annotations

from truewheel.archives.gathered import Gathered
from truewheel.archives.sparse import is_sparse, sparse_content, sparse_name
from truewheel.errors import SdistError
from truewheel.sdist import Slice
from truewheel.sdist.tarentries import DIRECTORY, HARD_LINK, LINK, TarEntry, TarReader
from truewheel.sdist.tarformat import BLOCK, V7, parse_header
from truewheel.wheel import Buffer, Content, Limits

_MAGIC_AT = 257
_MAGIC = b"ustar"


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with the block `head` is a tar: by the magic of ustar, pax and GNU tar.

    Tars from before have none, but a checksum, which no other file has by chance.
    """
    if head[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC:
        return True
    try:
        return len(head) >= BLOCK and parse_header(head[:BLOCK], 0).format == V7
    except SdistError:
        return False


def gather_tar(buffer: Buffer, gathered: Gathered, limits: Limits) -> None:
    """Take in the members of the uncompressed tar in `buffer`; contents are slices of it.

    Raises `SdistError` for a tar that isn't sound, or that holds devices and the like, `ArchiveError` and `LimitError`.
    """
    for entry in TarReader(buffer, limits, sparse=True).entries():
        if is_sparse(entry):
            content: Content = sparse_content(buffer, entry, limits)
            _file(sparse_name(entry), content, entry, gathered)
        elif entry.kind == DIRECTORY:
            gathered.folder(entry.name, entry.offset)
        elif entry.kind == LINK:
            gathered.link(entry.name, entry.linkname, entry.offset)
        elif entry.kind == HARD_LINK:
            gathered.twin(entry.name, entry.linkname, entry.offset)
        else:
            content = Slice(buffer, entry.data_offset, entry.size)
            _file(entry.name, content, entry, gathered)


def _file(name: bytes, content: Content, entry: TarEntry, gathered: Gathered) -> None:
    gathered.file(name, content, entry.offset, executable=bool(entry.header.mode & 0o111))
