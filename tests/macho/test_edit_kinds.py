"""The rarer ways to load a library, and fat files made of thin ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.elf.toolchains import call
from tests.macho.checker import Intended, complaints, strayed
from tests.macho.codesign import Style, signed
from tests.macho.family import asked, edited
from tests.macho.layout import ID, LOADS, Part, parts
from tests.macho.oracles import Names, by_objdump, disagreeing
from tests.macho.real import machos
from tests.macho.toolchains import AY, BEE, PAIRS, Case, build, builds, fat, link
from tests.tools import need
from truewheel.binary.macho_edit import edit_macho
from truewheel.binary.macho_fat import assembled
from truewheel.errors import RequestError

ARM64 = Case("arm64", "lld", "0x800")
PSYCOPG = "psycopg2_binary-2.9.13-cp312-cp312-macosx_{}.whl"
_MARK = 0x1A741800
"""What says that a word of flags follows (`dylib_use_command` in ``<mach-o/loader.h>``)."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the linkers are."""
    return builds(tmp_path_factory)


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_one_library_loaded_in_several_ways(arch: str, root: Path, tmp_path: Path) -> None:
    case = Case(arch, "lld", "0x800")
    folder = build(case, root)
    objects = folder.with_name(f"objects-{arch}")
    path = tmp_path / "libkinds.dylib"
    ways: list[str | Path] = ["-reexport_library", folder / AY, "-weak_library", folder / BEE]
    link(case, path, objects / "ay.o", "-dylib", "-install_name", "libkinds.dylib", *ways)
    before = path.read_bytes()
    (part,) = parts(before)
    assert [LOADS[command.kind] for command in part.commands if command.kind in LOADS] == [
        *("load", "reexport", "weak", "load"),
    ]
    assert len(set(part.dylibs)) == 3  # one of them twice
    names = {old: f"@loader_path/{'x' * index}{Path(old).name}" for index, old in enumerate(part.dylibs[:3])}
    intended = {arch: Intended(names)}
    after = edited(before, intended)
    assert (complaints(after), strayed(before, after, intended)) == ([], [])
    path.write_bytes(after)  # LLVM 19 neither edits nor copies files with LC_REEXPORT_DYLIB
    expected = Names(tuple(names.get(old, old) for old in part.dylibs), "libkinds.dylib", ())
    assert disagreeing(path, {arch: expected}) == {}


@pytest.mark.parametrize("kind", LOADS)
def test_every_way_to_load_a_library(kind: int, root: Path) -> None:
    data = bytearray((build(ARM64, root) / AY).read_bytes())
    command = next(command for command in parts(data)[0].commands if command.kind in LOADS)
    struct.pack_into("<I", data, command.offset, kind)
    before = signed(bytes(data), Style("libay", linker=True))
    intended = {"arm64": Intended({command.name: "@loader_path/other.dylib"})}
    after = edited(before, intended)
    assert (complaints(after), strayed(before, after, intended)) == ([], [])


