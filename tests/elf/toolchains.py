"""Small libraries and programs made by many linkers for many processors, and the means to run them.

Four files of one family: ``libbee`` at the bottom, ``libay`` that needs it, ``plug.so`` that is opened at run time,
and ``program`` that uses them all and prints what it finds. Their sources stand beside this module.
"""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - compilers and emulators are programs; the ban protects src
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.corpus import locked
from tests.tools import need

SOURCES = Path(__file__).with_name("sources")
BEE, AY, PLUG, PROGRAM = "libbee.so.1", "libay.so.1", "plug.so", "program"
FILES = (BEE, AY, PLUG, PROGRAM)
ROOM = 16 << 20
"""The bytes of libay's .bss."""


@dataclass(frozen=True, slots=True)
class Target:
    """A processor: Debian's triplet, and how programs for it are run ("": as they are)."""

    triplet: str
    emulator: str = ""

    @property
    def tool_prefix(self) -> str:
        """What the names of this target's tools begin with."""
        return "" if self.triplet == "x86_64-linux-gnu" else f"{self.triplet}-"

    @property
    def zig(self) -> str:
        """The same target in zig's words."""
        return {"i686-linux-gnu": "x86-linux-gnu"}.get(self.triplet, self.triplet)


TARGETS = {
    "x86_64": Target("x86_64-linux-gnu"),
    "i686": Target("i686-linux-gnu", "qemu-i386"),
    "aarch64": Target("aarch64-linux-gnu", "qemu-aarch64"),
    "armv7l": Target("arm-linux-gnueabihf", "qemu-arm"),
    "ppc64le": Target("powerpc64le-linux-gnu", "qemu-ppc64le"),
    "riscv64": Target("riscv64-linux-gnu", "qemu-riscv64"),
    "s390x": Target("s390x-linux-gnu", "qemu-s390x"),
    "loongarch64": Target("loongarch64-linux-gnu"),
}
"""By the names of platform tags. Debian 12 has no C library for loongarch64, so its programs aren't run."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to make the four files.

    ``linker`` is bfd, gold, lld, mold or zig; ``options`` are the compiler's, for every file. ``trait`` names what
    else is special: "nopie" (a program at a fixed address), "nosections", "cxx" (with an exception that crosses
    files), "execstack".
    """

    arch: str
    linker: str
    trait: str = ""
    libc: str = "glibc"
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join(filter(None, (self.arch, self.linker, "musl" if self.libc == "musl" else "", self.trait)))

    @property
    def target(self) -> Target:
        """What it is made for."""
        return TARGETS[self.arch]

    @property
    def runs(self) -> bool:
        """Whether there is a loader for it here. Debian has musl's for x86_64 alone."""
        return self.arch != "loongarch64" and (self.libc == "glibc" or self.arch == "x86_64")

    @property
    def versioned(self) -> bool:
        """Whether a symbol has two versions: musl's loader knows none, and zig's linker makes none of ``.symver``."""
        return self.libc == "glibc" and self.linker != "zig"


Command = Sequence[str | Path]


