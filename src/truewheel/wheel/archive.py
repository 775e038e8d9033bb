"""A wheel's archive, read strictly: what two tools could understand in two ways is refused."""

from __future__ import annotations

from typing import Final

from packaging.version import InvalidVersion, Version

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer, Entry, Wheel
from truewheel.wheel.name import WheelName, canonical_project
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

_REQUIRED: Final = ("WHEEL", "METADATA", "RECORD")


def read(buffer: Buffer, name: WheelName, limits: Limits | None = None) -> Wheel:
    """The wheel in `buffer`, a whole file in memory or mapped into it, that is called `name`.

    Headers, names and layout are checked here, the contents of a member when it is read; nothing is inflated.
    The entries refer to `buffer` and are of use as long as it is. Raises `WheelError` for anything that is not
    as it should be, and `LimitError` for what `limits` (the defaults if None) doesn't allow.
    """
    limits = limits or Limits()
    members = read_members(buffer, find_directory(buffer, limits), limits)
    names = read_names(members.names, limits, lambda index: members.contents[index].header_offset)
    wheel = _wheel(name, names, members.contents)
    check_layout(wheel)
    return wheel


def check_layout(wheel: Wheel) -> None:
    """Refuse a wheel whose one ``.dist-info`` folder isn't there, isn't complete, or is of another wheel.

    Its name has to mean the same project and version as the file name; spelling doesn't count, as with pip
    (binary distribution format, The .dist-info directory). Raises `WheelError`.
    """
    everything = (*wheel.by_name, *wheel.directories)
    tops = {path.partition("/")[0] for path in everything if ".dist-info" in path}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) > 1:
        raise WheelError(f"there are {len(folders)} .dist-info folders: {', '.join(folders[:5])}")
    found = wheel.dist_info
    if not _same_wheel(found.removesuffix(".dist-info"), wheel.name):
        raise WheelError(
            f"the .dist-info folder is {found!r}, the file name says {wheel.name.distribution} {wheel.name.version}",
            hint="the file was renamed, or holds another wheel",
        )
    for file in _REQUIRED:
        wheel.info(file)


def _same_wheel(stem: str, name: WheelName) -> bool:
    """Whether PROJECT-VERSION, with dashes anywhere, means the project and version of a file name."""
    parts = stem.split("-")
    version = Version(name.version)
    for cut in range(1, len(parts)):
        try:
            same = Version("-".join(parts[cut:])) == version
        except InvalidVersion:
            continue
        if same and canonical_project("-".join(parts[:cut])) == name.project:
            return True
    return False


def _wheel(name: WheelName, names: list[str], contents: list[ZipContent]) -> Wheel:
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
    return Wheel(name, tuple(entries), tuple(directories))


def _executable(path: str, content: ZipContent) -> bool:
    """Whether a regular file may be run, by its Unix mode. Raises `WheelError` if it is no regular file."""
    where = Where(member=path, offset=content.header_offset)
    kind = content.mode & _FILE_TYPE
    if kind not in (0, _REGULAR):
        what = _OTHER_TYPES.get(kind, f"of the unknown type {kind:#o}")
        raise WheelError(f"the member is {what}; a wheel holds regular files", where=where)
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


__all__ = ["Limits", "ZipContent", "check_layout", "read"]
