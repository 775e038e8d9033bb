"""The rules that an examination knows: one row each, ids never reused. The documentation is made from here."""

from __future__ import annotations

from typing import Final

from truewheel.errors import RequestError
from truewheel.findings import Rule, Severity

_NOTE, _WARNING, _ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR

# --- TAG: the name and WHEEL say where the wheel runs -------------------------------------------------------
TAG_DISAGREE: Final = Rule(
    "TAG001",
    "name-and-wheel-disagree",
    _ERROR,
    "The tags in the file name are not the tags in WHEEL",
    "pip check and uv compare the two sets; an installer may choose a wheel by its name and reject it afterwards.",
    "Run `truewheel retag WHEEL --plat TAG`, which writes both.",
    "PEP 427; binary distribution format, WHEEL",
)
TAG_TOO_GENEROUS: Final = Rule(
    "TAG002",
    "tag-too-generous",
    _ERROR,
    "The tag promises platforms on which a binary of the wheel does not run",
    "Installers offer the wheel to machines where importing it fails or kills the process.",
    "Run `truewheel retag --auto`, or build against the older platform that the tag promises.",
    "PEP 600; PEP 656; packaging.tags",
)
TAG_CONTRADICTORY: Final = Rule(
    "TAG003",
    "tag-contradictory",
    _ERROR,
    "The tag names another platform or architecture than the binaries have",
    "Nobody whom the tag admits can run what is inside.",
    "Run `truewheel retag --auto`, or look for a file of another build in the wheel.",
    "PEP 425",
)
TAG_NOT_INSTALLABLE: Final = Rule(
    "TAG004",
    "tag-not-installable",
    _ERROR,
    "No installer ever asks for this platform tag",
    "From macOS 11 on only macosx_N_0 is asked for, for instance, so macosx_11_7_arm64 is found by nobody.",
    "Run `truewheel retag --auto`, which rounds up to a tag that exists.",
    "packaging.tags",
)
TAG_UNSORTED: Final = Rule(
    "TAG005",
    "tag-unsorted",
    _WARNING,
    "The compressed tag set in the file name is not sorted, or repeats a tag",
    "Strict parsers refuse it (packaging with validate_order), and two builds of one wheel get two names.",
    "Run `truewheel retag WHEEL --auto` or rename the file with its tags in order.",
    "PEP 425, compressed tag sets",
)
TAG_NOT_EXPANDED: Final = Rule(
    "TAG006",
    "wheel-tags-not-expanded",
    _WARNING,
    "WHEEL lists a compressed tag set instead of one full tag per line",
    "Tools that compare WHEEL's lines with the expanded name find them different.",
    "Run `truewheel normalize`, which writes one `Tag:` per line.",
    "PEP 427",
)
TAG_STRICTER: Final = Rule(
    "TAG007",
    "tag-stricter-than-needed",
    _NOTE,
    "The binaries would run on older platforms than the tag admits",
    "Users of those platforms build from source without need.",
    "If the stricter tag isn't on purpose, run `truewheel retag --auto`.",
    strict=_NOTE,
)
TAG_UNKNOWN: Final = Rule(
    "TAG008",
    "tag-unknown",
    _WARNING,
    "The platform can't be computed from the binaries",
    "Nobody can say whether the tag is true.",
    "Read the reason; what is missing is usually a note, a version or a library that names its platform.",
)
TAG_PURE_WITH_BINARIES: Final = Rule(
    "TAG009",
    "any-with-binaries",
    _ERROR,
    "The wheel is tagged `any`, or says Root-Is-Purelib, and holds native code",
    "It is installed on every platform and works on one.",
    "Tag it for its platform, or load the file as data knowingly and ignore this rule.",
    "PEP 425; PEP 427, Root-Is-Purelib",
)
TAG_NO_BINARIES: Final = Rule(
    "TAG010",
    "platform-tag-without-binaries",
    _NOTE,
    "The wheel is tagged for a platform and holds no native code",
    "Users of other platforms can't install what would run there.",
    "If nothing else ties it to the platform, tag it `any`.",
    strict=_WARNING,
)

