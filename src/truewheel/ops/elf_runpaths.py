"""Run paths of ELF files in a wheel: what stays of them, and the way from one folder to another.

What remains are entries that mean a folder of installed packages, be it this wheel's or another's: those begin
with ``$ORIGIN`` and don't lead out of site-packages. All others name the machine that built the wheel, or whatever
folder a process happens to be in, and what is found there is nobody's choice (ld.so(8), "rpath token expansion").
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import dropwhile
from typing import NamedTuple

from truewheel.binary.elf_edit import RunPath
from truewheel.binary.graph import is_system_folder, join
from truewheel.binary.model import Elf
from truewheel.ops.places import folder_of, way

_ORIGINS = ("$ORIGIN", "${ORIGIN}")


class Search(NamedTuple):
    """A run path to be, None for the one that is there already, and the entries that it leaves out."""

    run_path: RunPath | None
    dropped: tuple[str, ...]


def entries_of(elf: Elf) -> tuple[str, ...]:
    """The entries that the loader looks at: DT_RUNPATH switches DT_RPATH off (ld.so(8))."""
    return elf.runpath if elf.runpath is not None else elf.rpath or ()


def entry_to(start: str, goal: str) -> str:
    """The run path entry that leads from one installed folder to another."""
    return f"$ORIGIN/{way(start, goal)}".removesuffix("/.")


def search(member: str, elf: Elf, goals: Iterable[str], *, outside: bool, runpath: bool) -> Search:
    """The run path for a member that must find libraries in the folders `goals`.

    With `outside` it needs libraries that this wheel leaves to others, so relative entries stay wherever they
    lead. `runpath` decides between the two tags where the file has none; else it keeps its own.
    """
    before, folder = entries_of(elf), folder_of(member)
    kept = [entry for entry in dict.fromkeys(before) if _stays(entry, folder, outside=outside)]
    reached = {_place(entry, folder) for entry in kept}
    added = [entry_to(folder, goal) for goal in dict.fromkeys(goals) if goal not in reached]
    hidden = {_place(entry, folder) for entry in dropwhile(lambda entry: not is_system_folder(entry), before)}
    plain = [entry for entry in before if not is_system_folder(entry)] == kept and not _switched_off(elf)
    if not added and plain and hidden.isdisjoint(goals):
        return Search(None, ())
    entries = (*kept, *added)
    dropped = tuple(entry for entry in (*before, *_switched_off(elf)) if entry not in entries)
    return Search(RunPath(entries, runpath if not before else elf.runpath is not None), tuple(dict.fromkeys(dropped)))


def _switched_off(elf: Elf) -> tuple[str, ...]:
    """The entries of a DT_RPATH beside a DT_RUNPATH."""
    return elf.rpath or () if elf.runpath is not None else ()


def _stays(entry: str, folder: str, *, outside: bool) -> bool:
    # Only the installer knows where scripts and data lie, and what is beside them.
    anywhere = outside or folder.startswith("/")
    return _relative(entry) is not None if anywhere else _place(entry, folder) is not None


def _place(entry: str, folder: str) -> str | None:
    """The folder of installed packages that an entry means; None where it leads out."""
    rest = _relative(entry)
    return None if rest is None else join(folder, rest)


def _relative(entry: str) -> str | None:
    """What follows ``$ORIGIN``; None for entries without it, such as ``$ORIGINAL``, which no loader expands."""
    for origin in _ORIGINS:
        rest = entry.removeprefix(origin)
        if rest != entry and rest[:1] in {"", "/"}:
            return rest
    return None
