from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings

from tests.binary.native_oracles import lief_macho, macholib_rooms, members, our_macho
from tests.corpus import Corpus
from tests.strategies import macho as build
from tests.strategies.macho import (
    MachFile,
    build_version,
    dylib,
    fat,
    mach_files,
    packed,
    rpath,
    signature,
    version_min,
)
from truewheel.binary import read_macho
from truewheel.binary.model import Dylib, MachO, Platform, Slice
from truewheel.errors import BinaryError

WHEELS = (
    "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl",
    "protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl",
    "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
    "lru_dict-1.4.1-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl",
)
MAGICS = (b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


def only(data: bytes) -> Slice:
    image = read_macho(data)
    assert not image.fat
    return image.slices[0]


def with_commands(*commands: build.Command, cpu: tuple[int, int] = build.ARM64) -> Slice:
    return only(MachFile(cpu=cpu, commands=commands).encode())


@pytest.mark.parametrize("wheel", WHEELS)
def test_real_files_read_as_lief_and_macholib_read_them(wheel: str, corpus: Corpus, tmp_path: Path) -> None:
    found = dict(members(corpus(wheel), MAGICS))
    assert found
    for name, data in found.items():
        image = read_macho(data)
        assert our_macho(image) == lief_macho(data), name
        path = tmp_path / "image"
        path.write_bytes(data)
        assert [(s.offset, s.size, s.header_room) for s in image.slices] == macholib_rooms(path), name


def test_lief_reads_what_is_built() -> None:
    commands = (dylib("@rpath/libx.dylib", build.IDENTITY), dylib("liba", build.WEAK), rpath("/opt"))
    recipe = MachFile(commands=(*commands, build_version(1, packed(11, 7, 1), packed(15))), signature=signature())
    assert our_macho(read_macho(recipe.encode())) == lief_macho(recipe.encode())


def test_facts_of_a_real_fat_file(corpus: Corpus) -> None:
    [(_, data)] = members(corpus(WHEELS[1]), MAGICS)
    image = read_macho(data)
    assert image.fat
    assert image.archs == ("x86_64", "arm64")
    assert {part.minos for part in image.slices} == {(12, 0, 0)}
    assert {part.platform for part in image.slices} == {Platform.MACOS}


def test_a_simulator_is_no_device(corpus: Corpus) -> None:
    images = [read_macho(data) for _, data in members(corpus(WHEELS[3]), MAGICS)]
    assert [(part.platform, part.minos) for image in images for part in image.slices] == [
        (Platform.IOS_SIMULATOR, (14, 0, 0))
    ]


@given(mach_files())
def test_what_is_built_is_read(recipe: MachFile) -> None:
    part = only(recipe.encode())
    names = {build.LOAD: "load", build.WEAK: "weak", build.REEXPORT: "reexport", build.LAZY: "lazy"}
    loads = [c for c in recipe.commands if c.kind in {*names, build.UPWARD} and c.text is not None]
    assert [(d.name, d.kind) for d in part.dylibs] == [
        ((c.text or b"").decode(), names.get(c.kind, "upward")) for c in loads
    ]
    assert list(part.rpaths) == [(c.text or b"").decode() for c in recipe.commands if c.kind == build.RPATH]
    assert (part.cpu_type, part.cpu_subtype, part.bits) == (*recipe.cpu, recipe.bits)
    assert (part.filetype, part.offset, part.size) == (recipe.filetype, 0, len(recipe.encode()))
    assert part.header_room == recipe.room
    assert list(part.symbols.imports) == [name for name, kind, _ in recipe.symbols if kind == build.UNDEFINED]
    assert list(part.symbols.exports) == [name for name, kind, _ in recipe.symbols if kind == build.EXPORTED]
    assert bool(recipe.signature) == (part.signature.kind.value != "none")


@settings(max_examples=40)  # each reads four files
@given(mach_files())
def test_a_fat_file_holds_what_its_slices_are(recipe: MachFile) -> None:
    thin, other = recipe.encode(), MachFile(cpu=build.X86_64H).encode()
    for wide in (False, True):
        image = read_macho(fat(thin, other, wide=wide))
        assert image.fat
        assert image.slices[0].symbols == only(thin).symbols
        assert image.slices[0].dylibs == only(thin).dylibs
        assert image.archs == (only(thin).arch, "x86_64h")
        data = fat(thin, other, wide=wide)
        assert [data[s.offset : s.offset + s.size] for s in image.slices] == [thin, other]


def test_reading_twice_gives_equal_values() -> None:
    data = MachFile(symbols=(("_a", build.UNDEFINED, 0),)).encode()
    assert read_macho(data) == read_macho(bytearray(data)) == read_macho(memoryview(data))
    assert hash(read_macho(data)) == hash(read_macho(bytearray(data)))
    assert read_macho(data) != read_macho(MachFile(symbols=(("_b", build.UNDEFINED, 0),)).encode())
    symbols: object = only(data).symbols
    assert symbols != "symbols"


@pytest.mark.parametrize(
    ("cpu", "name"),
    [
        (build.ARM64, "arm64"),
        ((build.ARM64[0], 1), "arm64"),
        (build.ARM64E, "arm64e"),
        (build.ARM64_32, "arm64_32"),
        (build.ARMV7, "armv7"),
        (build.ARMV7K, "armv7k"),
        (build.X86_64, "x86_64"),
        ((build.X86_64[0], 3 | 0x80 << 24), "x86_64"),
        (build.X86_64H, "x86_64h"),
        (build.I386, "i386"),
        (build.PPC, "ppc"),
        ((0x01000012, 0), "ppc64"),
        ((6, 0), "machine-6"),
    ],
)
def test_architectures_have_the_names_of_tags(cpu: tuple[int, int], name: str) -> None:
    assert with_commands(cpu=cpu).arch == name


@pytest.mark.parametrize(
    ("kind", "cpu", "platform"),
    [
        (build.MIN_MACOS, build.X86_64, Platform.MACOS),
        (build.MIN_IOS, build.ARM64, Platform.IOS),
        (build.MIN_IOS, build.X86_64, Platform.IOS_SIMULATOR),
        (build.MIN_TVOS, build.ARM64, Platform.TVOS),
        (build.MIN_TVOS, build.I386, Platform.TVOS_SIMULATOR),
        (build.MIN_WATCHOS, build.ARMV7K, Platform.WATCHOS),
        (build.MIN_WATCHOS, build.I386, Platform.WATCHOS_SIMULATOR),
    ],
)
def test_the_older_version_commands(kind: int, cpu: tuple[int, int], platform: Platform) -> None:
    part = with_commands(version_min(kind, packed(10, 9, 3), packed(14, 2)), cpu=cpu)
    assert (part.platform, part.minos, part.sdk) == (platform, (10, 9, 3), (14, 2, 0))


def test_a_file_without_version_command_has_no_platform() -> None:
    part = with_commands()
    assert (part.platform, part.minos, part.sdk) == (Platform.UNKNOWN, None, None)


def test_an_sdk_of_zero_is_not_named() -> None:
    assert with_commands(build_version(1, packed(11))).sdk is None


def test_an_unheard_of_platform_is_unknown() -> None:
    part = with_commands(build_version(77, packed(3)))
    assert (part.platform, part.minos) == (Platform.UNKNOWN, (3, 0, 0))


@pytest.mark.parametrize(
    "commands",
    [
        (build_version(1, packed(11)), build_version(6, packed(14))),
        (build_version(6, packed(14)), build_version(1, packed(11)), build_version(1, packed(12))),
        (build_version(6, packed(14)), version_min(build.MIN_MACOS, packed(11))),
    ],
)
def test_of_a_zippered_library_macos_counts(commands: tuple[build.Command, ...]) -> None:
    part = with_commands(*commands)
    assert (part.platform, part.minos) == (Platform.MACOS, (11, 0, 0))


def test_catalyst_alone_is_catalyst() -> None:
    assert with_commands(build_version(6, packed(14))).platform is Platform.MACCATALYST


@pytest.mark.parametrize(
    ("kind", "flags", "name"),
    [
        (build.LOAD, 0, "load"),
        (build.LOAD, 1, "weak"),
        (build.WEAK, 1, "weak"),
        (build.LOAD, 2, "reexport"),
        (build.LOAD, 4, "upward"),
        (build.LOAD, 8, "lazy"),
    ],
)
def test_dylib_commands_with_flags(kind: int, flags: int, name: str) -> None:
    """The form of macOS 15: dylib_use_command in loader.h."""
    command = build.Command(kind, (0x1A741800, packed(2, 3), packed(1), flags), b"/usr/lib/libz.1.dylib")
    assert with_commands(command).dylibs == (Dylib("/usr/lib/libz.1.dylib", name, (2, 3, 0), (1, 0, 0), 28),)


def test_the_install_name_is_no_dependency() -> None:
    part = with_commands(dylib("@rpath/libx.dylib", build.IDENTITY))
    assert (part.install_name, part.dylibs) == ("@rpath/libx.dylib", ())
    assert with_commands().install_name is None


def test_a_library_says_what_it_is_compatible_with() -> None:
    part = with_commands(dylib("libx.dylib", build.IDENTITY, current=packed(9), compatibility=packed(3, 2, 1)))
    assert part.compatibility == (3, 2, 1)
    assert with_commands().compatibility is None


def test_names_that_are_not_utf_8_survive() -> None:
    part = with_commands(rpath("/opt/\udcff"))
    assert part.rpaths == ("/opt/\udcff",)


def test_a_file_without_contents_has_no_room() -> None:
    header = pack("<8I", 0xFEEDFACF, *build.ARM64, build.OBJECT, 0, 0, 0, 0)
    assert only(header).header_room == 0
    assert only(header).symbols.imports == ()
    assert only(header).symbols.exports == ()


def test_a_dsym_names_sections_that_it_does_not_have() -> None:
    """Its __TEXT is that of the program it is about: addresses and sizes, but no bytes of the file."""
    segment = pack("<2I16s4Q4I", 0x19, 152, b"__TEXT", 0, 0x4000, 0, 0, 7, 5, 1, 0)
    section = pack("<16s16s2Q8I", b"__text", b"__TEXT", 0x1000, 0x99999, 0x1000, 0, 0, 0, 0, 0, 0, 0)
    header = pack("<8I", 0xFEEDFACF, *build.ARM64, build.DSYM, 1, 152, 0, 0)
    part = only(header + segment + section)
    assert (part.filetype, part.header_room) == (build.DSYM, 0)


GOOD = MachFile(commands=(dylib("/usr/lib/libSystem.B.dylib"), rpath("@loader_path"))).encode()
THIN, OTHER = MachFile().encode(), MachFile(cpu=build.X86_64).encode()


def patched(data: bytes, at: int, value: int, size: int = 4, order: str = "<") -> bytes:
    return data[:at] + value.to_bytes(size, "little" if order == "<" else "big") + data[at + size :]


def entry(number: int, field: int) -> int:
    return 8 + 20 * number + 4 * field


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        pytest.param(b"", "magic number", 0, id="empty"),
        pytest.param(b"\xcf\xfa\xed\xfe", "Mach-O header", 0, id="magic alone"),
        pytest.param(b"\x7fELF", "can't begin with", 0, id="not Mach-O"),
        pytest.param(GOOD[:200], "load commands", 32, id="truncated"),
        pytest.param(patched(GOOD, 16, 200), "load command", None, id="too many commands"),
        pytest.param(patched(GOOD, 16, 2), "take", None, id="too few commands"),
        pytest.param(patched(GOOD, 16, 0xFFFFFFFF), "load command", None, id="ncmds of 2^32"),
        pytest.param(patched(GOOD, 20, 0xFFFFFFFF), "load commands", 32, id="sizeofcmds of 2^32"),
        pytest.param(patched(GOOD, 36, 0), "claims 0 bytes", 32, id="cmdsize 0"),
        pytest.param(patched(GOOD, 36, 7), "claims 7 bytes", 32, id="cmdsize 7"),
        pytest.param(patched(GOOD, 36, 0xFFFFFFF0), "load command", 32, id="cmdsize beyond the area"),
        pytest.param(patched(GOOD, 32 + 64, 1000), "sections", None, id="sections beyond the command"),
        pytest.param(patched(GOOD, 32 + 48, 1 << 40, 8), "segment", None, id="segment beyond the file"),
        pytest.param(patched(GOOD, 32 + 72 + 48, 0xFFFF), "section", None, id="section beyond the file"),
        pytest.param(fat(THIN, OTHER)[:6], "number of slices", 4, id="fat header cut"),
        pytest.param(fat(THIN, OTHER)[:30], "slice", None, id="fat entries cut"),
        pytest.param(fat(THIN, OTHER)[:-1], "slice", None, id="slice beyond the file"),
        pytest.param(patched(fat(THIN), 4, 0, order=">"), "0", 4, id="no slices"),
        pytest.param(patched(fat(THIN), 4, 43, order=">"), "43", 4, id="more slices than a class leaves"),
        pytest.param(patched(fat(THIN, OTHER), entry(1, 2), 64, order=">"), "lies over", 64, id="overlap"),
        pytest.param(patched(fat(THIN), entry(0, 2), 0, order=">"), "lies over", 0, id="slice over the header"),
        pytest.param(fat(THIN, THIN), "same architecture", 8, id="twice the same"),
        pytest.param(fat(THIN, cpus=[build.X86_64]), "announces x86_64", 32, id="another architecture"),
        pytest.param(fat(fat(THIN)), "fat file again", 32, id="recursion"),
        pytest.param(fat(b""), "can't begin with nothing", None, id="empty slice"),
    ],
)
def test_damage_is_told_with_its_place(data: bytes, message: str, offset: int | None) -> None:
    with pytest.raises(BinaryError, match=message) as caught:
        read_macho(data)
    assert caught.value.where.offset is not None
    if offset is not None:
        assert caught.value.where.offset == offset


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        pytest.param([build.Command(build.RPATH, (12, 0x41414141))], "no end", id="unterminated"),
        pytest.param([build.Command(build.RPATH, (8,), None)], "fixed part", id="string in the head"),
        pytest.param([build.Command(build.RPATH, (4000,), None)], "LC_RPATH", id="string beyond the command"),
        pytest.param([build.Command(build.RPATH)], "LC_RPATH", id="command without fields"),
        pytest.param([build.Command(build.LOAD, (24, 2))], "dylib", id="dylib cut"),
        pytest.param([dylib("a", build.IDENTITY)] * 2, "second LC_ID_DYLIB", id="two ids"),
        pytest.param([build.Command(build.SYMTAB, (0, 0, 0, 0))], "second LC_SYMTAB", id="two symbol tables"),
        pytest.param([build.Command(build.DYSYMTAB, (0,) * 18)] * 2, "second LC_DYSYMTAB", id="two ranges"),
        pytest.param([build.Command(build.DYSYMTAB, (0, 0, 0, 9) + (0,) * 14)], "symbol 8", id="range too long"),
        pytest.param([build.Command(build.SIGNATURE, (1 << 30, 8))], "code signature", id="signature outside"),
        pytest.param([build.Command(0x99, (0,) * (5 << 18))], "more than", id="endless commands"),
    ],
)
def test_commands_that_lie(commands: list[build.Command], message: str) -> None:
    with pytest.raises(BinaryError, match=message):
        with_commands(*commands)


def test_errors_inside_a_slice_count_from_the_start_of_the_file() -> None:
    data = fat(THIN, patched(OTHER, 36, 0))
    start = data.index(OTHER[:36])
    with pytest.raises(BinaryError) as caught:
        read_macho(data)
    assert caught.value.where.offset == start + 32


def test_an_image_of_images_keeps_file_order() -> None:
    image: MachO = read_macho(fat(MachFile(cpu=build.ARM64).encode(), OTHER, align=14))
    assert image.archs == ("arm64", "x86_64")
    assert [part.offset % (1 << 14) for part in image.slices] == [0, 0]