TAG_SEVERAL_PLATFORMS: Final = Rule(
    "TAG011",
    "any-with-binaries-of-several-platforms",
    _NOTE,
    "The wheel is tagged `any` and holds native code for several platforms",
    "It can be data that is used where it fits, as in setuptools; whether it is can't be read from the files.",
    "Nothing, if the files are data; else build one wheel for each platform.",
    "PEP 425",
    strict=_NOTE,
)
TAG_FOREIGN_BINARY: Final = Rule(
    "TAG012",
    "foreign-binary",
    _NOTE,
    "A binary is for another platform or architecture than those that the wheel is tagged for",
    "It can't be loaded by the Python that the wheel is installed for; a helper program may be meant.",
    "If it isn't meant, look for a file of another build.",
    strict=_WARNING,
)

TAG_MODULE_MISSING: Final = Rule(
    "TAG013",
    "module-for-another-machine",
    _ERROR,
    "An extension module has no file for a processor or system that the wheel is tagged for",
    "Importing it fails there, whatever else in the wheel runs.",
    "Look for a file of another build in the wheel, or tag it for the machines of its modules.",
    "PEP 425; PEP 3149",
)

# --- REC: RECORD says what is in the wheel ------------------------------------------------------------------
RECORD_MISSING_ROW: Final = Rule(
    "REC001",
    "record-row-missing",
    _ERROR,
    "A member of the archive has no row in RECORD",
    "It is installed without a hash and stays behind when the project is removed.",
    "Find out how it came in; a wheel that was changed after it was built can't be trusted.",
    "PEP 376; PEP 427",
)
RECORD_MISSING_FILE: Final = Rule(
    "REC002",
    "record-file-missing",
    _ERROR,
    "RECORD lists a file that is not in the archive",
    "PyPI and strict installers reject the wheel.",
    "Build the wheel again.",
    "PEP 427",
)
RECORD_WRONG: Final = Rule(
    "REC003",
    "record-wrong",
    _ERROR,
    "A hash or size in RECORD is not that of the member",
    "The file was changed after RECORD was written, by accident or on purpose.",
    "Build the wheel again, and change it only with tools that keep RECORD right.",
    "PEP 376; PEP 427",
)
RECORD_WEAK: Final = Rule(
    "REC004",
    "record-hash-missing-or-weak",
    _ERROR,
    "A row of RECORD has no hash, or one weaker than sha256",
    "The member can be exchanged without anybody noticing.",
    "Build the wheel again with a current backend.",
    "PEP 427: sha256 or better",
)
RECORD_SIGNED: Final = Rule(
    "REC005",
    "record-signature",
    _NOTE,
    "The wheel carries a signature of RECORD (RECORD.jws or RECORD.p7s)",
    "Any change to the wheel makes it invalid; no installer checks it.",
    "Nothing to do; `normalize` stops before it breaks a signature unless told `--drop-signatures`.",
    "PEP 427, signed wheel files",
    strict=_NOTE,
)

# --- ZIP: how the archive is written ------------------------------------------------------------------------
ZIP_NOT_CANONICAL: Final = Rule(
    "ZIP001",
    "zip-not-canonical",
    _NOTE,
    "The archive is not in canonical form",
    "Times, order, modes and encoder change with the machine, so nobody can build the same bytes again.",
    "Run `truewheel normalize`.",
    strict=_WARNING,
)

# --- BIN, MET: what stands in the files ---------------------------------------------------------------------
BINARY_DAMAGED: Final = Rule(
    "BIN001",
    "damaged-binary",
    _WARNING,
    "A file begins like a native file, and is none that a loader takes",
    "Nobody can tell what it needs; the rest of the wheel is judged without it.",
    "If it is test data, leave it out of the wheel or ignore the rule; else build the file again.",
)
BINARY_NONE: Final = Rule(
    "BIN002",
    "not-a-binary",
    _WARNING,
    "A file has the name of a library or an extension module, and is none",
    "Whoever loads it gets an error. It may be empty, or the pointer of a file that was never fetched (Git LFS).",
    "Look at how the file got into the wheel.",
)
METADATA_DISAGREES: Final = Rule(
    "MET001",
    "metadata-disagrees",
    _ERROR,
    "Name or Version in METADATA is not that of the file name",
    "Installers refuse the wheel, or record another project than the one that was asked for.",
    "Build the wheel again, and never rename it by hand.",
    "PEP 427; core metadata specification, Name and Version",
)

