"""What the ELF reader says of files whose every field is known, because they were made for it."""

from __future__ import annotations

import mmap
from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given

from tests.binary.fixtures import (
    BASE,
    EM_386,
    EM_AARCH64,
    EM_ARM,
    EM_S390,
    Made,
    Need,
    Note,
    Recipe,
    Symbol,
    arm_attributes,
    gnu_property,
    make,
)
from tests.strategies.elf import recipes
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_layout import read_layout
from truewheel.binary.model import Binding, ElfSymbol, VersionNeed

ISA_NEEDED, ISA_USED = 0xC0008002, 0xC0010002
FEATURE_1_AND = 0xC0000002
_BINDINGS = {1: Binding.GLOBAL, 2: Binding.WEAK, 10: Binding.UNIQUE}
IMPORTS = (Symbol("malloc"), Symbol("free", binding=2), Symbol("errno", kind=6))


def expected_symbols(recipe: Recipe, *, defined: bool) -> tuple[ElfSymbol, ...]:
    names = {index: (version, need.library) for need in recipe.needs for version, index, _ in need.versions}
    names |= {index: (version, "") for version, index in recipe.definitions}
    return tuple(
        ElfSymbol(
            symbol.name,
            names.get(symbol.version, ("", ""))[0],
            "" if defined else names.get(symbol.version, ("", ""))[1],
            _BINDINGS[symbol.binding],
            symbol.kind,
        )
        for symbol in recipe.symbols
        if symbol.defined is defined and symbol.binding
    )


@given(recipes())
def test_reading_gives_back_what_was_written(recipe: Recipe) -> None:
    elf = read_elf(make(recipe).data)
    assert (elf.bits, elf.little_endian, elf.machine) == (recipe.bits, recipe.little, recipe.machine)
    assert (elf.type, elf.flags, elf.osabi) == (recipe.type, recipe.flags, recipe.osabi)
    assert (elf.interpreter, elf.dynamic) == (recipe.interpreter, True)
    assert (elf.soname, elf.needed) == (recipe.soname, recipe.needed)
    assert elf.rpath == (None if recipe.rpath is None else tuple(recipe.rpath.split(":")))
    assert elf.runpath == (None if recipe.runpath is None else tuple(recipe.runpath.split(":")))
    assert elf.version_needs == tuple(
        VersionNeed(need.library, version, weak) for need in recipe.needs for version, _, weak in need.versions
    )
    assert elf.version_definitions == tuple(version for version, _ in recipe.definitions)
    assert elf.symbols.imports == expected_symbols(recipe, defined=False)
    assert elf.symbols.exports == expected_symbols(recipe, defined=True)
    assert elf.relocations == {*recipe.relocations, *recipe.plt}
    assert elf.load_alignment == recipe.alignment
    builds = [note.text.hex() for note in recipe.notes if (note.owner, note.kind) == (b"GNU\0", 3) and note.text]
    assert elf.build_id == next(iter(builds), None)


@given(recipes())
def test_equal_files_are_equal_and_hashable_values(recipe: Recipe) -> None:
    first, second = read_elf(make(recipe).data), read_elf(bytearray(make(recipe).data))
    assert first == second
    assert hash(first) == hash(second)
    renamed = replace(recipe, symbols=(*recipe.symbols, Symbol("one more")))
    assert read_elf(make(renamed).data).symbols != first.symbols


def test_symbols_are_decoded_once_and_outlive_the_buffer() -> None:
    with mmap.mmap(-1, 4096) as mapped:
        data = make(Recipe(symbols=IMPORTS)).data
        mapped[: len(data)] = data
        elf = read_elf(mapped)
    assert [symbol.name for symbol in elf.symbols.imports] == ["malloc", "free", "errno"]
    assert elf.symbols.imports is elf.symbols.imports
    assert "malloc" not in repr(elf)


@pytest.mark.parametrize(
    ("machine", "bits", "little", "word"),
    [
        (62, 64, True, "x86_64"),
        (62, 32, True, "x32"),
        (3, 32, True, "i686"),
        (183, 64, True, "aarch64"),
        (21, 64, True, "ppc64le"),
        (21, 64, False, "ppc64"),
        (22, 64, False, "s390x"),
        (243, 64, True, "riscv64"),
        (243, 32, True, "riscv32"),
        (258, 64, True, "loongarch64"),
        (8, 32, True, "mipsel"),
        (8, 64, False, "mips64"),
        (62, 64, False, "machine-62"),
        (247, 64, True, "machine-247"),
    ],
)
def test_the_architecture_takes_machine_size_and_byte_order(machine: int, bits: int, little: bool, word: str) -> None:
    elf = read_elf(make(Recipe(machine=machine, bits=bits, little=little)).data)
    assert elf.arch == word
    assert elf.archs == (word,)