def with_flags(part: Part, flags: int) -> bytes:
    """The slice with its libraries loaded by commands in the form of macOS 15."""
    made = b""
    for command in part.commands:
        if command.kind not in LOADS:
            made += command.data
            continue
        name = command.data[24:].rstrip(b"\0") + b"\0"
        size = -(-(28 + len(name)) // 8) * 8
        head = struct.pack("<4I", command.kind, size, 28, _MARK) + command.data[16:24] + struct.pack("<I", flags)
        made += (head + name).ljust(size, b"\0")
    data = bytearray(part.data)
    data[32 : 32 + len(made)] = made
    struct.pack_into("<I", data, 20, len(made))
    return signed(bytes(data), Style("libay", linker=True))


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_the_flags_of_a_command_stay(arch: str, root: Path) -> None:
    (part,) = parts((build(Case(arch, "lld", "0x800"), root) / AY).read_bytes())
    before = with_flags(part, 0x1)  # weak
    assert complaints(before) == []
    for size in range(1, 18):
        intended = {arch: Intended({f"@rpath/{BEE}": "n" * size}, "i" * size)}
        after = edited(before, intended)
        assert (complaints(after), strayed(before, after, intended)) == ([], [])


def test_what_is_not_there_cannot_be_changed(root: Path) -> None:
    data = (build(ARM64, root) / AY).read_bytes()
    program = (build(ARM64, root) / "program").read_bytes()
    for intended in (
        {"arm64": Intended({"libno.dylib": "x"})},
        {"x86_64": Intended(rpaths=())},
        {"arm64": Intended({f"@rpath/{BEE}": ""})},
        {"arm64": Intended({f"@rpath/{BEE}": "a\0b"})},
        {"arm64": Intended(rpaths=("",))},
        {"arm64": Intended(rpaths=("r" * 5000,))},
    ):
        with pytest.raises(RequestError):
            edit_macho(data, asked(intended))
    with pytest.raises(RequestError, match="install name"):
        edit_macho(program, asked({"arm64": Intended(install_name="program")}))


def test_two_libraries_may_become_one_or_change_places(root: Path) -> None:
    data = (build(ARM64, root) / AY).read_bytes()
    first, second = parts(data)[0].dylibs
    for names in ({first: second}, {first: second, second: first}):
        intended = {"arm64": Intended(names)}
        after = bytes(edit_macho(data, asked(intended)).applied(data))
        assert (complaints(after), strayed(data, after, intended)) == ([], [])


def lipo(files: list[Path], target: Path) -> bytes:
    call([*need("llvm-lipo-19"), "-create", *files, "-output", target])
    return target.read_bytes()


@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_a_fat_file_is_made_as_lipo_makes_it(case: Case, root: Path, tmp_path: Path) -> None:
    for name in case.files:
        files = [build(each, root) / name for each in (case, Case("x86_64", case.linker, case.pad))]
        ours = bytes(assembled([file.read_bytes() for file in files]))
        assert ours == lipo(files, tmp_path / name)
        assert ours == bytes(assembled([file.read_bytes() for file in reversed(files)]))
        assert complaints(ours) == []
        for file, arch in zip(files, ("arm64", "x86_64"), strict=True):
            call([*need("llvm-lipo-19"), tmp_path / name, "-thin", arch, "-output", tmp_path / "thin"])
            assert (tmp_path / "thin").read_bytes() == file.read_bytes()


def test_published_files_become_fat_as_lipo_makes_them(corpus: Corpus, tmp_path: Path) -> None:
    intel, apple = (machos(corpus(PSYCOPG.format(platform))) for platform in ("10_13_x86_64", "11_0_arm64"))
    files = [tmp_path / "intel", tmp_path / "apple"]
    for name, data in intel.items():
        for file, content in zip(files, (data, apple[name]), strict=True):
            file.write_bytes(content)
        ours = bytes(assembled([apple[name], data]))
        assert ours == lipo(files, tmp_path / "fat"), name
        assert complaints(ours) == []
        assert by_objdump(tmp_path / "fat").keys() == {"x86_64", "arm64"}


def test_slices_of_fat_files_are_put_together_anew(root: Path) -> None:
    whole = fat(ARM64, AY, root).read_bytes()
    intel, apple = parts(whole)
    assert bytes(assembled([apple.data, intel.data])) == whole
    assert bytes(assembled([whole])) == whole
    with pytest.raises(RequestError, match="arm64"):
        assembled([whole, apple.data])


def test_an_id_that_only_one_slice_changes(root: Path) -> None:
    whole = fat(ARM64, AY, root).read_bytes()
    intended = {"arm64": Intended(install_name="other.dylib")}
    after = edited(whole, intended)
    assert (complaints(after), strayed(whole, after, intended)) == ([], [])
    assert [part.names(ID) for part in parts(after)] == [["/opt/build/libay.dylib"], ["other.dylib"]]
