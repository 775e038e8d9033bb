"""Edited libraries, bundles and programs of two linkers, thin and fat, beside what LLVM makes of the same edit."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest

from tests.macho.checker import Intended, complaints, strayed
from tests.macho.family import WANTED, asked, edited, for_all, lacking
from tests.macho.layout import parts
from tests.macho.oracles import Names, by_checker, by_objdump, commands, disagreeing, edited_by_llvm, faults
from tests.macho.toolchains import AY, BEE, CASES, PAIRS, PROGRAM, Case, build, builds, fat, link, link_by_zig
from truewheel.binary.macho import read_macho
from truewheel.binary.macho_edit import edit_macho, room_left
from truewheel.errors import BinaryError

FILES = [(case, name) for case in CASES for name in case.files]
FAT_FILES = [(case, name) for case in PAIRS for name in case.files]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the linkers are."""
    return builds(tmp_path_factory)


def named(case: Case, name: str) -> str:
    """The id of a test."""
    return f"{case}-{name}"


def meant(intended: Intended, was: Names) -> Names:
    """The names afterwards."""
    return Names(
        tuple(intended.dylibs.get(name, name) for name in was.dylibs),
        was.install_name if intended.install_name is None else intended.install_name,
        was.rpaths if intended.rpaths is None else intended.rpaths,
    )


def assert_done(path: Path, intended: dict[str, Intended]) -> bytes:
    """The edited file, in which nothing else has changed."""
    before = path.read_bytes()
    after = edited(before, intended)
    assert complaints(after) == []
    assert strayed(before, after, intended) == []
    assert len(after) == len(before)
    assert not edit_macho(after, asked(intended))
    return after


def assert_told(path: Path, intended: dict[str, Intended], folder: Path) -> bytes:
    """The edited file, of which every oracle says what was asked for."""
    after = assert_done(path, intended)
    target = folder / f"edited-{path.name}"
    target.write_bytes(after)
    expected = {arch: meant(intended[arch], was) for arch, was in by_checker(path.read_bytes()).items()}
    assert disagreeing(target, expected) == {}
    assert faults(target, folder) == []
    return after


def assert_refused(data: bytes, intended: dict[str, Intended], lack: int) -> None:
    """The error says how many bytes lack."""
    with pytest.raises(BinaryError, match=rf"\b{lack}\b"):
        edit_macho(data, asked(intended))


@pytest.mark.parametrize(("case", "name"), FILES, ids=[named(*file) for file in FILES])
def test_what_was_asked_is_there_and_nothing_else_changed(case: Case, name: str, root: Path, tmp_path: Path) -> None:
    path = build(case, root) / name
    data = path.read_bytes()
    intended = for_all(data, WANTED[name])
    lack = lacking(data, intended)
    if lack > 0:
        assert case.pad in {"", "0x40"}
        assert_refused(data, intended, lack)
        return
    after = assert_told(path, intended, tmp_path)
    by_llvm = edited_by_llvm(path, intended, tmp_path / name)
    assert commands(after) == commands(by_llvm)


@pytest.mark.parametrize(("case", "name"), FAT_FILES, ids=[named(*file) for file in FAT_FILES])
def test_fat_files(case: Case, name: str, root: Path, tmp_path: Path) -> None:
    path = fat(case, name, root)
    data = path.read_bytes()
    intended = for_all(data, WANTED[name])
    lack = lacking(data, intended)
    if lack > 0:
        assert case.pad == ""
        assert_refused(data, intended, lack)
    else:
        after = assert_told(path, intended, tmp_path)
        assert commands(after) == commands(edited_by_llvm(path, intended, tmp_path / name))
    only = {"arm64": Intended(rpaths=()), "x86_64": Intended()}
    assert_done(path, only)


def test_most_files_have_room_and_some_have_none(root: Path) -> None:
    """So that both are tried above."""
    found = [(name, (build(case, root) / name).read_bytes()) for case, name in FILES]
    lacks = [lacking(data, for_all(data, WANTED[name])) for name, data in found]
    assert sum(lack <= 0 for lack in lacks) > 2 * len(lacks) // 3
    assert sum(lack > 0 for lack in lacks) >= 2


