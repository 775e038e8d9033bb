"""musllinux (PEP 656): the first musl release that has every name, and what musl's loader can't do.

musl has no symbol versions, so a table says which release first exported each name. The tag carries major and
minor number; a patch level above .0 is a finding. Within 1.1 no patch level is asked for: musllinux_1_1 was
made on 1.1.24, and the table's older dates are partly upper bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from truewheel.binary.model import Elf
from truewheel.findings import Finding
from truewheel.policy.group import (
    STT_GNU_IFUNC,
    Group,
    forbidden_symbols,
    is_libpython,
    is_program,
    is_python_name,
    listed,
    plain_linux,
    strong_imports,
    taken,
    unpromised,
)
from truewheel.policy.model import Floor, Outcome, Requirement, merged
from truewheel.policy.tables import MuslTable, Release, musl_table
from truewheel.rules import (
    LIBC_MUSL_IFUNC,
    LIBC_MUSL_PATCH,
    LIBC_MUSL_RELR,
    LIBC_MUSL_STATIC_TLS,
    LIBC_NEVER,
)

FAMILY = "musllinux"

ZLIB = "libz.so.1"

_FIRST_READ = (1, 1, 0)  # the oldest release of the table
_OLDEST = (1, 1)  # PEP 656 was written for musl 1.1 and later

# The loader takes itself for every library of these names (ldso/dynlink.c, load_library).
_ITSELF = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\..*|ld-musl-.*")

# R_*_IRELATIVE and R_*_TLSDESC of <elf.h>, by the architecture's word in tags.
_IRELATIVE = {
    "aarch64": 1032,
    "armv6l": 160,
    "armv7l": 160,
    "i686": 42,
    "loongarch64": 12,
    "ppc64le": 248,
    "riscv64": 58,
    "s390x": 61,
    "x86_64": 37,
}
_TLSDESC = {"loongarch64": 14, "riscv64": 12}  # the others' loaders have known it since 1.1


def floor(arch: str) -> Floor | None:
    """The lowest musllinux tag of an architecture, or None if there is none."""
    table = musl_table(arch)
    return Floor(FAMILY, arch, max(table.port[:2], _OLDEST)) if table else None


def is_itself(library: str) -> bool:
    """Whether the loader takes itself for a needed library."""
    return _ITSELF.fullmatch(library) is not None


def is_promised(library: str) -> bool:
    """Whether a needed library is musl itself or one that musllinux allows besides."""
    return library == ZLIB or is_itself(library)


def examine(group: Group) -> Outcome:
    """What the files of a group ask of musl's platforms."""
    table = musl_table(group.arch)
    if table is None:
        reason = f"there is no musllinux tag for {group.arch}"
        return Outcome(requirements=(plain_linux(group.arch, "", reason),))
    group = group.on(is_itself, is_promised)
    external = unpromised(group, is_promised, FAMILY)
    parts = [external]
    for member, elf in group.members.items():
        parts += _releases(group, table, member, elf)
        parts += _forbidden(group, table, member)
        parts.append(Outcome(findings=(*_ifunc(group, member, elf), *_static_tls(group, member, elf))))
        if not external.missing:  # else a library that isn't here may define the rest
            parts.append(Outcome(findings=tuple(_never(group, table, member, elf))))
    return merged(parts)


def _releases(group: Group, table: MuslTable, member: str, elf: Elf) -> Iterator[Outcome]:
    """What must be newer than the oldest musl of the architecture, one outcome for each reason."""
    if newest := _newest(group, table, member, elf):
        yield _demand(group, member, table.since[newest], newest)
    yield from _relr(group, table, member, elf)
    if table.tlsdesc and _TLSDESC.get(group.arch) in elf.relocations:
        yield _demand(group, member, table.tlsdesc, "TLS descriptors")


def _relr(group: Group, table: MuslTable, member: str, elf: Elf) -> Iterator[Outcome]:
    if elf.relr and table.relr > table.port:
        what = f"needs musl {_dotted(table.relr)} (DT_RELR); older loaders leave its pointers as they are"
        demand = _demand(group, member, table.relr, "DT_RELR relocations")
        yield Outcome(demand.requirements, (Finding(LIBC_MUSL_RELR, what, member),))


