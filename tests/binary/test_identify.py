from __future__ import annotations

import mmap
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.native_oracles import members
from tests.corpus import Corpus
from tests.strategies.macho import I386, PPC, X86_64, MachFile, fat
from tests.strategies.pe import AMD64, PeFile
from tests.strategies.pe import I386 as PE_I386
from truewheel.binary import HEAD, identify, read
from truewheel.errors import BinaryError

ARCHIVE = b"!<arch>\n" + b"libx.o/         0           0     0     100644  0         `\n"
JAVA = b"\xca\xfe\xba\xbe" + pack(">2H", 0, 65) + bytes(80)
DOS = b"MZ".ljust(0x3C, b"\0") + pack("<I", 0x40)
THIN, OTHER = MachFile().encode(), MachFile(cpu=X86_64).encode()
UNIVERSAL_ARCHIVE = fat(ARCHIVE, ARCHIVE, cpus=[(0x0100000C, 0), X86_64])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(THIN, "macho", id="Mach-O"),
        pytest.param(MachFile(cpu=PPC, order=">", bits=32).encode(), "macho", id="Mach-O, 32 bits, big-endian"),
        pytest.param(MachFile(cpu=(0x01000012, 0), order=">").encode(), "macho", id="Mach-O, 64 bits, big-endian"),
        pytest.param(MachFile(cpu=I386, bits=32).encode(), "macho", id="Mach-O, 32 bits"),
        pytest.param(MachFile(filetype=1).encode(), "macho", id="Mach-O object"),
        pytest.param(fat(THIN, OTHER), "macho", id="fat"),
        pytest.param(fat(THIN, wide=True), "macho", id="fat64"),
        pytest.param(PeFile().encode(), "pe", id="PE"),
        pytest.param(PeFile(lfanew=0x80).encode(), "pe", id="PE behind a stub"),
        pytest.param(b"\0asm\1\0\0\0", "wasm", id="WebAssembly"),
    ],
)
def test_native_files(data: bytes, kind: str) -> None:
    assert identify(data[:HEAD]) == kind
    image = read(data)
    assert image is not None
    assert image.format == kind


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"M", id="one byte"),
        pytest.param(b"import os\n", id="text"),
        pytest.param(b"MZ is how this text begins", id="text that begins with MZ"),
        pytest.param(ARCHIVE, id="archive"),
        pytest.param(JAVA, id="Java class"),
        pytest.param(b"\xca\xfe\xba\xbe" + pack(">2H", 3, 45) + bytes(80), id="Java class of 1996"),
        pytest.param(b"\xca\xfe\xba\xbe\0\0", id="fat magic alone"),
        pytest.param(b"\xca\xfe\xba\xbe" + bytes(80), id="fat without slices"),
        pytest.param(DOS + b"NE\0\0" + bytes(80), id="16-bit Windows"),
        pytest.param(DOS, id="DOS"),
        pytest.param(b"MZ".ljust(0x3C, b"\0") + bytes(80), id="DOS without a new header"),
        pytest.param(b"MZ".ljust(0x3C, b"\0") + b"\xff" * 80, id="DOS with a wild new header"),
        pytest.param(b"MZ".ljust(0x3C, b"\0") + pack("<I", 0x80) + bytes(60) + b"LE\0\0", id="VxD"),
        pytest.param(UNIVERSAL_ARCHIVE, id="fat archive"),
    ],
)
def test_other_files(data: bytes) -> None:
    assert read(data) is None


def test_what_the_head_can_tell_it_tells() -> None:
    assert identify(JAVA[:HEAD]) is None
    assert identify((b"MZ".ljust(0x20, b"\0") + b"NE\0\0").ljust(0x3C, b"\0") + pack("<I", 0x20)) is None
    assert identify((DOS + b"NE\0\0")[:HEAD]) == "pe"
    assert identify(UNIVERSAL_ARCHIVE[:HEAD]) == "macho"


@pytest.mark.parametrize(
    ("machine", "flags", "native"),
    [
        (PE_I386, 0x1, False),
        (PE_I386, 0x9, False),
        (PE_I386, 0x20003, False),
        (PE_I386, 0x3, True),
        (PE_I386, 0x0, True),
        (AMD64, 0x1, True),
        (PE_I386, None, True),
    ],
)
def test_an_assembly_for_any_processor_is_not_native(machine: int, flags: int | None, native: bool) -> None:
    """CorFlags: 1 only intermediate code, 2 needs 32 bits, 0x20000 just prefers them (ECMA-335, II.25.3.3.1)."""
    data = PeFile(machine=machine, bits=32 if machine == PE_I386 else 64, managed=flags).encode()
    assert (read(data) is not None) is native


def test_a_mixed_fat_file_is_damaged() -> None:
    with pytest.raises(BinaryError, match="can't begin with"):
        read(fat(THIN, ARCHIVE, cpus=[(0x0100000C, 0), X86_64]))


def test_a_truncated_native_file_is_damaged_and_not_foreign() -> None:
    for data in (THIN, fat(THIN, OTHER), PeFile().encode()):
        with pytest.raises(BinaryError):
            read(data[:100])


@given(st.binary(max_size=100))
def test_any_bytes_are_none_or_an_error(data: bytes) -> None:
    assert identify(data) in {None, "elf", "macho", "pe", "wasm"}
    if identify(data[:HEAD]) is None:
        assert read(data) is None


def test_a_mapped_file_reads_as_its_bytes(tmp_path: Path) -> None:
    for data in (fat(THIN, OTHER), PeFile(imports=[("a.dll", ["f"])]).encode()):
        path = tmp_path / "image"
        path.write_bytes(data)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert read(mapped) == read(data)


def test_every_member_of_real_wheels_is_told_by_its_magic(corpus: Corpus) -> None:
    kinds = {
        "pyzmq-27.3.0-cp312-abi3-win_arm64.whl": "pe",
        "lru_dict-1.4.1-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl": "macho",
        "cffi-2.1.1-cp311-cp311-musllinux_1_2_i686.whl": "elf",
    }
    for wheel, kind in kinds.items():
        for name, data in members(corpus(wheel), (b"",)):
            native = name.endswith((".so", ".pyd", ".dll")) or ".so." in name
            image = read(data)
            assert (image is not None and image.format == kind) if native else image is None, name
