"""Two files of Python bytecode: the header (PEP 3147, PEP 552), and the code objects behind it, one beside the other.

Nothing is unmarshalled or run: `marshal_read` reads the values. Bytecode of two versions, and of other Pythons than
CPython 3.8 to 3.14, is told by its magic number.
"""

from __future__ import annotations

from datetime import datetime, timezone
from struct import Struct
from typing import Final, NamedTuple

from truewheel.compare.context import Pair
from truewheel.compare.marshal_model import Code
from truewheel.compare.marshal_read import read_marshal
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_parts import existing, values
from truewheel.compare.pyc_code import compare_codes
from truewheel.compare.reasons import BYTECODE_REFERENCES, BYTECODE_SOURCE, PYTHON
from truewheel.errors import BinaryError

_HEAD: Final = Struct("<H2sIII")
_RETURN: Final = b"\r\n"
_FIRST_MAGIC: Final = 3000
_HASHED, _CHECKED = 1, 2
_MAGICS: Final = (
    (3400, (3, 8)),
    (3420, (3, 9)),
    (3430, (3, 10)),
    (3450, (3, 11)),
    (3500, (3, 12)),
    (3550, (3, 13)),
    (3600, (3, 14)),
    (3650, (3, 15)),
)
"""From which magic number on bytecode is that of a version (``pycore_magic_number.h`` of CPython)."""
_OLDEST, _NEWEST = (3, 8), (3, 14)


class Head(NamedTuple):
    """The header of a .pyc file. ``first`` and ``second`` are time and size of the source, or its hash."""

    magic: int
    flags: int
    first: int
    second: int

    @property
    def version(self) -> tuple[int, int] | None:
        """The Python that wrote it; None for others than CPython 3.8 and newer."""
        known = [version for start, version in _MAGICS if start <= self.magic]
        return known[-1] if known and self.magic < _MAGICS[-1][0] + 50 else None


def compare_pyc(pair: Pair) -> tuple[Difference, ...]:
    """In what two .pyc files differ. Empty where one is none, or is damaged."""
    left, right = _head(pair.left), _head(pair.right)
    if left is None or right is None:
        return ()
    if left.magic != right.magic:
        words = _python(left), _python(right)
        cause = Cause(PYTHON, f"{words[0]} on the left, {words[1]} on the right")
        return existing([values("header", "the Python that it is for", words, (cause,))])
    found = _sources(left, right)
    if pair.left[_HEAD.size :] == pair.right[_HEAD.size :]:
        return found
    try:
        return (*found, *_bodies(pair, left.version))
    except BinaryError:
        return ()


def _head(data: bytes) -> Head | None:
    if len(data) <= _HEAD.size:
        return None
    magic, end, flags, first, second = _HEAD.unpack_from(data)
    known = end == _RETURN and magic >= _FIRST_MAGIC and flags in (0, _HASHED, _HASHED | _CHECKED)
    return Head(magic, flags, first, second) if known else None


def _python(head: Head) -> str:
    name = "another Python" if head.version is None else f"CPython {head.version[0]}.{head.version[1]}"
    return f"{name} (magic number {head.magic})"


def _sources(left: Head, right: Head) -> tuple[Difference, ...]:
    """What the headers say of the source."""
    kinds = [_kind(head.flags) for head in (left, right)]
    if kinds[0] != kinds[1]:
        cause = Cause(BYTECODE_SOURCE, f"checked {kinds[0]} on the left, {kinds[1]} on the right")
        return existing([values("header", "how it is checked against the source", kinds, (cause,))])
    if left.flags & _HASHED:
        hashes = [f"{head.first | head.second << 32:016x}" for head in (left, right)]
        return existing([values("header", "the hash of the source", hashes)])
    times = [_time(head.first) for head in (left, right)]
    sizes = [f"{head.second:,} bytes" for head in (left, right)]
    cause = Cause(BYTECODE_SOURCE, f"a source of {times[0]} on the left, of {times[1]} on the right")
    return existing(
        [
            values("header", "the time of the source", times, (cause,)),
            values("header", "the size of the source", sizes),
        ]
    )


def _kind(flags: int) -> str:
    return {0: "by time", _HASHED: "never", _HASHED | _CHECKED: "by hash"}[flags]


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _bodies(pair: Pair, version: tuple[int, int] | None) -> tuple[Difference, ...]:
    if version is None or not _OLDEST <= version <= _NEWEST:
        raise BinaryError("the bytecode of this Python is not known")
    left, right = (read_marshal(data, _HEAD.size, version) for data in (pair.left, pair.right))
    if not isinstance(left, Code) or not isinstance(right, Code):
        raise BinaryError("a .pyc file holds something else than a code object")
    found = compare_codes(left, right)
    if found:
        return found
    evidence = "all code and all constants are equal: only what is written as a reference, or as interned, differs"
    summary = "the same code, marshalled otherwise"
    return (Difference("marshal", Kind.CONTENT, summary, causes=(Cause(BYTECODE_REFERENCES, evidence),)),)