# --- LIB: the wheel carries what it needs -------------------------------------------------------------------
LIB_MISSING: Final = Rule(
    "LIB001",
    "missing-library",
    _ERROR,
    "A library is needed that is neither in the wheel nor promised by the platform",
    "Importing fails on every machine that doesn't happen to have it.",
    "Graft it with `truewheel repair -L DIR`. If another package, or a graphics driver, brings the library, say so "
    "with `--exclude LIBRARY`.",
    "PEP 513; PEP 599; PEP 600",
)
LIB_WINDOWS_RUNTIME: Final = Rule(
    "LIB002",
    "windows-runtime-not-shipped",
    _ERROR,
    "A DLL of the Visual C++ runtime is needed, not shipped, and not part of CPython",
    "Machines without the redistributable fail with `DLL load failed`.",
    "Graft it with `truewheel repair -L DIR`, from a folder with Microsoft's redistributable DLLs for the processor. "
    "CPython 3.5 and newer bring only vcruntime140.dll and, on 64-bit, vcruntime140_1.dll.",
)
LIB_PYTHON: Final = Rule(
    "LIB003",
    "linked-to-libpython",
    _WARNING,
    "An extension module is linked to libpython",
    "Statically linked interpreters, the usual ones on Linux, have no such library to load.",
    "Don't link extension modules to libpython (distutils stopped with Python 3.8); `truewheel repair` takes the need "
    "out of a module for Linux.",
    "PEP 513",
)
LIB_FORBIDDEN_SYMBOL: Final = Rule(
    "LIB004",
    "symbol-not-promised",
    _ERROR,
    "A symbol of an allowed library is used that the platform does not promise",
    "Distributions build the library without it, or with another meaning.",
    "Link the library statically, or graft it: `truewheel repair --include LIBRARY -L DIR`.",
    "auditwheel's policy, blacklist",
)
LIB_OPTIONAL: Final = Rule(
    "LIB005",
    "optional-library-missing",
    _NOTE,
    "A library that is loaded on first use is neither in the wheel nor promised by the platform",
    "What calls it fails where it is absent; the rest of the wheel works.",
    "Nothing, if the package expects that (a driver such as nvcuda.dll); else ship the library.",
    strict=_NOTE,
)

LIB_EXCLUDE_IDLE: Final = Rule(
    "LIB006",
    "exclusion-without-match",
    _WARNING,
    "A pattern of --exclude matches no library that the wheel needs",
    "A slip of the pen grafts what was to be left out, in silence: libraries of a gigabyte have been published so.",
    "Correct the pattern, or leave it out.",
)
LIB_DRIVER: Final = Rule(
    "LIB007",
    "driver-library-grafted",
    _WARNING,
    "A library of the graphics or GPU driver is carried in the wheel",
    "It talks to the kernel's part of the same driver release; the copy of another machine fails there.",
    "Leave it to the machine with `truewheel repair --exclude LIBRARY`.",
)
LIB_UNLED: Final = Rule(
    "LIB008",
    "no-run-path-to-library",
    _NOTE,
    "A library is in the wheel, and no run path of the file that needs it leads there",
    "Unless the package loads the library beforehand by its path, importing the file fails.",
    "Run `truewheel repair`, which leads there, or link with -Wl,-rpath,'$ORIGIN/...' (macOS: @loader_path/...).",
    "ld.so(8); dyld(1)",
    strict=_NOTE,
)

