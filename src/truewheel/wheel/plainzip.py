"""Any zip, read as strictly as a wheel's: `read_zip` gives its files and folders, whatever they are for.

Wheels, sdists of old and archives inside of members all come through here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer, Entry
from truewheel.wheel.paths import read_names
from truewheel.wheel.zipcontent import ZipContent
from truewheel.wheel.zipend import find_directory
from truewheel.wheel.zipmembers import read_members

_UNIX_SYSTEMS: Final = frozenset({3, 19})
"""The "made by" hosts whose modes are meant: Unix and Darwin (APPNOTE 4.4.2.2)."""

_FILE_TYPE: Final = 0o170000
_DIRECTORY: Final = 0o040000
_REGULAR: Final = 0o100000
_OTHER_TYPES: Final = {
    0o120000: "a symbolic link",
    _DIRECTORY: "a directory, without a slash at the end of its name",
    0o060000: "a block device",
    0o020000: "a character device",
    0o010000: "a named pipe",
    0o140000: "a socket",
}
_DOS_VOLUME: Final = 0x08
_DOS_DIRECTORY: Final = 0x10


class PlainZip(NamedTuple):
    """What a zip holds: files in archive order, each with its ``stored`` set, and the names of its folders' entries."""

    entries: tuple[Entry, ...]
    directories: tuple[str, ...]


def read_zip(buffer: Buffer, limits: Limits | None = None) -> PlainZip:
    """The members of the zip in `buffer`, a whole file in memory or mapped into it.

    Headers, names and layout are checked here, the contents of a member when it is read; nothing is inflated.
    The entries refer to `buffer` and are of use as long as it is. Raises `WheelError` for anything that is not
    as it should be, and `LimitError` for what `limits` (the defaults if None) doesn't allow.
    """
    limits = limits or Limits()
    members = read_members(buffer, find_directory(buffer, limits), limits)
    names = read_names(members.names, limits, lambda index: members.contents[index].header_offset)
    return _plain(names, members.contents)


def _plain(names: list[str], contents: list[ZipContent]) -> PlainZip:
    """The value: files become entries, folders only names."""
    entries: list[Entry] = []
    directories: list[str] = []
    known: dict[tuple[int, int], bool] = {}
    for path, content in zip(names, contents, strict=True):
        if path[-1] == "/":
            _check_directory(path, content)
            directories.append(path)
            continue
        kind = content.system, content.external_attributes
        executable = known.get(kind)
        if executable is None:
            executable = known[kind] = _executable(path, content)
        entries.append(Entry(path, executable, content, content))
    return PlainZip(tuple(entries), tuple(directories))


def _executable(path: str, content: ZipContent) -> bool:
    """Whether a regular file may be run, by its Unix mode. Raises `WheelError` if it is no regular file."""
    where = Where(member=path, offset=content.header_offset)
    kind = content.mode & _FILE_TYPE
    if kind not in (0, _REGULAR):
        what = _OTHER_TYPES.get(kind, f"of the unknown type {kind:#o}")
        raise WheelError(f"the member is {what}; only regular files are understood", where=where)
    if content.external_attributes & (_DOS_DIRECTORY | _DOS_VOLUME):
        raise WheelError(
            f"the DOS attributes {content.external_attributes & 0xFF:#04x} call the file a directory or volume",
            where=where,
        )
    return content.system in _UNIX_SYSTEMS and bool(content.mode & 0o111)


def _check_directory(path: str, content: ZipContent) -> None:
    """Refuse a folder's entry that has contents, or that says it is something else."""
    where = Where(member=path, offset=content.header_offset)
    if content.size or content.compressed_size or content.crc:
        raise WheelError(
            f"a directory entry has no contents, this one declares {content.size:,} bytes "
            f"({content.compressed_size:,} compressed)",
            where=where,
        )
    if content.mode & _FILE_TYPE not in (0, _DIRECTORY):
        raise WheelError(f"the name is a directory's, the mode {content.mode:#o} is not", where=where)
