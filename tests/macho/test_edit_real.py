"""The Mach-O files of published wheels, renamed as a repair would do it, and what others read in them afterwards."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.macho.checker import Intended, complaints, shortfall, strayed
from tests.macho.family import asked, edited, lacking
from tests.macho.layout import Part, parts
from tests.macho.oracles import Names, commands, disagreeing, edited_by_llvm, faults
from tests.macho.real import machos, wishes
from truewheel.binary.macho import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho, room_left
from truewheel.errors import BinaryError

WHEELS = {
    "cffi": "cffi-2.1.1-cp312-cp312-macosx_11_0_arm64.whl",
    "cryptography": "cryptography-48.0.1-cp311-abi3-macosx_10_9_universal2.whl",
    "greenlet": "greenlet-3.5.6-cp312-cp312-macosx_11_0_universal2.whl",
    "h5py-arm64": "h5py-3.16.0-cp312-cp312-macosx_11_0_arm64.whl",
    "h5py-x86_64": "h5py-3.16.0-cp312-cp312-macosx_10_13_x86_64.whl",
    "lightgbm": "lightgbm-4.7.0-py3-none-macosx_12_0_arm64.whl",
    "opencv": "opencv_python_headless-5.0.0.93-cp37-abi3-macosx_13_0_arm64.whl",
    "orjson": "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl",
    "pillow-arm64": "pillow-13.0.0-cp312-cp312-macosx_11_0_arm64.whl",
    "pillow-x86_64": "pillow-13.0.0-cp312-cp312-macosx_10_13_x86_64.whl",
    "psycopg2-arm64": "psycopg2_binary-2.9.13-cp312-cp312-macosx_11_0_arm64.whl",
    "psycopg2-x86_64": "psycopg2_binary-2.9.13-cp312-cp312-macosx_10_13_x86_64.whl",
    "pydantic_core": "pydantic_core-2.50.4-cp312-cp312-macosx_11_0_arm64.whl",
    "pyzmq": "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
    "scipy": "scipy-1.18.1-cp312-cp312-macosx_12_0_arm64.whl",
    "shapely": "shapely-2.2.0-cp312-cp312-macosx_11_0_arm64.whl",
}
RUFF = "ruff-0.17.6-py3-none-macosx_11_0_arm64.whl"
LARGE = {"cryptography", "lightgbm", "opencv", "scipy"}
"""Those that LLVM, LIEF and macholib aren't asked about, or only about some of their files: that takes long."""


def assert_sound(data: bytes, intended: dict[str, Intended]) -> bytes | None:
    """The edited file; None where it has no room, and the error says how much lacks."""
    lack = lacking(data, intended)
    changes = asked(intended).slices
    foretold = [
        room_left(part, changes.get(part.arch, SliceChanges()), signs=False) for part in read_macho(data).slices
    ]
    assert min(foretold) == -lack
    if lack > 0:
        with pytest.raises(BinaryError, match=rf"\b{lack} bytes lack"):
            edit_macho(data, asked(intended))
        return None
    after = edited(data, intended)
    assert complaints(after) == []
    assert strayed(data, after, intended) == []
    assert len(after) == len(data)
    assert not edit_macho(after, asked(intended, sign=True))
    return after


@pytest.mark.parametrize("name", WHEELS)
def test_every_file_of_a_wheel_stays_sound(name: str, corpus: Corpus) -> None:
    done = 0
    for data in machos(corpus(WHEELS[name])).values():
        assert not edit_macho(data, MachChanges(sign=True)), "its signature fits"
        for much in (False, True):
            done += assert_sound(data, {part.arch: wishes(part, much=much) for part in parts(data)}) is not None
    assert done


@pytest.mark.parametrize("name", [name for name in WHEELS if name not in LARGE])
def test_others_read_what_was_asked(name: str, corpus: Corpus, tmp_path: Path) -> None:
    files = sorted(machos(corpus(WHEELS[name])).items(), key=lambda item: len(item[1]))
    for member, data in files[:: max(1, len(files) // 5)]:
        intended = {part.arch: wishes(part) for part in parts(data)}
        after = assert_sound(data, intended)
        if after is None:
            continue
        source, target = tmp_path / "source", tmp_path / Path(member).name
        source.write_bytes(data)
        target.write_bytes(after)
        expected = {part.arch: _meant(part, intended[part.arch]) for part in parts(data)}
        assert disagreeing(target, expected) == {}, member
        assert faults(target, tmp_path) == [], member
        if len(intended) == 1:
            assert commands(after) == commands(edited_by_llvm(source, intended, tmp_path / "by-llvm")), member


def _meant(part: Part, intended: Intended) -> Names:
    return Names(
        tuple(intended.dylibs.get(name, name) for name in part.dylibs),
        (part.install_name or "") if intended.install_name is None else intended.install_name,
        tuple(part.rpaths) if intended.rpaths is None else intended.rpaths,
    )


@pytest.mark.parametrize("name", ["cffi", "greenlet", "orjson", "pillow-arm64", "pillow-x86_64", "psycopg2-x86_64"])
def test_the_last_free_byte_is_taken_and_no_more(name: str, corpus: Corpus) -> None:
    tight = 0
    for data in machos(corpus(WHEELS[name])).values():
        for part in parts(data):
            tight += part.room < 128

            def change(size: int, part: Part = part) -> dict[str, Intended]:
                return {part.arch: Intended(rpaths=(*part.rpaths, "r" * size))}

            longest = bisect_right(range(1, 4097), 0, key=lambda size: shortfall(part, change(size)[part.arch]))
            if not longest:
                assert part.room < 16
                continue
            full = assert_sound(data, change(longest))
            assert full is not None
            if longest < 4096:
                assert next(each for each in parts(full) if each.arch == part.arch).room < 8
                assert assert_sound(data, change(longest + 1)) is None
    assert tight


def test_a_program_signed_by_its_maker(corpus: Corpus, tmp_path: Path) -> None:
    (data,) = machos(corpus(RUFF)).values()
    assert complaints(data) == []
    intended = {"arm64": Intended(rpaths=("@executable_path/../lib",))}
    with pytest.raises(BinaryError, match="identity"):
        edit_macho(data, asked(intended))
    after = edited(data, intended, resign=True)
    assert complaints(after) == []
    assert strayed(data, after, intended) == []
    was, now = parts(data)[0].signature, parts(after)[0].signature
    assert was
    assert now
    assert (now.main.flags, now.main.identifier) == (0x20002, was.main.identifier)
    (tmp_path / "ruff").write_bytes(after)
    assert faults(tmp_path / "ruff", tmp_path) == []
