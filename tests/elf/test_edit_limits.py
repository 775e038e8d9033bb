"""What is taken away from a file, and what can't be: still by running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.elf import checker
from tests.elf.family import edited
from tests.elf.toolchains import AY, BEE, SOURCES, Case, build, builds, call, compiler_of, launch, once
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.errors import TruewheelError

CASES = [Case("x86_64", linker, "limits") for linker in ("bfd", "gold", "lld", "mold")]
CASES += [Case("s390x", "bfd", "limits"), Case("i686", "lld", "limits"), Case("x86_64", "bfd", "limits", "musl")]
EXTRA = "libextra.so"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_needed_library_that_nothing_uses_goes(
    case: Case, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def make(folder: Path) -> None:
        compiler = compiler_of(case, folder)
        call([*compiler, "-fPIC", "-shared", SOURCES / "no_zlib.c", f"-Wl,-soname,{EXTRA}", "-o", folder / EXTRA])
        program = [*compiler, "-DPROGRAM", SOURCES / "relr.c", "-Wl,--no-as-needed", folder / EXTRA]
        call([*program, "-o", folder / "program"])

    folder = once(builds(tmp_path_factory) / str(case), make)
    before, after = folder / "program", tmp_path / "program"
    assert EXTRA in checker.names(before).needed
    assert launch(case, before).returncode != 0
    after.write_bytes(edited(before.read_bytes(), ElfChanges(drop_needed=frozenset({EXTRA}))))
    after.chmod(0o755)
    assert checker.names(after).needed == tuple(n for n in checker.names(before).needed if n != EXTRA)
    assert len(after.read_bytes()) == len(before.read_bytes())
    done = launch(case, after)
    assert (done.stdout, done.returncode) == ("0 wrong\n", 0)


@pytest.mark.parametrize("linker", ["bfd", "gold", "lld", "mold"])
def test_a_library_whose_versions_are_needed_stays(linker: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = (build(Case("x86_64", linker), builds(tmp_path_factory)) / AY).read_bytes()
    with pytest.raises(TruewheelError, match=BEE):
        edit_elf(data, ElfChanges(drop_needed=frozenset({BEE})))


@pytest.mark.parametrize(("option", "libc"), [("-static", "glibc"), ("-static-pie", "glibc"), ("-static", "musl")])
def test_static_programs_have_no_names_to_edit(
    option: str, libc: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    case = Case("x86_64", "bfd", option.strip("-"), libc)

    def make(folder: Path) -> None:
        program = [*compiler_of(case, folder), option, "-DPROGRAM", "-O1", SOURCES / "relr.c"]
        call([*program, "-Wl,-z,execstack", "-o", folder / "program"])

    before = (once(builds(tmp_path_factory) / str(case), make) / "program").read_bytes()
    for change in (ElfChanges(soname="libprogram.so"), ElfChanges(run_path=RunPath(("$ORIGIN",)))):
        with pytest.raises(TruewheelError):
            edit_elf(before, change)
    after = tmp_path / "program"
    after.write_bytes(edited(before, ElfChanges(clear_exec_stack=True, run_path=RunPath(()))))
    after.chmod(0o755)
    assert sum(a != b for a, b in zip(before, after.read_bytes(), strict=True)) == 1
    assert launch(case, after).stdout == "0 wrong\n"
