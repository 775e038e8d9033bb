"""The names in archives as text: those that mean a place below the folder where one would unpack, on any system.

Whether a wheel may hold a name is asked later, and of chosen files alone: an archive may well have a colon or a
backslash in a file that nobody wants. What leads elsewhere is refused at once, since no honest tool writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from truewheel.errors import ArchiveError, Where
from truewheel.wheel import Limits

_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f]")
_SEPARATORS: Final = re.compile(r"[/\\]")


def spelled(raw: bytes, limits: Limits, offset: int) -> str:
    """The name without ``./`` and doubled slashes, nor one at its end; "" for the folder that everything lies in.

    Raises `ArchiveError` for one that is absolute, has a part ``..`` (a backslash divides parts here, as it does on
    Windows), has control characters or isn't UTF-8, and `LimitError` for what is too long or leads too deep.
    """
    where = Where(member=shown(raw), offset=offset)
    if len(raw) > limits.name_length:
        raise limits.exceeded("name_length", f"the name has {len(raw):,} bytes", where)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError(
            f"the name is not UTF-8: byte {raw[error.start]:#04x} at {error.start}",
            where=where,
            hint="rename the file and pack the archive again",
        ) from None
    if found := _CONTROL.search(text):
        raise ArchiveError(f"the name has the control character U+{ord(found[0]):04X}", where=where)
    if text.startswith(("/", "\\")):
        raise ArchiveError("the name is absolute", where=where, hint="pack the archive again, from within its folder")
    if ".." in text and ".." in _SEPARATORS.split(text):
        raise ArchiveError("the name has the part '..', which leads elsewhere", where=where)
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if len(parts) > limits.depth + 1:
        raise limits.exceeded("depth", f"the name leads through {len(parts) - 1:,} folders", where)
    return "/".join(parts)


def shown(raw: bytes) -> str:
    """A name for an error, before anything is known of it."""
    return raw[:100].decode("utf-8", errors="backslashreplace")


def parents(name: str) -> Iterator[str]:
    """The folders that a name lies in, the innermost first, without the one that everything lies in."""
    while slash := name.rfind("/") + 1:
        name = name[: slash - 1]
        yield name
