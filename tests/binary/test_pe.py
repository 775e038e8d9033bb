from __future__ import annotations

from struct import pack

import pefile
import pytest
from hypothesis import given, settings

from tests.binary.native_oracles import members, our_pe, pefile_pe
from tests.corpus import Corpus
from tests.strategies import pe as build
from tests.strategies.pe import OFFSET, RVA, PeFile, nb10, pe_files, rsds
from truewheel.binary import pe_checksum, read_pe
from truewheel.binary.pe_header import is_pe
from truewheel.errors import BinaryError

WHEELS = (
    "pillow-13.0.0-cp312-cp312-win_amd64.whl",
    "pyzmq-27.3.0-cp312-abi3-win_arm64.whl",
    "numpy-2.5.5-cp312-cp312-win32.whl",
)
SLOW = 2_000_000  # pefile takes seconds for larger files


@pytest.mark.parametrize(("wheel", "arch"), list(zip(WHEELS, ("amd64", "arm64", "win32"), strict=True)))
def test_real_files_read_as_pefile_reads_them(wheel: str, arch: str, corpus: Corpus) -> None:
    found = [(name, data) for name, data in members(corpus(wheel), (b"MZ",)) if len(data) < SLOW]
    assert found
    for name, data in found:
        image = read_pe(data)
        assert our_pe(image) == pefile_pe(data), name
        assert image.archs == (arch,)
        assert not image.hybrid
        assert image.dll


@given(pe_files())
def test_what_is_built_is_read(recipe: PeFile) -> None:
    data = recipe.encode()
    image = read_pe(data)
    assert [(d.name, list(d.symbols)) for d in image.imports if not d.delayed] == list(recipe.imports)
    assert [(d.name, list(d.symbols)) for d in image.imports if d.delayed] == list(recipe.delayed)
    assert image.export_name == recipe.export_name
    assert list(image.exports) == [name for name, _ in recipe.exports if name]
    assert list(image.forwards) == [
        (name or f"#{number}", forward) for number, (name, forward) in enumerate(recipe.exports, 1) if forward
    ]
    assert (image.machine, image.bits, image.image_base) == (recipe.machine, recipe.bits, recipe.base)
    for place, contents in ((image.certificate, recipe.certificate), (image.overlay, recipe.overlay)):
        assert (data[place[0] : sum(place)] if place else b"") == contents


def test_pefile_reads_every_table_that_is_built() -> None:
    recipe = PeFile(
        imports=[("a.dll", ["f", "#2"]), ("b.dll", ["g"])],
        delayed=[("late.dll", ["h"])],
        export_name="x.dll",
        exports=[("f", ""), ("g", "a.g"), ("", "b.#7")],
        debug=[(2, rsds("x.pdb")), (16, b"")],
        load_config=[(78, b"\0\x08")],
        certificate=b"signed",
    )
    assert our_pe(read_pe(recipe.encode())) == pefile_pe(recipe.encode())


@settings(max_examples=10)  # pefile takes its time
@given(pe_files())
def test_pefile_agrees_on_the_header_and_the_checksum(recipe: PeFile) -> None:
    data = recipe.encode()
    other = pefile.PE(data=data, fast_load=True)
    assert pe_checksum(data) == other.generate_checksum()
    assert read_pe(data).subsystem == other.OPTIONAL_HEADER.Subsystem


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_the_checksum_does_not_count_itself(length: int) -> None:
    """Nor does it matter how many bytes the last word has."""
    plain = PeFile(overlay=b"\xff" * length).encode()
    stamped = PeFile(overlay=b"\xff" * length, checksum=pe_checksum(plain)).encode()
    assert pe_checksum(stamped) == pe_checksum(plain) == read_pe(stamped).checksum


def test_the_checksum_of_a_large_file_goes_by_pieces() -> None:
    data = PeFile(overlay=bytes(range(256)) * 1024).encode()
    assert pe_checksum(data) == pefile.PE(data=data, fast_load=True).generate_checksum()


def test_a_checksum_at_an_odd_place_is_left_out_too() -> None:
    plain, stamped = (PeFile(lfanew=0x41, checksum=value).encode() for value in (0, 0x12345678))
    assert pe_checksum(plain) == pe_checksum(stamped)


