"""The packages of Fedora, SUSE and their kin: who has which file.

Sources: rpm's documentation of its package format for the header, which is what its databases hold of each
package, and ``rpmtag.h`` for the tags; ``lib/backend/sqlite.c`` for ``rpmdb.sqlite``, ``lib/backend/ndb/rpmpkg.c``
for ``Packages.db``. The Berkeley DB of older systems isn't read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from struct import Struct, unpack
from typing import TypeAlias

from truewheel.binary.fields import Buffer, Fields, decoded
from truewheel.errors import BinaryError, RequestError
from truewheel.world.mapped import MappedLibrary
from truewheel.world.packages_model import Claim, sound
from truewheel.world.trees import Root

_HOMES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
_LARGEST = 1 << 25  # bytes of one header
_MOST_HEADERS = 64  # packages that have files of one name
_MOST_STEPS = 10_000  # of a thousand instructions of SQLite each; a look-up takes a fraction of one

_INTRO = Struct(">2I")  # entries of the index, bytes of the data
_ENTRY = Struct(">4I")  # tag, type, place in the data, count
_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH = 1000, 1001, 1002, 1003, 1022
_DIRINDEXES, _BASENAMES, _DIRNAMES = 1116, 1117, 1118
_TAGS = frozenset({_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH, _DIRINDEXES, _BASENAMES, _DIRNAMES})
_INT32, _STRING, _STRINGS = 4, 6, 8
_LONGEST_WORD = 256

_TABLES = "SELECT type, sql FROM sqlite_master WHERE name IN ('Packages', 'Basenames') COLLATE NOCASE"
_BY_NAME = """
    SELECT blob FROM Packages
    WHERE hnum IN (SELECT hnum FROM Basenames WHERE key IN (CAST(:name AS TEXT), :name)) AND length(blob) <= :size
    ORDER BY hnum LIMIT :most
"""
_COMPUTED = re.compile(r"\b(?:as|generated|virtual)\b", re.IGNORECASE)

_NDB_START = Struct("<4s3I")  # magic, version, generation, pages of slots
_NDB_SLOT = Struct("<4s3I")  # magic, number of the package, start and length in blocks
_NDB_BLOB = Struct("<4s3I")  # magic, number of the package, generation, bytes
_NDB_FIRST, _NDB_PAGE, _NDB_BLOCK = 32, 4096, 16

_Entry: TypeAlias = tuple[int, int, int]


def rpm_claims(root: Root, name: str) -> list[Claim]:
    """The packages that have a file called `name`; none where there is no database, or none that can be read."""
    wanted = name.encode("utf-8", "surrogateescape")
    claims: list[Claim] = []
    for header in _headers(root, wanted):
        with suppress(BinaryError):
            claims += _claims(Fields(header), wanted)
    return claims


def _headers(root: Root, wanted: bytes) -> Iterator[bytes]:
    for home in _HOMES:
        sqlite, ndb = root.file(f"{home}/rpmdb.sqlite"), root.file(f"{home}/Packages.db")
        if sqlite is not None:
            yield from _of_sqlite(sqlite, wanted)
        if ndb is not None:
            with closing(MappedLibrary(ndb)) as library, suppress(BinaryError, RequestError):
                yield from _of_ndb(library.data, wanted)


def _of_sqlite(path: str, wanted: bytes) -> Iterator[bytes]:
    """The headers that the index of file names leads to.

    The database may be hostile: its columns must be what is written there, and a query that takes long is given
    up. Nothing is written to it, nor put beside it.
    """
    try:
        import sqlite3  # noqa: PLC0415 - few runs need it, and not every Python has it
    except ImportError:
        return
    steps = count()
    address = f"{Path(path).as_uri()}?mode=ro&immutable=1"
    # ValueError: a complaint that quotes a damaged schema needn't be text.
    with suppress(sqlite3.Error, ValueError), closing(sqlite3.connect(address, uri=True)) as database:
        database.set_progress_handler(lambda: next(steps) > _MOST_STEPS, 1000)
        database.execute("PRAGMA trusted_schema = OFF")
        if any(kind != "table" or _COMPUTED.search(str(made)) for kind, made in database.execute(_TABLES)):
            return
        for (blob,) in database.execute(_BY_NAME, {"name": wanted, "size": _LARGEST, "most": _MOST_HEADERS}):
            if isinstance(blob, bytes):
                yield blob


def _of_ndb(data: Buffer, wanted: bytes) -> Iterator[bytes]:
    """The headers in which the name stands; all in all no more bytes are searched than the file has."""
    file = Fields(data)
    magic, _, _, pages = _NDB_START.unpack(file.take(0, _NDB_START.size, "the header"))
    if magic != b"RpmP":
        return
    slots = file.take(_NDB_FIRST, min(pages * _NDB_PAGE, file.size) // 16 * 16 - _NDB_FIRST, "the slots")
    left = file.size - len(slots)
    for magic, package, block, _ in _NDB_SLOT.iter_unpack(slots):
        if magic != b"Slot" or not package:
            continue
        start = block * _NDB_BLOCK
        kind, number, _, size = _NDB_BLOB.unpack(file.take(start, _NDB_BLOB.size, "a package"))
        start = file.check(start + _NDB_BLOB.size, size, "a package")
        left -= size
        if kind != b"BlbS" or number != package or left < 0:
            return
        if size <= _LARGEST:
            header = file.take(start, size, "a package")
            if wanted + b"\0" in header:
                yield header


def _claims(header: Fields, wanted: bytes) -> Iterator[Claim]:
    """The folders in which a package has a file of that name. Raises `BinaryError` for a header that is none."""
    entries, size = header.unpack(_INTRO, 0, "the header of a package")
    index = header.take(_INTRO.size, entries * _ENTRY.size, "the index of a package")
    data = header.part(_INTRO.size + len(index), size, "the data of a package")
    tags = {tag: (kind, start, many) for tag, kind, start, many in _ENTRY.iter_unpack(index) if tag in _TAGS}
    name, version, release, arch = (_word(data, tags.get(tag)) for tag in (_NAME, _VERSION, _RELEASE, _ARCH))
    if not (name and version and release and arch):
        return
    epoch = _numbers(data, tags.get(_EPOCH))
    full = f"{epoch[0]}:{version}-{release}" if epoch else f"{version}-{release}"
    folders, places = _strings(data, tags.get(_DIRNAMES)), _numbers(data, tags.get(_DIRINDEXES))
    for file, place in zip(_strings(data, tags.get(_BASENAMES)), places, strict=False):
        if file == wanted and place < len(folders):
            yield Claim(decoded(folders[place]).strip("/"), name, full, arch)


def _word(data: Fields, entry: _Entry | None) -> str:
    if entry is None or entry[0] != _STRING:
        return ""
    return sound(data.cstring(entry[1], _LONGEST_WORD, "a word about a package"))


def _numbers(data: Fields, entry: _Entry | None) -> tuple[int, ...]:
    if entry is None or entry[0] != _INT32:
        return ()
    return unpack(f">{entry[2]}I", data.take(entry[1], 4 * entry[2], "the numbers of a package"))


def _strings(data: Fields, entry: _Entry | None) -> list[bytes]:
    if entry is None or entry[0] != _STRINGS:
        return []
    _, start, many = entry
    return data.take(start, data.size - start, "the names in a package").split(b"\0", many)[:many]
