"""Repairs for Windows without a disk: DLLs made field by field, and the wheels for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.ops.fakes import Disk, examined
from tests.strategies.pe import AMD64, Dll, PeFile
from truewheel.binary.pe_edit import PeChanges
from truewheel.ops.patterns import Patterns
from truewheel.ops.pe_planner import plan_pe
from truewheel.ops.plan import Change, Graft, Plan, Source
from truewheel.ops.wishes import Wishes

WINDOWS = "pkg-1.0-cp312-cp312-win_amd64.whl"
ANY_PYTHON = "pkg-1.0-py3-none-win_amd64.whl"
CERTIFICATE = bytes(16)
SYSTEM32_ONLY = ((78, b"\0\x08"),)
"""DependentLoadFlags of LOAD_LIBRARY_SEARCH_SYSTEM32, in the load configuration of a 64-bit file."""
_EXE = 0x22


def dll(
    *needed: str,
    delayed: Sequence[str] = (),
    forwards: Sequence[str] = (),
    name: str = "",
    symbols: Sequence[str] = (),
    exports: Sequence[str] = (),
    machine: int = AMD64,
    signed: bool = False,
    restricted: bool = False,
) -> bytes:
    """A DLL that needs others (and takes `symbols` of each), and some of them later, and forwards an export to some."""
    return PeFile(
        machine=machine,
        bits=64 if machine != 0x14C else 32,
        imports=_wanted(needed, symbols),
        delayed=_wanted(delayed, symbols),
        export_name=name,
        exports=[*((f"f{at}", f"{target}.f") for at, target in enumerate(forwards)), *((each, "") for each in exports)],
        certificate=CERTIFICATE if signed else b"",
        load_config=SYSTEM32_ONLY if restricted else (),
    ).encode()


def _wanted(names: Sequence[str], symbols: Sequence[str]) -> list[Dll]:
    return [(each, symbols) for each in names]


def program(*needed: str) -> bytes:
    """A program."""
    return PeFile(imports=_wanted(needed, ()), characteristics=_EXE).encode()


def planned(
    files: Mapping[str, bytes],
    outside: Mapping[str, bytes] | Disk | None = None,
    wanted: Wishes | None = None,
    name: str = WINDOWS,
) -> Plan[PeChanges]:
    """The plan for a wheel of some members; files outside lie in ``/lib`` unless a disk says more."""
    libraries = Disk(outside) if isinstance(outside, Mapping) else outside or Disk({}, folders=())
    wanted = wanted or Wishes()
    return plan_pe(examined(files, name, exclude=wanted.exclude.globs), libraries, wanted)


def wishes(
    *,
    exclude: tuple[str, ...] = (),
    include: tuple[str, ...] = (),
    no_mangle: tuple[str, ...] = (),
    namespaces: tuple[str, ...] = (),
) -> Wishes:
    """Wishes by their globs."""
    patterns = Patterns(exclude), Patterns(include), Patterns(no_mangle)
    return Wishes(exclude=patterns[0], include=patterns[1], no_mangle=patterns[2], namespaces=namespaces)


def the_graft(made: Plan[PeChanges], library: str) -> Graft[PeChanges]:
    """The only graft for a DLL."""
    (found,) = [graft for graft in made.grafts if graft.library == library]
    return found


def the_change(made: Plan[PeChanges], member: str) -> Change[PeChanges]:
    """The change of a member."""
    (found,) = [change for change in made.changes if change.member == member]
    return found


def the_source(made: Plan[PeChanges], member: str) -> Source:
    """The edited source."""
    (found,) = [source for source in made.sources if source.member == member]
    return found