def test_a_sum_that_is_a_multiple_of_the_modulus_is_not_zero() -> None:
    data = PeFile().encode()
    rest = 0xFFFF - (pe_checksum(data) - len(data))
    full = data + rest.to_bytes(2, "little")
    assert pe_checksum(full) == 0xFFFF + len(full) == pefile.PE(data=full, fast_load=True).generate_checksum()


def test_real_checksums_are_what_we_compute(corpus: Corpus) -> None:
    stamped = [data for _, data in members(corpus(WHEELS[2]), (b"MZ",)) if read_pe(data).checksum]
    for data in stamped:
        assert pe_checksum(data) == read_pe(data).checksum


@pytest.mark.parametrize(
    ("machine", "bits", "arch"),
    [(0x14C, 32, "win32"), (0x8664, 64, "amd64"), (0xAA64, 64, "arm64"), (0x1C4, 32, "machine-452")],
)
def test_architectures_have_the_names_of_tags(machine: int, bits: int, arch: str) -> None:
    assert read_pe(PeFile(machine=machine, bits=bits).encode()).arch == arch


def test_a_program_is_no_dll() -> None:
    assert not read_pe(PeFile(characteristics=0x22).encode()).dll


def test_versions_and_marks_of_the_header() -> None:
    image = read_pe(PeFile().encode())
    assert (image.linker_version, image.os_version, image.subsystem_version) == ((14, 44), (6, 2), (6, 1))
    assert (image.timestamp, image.dll_characteristics, image.subsystem) == (0x5F000000, 0x160, 2)


@pytest.mark.parametrize(
    ("debug", "path", "reproducible"),
    [
        ([], None, False),
        ([(2, rsds("C:\\build\\x.pdb"))], "C:\\build\\x.pdb", False),
        ([(2, nb10("old.pdb"))], "old.pdb", False),
        ([(2, b"NB09" + bytes(32))], None, False),
        ([(2, b"")], None, False),
        ([(16, b"")], None, True),
        ([(12, b"x" * 20), (2, rsds("first.pdb")), (2, rsds("second.pdb")), (16, b"hash")], "first.pdb", True),
    ],
)
def test_the_debug_directory(debug: list[tuple[int, bytes]], path: str | None, reproducible: bool) -> None:
    image = read_pe(PeFile(debug=debug).encode())
    assert (image.pdb_path, image.reproducible) == (path, reproducible)


def test_debug_data_that_is_not_mapped_is_found_by_its_offset() -> None:
    data = PeFile(debug=[(2, rsds("x.pdb"))]).encode()
    row = data.index(pack("<3I", 2, len(rsds("x.pdb")), RVA)) + 8
    assert read_pe(data[:row] + bytes(4) + data[row + 4 :]).pdb_path == "x.pdb"


@pytest.mark.parametrize(("bits", "flags_at", "pointer_at"), [(32, 54, 124), (64, 78, 200)])
def test_the_load_configuration(bits: int, flags_at: int, pointer_at: int) -> None:
    plain = read_pe(PeFile(bits=bits, load_config=[(flags_at, b"\0\x08")]).encode())
    assert (plain.dependent_load_flags, plain.hybrid) == (0x800, False)
    hybrid = read_pe(PeFile(bits=bits, load_config=[(pointer_at, b"\1")]).encode())
    assert (hybrid.dependent_load_flags, hybrid.hybrid) == (0, True)


def test_arm64ec_calls_itself_amd64() -> None:
    image = read_pe(PeFile(machine=build.AMD64, load_config=[(200, b"\1")]).encode())
    assert (image.arch, image.hybrid) == ("amd64", True)


def test_a_short_load_configuration_lacks_the_later_fields() -> None:
    config = [(70, b"\xff" * 2)]
    image = read_pe(PeFile(load_config=config, load_size=72).encode())
    assert (image.dependent_load_flags, image.hybrid) == (0, False)


def test_few_data_directories_are_enough() -> None:
    image = read_pe(PeFile(directories=2, imports=[("a.dll", ["f"])]).encode())
    assert (image.imports[0].name, image.export_name, image.certificate) == ("a.dll", None, None)


def test_what_follows_the_certificate_is_overlay_when_nothing_stands_before_it() -> None:
    data = PeFile(certificate=b"signed!!").encode() + b"hidden"
    image = read_pe(data)
    assert image.overlay == (len(data) - 6, 6)
    assert image.certificate == (len(data) - 14, 8)


