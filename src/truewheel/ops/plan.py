"""The plan of a repair, as a value: what is grafted, what is edited, and why. Nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from truewheel.binary.elf_edit import ElfChanges
from truewheel.binary.macho_edit import MachChanges
from truewheel.binary.pe_edit import PeChanges
from truewheel.findings import Finding
from truewheel.ops.libraries import LibraryFile, Package

Changes: TypeAlias = ElfChanges | MachChanges | PeChanges
"""What is to be different in a native file of any format."""

C_co = TypeVar("C_co", bound=Changes, covariant=True)


@dataclass(frozen=True)
class Graft(Generic[C_co]):
    """A library that comes into the wheel.

    ``library`` is the name that it is asked for by (its own file name for an included one), ``member`` the path
    that it gets in the wheel, ``file`` where it comes from, ``sha256`` the hash of that file in hexadecimal and
    ``size`` its bytes. ``needed_by`` are the members and the new paths of grafts that ask for it, sorted; empty
    for a library that is opened at run time. ``reasons`` say in words what is done to it besides getting its name,
    where that is worth knowing, such as the loss of a signature. ``package`` is known only where a bill of materials
    was asked for. ``strip`` is whether its symbol table and debug information go before the changes are made.
    """

    library: str
    member: str
    file: LibraryFile
    sha256: str
    size: int
    needed_by: tuple[str, ...]
    changes: C_co
    package: Package | None = None
    strip: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change(Generic[C_co]):
    """A member of the wheel that is edited. ``moved_to`` is its new path where it gets one ("" else).

    ``reasons`` say in words what is done to it, one phrase each. ``strip`` is as in `Graft`.
    """

    member: str
    changes: C_co
    reasons: tuple[str, ...]
    moved_to: str = ""
    strip: bool = False


class Source(NamedTuple):
    """A Python source of the wheel that is edited: its whole new text, and in words what was done and why."""

    member: str
    data: bytes
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Plan(Generic[C_co]):
    """Everything that a repair does to the files of a wheel.

    ``grafts`` are sorted by their new path, ``changes`` and ``sources`` by member. ``excluded`` maps libraries that
    were left to others to the members that need them, ``promised`` those that the platform brings. ``findings`` are
    what is worth knowing, such as an exclusion that excluded nothing.
    """

    grafts: tuple[Graft[C_co], ...] = ()
    changes: tuple[Change[C_co], ...] = ()
    excluded: tuple[tuple[str, tuple[str, ...]], ...] = ()
    promised: tuple[tuple[str, tuple[str, ...]], ...] = ()
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.grafts or self.changes or self.sources)