def packed(group: Group) -> Iterator[Outcome]:
    """What DT_RELR asks of musl in files that need no C library and may be loaded beside any."""
    table = musl_table(group.arch)
    if table is not None:
        for member, elf in group.members.items():
            yield from _relr(group, table, member, elf)


def is_fit(group: Group) -> bool:
    """Whether musl's loader can do what files ask of it that need no C library and may be loaded beside any."""
    table = musl_table(group.arch)
    return table is not None and not any(
        finding
        for member, elf in group.members.items()
        for finding in (*_ifunc(group, member, elf), *_static_tls(group, member, elf))
    )


def _newest(group: Group, table: MuslTable, member: str, elf: Elf) -> str | None:
    """The name that musl was the last to get, of those that the file takes from it."""
    names = {s.name for s in strong_imports(elf) if table.since.get(s.name, ()) > max(table.port, _FIRST_READ)}
    names = names - group.beside(member) if names else names
    return min(names, key=lambda name: (tuple(-part for part in table.since[name]), name), default=None)


def _demand(group: Group, member: str, needed: Release, what: str) -> Outcome:
    """A requirement, and the finding that the tag can't say it all."""
    version = max(needed[:2], _OLDEST)
    floor_ = Floor(FAMILY, group.arch, version)
    exact = needed if any(needed[2:]) else ()
    if version == _OLDEST or not exact:
        return Outcome((Requirement(floor_, member, f"{what}, since musl {_dotted(needed)}", exact=exact),))
    message = f"needs musl {_dotted(needed)} ({what}); the tag admits {_dotted(version)}.0"
    return Outcome(
        (Requirement(floor_, member, f"{what}, since musl {_dotted(needed)}", exact=needed),),
        (Finding(LIBC_MUSL_PATCH, message, member),),
    )


def _never(group: Group, table: MuslTable, member: str, elf: Elf) -> Iterator[Finding]:
    """Names that nothing can define: not musl, not zlib where it is promised, not the wheel, not Python."""
    unknown = {
        s.name
        for s in strong_imports(elf)
        if s.name not in table.since and not is_python_name(s.name) and not is_libpython(s.library)
    }
    if unknown and ZLIB in group.wanted:
        unknown -= table.zlib
    lost = unknown - group.exports if unknown else unknown
    if lost:
        what = f"needs {listed(lost)}, which no musl release has and no member of the wheel defines"
        yield Finding(LIBC_NEVER, what, member)


def _ifunc(group: Group, member: str, elf: Elf) -> Iterator[Finding]:
    symbols = (*elf.symbols.imports, *elf.symbols.exports)
    names = [symbol.name for symbol in symbols if symbol.kind == STT_GNU_IFUNC]
    if names:
        yield Finding(LIBC_MUSL_IFUNC, f"{listed(names)} is an indirect function, which musl can't bind", member)
    elif _IRELATIVE[group.arch] in elf.relocations:
        yield Finding(LIBC_MUSL_IFUNC, "has IRELATIVE relocations, which musl can't resolve", member)


def _static_tls(group: Group, member: str, elf: Elf) -> Iterator[Finding]:
    """Initial-exec TLS in a library that may be loaded late. What a program needs from the start is fine."""
    if not elf.static_tls or is_program(elf):
        return
    names = {elf.soname or "", member.rpartition("/")[2]}
    users = [group.started_with[name] for name in names if name in group.started_with]
    if not users or not all(users):
        what = "sets DF_STATIC_TLS: musl's dlopen refuses its thread-local variables"
        yield Finding(LIBC_MUSL_STATIC_TLS, what, member)


def _forbidden(group: Group, table: MuslTable, member: str) -> Iterator[Outcome]:
    for library, names in table.forbidden.items():
        if used := taken(group, member, library, names):
            reason = f"uses {listed(used)} of {library}, which no musllinux promises"
            yield Outcome((plain_linux(group.arch, member, reason),), (forbidden_symbols(member, library, used),))


def _dotted(version: Iterable[int]) -> str:
    return ".".join(map(str, version))
