"""What of Windows' loader Wine has, so that one knows what a DLL that it loads proves; and what it hasn't.

Source: Microsoft's "Dynamic-link library search order", LoadLibraryExW, AddDllDirectory.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pe.toolchains import ANSWER, AY, BEE, PLUG, build, case
from tests.pe.wine import BAD_FORMAT, BAD_PATH, DELAYED_NOT_FOUND, NOT_FOUND, Wine, windows_path


@pytest.fixture
def family(builds: Path, tmp_path: Path) -> Path:
    """The three DLLs, each in a folder of its own."""
    for name in (BEE, AY, PLUG):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        shutil.copy(build(case("lld"), builds) / name, folder)
    return tmp_path


def beside(family: Path, *names: str) -> Path:
    """The plug, with more DLLs in its folder."""
    for name in names:
        shutil.copy(family / name.partition(".")[0] / name, family / "plug")
    return family / "plug" / PLUG


def test_the_folder_of_the_module_is_searched_for_all_that_it_needs(wine: Wine, family: Path) -> None:
    plug = beside(family, AY, BEE)
    (loaded,) = wine.load(plug, function="answer")
    assert (loaded.error, loaded.answer) == (0, ANSWER)
    assert loaded.modules == tuple(plug.with_name(name) for name in (PLUG, AY, BEE))
    bare = wine.run("bare", windows_path(plug))
    assert bare == [("error", str(NOT_FOUND))]  # without the flag that says so


def test_a_dll_that_is_needed_by_one_that_is_needed_fails_the_module(wine: Wine, family: Path) -> None:
    (loaded,) = wine.load(beside(family, AY), function="answer")
    assert (loaded.error, loaded.answer, loaded.modules) == (NOT_FOUND, None, ())


def test_folders_that_were_added_are_searched_behind_that_of_the_module(wine: Wine, family: Path) -> None:
    plug, folders = family / "plug" / PLUG, (family / "libay", family / "libbee")
    (alone,), (one,), (both,) = (wine.load(plug, folders=folders[:count]) for count in range(3))
    assert (alone.error, one.error, both.error) == (NOT_FOUND, NOT_FOUND, 0)
    assert both.modules == (plug, folders[0] / AY, folders[1] / BEE)
    # The folder is the module's, not that of the DLL which needs the next one; and it comes first.
    shutil.copy(folders[1] / BEE, folders[0])
    beside(family, BEE)
    (again,) = wine.load(plug, folders=folders)
    assert again.modules == (plug, folders[0] / AY, plug.with_name(BEE))


def test_neither_the_working_directory_nor_the_path_is_searched(wine: Wine, family: Path) -> None:
    plug = windows_path(family / "plug" / PLUG)
    shutil.copy(family / "libbee" / BEE, family / "libay")
    for how, error in (("load", NOT_FOUND), ("plain", 0)):  # the search of old finds it
        assert wine.run(how, plug, where=family / "libay") == [("error", str(error))]
        assert wine.run(how, plug, search_path=[family / "libay"]) == [("error", str(error))]


def test_a_name_that_is_loaded_already_is_not_looked_for(wine: Wine, family: Path) -> None:
    plug, first = family / "plug" / PLUG, (family / "libbee" / BEE, family / "libay" / AY)
    (loaded,) = wine.load(plug, function="answer", first=first)
    assert (loaded.answer, loaded.modules) == (ANSWER, (*first, plug))


def test_names_have_no_case(wine: Wine, family: Path) -> None:
    plug = beside(family, AY, BEE)
    plug.with_name(BEE).rename(plug.with_name(BEE.upper()))
    (loaded,) = wine.load(plug, function="answer")
    assert loaded.answer == ANSWER


def test_a_dll_in_its_place_comes_before_one_of_wine(wine: Wine, family: Path) -> None:
    for name in ("version.dll", "msvcp140.dll", "vcruntime140.dll"):  # of Windows, of nobody here, of Python
        own = family / name
        shutil.copy(family / "libbee" / BEE, own)
        (loaded,) = wine.load(own, function="bee")
        assert (loaded.answer, loaded.modules) == (40, (own,))


def test_what_windows_and_python_bring_is_there_and_no_more(wine: Wine) -> None:
    for name in ("kernel32.dll", "ucrtbase.dll", "api-ms-win-crt-runtime-l1-1-0.dll", "vcruntime140_1.dll"):
        assert wine.run("bare", name) == [("error", "0")]
    for name in ("msvcp140.dll", "concrt140.dll", "vcomp140.dll", "mfc140u.dll", "python312.dll"):
        assert wine.run("bare", name) == [("error", str(NOT_FOUND))]


def test_errors_are_those_of_windows(wine: Wine, family: Path) -> None:
    text = family / "text.dll"
    text.write_text("no DLL\n" * 100, encoding="ascii")
    missing, wrong = wine.load(family / "missing.dll", text)
    assert (missing.error, wrong.error) == (NOT_FOUND, BAD_FORMAT)
    assert wine.run("load", f"libbee\\{BEE}", where=family) == [("error", str(BAD_PATH))]


def test_a_delayed_dll_is_looked_for_late_and_in_the_old_way(wine: Wine, builds: Path) -> None:
    """Neither the folder of the module nor one that was added is searched: it must be loaded by then."""
    folder = build(case("lld", "delayed"), builds)
    (lost,) = wine.load(folder / PLUG, function="answer", folders=[folder])
    assert (lost.error, lost.answer, lost.exception) == (0, None, DELAYED_NOT_FOUND)
    (found,) = wine.load(folder / PLUG, function="answer", first=[folder / BEE])
    assert found.answer == ANSWER


def test_what_wine_does_not_look_at(wine: Wine, builds: Path, tmp_path: Path) -> None:
    """On Windows the first two would fail. When Wine learns it, more can be proven here."""
    restricted = build(case("lld", "restricted"), builds)  # DependentLoadFlags: the system's folder alone
    short = tmp_path / BEE
    short.write_bytes((build(case("lld"), builds) / BEE).read_bytes()[:-1])
    wrong = tmp_path / "checksum.dll"
    data = bytearray((build(case("lld", "checksum"), builds) / BEE).read_bytes())
    data[int.from_bytes(data[0x3C:0x40], "little") + 24 + 64] ^= 1
    wrong.write_bytes(data)
    assert [loaded.error for loaded in wine.load(restricted / PLUG, short, wrong)] == [0, 0, 0]
