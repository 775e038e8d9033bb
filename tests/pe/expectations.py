"""What an edit has to change in a file, in the words of `checker.differences`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.pe.checker import differences, padding_written
from tests.pe.reader import Reading
from truewheel.binary.pe_edit import PeChanges, Room

_ENDS = {"more", "less", "certificate"}


def assert_only(changes: PeChanges, room: Room, old: bytes, new: bytes) -> None:
    """That the new file differs from the old one as it must by an edit that found this room, and not otherwise."""
    was, now = Reading(old), Reading(new)
    names = [(kind, dll) for kind, dll, _ in was.names() if wanted(changes, kind, dll)]
    seen, due = differences(old, new), {*_headers(was, changes), *_tables(names, room), *_room(was, now, room)}
    assert seen - _ENDS == due, f"unexpected: {seen - _ENDS - due}; missing: {due - seen}"
    unsigned = was.certificate[0] if was.certificate[1] else len(old)
    assert now.certificate == (0, 0)
    if room is Room.SECTION:
        _check_section(was, now, unsigned, {wanted(changes, *name) for name in names})
    else:
        assert len(new) == unsigned
    texts = {wanted(changes, *name) for name in names}
    assert padding_written(old, new) == (texts if room is Room.PADDING else set())


def wanted(changes: PeChanges, kind: str, dll: str) -> str:
    """The new name of a DLL in a table, "" where it keeps the old one."""
    new = changes.export_name if kind == "export" else changes.dlls.get(dll.lower())
    return new if new and new != dll else ""


def _headers(was: Reading, changes: PeChanges) -> Iterator[str]:
    if was.optional["CheckSum"]:
        yield "CheckSum"
    if was.certificate[1]:
        yield "directory of certificate"
    if was.load_flags and changes.search_freely:
        yield "DependentLoadFlags"


def _tables(names: list[tuple[str, str]], room: Room) -> Iterator[str]:
    for kind, dll in names:
        if room is Room.PLACE:
            yield "name in the exports" if kind == "export" else f"name of {kind}"
        else:
            yield "exports: Name" if kind == "export" else f"{kind} {dll}: Name"


def _room(was: Reading, now: Reading, room: Room) -> Iterator[str]:
    if room is Room.SECTION:
        yield from ("gap behind the headers", "NumberOfSections", "SizeOfImage", "SizeOfInitializedData")
    elif room is Room.PADDING:
        for one, other in zip(was.sections, now.sections, strict=True):
            if one.virtual_size != other.virtual_size:
                yield from (f"{one.name}: VirtualSize", f"padding of {one.name}")


def _check_section(was: Reading, now: Reading, unsigned: int, texts: set[str]) -> None:
    """That one section was added behind all that there was, with the names in it and no more."""
    *kept, added = now.sections
    assert [(s.header, s.name, s.address) for s in kept] == [(s.header, s.name, s.address) for s in was.sections]
    assert (added.name, hex(added.flags)) == (".twheel", "0x40000040")
    assert now.optional["SizeOfInitializedData"] - was.optional["SizeOfInitializedData"] == added.size
    assert added.offset >= unsigned
    assert len(now.data) == added.offset + added.size
    assert not any(now.data[unsigned : added.offset])
    contents = now.data[added.offset :]
    assert {text.decode() for text in contents.split(b"\0") if text} == texts
    assert not any(contents[added.virtual_size :])