# --- LIBC: what the C library can't load --------------------------------------------------------------------
LIBC_MUSL_PATCH: Final = Rule(
    "LIBC001",
    "musl-patch-level",
    _WARNING,
    "A newer musl release is needed than the tag can say",
    "musllinux_1_2 admits musl 1.2.0; loading fails there with `symbol not found`.",
    "Build in an image with an older musl, or accept the gap knowingly.",
    "PEP 656",
)
LIBC_MUSL_RELR: Final = Rule(
    "LIBC002",
    "relr-on-old-musl",
    _WARNING,
    "DT_RELR relocations are used, which musl before 1.2.4 ignores",
    "Older loaders leave the pointers unrelocated and the process dies without a word.",
    "Run `truewheel repair`, which writes the relocations out; or link with `-Wl,-z,nopack-relative-relocs`.",
    "musl 1.2.4 release notes",
)
LIBC_MUSL_IFUNC: Final = Rule(
    "LIBC003",
    "ifunc-on-musl",
    _ERROR,
    "An indirect function (IFUNC) is used, which musl does not support",
    "musl's loader fails with `symbol not found` or an unknown relocation.",
    "Build with the indirect functions of the library turned off.",
)
LIBC_MUSL_STATIC_TLS: Final = Rule(
    "LIBC004",
    "initial-exec-tls-on-musl",
    _ERROR,
    "A shared library uses initial-exec thread-local storage, which musl can't load at run time",
    "dlopen fails with `initial-exec TLS resolves to dynamic definition`.",
    "Compile with `-ftls-model=global-dynamic`; Go's c-shared mode can't be used on musl.",
)
LIBC_MIXED: Final = Rule(
    "LIBC005",
    "libcs-mixed",
    _ERROR,
    "Members of one wheel are built for different C libraries",
    "Two C libraries in one process break each other.",
    "Look for a file of another build in the wheel.",
)
LIBC_UNVERSIONED: Final = Rule(
    "LIBC006",
    "unversioned-glibc-symbol",
    _WARNING,
    "A glibc symbol is used without a version",
    "The loader binds it to the oldest version, and the floor can't be read from the file.",
    "Link against a real libc.so.6 instead of a stub without versions.",
)
LIBC_NEVER: Final = Rule(
    "LIBC007",
    "symbol-never-in-libc",
    _ERROR,
    "A symbol is needed that no release of the C library has and no member of the wheel defines",
    "Loading fails with `symbol not found` everywhere.",
    "Find the library that defines it, and link to it.",
)
LIBC_FLOAT_ABI: Final = Rule(
    "LIBC008",
    "soft-float",
    _NOTE,
    "A 32-bit ARM program uses the soft-float ABI where the tag means hard-float",
    "It works as long as nothing is linked at run time.",
    "Build for the hard-float ABI if the program is to load libraries.",
    strict=_NOTE,
)

# --- ISA: what the processor must have ----------------------------------------------------------------------
ISA_NEEDED: Final = Rule(
    "ISA001",
    "isa-level-needed",
    _ERROR,
    "A binary says that it needs a newer x86-64 processor level than the tag promises",
    "The loader refuses it, or the process dies with an illegal instruction.",
    "Compile for the baseline and choose faster code at run time.",
    "x86-64 psABI, GNU_PROPERTY_X86_ISA_1_NEEDED",
)

# --- MAC: Mach-O ---------------------------------------------------------------------------------------------
MAC_OTHER_PLATFORM: Final = Rule(
    "MAC001",
    "other-platform-slice",
    _ERROR,
    "A Mach-O file is built for another platform than the tag says",
    "iOS, simulator and Catalyst code doesn't load in a macOS process, and the other way round.",
    "Look for a library of another SDK in the wheel.",
)
MAC_MISSING_ARCH: Final = Rule(
    "MAC002",
    "architecture-missing",
    _ERROR,
    "A binary lacks an architecture that the tag promises",
    "Importing fails on that architecture.",
    "Build the file for all architectures of the tag, or join wheels for one each with `truewheel fuse`.",
)
MAC_UNSIGNED: Final = Rule(
    "MAC003",
    "arm64-not-signed",
    _ERROR,
    "An arm64 slice has no code signature",
    "The kernel kills the process that maps it.",
    "Sign it ad hoc: `truewheel repair` does, and so do linkers unless told otherwise.",
)

MAC_SIGNED_LEFT: Final = Rule(
    "MAC004",
    "left-for-its-signature",
    _NOTE,
    "A Mach-O file keeps names of the build machine because of its signature",
    "Any edit needs a new signature, which only the owner of an identity can make; so what need not change stays.",
    "Have the file made without the names before it is signed; or run `truewheel repair --resign`, which replaces the "
    "signature by one without an identity.",
    strict=_NOTE,
)
MAC_SIGNATURE_BROKEN: Final = Rule(
    "MAC005",
    "signature-broken",
    _ERROR,
    "A code signature doesn't fit the Mach-O file that it is in, and repair left it so",
    "Apple's processors kill the process that maps a page which isn't what its signature says.",
    "Sign the file after all that changes it, such as stripping; `truewheel repair --resign` replaces the signature by "
    "one without an identity.",
)

