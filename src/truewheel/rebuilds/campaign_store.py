"""Where a campaign keeps what it finds: an SQLite database that outlives whatever ends its process.

Every answer is committed as it comes. ``target`` is the list, ``result`` an answer for each that has one, with columns
to ask for and the whole of it as a JSON document.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

from truewheel.errors import RequestError, TruewheelError, Where, printable
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_database import Connection, opened, told
from truewheel.rebuilds.campaign_lock import held
from truewheel.rebuilds.campaign_model import Campaign, Counts
from truewheel.rebuilds.campaign_question import question, target_of
from truewheel.rebuilds.campaign_worker import Answer
from truewheel.verdict.document import from_document, to_document
from truewheel.verdict.model import Rung, Verification


class Waiting(NamedTuple):
    """A target that waits for its answer, and its place in the list."""

    position: int
    target: Target


class Store:
    """The database of a campaign that nobody else runs. Every method is one transaction, and raises `RequestError`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self._path = path
        self._connection = connection
        self._listed: dict[str, Target] = {}

    def adopt(self, targets: Sequence[Target]) -> None:
        """Make `targets` the campaign's list.

        What is new stands behind all others; what isn't listed any more keeps its answer and its place, and is left
        out. One that is listed twice is one.
        """
        self._listed = {question(target): target for target in targets}
        rows = [
            {
                "question": text,
                "asked": _column(target.asked),
                "project": _column(canonicalize_name(target.project)),
                "version": _column(target.version),
                "hashes": _column(" ".join(target.hashes)),
            }
            for text, target in self._listed.items()
        ]
        with self._transaction() as connection:
            connection.execute("UPDATE target SET listed = 0")
            connection.execute("UPDATE target SET state = 'waiting' WHERE state = 'running'")
            connection.executemany(_LIST, rows)

    def again(self, wanted: Collection[str]) -> None:
        """Have those wait again that stand at a rung, or are of a project, named in `wanted`.

        Raises `RequestError` for what is neither a rung nor a project of the list.
        """
        rungs = {rung.value for rung in Rung}
        with self._transaction() as connection:
            for name in sorted(wanted):
                if name in rungs:
                    connection.execute(_AGAIN_RUNG, (name,))
                elif not connection.execute(_AGAIN_PROJECT, (canonicalize_name(name), name)).rowcount:
                    raise RequestError(
                        f"{name!r} is neither a rung nor a project of this campaign",
                        where=Where(file=str(self._path)),
                        hint=f"rungs are {', '.join(rung.value for rung in Rung)}",
                    )

    def waiting(self) -> tuple[Waiting, ...]:
        """The targets of the list that have no answer, in its order, as they were given to `adopt`."""
        with told(self._path):
            rows = self._connection.execute(_WAITING).fetchall()
        return tuple(Waiting(position, self._listed[text]) for position, text in rows)

    def begin(self, position: int) -> None:
        """Take note that a target is being verified."""
        with self._transaction() as connection:
            connection.execute("UPDATE target SET state = 'running' WHERE position = ?", (position,))

    def put_back(self, positions: Collection[int]) -> None:
        """Take note that targets wait again, those of them that have no answer by now."""
        with self._transaction() as connection:
            rows = [(position,) for position in positions]
            connection.executemany("UPDATE target SET state = 'waiting' WHERE state = 'running' AND position = ?", rows)

    def finish(self, position: int, answer: Answer) -> None:
        """Keep the answer of a target."""
        row = _columns(answer.verification)
        with self._transaction() as connection:
            connection.execute("UPDATE target SET state = 'done' WHERE position = ?", (position,))
            connection.execute(_FINISH, {**row, "position": position, "truewheel": answer.truewheel})

    def counts(self) -> Counts:
        """How far the campaign is."""
        with told(self._path):
            rows = dict(self._connection.execute(_COUNTS).fetchall())
        return Counts({rung: rows[rung.value] for rung in Rung if rung.value in rows}, rows.get(None, 0))

    def campaign(self) -> Campaign:
        """All that was found."""
        return _campaign(self._path, self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with told(self._path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection


@contextmanager
def opened_store(path: Path) -> Iterator[Store]:
    """The store in a file, which is made where there is none, for one campaign at a time.

    Raises `RequestError` where another campaign runs on it, where the file is something else, damaged, or of a newer
    truewheel, or where it can't be written.
    """
    with held(path), closing(opened(path)) as connection:
        try:
            yield Store(path, connection)
        finally:
            with suppress(sqlite3.Error):  # somebody may be reading
                # One file, and no others beside it, that can be read where nothing can be written.
                connection.execute("PRAGMA journal_mode = DELETE")


def read_store(path: Path) -> Campaign:
    """What a campaign has found until now, also while it runs. Raises `RequestError` as `opened_store` does."""
    with closing(opened(path, write=False)) as connection:
        return _campaign(path, connection)


def _campaign(path: Path, connection: Connection) -> Campaign:
    results = []
    with told(path):
        left = connection.execute("SELECT count(*) FROM target WHERE listed AND state <> 'done'").fetchone()[0]
        for asked, text, document in connection.execute(_RESULTS):
            results.append((_target(path, asked, text), _verification(path, asked, document)))
    return Campaign(results=tuple(results), left=left)


def _target(path: Path, asked: str, text: str) -> Target:
    try:
        return target_of(asked, text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _garbled(path, asked) from None


def _verification(path: Path, asked: str, document: str) -> Verification:
    try:
        return from_document(json.loads(document))
    except (TruewheelError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _garbled(path, asked) from None


def _garbled(path: Path, asked: str) -> RequestError:
    return RequestError(
        f"the row of {asked} can't be understood", where=Where(file=str(path)), hint="verify into another file"
    )


def _column(text: str) -> str:
    """A text for people to ask by; what SQLite doesn't take for text stands escaped."""
    return printable(text)


def _columns(verification: Verification) -> Mapping[str, str | float]:
    wheel = verification.wheel
    return {
        "rung": verification.rung.value,
        "project": _column(verification.project),
        "version": _column(verification.version),
        "wheel": _column(wheel.name) if wheel else "",
        "backend": _column(verification.backend),
        "problem": _column(verification.problem),
        "seconds": verification.seconds,
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "document": json.dumps(to_document(verification), sort_keys=True),
    }


_LIST = """
INSERT INTO target (question, asked, project, version, hashes, listed, state)
VALUES (:question, :asked, :project, :version, :hashes, 1, 'waiting')
ON CONFLICT (question) DO UPDATE SET asked = excluded.asked, hashes = excluded.hashes, listed = 1
"""
_AGAIN_RUNG = """
UPDATE target SET state = 'waiting'
WHERE listed AND state = 'done' AND position IN (SELECT position FROM result WHERE rung = ?)
"""
_AGAIN_PROJECT = "UPDATE target SET state = 'waiting' WHERE listed AND (project = ? OR asked = ?)"
_WAITING = "SELECT position, question FROM target WHERE listed AND state <> 'done' ORDER BY position"
_FINISH = """
INSERT OR REPLACE INTO result
(position, rung, project, version, wheel, backend, problem, seconds, finished, truewheel, document)
VALUES
(:position, :rung, :project, :version, :wheel, :backend, :problem, :seconds, :finished, :truewheel, :document)
"""
_COUNTS = """
SELECT CASE target.state WHEN 'done' THEN result.rung END AS rung, count(*)
FROM target LEFT JOIN result USING (position) WHERE target.listed GROUP BY 1
"""
_RESULTS = """
SELECT target.asked, target.question, result.document
FROM target JOIN result USING (position) WHERE target.listed AND target.state = 'done' ORDER BY position
"""
