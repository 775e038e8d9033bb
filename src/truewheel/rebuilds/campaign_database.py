"""SQLite as a campaign needs it: opened strictly, with errors that say what is wrong with the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, Where
from truewheel.world.regular import demand_file

Connection = sqlite3.Connection

_SCHEMA_VERSION: Final = 1
"""In ``user_version``. A change to the tables counts it up, and knows how to come from the one before."""
_OURS: Final = 0x54574331
"""``application_id``, as SQLite's file format has a place for (offset 68): TWC1."""
_MAGIC: Final = b"SQLite format 3\0"
_PATIENCE: Final = 30.0
"""Seconds to wait for another program that reads or writes."""

_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE target (
    position INTEGER PRIMARY KEY,
    question TEXT NOT NULL UNIQUE,
    asked TEXT NOT NULL,
    project TEXT NOT NULL,
    version TEXT NOT NULL,
    hashes TEXT NOT NULL,
    listed INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done'))
);
CREATE TABLE result (
    position INTEGER PRIMARY KEY REFERENCES target,
    rung TEXT NOT NULL,
    project TEXT NOT NULL,
    version TEXT NOT NULL,
    wheel TEXT NOT NULL,
    backend TEXT NOT NULL,
    problem TEXT NOT NULL,
    seconds REAL NOT NULL,
    finished TEXT NOT NULL,
    truewheel TEXT NOT NULL,
    document TEXT NOT NULL
);
PRAGMA application_id = {_OURS};
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""
_TABLES: Final = {("table", "target"), ("table", "result")}

_FAULTS: Final = {
    "not a database": ("is no SQLite database", "name another file for the campaign"),
    "malformed": ("is damaged", "take a copy of it from before, or name another file"),
    "readonly": ("can't be written", "name a file in a folder that you may write to"),
    "unable to open": ("can't be opened", "name a file in a folder that is there, and that you may write to"),
    "locked": ("is in use by another program, which doesn't let go", "close that one"),
    "disk is full": ("can't be written: the disk is full", "make room; all that was kept before stays"),
}
"""What SQLite says, in parts, and what that means."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors of SQLite in the block become a `RequestError` that names the file."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        said = str(error)
        fault, hint = next((known for part, known in _FAULTS.items() if part in said), (f"can't be used: {said}", ""))
        raise RequestError(fault, where=Where(file=str(path)), hint=hint) from None


def opened(path: Path, *, write: bool = True) -> Connection:
    """A connection to a campaign's database, with transactions left to the caller.

    With `write` it is made where there is no file, or an empty one. Raises `RequestError` where the file is something
    else, is damaged or of a newer schema.
    """
    if not write or (path.exists() and path.stat().st_size):
        _demand(path)
        _demand_format(path)
    with told(path):
        mode = "rwc" if write else "ro"
        address = f"{path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, timeout=_PATIENCE, isolation_level=None, uri=True)
    try:
        with told(path):
            _prepare(path, connection, write=write)
    except BaseException:
        connection.close()
        raise
    return connection


def _demand(path: Path) -> None:
    try:
        demand_file(path, "campaign's database", "a file in it")
    except RequestError as error:
        raise error.within(file=str(path)) from None


def _demand_format(path: Path) -> None:
    """SQLite itself takes a file of a few bytes for an empty database, and writes over it."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError:
        return  # SQLite says what is wrong with it
    if head != _MAGIC:
        with told(path):
            raise sqlite3.DatabaseError("file is not a database")


def _prepare(path: Path, connection: Connection, *, write: bool) -> None:
    """Check whose database it is before anything in it is used or changed."""
    connection.execute("PRAGMA trusted_schema = OFF")
    if write and _is_new(connection):
        connection.executescript(_SCHEMA)
    if connection.execute("PRAGMA application_id").fetchone()[0] != _OURS:
        raise _not_ours(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _SCHEMA_VERSION:
        raise RequestError(
            f"was written by a newer truewheel (schema {version}; this one knows {_SCHEMA_VERSION})",
            where=Where(file=str(path)),
            hint="pip install --upgrade truewheel",
        )
    # Triggers and views of somebody else's would run within our statements.
    if {*connection.execute("SELECT type, name FROM sqlite_master WHERE type <> 'index'")} != _TABLES:
        raise _not_ours(path)
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("malformed")
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")


def _is_new(connection: Connection) -> bool:
    """Whether nothing was ever written into it."""
    return not connection.execute("PRAGMA schema_version").fetchone()[0]


def _not_ours(path: Path) -> RequestError:
    return RequestError(
        "is an SQLite database, but none of a campaign",
        where=Where(file=str(path)),
        hint="name another file for the campaign",
    )