@pytest.mark.parametrize(
    ("cpu", "word"), [(2, "armv4tl"), (4, "armv5tel"), (6, "armv6l"), (9, "armv6l"), (10, "armv7l")]
)
def test_arm_attributes_tell_older_processors(cpu: int, word: str) -> None:
    before = (b"\x05ARM\0", b"\x43" + b"2.09\0", b"\x41text\0", b"\x20\x01gnu\0", b"\x80\x02\x07")
    section = (0x70000003, "", arm_attributes(cpu, before=before))
    recipe = Recipe(machine=EM_ARM, bits=32, flags=0x5000400, sections=(section,))
    assert read_elf(make(recipe).data).arch == word


@pytest.mark.parametrize("cut", [0, 1, 4, 9, 12, 16, 17])
def test_arm_attributes_that_end_early_say_nothing(cut: int) -> None:
    section = (0x70000003, "", arm_attributes(6)[:cut])
    assert read_elf(make(Recipe(machine=EM_ARM, bits=32, flags=0x5000000, sections=(section,))).data).arch == "armv7l"


@pytest.mark.parametrize(
    "text",
    [
        b"A\0\0\0\0" * 9,
        b"A\x0b\0\0\0other\0x",
        arm_attributes(6, before=[b"\xff" * 12]),
        arm_attributes(6).replace(b"aeabi\0\x01", b"aeabi\0\x02"),
        arm_attributes(6).replace(b"\x06\x06", b"\x07\x06"),
    ],
)
def test_arm_attributes_that_make_no_sense_say_nothing(text: bytes) -> None:
    recipe = Recipe(machine=EM_ARM, bits=32, flags=0x5000000, sections=((0x70000003, "", text),))
    assert read_elf(make(recipe).data).arch == "armv7l"


def test_arm_without_eabi5_has_no_word_and_big_endian_another() -> None:
    assert read_elf(make(Recipe(machine=EM_ARM, bits=32, flags=0x4000000)).data).arch == "machine-40"
    big = Recipe(machine=EM_ARM, bits=32, little=False, flags=0x5000000)
    assert read_elf(make(big).data).arch == "armv7b"
    older = (0x70000003, "", arm_attributes(6, little=False))
    assert read_elf(make(replace(big, sections=(older,))).data).arch == "armv6b"


def test_a_symbol_count_of_s390x_has_64_bits() -> None:
    recipe = Recipe(machine=EM_S390, little=False, symbols=IMPORTS, hashed="sysv")
    assert len(read_elf(make(recipe).data).symbols.imports) == 3


@pytest.mark.parametrize("machine", [EM_S390, 0x9026])  # and Alpha
def test_by_llvm_it_has_32_bits_there_too(machine: int) -> None:
    for little in (True, False):
        recipe = Recipe(little=little, symbols=IMPORTS, hashed="sysv")
        data = make(recipe).patched(18, machine.to_bytes(2, "little" if little else "big"))
        assert len(read_elf(data).symbols.imports) == 3


def test_the_gnu_hash_table_counts_first() -> None:
    made = make(Recipe(symbols=(*IMPORTS, Symbol("answer", defined=True)), hashed="both"))
    elf = read_elf(made.patched(made.at["hash"] + 4, b"\xff\xff\xff\x7f"))
    assert (len(elf.symbols.imports), len(elf.symbols.exports)) == (3, 1)
    unhashed = make(Recipe(symbols=IMPORTS, hashed="both"))
    assert len(read_elf(unhashed.patched(unhashed.at["hash"] + 4, b"\3")).symbols.imports) == 2


def test_without_hashed_symbols_the_section_header_counts() -> None:
    made = make(Recipe(symbols=IMPORTS, hashed="gnu", sections=((11, "symbols", b""),)))
    assert len(read_elf(made.data).symbols.imports) == 3
    shorter = made.patched(made.at["sections"] + 64 + 32, pack("<Q", 48))
    assert len(read_elf(shorter).symbols.imports) == 1