@pytest.mark.parametrize("what", ["dylib", "install_name", "rpath", "new_rpath"])
@pytest.mark.parametrize("case", [case for case in CASES if case.linker == "lld" or case.pad], ids=str)
def test_the_longest_name_fits_and_one_byte_more_is_refused(case: Case, what: str, root: Path) -> None:
    path = build(case, root) / AY
    data = path.read_bytes()
    (part,) = parts(data)

    def change(name: str) -> dict[str, Intended]:
        if what == "dylib":
            return {case.arch: Intended({f"@rpath/{BEE}": name})}
        if what == "install_name":
            return {case.arch: Intended(install_name=name)}
        return {case.arch: Intended(rpaths=(name,) if what == "rpath" else (*part.rpaths, name))}

    longest = bisect_right(range(1, 4000), 0, key=lambda size: lacking(data, change("n" * size)))
    lack = lacking(data, change("n" * (longest + 1)))
    assert 0 < lack <= 8
    intended = change("n" * longest)
    assert_done(path, intended)
    assert_refused(data, change("n" * (longest + 1)), lack)
    (image,) = read_macho(data).slices
    for size in (longest, longest + 1):
        told = room_left(image, asked(change("n" * size)).slices[case.arch], signs=False)
        assert told == -lacking(data, change("n" * size))


def test_every_filling_of_the_last_bytes(root: Path) -> None:
    """Names of all lengths modulo eight, shorter and longer than they were."""
    path = build(Case("arm64", "lld", "0x800"), root) / AY
    for size in (1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 23, 24, 25, 26, 27, 28, 300, 601):
        assert_done(path, {"arm64": Intended({f"@rpath/{BEE}": "n" * size}, "i" * (size + 3), ("r" * size,))})


@pytest.mark.parametrize("linker", ["lld", "zig"])
def test_load_commands_of_many_pages(linker: str, root: Path, tmp_path: Path) -> None:
    path = build(Case("arm64", linker, "0x4000"), root) / AY
    intended = {"arm64": Intended({f"@rpath/{BEE}": "n" * 4096}, "i" * 4096, ("r" * 4096, "@loader_path"))}
    assert_told(path, intended, tmp_path)
    there = {"arm64": Intended({f"@rpath/{BEE}": "n" * 4096}, "i" * 4096)}
    back = {"arm64": Intended({"n" * 4096: f"@rpath/{BEE}"}, f"/opt/build/{AY}")}
    (tmp_path / "longer").write_bytes(assert_done(path, there))
    assert assert_done(tmp_path / "longer", back) == path.read_bytes()


@pytest.mark.parametrize(
    "rpaths",
    [(), ("@loader_path",), ("@loader_path", "@loader_path/../lib"), ("@loader_path/a", "@loader_path/b", "@x")],
)
def test_run_paths_are_what_was_asked(rpaths: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    for case in (Case("arm64", "lld", "0x800"), Case("x86_64", "zig", "0x800")):
        assert_told(build(case, root) / PROGRAM, {case.arch: Intended(rpaths=rpaths)}, tmp_path)


@pytest.mark.parametrize("case", [case for case in CASES if case.pad == "0x800"], ids=str)
def test_linkers_take_an_edited_library(case: Case, root: Path, tmp_path: Path) -> None:
    folder = build(case, root)
    data = (folder / AY).read_bytes()
    after = edited(data, {case.arch: Intended(install_name="@rpath/a/new/name.dylib")})
    (tmp_path / AY).write_bytes(after)
    objects = build(Case(case.arch, "lld"), root).with_name(f"objects-{case.arch}")
    link(case, tmp_path / PROGRAM, objects / "program.o", "-execute", "-e", "_main", tmp_path / AY)
    assert "@rpath/a/new/name.dylib" in by_objdump(tmp_path / PROGRAM)[case.arch].dylibs
    link_by_zig(case, tmp_path / "by-zig", "program", tmp_path / AY)
    assert "@rpath/a/new/name.dylib" in by_objdump(tmp_path / "by-zig")[case.arch].dylibs
