"""Signatures after an edit: refreshed where they can be, made where they must be, never lost in silence."""

from __future__ import annotations

import struct
from pathlib import Path

import lief
import pytest

from tests.macho.checker import Intended, complaints, strayed
from tests.macho.codesign import Style, joined, signed, unsigned
from tests.macho.family import WANTED, asked, edited, for_all
from tests.macho.layout import SIGNATURE, FatEntry, Part, fat_entries, parts
from tests.macho.oracles import faults
from tests.macho.toolchains import AY, BEE, PROGRAM, Case, build, builds, fat
from truewheel.binary.macho_edit import edit_macho
from truewheel.binary.macho_sign import signature_faults
from truewheel.errors import BinaryError

ARM64, X86_64 = Case("arm64", "lld", "0x800"), Case("x86_64", "lld", "0x800")
ENTITLEMENTS = b"<plist><dict><key>com.apple.security.cs.allow-jit</key><true/></dict></plist>"
STYLES = {
    "linker": Style("libay.dylib", linker=True),
    "large-pages": Style("libay.dylib", linker=True, page=0x4000),
    "codesign": Style("libay", slack=18000),
    "two-hashes": Style("libay", hashes=("sha1", "sha256"), slack=500),
    "entitlements": Style("libay", entitlements=ENTITLEMENTS, page=0x4000),
    "runtime": Style("libay", hashes=("sha256", "sha384"), runtime=True),
    "all": Style("libay", page=0x4000, hashes=("sha1", "sha256"), entitlements=ENTITLEMENTS, runtime=True, slack=3),
}
BY_IDENTITY = Style("com.example.ay", entitlements=ENTITLEMENTS, cms=b"a certificate", runtime=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the linkers are."""
    return builds(tmp_path_factory)


def file(root: Path, case: Case, name: str = AY) -> bytes:
    return (build(case, root) / name).read_bytes()


def sole(data: bytes) -> Part:
    """The slice of a thin file."""
    (part,) = parts(data)
    return part


def assert_sound(data: bytes, folder: Path) -> None:
    assert complaints(data) == []
    (folder / "sound").write_bytes(data)
    assert faults(folder / "sound", folder) == []


@pytest.mark.parametrize("name", [AY, PROGRAM])
@pytest.mark.parametrize("case", [ARM64, X86_64], ids=str)
@pytest.mark.parametrize("style", STYLES)
def test_all_that_a_signature_says_stays(style: str, case: Case, name: str, root: Path, tmp_path: Path) -> None:
    before = signed(file(root, case, name), STYLES[style])
    intended = for_all(before, WANTED[name])
    after = edited(before, intended)
    assert strayed(before, after, intended) == []
    assert_sound(after, tmp_path)
    was, now = sole(before).signature, sole(after).signature
    assert was
    assert now
    assert (now.offset, now.size, now.length) == (was.offset, was.size, was.length)
    assert now.blobs.keys() == was.blobs.keys()
    for slot, blob in was.blobs.items():
        if slot not in was.directories:
            assert now.blobs[slot] == blob
            continue
        old, new = was.directories[slot], now.directories[slot]
        assert (new.version, new.flags, new.identifier, new.limit, new.page, new.hash_type) == (
            (old.version, old.flags, old.identifier, old.limit, old.page, old.hash_type)
        )
        assert (new.special, new.exec_segment) == (old.special, old.exec_segment)
        assert new.pages[1:] == old.pages[1:]
        assert new.pages[0] != old.pages[0]


@pytest.mark.parametrize("linker", ["lld", "zig"])
@pytest.mark.parametrize("name", [BEE, AY, PROGRAM])
def test_a_new_signature_says_what_that_of_a_linker_says(linker: str, name: str, root: Path, tmp_path: Path) -> None:
    before = file(root, Case("arm64", linker, "0x800"), name)
    signature = sole(before).signature
    assert signature
    bare = unsigned(before)
    changes = asked({}, sign=True)
    fresh = edit_macho(bare, type(changes)(sign=True, identifier=signature.main.identifier)).applied(bare)
    assert_sound(bytes(fresh), tmp_path)
    made = sole(bytes(fresh)).signature
    assert made
    old, new = signature.main, made.main
    assert (new.flags, new.version, new.identifier, new.special) == (0x20002, 0x20400, old.identifier, {})
    assert (new.exec_segment, new.limit, made.offset) == (old.exec_segment, old.limit, signature.offset)
    if linker == "lld":  # which lets __LINKEDIT end in memory where it does in the file; zig takes larger pages
        assert (new.page, new.hash_type, len(fresh)) == (old.page, old.hash_type, len(before))
        assert new.pages[1:] == old.pages[1:]


def test_what_lief_has_taken_the_signature_from_gets_one(root: Path, tmp_path: Path) -> None:
    name = PROGRAM  # a shorter one afterwards: LIEF leaves the old command behind the others
    (tmp_path / name).write_bytes(file(root, ARM64, name))
    parsed = lief.MachO.parse(str(tmp_path / name))
    assert parsed is not None
    assert next(iter(parsed)).remove_signature()
    parsed.write(str(tmp_path / "bare"))
    before = (tmp_path / "bare").read_bytes()
    assert sole(before).signature is None
    wish = WANTED[name]
    after = edited(before, {"arm64": wish})
    intended = {"arm64": Intended(wish.dylibs, wish.install_name, wish.rpaths, signed=True)}
    assert strayed(before, after, intended) == []
    assert_sound(after, tmp_path)
    signature = sole(after).signature
    assert signature
    assert (signature.main.flags, signature.main.identifier) == (0x20002, "sample")
    assert not edit_macho(after, asked({"arm64": wish}, sign=True))


def test_code_for_intel_stays_without(root: Path) -> None:
    before = file(root, X86_64)
    assert not edit_macho(before, asked({}, sign=True))
    after = edited(before, {"x86_64": WANTED[AY]}, sign=True)
    assert strayed(before, after, {"x86_64": WANTED[AY]}) == []


def test_no_room_for_the_command_of_a_signature(root: Path) -> None:
    before = unsigned(file(root, Case("arm64", "lld")))
    part = sole(before)
    assert part.room == 48  # the linker's 32, and those of the command that is gone
    longer = Intended(rpaths=(*part.rpaths, "r" * 27))
    with pytest.raises(BinaryError, match=r"\b8\b"):
        edit_macho(before, asked({"arm64": longer}))
    fitting = Intended(rpaths=(*part.rpaths, "r" * 19))
    after = edited(before, {"arm64": fitting})
    assert (complaints(after), sole(after).room) == ([], 0)


def test_a_signature_by_an_identity_is_kept_or_given_up_knowingly(root: Path, tmp_path: Path) -> None:
    before = signed(file(root, ARM64), BY_IDENTITY)
    intended = for_all(before, WANTED[AY])
    with pytest.raises(BinaryError, match="identity") as refused:
        edit_macho(before, asked(intended))
    assert "--resign" in str(refused.value.hint)
    for nothing in (asked({}), asked({}, sign=True), asked({"arm64": Intended(rpaths=tuple(sole(before).rpaths))})):
        assert not edit_macho(before, nothing)
    after = edited(before, intended, resign=True)
    assert strayed(before, after, intended) == []
    assert_sound(after, tmp_path)
    signature = sole(after).signature
    assert signature
    assert (signature.main.flags, signature.main.identifier) == (0x20002, "com.example.ay")
    assert signature.blobs.keys() == {0}


def test_a_wrong_signature_by_an_identity_is_an_error_too(root: Path) -> None:
    before = bytearray(signed(file(root, ARM64), BY_IDENTITY))
    before[sole(bytes(before)).first_content] ^= 1
    with pytest.raises(BinaryError, match="identity"):
        edit_macho(bytes(before), asked({}, sign=True))


@pytest.mark.parametrize("style", STYLES)
def test_a_wrong_hash_is_mended(style: str, root: Path) -> None:
    right = signed(file(root, ARM64), STYLES[style])
    wrong = bytearray(right)
    signature = sole(right).signature
    assert signature
    last = right.index(signature.main.pages[-1])
    wrong[last] ^= 1
    assert complaints(wrong)
    assert not edit_macho(bytes(wrong), asked({"arm64": Intended(rpaths=tuple(sole(right).rpaths))}))
    assert edited(bytes(wrong), {}, sign=True) == right


def faulty(data: bytes) -> bool:
    """Whether truewheel finds fault with the signature."""
    try:
        return bool(signature_faults(data))
    except BinaryError:
        return True


@pytest.mark.parametrize("style", STYLES)
def test_what_does_not_fit_is_told_as_the_checker_tells_it(style: str, root: Path) -> None:
    right = signed(file(root, ARM64), STYLES[style])
    part = sole(right)
    assert part.signature
    assert signature_faults(right) == ()
    start = part.signature.offset
    for at in (*range(part.end_of_commands, start, 1999), *range(start + part.signature.length - 1, start + 180, -37)):
        wrong = bytearray(right)
        wrong[at] ^= 1
        assert faulty(bytes(wrong)) == bool(complaints(wrong)), hex(at)
    assert not parts(file(root, X86_64))[0].signature
    assert signature_faults(file(root, X86_64)) == ()
    assert len(signature_faults(unsigned(file(root, ARM64)))) == 1


@pytest.mark.parametrize("style", ["linker", "codesign", "two-hashes"])
@pytest.mark.parametrize("field", [28, 32, 60])
def test_a_directory_that_does_not_fit_is_made_anew(style: str, field: int, root: Path) -> None:
    """The number of its pages, and the bytes that it covers, said in 32 bits and in 64."""
    right = signed(file(root, ARM64), STYLES[style])
    wrong = bytearray(right)
    signature = sole(right).signature
    assert signature
    at = right.index(signature.blobs[0]) + field
    struct.pack_into(">I", wrong, at, struct.unpack_from(">I", wrong, at)[0] ^ 1)
    assert complaints(wrong)
    after = edited(bytes(wrong), {}, sign=True)
    assert complaints(after) == []
    assert strayed(right, after, {}) == []


def test_entitlements_are_not_lost_with_a_directory_that_does_not_fit(root: Path) -> None:
    right = signed(file(root, ARM64, PROGRAM), STYLES["entitlements"])
    wrong = bytearray(right)
    signature = sole(right).signature
    assert signature
    struct.pack_into(">I", wrong, right.index(signature.blobs[0]) + 32, 16)
    with pytest.raises(BinaryError, match="entitlements"):
        edit_macho(bytes(wrong), asked({}, sign=True))
    after = edited(bytes(wrong), {}, sign=True, resign=True)
    assert complaints(after) == []


@pytest.mark.parametrize("order", ["arm64-last", "arm64-first", "nothing-between"])
@pytest.mark.parametrize("linker", ["lld", "zig"])
def test_a_slice_of_a_fat_file_gets_its_signature(order: str, linker: str, root: Path, tmp_path: Path) -> None:
    whole = fat(Case("arm64", linker, "0x800"), AY, root).read_bytes()
    intel, apple = parts(whole)
    pieces = [(fat_entries(whole)[0], intel.data), (fat_entries(whole)[1], unsigned(apple.data))]
    if order != "arm64-last":
        pieces.reverse()
    if order == "nothing-between":
        pieces[1] = (pieces[1][0]._replace(align=4), intel.data)
    before = joined([entry for entry, _ in pieces], [data for _, data in pieces])
    assert complaints(before) == []
    wish = {
        "arm64": Intended(WANTED[AY].dylibs, WANTED[AY].install_name, WANTED[AY].rpaths, signed=True),
        "x86_64": WANTED[AY],
    }
    after = edited(before, wish)
    assert strayed(before, after, wish) == []
    assert_sound(after, tmp_path)
    assert (len(after) > len(before)) == (order != "arm64-first")  # into the gap
    assert [part.arch for part in parts(after)] == [part.arch for part in parts(before)]
    made = {part.arch: part for part in parts(after)}
    assert (made["x86_64"].signature is None, made["arm64"].signature is None) == (True, False)
    assert not edit_macho(after, asked(wish, sign=True))
    only = edited(before, {}, sign=True)
    assert next(part.data for part in parts(only) if part.arch == "x86_64") == intel.data
    first = edit_macho(before, asked(wish))
    for size in (0, 8, 100, 4096, 20000, len(before)):
        assert first.head(before[:size]) == after[:size]


@pytest.mark.parametrize("extra", [0, 1, 5000, 70000])
def test_slices_behind_one_that_grows_move_on(extra: int, root: Path) -> None:
    """Three of them, for a third processor, without gaps and over each other."""
    apple, intel = unsigned(file(root, ARM64)), file(root, X86_64)
    haswell = intel[:8] + b"\x08" + intel[9:]
    entries = [FatEntry(0x0100000C, 0, 0, 0, 4), FatEntry(0x01000007, 3, 0, 0, 4), FatEntry(0x01000007, 8, 0, 0, 4)]
    before = joined(entries, [apple, intel + bytes(extra), haswell])
    intended = {"arm64": Intended(signed=True), "x86_64h": WANTED[AY]}
    after = edited(before, intended, sign=True)
    assert complaints(after) == []
    assert strayed(before, after, intended) == []
    assert [part.arch for part in parts(after)] == ["arm64", "x86_64", "x86_64h"]
    assert [part.offset % 0x1000 for part in parts(after)[1:]] == [0, 0]  # whatever their entries asked for


@pytest.mark.parametrize("size", range(0x1000 - 17, 0x1000 + 2))
def test_any_end_of_the_contents_is_padded(size: int, root: Path) -> None:
    """To a multiple of sixteen, where a page may end."""
    part = sole(unsigned(file(root, ARM64)))
    command = next(command for command in part.commands if b"__LINKEDIT" in command.data[:24])
    data = bytearray(part.data.ljust(part.segments[-1].offset + size, b"x"))
    struct.pack_into("<Q", data, command.offset + 32, size)
    struct.pack_into("<Q", data, command.offset + 48, size)
    after = edited(bytes(data), {}, sign=True)
    assert complaints(after) == []
    assert strayed(data, after, {"arm64": Intended(signed=True)}) == []


@pytest.mark.parametrize("gap", ["behind", "between"])
def test_data_of_no_slice_is_not_lost(gap: str, root: Path) -> None:
    whole = fat(ARM64, AY, root).read_bytes()
    intel, apple = parts(whole)
    bare = joined(fat_entries(whole), [intel.data, unsigned(apple.data)])
    note = b"a note"
    at = len(bare) if gap == "behind" else parts(bare)[1].offset - len(note)
    for data in (bare, whole):
        noted = data[:at] + note + data[at + len(note) :] if gap == "between" else data + note
        if data is bare:
            with pytest.raises(BinaryError):
                edit_macho(noted, asked({}, sign=True))
            continue
        after = edited(noted, for_all(noted, WANTED[AY]))
        where = len(whole) if gap == "behind" else at
        assert after[where : where + len(note)] == note
        assert len(after) == len(noted)


def test_data_behind_a_thin_file_stays_or_the_file_does(root: Path) -> None:
    note = b"PK\5\6 an archive, say"
    for before in (file(root, X86_64), file(root, ARM64), signed(file(root, ARM64), STYLES["codesign"])):
        noted = before + note
        intended = for_all(before, WANTED[AY])
        after = edited(noted, intended)
        assert after == edited(before, intended) + note
        assert strayed(noted, after, intended) == []
    with pytest.raises(BinaryError, match="data behind"):
        edit_macho(unsigned(file(root, ARM64)) + note, asked({}, sign=True))


def test_the_command_of_a_signature_may_stand_anywhere(root: Path) -> None:
    """Three of 342 published files have another one behind it."""
    before = file(root, ARM64)
    part = sole(before)
    commands = [command.data for command in part.commands]
    own = next(index for index, command in enumerate(part.commands) if command.kind == SIGNATURE)
    commands.insert(2, commands.pop(own))
    shuffled = bytearray(before)
    shuffled[32 : part.end_of_commands] = b"".join(commands)
    data = signed(bytes(shuffled), STYLES["linker"])
    after = edited(data, for_all(data, WANTED[AY]))
    assert complaints(after) == []
    assert strayed(data, after, for_all(data, WANTED[AY])) == []


def test_what_stands_behind_the_load_commands_is_not_overwritten(root: Path) -> None:
    """None of 435 published slices has anything there."""
    part = sole(file(root, ARM64))
    data = bytearray(part.data)
    data[part.first_content - 1] = 1
    noted = signed(bytes(data), STYLES["linker"])
    after = edited(noted, for_all(noted, WANTED[AY]))
    assert complaints(after) == []
    assert after[part.first_content - 1] == 1
    with pytest.raises(BinaryError, match="isn't free"):
        edit_macho(noted, asked({"arm64": Intended(install_name="n" * (part.room + 23))}))