@pytest.mark.parametrize("hashed", ["gnu", "none"])
def test_without_any_count_symbols_end_at_the_next_table(hashed: str) -> None:
    elf = read_elf(make(Recipe(symbols=IMPORTS, hashed=hashed, needed=("libc.so.6",))).data)
    assert [symbol.name for symbol in elf.symbols.imports] == ["malloc", "free", "errno"]


def test_sections_that_are_nonsense_are_left_alone() -> None:
    made = make(Recipe(symbols=IMPORTS, sections=((11, "symbols", b""),)))
    for garbage in (made.patched(40, b"\xff" * 8), made.patched(58, b"\x01\x00"), made.patched(60, b"\xff\xff")):
        assert read_elf(garbage).symbols == read_elf(make(Recipe(symbols=IMPORTS)).data).symbols


def test_a_defined_symbol_of_a_needed_version_is_a_copy_relocation() -> None:
    need = Need("libc.so.6", (("GLIBC_2.2.5", 2, False),))
    elf = read_elf(make(Recipe(needs=(need,), symbols=(Symbol("stdout", defined=True, kind=1, version=0x8002),))).data)
    assert elf.symbols.exports == (ElfSymbol("stdout", "GLIBC_2.2.5", "", Binding.GLOBAL, 1),)


def test_notes_of_android_and_x86() -> None:
    android = Note(b"Android\0", 1, pack("<I", 24) + b"r27d".ljust(64, b"\0"))
    assert read_elf(make(Recipe(machine=EM_AARCH64, notes=(android,))).data).android_api == 24
    text = gnu_property(64, (FEATURE_1_AND, 3), (ISA_NEEDED, 4), (ISA_USED, 0x1F))
    property_note = Note(b"GNU\0", 5, text, alignment=8)
    elf = read_elf(make(Recipe(notes=(property_note, android))).data)
    assert (elf.isa_needed, elf.isa_used, elf.android_api) == (4, 0x1F, 24)
    elsewhere = read_elf(make(Recipe(machine=EM_AARCH64, notes=(property_note,))).data)
    assert (elsewhere.isa_needed, elsewhere.isa_used) == (0, 0)
    small = Note(b"GNU\0", 5, gnu_property(32, (ISA_NEEDED, 1), (ISA_NEEDED, 2)), alignment=4)
    assert read_elf(make(Recipe(machine=EM_386, bits=32, notes=(small,))).data).isa_needed == 3


def test_several_notes_in_one_segment() -> None:
    android = Note(b"Android\0", 1, pack("<I", 21))
    two = Note(b"any\0", 7, bytes(4) + pack("<III", 4, 4, 3) + b"GNU\0\xab\xcd\xef\x01" + pack("<III", 8, 4, 1))
    made = make(Recipe(notes=(two, android)))
    start = made.at["note0"]
    assert read_elf(made.patched(start + 4, pack("<I", 4))).build_id == "abcdef01"


@pytest.mark.parametrize("text", [pack("<II", ISA_NEEDED, 400), pack("<I", 9), pack("<II", ISA_NEEDED, 0), b""])
def test_properties_that_do_not_fit_are_passed_over(text: bytes) -> None:
    assert read_elf(make(Recipe(notes=(Note(b"GNU\0", 5, text, 8),))).data).isa_needed == 0


def test_an_owner_with_a_long_name_is_not_ours() -> None:
    notes = (Note(b"GNU\0 and something more\0", 3, b"\1\2\3\4"), Note(b"GNU\0", 3, b"\5\6"))
    assert read_elf(make(Recipe(notes=notes)).data).build_id == "0506"


def test_a_note_that_does_not_fit_ends_the_notes() -> None:
    made = make(Recipe(notes=(Note(b"GNU\0", 3, b"\xaa\xbb"),)))
    assert read_elf(made.data).build_id == "aabb"
    assert read_elf(made.patched(made.at["note0"] + 4, pack("<I", 4000))).build_id is None


def test_flags_of_the_dynamic_table() -> None:
    plain = read_elf(make(Recipe()).data)
    assert not any((plain.relr, plain.text_relocations, plain.static_tls, plain.pie))
    assert read_elf(make(Recipe(tags=((36, BASE),))).data).relr
    assert read_elf(make(Recipe(tags=((0x6FFFE000, BASE),))).data).relr
    assert read_elf(make(Recipe(tags=((22, 0),))).data).text_relocations
    assert read_elf(make(Recipe(tags=((30, 4),))).data).text_relocations
    assert read_elf(make(Recipe(tags=((30, 16),))).data).static_tls
    assert read_elf(make(Recipe(tags=((0x6FFFFFFB, 0x08000000),))).data).pie


