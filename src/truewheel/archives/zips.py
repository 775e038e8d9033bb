"""Zips of any kind: files, folders, and the links that Unix tools put into them."""

from __future__ import annotations

from typing import Final

from truewheel.archives.gathered import Gathered
from truewheel.archives.names import shown
from truewheel.errors import ArchiveError, Where
from truewheel.wheel import Buffer, Limits
from truewheel.wheel.zipcontent import ZipContent
from truewheel.wheel.zipend import find_directory
from truewheel.wheel.zipmembers import read_members

_UNIX: Final = frozenset({3, 19})
"""The "made by" hosts whose modes are meant: Unix and Darwin (APPNOTE 4.4.2.2)."""

_UNKNOWN: Final = 0xFFFF
_TYPE, _FILE, _LINK, _FOLDER = 0o170000, 0o100000, 0o120000, 0o040000
_OTHER_TYPES: Final = {0o060000: "a block device", 0o020000: "a character device", 0o010000: "a named pipe"}
_DOS_FOLDER, _DOS_VOLUME = 0x10, 0x08


def gather_zip(buffer: Buffer, gathered: Gathered, limits: Limits) -> None:
    """Take in the members of the zip in `buffer`, which are inflated when they are asked for.

    Executable are files that were put in on a system which has such bits: ``git archive`` says that it was made on Unix
    of those alone that have one. Raises `WheelError` for a zip that isn't sound, `ArchiveError` and `LimitError`.
    """
    members = read_members(buffer, find_directory(buffer, limits, comment=True), limits, foreign=True)
    for name, content in zip(members.names, members.contents, strict=True):
        offset = content.header_offset
        kind = _kind(name, content)
        if kind == _FOLDER:
            gathered.folder(name, offset)
        elif kind == _LINK:
            gathered.link(name, _target(name, content, limits), offset)
        else:
            executable = content.system in _UNIX and bool(_mode(content) & 0o111)
            gathered.file(name, content, offset, executable=executable)


def _mode(content: ZipContent) -> int:
    """The Unix mode, 0 where there is none; some of Java's archivers set all bits then."""
    return 0 if content.mode == _UNKNOWN else content.mode


def _kind(name: bytes, content: ZipContent) -> int:
    """What a member is. Raises `ArchiveError` where that is neither file, link nor folder, or said in two ways."""
    where = Where(member=shown(name), offset=content.header_offset)
    kind = _mode(content) & _TYPE
    if kind not in {0, _FILE, _LINK, _FOLDER}:
        what = _OTHER_TYPES.get(kind, f"of the unknown type {kind:#o}")
        raise ArchiveError(f"the member is {what}; files, links and folders are understood", where=where)
    folder = name.endswith(b"/")
    if folder and (content.size or kind not in {0, _FOLDER}):
        raise ArchiveError("the name is a folder's, the member isn't", where=where)
    if not folder and (kind == _FOLDER or content.external_attributes & (_DOS_FOLDER | _DOS_VOLUME)):
        raise ArchiveError("the member is a folder or volume, without a slash at the end of its name", where=where)
    if kind == _LINK and content.system not in _UNIX:
        raise ArchiveError("the member is a link, which only zips made on Unix have", where=where)
    return _FOLDER if folder else kind or _FILE


def _target(name: bytes, content: ZipContent, limits: Limits) -> bytes:
    """Where a link leads: its contents say it."""
    if content.size > limits.name_length:
        where = Where(member=shown(name), offset=content.header_offset)
        raise limits.exceeded("name_length", f"the link's target has {content.size:,} bytes", where)
    return bytes(content.read())
