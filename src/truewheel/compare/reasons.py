"""The table of causes: why two builds of one source come out different, and what mends it."""

from __future__ import annotations

from typing import Final

from truewheel.compare.model import Reason

_SHIM: Final = (
    "`truewheel build` and `truewheel.backend` map the path away for compilers; "
    "where the project's own build writes it, write a relative one"
)

BUILD_PATH: Final = Reason(
    "build-path",
    "the build directory",
    "A compiler, a linker or a generator wrote the path of its folder, and pip and uv use a new one each time.",
    _SHIM,
)
BUILD_TIME: Final = Reason(
    "build-time",
    "the time of the build",
    "Something wrote the clock's time, or files' times, into the result.",
    "set SOURCE_DATE_EPOCH; `truewheel build` does, and `truewheel normalize` sets the times of archives",
)
UMASK: Final = Reason(
    "umask",
    "the umask",
    "File modes came from the umask of whoever built, or from the modes of the checkout.",
    "`truewheel normalize`: modes become 0644 and 0755",
)
ORDER: Final = Reason(
    "member-order",
    "the order of members",
    "A builder wrote members in the order in which the file system listed them.",
    "`truewheel normalize` sorts them",
)
HASH_ORDER: Final = Reason(
    "hash-order",
    "the order of a set or a directory",
    "The same items stand in another order: a set's order follows Python's hash seed, a listing's the file system.",
    "sort them where they are written; PYTHONHASHSEED=0, as in `truewheel build`, hides it",
)
DEFLATE: Final = Reason(
    "deflate",
    "the deflate implementation",
    "The same bytes were compressed by another library or at another level (zlib, zlib-ng, libdeflate).",
    "`truewheel normalize` compresses with one pinned encoder",
)
ZIP_TOOL: Final = Reason(
    "zip-tool",
    "the tool that wrote the archive",
    "Fields of the archive that say nothing about the contents differ: systems, versions, flags, extra fields.",
    "`truewheel normalize`",
)
COMPILER: Final = Reason(
    "compiler",
    "another compiler",
    "The compilers' own notes in the binary differ: the machine code may too.",
    "build with the same compiler: `truewheel build` writes its version into the provenance",
)
COMPILER_OPTIONS: Final = Reason(
    "compiler-options",
    "other options of the compiler",
    "The options that compilers note in the binary differ: optimization, macros or debug information may too.",
    "build with the same CFLAGS, and with the same Python: extensions get its own options",
)
LINKER: Final = Reason(
    "linker",
    "another linker",
    "The linker's notes, or the layout that it chose, differ.",
    "build with the same linker",
)
LINK_ORDER: Final = Reason(
    "link-order",
    "the order of object files",
    "The same symbols stand in another order: object files were linked as a folder or a set listed them.",
    "sort the sources in the build script: sorted(glob(...))",
)
BUILD_ID: Final = Reason(
    "build-id",
    "the build id",
    "The linker hashes the file into its build id (Mach-O: UUID; PE: GUID), so it differs where anything else does.",
    "mend what else differs in the file",
)
DEBUG_INFO: Final = Reason(
    "debug-info",
    "debug information",
    "One side carries debug information or symbols that the other has not, or other ones.",
    "build both with the same -g, and strip both or neither",
)
PE_TIME: Final = Reason(
    "pe-timestamp",
    "the linker's time stamp",
    "The header or the debug directory of the PE file holds the time when it was linked.",
    "link with /Brepro (MSVC) or --no-insert-timestamp (GNU, LLVM)",
)
PDB: Final = Reason(
    "pdb",
    "the program database",
    "The file names its .pdb by path, GUID and age, which change at each link.",
    "link with /Brepro and /PDBALTPATH:%_PDB%",
)
SIGNATURE: Final = Reason(
    "signature",
    "a signature",
    "Signatures hash the file and may hold the time and the signer; one side may have none.",
    "compare before signing",
)
PYTHON: Final = Reason(
    "python",
    "another Python",
    "Bytecode and extension modules are made for one version of Python, and for one implementation.",
    "build with the same Python",
)
BYTECODE_SOURCE: Final = Reason(
    "bytecode-source",
    "the source's time in bytecode",
    "A .pyc file holds the time and size of the source that it was made from (PEP 552).",
    "leave .pyc files out of wheels, or compile them with --invalidation-mode checked-hash",
)
BYTECODE_REFERENCES: Final = Reason(
    "bytecode-references",
    "references in bytecode",
    "marshal writes an object that is met again as a reference, and that depends on what else in the process uses it.",
    "leave .pyc files out of wheels: installers make them; or compile each in a process of its own",
)
BACKEND: Final = Reason(
    "backend",
    "another version of the build backend",
    "The Generator of WHEEL, or the form of METADATA, is that of another backend or version.",
    "build with the same one: `truewheel build --lock` takes the lock of an earlier build",
)
SBOM_SERIAL: Final = Reason(
    "sbom-serial",
    "a bill of materials' serial number",
    "An SBOM carries a random serial number, or the time when it was made.",
    "let the tool derive it from the contents; `truewheel repair --sbom` does",
)
LINE_ENDS: Final = Reason(
    "line-ends",
    "line ends",
    "One side has CRLF where the other has LF: a checkout or a build on Windows.",
    "say `* text=auto eol=lf` in .gitattributes",
)
INSTALLER: Final = Reason(
    "installer",
    "an installer",
    "Installers add files to .dist-info, and write RECORD anew: with rows for these, and with line ends of their own.",
    "compare the wheel itself with the other one",
)
PLATFORM: Final = Reason(
    "platform",
    "another platform",
    "The files are for other processors or systems.",
    "compare wheels for one platform",
)
TAG: Final = Reason(
    "tag",
    "another tag for one platform",
    "The tag says which versions of a system the wheel runs on: repairing or retagging it changes that.",
    "repair both alike; `truewheel check` says which tags a wheel keeps",
)
HOST: Final = Reason(
    "host",
    "the machine or its user",
    "The name of the host or of the user was written into the result.",
    "leave it out; `truewheel build --twice` varies both and shows where they come from",
)
ENVIRONMENT: Final = Reason(
    "environment",
    "the environment of the build",
    "A variable, the locale, the time zone, the kernel or the number of processors was written into the result.",
    "leave it out, or write what doesn't depend on the machine; `truewheel build` fixes most of it",
)
VERSION: Final = Reason(
    "version",
    "another version of the project",
    "Version numbers differ: the sources are not the same, or the version was made from the clock or the checkout.",
    "build the same revision; a version from the VCS needs its tags",
)

REASONS: Final = (
    BUILD_PATH,
    BUILD_TIME,
    UMASK,
    ORDER,
    HASH_ORDER,
    DEFLATE,
    ZIP_TOOL,
    COMPILER,
    COMPILER_OPTIONS,
    LINKER,
    LINK_ORDER,
    BUILD_ID,
    DEBUG_INFO,
    PE_TIME,
    PDB,
    SIGNATURE,
    PYTHON,
    BYTECODE_SOURCE,
    BYTECODE_REFERENCES,
    BACKEND,
    SBOM_SERIAL,
    LINE_ENDS,
    INSTALLER,
    PLATFORM,
    TAG,
    HOST,
    ENVIRONMENT,
    VERSION,
)
