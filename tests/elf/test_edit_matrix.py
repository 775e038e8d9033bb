"""Edited libraries and programs of eight processors, five linkers and two C libraries: checked, stripped, and run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.elf import checker
from tests.elf.cases import CASES
from tests.elf.family import NAMES, OTHER_NAMES, changes, edited, lay_out, place
from tests.elf.toolchains import AY, FILES, PLUG, PROGRAM, Case, build, builds, call, launch, run, strip_of
from tests.tools import need
from truewheel.binary.elf_edit import edit_elf

RUNNABLE = [case for case in CASES if case.runs]
WITH_SECTIONS = [case for case in CASES if case.trait != "nosections"]
LONGEST = 300
"""What a further edit with other names may add to a file, in bytes."""


@pytest.fixture
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files of the test's case, as their linker made them."""
    case = request.node.callspec.params["case"]
    assert isinstance(case, Case)
    return build(case, builds(tmp_path_factory))


def assert_runs(case: Case, folder: Path, names: dict[str, str]) -> None:
    """The program finds its libraries under their new names, and everything in them works."""
    done = launch(case, place(PROGRAM, folder), place(PLUG, folder))
    said, *mapped = done.stdout.splitlines() or [""]
    assert (said, sorted(mapped), done.returncode) == ("fine 0", sorted([*names.values(), PLUG]), 0), done.stdout


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_moves_and_no_rule_is_broken(case: Case, built: Path, tmp_path: Path) -> None:
    folder = lay_out(built, tmp_path / "new", changes(case))
    for name in FILES:
        before, after = (built / name).read_bytes(), place(name, folder).read_bytes()
        whole = build(Case(case.arch, case.linker), built.parent) / name if case.trait == "nosections" else None
        was = checker.complaints(before)
        assert [complaint for complaint in checker.complaints(after) if complaint not in was] == [], name
        assert not checker.displaced(before, after, names=whole.read_bytes() if whole else None), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_readelf_sees_is_what_was_asked(case: Case, built: Path, tmp_path: Path) -> None:
    wanted = changes(case)
    folder = lay_out(built, tmp_path / "new", wanted)
    for name, change in wanted.items():
        before, after = built / name, place(name, folder)
        was, paths = checker.names(before), ":".join(change.run_path.entries) if change.run_path else ""
        runpath = bool(change.run_path and change.run_path.runpath)
        assert checker.names(after) == checker.Names(
            tuple(change.needed.get(library, library) for library in was.needed),
            change.soname or was.soname,
            "" if runpath else paths,
            paths if runpath else "",
        )
        assert checker.meaning(after) == checker.meaning(before, change.needed)
        assert checker.pointers(after) == checker.pointers(before)
        assert checker.warnings(after) == checker.warnings(before)
        assert not checker.lint(after) - checker.lint(before)
        assert not change.clear_exec_stack or "RWE" not in call([*need("readelf"), "-lW", after])


@pytest.mark.parametrize("case", RUNNABLE, ids=str)
def test_it_runs_with_the_renamed_libraries(case: Case, built: Path, tmp_path: Path) -> None:
    assert_runs(case, lay_out(built, tmp_path / "new", changes(case)), NAMES)


@pytest.mark.parametrize("tool", ["strip", "llvm-strip", "eu-strip"])
@pytest.mark.parametrize("case", [case for case in WITH_SECTIONS if case.runs], ids=str)
def test_it_runs_after_strip(case: Case, built: Path, tmp_path: Path, tool: str) -> None:
    strip = need(strip_of(case, tool))
    folder = lay_out(built, tmp_path / "new", changes(case))
    for name in FILES:
        call([*strip, place(name, folder)])
    assert_runs(case, folder, NAMES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_second_edit_is_empty_and_another_is_small(case: Case, built: Path, tmp_path: Path) -> None:
    first, again = changes(case), changes(case, OTHER_NAMES, was=NAMES)
    folder, other = tmp_path / "new", tmp_path / "other"
    lay_out(built, folder, first)
    (other / "libs").mkdir(parents=True)
    for name in FILES:
        once = place(name, folder).read_bytes()
        assert not edit_elf(once, first[name]), name
        twice = edited(once, again[name])
        assert len(twice) - len(once) <= LONGEST, name
        assert not set(checker.complaints(twice)) - set(checker.complaints((built / name).read_bytes())), name
        target = place(name, other, OTHER_NAMES)
        target.write_bytes(twice)
        target.chmod(0o755)
    if case.runs:
        assert_runs(case, other, OTHER_NAMES)


@pytest.mark.parametrize("case", [case for case in RUNNABLE if not case.target.emulator], ids=str)
def test_without_the_edit_it_does_not_run(case: Case, built: Path, tmp_path: Path) -> None:
    folder = lay_out(built, tmp_path, changes(case), by=lambda data, _: data)
    assert launch(case, place(PROGRAM, folder), place(PLUG, folder)).returncode != 0


@pytest.mark.parametrize("case", [Case("x86_64", linker) for linker in ("bfd", "gold", "lld", "mold")], ids=str)
def test_gdb_finds_its_way(case: Case, built: Path, tmp_path: Path) -> None:
    folder = lay_out(built, tmp_path / "new", changes(case))
    gdb: list[str | Path] = [*need("gdb"), "-nx", "-batch", "-iex", "set debuginfod enabled off"]
    questions = ["info line ay_check", "info symbol ay_check", "print sizeof(ay_room)", "info scope ay_check"]
    asked = [word for question in questions for word in ("-ex", question)]
    assert call([*gdb, *asked, place(AY, folder)]) == call([*gdb, *asked, built / AY])
    steps = ["set breakpoint pending on", "break bee_call", "run", "backtrace", "info sharedlibrary"]
    session = [word for step in steps for word in ("-ex", step)]
    said = run([*gdb, *session, "--args", place(PROGRAM, folder), place(PLUG, folder)]).stdout
    if "Operation not permitted" in said:
        pytest.skip("this machine lets no process trace another")
    assert re.search(r"#0 +bee_call .*\n#1 .* ay_check \(\) at .*\n#2 .* main ", said), said
    assert all(re.search(rf" Yes .*/{re.escape(library)}$", said, re.MULTILINE) for library in NAMES.values()), said
