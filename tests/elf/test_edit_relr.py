"""Packed relocations (DT_RELR) written out: what old loaders crash on or refuse, they load."""

from __future__ import annotations

import re
import zipfile  # noqa: TID251 - the wheels are read with a reader that isn't ours
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.elf import checker
from tests.elf.family import edited
from tests.elf.toolchains import SOURCES, Case, builds, call, compiler_of, launch, once, strip_of
from tests.tools import need
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf

PACK = {"bfd": "-Wl,-z,pack-relative-relocs"}
"""How a linker is asked for DT_RELR; else as lld is."""

UNMARKED = "DT_RELR without GLIBC_ABI_DT_RELR dependency"
"""What glibc says to what lld and mold made: they didn't write the need of a loader that knows DT_RELR."""

CASES = [
    Case(arch, linker, "relr", libc, (PACK.get(linker, "-Wl,--pack-dyn-relocs=relr"),))
    for arch, linker, libc in (
        ("x86_64", "bfd", "glibc"),
        ("x86_64", "lld", "glibc"),
        ("x86_64", "mold", "glibc"),
        ("i686", "bfd", "glibc"),
        ("i686", "lld", "glibc"),
        ("aarch64", "lld", "glibc"),
        ("aarch64", "mold", "glibc"),
        ("armv7l", "lld", "glibc"),
        ("ppc64le", "lld", "glibc"),
        ("ppc64le", "bfd", "glibc"),
        ("s390x", "mold", "glibc"),
        ("riscv64", "mold", "glibc"),
        ("x86_64", "bfd", "musl"),
        ("x86_64", "lld", "musl"),
    )
]
EXPAND = ElfChanges(expand_relr=True)
LIBRARY, PROGRAM, OPENER = "librelr.so", "relr", "open"
GREENLET = "greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl"
"""Carries Alpine's libstdc++ and libgcc_s, which are packed."""


@pytest.fixture
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library and a program that are packed, and a program that isn't and opens libraries."""
    case = request.node.callspec.params["case"]
    assert isinstance(case, Case)

    def make(folder: Path) -> None:
        compiler = compiler_of(case, folder)
        call([*compiler, *case.options, "-O1", "-g", "-fPIC", "-shared", SOURCES / "relr.c", "-o", folder / LIBRARY])
        program = [*compiler, *case.options, "-O1", "-g", "-fPIE", "-pie", "-DPROGRAM"]
        call([*program, SOURCES / "relr.c", "-o", folder / PROGRAM])
        call([*compiler, SOURCES / "open.c", "-ldl", "-o", folder / OPENER])

    return once(builds(tmp_path_factory) / str(case), make)


def relative(path: Path) -> dict[int, str]:
    """Where readelf says that the loader adds the base address, and to what: "" where the table doesn't tell."""
    text = call([*need("readelf"), "-rW", path])
    found = {
        int(place, 16): addend
        for place, addend in re.findall(r"^([0-9a-f]+) +[0-9a-f]+ R_\w+_RELATIVE +([0-9a-f]*)$", text, re.MULTILINE)
    }
    packed = re.search(r"'\.relr\.dyn'.*\n +\d+ offsets\n((?:[0-9a-f]+\n)+)", text)
    return found | dict.fromkeys((int(place, 16) for place in packed.group(1).split()) if packed else (), "")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_words_are_relocated_to_the_same_values(case: Case, built: Path, tmp_path: Path) -> None:
    for name in (LIBRARY, PROGRAM):
        data = (built / name).read_bytes()
        after = tmp_path / name
        after.write_bytes(edited(data, EXPAND))
        assert "RELR" in call([*need("readelf"), "-dW", built / name])
        assert not re.search(r"\(RELR", call([*need("readelf"), "-dW", after]))
        assert relative(after).keys() == relative(built / name).keys()
        layout = checker.Layout(data)
        width = 4 if case.arch in {"i686", "armv7l"} else 8
        for place, addend in relative(after).items():
            stored = layout.memory(place, width)
            assert stored is not None
            value = int.from_bytes(stored, "big" if case.arch == "s390x" else "little")
            assert not addend or value in {0, int(addend, 16)}
        assert not set(checker.complaints(after.read_bytes())) - set(checker.complaints(data))
        assert checker.warnings(after) == checker.warnings(built / name)
        assert not [line for line in checker.lint(after) - checker.lint(built / name) if "'.relr.dyn'" not in line]
        assert not edit_elf(after.read_bytes(), EXPAND)


@pytest.mark.parametrize("tool", ["", "strip", "llvm-strip", "eu-strip"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_old_loaders_take_it_written_out(case: Case, built: Path, tmp_path: Path, tool: str) -> None:
    library, program = tmp_path / LIBRARY, tmp_path / PROGRAM
    changes = ElfChanges(soname="librelr-01234567.so", run_path=RunPath(("$ORIGIN",)), expand_relr=True)
    library.write_bytes(edited((built / LIBRARY).read_bytes(), changes))
    program.write_bytes(edited((built / PROGRAM).read_bytes(), EXPAND))
    program.chmod(0o755)
    if tool:
        strip = need(strip_of(case, tool))
        call([*strip, library, program])
    for command in ([program], [built / OPENER, library, "relr_check"]):
        done = launch(case, *command)
        assert (done.stdout, done.returncode) == ("0 wrong\n", 0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_old_loaders_do_with_it_packed(case: Case, built: Path) -> None:
    started = launch(case, built / PROGRAM)
    opened = launch(case, built / OPENER, built / LIBRARY, "relr_check")
    if case.libc == "musl":
        assert (started.returncode, opened.returncode) == (-11, -11)  # SIGSEGV, without a word
        return
    assert (opened.stdout, opened.returncode) == ("0 wrong\n", 0)
    if case.linker == "bfd":
        assert (started.stdout, started.returncode) == ("0 wrong\n", 0)
    else:
        assert UNMARKED in started.stdout
        assert started.returncode != 0


@pytest.mark.parametrize("case", [case for case in CASES if case.libc == "musl"][:1], ids=str)
def test_grafts_from_alpine_load_on_an_older_musl(case: Case, built: Path, corpus: Corpus, tmp_path: Path) -> None:
    packed, unpacked = tmp_path / "packed", tmp_path / "unpacked"
    packed.mkdir()
    unpacked.mkdir()
    with zipfile.ZipFile(corpus(GREENLET)) as wheel:
        for name in wheel.namelist():
            if name.startswith("greenlet.libs/lib"):
                data = wheel.read(name)
                (packed / Path(name).name).write_bytes(data)
                (unpacked / Path(name).name).write_bytes(edited(data, EXPAND))
    names = sorted(path.name for path in packed.iterdir())
    assert [name.split("-")[0] for name in names] == ["libgcc_s", "libstdc++"]
    loader = need("/lib/ld-musl-x86_64.so.1")
    for path in sorted(packed.iterdir()):
        assert launch(case, built / OPENER, path).returncode == -11
    for path in sorted(unpacked.iterdir()):
        assert "=>" in call([*loader, "--list", path])
        done = launch(case, built / OPENER, path)
        assert (done.stdout, done.returncode) == ("opened\n", 0)
        assert not re.search(r"\(RELR", call([*need("readelf"), "-dW", path]))
        assert relative(path).keys() == relative(packed / path.name).keys()
