"""The checker of edited Mach-O files finds what is wrong: it passes linkers' work, and fails what dyld would fail."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import lief
import pytest

from tests.elf.toolchains import call
from tests.macho.checker import Intended, complaints, strayed
from tests.macho.codesign import Style, main, signed, unsigned
from tests.macho.layout import SEGMENT, SIGNATURE, LayoutError, Part, parts
from tests.macho.toolchains import AY, BEE, CASES, PAIRS, PROGRAM, Case, build, builds, fat
from tests.tools import need

LLD, ZIG = Case("arm64", "lld", "0x800"), Case("arm64", "zig", "0x40")
LIKE_CODESIGN = Style("libay", page=0x4000, hashes=("sha1", "sha256"), entitlements=b"<plist/>", slack=3000)
Harm = Callable[[bytearray, Part], None]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the linkers are."""
    return builds(tmp_path_factory)


@pytest.fixture(scope="module")
def untouched(root: Path) -> bytes:
    """A library for arm64 made by LLVM's linker, which signs it."""
    return (build(LLD, root) / AY).read_bytes()


def command(part: Part, kind: int) -> int:
    """Where the last load command of a kind stands."""
    return [command.offset for command in part.commands if command.kind == kind][-1]


def put(data: bytearray, layout: str, at: int, change: int) -> None:
    """Add to a number in the file."""
    struct.pack_into(layout, data, at, struct.unpack_from(layout, data, at)[0] + change)


def shifted_signature(data: bytearray, part: Part) -> None:
    assert part.signature
    put(data, "<I", command(part, SIGNATURE) + 8, 8)
    put(data, "<Q", command(part, SEGMENT) + 48, 8)
    data[part.signature.offset : part.signature.offset] = bytes(8)


def long_linkedit(data: bytearray, part: Part) -> None:
    put(data, "<Q", command(part, SEGMENT) + 48, 8)


def short_linkedit(data: bytearray, part: Part) -> None:
    put(data, "<Q", command(part, SEGMENT) + 48, -8)


def small_memory(data: bytearray, part: Part) -> None:
    struct.pack_into("<Q", data, command(part, SEGMENT) + 32, 8)


def appended(data: bytearray, part: Part) -> None:
    data += part.data[:16]


def no_end_of_a_name(data: bytearray, part: Part) -> None:
    own = next(command for command in part.commands if command.name == part.rpaths[0])
    data[own.offset + 12 : own.offset + len(own.data)] = b"x" * (len(own.data) - 12)


def bad_size(data: bytearray, part: Part) -> None:
    put(data, "<I", part.commands[0].offset + 4, 4)


def one_command_too_many(data: bytearray, _: Part) -> None:
    put(data, "<I", 16, 1)


def directory(part: Part) -> int:
    """Where the CodeDirectory of a linker's signature stands."""
    assert part.signature
    return part.signature.offset + int(struct.unpack_from(">I", part.data, part.signature.offset + 16)[0])


def other_limit(data: bytearray, part: Part) -> None:
    put(data, ">I", directory(part) + 32, -16)


def fewer_pages(data: bytearray, part: Part) -> None:
    put(data, ">I", directory(part) + 28, -1)


def not_a_library(data: bytearray, part: Part) -> None:
    put(data, ">Q", directory(part) + 80, 1)


def over_the_contents(data: bytearray, part: Part) -> None:
    put(data, "<I", command(part, SIGNATURE) + 4, part.room + 16)
    put(data, "<I", 20, part.room + 16)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (shifted_signature, "not at a multiple of 16"),
        (long_linkedit, "the signature doesn't end with __LINKEDIT"),
        (short_linkedit, "__LINKEDIT doesn't end with the slice"),
        (small_memory, "more in the file than in memory"),
        (appended, "__LINKEDIT doesn't end with the slice"),
        (no_end_of_a_name, "no end of the name"),
        (bad_size, "the load command at 0x20 has"),
        (one_command_too_many, "has 0 bytes"),
        (other_limit, "covers"),
        (fewer_pages, "pages of 4096 for"),
        (not_a_library, "wrong about whether it is a program"),
        (over_the_contents, "load commands over the contents by 16 bytes"),
    ],
)
def test_harm_is_found(untouched: bytes, harm: Harm, words: str) -> None:
    data = bytearray(untouched)
    harm(data, parts(data)[0])
    assert [complaint for complaint in complaints(data) if words in complaint], complaints(data)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_work_of_linkers_passes(case: Case, root: Path) -> None:
    folder = build(case, root)
    for name in case.files:
        data = (folder / name).read_bytes()
        assert complaints(data) == [], name
        assert strayed(data, data, {}) == []
        assert bool(parts(data)[0].signature) == (case.arch == "arm64")


@pytest.mark.parametrize("style", [None, LIKE_CODESIGN, Style("libay", linker=True)], ids=["lld", "codesign", "linker"])
def test_any_changed_byte_is_found(untouched: bytes, style: Style | None) -> None:
    """Each byte that is signed, one by one where the header is, then in steps."""
    before = signed(untouched, style) if style else untouched
    (part,) = parts(before)
    assert part.signature
    for at in [*range(0, part.end_of_commands, 7), *range(part.end_of_commands, part.signature.offset, 911)]:
        after = bytearray(before)
        after[at] ^= 0x10
        assert complaints(after), hex(at)


