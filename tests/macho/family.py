"""What a repair asks of the four files: other names of libraries and programs, and no path of the build."""

from __future__ import annotations

from collections.abc import Mapping

from tests.macho.checker import Intended, shortfall
from tests.macho.layout import parts
from tests.macho.toolchains import AY, BEE, PLUG, PROGRAM
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho

NEW_BEE, NEW_AY = "libbee.1-5e6f7a8b.dylib", "libay-1a2b3c4d.dylib"

HOME = "/DLC/sample_project/native/.dylibs"
WANTED = {
    BEE: Intended(install_name=f"{HOME}/{NEW_BEE}"),
    AY: Intended({f"@rpath/{BEE}": f"@loader_path/{NEW_BEE}"}, f"{HOME}/{NEW_AY}", ("@loader_path",)),
    PLUG: Intended({f"@rpath/{BEE}": f"@loader_path/../sample_project.dylibs/{NEW_BEE}"}, rpaths=()),
    PROGRAM: Intended({f"/opt/build/{AY}": f"@executable_path/../lib/{NEW_AY}"}, rpaths=("@executable_path/lib",)),
}
"""What is asked of each file."""


def asked(intended: Mapping[str, Intended], *, sign: bool = False, resign: bool = False) -> MachChanges:
    """The same in the words of truewheel."""
    slices = {
        arch: SliceChanges(dylibs=change.dylibs, install_name=change.install_name, rpaths=change.rpaths)
        for arch, change in intended.items()
    }
    return MachChanges(slices, sign=sign, resign=resign, identifier="sample")


def edited(data: bytes, intended: Mapping[str, Intended], *, sign: bool = False, resign: bool = False) -> bytes:
    """The file with the changes made by truewheel."""
    return bytes(edit_macho(data, asked(intended, sign=sign, resign=resign)).applied(data))


def for_all(data: bytes, change: Intended) -> dict[str, Intended]:
    """The same change for every slice of a file."""
    return {part.arch: change for part in parts(data)}


def lacking(data: bytes, intended: Mapping[str, Intended]) -> int:
    """The bytes that lack for a change, at the slice that lacks most; 0 or below where it fits."""
    return max(shortfall(part, intended.get(part.arch, Intended())) for part in parts(data))
