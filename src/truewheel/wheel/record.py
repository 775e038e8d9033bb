"""RECORD (PEP 376, PEP 427): what a wheel says it holds; read, checked against the members, written."""

from __future__ import annotations

import binascii
import csv
import functools
import hashlib
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from truewheel import rules
from truewheel.errors import WheelError, Where
from truewheel.findings import Finding, in_order
from truewheel.wheel.batches import batches
from truewheel.wheel.model import Data, Entry, Wheel

HASH: Final = "sha256"
"""The hash of every row that is written here."""

_STRONG: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})
"""What counts as "sha256 or better" (PEP 427) among the hashes that every Python has."""

_LARGEST_SIZE_DIGITS: Final = 19
_SMALL: Final = 1 << 18
_LARGEST_ROW: Final = 4096
"""Bytes of RECORD for each member that are more than any row takes, for rows take much more memory than their text."""
_LONGEST_PATH: Final = 4096
"""Letters of a path: no system opens a longer one (PATH_MAX of Linux)."""
_PLAIN_LINES: Final = re.compile(
    r'^([^",\r\n]+),(?:(sha256)=([\w-]{43}))?,([0-9]{0,19})\r?\n', re.ASCII | re.MULTILINE
).findall
_HASHED: Final = re.compile(r"(\w+)=([\w-]+)=*", re.ASCII).fullmatch


class RecordRow(NamedTuple):
    """A row of RECORD: a path, the name of a hash, its value (urlsafe base64, unpadded), the size in bytes.

    ``hash_name`` and ``hash_value`` are empty and ``size`` is None where the row leaves them out.
    """

    path: str
    hash_name: str
    hash_value: str
    size: int | None


Mapper: TypeAlias = Callable[
    [Callable[[tuple[Entry, ...]], list[Finding]], Iterable[tuple[Entry, ...]]], Iterable[list[Finding]]
]
"""Something that maps as `map` does; an executor's ``map`` spreads the work over threads."""


class RecordText:
    """Content that is rows: what they are need not be found out again, and the text may never be asked for."""

    def __init__(self, rows: Iterable[RecordRow]) -> None:
        self.rows = tuple(rows)

    @functools.cached_property
    def data(self) -> bytes:
        """The text of the rows."""
        return render(self.rows)

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def read(self) -> bytes:
        """The text."""
        return self.data

    def head(self, count: int) -> bytes:
        """The first `count` bytes."""
        return self.data[:count]


def parse(data: Data) -> tuple[RecordRow, ...]:
    """The rows of a RECORD, in file order. Empty lines and CRLF are fine.

    Raises `WheelError` for what isn't UTF-8 or csv, rows that don't have three fields, sizes that are no numbers,
    paths that come twice, and those of more than 4,096 letters.
    """
    try:
        text = data.decode("utf-8")
        rows = _plain_rows(text) or [_row(fields) for fields in csv.reader(io.StringIO(text, newline="")) if fields]
    except UnicodeDecodeError as error:
        raise WheelError("RECORD is not UTF-8", where=Where(offset=error.start)) from None
    except csv.Error as error:
        raise WheelError(f"RECORD is not csv: {error}") from None
    if len({row.path for row in rows}) != len(rows):
        paths = sorted(row.path for row in rows)
        twice = next(path for path, following in itertools.pairwise(paths) if path == following)
        raise WheelError(f"RECORD has two rows for {twice!r}")
    longest = max((row.path for row in rows), key=len, default="")
    if len(longest) > _LONGEST_PATH:
        raise WheelError(f"RECORD has a path of {len(longest):,} letters, it begins with {longest[:100]!r}")
    return tuple(rows)


def render(rows: Iterable[RecordRow]) -> bytes:
    """The rows as RECORD's text: UTF-8, LF, quoted only where csv needs it."""
    return "".join([_line(row) for row in rows]).encode("utf-8")


