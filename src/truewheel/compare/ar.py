"""Two static libraries, member by member: ``.a`` of GNU, BSD and LLVM, and ``.lib``.

Source: ``<ar.h>``; GNU's table of long names (``//``), BSD's names before the contents (``#1/``), and the tables of
symbols (``/``, ``/SYM64/``, ``__.SYMDEF``), which follow from the members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Final, NamedTuple

from truewheel.compare.context import Comparer, Pair
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_parts import changed, existing
from truewheel.compare.native_spread import spread
from truewheel.compare.reasons import BUILD_TIME, HOST, LINK_ORDER, UMASK
from truewheel.errors import BinaryError

MAGIC: Final = b"!<arch>\n"
_HEADER = 60
_LONGEST_NAME = 4096
_SHARING = 16
"""How many times the archive's size its names may have together: they can overlap."""
_MOST_MEMBERS = 100_000
_SYMBOLS = ("/", "/SYM64/", "/<ECSYMBOLS>/", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64", "__.SYMDEF_64 SORTED")
_NAMES = "//"
_FACTS = (("the time", BUILD_TIME), ("the user's number", HOST), ("the group's number", HOST), ("the mode", UMASK))


class Member(NamedTuple):
    """A member: its name, its facts (time in seconds, user, group, and the mode in octal), and its contents."""

    name: str
    facts: tuple[str, str, str, str]
    data: memoryview


def compare_ar(pair: Pair, inner: Comparer) -> tuple[Difference, ...]:
    """In what two archives differ; `inner` compares their members. Raises `BinaryError` for damaged ones."""
    ones, others = (dict(_numbered(members(side))) for side in (pair.left, pair.right))
    found = [*_order(ones, others), *_headers(ones, others)]
    for name in dict.fromkeys((*ones, *others)):
        one, other = ones.get(name), others.get(name)
        if one is None or other is None:
            kind, side = (Kind.ONLY_LEFT, "left") if one else (Kind.ONLY_RIGHT, "right")
            size = len((one or other or _NOTHING).data)
            found.append(Difference(name, kind, f"only on the {side}: {size:,} bytes"))
        else:
            found += _contents(pair, name, one, other, inner)
    return tuple(found)


_NOTHING = Member("", ("", "", "", ""), memoryview(b""))


def members(data: bytes) -> tuple[Member, ...]:
    """The members of an archive, but for its table of names. Raises `BinaryError`."""
    found: list[Member] = []
    names = b""
    at = len(MAGIC)
    room = _SHARING * len(data)
    while at < len(data):
        if len(found) > _MOST_MEMBERS or room < 0:
            raise BinaryError(f"the archive has more than {_MOST_MEMBERS:,} members, or names without an end")
        head = data[at : at + _HEADER]
        if head[58:] != b"`\n":
            raise BinaryError("the header of a member of the archive doesn't end as it should")
        size = _number(head[48:58])
        start = at + _HEADER
        if start + size > len(data):
            raise BinaryError("a member of the archive is cut off")
        title, skip = _title(head[:16], names, data[start : start + min(size, _LONGEST_NAME)])
        room -= len(title)
        if title == _NAMES:
            names = data[start : start + size]
        else:
            fields = (head[16:28], head[28:34], head[34:40], head[40:48])
            time, user, group, mode = (text.decode("ascii", "replace").strip() for text in fields)
            found.append(Member(title, (time, user, group, mode), memoryview(data)[start + skip : start + size]))
        at = start + size + size % 2
    return tuple(found)


def _number(text: bytes) -> int:
    digits = text.rstrip(b" ")
    if not digits.isdigit():
        raise BinaryError("a number in the header of a member of the archive is none")
    return int(digits)


def _title(raw: bytes, names: bytes, head: bytes) -> tuple[str, int]:
    """The name of a member, and how many bytes of it stand before its contents."""
    text = raw.rstrip(b" ")
    skip = 0
    if text.startswith(b"#1/"):
        skip = _number(text[3:])
        if skip > len(head):
            raise BinaryError("the name of a member of the archive is longer than the member")
        text = head[:skip].rstrip(b"\0")
    elif text[:1] == b"/" and text[1:].isdigit():
        place = int(text[1:])
        text = names[place : place + _LONGEST_NAME].partition(b"\n")[0].partition(b"\0")[0].removesuffix(b"/")
    elif text not in (b"/", b"//", b"/SYM64/", b"/<ECSYMBOLS>/"):
        text = text.removesuffix(b"/")
    return text.decode("utf-8", "backslashreplace"), skip


def _numbered(found: Iterable[Member]) -> Iterator[tuple[str, Member]]:
    """Members by names that are each there once: the second of a name says that it is."""
    counts: dict[str, int] = {}
    for member in found:
        counts[member.name] = number = counts.get(member.name, 0) + 1
        yield (member.name if number == 1 else f"{member.name} ({number})"), member


def _order(left: dict[str, Member], right: dict[str, Member]) -> Iterator[Difference]:
    ones, others = [name for name in left if name in right], [name for name in right if name in left]
    if ones != others:
        one, other = next(pair for pair in zip(ones, others, strict=True) if pair[0] != pair[1])
        cause = Cause(LINK_ORDER, f"{one} stands on the left where {other} stands on the right")
        yield Difference("order", Kind.STORAGE, "the members stand in another order", causes=(cause,))


def _headers(left: dict[str, Member], right: dict[str, Member]) -> Iterator[Difference]:
    """What the headers of members say: told once for all members, with the first as the example."""
    both = [(name, left[name].facts, right[name].facts) for name in left if name in right]
    for number, (what, reason) in enumerate(_FACTS):
        unlike = [(name, one[number], other[number]) for name, one, other in both if one[number] != other[number]]
        if unlike:
            name, *sides = unlike[0]
            one, other = (_time(side) if reason is BUILD_TIME else side for side in sides)
            cause = Cause(reason, f"of {name}: {one} on the left, {other} on the right")
            summary = f"{what} of {len(unlike):,} member{'s' if len(unlike) > 1 else ''} differs"
            yield Difference("headers", Kind.STORAGE, summary, one, other, causes=(cause,))


def _time(seconds: str) -> str:
    """A time stamp as UTC."""
    if not seconds.isdigit() or int(seconds) >= 1 << 33:
        return seconds
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _contents(pair: Pair, name: str, left: Member, right: Member, inner: Comparer) -> tuple[Difference, ...]:
    if spread(left.data, right.data) is None:
        return ()
    if left.name in _SYMBOLS:
        summary = "the table of symbols differs: it follows from the members"
        return (Difference("symbols", Kind.CONTENT, summary, follows=True),)
    inside = inner(Pair(f"{pair.name}!/{name}", bytes(left.data), bytes(right.data), pair.depth + 1))
    if inside:
        return (Difference(name, Kind.CONTENT, "the object differs", inside=inside),)
    return existing([changed(name, left.data, right.data)])