@pytest.mark.parametrize("slot", [2, 5])
def test_a_changed_blob_is_found(untouched: bytes, slot: int) -> None:
    before = signed(untouched, LIKE_CODESIGN)
    signature = parts(before)[0].signature
    assert signature
    after = bytearray(before)
    after[before.index(signature.blobs[slot]) + 11] ^= 1
    assert complaints(after) == [
        f"arm64: CodeDirectory {which}: slot -{slot} has another hash" for which in ("0x0", "0x1000")
    ]


def test_a_change_is_found_though_it_is_signed(untouched: bytes) -> None:
    (part,) = parts(untouched)
    assert part.signature
    fresh = signed(untouched, LIKE_CODESIGN)
    assert strayed(untouched, fresh, {}) == []
    for at in range(0, part.signature.offset, 211):
        after = bytearray(untouched)
        after[at] ^= 0x10
        try:
            assert strayed(untouched, after, {}), hex(at)
        except LayoutError:
            assert complaints(after), hex(at)


def test_what_was_intended_is_missed_when_it_lacks(untouched: bytes) -> None:
    (part,) = parts(untouched)
    lacking = [
        Intended(dylibs={part.dylibs[0]: "@loader_path/other.dylib"}),
        Intended(install_name="other.dylib"),
        Intended(rpaths=("@loader_path",)),
        Intended(rpaths=(*part.rpaths, "@loader_path/more")),
        Intended(rpaths=tuple(reversed(part.rpaths))),
    ]
    assert [len(strayed(untouched, untouched, {"arm64": intended})) for intended in lacking] == [1, 1, 1, 1, 1]


def test_leavings_of_old_commands_are_found(untouched: bytes) -> None:
    (part,) = parts(untouched)
    assert part.commands[-1].kind == SIGNATURE
    data = bytearray(unsigned(untouched))
    assert "arm64: old commands behind the new ones" not in strayed(untouched, data, {})
    data[part.end_of_commands - 16 : part.end_of_commands] = part.commands[-1].data
    assert "arm64: old commands behind the new ones" in strayed(untouched, data, {})
    again = signed(bytes(data), Style("again"))
    again = again[: part.end_of_commands] + b"\1" + again[part.end_of_commands + 1 :]
    assert strayed(untouched, again, {}) == ["arm64: another filling behind the load commands"]


def test_llvms_work_passes_where_there_is_room(untouched: bytes, tmp_path: Path) -> None:
    path = tmp_path / AY
    path.write_bytes(untouched)
    call([*need("llvm-install-name-tool-19"), "-id", "@rpath/a/longer/name.dylib", path])
    assert complaints(path.read_bytes()) == []
    assert parts(path.read_bytes())[0].install_name == "@rpath/a/longer/name.dylib"


def test_a_file_that_llvm_ruins_is_found_out(root: Path, tmp_path: Path) -> None:
    """It says nothing where it writes load commands over the code."""
    path = tmp_path / AY
    path.write_bytes((build(ZIG, root) / AY).read_bytes())
    call([*need("llvm-install-name-tool-19"), "-id", f"@rpath/{'long' * 30}.dylib", path])
    assert complaints(path.read_bytes())


def test_a_file_that_lief_leaves_with_an_old_signature_is_found_out(untouched: bytes, tmp_path: Path) -> None:
    (tmp_path / AY).write_bytes(untouched)
    parsed, added = lief.MachO.parse(str(tmp_path / AY)), lief.MachO.RPathCommand.create("@loader_path/more")
    assert parsed is not None
    assert added is not None
    next(iter(parsed)).add(added)
    parsed.write(str(tmp_path / "written"))
    after = (tmp_path / "written").read_bytes()
    assert complaints(after)
    assert strayed(untouched, after, {"arm64": Intended(rpaths=(*parts(untouched)[0].rpaths, "@loader_path/more"))})


@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_fat_files_and_their_frames(case: Case, root: Path) -> None:
    data = fat(case, AY, root).read_bytes()
    fresh = signed(data, LIKE_CODESIGN)
    assert (complaints(data), complaints(fresh)) == ([], [])
    assert strayed(data, fresh, {"x86_64": Intended(signed=True)}) == []
    assert strayed(data, fresh, {}) == ["x86_64: a signature more or less"]
    first, second = parts(data)
    gap = bytearray(data)
    gap[second.offset - 1] ^= 1
    assert [found for found in complaints(gap) if "something in the gap" in found]
    assert [found for found in complaints(data + b"\0") if "the last slice ends at" in found]
    aligned = bytearray(data)
    put(aligned, ">I", 8 + 20 + 16, 6)  # of the second slice, to 2**20
    assert [found for found in complaints(aligned) if "aligned to 0x100000" in found]
    assert first.arch == "x86_64"


@pytest.mark.parametrize("name", [BEE, PROGRAM])
def test_what_our_stand_in_for_codesign_signs_is_laid_out_right(
    root: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for case in (LLD, Case("x86_64", "lld", "0x800")):
        path = tmp_path / f"{case}-{name}"
        path.write_bytes((build(case, root) / name).read_bytes())
        assert main(["--verify", str(path)]) == int(case.arch == "x86_64")
        assert ("not signed at all" in capsys.readouterr().err) == (case.arch == "x86_64")
        assert main(["--force", "--sign", "-", str(path)]) == 0
        assert main(["--verify", str(path)]) == 0
        parsed = lief.MachO.parse(str(path))
        assert parsed is not None
        assert [lief.MachO.check_layout(part) for part in parsed] == [(True, "")]
        broken = bytearray(path.read_bytes())
        broken[-1 - len(broken) // 2] ^= 1
        path.write_bytes(broken)
        assert main(["--verify", str(path)]) == 1
        assert "invalid signature" in capsys.readouterr().err
