"""Two Mach-O files, slice by slice: load commands, sections, symbols, the signature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone

from truewheel.binary import MachO, SignatureKind, Slice, read_macho
from truewheel.binary.model import Version3
from truewheel.compare.macho_addresses import MachAddresses
from truewheel.compare.macho_parts import N_OSO, SYMBOLS, MachParts, macho_parts
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_parts import (
    NOT_COMPARED,
    Both,
    Part,
    alone,
    beside,
    changed,
    existing,
    extent,
    listed,
    only,
    rooted,
    values,
)
from truewheel.compare.native_sections import all_causes, compare_section, concluded
from truewheel.compare.native_shapes import HEADERS, compare_rest, compare_shapes
from truewheel.compare.native_spread import spread
from truewheel.compare.reasons import (
    BUILD_ID,
    BUILD_TIME,
    COMPILER,
    DEBUG_INFO,
    LINK_ORDER,
    LINKER,
    PLATFORM,
    SIGNATURE,
)
from truewheel.compare.symbols import compare_symbols

_UUID, _SIGNATURE = "UUID", "code signature"
_DEBUG = "__DWARF,"
_SILENT = frozenset({"__TEXT,__unwind_info", "__TEXT,__eh_frame", "__TEXT,__gcc_except_tab"})
_LINKERS = ("ld ", "lld ")


def compare_macho(left: bytes, right: bytes) -> tuple[Difference, ...]:
    """In what two Mach-O files differ. Raises `BinaryError` for damaged ones."""
    images = read_macho(left), read_macho(right)
    ones, others = ({part.arch: part for part in image.slices} for image in images)
    found = list(_shapes(*images))
    several = len(ones.keys() | others.keys()) > 1
    for arch, one in ones.items():
        if arch in others:
            inside = rooted(_compare_slices(macho_parts(left, one), macho_parts(right, others[arch])))
            if several and inside:
                found.append(Difference(arch, Kind.CONTENT, f"the slice for {arch} differs", inside=inside))
            else:
                found += inside
    return tuple(found)


def _shapes(left: MachO, right: MachO) -> Iterable[Difference]:
    """Which slices there are, and how they are held together."""
    archs = left.archs, right.archs
    if set(archs[0]) == set(archs[1]):
        shapes = ["a fat file" if image.fat else "a thin file" for image in (left, right)]
        yield from existing([values("slices", "the form of the file", shapes), listed("slices", "the slices", archs)])
        return
    texts = [", ".join(side) for side in archs]
    cause = Cause(PLATFORM, f"for {texts[0]} on the left, for {texts[1]} on the right")
    nothing_shared = set(archs[0]).isdisjoint(archs[1])
    told = values("slices", "the set of processors", texts, (cause,))
    yield from existing([told, NOT_COMPARED if nothing_shared else None])


def _compare_slices(left: MachParts, right: MachParts) -> tuple[Difference, ...]:
    found = existing([*_commands(left, right), *_symbols(left, right), *_sections(left, right)])
    found = (*found, *existing([compare_rest(found, left.headers, right.headers)]))
    if len(found) == 1 and found[0].place == _SIGNATURE and found[0].follows:
        causes = tuple(cause._replace(evidence="nothing else differs", sure=False) for cause in found[0].causes)
        return (replace(found[0], causes=causes, follows=False),)
    others = {difference.place for difference in found} - {_UUID, _SIGNATURE}
    causes = all_causes(found)
    return tuple(_conclude(difference, bool(others), causes) for difference in found)


def _conclude(found: Difference, others: bool, causes: tuple[Cause, ...]) -> Difference:
    if found.place == _UUID:
        evidence = "it hashes what else differs in the file" if others else "nothing else differs but a signature"
        return replace(found, causes=(Cause(BUILD_ID, evidence),), follows=others)
    return concluded(found, causes, _is_section, _is_debug)


def _is_section(place: str) -> bool:
    return "," in place or place in (SYMBOLS, HEADERS, "debug map", "between sections")


# --- load commands -------------------------------------------------------------------------------------------
def _commands(left: MachParts, right: MachParts) -> Iterable[Difference | None]:
    one, other = left.slice, right.slice
    yield values(_UUID, "the UUID", (left.uuid, right.uuid))
    yield from _builds(one, other)
    yield from _tools(left, right)
    for what, of in (("file type", "filetype"), ("flags", "flags"), ("subtype of the processor", "cpu_subtype")):
        yield values("header", f"the {what}", [f"{getattr(part, of):#x}" for part in (one, other)])
    yield _names("install name", "the install name", [part.install_name for part in (one, other)])
    libraries = [[_library(dylib.name, dylib.kind, dylib.current) for dylib in part.dylibs] for part in (one, other)]
    yield _unsure(listed("libraries", "the libraries", libraries))
    yield _unsure(listed("run paths", "the run paths", (one.rpaths, other.rpaths)))
    yield compare_shapes(HEADERS, left.shapes, right.shapes)
    yield values("source version", "the source version", [_number(part.source_version) for part in (left, right)])


def _library(name: str, kind: str, version: Version3) -> str:
    return f"{name} ({'' if kind == 'load' else f'{kind}, '}version {_version(version)})"


def _names(place: str, what: str, sides: list[str | None]) -> Difference | None:
    told = listed(place, what, [[side] if side else [] for side in sides])
    return _unsure(told and replace(told, summary=f"{what} differs"))


def _unsure(found: Difference | None) -> Difference | None:
    """Names of libraries and run paths may be those of a build, and may be wanted."""
    return found and replace(found, causes=tuple(cause._replace(sure=False) for cause in found.causes))


def _builds(one: Slice, other: Slice) -> Iterable[Difference | None]:
    """Which system a slice is for, and which SDK it was built with."""
    names = [part.platform.name.lower() for part in (one, other)]
    cause = Cause(PLATFORM, f"{names[0]} on the left, {names[1]} on the right")
    yield values("platform", "the platform", names, (cause,))
    lowest = [_version(part.minos) for part in (one, other)]
    cause = Cause(PLATFORM, f"for {lowest[0]} and later on the left, for {lowest[1]} on the right")
    yield values("oldest system", "the oldest system that it is for", lowest, (cause,))
    kits = [_version(part.sdk) for part in (one, other)]
    cause = Cause(
        COMPILER, f"built with the SDK {kits[0] or 'unknown'} on the left, {kits[1] or 'unknown'} on the right"
    )
    yield values("SDK", "the SDK", kits, (cause,))


def _tools(left: MachParts, right: MachParts) -> Iterable[Difference | None]:
    """The tools that LC_BUILD_VERSION names."""
    for linkers, reason in ((True, LINKER), (False, COMPILER)):
        sides = [
            ", ".join(tool for tool in part.tools if tool.startswith(_LINKERS) is linkers) for part in (left, right)
        ]
        cause = Cause(reason, f"{sides[0] or 'none'} on the left, {sides[1] or 'none'} on the right")
        yield values("linker" if linkers else "compiler", "the tool", [side or None for side in sides], (cause,))


def _version(version: Version3 | None) -> str | None:
    return ".".join(map(str, version)) if version else None


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:#x}"


# --- symbols and sections ------------------------------------------------------------------------------------
def _symbols(left: MachParts, right: MachParts) -> Iterable[Difference | None]:
    """Symbols, and apart from them the rows that lead debuggers to sources and object files."""
    if _same_symbols(left, right):
        return
    yield compare_symbols(SYMBOLS, left.symbols, right.symbols, MachAddresses(left, right).same)
    names = [[stab.name for stab in side.stabs if stab.name] for side in (left, right)]
    if bool(names[0]) != bool(names[1]):
        side, kind = ("left", Kind.ONLY_LEFT) if names[0] else ("right", Kind.ONLY_RIGHT)
        cause = Cause(DEBUG_INFO, f"only the {side} leads debuggers to its object files")
        yield Difference("debug map", kind, f"only on the {side}: {max(map(len, names)):,} paths", causes=(cause,))
        return
    order = (Cause(LINK_ORDER, "object files come in another order"),) if sorted(names[0]) == sorted(names[1]) else ()
    yield listed("debug map", "the paths of sources and object files", names, order)
    times = [[_time(stab.value) for stab in side.stabs if stab.kind == N_OSO] for side in (left, right)]
    if times[0] != times[1] and all(times):
        one, other = next(
            (pair for pair in zip(*times, strict=False) if pair[0] != pair[1]), (times[0][0], times[1][0])
        )
        cause = Cause(BUILD_TIME, f"an object of {one} on the left, of {other} on the right")
        yield Difference("object times", Kind.CONTENT, "the times of object files differ", one, other, causes=(cause,))


def _same_symbols(left: MachParts, right: MachParts) -> bool:
    """Whether the tables are the same, which is found sooner than what is in them."""
    tables = spread(left.table.data, right.table.data), spread(left.strings.data, right.strings.data)
    return tables == (None, None)


def _time(seconds: int) -> str:
    """A time stamp as UTC; a number where it is none."""
    if seconds >= 1 << 33:
        return f"{seconds:#x}"
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _sections(left: MachParts, right: MachParts) -> Iterable[Difference | None]:
    addresses = MachAddresses(left, right)
    lacking = []
    for both in beside(left.parts, right.parts):
        if both.name == _SIGNATURE:
            yield _signature(both, left.slice, right.slice)
        elif both.left is None or both.right is None:
            lacking.append(only(both))
        elif both.name != SYMBOLS:
            yield _section(both.left, both.right, addresses)
    yield from alone(lacking, _is_debug)
    yield changed(left.rest.name, left.rest.data, right.rest.data)


def _is_debug(name: str) -> bool:
    return name.startswith(_DEBUG)


def _section(left: Part, right: Part, addresses: MachAddresses) -> Difference | None:
    found = spread(left.data, right.data)
    if found is not None and addresses.follows(left.name):
        summary = f"{extent(left.data, right.data, found)}: it follows from symbols and sections"
        return Difference(left.name, Kind.CONTENT, summary, follows=True)
    silent = addresses.is_code(left.name) or left.name in _SILENT
    return compare_section(left, right, lambda: addresses.explain(left, right), silent=silent)


def _signature(both: Both, left: Slice, right: Slice) -> Difference | None:
    """Signatures hash the slice; what they say beside that is who made them."""
    if both.left is None or both.right is None:
        return replace(only(both), causes=(Cause(SIGNATURE, "only one side is signed"),))
    signatures = left.signature, right.signature
    for what, sides in (
        ("the signer", [f"{found.kind.value} {found.team}".rstrip() for found in signatures]),
        ("the identifier of the signature", [found.identifier or "none" for found in signatures]),
    ):
        if sides[0] != sides[1]:
            cause = Cause(SIGNATURE, f"{sides[0]} on the left, {sides[1]} on the right")
            return values(_SIGNATURE, what, sides, (cause,))
    if spread(both.left.data, both.right.data) is None:
        return None
    hashing = left.signature.kind is not SignatureKind.IDENTITY
    cause = Cause(
        SIGNATURE,
        "it hashes what else differs in the file" if hashing else f"both are signed: {left.signature.identifier}",
    )
    return Difference(_SIGNATURE, Kind.CONTENT, "the signature differs", causes=(cause,), follows=hashing)
