"""Native files as values, for the policies and the graph: what matters to a test is named, the rest is plain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.policy.elves import library
from truewheel.binary.model import (
    DllImport,
    Dylib,
    Elf,
    MachO,
    Pe,
    Platform,
    Signature,
    SignatureKind,
    Slice,
    Version3,
)

EXECUTE, DYLIB, BUNDLE, OBJECT, DSYM = 2, 6, 8, 1, 10

_CPU_TYPES = {"x86_64": 0x01000007, "arm64": 0x0100000C, "i386": 7}


@dataclass(frozen=True, slots=True)
class Symbols:
    """The symbols of a Mach-O slice, given as they are."""

    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()


def part(
    arch: str = "arm64",
    minos: Version3 | None = (11, 0, 0),
    *,
    platform: Platform = Platform.MACOS,
    filetype: int = BUNDLE,
    install_name: str | None = None,
    dylibs: tuple[str | tuple[str, str], ...] = (),
    rpaths: tuple[str, ...] = (),
    signed: bool = True,
    imports: tuple[str, ...] = (),
    exports: tuple[str, ...] = (),
) -> Slice:
    """A slice; a dylib is its name, or (name, kind)."""
    named = (dylib if isinstance(dylib, tuple) else (dylib, "load") for dylib in dylibs)
    kind = SignatureKind.LINKER if signed else SignatureKind.NONE
    return Slice(
        arch=arch,
        cpu_type=_CPU_TYPES.get(arch, 0),
        cpu_subtype=0,
        offset=0,
        size=4096,
        bits=64,
        filetype=filetype,
        flags=0,
        platform=platform,
        minos=minos,
        sdk=None,
        install_name=install_name,
        dylibs=tuple(Dylib(name, kind_, (1, 0, 0), (1, 0, 0)) for name, kind_ in named),
        rpaths=rpaths,
        signature=Signature(kind, "x", "", 0, entitlements=False),
        header_room=1024,
        symbols=Symbols(imports, exports),
    )


def macho(*slices: Slice) -> MachO:
    """A thin file of one slice, or a fat one of several."""
    return MachO(len(slices) > 1, slices)


def universal(x86_64: Version3 = (10, 9, 0), arm64: Version3 = (11, 0, 0)) -> MachO:
    """A bundle for both processors."""
    return macho(part("x86_64", x86_64, signed=False), part("arm64", arm64))


def pe(
    *imports: str | DllImport,
    arch: str = "amd64",
    dll: bool = True,
    subsystem: int = 2,
    os_version: tuple[int, int] = (6, 0),
    exports: tuple[str, ...] = (),
    forwards: tuple[str, ...] = (),
    pdb_path: str | None = None,
    hybrid: bool = False,
) -> Pe:
    """A PE file that imports from DLLs, given by name or whole, and forwards exports to targets."""
    whole = (wanted if isinstance(wanted, DllImport) else DllImport(wanted, (), delayed=False) for wanted in imports)
    return Pe(
        machine={"amd64": 0x8664, "arm64": 0xAA64, "win32": 0x14C}.get(arch, 0),
        arch=arch,
        bits=32 if arch == "win32" else 64,
        dll=dll,
        characteristics=0x2000 if dll else 0,
        dll_characteristics=0,
        subsystem=subsystem,
        os_version=os_version,
        subsystem_version=(6, 0),
        linker_version=(14, 44),
        timestamp=0,
        image_base=0x180000000,
        checksum=0,
        imports=tuple(whole),
        export_name=None,
        exports=exports,
        forwards=tuple((target.rpartition(".")[2], target) for target in forwards),
        certificate=None,
        overlay=None,
        pdb_path=pdb_path,
        reproducible=False,
        dependent_load_flags=0,
        hybrid=hybrid,
    )


def elf(
    *needed: str,
    soname: str | None = None,
    rpath: tuple[str, ...] | None = None,
    runpath: tuple[str, ...] | None = None,
    arch: str = "x86_64",
    imports: tuple[str, ...] = (),
    exports: tuple[str, ...] = (),
) -> Elf:
    """A shared library that needs others; a leading ``?`` makes an import weak."""
    plain = library(arch, needed=needed, imports=imports, exports=exports, soname=soname)
    return replace(plain, rpath=rpath, runpath=runpath)
