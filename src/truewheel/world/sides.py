"""What is compared, opened: a wheel, a source distribution, another archive, a directory or a single file."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from truewheel.compare import SPECIAL, Fact, Leaf, Tree, gzip_facts, member_leaves, tree_facts, zip_leaves
from truewheel.errors import RequestError, SdistError, TruewheelError, WheelError, Where
from truewheel.sdist import Sdist, SdistName, read_gzip, read_tar
from truewheel.sdist import read as read_sdist
from truewheel.wheel import Buffer, Bytes, Limits, WheelName, read, read_zip
from truewheel.world.folders import Found, walk
from truewheel.world.mapped import MappedContent, MappedLibrary, sha256_of
from truewheel.world.regular import reason

_CHUNK: Final = 1 << 20
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_TAR_MAGIC: Final = slice(257, 262)


@contextmanager
def open_side(path: Path, limits: Limits | None = None) -> Iterator[Tree]:
    """`open_mapped` without the means to forget pages."""
    with open_mapped(path, limits) as (tree, _):
        yield tree


@contextmanager
def open_mapped(path: Path, limits: Limits | None = None) -> Iterator[tuple[Tree, Callable[[], None]]]:
    """What is at a path, as a tree whose members can be read until the block ends.

    A ``.whl`` is a wheel and read as strictly as ever; what has the name of a source distribution and is an archive is
    one. Other zips and tars, compressed with gzip or not, are known by their first bytes, and any other file is a
    tree of itself alone. Of a directory all regular files and links are members, and links are not followed.
    Raises `RequestError` where nothing is there or it can't be read, and `WheelError`, `SdistError` or `LimitError`
    where an archive isn't sound. Errors name the file. The function that comes with the tree tells the system that the
    pages of the file aren't needed in memory for now.
    """
    limits = limits or Limits()
    mapped = MappedLibrary(str(path))
    try:
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            yield Tree("directory", _name(path), _directory(path, limits), ordered=False), mapped.forget
        elif stat.S_ISREG(mode):
            yield _file(path, mapped, executable=bool(mode & 0o111), limits=limits), mapped.forget
        else:
            raise RequestError("is neither a file nor a directory")
    except TruewheelError as error:
        raise error.within(file=str(path)) from None
    finally:
        mapped.close()


def first_difference(left: Path, right: Path) -> int | None:
    """The offset of the first byte in which two files differ, or at which the shorter one ends; None if none does.

    Raises `RequestError` where one of them can't be read.
    """
    try:
        with left.open("rb") as one, right.open("rb") as other:
            start = 0
            while True:
                mine, theirs = one.read(_CHUNK), other.read(_CHUNK)
                if mine != theirs:
                    return start + _parting(mine, theirs)
                if not mine:
                    return None
                start += len(mine)
    except OSError as error:
        raise RequestError(f"can't be read: {error.strerror}", where=Where(file=str(left))) from None


def _parting(left: bytes, right: bytes) -> int:
    same = (index for index, (one, other) in enumerate(zip(left, right, strict=False)) if one != other)
    return next(same, min(len(left), len(right)))


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise RequestError("there is no such file or directory", hint="check the path") from None
    except (OSError, ValueError) as error:
        raise RequestError(f"can't be opened: {reason(error)}") from None


def _name(path: Path) -> str:
    return path.name or path.absolute().name


# --- files ---------------------------------------------------------------------------------------------------
def _file(path: Path, mapped: MappedLibrary, *, executable: bool, limits: Limits) -> Tree:
    """The tree of a regular file."""
    data = mapped.data
    size, sha256 = len(data), sha256_of(data)
    mapped.forget()
    known = _archive(path, data, limits)
    if known is None:
        leaf = Leaf(path.name, executable, MappedContent(mapped))
        return Tree("file", path.name, (leaf,), size=size, sha256=sha256)
    return Tree(known.form, path.name, known.leaves, known.facts, size, sha256)


def _archive(path: Path, data: Buffer, limits: Limits) -> Tree | None:
    """The tree of an archive; None for a file that is none."""
    if path.name.endswith(".whl"):
        wheel = read(data, WheelName.parse(path.name), limits)
        return Tree("wheel", path.name, zip_leaves(wheel.entries), tree_facts(wheel.directories))
    head = bytes(data[: _TAR_MAGIC.stop])
    reader = _reader(head)
    if reader is None:
        return None
    name = _sdist_name(path.name)
    if name is not None:
        try:
            return _sdist(read_sdist(data, name, limits), path.name)
        except (SdistError, WheelError):  # an archive of other things; or one that isn't sound, and then it says so
            return reader(data, path.name, limits)
    return reader(data, path.name, limits)


def _reader(head: bytes) -> Callable[[Buffer, str, Limits], Tree | None] | None:
    if head.startswith(_ZIP):
        return _zip
    if head.startswith(_GZIP):
        return _gzip
    return _tar if head[_TAR_MAGIC] == b"ustar" else None


def _sdist_name(name: str) -> SdistName | None:
    try:
        return SdistName.parse(name)
    except SdistError:
        return None


def _sdist(sdist: Sdist, name: str) -> Tree:
    facts = tree_facts(sdist.directories, sdist.records)
    if sdist.gzip is not None:
        facts += gzip_facts(sdist.gzip)
    return Tree("sdist", name, member_leaves(sdist.members), facts)


def _zip(data: Buffer, name: str, limits: Limits) -> Tree:
    found = read_zip(data, limits)
    return Tree("zip", name, zip_leaves(found.entries), tree_facts(found.directories))


def _tar(data: Buffer, name: str, limits: Limits) -> Tree:
    found = read_tar(data, limits)
    return Tree("tar", name, member_leaves(found.members), tree_facts(found.directories, found.records))


def _gzip(data: Buffer, name: str, limits: Limits) -> Tree | None:
    """A compressed tar; None where something else is compressed: that is a file like any other."""
    header, unpacked = read_gzip(data, limits)
    if unpacked[_TAR_MAGIC] != b"ustar":
        return None
    found = read_tar(unpacked, limits)
    facts = (*tree_facts(found.directories, found.records), *gzip_facts(header))
    return Tree("tar", name, member_leaves(found.members), facts)


# --- directories ---------------------------------------------------------------------------------------------
def _directory(root: Path, limits: Limits) -> tuple[Leaf, ...]:
    """All files and links below a directory, sorted by name. Raises `RequestError` and `LimitError`."""
    found = (_leaf(each) for each in walk(str(root), limits) if not stat.S_ISDIR(each.mode))
    return tuple(sorted(found, key=lambda leaf: leaf.name))


def _leaf(found: Found) -> Leaf:
    """A file or a link; what has no contents, such as sockets and devices, is a member that says what it is."""
    name = _spelled(found.name)
    if stat.S_ISLNK(found.mode):
        return Leaf(name, executable=False, content=Bytes(b""), link=_spelled(found.target))
    if found.special:
        return Leaf(name, executable=False, content=Bytes(b""), facts=(Fact(SPECIAL, found.special),))
    return Leaf(name, found.executable, found.content)


def _spelled(name: str) -> str:
    """A file's name as text that can be printed anywhere; bytes that are no text are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
