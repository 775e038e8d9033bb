"""Tiny DLLs, extension modules and programs for Windows on x86-64, made by MinGW's compiler without its runtime."""

from __future__ import annotations

from pathlib import Path

from tests.pe.toolchains import GCC, OVERLAY, SOURCES, sign
from tests.repair.building import run
from tests.tools import need

_PLAIN = ("-O1", "-w", "-fno-asynchronous-unwind-tables", "-fno-ident")
_BARE = ("-nostdlib", "-s", "-Wl,--no-insert-timestamp")
_KERNEL32 = "/usr/x86_64-w64-mingw32/lib/libkernel32.a"


class DllWorkshop:
    """A folder in which files are made. DLLs that are not part of a wheel belong into ``outside`` and ``deep``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outside = folder / "outside"
        self.deep = self.outside / "deep"
        self.deep.mkdir(parents=True)

    @property
    def places(self) -> tuple[Path, Path]:
        """The folders that a repair is to look into."""
        return self.outside, self.deep

    def dll(self, path: str, code: str, *against: Path) -> Path:
        """A DLL, or an extension module, that imports from those that it is linked `against`."""
        target = self._target(path)
        (gcc,) = need(GCC)
        run([gcc, *_PLAIN, *_BARE, "-shared", "-Wl,--entry=0", self._source(target, code), *against, "-o", target])
        return target

    def late(self, path: str, code: str, library: str, function: str) -> Path:
        """A DLL or a program that looks for a function of another when it first calls it, by a helper of `tests/pe`."""
        target = self._target(path)
        gcc, linker = need(GCC, "lld-link")
        objects = [self.folder / f"{target.name}.{number}.o" for number in range(2)]
        for source, made in zip((self._source(target, code), SOURCES / "delay.c"), objects, strict=True):
            run([gcc, *_PLAIN, "-c", source, "-o", made])
        kind = ("/entry:start", "/subsystem:console") if target.suffix == ".exe" else ("/dll", "/noentry")
        options = [*kind, "/timestamp:0", f"/out:{target}", f"/delayload:{library}"]
        run([linker, *options, *objects, self._import_library(library, function), _KERNEL32])
        return target

    def program(self, path: str, code: str, *against: Path) -> Path:
        """A program; ``start`` is its entry, and what that returns is its exit status."""
        target = self._target(path)
        (gcc,) = need(GCC)
        run([gcc, *_PLAIN, *_BARE, "-Wl,--entry=start", self._source(target, code), *against, "-o", target])
        return target

    def signed(self, path: Path) -> Path:
        """The file itself, signed now with a certificate of our own."""
        sign(path, self.folder)
        return path

    def with_overlay(self, path: Path) -> Path:
        """The file itself, with bytes behind its end now."""
        path.write_bytes(path.read_bytes() + OVERLAY)
        return path

    def _target(self, path: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _source(self, target: Path, code: str) -> Path:
        source = self.folder / f"{target.name[:80]}.c"
        source.write_text(code, encoding="utf-8")
        return source

    def _import_library(self, library: str, function: str) -> Path:
        """What LLVM's linker wants in place of a DLL, to load it late: one that it made itself."""
        gcc, linker = need(GCC, "lld-link")
        made = self.folder / "stub" / library
        compiled, target = self._target(f"stub/{library}.o"), made.with_suffix(".lib")
        run(
            [gcc, *_PLAIN, "-c", self._source(made, f"__declspec(dllexport) int {function}(void) {{}}"), "-o", compiled]
        )
        run([linker, "/dll", "/noentry", f"/out:{made}", compiled, f"/implib:{target}"])
        return target
