"""Wheels for other processors: repaired on this one, loaded under emulation."""

from __future__ import annotations

import subprocess  # noqa: TID251 - emulators are programs; the ban protects src
import zipfile  # noqa: TID251 - unpacked with what is not ours; the ban protects src
from pathlib import Path

import pytest

from test_tools import CROSS
from tests.repair.anatomy import grafted, platforms
from tests.repair.building import run
from tests.repair.peers import truewheel
from tests.support import wheel_bytes
from tests.tools import need

EMULATED = {
    "aarch64-linux-gnu": ("aarch64", "aarch64"),
    "arm-linux-gnueabihf": ("arm", "armv7l"),
    "i686-linux-gnu": ("i386", "i686"),
    "powerpc64le-linux-gnu": ("ppc64le", "ppc64le"),
    "riscv64-linux-gnu": ("riscv64", "riscv64"),
    "s390x-linux-gnu": ("s390x", "s390x"),
}
"""What qemu calls the processor of a compiler, and what platform tags do."""

SECOND = '#include <stdlib.h>\nint second(void) { return getenv("PROBE_NEVER_SET") ? 0 : 10; }'
FIRST = 'int second(void); const char *const words[] = {"a", "b"}; int first(void) { return 1 + second(); }'
MODULE = "int first(void); int func(void) { return first(); }"
PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words)
{
    void *module = dlopen(words[1], RTLD_NOW);
    int (*func)(void) = module ? (int (*)(void))dlsym(module, "func") : 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[4096];
    puts(func ? "" : dlerror());
    while (fgets(line, sizeof line, maps))
        fputs(line, stdout);
    return func ? func() : 1;
}
"""


def _compile(triplet: str, target: Path, code: str, *flags: str | Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.with_suffix(".c")
    source.write_text(code, encoding="utf-8")
    run([need(f"{triplet}-gcc")[0], "-O1", "-o", target, source, *flags])
    return target


def test_every_compiler_has_its_emulator() -> None:
    assert set(EMULATED) == set(CROSS)


@pytest.mark.parametrize("triplet", EMULATED)
def test_loads_under_emulation(triplet: str, tmp_path: Path) -> None:
    emulator, processor = EMULATED[triplet]
    root = need(f"/usr/{triplet}/lib/libc.so.6")[0].parent.parent
    outside = tmp_path / "outside"
    shared = ("-shared", "-fPIC")
    second = _compile(triplet, outside / "libsecond.so.1", SECOND, *shared, "-Wl,-soname,libsecond.so.1")
    first = _compile(triplet, outside / "libfirst.so.1", FIRST, *shared, second, "-Wl,-soname,libfirst.so.1")
    module = _compile(triplet, tmp_path / "module.so", MODULE, *shared, first, f"-Wl,-rpath-link,{outside}")
    name = f"probe-1.0-py3-none-linux_{processor}.whl"
    wheel = tmp_path / name
    wheel.write_bytes(wheel_bytes({"probe/__init__.py": b"", "probe/module.so": module.read_bytes()}, name=name))

    outcome = truewheel(wheel, tmp_path / "out", outside)
    libraries = grafted(outcome.wheel)
    assert len(libraries) == 2
    assert all(
        tag.startswith("manylinux_2_") and tag.endswith(f"_{processor}") for tag in platforms(outcome.wheel.name)
    )

    home = tmp_path / "home"
    with zipfile.ZipFile(outcome.wheel) as archive:
        archive.extractall(home)
    program = _compile(triplet, tmp_path / "opens", PROGRAM)
    command: list[str | Path] = [need(f"qemu-{emulator}")[0], "-L", root, program, home / "probe/module.so"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 11, done.stdout[:300] + done.stderr
    mapped = {line.split(None, 5)[5] for line in done.stdout.splitlines() if str(home) in line}
    assert mapped == {str(home / member) for member in (*libraries, "probe/module.so")}