# --- WIN: PE ---------------------------------------------------------------------------------------------------
WIN_OS_VERSION: Final = Rule(
    "WIN001",
    "windows-version-needed",
    _NOTE,
    "A PE header asks for a newer Windows than any supported Python does",
    "Older Windows refuse to load it; no tag can say so.",
    "Link with an older /SUBSYSTEM version if those systems matter.",
    strict=_NOTE,
)
WIN_RUNTIME_OLDER: Final = Rule(
    "WIN002",
    "runtime-older-than-toolset",
    _WARNING,
    "A DLL of the Visual C++ runtime is grafted that is older than the tools which built a file that needs it",
    "The runtime must be at least as recent as the newest toolset in the process: files built with Visual Studio 2022 "
    "17.10 crash in std::mutex with an older msvcp140.dll.",
    "Name the folder of a newer runtime with -L, such as VC\\Redist\\MSVC\\14.44.35112\\x64\\Microsoft.VC143.CRT.",
    "Microsoft: C++ binary compatibility between Visual Studio versions",
)
WIN_OUT_OF_REACH: Final = Rule(
    "WIN003",
    "dll-out-of-reach",
    _WARNING,
    "A DLL is in the wheel where Windows doesn't look for it",
    "Windows looks beside the module that is imported, and in folders that its package adds; for what is loaded on "
    "first use, beside the program alone. Unless the package has loaded the DLL by then, it isn't found.",
    "Put the module into a package with an `__init__.py` of its own, and repair the wheel again; or load the DLL by "
    "its path before it is needed.",
    "Microsoft: Dynamic-link library search order",
)

# --- SEC: what weakens the process ------------------------------------------------------------------------------
SEC_EXEC_STACK: Final = Rule(
    "SEC001",
    "executable-stack",
    _ERROR,
    "A binary asks for an executable stack",
    "glibc 2.41 and newer refuse to dlopen it; older ones make the stack of the whole process executable.",
    "Mark assembly files with `.section .note.GNU-stack` or link with `-z noexecstack`. `truewheel repair` takes the "
    "mark off libraries, which is right unless code really runs on the stack (nested functions of GNU C).",
)
SEC_TEXT_RELOCATIONS: Final = Rule(
    "SEC002",
    "text-relocations",
    _WARNING,
    "A binary has relocations in its code (DT_TEXTREL)",
    "Hardened systems, Android and musl refuse to load it.",
    "Compile everything in it with -fPIC.",
)

# --- PATH: traces of the build machine ---------------------------------------------------------------------------
PATH_RPATH: Final = Rule(
    "PATH001",
    "absolute-run-path",
    _WARNING,
    "A binary searches libraries in an absolute directory",
    "Whoever can write to that directory on the user's machine decides what is loaded.",
    "Search by `$ORIGIN` or `@loader_path`, and only in the wheel; `truewheel repair` drops all else.",
)
PATH_INSTALL_NAME: Final = Rule(
    "PATH002",
    "absolute-install-name",
    _NOTE,
    "A Mach-O file calls itself by an absolute path of the build machine",
    "It tells of the build machine, and changes with it.",
    "Link with `-install_name @rpath/NAME`; `truewheel repair` writes such names.",
    strict=_WARNING,
)
PATH_ESCAPES: Final = Rule(
    "PATH003",
    "run-path-leaves-wheel",
    _WARNING,
    "A relative run path leads out of the folder that the wheel is installed to",
    "Libraries are searched in places that the wheel knows nothing about.",
    "Keep libraries inside the wheel, and search there; `truewheel repair` drops the other paths.",
)
PATH_LEAK: Final = Rule(
    "PATH004",
    "build-path-leak",
    _NOTE,
    "A file names a directory of the build machine",
    "It tells of the build machine, and the bytes change with the directory.",
    "Build with -ffile-prefix-map (C), --remap-path-prefix (Rust) or -trimpath (Go).",
    strict=_WARNING,
)

# --- REP: what keeps two builds from being equal -------------------------------------------------------------------
REP_SBOM: Final = Rule(
    "REP001",
    "sbom-not-reproducible",
    _NOTE,
    "An SBOM carries a random serial number or the time of the build",
    "Every build of the same source gives another wheel.",
    "Derive serial and time from the content or from SOURCE_DATE_EPOCH.",
    "CycloneDX 1.6; PEP 770",
    strict=_WARNING,
)
REP_PDB: Final = Rule(
    "REP002",
    "pdb-path",
    _NOTE,
    "A PE file names the PDB file of its build by an absolute path",
    "The bytes change with the build directory.",
    "Link with `/PDBALTPATH:%_PDB%`.",
    strict=_WARNING,
)

