"""Pax records, ``LENGTH KEY=VALUE`` (POSIX.1-2008, pax, "pax Extended Header"): read strictly, and written."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from truewheel.errors import SdistError, Where

Records: TypeAlias = tuple[tuple[str, str], ...]

MOST_BYTES: Final = 1 << 20
"""How long one set of records may be: GNU tar's own are some hundreds of bytes."""

_LENGTH: Final = re.compile(rb"([1-9][0-9]{0,7}) ")
_TIME: Final = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]*))?")
_WHOLE: Final = re.compile("[0-9]{1,18}")
_CHARSETS: Final = frozenset({"ISO-IR 10646 2000 UTF-8", "BINARY"})
GNU_SPARSE: Final = "GNU.sparse."
_SPARSE: Final = (GNU_SPARSE, "SCHILY.realsize")


def parse_records(data: bytes, where: Where, *, sparse: bool = False) -> Records:
    """The records that fill `data` exactly, in their order; GNU's about `sparse` files only where these are understood.

    Raises `SdistError` where readers would disagree.
    """
    records: dict[str, str] = {}
    at = 0
    while at < len(data):
        match = _LENGTH.match(data, at, at + 10)
        end = at + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(data) or data[end - 1] != 0x0A:
            raise SdistError(f"the pax record at byte {at} of its header has no true length", where=where)
        key, equals, value = data[match.end() : end - 1].partition(b"=")
        if not key or not equals or b"\0" in key:  # where GNU tar ends the record
            raise SdistError(f"the pax record at byte {at} of its header is no KEY=VALUE", where=where)
        # Attributes of files may be any bytes; a name that isn't UTF-8 is refused where names are read.
        word, text = (part.decode("utf-8", errors="surrogateescape") for part in (key, value))
        if word in records:
            raise SdistError(f"the pax record {word!r} is there twice", where=where)
        records[word] = text
        at = end
    _check(records, where, sparse=sparse)
    return tuple(records.items())


def _check(records: dict[str, str], where: Where, *, sparse: bool) -> None:
    """Refuse what changes the meaning of a member in ways that not every reader knows."""
    if key := next((key for key in records if key.startswith(_SPARSE[1:] if sparse else _SPARSE)), ""):
        raise SdistError(f"the member is sparse ({key}), which not every tool can read", where=where)
    if (charset := records.get("hdrcharset", "BINARY")) not in _CHARSETS:
        raise SdistError(f"the pax records are in the character set {charset!r}, not UTF-8", where=where)


def whole(records: dict[str, str], key: str, otherwise: int, where: Where) -> int:
    """The number that a record says, `otherwise` without one."""
    text = records.get(key)
    if text is None:
        return otherwise
    if not _WHOLE.fullmatch(text):
        raise SdistError(f"the pax record {key} is no number: {text[:40]!r}", where=where)
    return int(text)


def time(records: dict[str, str], otherwise: int, where: Where) -> tuple[int, str]:
    """Whole seconds, rounded down, and the digits behind the point of what the record mtime says."""
    text = records.get("mtime")
    if text is None:
        return otherwise, ""
    match = _TIME.fullmatch(text) if len(text) < 64 else None
    if match is None:
        raise SdistError(f"the pax record mtime is no time: {text[:40]!r}", where=where)
    seconds, fraction = int(match[1]), (match[2] or "").rstrip("0")
    if fraction and text.startswith("-"):
        return seconds - 1, f"{10 ** len(fraction) - int(fraction):0{len(fraction)}}"
    return seconds, fraction


def record(key: str, value: str) -> bytes:
    """One record; its length counts its own digits too."""
    rest = f" {key}={value}\n".encode()
    digits = 1
    while len(str(digits + len(rest))) != digits:
        digits += 1
    return b"%d%b" % (digits + len(rest), rest)
