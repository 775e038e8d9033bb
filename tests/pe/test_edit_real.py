"""Real DLLs and extension modules out of published wheels: edited in every way, read by others, loaded under Wine.

The seven wheels for x86_64 have 221 files, and with stubs of Python 214 of them load under Wine 8 (of scipy's 107, 17
are loaded here). The others can't be loaded on a bare Windows either: they need MFC, Microsoft's C++ runtime or
OpenMP, which their wheels don't bring, and axdebug.pyd needs axscript.pyd of another folder. They fail in the same way
after the edit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.pe.checker import complaints, meaning
from tests.pe.expectations import assert_only, wanted
from tests.pe.family import edited
from tests.pe.published import (
    PARSED,
    PYTHON,
    SUBJECTS,
    Layout,
    Subject,
    asked,
    files_of,
    lay_out,
    new_names,
    takes_part,
)
from tests.pe.reader import Reading
from tests.pe.stubs import imported, stub
from tests.pe.wine import NOT_FOUND, Wine
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe
from truewheel.errors import BinaryError


@pytest.mark.parametrize("room", Room)
@pytest.mark.parametrize("subject", [*SUBJECTS, *PARSED], ids=str)
def test_nothing_but_the_names_differs(subject: Subject, room: Room, corpus: Corpus) -> None:
    files = files_of(subject, corpus)
    names = new_names(files, room)
    for path, old in files.items():
        changes = asked(path, old, names)
        if room is Room.PADDING and not padded(old, changes):
            with pytest.raises(BinaryError, match="no room"):
                edit_pe(old, changes, (room,))
            continue
        new = edited(old, changes, (room,))
        if not changes.dlls and not changes.export_name:
            assert new == old
            continue
        assert_only(changes, room, old, new)
        assert complaints(new) == complaints(old) == []
        if not takes_part(subject, path, old):
            continue  # enough of scipy is read by pefile, which takes its time
        (before, said), (after, says) = meaning(old, everything=False), meaning(new, everything=False)
        assert before == after
        assert says == [(kind, wanted(changes, kind, dll) or dll) for kind, dll in said]


def padded(data: bytes, changes: PeChanges) -> bool:
    """Whether there is padding for the names, in sections that are only data, stay in memory, and end nowhere else."""
    usual = (
        s for s in Reading(data).sections if s.name in {".rdata", ".data", ".idata", ".edata", ".didat", ".didata"}
    )
    free = [s.size - s.used for s in usual if s.flags & 0x62000060 == 0x40000040]
    sizes = [len(name) + 1 for name in (*changes.dlls.values(), *filter(None, [changes.export_name]))]
    return sum(sizes) <= sum(free) and max(sizes, default=0) <= max(free, default=0)


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """A folder that is gone afterwards: these are large."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("room", Room)
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_they_load_as_before(subject: Subject, room: Room, corpus: Corpus, wine: Wine, tmp_path: Path) -> None:
    files = {path: data for path, data in files_of(subject, corpus).items() if takes_part(subject, path, data)}
    names = new_names(files, room)
    symbols = {dll: found for dll, found in imported(files.values(), PYTHON).items() if found}
    with emptied(tmp_path):
        pythons = [stub(dll, found, tmp_path / "python") for dll, found in symbols.items()]
        renamed = [stub(names[dll], found, tmp_path / "python") for dll, found in symbols.items()]
        old = Layout(subject, files, lay_out(files, tmp_path / "old", {}), {})
        rooms = (room, Room.SECTION) if room is Room.PADDING else (room,)  # some have no padding that is free
        new = Layout(subject, files, lay_out(files, tmp_path / "new", names, edit=rooms), names)
        before = old.loaded(wine, pythons)
        assert sorted(path.rpartition("/")[2] for path, (error, _) in before.items() if error) == sorted(subject.lost)
        assert {error for error, _ in before.values()} <= {0, NOT_FOUND}
        assert before == new.loaded(wine, renamed)


def test_they_do_not_load_when_nobody_was_told(corpus: Corpus, wine: Wine, tmp_path: Path) -> None:
    """The DLLs of the wheel have new names, as above; the files that import them haven't been edited."""
    (subject,) = (subject for subject in SUBJECTS if subject.wheel.startswith("h5py"))
    files = files_of(subject, corpus)
    names = new_names(files, Room.SECTION)
    ((dll, symbols),) = ((dll, found) for dll, found in imported(files.values(), PYTHON).items() if found)
    lost = Layout(subject, files, lay_out(files, tmp_path, names), names)
    errors = [error for error, _ in lost.loaded(wine, [stub(dll, symbols, tmp_path / "python")]).values()]
    assert (errors.count(NOT_FOUND), errors.count(0)) == (10, 18)  # hdf5.dll needs z.dll, and nine need it


@pytest.mark.parametrize("room", Room)
def test_what_microsoft_signed(room: Room, corpus: Corpus, wine: Wine, tmp_path: Path) -> None:
    """The runtime that delvewheel put into numpy: signed, with a checksum and control-flow guard."""
    (subject,) = (subject for subject in SUBJECTS if subject.wheel.startswith("numpy"))
    (old,) = (data for path, data in files_of(subject, corpus).items() if "/msvcp140-" in path)
    reading = Reading(old)
    assert (reading.certificate[1] > 4096, bool(reading.optional["CheckSum"])) == (True, True)
    changes = PeChanges({}, export_name="MSVCP14X.dll" if room is Room.PLACE else "msvcp140-0123456789abcdef.dll")
    if room is Room.PADDING and not padded(old, changes):
        room = Room.SECTION
    new = edited(old, changes, (room,))
    assert_only(changes, room, old, new)
    assert complaints(old) == complaints(new) == []
    paths = [tmp_path / "old.dll", tmp_path / "new.dll"]
    for path, data in zip(paths, (old, new), strict=True):
        path.write_bytes(data)
    assert [loaded.error for loaded in wine.load(*paths)] == [0, 0]
