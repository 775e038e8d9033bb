"""Databases of rpm, written from their description: headers, ``rpmdb.sqlite`` and ``Packages.db``."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

INT32, STRING, STRINGS = 4, 6, 8
Tag = tuple[int, int, int, bytes]
"""Number, type, count, and the value as it is stored."""


class Rpm(NamedTuple):
    name: str
    files: tuple[str, ...]
    version: str = "1.2.3"
    release: str = "4.fc40"
    epoch: int | None = None
    arch: str = "x86_64"

    def tags(self) -> list[Tag]:
        folders = sorted({file.rpartition("/")[0] + "/" for file in self.files})
        indexes = [folders.index(file.rpartition("/")[0] + "/") for file in self.files]
        names = [file.rpartition("/")[2] for file in self.files]
        epoch = [] if self.epoch is None else [(1003, INT32, 1, struct.pack(">I", self.epoch))]
        return [
            (63, 7, 16, bytes(16)),
            (1000, STRING, 1, _zero_ended([self.name])),
            (1001, STRING, 1, _zero_ended([self.version])),
            (1002, STRING, 1, _zero_ended([self.release])),
            *epoch,
            (1004, 9, 1, _zero_ended(["a summary"])),
            (1022, STRING, 1, _zero_ended([self.arch])),
            (1116, INT32, len(indexes), struct.pack(f">{len(indexes)}I", *indexes)),
            (1117, STRINGS, len(names), _zero_ended(names)),
            (1118, STRINGS, len(folders), _zero_ended(folders)),
        ]

    def header(self) -> bytes:
        return header(self.tags())


def _zero_ended(texts: Sequence[str]) -> bytes:
    return b"".join(text.encode() + b"\0" for text in texts)


def header(tags: Sequence[Tag]) -> bytes:
    """The header of a package as a database holds it: without the magic number of package files."""
    index, data = b"", b""
    for tag, kind, many, value in tags:
        data += bytes(-len(data) % 4 if kind == INT32 else 0)
        index += struct.pack(">4I", tag, kind, len(data), many)
        data += value
    return struct.pack(">2I", len(tags), len(data)) + index + data


def write_sqlite(path: Path, rpms: Sequence[Rpm], *, made: str = "blob BLOB NOT NULL") -> Path:
    """The two tables that matter, as rpm 4.18 makes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,{made})")
    database.execute(
        "CREATE TABLE 'Basenames' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, "
        "FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))"
    )
    database.execute("CREATE INDEX 'Basenames_key_idx' ON 'Basenames'(key ASC)")
    for number, rpm in enumerate(rpms, 1):
        database.execute("INSERT INTO Packages (hnum, blob) VALUES (?, ?)", (number, rpm.header()))
        for index, file in enumerate(rpm.files):
            database.execute("INSERT INTO Basenames VALUES (?, ?, ?)", (file.rpartition("/")[2], number, index))
    database.commit()
    database.close()
    return path


def ndb(rpms: Sequence[Rpm]) -> bytes:
    """A ``Packages.db`` with one page of slots."""
    slots, blobs, page = b"", b"", 4096
    for number, rpm in enumerate(rpms, 1):
        blob = rpm.header()
        whole = struct.pack("<4s3I", b"BlbS", number, 1, len(blob)) + blob
        whole += bytes(-(len(whole) + 12) % 16) + struct.pack("<2I4s", 0, len(blob), b"BlbE")
        slots += struct.pack("<4s3I", b"Slot", number, (page + len(blobs)) // 16, len(whole) // 16)
        blobs += whole
    slots += struct.pack("<4s3I", b"Slot", 0, 0, 0) * ((page - 32 - len(slots)) // 16)
    return struct.pack("<4s7I", b"RpmP", 0, 1, 1, len(rpms) + 1, 0, 0, 0) + slots + blobs
