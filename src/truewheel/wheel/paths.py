"""The names that members of a wheel may have: those that mean one file, the same on every system.

Refused is what some system would silently put elsewhere: outside of the folder, into a device or an alternate
stream, over another member. Names that a system merely can't create, such as ``a?b`` on Windows, fail loudly
there and are allowed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from truewheel.errors import WheelError, Where
from truewheel.wheel.limits import Limits

_LONGEST_PART: Final = 255
"""Bytes of a file name that Linux, macOS and Windows (there: UTF-16 units) can store."""

_STRANGE: Final = bytes(range(1, 0x20)) + b"\\:\x7f"
"""ASCII bytes that the fast path doesn't judge: control characters and what Windows takes for a separator.

Without NUL, which stands between the names there.
"""

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e007f\ud800-\udfff]"
)
"""Control and format characters (Unicode 16, categories Cc, Cf, Zl, Zp): unseen, or turning the text around. And
halves of characters, by which Python also stands for bytes that are no text.

Spelled out because the categories change with the Python that runs.
"""

_RESERVED: Final = re.compile(
    r"(?:aux|con|nul|prn|conin\$|conout\$|com[1-9\xb9\xb2\xb3]|lpt[1-9\xb9\xb2\xb3]) *(?:\..*)?", re.IGNORECASE
)
"""Names that Windows gives to devices in every folder, whatever suffix they have (Naming Files, Win32)."""

_DOUBTFUL_ENDS: Final = frozenset({"", ".", " "})
_DOUBTFUL_STARTS: Final = frozenset({"aux", "con", "nul", "prn", "com", "lpt"})


def read_names(names: Sequence[bytes], limits: Limits, offset: Callable[[int], int | None]) -> list[str]:
    """The names of all members as text, each fit for any system and none in another's way.

    A name that ends in a slash is a folder's. `offset` gives the place of the name with an index, for the
    error. Raises `WheelError`, `LimitError` for names that are too long or too deep.
    """
    joined = b"\0".join(names)
    if joined.isascii() and joined.count(b"\0") == len(names) - 1:
        text = joined.decode("ascii")
        decoded = text.split("\0")
        if _all_plain(joined, decoded, min(limits.depth * 2, _LONGEST_PART)):
            _check_clashes(decoded, (text.lower().replace("/", "\1").replace("\0", "\1\0") + "\1").split("\0"), offset)
            return decoded
    decoded = [_checked(name, limits, offset(index)) for index, name in enumerate(names)]
    _check_clashes(decoded, [_folded(name) for name in decoded], offset)
    return decoded


def fault(name: str) -> str:
    """What is wrong with the name of a member, as a sentence; empty if nothing is."""
    found = _INVISIBLE.search(name)
    if found:
        return f"the name has the invisible character U+{ord(found[0]):04X}"
    if "\\" in name:
        return "the name has a backslash, which separates folders on Windows"
    if ":" in name:
        return "the name has a colon, which stands for a drive or an alternate stream on Windows"
    if name.startswith("/"):
        return "the name is absolute"
    for part in name.removesuffix("/").split("/"):
        if problem := _fault_of_part(part):
            return problem
    return ""


def _fault_of_part(part: str) -> str:
    """What is wrong with one part of a path."""
    if part == "":
        return "the name has an empty part"
    if part in {".", ".."}:
        return f"the name has the part {part!r}, which leads elsewhere"
    if part[-1] in ". ":
        return f"the part {part!r} ends in a dot or a space, which Windows drops"
    if _RESERVED.fullmatch(part):
        return f"the part {part!r} is the name of a device on Windows"
    if len(part.encode()) > _LONGEST_PART:
        return f"a part of the name has {len(part.encode())} bytes; file systems take {_LONGEST_PART}"
    return ""


def _all_plain(joined: bytes, names: list[str], length: int) -> bool:
    """Whether names in ASCII, which `joined` holds with a NUL between, are all right beyond doubt.

    It looks at every different part once, and has no doubts about names that are no longer than `length`.
    """
    if len(joined.translate(None, _STRANGE)) != len(joined) or max(map(len, names)) > length:
        return False
    if joined.startswith(b"/") or b"\0/" in joined:
        return False
    split = [name.removesuffix("/").rpartition("/") for name in names]
    parts = {part for folder in {folder for folder, slash, _ in split if slash} for part in folder.split("/")}
    parts.update([file for _, _, file in split])
    return not any(
        _fault_of_part(part) for part in parts if part[-1:] in _DOUBTFUL_ENDS or part[:3].lower() in _DOUBTFUL_STARTS
    )


def _checked(name: bytes, limits: Limits, offset: int | None) -> str:
    """One name as text."""
    where = Where(member=name[:100].decode("utf-8", errors="backslashreplace"), offset=offset)
    if len(name) > limits.name_length:
        raise limits.exceeded("name_length", f"the name has {len(name):,} bytes", where)
    depth = name.count(b"/")
    if depth > limits.depth:
        raise limits.exceeded("depth", f"the name leads through {depth:,} folders", where)
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WheelError(
            f"the name is not UTF-8: byte {name[error.start]:#04x} at {error.start}", where=where
        ) from None
    if problem := fault(text):
        raise WheelError(problem, where=Where(member=text, offset=offset))
    return text


def _folded(name: str) -> str:
    """What a file system that ignores case and the composition of characters makes of a name.

    Slashes become the lowest character there is, and one more ends the name: so in sorted order a file stands
    right before what would lie inside it if it were a folder, and the two begin alike.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    return folded.replace("/", "\1") + "\1"


def _check_clashes(names: Sequence[str], folded: list[str], offset: Callable[[int], int | None]) -> None:
    """Refuse two members that would be one file, and a file that another member needs as a folder."""
    order = sorted(folded)
    if not any(map(str.startswith, order[1:], order)):
        return
    one, other = next(pair for pair in pairwise(order) if pair[1].startswith(pair[0]))
    places = [index for index, key in enumerate(folded) if key in {one, other}]
    first, second = places[0], places[1]
    where = Where(member=names[second], offset=offset(second))
    if names[first] == names[second]:
        raise WheelError(f"two members are called {names[first]!r}", where=where)
    if one == other:
        raise WheelError(f"{names[first]!r} is the same file where case or composition don't count", where=where)
    raise WheelError(
        f"{names[first]!r} and {names[second]!r} can't both be: one is a file where the other needs a folder",
        where=where,
    )
