"""The three files as a repair would leave them: renamed, and found by their new names alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.elf.toolchains import call
from tests.pe.toolchains import AY, BEE, FILES, PLUG
from tests.tools import need
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe

Names = dict[str, str]
Editor = Callable[[bytes, PeChanges], bytes]
"""What makes the changes: ours, or another tool that the harness is tried on."""

SHORT: Names = {BEE: "bee-5e.dll", AY: "ay-1a.dll"}
"""Names as long as the old ones."""

LONG: Names = {
    BEE: "libbee-0123456789abcdef0123456789abcdef.dll",
    AY: "libay-fedcba9876543210fedcba9876543210.dll",
}
"""Names as delvewheel makes them."""

LONGER: Names = {name: f"{'x' * 100}-{new}" for name, new in LONG.items()}
"""What they are called after the next edit."""

IMPORTS = {BEE: (), AY: (BEE,), PLUG: (AY,)}
"""Who imports from whom."""


def changes(name: str, names: Names, was: Names | None = None) -> PeChanges:
    """What is asked of a file of the family, whose members were called `was`."""
    old = was or {BEE: BEE, AY: AY}
    return PeChanges(
        {old[needed]: names[needed] for needed in IMPORTS[name]}, export_name=names.get(name), search_freely=True
    )


def edited(data: bytes, wanted: PeChanges, rooms: tuple[Room, ...] = tuple(Room)) -> bytes:
    """The file with the changes made by truewheel."""
    return bytes(edit_pe(data, wanted, rooms).applied(data))


def lay_out(source: Path, target: Path, names: Names, *, by: Editor | None = None, was: Names | None = None) -> Path:
    """Write the files of `source` to `target` under their new names, edited or as they are. `target`, to go on."""
    target.mkdir(parents=True)
    for name in FILES:
        data = (source / (was or {}).get(name, name)).read_bytes()
        (target / names.get(name, name)).write_bytes(by(data, changes(name, names, was)) if by else data)
    return target


def names_by_llvm(path: Path) -> dict[str, list[str]]:
    """The DLLs of the two tables, and the DLL's own name, as llvm-readobj reads them."""
    (readobj,) = need("llvm-readobj-19")
    lines = call([readobj, "--coff-imports", "--coff-exports", path]).splitlines()
    found: dict[str, list[str]] = {"Import": [], "DelayImport": []}
    table = ""
    for line in lines:
        if line.endswith(" {") and not line.startswith(" "):
            table = line.removesuffix(" {")
        elif line.startswith("  Name: ") and table in found:
            found[table].append(line.removeprefix("  Name: "))
    return found
