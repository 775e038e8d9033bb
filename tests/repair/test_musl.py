"""Extension modules for musl: repaired here, loaded by musl's own loader."""

from __future__ import annotations

import re
import subprocess  # noqa: TID251 - musl's loader and compiler are programs; the ban protects src
import sys
import zipfile  # noqa: TID251 - unpacked with what is not ours; the ban protects src
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.repair.anatomy import grafted, natives, platforms
from tests.repair.building import run
from tests.repair.peers import truewheel
from tests.support import wheel_bytes
from tests.tools import need

LOADER = "/lib/ld-musl-x86_64.so.1"
NAME = "probe-1.0-cp312-cp312-linux_x86_64.whl"
MODULE = "probe/native.cpython-312-x86_64-linux-musl.so"

# A table of pointers, so that there is something to relocate: DT_RELR holds relative relocations only.
LIBRARY = r"""
#include <string.h>
static const char *const words[] = {"one", "two", "three", "four", "five", "six", "seven", "eight"};
const char *const *where = words;
int ten(void) { return (int)strlen(where[4]) + (int)strlen(where[7]) + 1; }
"""
EXTENSION = r"""
#include <stdlib.h>
int ten(void);
static int one = 1;
static int *volatile where = &one;
int func(void) { return ten() + abs(-*where); }
void *PyInit_native(void) { return 0; }
"""
PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words)
{
    void *module = dlopen(words[1], RTLD_NOW);
    int (*func)(void) = module ? (int (*)(void))dlsym(module, "func") : 0;
    if (!func) {
        puts(dlerror());
        return 1;
    }
    printf("%d\n", func());
    return 0;
}
"""


def _compile(compiler: list[str], target: Path, code: str, *flags: str | Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.parent / f"{target.name}.c"
    source.write_text(code, encoding="utf-8")
    run([*compiler, "-O1", "-o", target, source, *flags])
    return target


def _compiler(name: str) -> list[str]:
    if name == "zig":
        return [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-linux-musl"]
    need("/usr/include/x86_64-linux-musl/stdio.h")
    return [str(need("musl-gcc")[0])]


def _made(folder: Path, compiler: str, *flags: str) -> Path:
    """A wheel whose module needs ``libten.so.1`` of the folder ``outside``."""
    command = _compiler(compiler)
    shared = ("-shared", "-fPIC", "-Wl,--build-id=none")
    library = folder / "outside" / "libten.so.1"
    _compile(command, library, LIBRARY, *shared, "-Wl,-soname,libten.so.1", *flags)
    module = _compile(command, folder / "native.so", EXTENSION, *shared, library, *flags)
    wheel = folder / NAME
    wheel.write_bytes(wheel_bytes({"probe/__init__.py": b"", MODULE: module.read_bytes()}, name=NAME))
    return wheel


def _unpacked(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _opened(folder: Path, module: Path) -> subprocess.CompletedProcess[str]:
    """What a program of musl says that opens a module and calls it."""
    program = folder / "opens"
    if not program.exists():
        _compile(_compiler("musl-gcc"), program, PROGRAM)
    return subprocess.run([program, module], capture_output=True, text=True, check=False)


def _loader() -> tuple[str, tuple[int, ...]]:
    """The loader of musl, and its version."""
    (loader,) = need(LOADER)
    said = subprocess.run([loader], capture_output=True, text=True, check=False).stderr
    found = re.search(r"Version ([0-9.]+)", said)
    assert found, said
    return str(loader), tuple(map(int, found[1].split(".")))


@pytest.mark.parametrize("compiler", ["musl-gcc", "zig"])
def test_loads_what_was_grafted(compiler: str, tmp_path: Path) -> None:
    loader, _ = _loader()
    outcome = truewheel(_made(tmp_path, compiler), tmp_path / "out", tmp_path / "outside")
    (library,) = grafted(outcome.wheel)
    assert platforms(outcome.wheel.name) == ("musllinux_1_1_x86_64",)
    home = _unpacked(outcome.wheel, tmp_path / "home")
    listed = run([loader, "--list", home / MODULE])
    soname = natives(outcome.wheel)[library].soname
    (line,) = [line for line in listed.splitlines() if soname in line]
    assert Path(line.split()[2]).samefile(home / library)
    opened = _opened(tmp_path, home / MODULE)
    assert (opened.returncode, opened.stdout) == (0, "11\n"), opened.stdout


def test_an_unrepaired_module_does_not_load(tmp_path: Path) -> None:
    home = _unpacked(_made(tmp_path, "musl-gcc"), tmp_path / "home")
    opened = _opened(tmp_path, home / MODULE)
    assert opened.returncode == 1
    assert "libten.so.1" in opened.stdout


RELR = "-Wl,-z,pack-relative-relocs"


@pytest.mark.parametrize("kept", [False, True], ids=["expanded", "kept"])
def test_packed_relocations_load_on_every_musl_once_written_out(kept: bool, tmp_path: Path) -> None:
    _, version = _loader()
    options = ("--keep-relr",) if kept else ()
    outcome = truewheel(_made(tmp_path, "musl-gcc", RELR), tmp_path / "out", tmp_path / "outside", options=options)
    (library,) = grafted(outcome.wheel)
    home = _unpacked(outcome.wheel, tmp_path / "home")
    for file in (home / library, home / MODULE):
        assert ("(RELR)" in run([need("readelf")[0], "-dW", file])) is kept
    opened = _opened(tmp_path, home / MODULE)
    if kept and version < (1, 2, 4):
        assert opened.returncode < 0, "loaders before 1.2.4 pass over DT_RELR, and the process dies"
    else:
        assert (opened.returncode, opened.stdout) == (0, "11\n"), opened.stdout


def test_a_published_wheel_loads_on_the_musl_that_its_tag_admits(corpus: Corpus, tmp_path: Path) -> None:
    # Its grafted libraries come from an Alpine whose linker packs relocations, for musl 1.2.4.
    _, version = _loader()
    published = corpus("greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl")
    mended = truewheel(published, tmp_path / "out").wheel
    (library,) = [name for name in grafted(mended) if "libstdc++" in name]
    before = _opened(tmp_path, _unpacked(published, tmp_path / "before") / library)
    after = _opened(tmp_path, _unpacked(mended, tmp_path / "after") / library)
    assert "Symbol not found: func" in after.stdout, "it was opened, with its constructors run"
    if version < (1, 2, 4):
        assert before.returncode < 0
    else:
        assert before.stdout == after.stdout.replace("/after/", "/before/")
