"""The ELF files of a wheel that run together: one architecture, one C library, and what both policies ask of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from truewheel.binary.model import Binding, Elf, ElfSymbol
from truewheel.findings import Finding
from truewheel.policy.model import Floor, Missing, Outcome, Requirement
from truewheel.rules import LIB_FORBIDDEN_SYMBOL, LIB_PYTHON

ET_EXEC, ET_DYN = 2, 3
STT_GNU_IFUNC = 10

_LIBPYTHON = re.compile(r"lib(python|pypy)\d[\w.-]*\.so(\.\d+)*")
_PYTHON_NAME = re.compile(r"_?Py")
_SHOWN = 4


@dataclass(frozen=True)
class Group:
    """ELF members of one architecture.

    ``members`` are the files that the loader links, sorted by path; ``external`` maps a needed library that
    no member provides to the members that need it, ``by_name`` one that a member merely has the name of: no run
    path leads there.
    """

    arch: str
    members: Mapping[str, Elf]
    external: Mapping[str, frozenset[str]]
    by_name: Mapping[str, frozenset[str]]

    def on(self, own: Callable[[str], bool], promised: Callable[[str], bool]) -> Group:
        """The group on a platform with a C library of its `own` and more `promised` libraries.

        The interpreter has loaded the C library before, so a copy in the wheel is never taken. Another promised
        library is taken from the wheel where a run path leads to it; else the loader finds the platform's first,
        unless something happens to have loaded the copy.
        """
        here = frozenset(self.members)
        outside = {library: members & here for library, members in self.external.items() if members & here}
        for library, members in self.by_name.items():
            if members & here and promised(library):
                outside[library] = outside.get(library, frozenset()) | (members & here)
        for library in self._names:
            if own(library):
                outside[library] = frozenset(m for m, needed in self._needed.items() if library in needed)
        return Group(self.arch, self.members, outside, self.by_name)

    @cached_property
    def exports(self) -> frozenset[str]:
        """The names that some member defines which isn't a copy of a library of the platform."""
        return frozenset(
            symbol.name
            for member, elf in self.members.items()
            if self.external.keys().isdisjoint(_answers_to(member, elf))
            for symbol in elf.symbols.exports
        )

    def beside(self, member: str) -> frozenset[str]:
        """The names that are defined by a member, by those that load it, and by those that any of them loads.

        Python loads each module with a scope of its own (RTLD_LOCAL): what others define doesn't reach it.
        """
        return self._defined[self._clusters[member]]

    @cached_property
    def _defined(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for member, elf in self.members.items():
            found.setdefault(self._clusters[member], set()).update(symbol.name for symbol in elf.symbols.exports)
        return {cluster: frozenset(names) for cluster, names in found.items()}

    @cached_property
    def _clusters(self) -> dict[str, str]:
        """For each member one that stands for all that are linked with it, be it over others."""
        inside = {m: {name for name in needed if not self.outside(m, name)} for m, needed in self._needed.items()}
        wanted = frozenset[str]().union(*inside.values())
        linked: dict[str, list[str]] = {}
        for member, elf in self.members.items():
            for name in sorted(inside[member] | wanted.intersection(_answers_to(member, elf))):
                linked.setdefault(member, []).append(name)
                linked.setdefault(name, []).append(member)
        found: dict[str, str] = {}
        for member in self.members:
            pending = [member]
            while pending:
                other = pending.pop()
                if other not in found:
                    found[other] = member
                    pending += linked.get(other, ())
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every library that is spoken of: what members are called, need, and need versions of."""
        called = {name for member, elf in self.members.items() for name in _answers_to(member, elf)}
        versioned = {need.library for elf in self.members.values() for need in elf.version_needs}
        return frozenset(called.union(versioned, *self._needed.values()))

    @cached_property
    def _inside(self) -> frozenset[str]:
        needed = {library for elf in self.members.values() for library in elf.needed}
        sonames = {elf.soname for elf in self.members.values() if elf.soname}
        return frozenset((needed | sonames) - set(self.external))

    @cached_property
    def _needed(self) -> dict[str, frozenset[str]]:
        return {member: frozenset(elf.needed) for member, elf in self.members.items()}

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The libraries that any member takes from outside the wheel."""
        return frozenset(library for member in self.members for library in self.wants(member))

    @cached_property
    def started_with(self) -> Mapping[str, bool]:
        """Whether programs alone need a library, for every one that some member needs."""
        found: dict[str, bool] = {}
        for elf in self.members.values():
            for library in elf.needed:
                found[library] = found.get(library, True) and is_program(elf)
        return found

    def outside(self, member: str, library: str) -> bool:
        """Whether `member` gets `library` from the platform: it is not in the wheel."""
        if library in self.external:
            return member in self.external[library] or library not in self._needed[member]
        return library not in self._inside

    def wants(self, member: str) -> tuple[str, ...]:
        """The libraries that `member` takes from outside the wheel, in the order it needs them."""
        return tuple(lib for lib in dict.fromkeys(self.members[member].needed) if self.outside(member, lib))


def _answers_to(member: str, elf: Elf) -> tuple[str, ...]:
    base = member.rpartition("/")[2]
    return (base, elf.soname) if elf.soname else (base,)


def strong_imports(elf: Elf) -> Iterator[ElfSymbol]:
    """The undefined names that the loader must find."""
    return (symbol for symbol in elf.symbols.imports if symbol.binding is not Binding.WEAK)


def is_python_name(name: str) -> bool:
    """Whether the interpreter itself defines a name."""
    return _PYTHON_NAME.match(name) is not None


def is_libpython(library: str) -> bool:
    """Whether a needed library is the interpreter's."""
    return _LIBPYTHON.fullmatch(library) is not None


def is_loaded(elf: Elf) -> bool:
    """Whether a loader takes a file: a program or a library, and no object for a linker."""
    return elf.type in (ET_EXEC, ET_DYN)


def is_program(elf: Elf) -> bool:
    """Whether a file is started, not loaded into a process: static and position-independent programs too."""
    return elf.type == ET_EXEC or elf.interpreter is not None or elf.pie


def listed(names: Iterable[str]) -> str:
    """Some of the names in words, sorted, with the number of the others."""
    ordered = sorted(set(names))
    rest = len(ordered) - _SHOWN
    return ", ".join(ordered[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def plain_linux(arch: str, member: str, reason: str) -> Requirement:
    """The requirement of a file that runs on no platform which a tag describes."""
    return Requirement(Floor("linux", arch, ()), member, reason)


def unpromised(group: Group, promised: Callable[[str], bool], platform: str) -> Outcome:
    """The libraries that a kind of platform (manylinux, NDK) does not promise, and links to libpython."""
    missing: dict[str, list[str]] = {}
    findings = []
    for member in group.members:
        for library in group.wants(member):
            if is_libpython(library):
                findings.append(Finding(LIB_PYTHON, f"needs {library}", member))
            elif not promised(library):
                missing.setdefault(library, []).append(member)
    return Outcome(
        requirements=tuple(
            plain_linux(group.arch, member, f"needs {library}, which no {platform} promises")
            for library, members in sorted(missing.items())
            for member in members
        ),
        findings=tuple(findings),
        missing=tuple(
            Missing(library, tuple(sorted(members)), f"is not in the wheel, and no {platform} promises it")
            for library, members in sorted(missing.items())
        ),
    )


def taken(group: Group, member: str, library: str, names: Iterable[str]) -> list[str]:
    """Which of `names` a member takes from an outside library: undefined, not weak, and nobody else's."""
    if library not in group.wants(member):
        return []
    wanted = frozenset(names)
    used = {s.name for s in strong_imports(group.members[member]) if s.name in wanted and s.library in ("", library)}
    return sorted(used - group.beside(member)) if used else []


def forbidden_symbols(member: str, library: str, names: list[str]) -> Finding:
    """The finding for names that a library's users must not count on."""
    return Finding(LIB_FORBIDDEN_SYMBOL, f"uses {listed(names)} of {library}, private to some builds of it", member)
