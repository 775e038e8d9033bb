"""Small Mach-O files made by two linkers for two processors, with little and much room behind their load commands.

Four files of one family: ``libbee`` at the bottom, ``libay`` that loads it, ``plug.so`` that is a bundle, as extension
modules are, and ``program``. zig compiles the sources beside this module, and links with its own linker or leaves
that to LLVM's, which makes bundles and the rarer ways to load a library, too.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.elf.toolchains import call, once
from tests.tools import need

SOURCES = Path(__file__).with_name("sources")
BEE, AY, PLUG, PROGRAM = "libbee.1.dylib", "libay.dylib", "plug.so", "program"
TARGETS = {"arm64": ("aarch64-macos.11.0", "11.0"), "x86_64": ("x86_64-macos.10.13", "10.13")}
"""zig's name of a target and the lowest macOS, by architecture."""

BUILD_PATH = "/opt/build/of/ay/lib"
"""A run path that a build has left behind."""


@dataclass(frozen=True)
class Case:
    """One way to make the files. ``pad`` is what the linker is told of the room for load commands; "" nothing."""

    arch: str
    linker: str
    pad: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.arch, self.linker, self.pad)))

    @property
    def files(self) -> tuple[str, ...]:
        """What there is; zig's linker makes no bundles."""
        return (BEE, AY, PROGRAM) if self.linker == "zig" else (BEE, AY, PLUG, PROGRAM)


CASES = tuple(Case(arch, linker, pad) for arch in TARGETS for linker in ("lld", "zig") for pad in ("", "0x40", "0x800"))
PAIRS = tuple(Case("arm64", linker, pad) for linker in ("lld", "zig") for pad in ("", "0x800"))
"""Those that fat files are made of, each with its like for x86_64."""


def builds(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this test run share."""
    own = factory.getbasetemp()
    return (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "macho-builds"


def build(case: Case, root: Path) -> Path:
    """The folder with the files of a case."""
    if case.linker == "lld":
        objects = once(root / f"objects-{case.arch}", lambda folder: _compile(case, folder))
        return once(root / str(case), lambda folder: _link(case, objects, folder))
    return once(root / str(case), lambda folder: _build_by_zig(case, folder))


def fat(case: Case, name: str, root: Path) -> Path:
    """A file of a case, which is for arm64, in one with its like for x86_64, made by LLVM's lipo."""
    thin = build(case, root) / name
    other = build(Case("x86_64", case.linker, case.pad), root) / name

    def make(folder: Path) -> None:
        call([*need("llvm-lipo-19"), "-create", thin, other, "-output", folder / name])

    return once(root / f"fat-{case}-{name}", make) / name


def zig(folder: Path, *words: str | Path) -> None:
    """Run zig with a cache that all processes of this test run share."""
    cache = str(folder.parent / "zig-cache")  # zig keeps its own order between processes
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    call([sys.executable, "-m", "ziglang", *words], environment=environment)


def _options(case: Case) -> list[str]:
    """Without zig's own helpers, which take it seconds for each target the first time."""
    return ["-target", TARGETS[case.arch][0], "-lc", "-fno-compiler-rt", "-fno-ubsan-rt", "-OReleaseSmall"]


_FLAGS = ("-cflags", "-fno-sanitize=undefined", "-fno-stack-protector", "--")


def _compile(case: Case, folder: Path) -> None:
    for name in ("bee", "ay", "program"):
        target = f"-femit-bin={folder / name}.o"
        zig(folder, "build-obj", *_options(case), target, *_FLAGS, SOURCES / f"{name}.c")


def _link(case: Case, objects: Path, folder: Path) -> None:
    bee, ay = folder / BEE, folder / AY
    link(case, folder / BEE, objects / "bee.o", "-dylib", "-install_name", f"@rpath/{BEE}")
    rpaths = ["-rpath", BUILD_PATH, "-rpath", "@loader_path"]
    link(case, folder / AY, objects / "ay.o", "-dylib", "-install_name", f"/opt/build/{AY}", *rpaths, bee)
    link(case, folder / PLUG, objects / "ay.o", "-bundle", "-rpath", "@loader_path/lib", bee)
    program = ["-execute", "-e", "_main", "-rpath", BUILD_PATH, "-rpath", "@executable_path/lib"]
    link(case, folder / PROGRAM, objects / "program.o", *program, ay)


def link(case: Case, target: Path, *words: str | Path) -> None:
    """Run LLVM's linker for macOS."""
    lowest = TARGETS[case.arch][1]
    command: list[str | Path] = [*need("ld64.lld-19"), "-arch", case.arch, "-platform_version", "macos", lowest, lowest]
    pad = ["-headerpad", case.pad] if case.pad else []
    call([*command, *pad, *words, SOURCES / "libSystem.tbd", "-o", target])


def _build_by_zig(case: Case, folder: Path) -> None:
    bee, ay = folder / BEE, folder / AY
    rpaths = ["-rpath", BUILD_PATH, "-rpath", "@loader_path"]
    link_by_zig(case, bee, "bee", "-dynamic", "-install_name", f"@rpath/{BEE}")
    link_by_zig(case, ay, "ay", "-dynamic", "-install_name", f"/opt/build/{AY}", *rpaths, bee)
    program = ["-rpath", BUILD_PATH, "-rpath", "@executable_path/lib"]
    link_by_zig(case, folder / PROGRAM, "program", *program, ay)


def link_by_zig(case: Case, target: Path, source: str, *words: str | Path) -> None:
    """Compile a source and link it by zig's linker; the cache stands beside the folder of the target."""
    pad = ["-headerpad", case.pad] if case.pad else []
    kind = "build-lib" if "-dynamic" in words else "build-exe"
    options = [*_options(case), *pad, f"-femit-bin={target}", *words]
    zig(target.parent, kind, *options, *_FLAGS, SOURCES / f"{source}.c")