def row_for(name: str, data: Data) -> RecordRow:
    """The row that is true of a member."""
    return RecordRow(name, HASH, digest(HASH, data), len(data))


def digest(hash_name: str, data: Data) -> str:
    """A hash as RECORD writes it: urlsafe base64 without padding (PEP 427)."""
    value = hashlib.new(hash_name, data).digest()
    return binascii.b2a_base64(value, newline=False).translate(_URLSAFE, b"=").decode("ascii")


_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")


def rows_of(wheel: Wheel) -> dict[str, RecordRow]:
    """The rows of the wheel's RECORD by path, without those of `exempt` paths. Raises `WheelError`."""
    entry = wheel.info("RECORD")
    if not isinstance(entry.content, RecordText) and entry.size > max(_SMALL, _LARGEST_ROW * len(wheel.entries)):
        raise WheelError(
            f"RECORD has {entry.size:,} bytes, too many for {len(wheel.entries):,} members",
            where=Where(member=entry.name),
        )
    try:
        rows = entry.content.rows if isinstance(entry.content, RecordText) else parse(entry.read())
    except WheelError as error:
        raise error.within(member=entry.name) from None
    by_path = {row.path: row for row in rows}
    for path in exempt(wheel):
        by_path.pop(path, None)
    return by_path


def exempt(wheel: Wheel) -> frozenset[str]:
    """The paths that RECORD can't vouch for: its own, and those of its signatures (PEP 427)."""
    return frozenset({wheel.info_path("RECORD"), *signatures(wheel)})


def signatures(wheel: Wheel) -> tuple[str, str]:
    """The paths where signatures of RECORD would stand (PEP 427, signed wheel files)."""
    return wheel.info_path("RECORD.jws"), wheel.info_path("RECORD.p7s")


def verify(wheel: Wheel, *, contents: bool, mapper: Mapper = map) -> tuple[Finding, ...]:
    """What RECORD says wrong: names both ways, hashes that are missing or weak, and sizes.

    With ``contents`` every member is inflated and hashed, spread by `mapper`. Raises `WheelError` where RECORD
    can't be parsed or a member can't be inflated.
    """
    rows = rows_of(wheel)
    findings = list(check_names(wheel, rows))
    if contents:

        def check(batch: tuple[Entry, ...]) -> list[Finding]:
            checks = (check_content(entry, rows[entry.name], entry.read()) for entry in batch)
            return [finding for finding in checks if finding]

        vouched = (entry for entry in wheel if entry.name in rows)
        findings += [finding for found in mapper(check, batches(vouched)) for finding in found]
    return in_order(findings)


def check_names(wheel: Wheel, rows: dict[str, RecordRow]) -> Iterator[Finding]:
    """What can be said without a look at the contents: members and rows that lack their partner, hashes, sizes."""
    without = exempt(wheel)
    for entry in wheel.entries:
        finding = check_row(entry, rows.get(entry.name))
        if finding is not None and entry.name not in without:
            yield finding
    for path in sorted(rows.keys() - wheel.by_name.keys()):
        yield Finding(rules.RECORD_MISSING_FILE, f"RECORD lists {path!r}, which is not in the archive", path)


def check_row(entry: Entry, row: RecordRow | None) -> Finding | None:
    """Whether the entry has a row with a hash that is worth something, and its size."""
    if row is None:
        return Finding(rules.RECORD_MISSING_ROW, "the member has no row in RECORD", entry.name)
    if row.hash_name not in _STRONG:
        said = f"the weak hash {row.hash_name}" if row.hash_name else "no hash"
        return Finding(rules.RECORD_WEAK, f"RECORD has {said} for the member", entry.name)
    if row.size is not None and row.size != entry.size:
        return _wrong(entry, f"its size is {entry.size}, RECORD says {row.size}")
    return None