def call(command: Command, *, environment: dict[str, str] | None = None) -> str:
    """What a program prints, both streams together; it must succeed."""
    done = run(command, environment=environment)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def run(
    command: Sequence[str | Path], *, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A program that has ended, with both streams as one text, in English."""
    kept = {"PATH": os.environ["PATH"], "LC_ALL": "C"} | (environment or {})
    return subprocess.run(
        list(map(str, command)),
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def launch(case: Case, program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the case's target, under its emulator."""
    return run([*_emulator(case.target), program, *arguments])


def strip_of(case: Case, tool: str) -> str:
    """The program behind strip, llvm-strip or eu-strip that knows the case's processor."""
    return f"{case.target.tool_prefix}strip" if tool == "strip" else tool


def _emulator(target: Target) -> list[str | Path]:
    if not target.emulator:
        return []
    path, _ = need(target.emulator, f"/usr/{target.triplet}/lib/libc.so.6")
    return [path, "-L", f"/usr/{target.triplet}"]


def build(case: Case, root: Path) -> Path:
    """The folder with the four files of a case."""

    def make(folder: Path) -> None:
        (_build_by_zig if case.linker == "zig" else _build_by_gcc)(case, folder)
        if case.trait == "nosections":
            for name in (BEE, AY, PLUG):
                _drop_sections(folder / name)

    return once(root / str(case), make)


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that `make` has filled, one time, whatever number of processes ask."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            scratch = folder.with_name(f"{folder.name}.part")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            make(scratch)
            scratch.rename(folder)
    return folder


def _build_by_gcc(case: Case, folder: Path) -> None:
    compiler = [*compiler_of(case, folder), *case.options, "-g", "-O1", "-fexceptions", f"-DROOM={ROOM}"]
    library = [*compiler, "-fPIC", "-shared"]
    versions = ["-DVERSIONED", f"-Wl,--version-script,{SOURCES / 'bee.map'}"] if case.versioned else []
    unwind = ["-DUNWIND"] if case.libc == "glibc" else []
    bee, ay, plug = folder / BEE, folder / AY, folder / PLUG
    throwing = case.trait == "cxx"
    bee_sources = [*_source("bee.c"), *(_source("throw.cpp") if throwing else ())]
    ay_sources = [*_source("ay.c"), *(_source("catch.cpp") if throwing else ())]
    call([*library, *versions, f"-Wl,-soname,{BEE}", *bee_sources, "-o", bee])
    call([*library, *unwind, f"-Wl,-soname,{AY}", *ay_sources, bee, "-pthread", "-o", ay])
    call([*library, *_source("plug.c"), bee, "-o", plug])
    program = [*compiler, *(("-fno-pie", "-no-pie") if case.trait == "nopie" else ("-fPIE", "-pie"))]
    call([*program, *_source("program.c"), ay, f"-Wl,-rpath-link,{folder}", "-ldl", "-o", folder / PROGRAM])


def _source(name: str) -> tuple[str | Path, ...]:
    """A source in its own language, also where g++ compiles it."""
    return ("-xc++" if name.endswith(".cpp") else "-xc", SOURCES / name, "-xnone")


def compiler_of(case: Case, folder: Path) -> list[str | Path]:
    """The C compiler of a case that isn't zig's, with its linker chosen. May put links into `folder`."""
    return [*_compiler(case), *_linker(case, folder)]


def _compiler(case: Case) -> list[str | Path]:
    if case.libc == "musl":
        return [need("musl-gcc", "/usr/include/x86_64-linux-musl/stdio.h", "/lib/ld-musl-x86_64.so.1")[0]]
    if case.trait == "cxx":
        return [*need("g++"), "-DTHROWS"]
    prefix = case.target.tool_prefix
    headers = f"/usr/{case.target.triplet}/include/stdio.h" if prefix else "/usr/include/stdio.h"
    return [need(f"{prefix}gcc", headers)[0]]


def _linker(case: Case, folder: Path) -> list[str]:
    """The options that choose the linker. gcc for another processor looks for lld and mold under another name."""
    if case.linker in {"lld", "mold"}:
        links = folder / "linkers"
        links.mkdir(exist_ok=True)
        (links / f"ld.{case.linker}").symlink_to(need("ld.lld" if case.linker == "lld" else "mold")[0])
        return [f"-fuse-ld={case.linker}", f"-B{links}"]
    if case.linker == "gold" and not case.target.tool_prefix:
        need("ld.gold")
    return [f"-fuse-ld={case.linker}"]


def _build_by_zig(case: Case, folder: Path) -> None:
    triplet = case.target.zig.replace("-gnu", "-musl") if case.libc == "musl" else case.target.zig
    cache = str(folder.parent / "zig-cache")  # zig keeps its own order between processes
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    # Without zig's own helpers, which take it half a minute for each target the first time.
    options = ["-target", triplet, "-lc", "-fno-compiler-rt", "-fno-ubsan-rt", "-ODebug", *case.options]
    defines = ["-cflags", f"-DROOM={ROOM}", "-fno-sanitize=undefined", "-fno-stack-protector", "--"]

    def zig(kind: str, source: str, target: str, *more: str | Path) -> None:
        command = [sys.executable, "-m", "ziglang", kind, *options, *more, *defines, SOURCES / source]
        call([*command, f"-femit-bin={folder / target}"], environment=environment)
        (folder / f"{target}.o").unlink(missing_ok=True)

    zig("build-lib", "bee.c", BEE, "-dynamic", f"-fsoname={BEE}")
    zig("build-lib", "ay.c", AY, "-dynamic", f"-fsoname={AY}", folder / BEE)
    zig("build-lib", "plug.c", PLUG, "-dynamic", "-fno-soname", folder / BEE)
    zig("build-exe", "program.c", PROGRAM, "-fPIE", folder / AY, folder / BEE)


def _drop_sections(path: Path) -> None:
    """Take the section headers away, as the tools that shrink libraries do, and all that isn't loaded."""
    data = bytearray(path.read_bytes())
    assert data[4] == 2  # ELFCLASS64
    table, count = int.from_bytes(data[0x20:0x28], "little"), int.from_bytes(data[0x38:0x3A], "little")
    ends = [
        int.from_bytes(data[at + 8 : at + 16], "little") + int.from_bytes(data[at + 32 : at + 40], "little")
        for at in range(table, table + 56 * count, 56)
        if data[at] == 1  # PT_LOAD
    ]
    del data[max(ends) :]
    data[0x28:0x30] = bytes(8)  # e_shoff
    data[0x3A:0x40] = bytes(6)  # e_shentsize, e_shnum, e_shstrndx
    path.write_bytes(data)


def builds(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this test run share."""
    own = factory.getbasetemp()
    return (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "elf-builds"