def test_a_section_without_bytes_in_the_file_is_memory_only() -> None:
    data = PeFile(imports=[("a.dll", ["f"])]).encode()
    at = data.index(b".rdata\0\0")
    with pytest.raises(BinaryError, match="mapped"):
        read_pe(data[: at + 20] + bytes(4) + data[at + 24 :])


def test_the_loader_rounds_the_place_of_a_section_down() -> None:
    data = PeFile(imports=[("a.dll", ["f"])]).encode()
    at = data.index(b".rdata\0\0") + 20
    assert read_pe(data[:at] + pack("<I", OFFSET + 1) + data[at + 4 :]).imports == read_pe(data).imports


@pytest.mark.parametrize("field", [0, 1])
def test_half_a_row_is_no_certificate(field: int) -> None:
    assert read_pe(patched(row(build.CERTIFICATE, field), 8)).certificate is None


def test_reading_twice_gives_equal_values() -> None:
    data = PeFile(imports=[("a.dll", ["f", "#3"])]).encode()
    assert read_pe(data) == read_pe(bytearray(data)) == read_pe(memoryview(data))


GOOD = PeFile(imports=[("a.dll", ["f"])], debug=[(2, rsds("x.pdb"))]).encode()
OPTIONAL = 0x40 + 24
TABLE = GOOD.index(b".rdata\0\0")


def patched(at: int, value: int, size: int = 4) -> bytes:
    return GOOD[:at] + value.to_bytes(size, "little") + GOOD[at + size :]


def row(number: int, field: int = 0) -> int:
    return OPTIONAL + 112 + 8 * number + 4 * field


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "DOS header", id="empty"),
        pytest.param(b"MZ" + bytes(40), "DOS header", id="DOS header cut"),
        pytest.param(b"MZ" + bytes(62), "PE signature", id="plain DOS"),
        pytest.param(b"ZM" + GOOD[2:], "begins with MZ", id="no MZ"),
        pytest.param(patched(0x3C, 0xFFFFFFF0), "PE signature", id="signature outside"),
        pytest.param(GOOD[:0x50], "COFF header", id="COFF header cut"),
        pytest.param(GOOD[: OPTIONAL + 50], "optional header", id="optional header cut"),
        pytest.param(patched(OPTIONAL, 0x107, 2), "0x107", id="a ROM image"),
        pytest.param(patched(0x40 + 20, 100, 2), "optional header", id="optional header too short"),
        pytest.param(patched(0x40 + 20, 0, 2), "optional header", id="no optional header"),
        pytest.param(patched(0x40 + 20, 130, 2), "data directories", id="directories beyond their header"),
        pytest.param(patched(0x40 + 6, 0xFFFF, 2), "section", id="too many sections"),
        pytest.param(patched(TABLE + 16, 0x7FFFFFFF), "section '.rdata'", id="section beyond the file"),
        pytest.param(patched(TABLE + 20, 0x7FFFFFFF), "section '.rdata'", id="section outside"),
        pytest.param(patched(TABLE + 12, 0x100), "lies over", id="section over the headers"),
        pytest.param(patched(row(build.IMPORT), 0x99999999), "address 0x99999999", id="imports outside"),
        pytest.param(PeFile(certificate=b"signed!!").encode()[:-1], "certificate", id="certificate beyond the file"),
        pytest.param(patched(row(build.DEBUG, 1), 0x7FFFFFFF), "debug directory", id="debug directory too long"),
        pytest.param(patched(row(build.LOAD_CONFIG), 0x5000), "load configuration", id="configuration outside"),
        pytest.param(GOOD.replace(b"x.pdb\0", b"x.pdbx"), "path of the PDB", id="path without an end"),
    ],
)
def test_damage_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message) as caught:
        read_pe(data)
    assert caught.value.where.offset is not None


def test_other_programs_are_no_pe_files() -> None:
    assert is_pe(GOOD)
    assert not is_pe(b"ZM" + GOOD[2:])
    assert not is_pe(GOOD[:0x3E])


def test_the_checksum_wants_a_pe_file() -> None:
    with pytest.raises(BinaryError):
        pe_checksum(b"MZ")
