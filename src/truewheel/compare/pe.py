"""Two PE files: headers, stamps of the linker, sections, imports and exports, resources, the certificate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from truewheel.binary import Pe, read_pe
from truewheel.binary.fields import Fields
from truewheel.binary.pe_header import is_pe, read_header
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_clues import clues, told
from truewheel.compare.native_parts import (
    NOT_COMPARED,
    Part,
    alone,
    beside,
    changed,
    existing,
    extent,
    listed,
    only,
    values,
)
from truewheel.compare.native_producers import Strings
from truewheel.compare.native_sections import all_causes, compare_section, concluded
from truewheel.compare.native_shapes import HEADERS, compare_rest, compare_shapes, pe_shapes
from truewheel.compare.native_spread import spread
from truewheel.compare.pe_addresses import PeAddresses, same_symbols
from truewheel.compare.pe_parts import PeParts, pe_parts
from truewheel.compare.pe_stamps import PeStamps, pe_stamps
from truewheel.compare.reasons import BUILD_ID, COMPILER, DEBUG_INFO, LINKER, PDB, PE_TIME, PLATFORM, SIGNATURE, VERSION
from truewheel.compare.symbols import compare_symbols

_CHECKSUM, _CERTIFICATE, _TIMES, _PDB = "checksum", "certificate", "time stamps", "PDB"
_FOLLOWING = (_CHECKSUM, _TIMES, _PDB, _CERTIFICATE)
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0){3,}")
_VERSION = re.compile(r"v?\d+(?:[.,]\s?\d+)+[\w.+-]*")
_RESOURCES, _SYMBOLS = ".rsrc", "symbol table"
_DEBUG = ".debug_"
_SILENT = frozenset({".pdata", ".xdata", ".reloc", ".eh_frame", ".eh_fram"})
_HASHED = Cause(BUILD_ID, "it hashes what else differs in the file")


def compare_pe(left: bytes, right: bytes) -> tuple[Difference, ...]:
    """In what two PE files differ. Empty where one is a program for DOS; raises `BinaryError` for damaged ones."""
    if not (is_pe(left) and is_pe(right)):
        return ()
    one, other = read_pe(left), read_pe(right)
    if one.arch != other.arch:
        archs = one.arch, other.arch
        cause = Cause(PLATFORM, f"{archs[0]} on the left, {archs[1]} on the right")
        libraries = [sorted(dll.name for dll in pe.imports) for pe in (one, other)]
        told = values("processor", "the processor", archs, (cause,))
        exports = listed("exports", "the exported names", (sorted(one.exports), sorted(other.exports)))
        return existing([told, NOT_COMPARED, listed("imports", "the imported DLLs", libraries), exports])
    files = _Files(left, right, one, other, _side(left), _side(right))
    found = existing([*_headers(files), *_stamps(files), *_tables(files), *_sections(files), _signature(files)])
    rest = compare_rest(found, files.mine.parts.headers, files.theirs.parts.headers)
    return _concluded((*found, *existing([rest])))


@dataclass(frozen=True)
class _Side:
    """One file, read."""

    stamps: PeStamps
    parts: PeParts


def _side(data: bytes) -> _Side:
    stamps = pe_stamps(read_header(Fields(data)))
    return _Side(stamps, pe_parts(data, tuple(stamps.blanks)))


@dataclass(frozen=True)
class _Files:
    """Both files."""

    left: bytes
    right: bytes
    one: Pe
    other: Pe
    mine: _Side
    theirs: _Side


def _both(evidence: Iterable[object]) -> str:
    one, other = evidence
    return f"{one} on the left, {other} on the right"


# --- headers -------------------------------------------------------------------------------------------------
def _headers(files: _Files) -> Iterable[Difference | None]:
    pes = files.one, files.other
    for what in ("characteristics", "dll_characteristics", "subsystem", "image_base", "dependent_load_flags"):
        yield values("header", f"the field {what.replace('_', ' ')}", [f"{getattr(pe, what):#x}" for pe in pes])
    for what in ("os_version", "subsystem_version"):
        yield values("header", f"the {what.replace('_', ' ')}", [_version(getattr(pe, what)) for pe in pes])
    versions = [_version(pe.linker_version) for pe in pes]
    yield values("linker", "the version of the linker", versions, (Cause(LINKER, _both(versions)),))
    yield compare_shapes(HEADERS, *(pe_shapes(side.parts.header) for side in (files.mine, files.theirs)))
    stubs = [memoryview(side.stamps.stub) for side in (files.mine, files.theirs)]
    yield changed("DOS stub", *stubs)
    tools = [side.stamps.rich for side in (files.mine, files.theirs)]
    rich = listed("Rich header", "the tools that made the objects", tools)
    if rich is not None:
        cause = Cause(COMPILER, _both(", ".join(side) or "none" for side in tools))
        yield replace(rich, causes=(cause,))
    yield values(_CHECKSUM, "the checksum", [f"{pe.checksum:#010x}" for pe in pes])


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _stamps(files: _Files) -> Iterable[Difference | None]:
    mine, theirs = files.mine.stamps, files.theirs.stamps
    yield _times(files)
    evidence = _both((mine.guid or "no GUID", theirs.guid or "no GUID"))
    named = mine.pdb or theirs.pdb
    hashed = mine.digest is not None or theirs.digest is not None or not named
    inside = existing(
        [
            values("path", "the path of the PDB", (mine.pdb, theirs.pdb), _paths(mine.pdb, theirs.pdb)),
            values("GUID", "the GUID", (mine.guid, theirs.guid), (Cause(BUILD_ID if hashed else PDB, evidence),)),
            values("age", "the age", [None if age is None else str(age) for age in (mine.age, theirs.age)]),
            values(
                "digest",
                "the digest of the link",
                (mine.digest, theirs.digest),
                (Cause(BUILD_ID, "it hashes the file"),),
            ),
        ]
    )
    if inside:
        yield Difference(_PDB, Kind.CONTENT, "what the debug directory names differs", inside=inside)


def _paths(left: str | None, right: str | None) -> tuple[Cause, ...]:
    """What two paths of PDBs show: the folder of a build too, where both are whole."""
    if not left or not right:
        side = "left" if left else "right"
        return (Cause(DEBUG_INFO, f"only the {side} names a PDB"),)
    return (Cause(PDB, _both((left, right))), *clues(Strings((left,), (right,))))


def _times(files: _Files) -> Difference | None:
    """Times of the header and of tables. A link that is reproducible has a digest in their place."""
    mine, theirs = files.mine.stamps, files.theirs.stamps
    places = [place for place, time in mine.times.items() if theirs.times.get(place, time) != time]
    if not places:
        return None
    sides = [mine.times[places[0]], theirs.times[places[0]]]
    where = ", ".join(places)
    if files.one.reproducible and files.other.reproducible:
        summary = f"the digests in the place of time stamps differ ({where})"
        one, other = (f"{time:#010x}" for time in sides)
        cause = Cause(BUILD_ID, "both were linked reproducibly: the time stamps are digests of the files")
        return Difference(_TIMES, Kind.CONTENT, summary, one, other, causes=(cause,), follows=True)
    one, other = (_time(time) for time in sides)
    causes = (Cause(PE_TIME, _both((one, other))),)
    return Difference(_TIMES, Kind.CONTENT, f"the time stamps differ ({where})", one, other, causes=causes)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


# --- tables --------------------------------------------------------------------------------------------------
def _tables(files: _Files) -> Iterable[Difference | None]:
    one, other = files.one, files.other
    yield listed("imports", "the imported DLLs", [[dll.name for dll in pe.imports] for pe in (one, other)])
    theirs = {dll.name: dll.symbols for dll in other.imports}
    for dll in one.imports:
        if dll.name in theirs:
            yield listed(f"imports from {dll.name}", "the imported names", (dll.symbols, theirs[dll.name]))
    yield values("exports", "the name of the file itself", (one.export_name, other.export_name))
    yield listed("exports", "the exported names", (one.exports, other.exports))
    forwards = [[f"{name} to {target}" for name, target in pe.forwards] for pe in (one, other)]
    yield listed("exports", "the forwarded names", forwards)
    yield _symbols(files.mine.parts, files.theirs.parts)


def _symbols(mine: PeParts, theirs: PeParts) -> Difference | None:
    """The symbol table of GNU tools, which is there for debuggers alone."""
    left, right = mine.symbols, theirs.symbols
    if bool(left) == bool(right):
        return compare_symbols(_SYMBOLS, left, right, same_symbols(mine, theirs))
    kind, side = (Kind.ONLY_LEFT, "left") if left else (Kind.ONLY_RIGHT, "right")
    summary = f"only on the {side}: {len(left or right):,} symbols"
    return Difference(_SYMBOLS, kind, summary, causes=(Cause(DEBUG_INFO, f"only the {side} has symbols"),))


def _sections(files: _Files) -> Iterable[Difference | None]:
    mine, theirs = files.mine.parts, files.theirs.parts
    addresses = PeAddresses(mine, theirs, files.one.arch)
    lacking = []
    for both in beside(mine.sections, theirs.sections):
        if both.left is None or both.right is None:
            lacking.append(only(both))
        elif both.name == _RESOURCES:
            yield _resources(both.left, both.right)
        else:
            yield _with_pdb(_section(both.left, both.right, addresses), files, both.left)
    yield from alone(lacking, _is_debug)
    yield changed(mine.rest.name, mine.rest.data, theirs.rest.data)


def _section(left: Part, right: Part, addresses: PeAddresses) -> Difference | None:
    if _is_debug(left.name):
        return changed(left.name, left.data, right.data)
    silent = addresses.is_code(left.name) or left.name in _SILENT
    return compare_section(left, right, lambda: addresses.explain(left, right), silent=silent)


def _with_pdb(found: Difference | None, files: _Files, part: Part) -> Difference | None:
    """The difference of a section, and what the path of a PDB has to do with it: a longer one moves what follows."""
    mine, theirs = files.mine.stamps, files.theirs.stamps
    inside = part.offset <= mine.pdb_at < part.offset + len(part.data)
    if found is None or found.causes or found.follows or not inside or len(mine.pdb or "") == len(theirs.pdb or ""):
        return found
    return replace(found, causes=(Cause(PDB, "the path of a PDB in it has another length", sure=False),))


def _is_debug(name: str) -> bool:
    return name.startswith(_DEBUG)


def _resources(left: Part, right: Part) -> Difference | None:
    """Resources: strings in them are UTF-16, and most that differ are versions."""
    found = spread(left.data, right.data)
    if found is None:
        return None
    sides = [_wide(part.data) for part in (left, right)]
    strings = Strings(*(tuple(text for text in side if text not in other) for side, other in (sides, sides[::-1])))
    versions = [next((text for text in side if _VERSION.fullmatch(text)), None) for side in strings]
    causes = (Cause(VERSION, _both(versions)),) if all(versions) else clues(strings)
    summary = extent(left.data, right.data, found)
    return Difference(left.name, Kind.CONTENT, summary, *told(strings), causes=causes)


def _wide(data: memoryview) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0].decode("utf-16-le") for match in _WIDE.finditer(data)))


def _signature(files: _Files) -> Difference | None:
    sides = ((files.left, files.one.certificate), (files.right, files.other.certificate))
    left, right = (memoryview(data)[at[0] : at[0] + at[1]] if at else None for data, at in sides)
    if left is None and right is None:
        return None
    if left is None or right is None:
        kind, side = (Kind.ONLY_RIGHT, "right") if left is None else (Kind.ONLY_LEFT, "left")
        evidence = f"only the {side} is signed"
        return Difference(_CERTIFICATE, kind, evidence, causes=(Cause(SIGNATURE, evidence),))
    found = spread(left, right)
    if found is None:
        return None
    causes = (Cause(SIGNATURE, "both are signed"),)
    return Difference(_CERTIFICATE, Kind.CONTENT, extent(left, right, found), causes=causes)


# --- what follows from what ----------------------------------------------------------------------------------
def _concluded(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    others = any(difference.place not in _FOLLOWING for difference in found)
    causes = all_causes(found)
    return tuple(_conclude(difference, others, len(found), causes) for difference in found)


def _conclude(found: Difference, others: bool, number: int, causes: tuple[Cause, ...]) -> Difference:
    if found.place == _CHECKSUM:
        return replace(found, summary="the checksum of the file differs", follows=number > 1)
    if found.place == _PDB:
        parts = (
            replace(part, follows=others) if [cause.reason for cause in part.causes] == [BUILD_ID] else part
            for part in found.inside
        )
        return replace(found, inside=tuple(parts))
    return concluded(found, causes, _is_section, _is_debug)


def _is_section(place: str) -> bool:
    return place.startswith(".") or place in (_SYMBOLS, HEADERS, "between sections")
