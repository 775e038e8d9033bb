"""What a published zip holds that no rebuild can vouch for, and that is therefore never transplanted.

Times, modes, the order of members and the like are taken over as they are: they have few values, and none of them has a
meaning for what is installed. Whatever could carry more is taken over only where the rebuild has the same. The strict
reader has refused the rest before: comments, bytes before, between and behind the records, links and devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from truewheel.findings import shortened
from truewheel.verdict.members import SPECIAL_BITS
from truewheel.verdict.zips import Archive, Record
from truewheel.wheel.zipformat import ZIP64_EXTRA, extra_fields

_EXAMPLES: Final = 3
_PLAIN_ATTRIBUTES: Final = 0xA1
"""The DOS attributes that say nothing: read only, archive, normal (FILE_ATTRIBUTE_* of Windows)."""
_FOLDER_ATTRIBUTE: Final = 0x10
_TEXT: Final = 0x0001
"""The bit of the internal attributes that says "apparently text" (APPNOTE 4.4.14.1)."""
_LATEST_VERSION: Final = 63
"""The newest version of the format, 6.3 (APPNOTE 4.4.3.2)."""
_LAST_SYSTEM: Final = 19
"""Darwin, the last host that has a number (APPNOTE 4.4.2.2)."""
_UT, _UX, _OLD_UNIX, _OLD_UX = 0x5455, 0x7875, 0x5855, 0x7855


class _Doubt(NamedTuple):
    """Something that isn't taken over: what is said of it, and which records have it beside those of the rebuild."""

    said: str
    holds: Callable[[Record, Record | None], bool]


def unvouched(published: Archive, rebuilt: Archive) -> tuple[str, ...]:
    """What keeps a transplant from being made, in sentences; none where nothing does."""
    found: list[str] = []
    for said, holds in _DOUBTS:
        names = [record.name for record in published.records if holds(record, rebuilt.by_name.get(record.name))]
        if names:
            shown = ", ".join(name.decode() for name in names[:_EXAMPLES])
            more = ", …" if len(names) > _EXAMPLES else ""
            found.append(f"{said}: {len(names):,} {'entry' if len(names) == 1 else 'entries'} ({shown}{more})")
    found += _of_folders(published, rebuilt)
    found += _of_end(published, rebuilt)
    return tuple(map(shortened, found))


def _of_folders(published: Archive, rebuilt: Archive) -> Iterator[str]:
    """Entries for folders in which there is nothing: installers may create these, and packages they are then."""
    inhabited = {parent for record in published.records if not record.is_folder for parent in _parents(record.name)}
    empty = [
        record.name
        for record in published.records
        if record.is_folder and record.name not in inhabited and record.name not in rebuilt.by_name
    ]
    if empty:
        shown = ", ".join(name.decode() for name in empty[:_EXAMPLES])
        more = ", …" if len(empty) > _EXAMPLES else ""
        yield f"the published zip has entries for empty folders that the rebuild hasn't: {shown}{more}"


def _parents(name: bytes) -> Iterator[bytes]:
    """The folders that a member lies in, each with its slash."""
    at = name.find(b"/")
    while at >= 0:
        yield name[: at + 1]
        at = name.find(b"/", at + 1)


def _of_end(published: Archive, rebuilt: Archive) -> Iterator[str]:
    mine, theirs = [
        (archive.end64.create_version, archive.end64.extract_version) if archive.end64 else None
        for archive in (published, rebuilt)
    ]
    if mine and mine != theirs and not (mine[0] & 0xFF <= _LATEST_VERSION and mine[0] >> 8 <= _LAST_SYSTEM):
        yield f"the published ZIP64 end record is made by the unknown version {mine[0]:#06x}"
    if mine and mine != theirs and mine[1] > _LATEST_VERSION:
        yield f"the published ZIP64 end record needs the unknown version {mine[1]:#06x}"