# --- ABI: Python's binary interface ------------------------------------------------------------------------------
ABI_SUFFIX: Final = Rule(
    "ABI001",
    "extension-suffix-mismatch",
    _ERROR,
    "The suffix of an extension module is not one that the tagged Python imports",
    "The interpreter doesn't find the module.",
    "Build with the interpreter that the tag names.",
    "PEP 3149; PEP 425",
)
ABI_SUFFIX_LIBC: Final = Rule(
    "ABI002",
    "extension-suffix-libc-mismatch",
    _ERROR,
    "The suffix of an extension module names another C library or architecture than the file has",
    "From CPython 3.11 on, a -linux-gnu module isn't found by a musl Python, and the other way round.",
    "Build with an interpreter of the target's C library.",
    "PEP 3149",
)
ABI3_VIOLATED: Final = Rule(
    "ABI003",
    "abi3-violation",
    _ERROR,
    "A wheel tagged abi3 imports a symbol that is not in the stable ABI",
    "It breaks on another Python version than the one it was built with.",
    "Define Py_LIMITED_API for every file, or drop the abi3 tag.",
    "PEP 384; PEP 652, stable_abi.toml",
)
ABI3_TOO_NEW: Final = Rule(
    "ABI004",
    "abi3-symbol-too-new",
    _ERROR,
    "A wheel tagged abi3 imports a symbol that its oldest Python doesn't have",
    "Importing fails on that Python.",
    "Set Py_LIMITED_API to the tagged version, or raise the python tag.",
    "PEP 384; PEP 652, stable_abi.toml",
)
ABI_PYTHON_DLL: Final = Rule(
    "ABI005",
    "wrong-python-dll",
    _ERROR,
    "A module imports another Python DLL than its tag calls for",
    "Two interpreters in one process, or none that is found.",
    "Build with the interpreter that the tag names; abi3 modules link to python3.dll.",
)
ABI_FREE_THREADED: Final = Rule(
    "ABI006",
    "free-threaded-mismatch",
    _ERROR,
    "A module for the free-threaded Python stands in a wheel for the usual one, or the other way round",
    "The layouts of objects differ; the process dies.",
    "Build for each of the two, or for abi3t where that is meant.",
    "PEP 703; PEP 803",
)
ABI_NONE_WITH_EXTENSION: Final = Rule(
    "ABI007",
    "abi-none-with-extension",
    _ERROR,
    "The abi tag is `none`, and the wheel holds an extension module of CPython",
    "Pythons with another ABI are offered a module that they can't load.",
    "Tag the wheel with the ABI it was built for.",
    "PEP 425",
)
ABI_FPECTL: Final = Rule(
    "ABI008",
    "fpectl-symbol",
    _ERROR,
    "A module uses names that only Pythons built with fpectl have",
    "Distributions built Python without it, and from 3.7 on it is gone: importing the module fails.",
    "Build with a Python that was not configured --with-fpectl.",
    "bpo-29137; auditwheel's PyFPE check",
)

# --- SIZE: what the index takes ------------------------------------------------------------------------------------
SIZE_PYPI: Final = Rule(
    "SIZE001",
    "over-pypi-limit",
    _WARNING,
    "The wheel is larger, or is compressed harder, than PyPI accepts",
    "The upload is refused.",
    "Ask for a higher limit, split the wheel, or leave debug symbols out.",
    "PyPI: 100 MiB a file by default; a ratio over 50 above 64 MiB is refused",
)
SIZE_NOT_STRIPPED: Final = Rule(
    "SIZE002",
    "not-stripped",
    _NOTE,
    "A file keeps its symbol table and debug information, though `repair --strip` was to take them",
    "Its sections are damaged, or something lies behind them that its own code may look for by its place.",
    "Nothing, if the program carries data of its own there; else strip it in the build.",
    strict=_NOTE,
)

RULES: Final = {rule.id: rule for rule in globals().copy().values() if isinstance(rule, Rule)}
"""Every rule by its id, in the order of the families above."""


def selected(selectors: tuple[str, ...]) -> frozenset[str]:
    """The ids that selectors name: an id (``TAG002``), a family or prefix (``TAG``), a name, or ``ALL``.

    Raises `RequestError` for a selector that names nothing, so a slip of the pen isn't silent.
    """
    chosen: set[str] = set()
    for selector in selectors:
        word = selector.strip()
        found = {
            r.id for r in RULES.values() if word.upper() == "ALL" or r.id.startswith(word.upper()) or r.name == word
        }
        if not found or not word:
            raise RequestError(
                f"no rule is called {word!r}",
                hint="`truewheel check --rules` lists the rules; a family such as TAG selects all of its rules",
            )
        chosen |= found
    return frozenset(chosen)
