"""The same edit by delvewheel, which does it in Python too: the names agree, and both results load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.elf.toolchains import call
from tests.pe.checker import complaints, differences, meaning
from tests.pe.family import LONG, edited, lay_out
from tests.pe.published import PARSED, asked, files_of, new_names
from tests.pe.reader import Reading
from tests.pe.toolchains import ANSWER, AY, BEE, PLUG, Case, build, case
from tests.pe.wine import Wine
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe


def by_delvewheel(data: bytes, wanted: PeChanges, scratch: Path) -> bytes:
    """The file as ``delvewheel replace-needed`` leaves it."""
    if not wanted.dlls:
        return data
    path = scratch / "edited.dll"
    path.write_bytes(data)
    pairs = [word for old, new in wanted.dlls.items() for word in ("-change", old, new)]
    call([sys.executable, "-m", "delvewheel", "replace-needed", *pairs, path])
    return path.read_bytes()


@pytest.mark.parametrize(
    "wanted",
    [
        case("bfd", "symbols"),
        case("lld"),
        case("lld", "checksum", "delayed", "restricted"),
        case("lld", "signed"),
        case("zig", "checksum", "signed"),
    ],
    ids=str,
)
def test_the_same_edit(wanted: Case, wine: Wine, builds: Path, tmp_path: Path) -> None:
    built = build(wanted, builds)
    data = (built / AY).read_bytes()
    asked_for = PeChanges({BEE: LONG[BEE]}, search_freely=True)
    theirs, ours = by_delvewheel(data, asked_for, tmp_path), edited(data, asked_for, (Room.PADDING,))
    assert complaints(theirs) == complaints(ours) == []
    assert meaning(theirs) == meaning(ours)
    assert meaning(ours)[1] == [(kind, LONG[BEE] if name == BEE else name) for kind, name in meaning(data)[1]]
    for result in (theirs, ours):
        assert (Reading(result).certificate, Reading(result).load_flags) == ((0, 0), 0)
    folder = lay_out(built, tmp_path / "theirs", LONG, by=lambda old, what: by_delvewheel(old, what, tmp_path))
    first = [folder / LONG[BEE]] if "delayed" in wanted.traits else []
    (loaded,) = wine.load(folder / PLUG, function="answer", first=first)
    assert loaded.answer == ANSWER
    if wanted.linker == "lld":
        assert theirs == ours  # to the last byte: it looks for room in the same order there


def test_a_section_where_there_is_no_padding(corpus: Corpus, tmp_path: Path) -> None:
    """The largest module of numpy for 32 bits has 10 bytes left; both tools add one section and change nothing else."""
    files = files_of(PARSED[0], corpus)
    names = new_names(files, Room.SECTION)
    path = "numpy/_core/_multiarray_umath.cp312-win32.pyd"
    old, wanted = files[path], asked(path, files[path], names)
    patch = edit_pe(old, wanted)
    theirs, ours = by_delvewheel(old, wanted, tmp_path), bytes(patch.applied(old))
    assert patch.way == Room.SECTION.value
    assert complaints(theirs) == complaints(ours) == []
    assert differences(old, theirs) == differences(old, ours)
    assert [len(Reading(data).sections) for data in (old, theirs, ours)] == [4, 5, 5]
    assert meaning(theirs, everything=False)[1] == meaning(ours, everything=False)[1]
