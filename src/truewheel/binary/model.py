"""What native files say of themselves: values read from ELF, Mach-O, PE and WebAssembly headers.

Nothing here parses. The readers (`elf`, `macho`, `pe`, `wasm`) fill these values in, and everything above
looks at them alone. Strings come from the file as they are, decoded as UTF-8 with ``surrogateescape``.
Paths and the names of libraries have 4,096 bytes at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias


class Binding(Enum):
    """How strongly an ELF symbol is bound (gABI, st_info)."""

    LOCAL = "local"
    GLOBAL = "global"
    WEAK = "weak"
    UNIQUE = "unique"
    OTHER = "other"


class ElfSymbol(NamedTuple):
    """An entry of ``.dynsym`` with the version it is bound to.

    ``version`` is "" for an unversioned name; ``library`` is the file that a needed version is expected in
    (``vn_file``), "" for definitions. ``kind`` is the STT_* number (2 function, 1 object, 6 TLS, 10 IFUNC).
    """

    name: str
    version: str
    library: str
    binding: Binding
    kind: int


class VersionNeed(NamedTuple):
    """One version that an ELF file demands of a library (``.gnu.version_r``); ``weak`` is VER_FLG_WEAK."""

    library: str
    version: str
    weak: bool


class System(NamedTuple):
    """The operating system that an ELF file says it is for (Linux, NetBSD, Solaris, …), and where it says so."""

    name: str
    evidence: str


class ElfSymbols(Protocol):
    """The dynamic symbols of an ELF file, decoded when first asked for."""

    @property
    def imports(self) -> tuple[ElfSymbol, ...]:
        """The undefined names, strong and weak, in table order."""

    @property
    def exports(self) -> tuple[ElfSymbol, ...]:
        """The defined names that are not local, in table order."""


@dataclass(frozen=True, slots=True)
class Elf:
    """An ELF file: object, library or program.

    ``arch`` is the word that platform tags use (x86_64, i686, aarch64, armv7l, ppc64le, ppc64, s390x,
    riscv64, loongarch64, …), or ``machine-N`` where no tag knows it; armv7l only for EABI5 files, as packaging
    does. ``runpath``/``rpath`` are None where the tag is absent. ``exec_stack`` is None where the file has no
    PT_GNU_STACK. ``relr`` is true with DT_RELR, ``static_tls`` with DF_STATIC_TLS. ``isa_needed`` and
    ``isa_used`` are the GNU property bit masks, the former with what Go was told to build for (GOAMD64).
    ``relocations`` are the kinds of dynamic relocations (R_* numbers of this machine). ``dynamic`` tells whether there
    is a PT_DYNAMIC at all. ``filters`` are the libraries that one of DT_FILTER only stands for. ``system`` is the one
    that notes, segments or Go name besides ``osabi`` and the interpreter.
    """

    bits: int
    little_endian: bool
    machine: int
    arch: str
    type: int
    flags: int
    osabi: int
    interpreter: str | None
    dynamic: bool
    soname: str | None
    needed: tuple[str, ...]
    rpath: tuple[str, ...] | None
    runpath: tuple[str, ...] | None
    version_needs: tuple[VersionNeed, ...]
    version_definitions: tuple[str, ...]
    symbols: ElfSymbols
    relocations: frozenset[int]
    relr: bool
    text_relocations: bool
    static_tls: bool
    pie: bool
    has_tls: bool
    exec_stack: bool | None
    build_id: str | None
    android_api: int | None
    isa_needed: int
    isa_used: int
    load_alignment: int
    filters: tuple[str, ...] = ()
    system: System | None = None

    format = "elf"

    @property
    def archs(self) -> tuple[str, ...]:
        """The architectures in the file: always one."""
        return (self.arch,)


class Platform(Enum):
    """The platforms of Mach-O (``<mach-o/loader.h>``, PLATFORM_*)."""

    MACOS = 1
    IOS = 2
    TVOS = 3
    WATCHOS = 4
    BRIDGEOS = 5
    MACCATALYST = 6
    IOS_SIMULATOR = 7
    TVOS_SIMULATOR = 8
    WATCHOS_SIMULATOR = 9
    DRIVERKIT = 10
    VISIONOS = 11
    VISIONOS_SIMULATOR = 12
    UNKNOWN = 0


Version3: TypeAlias = tuple[int, int, int]


class Dylib(NamedTuple):
    """A library that a Mach-O slice loads. ``kind`` is load, weak, reexport, lazy or upward.

    ``name_at`` is the number of bytes before the name in its load command.
    """

    name: str
    kind: str
    current: Version3
    compatibility: Version3
    name_at: int = 24


class SignatureKind(Enum):
    """Who signed a Mach-O slice."""

    NONE = "none"
    LINKER = "linker-signed"
    AD_HOC = "ad-hoc"
    IDENTITY = "identity"


class Signature(NamedTuple):
    """The code signature of a Mach-O slice, as far as its CodeDirectory tells.

    ``flags`` are the CS_* bits of the first CodeDirectory; ``entitlements`` tells whether any are embedded.
    """

    kind: SignatureKind
    identifier: str
    team: str
    flags: int
    entitlements: bool


class MachSymbols(Protocol):
    """The symbols of a Mach-O slice, decoded when first asked for. Names keep their leading underscore."""

    @property
    def imports(self) -> tuple[str, ...]:
        """Undefined external names, in table order."""

    @property
    def exports(self) -> tuple[str, ...]:
        """Defined external names, in table order."""


class Slice(NamedTuple):
    """One architecture of a Mach-O file.

    ``arch`` is the word that tags use where there is one (x86_64, arm64, i386, ppc, ppc64; also arm64e,
    x86_64h, armv7, …). ``filetype`` is MH_* (1 object, 2 execute, 6 dylib, 8 bundle, 10 dsym). ``minos`` and
    ``sdk`` are None where no command names them. ``header_room`` is the number of free bytes between the load
    commands and the first section. ``compatibility`` is the version that a library says it is compatible with, in
    the command with its install name; None where there is none.
    """

    arch: str
    cpu_type: int
    cpu_subtype: int
    offset: int
    size: int
    bits: int
    filetype: int
    flags: int
    platform: Platform
    minos: Version3 | None
    sdk: Version3 | None
    install_name: str | None
    dylibs: tuple[Dylib, ...]
    rpaths: tuple[str, ...]
    signature: Signature
    header_room: int
    symbols: MachSymbols
    compatibility: Version3 | None = None


class MachO(NamedTuple):
    """A Mach-O file: one thin slice, or several in a fat file (``fat`` tells which)."""

    fat: bool
    slices: tuple[Slice, ...]

    @property
    def format(self) -> str:
        """The word for the format: macho."""
        return "macho"

    @property
    def archs(self) -> tuple[str, ...]:
        """The architectures in the file, in file order."""
        return tuple(part.arch for part in self.slices)


class DllImport(NamedTuple):
    """A DLL that a PE file imports from, with the names (or ``#ordinal``) it takes."""

    name: str
    symbols: tuple[str, ...]
    delayed: bool


class Pe(NamedTuple):
    """A PE file: DLL, extension module or program.

    ``arch`` is the word that tags use (win32, amd64, arm64), or ``machine-N``. ``exports`` are names only;
    ``forwards`` maps an exported name to ``DLL.symbol``. ``checksum`` is the stored field (0 for none),
    ``certificate`` and ``overlay`` are (offset, size) or None; the overlay leaves out the certificate.
    ``hybrid`` is true for ARM64X/ARM64EC images (CHPE metadata).
    """

    machine: int
    arch: str
    bits: int
    dll: bool
    characteristics: int
    dll_characteristics: int
    subsystem: int
    os_version: tuple[int, int]
    subsystem_version: tuple[int, int]
    linker_version: tuple[int, int]
    timestamp: int
    image_base: int
    checksum: int
    imports: tuple[DllImport, ...]
    export_name: str | None
    exports: tuple[str, ...]
    forwards: tuple[tuple[str, str], ...]
    certificate: tuple[int, int] | None
    overlay: tuple[int, int] | None
    pdb_path: str | None
    reproducible: bool
    dependent_load_flags: int
    hybrid: bool

    @property
    def format(self) -> str:
        """The word for the format: pe."""
        return "pe"

    @property
    def archs(self) -> tuple[str, ...]:
        """The architectures in the file: always one."""
        return (self.arch,)


class Wasm(NamedTuple):
    """A WebAssembly module; ``shared`` if it opens with a ``dylink.0`` section (an Emscripten side module)."""

    version: int
    shared: bool
    needed: tuple[str, ...]

    @property
    def format(self) -> str:
        """The word for the format: wasm."""
        return "wasm"

    @property
    def arch(self) -> str:
        """The architecture, as tags call it: wasm32."""
        return "wasm32"

    @property
    def archs(self) -> tuple[str, ...]:
        """The architectures in the file: always one."""
        return (self.arch,)


Image: TypeAlias = Elf | MachO | Pe | Wasm
"""A native file of any format."""
