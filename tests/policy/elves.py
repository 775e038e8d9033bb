"""ELF values by hand: a shared library of one architecture, with what a test is about and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from truewheel.binary.model import Binding, Elf, ElfSymbol, VersionNeed

MACHINES = {
    "aarch64": (183, 64, 0),
    "armv6l": (40, 32, 0x5000400),
    "armv7l": (40, 32, 0x5000400),
    "i686": (3, 32, 0),
    "loongarch64": (258, 64, 0x43),
    "machine-224": (224, 64, 0),
    "mips64": (8, 64, 0),
    "ppc64le": (21, 64, 2),
    "riscv64": (243, 64, 5),
    "s390x": (22, 64, 0),
    "x86_64": (62, 64, 0),
}


@dataclass(frozen=True)
class Symbols:
    """The names that a file takes and gives."""

    imports: tuple[ElfSymbol, ...] = ()
    exports: tuple[ElfSymbol, ...] = ()


def symbol(text: str) -> ElfSymbol:
    """``name``, ``name@VERSION@library``; a leading ``?`` makes it weak, a leading ``!`` an indirect function."""
    binding = Binding.WEAK if text.startswith("?") else Binding.GLOBAL
    kind = 10 if text.startswith("!") else 2
    name, version, library = [*text.lstrip("?!").split("@"), "", ""][:3]
    return ElfSymbol(name, version, library, binding, kind)


def need(text: str) -> VersionNeed:
    """``library:VERSION``; a leading ``?`` makes it weak."""
    library, version = text.lstrip("?").split(":")
    return VersionNeed(library, version, weak=text.startswith("?"))


def library(
    arch: str = "x86_64",
    *,
    needed: Iterable[str] = (),
    needs: Iterable[str] = (),
    imports: Iterable[str] = (),
    exports: Iterable[str] = (),
    soname: str | None = None,
) -> Elf:
    """A shared library. ``needs`` are versions, see `need`; ``imports`` and ``exports`` names, see `symbol`."""
    machine, bits, flags = MACHINES[arch]
    return Elf(
        bits=bits,
        little_endian=arch != "s390x",
        machine=machine,
        arch=arch,
        type=3,
        flags=flags,
        osabi=0,
        interpreter=None,
        dynamic=True,
        soname=soname,
        needed=tuple(needed),
        rpath=None,
        runpath=None,
        version_needs=tuple(map(need, needs)),
        version_definitions=(),
        symbols=Symbols(tuple(map(symbol, imports)), tuple(map(symbol, exports))),
        relocations=frozenset(),
        relr=False,
        text_relocations=False,
        static_tls=False,
        pie=False,
        has_tls=False,
        exec_stack=False,
        build_id=None,
        android_api=None,
        isa_needed=0,
        isa_used=0,
        load_alignment=0x1000,
    )


def glibc(
    version: str = "2.17",
    arch: str = "x86_64",
    *,
    needed: Iterable[str] = (),
    needs: Iterable[str] = (),
    imports: Iterable[str] = (),
) -> Elf:
    """A library that needs a version of glibc."""
    return library(arch, needed=("libc.so.6", *needed), needs=(f"libc.so.6:GLIBC_{version}", *needs), imports=imports)


def musl(
    *imports: str,
    arch: str = "x86_64",
    needed: Iterable[str] = (),
    exports: Iterable[str] = (),
    soname: str | None = None,
) -> Elf:
    """A library that takes names from musl, as Alpine links it."""
    return library(arch, needed=(f"libc.musl-{arch}.so.1", *needed), imports=imports, exports=exports, soname=soname)


def android(level: int | None = 21, arch: str = "aarch64", *, needed: Iterable[str] = ("libc.so",)) -> Elf:
    """A library for Android."""
    made = library(arch, needed=needed, needs=("libc.so:LIBC",), imports=("malloc@LIBC@libc.so",))
    return replace(made, android_api=level)


def static_program(arch: str = "x86_64") -> Elf:
    """A program linked statically, at a fixed address."""
    return replace(library(arch), type=2, dynamic=False)


def program(loader: str, made: Elf) -> Elf:
    """A position-independent program with an interpreter."""
    return replace(made, interpreter=loader, pie=True)


def external(elves: dict[str, Elf]) -> dict[str, tuple[str, ...]]:
    """What no member provides, by file name and soname: the question that the graph answers for real wheels."""
    inside = {name.rpartition("/")[2] for name in elves} | {elf.soname for elf in elves.values()}
    found: dict[str, list[str]] = {}
    for member in sorted(elves):
        for needed in elves[member].needed:
            if needed not in inside:
                found.setdefault(needed, []).append(member)
    return {name: tuple(members) for name, members in sorted(found.items())}