def check_content(entry: Entry, row: RecordRow, data: Data) -> Finding | None:
    """Whether `data`, which the entry holds, is what its row says. Weak hashes are left to `check_names`."""
    if row.size is not None and row.size != len(data):
        return _wrong(entry, f"its size is {len(data)}, RECORD says {row.size}")
    if row.hash_name in _STRONG and (found := digest(row.hash_name, data)) != row.hash_value:
        return _wrong(entry, f"its {row.hash_name} is {found}, RECORD says {row.hash_value}")
    return None


def demand(findings: Iterable[Finding]) -> None:
    """Raise the first of the findings, in their order, as a `WheelError`: a wrong RECORD is never laundered."""
    for finding in in_order(tuple(findings)):
        raise WheelError(finding.message, where=Where(member=finding.member), hint=finding.rule.remedy)


def amended(
    wheel: Wheel, *entries: Entry, without: Iterable[str] = (), known: Mapping[str, RecordRow] = MappingProxyType({})
) -> Wheel:
    """The wheel with members replaced, added (at the end) or left out, and a RECORD that says so.

    What RECORD says of the members that go is checked first. All other rows stay as they are, unchecked. Rows of
    new members that are `known` aren't computed again.
    Raises `WheelError` where a member that goes has no row or a wrong one.
    """
    rows, unvouched = rows_of(wheel), exempt(wheel)
    gone = set(without)
    for name in sorted({*gone, *(entry.name for entry in entries)} & wheel.by_name.keys() - unvouched):
        old = wheel.by_name[name]
        demand(filter(None, [check_row(old, rows.get(name))]))
        demand(filter(None, [check_content(old, rows[name], old.read())]))
    for name in gone:
        rows.pop(name, None)
    rows.update((entry.name, known.get(entry.name) or row_for(entry.name, entry.read())) for entry in entries)
    path = wheel.info_path("RECORD")
    text = RecordText((*rows.values(), RecordRow(path, "", "", None)))
    return wheel.replaced(*entries, Entry(path, executable=False, content=text), without=gone)


def _plain_rows(text: str) -> list[RecordRow]:
    """The rows, if all lines are as nearly every builder writes them, which a single search finds; else none."""
    found = _PLAIN_LINES(text)
    if len(found) != text.count("\n") or not text.endswith("\n"):
        return []
    return [RecordRow(path, name, value, int(size) if size else None) for path, name, value, size in found]


def _row(fields: list[str]) -> RecordRow:
    """A row out of its fields."""
    if len(fields) != 3:
        raise WheelError(f"a row of RECORD has {len(fields)} fields instead of 3, it begins with {fields[0][:100]!r}")
    path, hashed, size = fields
    if size and not (size.isascii() and size.isdigit() and len(size) <= _LARGEST_SIZE_DIGITS):
        raise WheelError(f"the size of {path!r} in RECORD is not a number: {size[:100]!r}")
    if not hashed:
        return RecordRow(path, "", "", int(size) if size else None)
    match = _HASHED(hashed)
    if match is None:
        raise WheelError(f"the hash of {path!r} in RECORD is not NAME=URLSAFE_BASE64: {hashed[:100]!r}")
    return RecordRow(path, match[1].lower(), match[2], int(size) if size else None)


def _line(row: RecordRow) -> str:
    """A row as a line."""
    path, name, value, size = row
    if '"' in path or "," in path or "\n" in path or "\r" in path:
        path = '"' + path.replace('"', '""') + '"'
    return f"{path},{name}={value},{size}\n" if name and size is not None else f"{path},{_partial(row)}\n"


def _partial(row: RecordRow) -> str:
    """The last two fields of a row that lacks one or both."""
    hashed = f"{row.hash_name}={row.hash_value}" if row.hash_name else ""
    return f"{hashed},{'' if row.size is None else row.size}"


def _wrong(entry: Entry, facts: str) -> Finding:
    return Finding(rules.RECORD_WRONG, f"the member is not what RECORD says: {facts}", entry.name)
