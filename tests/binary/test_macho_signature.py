from __future__ import annotations

import pytest

from tests.binary.native_oracles import members
from tests.corpus import Corpus
from tests.strategies.macho import MachFile, blob, signature
from truewheel.binary import read_macho
from truewheel.binary.model import Signature, SignatureKind
from truewheel.errors import BinaryError

CMS, ENTITLEMENTS, DER, REQUIREMENTS = 0x10000, 5, 7, 2


def read(data: bytes) -> Signature:
    return read_macho(MachFile(signature=data).encode()).slices[0].signature


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", SignatureKind.NONE),
        (signature(0x20002), SignatureKind.LINKER),
        (signature(0x2), SignatureKind.AD_HOC),
        (signature(0x2, blobs=[(CMS, blob(0xFADE0B01, b""))]), SignatureKind.AD_HOC),
        (signature(0x10000), SignatureKind.IDENTITY),
        (signature(0x2, blobs=[(CMS, blob(0xFADE0B01, b"a signature"))]), SignatureKind.IDENTITY),
    ],
)
def test_who_signed(data: bytes, kind: SignatureKind) -> None:
    assert read(data).kind is kind


def test_what_a_signature_tells() -> None:
    found = read(signature(0x10000, "org.example.tool", "ABCDE12345", [(ENTITLEMENTS, blob(0xFADE7171, b"<plist/>"))]))
    assert found == Signature(SignatureKind.IDENTITY, "org.example.tool", "ABCDE12345", 0x10000, entitlements=True)


@pytest.mark.parametrize(
    ("slot", "data", "entitled"),
    [(ENTITLEMENTS, b"", False), (DER, b"p", True), (REQUIREMENTS, b"r", False)],
)
def test_entitlements_are_blobs_with_something_in_them(slot: int, data: bytes, entitled: bool) -> None:
    assert read(signature(blobs=[(slot, blob(0xFADE7171, data))])).entitlements is entitled


def test_old_directories_have_no_team() -> None:
    assert not read(signature(version=0x20100, team="ABCDE12345")).team


def test_of_two_directories_the_first_counts() -> None:
    """SHA-1 for old systems stands first, SHA-256 in an alternate slot."""
    assert read(signature(0x2, "first", blobs=[(0x1000, signature(0x10000, "second")[20:])])).identifier == "first"


def test_padding_behind_the_signature_is_ignored() -> None:
    assert read(signature() + bytes(18000)) == read(signature())


@pytest.mark.parametrize(
    ("wheel", "kinds"),
    [
        (
            "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl",
            {("x86_64", SignatureKind.NONE, ""), ("arm64", SignatureKind.LINKER, "liborjson.dylib")},
        ),
        (
            "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
            {
                (arch, SignatureKind.AD_HOC, name)
                for arch in ("x86_64", "arm64")
                for name in ("_zmq.abi3", "libsodium.26", "libzmq.5")
            },
        ),
    ],
)
def test_real_signatures(wheel: str, kinds: set[tuple[str, SignatureKind, str]], corpus: Corpus) -> None:
    images = [read_macho(data) for _, data in members(corpus(wheel), (b"\xca\xfe\xba\xbe",))]
    assert kinds == {
        (part.arch, part.signature.kind, part.signature.identifier) for image in images for part in image.slices
    }


GOOD = signature(0x2, "libx", blobs=[(REQUIREMENTS, blob(0xFADE0C01, b"r"))])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"\0" * 64, "begins with 0xfade0cc0", id="no SuperBlob"),
        pytest.param(GOOD[:6], "code signature", id="cut in its head"),
        pytest.param(GOOD[:-1], "code signature", id="cut at its end"),
        pytest.param(GOOD[:8] + b"\xff" * 4 + GOOD[12:], "claims 4294967295 blobs", id="2^32 blobs"),
        pytest.param(GOOD[:8] + b"\0" * 4 + GOOD[12:], "no CodeDirectory", id="no blobs"),
        pytest.param(GOOD[:16] + b"\xff" * 4 + GOOD[20:], "blob", id="blob outside"),
        pytest.param(GOOD[:28] + b"\0" + GOOD[29:], "CodeDirectory begins with", id="wrong directory"),
        pytest.param(GOOD[:32] + b"\0\0\0\x10" + GOOD[36:], "CodeDirectory", id="short directory"),
        pytest.param(GOOD[:48] + b"\0\0\1\0" + GOOD[52:], "identifier", id="identifier outside"),
    ],
)
def test_signatures_that_lie(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message):
        read(data)
