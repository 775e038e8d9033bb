"""What a native module says of how it was compiled, read by an independent reader."""

from __future__ import annotations

import io
import shlex
import sysconfig
import zipfile  # noqa: TID251 - looks into results with a reader that isn't ours; the ban protects src
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile


@dataclass(frozen=True, slots=True)
class Unit:
    """A compiled source as its debug information has it: its name, the compiler with its flags, and the folder."""

    name: str
    producer: str
    folder: str


def members(wheel: Path) -> dict[str, bytes]:
    """All members of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def modules(wheel: Path) -> dict[str, bytes]:
    """The native members of a wheel."""
    return {name: data for name, data in members(wheel).items() if data.startswith(b"\x7fELF")}


def units(data: bytes) -> list[Unit]:
    """Every compiled source in the debug information of a native file."""
    file = ELFFile(io.BytesIO(data))
    if not file.has_dwarf_info():
        return []
    found = []
    for unit in file.get_dwarf_info().iter_CUs():
        facts = {
            name: value.value.decode(errors="replace")
            for name, value in unit.get_top_DIE().attributes.items()
            if isinstance(value.value, bytes)
        }
        wanted = ("DW_AT_name", "DW_AT_producer", "DW_AT_comp_dir")
        found.append(Unit(*(facts.get(name, "") for name in wanted)))
    return found


def interpreter_flags() -> list[str]:
    """The flags that this Python was compiled with, and that extension modules get for theirs."""
    return shlex.split(sysconfig.get_config_var("CFLAGS") or "")


def optimisation(words: list[str]) -> str:
    """The level that counts, the last one: ``-O3``."""
    return next((word for word in reversed(words) if word.startswith("-O")), "")