def test_segments_without_bytes() -> None:
    plain = read_elf(make(Recipe()).data)
    assert (plain.exec_stack, plain.has_tls) == (None, False)
    assert read_elf(make(Recipe(segments=((0x6474E551, 6),))).data).exec_stack is False
    assert read_elf(make(Recipe(segments=((0x6474E551, 7), (7, 4)))).data).exec_stack is True
    assert read_elf(make(Recipe(segments=((7, 4),))).data).has_tls


def test_the_last_of_two_tags_counts() -> None:
    made = make(Recipe(needed=("liba.so",), soname="libb.so", tags=((14, 1),)))
    assert read_elf(made.data).soname == "liba.so"


def test_an_object_file_has_nothing_dynamic() -> None:
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 0, 0, 64, 0, 0, 64, 0, 0)
    elf = read_elf(header)
    assert (elf.type, elf.dynamic, elf.needed, elf.load_alignment) == (1, False, (), 0)
    assert elf.symbols.imports == elf.symbols.exports == ()


def test_many_segments_are_counted_by_section_0() -> None:
    made = make(Recipe(soname="liba.so", sections=((1, "", b"x"),)))
    (count,) = made.data[56:57]
    many = made.patched(56, b"\xff\xff")
    many = many[: made.at["sections"] + 44] + pack("<I", count) + many[made.at["sections"] + 48 :]
    assert read_elf(many) == read_elf(made.data)


def test_mips_of_64_bits_has_relocations_of_its_own_kind() -> None:
    assert read_elf(make(Recipe(machine=8, little=False, relocations=(3,))).data).relocations == frozenset()
    assert read_elf(make(Recipe(machine=8, bits=32, little=False, relocations=(3,))).data).relocations == {3}


def test_an_interpreter_without_bytes_is_none() -> None:
    made = make(Recipe(interpreter="/lib/ld.so"))
    segment = made.at["segments"] + 2 * 56
    assert read_elf(made.patched(segment + 32, bytes(8))).interpreter is None


def test_a_count_of_sections_may_stand_in_the_first_of_them() -> None:
    made = make(Recipe(symbols=IMPORTS, sections=((11, "symbols", b""),)))
    extended = Made(made.patched(60, b"\0\0"), made.at).patched(made.at["sections"] + 32, pack("<Q", 2))
    smaller = extended[: made.at["sections"] + 64 + 32] + pack("<Q", 72) + extended[made.at["sections"] + 64 + 40 :]
    assert len(read_elf(smaller).symbols.imports) == 2


def test_a_debug_file_keeps_the_headers_of_what_it_left_out() -> None:
    made = make(Recipe(soname="liba.so"))
    dynamic = made.at["segments"] + 56
    elf = read_elf(made.patched(dynamic + 32, bytes(8)))
    assert elf.dynamic
    assert elf.soname is None


def test_tables_may_run_over_the_seam_of_neighbouring_segments() -> None:
    """As in programs that patchelf gave a new first segment, such as the ptxas of triton 2.0.0."""
    made = make(Recipe(needed=("libc.so.6",), symbols=tuple(Symbol(f"name{n}") for n in range(40))))
    layout = read_layout(made.data)
    (load,) = [segment for segment in layout.segments if segment.type == 1]
    middle = made.at["symbols"] + 100
    halves = [
        load._replace(file_size=middle - load.offset, memory_size=middle - load.offset),
        load._replace(
            offset=middle,
            address=load.address + middle - load.offset,
            file_size=load.file_size - (middle - load.offset),
            memory_size=load.memory_size - (middle - load.offset),
        ),
    ]
    others = [segment for segment in layout.segments if segment.type != 1]
    table = b"".join(layout.codec.segment.pack(*segment) for segment in [*halves, *others])
    data = bytearray(made.data + table)
    data[32:40] = len(made.data).to_bytes(8, "little")  # e_phoff: the table with one more row stands at the end
    data[56:58] = (len(layout.segments) + 1).to_bytes(2, "little")  # e_phnum
    assert [s.name for s in read_elf(bytes(data)).symbols.imports] == [f"name{n}" for n in range(40)]
