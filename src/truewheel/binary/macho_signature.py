"""Who signed a Mach-O slice: a summary of its embedded code signature.

Source: Apple's ``cs_blobs.h`` (xnu). A signature is a SuperBlob, big-endian on every machine, that indexes
other blobs: CodeDirectories, requirements, entitlements and the CMS signature.
"""

from __future__ import annotations

from struct import Struct

from truewheel.binary.fields import LONGEST_PATH, Fields
from truewheel.binary.model import Signature, SignatureKind

UNSIGNED = Signature(SignatureKind.NONE, identifier="", team="", flags=0, entitlements=False)

SUPER_BLOB, CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
"""What signatures and CodeDirectories begin with."""
_DIRECTORY_SLOT, _ENTITLEMENTS, _ENTITLEMENTS_DER, _CMS = 0, 5, 7, 0x10000
_AD_HOC, _LINKER_SIGNED = 0x2, 0x20000
_HAS_TEAM = 0x20200
_MOST_BLOBS = 64  # codesign writes at most ten

_BLOB = Struct(">II")  # magic, length
_COUNT = Struct(">I")
_INDEX = Struct(">II")  # slot, offset
_DIRECTORY = Struct(">6I")  # magic, length, version, flags, hash offset, identifier offset
_TEAM = Struct(">I")
_TEAM_AT = 48


def read_signature(data: Fields) -> Signature:
    """What the signature in `data` (the bytes that LC_CODE_SIGNATURE names) says of its maker.

    A signature is by an identity when it carries a CMS signature or isn't marked ad hoc. Raises `BinaryError`
    where the blobs are damaged or no CodeDirectory is among them.
    """
    blobs = read_blobs(data)
    if _DIRECTORY_SLOT not in blobs:
        raise data.error("the code signature has no CodeDirectory", 0)
    directory = blobs[_DIRECTORY_SLOT]
    magic, _, version, flags, _, identifier_at = directory.unpack(_DIRECTORY, 0, "the CodeDirectory")
    if magic != CODE_DIRECTORY:
        raise directory.error(f"a CodeDirectory begins with {CODE_DIRECTORY:#x}, here is {magic:#x}", 0)
    team_at = directory.unpack(_TEAM, _TEAM_AT, "the CodeDirectory")[0] if version >= _HAS_TEAM else 0
    return Signature(
        kind=_kind(flags, signed=_filled(blobs, _CMS)),
        identifier=directory.text(identifier_at, LONGEST_PATH, "the signing identifier"),
        team=directory.text(team_at, LONGEST_PATH, "the team identifier") if team_at else "",
        flags=flags,
        entitlements=_filled(blobs, _ENTITLEMENTS) or _filled(blobs, _ENTITLEMENTS_DER),
    )


def _kind(flags: int, *, signed: bool) -> SignatureKind:
    if signed or not flags & _AD_HOC:
        return SignatureKind.IDENTITY
    return SignatureKind.LINKER if flags & _LINKER_SIGNED else SignatureKind.AD_HOC


def read_blobs(data: Fields) -> dict[int, Fields]:
    """The blobs by slot; the first of each slot counts, as for the kernel."""
    magic, length = data.unpack(_BLOB, 0, "the code signature")
    if magic != SUPER_BLOB:
        raise data.error(f"a code signature begins with {SUPER_BLOB:#x}, here is {magic:#x}", 0)
    body = data.part(0, length, "the code signature")
    (count,) = body.unpack(_COUNT, _BLOB.size, "the number of signature blobs")
    if count > _MOST_BLOBS:
        raise data.error(f"the code signature claims {count} blobs, more than {_MOST_BLOBS}", _BLOB.size)
    blobs: dict[int, Fields] = {}
    for number in range(count):
        slot, offset = body.unpack(_INDEX, _BLOB.size + _COUNT.size + number * _INDEX.size, "the blob index")
        _, size = body.unpack(_BLOB, offset, "a signature blob")
        blobs.setdefault(slot, body.part(offset, size, "a signature blob"))
    return blobs


def _filled(blobs: dict[int, Fields], slot: int) -> bool:
    """Whether the slot has a blob with more in it than its own header."""
    return slot in blobs and blobs[slot].size > _BLOB.size
