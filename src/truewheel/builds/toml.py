"""TOML as the room writes it: one text for one value, whatever order things were found in."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def array_of_tables(name: str, tables: Sequence[Mapping[str, object]]) -> str:
    """``[[name]]`` for each table, whose own tables stand in line; lists of them have a line for each."""
    return "".join(f"\n[[{name}]]\n{pairs(table)}" for table in tables)


def pairs(table: Mapping[str, object]) -> str:
    """A line for each key, in the order of the mapping."""
    return "".join(f"{_key(key)} = {value(item, spread=True)}\n" for key, item in table.items())


def value(item: object, *, spread: bool = False) -> str:
    """A value in TOML 1.0; with `spread`, lists of tables take a line for each."""
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {value(part)}" for key, part in item.items()) + " }" if item else "{}"
    if isinstance(item, Sequence) and not isinstance(item, str):
        parts = [value(part) for part in item]
        if spread and any(isinstance(part, Mapping) for part in item):
            return "[\n" + "".join(f"    {part},\n" for part in parts) + "]"
        return f"[{', '.join(parts)}]"
    return _single(item)


def _single(item: object) -> str:
    if isinstance(item, str):
        return _string(item)
    if isinstance(item, dt.datetime):
        return _moment(item)
    if isinstance(item, int):
        return str(item).lower()  # true and false are integers of Python
    raise TypeError(f"no value of TOML: {item!r}")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    """A basic string. JSON's escapes are TOML's too; DEL and what is no character need one in TOML alone."""
    quoted = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return quoted.replace("\x7f", "\\u007f")


def _moment(moment: dt.datetime) -> str:
    """A time with its zone, in UTC; one without a zone is taken for UTC."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
    return zoned.astimezone(dt.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