# --- entries -------------------------------------------------------------------------------------------------
def _extras(record: Record, partner: Record | None) -> bool:
    """Extra fields that are neither the rebuild's own nor such as hold nothing but times, owners or ZIP64's sizes."""
    sides = (
        (record.stored.local_extra, partner.stored.local_extra if partner else b"", _LOCAL_SHAPES),
        (record.stored.central_extra, partner.stored.central_extra if partner else b"", _CENTRAL_SHAPES),
    )
    for extra, other, shapes in sides:
        if extra == other:
            continue
        own = extra_fields(other) or ()
        seen = set[int]()
        for identity, payload in extra_fields(extra) or ():
            shape = shapes.get(identity)
            if identity in seen or ((identity, payload) not in own and not (shape and shape(payload))):
                return True
            seen.add(identity)
    return False


def _local_times(payload: bytes) -> bool:
    """Info-ZIP's extended timestamp: a byte of flags, and four for each of three times that these announce."""
    return bool(payload) and not payload[0] & ~7 and len(payload) == 1 + 4 * payload[0].bit_count()


def _central_times(payload: bytes) -> bool:
    """The same in the central directory, where of the times only the first may stand."""
    return bool(payload) and not payload[0] & ~7 and len(payload) == 1 + 4 * (payload[0] & 1)


def _owners(payload: bytes) -> bool:
    """Info-ZIP's new Unix field: version 1, and user and group as numbers of at most eight bytes."""
    if len(payload) < 2 or payload[0] != 1:
        return False
    user = payload[1]
    if len(payload) < 3 + user:
        return False
    group = payload[2 + user]
    return max(user, group) <= 8 and len(payload) == 3 + user + group


_LOCAL_SHAPES: Final[dict[int, Callable[[bytes], bool]]] = {
    ZIP64_EXTRA: lambda _: True,  # the reader has checked what it holds
    _UT: _local_times,
    _UX: _owners,
    _OLD_UNIX: lambda payload: len(payload) in {8, 12},
    _OLD_UX: lambda payload: len(payload) == 4,
}
_CENTRAL_SHAPES: Final[dict[int, Callable[[bytes], bool]]] = {
    ZIP64_EXTRA: lambda _: True,
    _UT: _central_times,
    _UX: lambda payload: not payload or _owners(payload),
    _OLD_UNIX: lambda payload: len(payload) == 8,
    _OLD_UX: lambda payload: not payload,
}
"""Known extra fields (Info-ZIP's extrafld.txt, APPNOTE 4.5.3 and 4.6) and whether a payload is as long as it says."""


def _internal(record: Record, partner: Record | None) -> bool:
    mine = record.stored.internal_attributes
    return bool(mine & ~_TEXT) and (partner is None or mine != partner.stored.internal_attributes)


def _special_bits(record: Record, partner: Record | None) -> bool:
    mine = record.stored.mode & SPECIAL_BITS
    return bool(mine) and (partner is None or mine != partner.stored.mode & SPECIAL_BITS)


def _dos_attributes(record: Record, partner: Record | None) -> bool:
    mine = record.stored.external_attributes & 0xFFFF
    plain = _PLAIN_ATTRIBUTES | (_FOLDER_ATTRIBUTE if record.is_folder else 0)
    return bool(mine & ~plain) and (partner is None or mine != partner.stored.external_attributes & 0xFFFF)


def _versions(record: Record, partner: Record | None) -> bool:
    mine = record.stored.create_version, record.stored.extract_version, record.stored.system
    if max(mine[:2]) <= _LATEST_VERSION and mine[2] <= _LAST_SYSTEM:
        return False
    return partner is None or mine != (
        partner.stored.create_version,
        partner.stored.extract_version,
        partner.stored.system,
    )


def _no_time(record: Record, partner: Record | None) -> bool:
    """A time that no clock shows, other than that of all zeros, which stands for none."""
    mine = record.stored.dos_date, record.stored.dos_time
    _, month, day, hour, minute, second = record.stored.time
    if mine == (0, 0) or (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return False
    return partner is None or mine != (partner.stored.dos_date, partner.stored.dos_time)


_DOUBTS: Final = (
    _Doubt("the published zip has extra fields that are unknown or not as they should be", _extras),
    _Doubt("the published zip has internal attributes that the rebuild hasn't", _internal),
    _Doubt("the published zip sets user-id, group-id or sticky bits that the rebuild doesn't", _special_bits),
    _Doubt("the published zip has DOS attributes that the rebuild hasn't", _dos_attributes),
    _Doubt("the published zip names a system or a version of the format that there isn't", _versions),
    _Doubt("the published zip has times that no clock shows", _no_time),
)
