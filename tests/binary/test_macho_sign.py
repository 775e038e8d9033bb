"""Signatures that don't fit what they cover are found, and those that do aren't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.binary.macho_soundness import raw
from tests.binary.native_oracles import members
from tests.binary.test_macho_sign_make import ARM, ENTITLEMENTS, LASTING, REQUIREMENTS
from tests.corpus import Corpus
from tests.strategies import macho as build
from tests.strategies.macho import Sealing, fat, signed
from truewheel.binary import read_macho
from truewheel.binary.macho_sign import SignatureFault, needs_signature, signature_faults
from truewheel.binary.magic import FAT, THIN
from truewheel.errors import BinaryError

HARDENED = Sealing((1, 2), flags=0x10002, version=0x20500, blobs=[REQUIREMENTS, *ENTITLEMENTS])


@pytest.mark.parametrize("sealing", LASTING)
def test_a_signature_that_fits(sealing: Sealing) -> None:
    assert signature_faults(signed(ARM, sealing)) == ()


def test_one_byte_is_one_page() -> None:
    data = bytearray(signed(ARM))
    start, _ = raw(data).signature
    for at in (0x1801, 0x2000, start - 1):
        data[at] ^= 1
        assert signature_faults(data) == (
            SignatureFault(
                "arm64", f"1 of 13 pages aren't what their SHA-256 hashes say, the first at {at & ~0xFFF:#x}"
            ),
        )
        data[at] ^= 1


def test_every_directory_is_looked_at() -> None:
    data = signed(ARM, HARDENED).replace(b"\1\2\3", b"\3\2\1")
    assert [what.split(" say")[0] for _, what in signature_faults(data)] == [
        "13 of 13 pages aren't what their SHA-1 hashes",
        "13 of 13 pages aren't what their SHA-256 hashes",
    ]


def test_the_hashes_of_requirements_and_entitlements() -> None:
    data = signed(ARM, HARDENED).replace(b"<plist/>", b"<qlist/>")
    assert [what for _, what in signature_faults(data)] == [
        "slot 5 of the signature isn't what its SHA-1 hash says",
        "slot 5 of the signature isn't what its SHA-256 hash says",
    ]


def test_slots_with_and_without_contents() -> None:
    """Entitlements that no hash is about, and a hash that is about none."""
    sealing = Sealing(flags=2, blobs=[REQUIREMENTS, (9, ENTITLEMENTS[0][1])])
    data = bytearray(signed(ARM, sealing))
    start, _ = raw(data).signature
    assert signature_faults(data) == ()
    third = start + 12 + 2 * 8  # of the index
    data[third : third + 4] = (5).to_bytes(4, "big")
    assert [what for _, what in signature_faults(data)] == ["slot 5 of the signature isn't what its SHA-256 hash says"]
    data = bytearray(signed(ARM, replace(sealing, blobs=ENTITLEMENTS[:1])))
    second = start + 12 + 8
    data[second : second + 4] = (99).to_bytes(4, "big")
    assert [what for _, what in signature_faults(data)] == ["slot 5 of the signature isn't what its SHA-256 hash says"]
    data = bytearray(signed(ARM, replace(sealing, blobs=[(2, REQUIREMENTS[1])])))
    count = start + 12 + 8
    data[count : count + 4] = (7).to_bytes(4, "big")
    assert len(signature_faults(data)) == 2


def test_the_place_of_the_signature() -> None:
    place = (SignatureFault("arm64", "the signature isn't the end of __LINKEDIT and of the slice"),)
    assert signature_faults(signed(replace(ARM, tail=b"data"))) == place
    assert signature_faults(signed(replace(ARM, linkedit=False))) == place


def test_what_has_no_signature() -> None:
    unsigned = ARM.encode()
    (fault,) = signature_faults(unsigned)
    assert "no signature" in fault.what
    assert signature_faults(fat(unsigned, replace(ARM, cpu=build.X86_64).encode())) == (fault,)
    assert signature_faults(replace(ARM, filetype=build.OBJECT).encode()) == ()


def test_who_needs_a_signature() -> None:
    needing = {
        cpu: needs_signature(read_macho(replace(ARM, cpu=cpu).encode()).slices[0])
        for cpu in (build.ARM64, build.ARM64E, build.X86_64, build.X86_64H)
    }
    assert needing == {build.ARM64: True, build.ARM64E: True, build.X86_64: False, build.X86_64H: False}


def test_a_damaged_file_is_no_matter_of_its_signature() -> None:
    with pytest.raises(BinaryError):
        signature_faults(signed(ARM)[:-1])


@pytest.mark.parametrize(
    "wheel",
    [
        "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl",
        "protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl",
        "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
    ],
)
def test_published_signatures_fit(corpus: Corpus, wheel: str) -> None:
    found = [data for _, data in members(corpus(wheel), (*THIN, FAT))]
    assert found
    for data in found:
        assert signature_faults(data) == ()
