"""Small DLLs made by three linkers for x86_64, with what the DLLs of real wheels have about them.

Three files of one family: ``libbee.dll`` at the bottom, ``libay.dll`` that imports from it, and ``plug.pyd`` that
imports from libay and whose function ``answer`` returns 42. Their sources stand beside this module.
"""

from __future__ import annotations

import subprocess  # noqa: TID251 - tools that say yes by their status; the ban protects src
import sys
from dataclasses import dataclass
from pathlib import Path

import pefile

from tests.elf.toolchains import call, once
from tests.tools import need

SOURCES = Path(__file__).with_name("sources")
BEE, AY, PLUG = "libbee.dll", "libay.dll", "plug.pyd"
FILES = (BEE, AY, PLUG)
ANSWER = 42
GCC = "x86_64-w64-mingw32-gcc"
_COMPILE = ("-O1", "-fno-asynchronous-unwind-tables", "-fno-ident")
_KERNEL32 = "/usr/x86_64-w64-mingw32/lib/libkernel32.a"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to make the three files.

    ``linker`` is "bfd" (of GNU), "lld" (as ``lld-link``, in the manner of Microsoft's) or "zig". ``traits``:

    - "symbols": COFF symbols and debug information behind the sections (bfd).
    - "runtime": linked with MinGW's startup code, TLS directory and all (bfd).
    - "delayed": libay imports from libbee when it first calls it (lld).
    - "restricted": DependentLoadFlags let libay search the system's folder alone (lld).
    - "checksum": a right checksum where the linker writes none.
    - "signed": signed, with a certificate of our own, by osslsigncode.
    - "overlay": bytes behind the end, as self-extracting archives and installers have.
    """

    linker: str
    traits: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "-".join((self.linker, *sorted(self.traits)))


def case(linker: str, *traits: str) -> Case:
    """A case by its words."""
    return Case(linker, frozenset(traits))


CASES = (
    case("bfd"),
    case("bfd", "symbols"),
    case("bfd", "runtime", "symbols", "overlay"),
    case("bfd", "runtime", "signed"),
    case("lld"),
    case("lld", "checksum", "delayed", "restricted"),
    case("lld", "signed"),
    case("lld", "checksum", "overlay"),
    case("zig"),
    case("zig", "checksum", "signed"),
)
"""Every linker, and every trait with more than one of them where that can be."""

OVERLAY = b"an archive, perhaps\n" * 7


def build(wanted: Case, root: Path) -> Path:
    """The folder below `root` with the three files of a case, made once whatever number of processes ask."""

    def make(folder: Path) -> None:
        {"bfd": _by_bfd, "lld": _by_lld, "zig": _by_zig}[wanted.linker](wanted, folder)
        for name in FILES:
            _finish(wanted, folder / name, root)

    return once(root / str(wanted), make)


def _by_bfd(wanted: Case, folder: Path) -> None:
    compiler: list[str | Path] = [
        *need(GCC),
        *_COMPILE,
        "-shared",
        *(("-g",) if "symbols" in wanted.traits else ("-s",)),
    ]
    if "runtime" not in wanted.traits:
        compiler += ["-nostdlib", "-Wl,--entry=0"]
    call([*compiler, SOURCES / "bee.c", "-o", folder / BEE])
    call([*compiler, SOURCES / "ay.c", folder / BEE, "-o", folder / AY])
    call([*compiler, SOURCES / "plug.c", folder / AY, "-o", folder / PLUG])


def _by_lld(wanted: Case, folder: Path) -> None:
    compiler, linker = need(GCC, "lld-link")
    delayed, restricted = "delayed" in wanted.traits, "restricted" in wanted.traits

    def link(target: str, sources: tuple[str, ...], *more: str | Path) -> None:
        objects = [folder / f"{source}.o" for source in sources]
        for source, made in zip(sources, objects, strict=True):
            call([compiler, *_COMPILE, *(("-DDELAYED",) if delayed else ()), "-c", SOURCES / source, "-o", made])
        call([linker, "/dll", "/noentry", f"/out:{folder / target}", *objects, *more])

    config = ("load_config.c",) if restricted else ()
    link(BEE, ("bee.c",), f"/implib:{folder / 'bee.lib'}")
    helper = ("delay.c",) if delayed else ()
    late = (f"/delayload:{BEE}", _KERNEL32) if delayed else ()
    link(AY, ("ay.c", *config, *helper), f"/implib:{folder / 'ay.lib'}", folder / "bee.lib", *late)
    link(PLUG, ("plug.c", *config), f"/implib:{folder / 'plug.lib'}", folder / "ay.lib")


def _by_zig(wanted: Case, folder: Path) -> None:
    assert wanted.linker == "zig"
    need(GCC)  # where the others can be built: on Linux
    cache = str(folder / "cache")
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    # Without zig's own helpers and MinGW's runtime, which take it minutes the first time.
    options = ["-dynamic", "-target", "x86_64-windows-gnu", "-ODebug"]
    options += ["-fno-compiler-rt", "-fno-ubsan-rt", "-fno-entry"]
    flags = ["-cflags", "-fno-sanitize=undefined", "-fno-stack-protector", "--"]

    def zig(source: str, target: str, *more: str | Path) -> None:
        command = [sys.executable, "-m", "ziglang", "build-lib", *options, *more, f"-femit-bin={folder / target}"]
        library = f"-femit-implib={folder / source}.lib"
        call([*command, library, *flags, SOURCES / source], environment=environment)

    zig("bee.c", BEE)
    zig("ay.c", AY, folder / "bee.c.lib")
    zig("plug.c", PLUG, folder / "ay.c.lib")


def _finish(wanted: Case, path: Path, root: Path) -> None:
    """What isn't a linker's doing."""
    if "overlay" in wanted.traits:
        path.write_bytes(path.read_bytes() + OVERLAY)
    if "checksum" in wanted.traits or wanted.linker == "bfd":  # which writes one, of the file without an overlay
        path.write_bytes(with_checksum(path.read_bytes()))
    if "signed" in wanted.traits:
        sign(path, root)


def with_checksum(data: bytes) -> bytes:
    """The file with the checksum that pefile computes for it."""
    image = pefile.PE(data=data, fast_load=True)
    image.OPTIONAL_HEADER.CheckSum = image.generate_checksum()
    return bytes(image.write())


def sign(path: Path, root: Path) -> None:
    """Sign a file with a certificate of our own, which `root` keeps."""
    signer, openssl = need("osslsigncode", "openssl")

    def make(folder: Path) -> None:
        request: list[str | Path] = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=nobody",
            "-days",
            "3650",
        ]
        request += ["-addext", "extendedKeyUsage=codeSigning"]
        call([openssl, *request, "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"])

    keys = once(root / "certificate", make)
    signed = path.with_name(f"{path.name}.signed")
    command: list[str | Path] = [
        signer,
        "sign",
        "-certs",
        keys / "certificate.pem",
        "-key",
        keys / "key.pem",
        "-h",
        "sha256",
    ]
    call([*command, "-in", path, "-out", signed])
    signed.replace(path)


def signature_fits(path: Path, root: Path) -> bool:
    """Whether osslsigncode finds that the signature is of these bytes, and by our certificate."""
    (signer,) = need("osslsigncode")
    certificate = root / "certificate" / "certificate.pem"
    command: list[str | Path] = [signer, "verify", "-CAfile", certificate, "-in", path]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
