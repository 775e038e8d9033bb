"""From archives to wheels: members, modes, modules, libraries, and what is refused."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import Recipe, Symbol, make
from tests.ops import fakes, pe_fakes
from tests.ops.builds import mach
from tests.ops.fakes import EXEC_STACK, PLAIN_STACK, Disk
from tests.ops.pack_fakes import (
    ANDROID,
    EXE,
    LINUX,
    MAC_BOTH,
    SCRIPT,
    STATIC,
    STATIC_ARM,
    archive_of,
    packed,
    platforms,
    wanted,
)
from tests.strategies.macho import ARM64, dylib
from truewheel import rules
from truewheel.archives import FILE, Item
from truewheel.binary import read_elf
from truewheel.errors import ArchiveError, BinaryError, RequestError, TruewheelError, Where
from truewheel.ops import Patterns, Verdict
from truewheel.ops.pack import Packed
from truewheel.packing.model import Layout, Program
from truewheel.wheel import check_layout, demand, read_metadata, read_wheel_file, verify_record

INFO = "tool-1.0.dist-info"
MODULE = fakes.lib(like=Recipe(symbols=(Symbol("PyModule_Create2"), Symbol("PyInit_plain", defined=True))))


def entry_points(result: Packed) -> str:
    """What entry_points.txt says, "" where there is none."""
    entry = result.wheel.by_name.get(f"{INFO}/entry_points.txt")
    return bytes(entry.read()).decode() if entry else ""


def test_a_program_becomes_a_wheel_that_starts_it() -> None:
    result = packed({"tool": STATIC, "LICENSE": b"MIT\n", "share/a.txt": b"a\n"})
    wheel = result.wheel
    assert str(wheel.name) == f"tool-1.0-py3-none-{LINUX}.whl"
    assert (result.tags.verdict, result.tags.false) == (Verdict.EXACT, ())
    assert [requirement.member for requirement in result.why] == ["tool/tool", "tool/tool"]
    assert result.programs == (Program("tool", "tool"),)
    assert result.licences == (f"{INFO}/licenses/LICENSE",)
    assert not result.findings
    assert not result.plan
    assert {entry.name: entry.executable for entry in wheel} == {
        "tool/LICENSE": False,
        "tool/__init__.py": False,
        "tool/__main__.py": False,
        "tool/share/a.txt": False,
        "tool/tool": True,
        f"{INFO}/METADATA": False,
        f"{INFO}/WHEEL": False,
        f"{INFO}/RECORD": False,
        f"{INFO}/entry_points.txt": False,
        f"{INFO}/licenses/LICENSE": False,
    }
    check_layout(wheel)
    demand(verify_record(wheel, contents=True))
    assert wheel.by_name["tool/tool"].read() == STATIC
    assert entry_points(result) == "[console_scripts]\ntool = tool.__main__:run_tool\n"
    assert read_metadata(wheel).license_files == ("LICENSE",)
    assert set(read_wheel_file(wheel).expanded_tags) == set(wheel.name.tags)
    assert not read_wheel_file(wheel).root_is_purelib


def test_the_order_of_an_archive_has_no_meaning() -> None:
    files = {"tool": STATIC, "lib/b.so": fakes.lib(glibc=None), "a.txt": b"", "LICENSE": b"MIT\n"}
    archive = archive_of(files)
    backwards = replace(archive, items=tuple(reversed(archive.items)))
    one, other = packed(archive), packed(backwards)
    assert [entry.name for entry in one.wheel] == [entry.name for entry in other.wheel]
    assert one.wheel == other.wheel
    assert (one.tags, one.programs, one.findings) == (other.tags, other.programs, other.findings)


def test_a_program_that_is_a_script_goes_where_commands_are() -> None:
    result = packed({"bin/tool": STATIC, "share/a.txt": b""}, wanted(Program("tl", "bin/tool", script=True)))
    assert result.wheel.by_name["tool-1.0.data/scripts/tl"].executable
    assert "tool/__main__.py" not in result.wheel.by_name
    assert "tool/__init__.py" in result.wheel.by_name
    assert entry_points(result) == ""
    assert result.programs == (Program("tl", "bin/tool", script=True),)
    alone = packed({"bin/tool.exe": EXE}, wanted(Program("tl", "bin/tool", script=True)))
    assert "tool-1.0.data/scripts/tl.exe" in alone.wheel.by_name
    loud = packed({"bin/TOOL.EXE": EXE}, wanted(Program("tl", "bin/TOOL", script=True)))
    assert "tool-1.0.data/scripts/tl.EXE" in loud.wheel.by_name
    assert not any(name.startswith("tool/") for name in alone.wheel.by_name)
    assert platforms(alone) == "win_amd64"


def test_libraries_alone_become_a_wheel_without_commands() -> None:
    result = packed({"lib/a.dll": pe_fakes.dll("b.dll"), "lib/b.dll": pe_fakes.dll(name="b.dll")})
    assert (platforms(result), result.programs, entry_points(result)) == ("win_amd64", (), "")
    assert result.wheel.by_name["tool/__init__.py"].size
    assert "tool/__main__.py" not in result.wheel.by_name
    shared = packed({"libx.so.1": fakes.lib(glibc="2.17", soname="libx.so.1")})
    assert platforms(shared) == "manylinux2014_x86_64.manylinux_2_17_x86_64"


def test_no_modules_are_made_where_nothing_needs_them() -> None:
    result = packed({"lib/libx.so": fakes.lib()}, wanted(layout=Layout(strip=0, into="tool", data=("lib",))))
    assert "tool-1.0.data/data/lib/libx.so" in result.wheel.by_name
    assert not any(name.startswith("tool/") for name in result.wheel.by_name)
    rootless = packed({"lib/libx.so": fakes.lib()}, wanted(layout=Layout(strip=0)))
    assert "lib/libx.so" in rootless.wheel.by_name
    with pytest.raises(RequestError, match="no package of that name"):
        packed({"bin/tool": STATIC}, wanted(layout=Layout(strip=0)))


def test_a_nested_package_starts_its_programs() -> None:
    result = packed({"bin/tool": STATIC}, wanted(layout=Layout(strip=0, into="tool/inner", rename={"bin/": ""})))
    assert entry_points(result) == "[console_scripts]\ntool = tool.inner.__main__:run_tool\n"
    assert b"'tool'" in result.wheel.by_name["tool/inner/__main__.py"].read()


def test_a_program_in_data_is_started_only_as_a_script() -> None:
    layout = Layout(strip=0, into="tool", data=("bin",))
    with pytest.raises(RequestError, match="outside of the package") as caught:
        packed({"bin/tool": STATIC}, wanted(Program("tool", "bin/tool"), layout=layout))
    assert "script" in caught.value.hint
    packed({"bin/tool": STATIC}, wanted(Program("tool", "bin/tool", script=True), layout=layout))


def test_a_build_number_stands_in_the_name() -> None:
    assert str(packed({"tool": STATIC}, build="2").wheel.name) == f"tool-1.0-2-py3-none-{LINUX}.whl"


# --- files that are added ------------------------------------------------------------------------------------
def test_added_files_lie_beside_the_archives() -> None:
    result = packed({"tool": STATIC}, added={"py.typed": b"", "run.sh": b"#!/bin/sh\n"})
    assert not result.wheel.by_name["tool/py.typed"].executable
    assert result.wheel.by_name["tool/run.sh"].executable


def test_an_added_main_starts_programs_in_its_own_way() -> None:
    result = packed({"tool": STATIC}, added={"__main__.py": b"import tool\n"})
    assert result.wheel.by_name["tool/__main__.py"].read() == b"import tool\n"
    assert b"def path" not in result.wheel.by_name["tool/__init__.py"].read()
    assert (entry_points(result), result.programs) == ("", ())
    assert result.wheel.by_name["tool/tool"].executable
    both = packed({"tool": STATIC}, added={"__main__.py": b"", "__init__.py": b"1\n"})
    assert both.wheel.by_name["tool/__init__.py"].read() == b"1\n"


def test_an_archive_may_bring_a_package_but_not_what_starts_programs() -> None:
    result = packed({"tool": STATIC, "__init__.py": b"mine\n"})
    assert result.wheel.by_name["tool/__init__.py"].read() == b"mine\n"
    assert "tool/__main__.py" in result.wheel.by_name
    with pytest.raises(RequestError, match=r"the archive brings tool/__main__\.py, which would have to start tool"):
        packed({"tool": STATIC, "__main__.py": b"mine\n"})
    packed({"libx.so": fakes.lib(), "__main__.py": b"mine\n"})


def test_two_files_of_one_path_are_refused() -> None:
    with pytest.raises(RequestError, match=r"the archive brings tool/a\.txt, and so do") as caught:
        packed({"tool": STATIC, "a.txt": b"1"}, added={"a.txt": b"2"})
    assert caught.value.where == Where(member="a.txt")


def test_added_native_files_count() -> None:
    with pytest.raises(RequestError, match="binaries for different platforms"):
        packed({"tool": STATIC}, added={"helper.exe": EXE})


# --- executable bits -----------------------------------------------------------------------------------------
def test_executable_bits_are_the_archives_where_it_has_any() -> None:
    files = {"tool": STATIC, "run.sh": SCRIPT, "odd.txt": b"text", "libc.so.6": library_with_interpreter()}
    believed = packed(archive_of(files, executable=("odd.txt",)))
    runs = {entry.name for entry in believed.wheel if entry.executable}
    assert runs == {"tool/tool", "tool/odd.txt"}
    derived = packed(archive_of(files, executable=("odd.txt",)), derive_modes=True)
    assert {entry.name for entry in derived.wheel if entry.executable} == {"tool/tool", "tool/run.sh"}
    without = packed(archive_of(files, executable=("odd.txt",), modes=False))
    assert {entry.name for entry in without.wheel if entry.executable} == {"tool/tool", "tool/run.sh"}


def library_with_interpreter() -> bytes:
    return make(Recipe(interpreter="/lib64/ld-linux-x86-64.so.2", soname="libc.so.6", segments=(PLAIN_STACK,))).data


# --- damage --------------------------------------------------------------------------------------------------
def test_a_damaged_program_is_refused_and_damaged_data_is_pointed_out() -> None:
    broken = STATIC[:80]
    with pytest.raises(BinaryError) as caught:
        packed(archive_of({"tool": broken, "other": STATIC}, executable=("tool",)))
    assert caught.value.where.member == "tool/tool"
    with pytest.raises(BinaryError):
        packed({"tool": broken, "other": STATIC}, wanted(Program("tool", "tool")))
    for archive in (archive_of({"tool": STATIC, "tests/bad.bin": broken}, modes=modes) for modes in (True, False)):
        (finding,) = packed(archive).findings
        assert (finding.rule, finding.member) == (rules.BINARY_DAMAGED, "tool/tests/bad.bin")


def test_errors_of_contents_name_the_file_of_the_archive() -> None:
    class Torn:
        size = 4

        def read(self) -> bytes:
            raise ArchiveError("is torn")

        def head(self, count: int) -> bytes:
            return b"text"[:count]

    archive = archive_of({"tool": STATIC})
    torn = replace(archive, items=(*archive.items, Item("z.txt", executable=False, content=Torn())))
    with pytest.raises(ArchiveError) as caught:
        packed(torn)
    assert caught.value.where.member == "z.txt"


@given(
    st.sampled_from([fakes.program(), fakes.lib(), MAC_BOTH, EXE, pe_fakes.dll("a.dll")]),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4),
    st.integers(0, 3000),
)
def test_damage_gives_a_wheel_or_an_error_of_ours(data: bytes, changes: list[tuple[int, int]], end: int) -> None:
    mutant = bytearray(data)
    for position, value in changes:
        mutant[position % len(mutant)] = value
    files = {"tool": bytes(mutant[: max(end, 4)]), "other.exe": EXE[: max(end, 2)]}
    with contextlib.suppress(TruewheelError):
        check_layout(packed(archive_of(files, executable=("tool",))).wheel)


# --- a single file -------------------------------------------------------------------------------------------
def test_a_file_alone_is_called_as_its_command() -> None:
    def alone(data: bytes, *programs: Program, none: bool = False) -> dict[str, bool]:
        archive = archive_of({"tool-linux-x64": data}, form=FILE)
        result = packed(archive, wanted(*programs, none=none))
        return {entry.name: entry.executable for entry in result.wheel if entry.name.startswith("tool/")}

    generated = {"tool/__init__.py": False, "tool/__main__.py": False}
    assert alone(STATIC) == {"tool/tool": True, **generated}
    assert alone(EXE) == {"tool/tool.exe": True, **generated}
    assert alone(STATIC, Program("tl", "tl")) == {"tool/tl": True, **generated}
    assert alone(STATIC, none=True) == {"tool/tool-linux-x64": False, "tool/__init__.py": False}
    assert alone(fakes.lib(soname="libx.so")) == {"tool/tool-linux-x64": False, "tool/__init__.py": False}


# --- extension modules ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["_x.cpython-312-x86_64-linux-gnu.so", "lib/plain.so"])
def test_extension_modules_of_one_python_are_refused(name: str) -> None:
    with pytest.raises(RequestError, match="packed wheels are for any Python") as caught:
        packed({"tool": fakes.program(), name: MODULE})
    assert caught.value.where.member == f"tool/{name}"
    assert "truewheel build" in caught.value.hint


def test_the_modules_of_a_python_that_the_archive_brings_are_its_own() -> None:
    name = "_x.cpython-312-x86_64-linux-gnu.so"
    inside = packed({"tool": fakes.program(), f"lib/python3.12/site-packages/{name}": MODULE})
    assert [finding.rule for finding in inside.findings] == [rules.ABI_NONE_WITH_EXTENSION]
    beside = packed({"tool": fakes.program(), "libpython3.12.so.1.0": fakes.lib(), name: MODULE})
    assert [finding.rule for finding in beside.findings] == [rules.ABI_NONE_WITH_EXTENSION]
    module = pe_fakes.dll(exports=("PyInit__x",))
    windows = {"tool.exe": EXE, "_x.cp312-win_amd64.pyd": module}
    with pytest.raises(RequestError, match="packed wheels are for any Python"):
        packed(windows)
    assert packed(windows | {"PYTHON312.dll": pe_fakes.dll()}).programs == (Program("tool", "tool"),)


# --- foreign files -------------------------------------------------------------------------------------------
def test_foreign_files_are_data() -> None:
    files = {"tool": STATIC, "shells/x.exe": EXE, "shells/broken.dll": EXE[:200], "shells/mac": MAC_BOTH}
    result = packed(files, wanted(layout=Layout(strip=0, into="tool", foreign=("shells",))))
    assert (platforms(result), result.findings) == (LINUX, ())
    assert result.wheel.by_name["tool/shells/x.exe"].read() == EXE
    assert not result.wheel.by_name["tool/shells/mac"].executable


def test_foreign_files_for_the_same_platform_count_all_the_same() -> None:
    layout = Layout(strip=0, into="tool", foreign=("helpers",))
    files = {"tool": fakes.program(), "helpers/new": fakes.program(glibc="2.34"), "helpers/x.exe": EXE}
    result = packed(files, wanted(layout=layout))
    assert platforms(result) == "manylinux_2_34_x86_64"
    assert result.programs == (Program("tool", "tool"),)
    assert packed({"main": STATIC, "helpers/tool": STATIC}, wanted(layout=layout)).programs == (
        Program("main", "main"),
    )
    assert packed({"tool": STATIC, "helpers/droid": ANDROID}, wanted(layout=layout)).why[0].member == "tool/tool"
    arm = packed({"tool": STATIC_ARM, "helpers/droid": ANDROID}, wanted(layout=layout))
    assert platforms(arm) == "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64"


def test_other_patterns_may_mean_nothing_here() -> None:
    layout = Layout(strip=0, into="tool", exclude=("nothing",), data=("share",))
    assert packed({"tool": STATIC}, wanted(layout=layout)).programs


def test_foreign_patterns_that_mean_nothing_or_a_program_are_refused() -> None:
    with pytest.raises(RequestError, match=r"`foreign` has 'shels', which matches no file"):
        packed({"tool": STATIC}, wanted(layout=Layout(strip=0, into="tool", foreign=("shels",))))
    layout = Layout(strip=0, into="tool", foreign=("tool",))
    with pytest.raises(RequestError, match="`foreign` means it as well"):
        packed({"tool": STATIC, "b": STATIC}, wanted(Program("tool", "tool"), layout=layout))
    with pytest.raises(RequestError, match="there is no binary inside"):
        packed({"tool": STATIC}, wanted(layout=layout))


# --- libraries -----------------------------------------------------------------------------------------------
def test_a_library_that_nothing_promises_is_missed() -> None:
    with pytest.raises(RequestError) as caught:
        packed({"bin/tool": fakes.program("libjq.so.1", "libonig.so.5")})
    assert caught.value.what == (
        "not found, for no place to look was named: libjq.so.1, which tool/bin/tool needs; "
        "libonig.so.5, which tool/bin/tool needs"
    )
    assert caught.value.hint == (
        "name the folder of libjq.so.1 with -L DIR, search this machine with --host-libs, "
        "or say --exclude-library 'libjq.so.1' if another package brings it"
    )


def test_a_library_of_the_archive_is_found_by_its_run_path() -> None:
    program = fakes.program("libjq.so.1", like=Recipe(runpath="$ORIGIN/../lib"))
    result = packed({"bin/tool": program, "lib/libjq.so.1": fakes.lib(soname="libjq.so.1", glibc="2.17")})
    assert platforms(result) == "manylinux2014_x86_64.manylinux_2_17_x86_64"
    assert not result.findings
    astray = {"bin/tool": fakes.program("libjq.so.1"), "lib/libjq.so.1": fakes.lib(soname="libjq.so.1")}
    with pytest.raises(
        RequestError, match=r"libjq\.so\.1, which is in the archive as lib/libjq\.so\.1, and no run path"
    ):
        packed(astray)
    by_somebody = packed(astray, exclude=Patterns(("libjq*",)))
    assert [finding.rule for finding in by_somebody.findings] == [rules.LIB_UNLED]


def test_a_library_that_others_bring_is_not_missed() -> None:
    files = {"bin/tool": fakes.program("libjq.so.1")}
    result = packed(files, exclude=Patterns(("libjq*", "libnothing*")))
    assert platforms(result) == "manylinux1_x86_64.manylinux_2_5_x86_64"
    assert not result.findings
    dll = packed({"x.dll": pe_fakes.dll("vcruntime140.dll")}, exclude=Patterns(("vcruntime140*",)))
    assert platforms(dll) == "win_amd64"
    with pytest.raises(RequestError, match=r"vcruntime140\.dll"):
        packed({"x.dll": pe_fakes.dll("vcruntime140.dll")})


def test_libraries_are_grafted_on_request_and_nothing_else_is_edited() -> None:
    stacked = fakes.lib(like=Recipe(segments=(EXEC_STACK,)))
    files = {"bin/tool": fakes.program("libjq.so.1"), "lib/libz.so": stacked, "LICENSE": b"MIT\n"}
    disk = Disk({"/lib/libjq.so.1": fakes.lib(soname="libjq.so.1", glibc="2.17")})
    result = packed(files, graft=True, libraries=disk)
    (graft,) = result.plan.grafts
    assert graft.member.startswith("tool.libs/libjq-")
    assert platforms(result) == "manylinux2014_x86_64.manylinux_2_17_x86_64"
    assert result.tags.verdict is Verdict.EXACT
    assert result.wheel.by_name["tool/lib/libz.so"].read() == stacked
    program = read_elf(result.wheel.by_name["tool/bin/tool"].read())
    assert program.needed[0] == graft.member.rpartition("/")[2]
    assert "$ORIGIN/../../tool.libs" in (program.runpath or program.rpath or ())
    assert result.licences == (f"{INFO}/licenses/LICENSE",)
    demand(verify_record(result.wheel, contents=True))
    promised = packed({"bin/tool": fakes.program()}, graft=True, libraries=disk)
    assert promised.wheel.by_name["tool/bin/tool"].read() == fakes.program()


def test_what_is_wanted_of_grafts_is_kept() -> None:
    files = {"bin/tool": fakes.program("libjq.so.1", "libx.so.1")}
    disk = Disk({"/lib/libjq.so.1": fakes.lib(soname="libjq.so.1", glibc="2.17")})
    want = wanted(platforms=("manylinux_2_28",))
    result = packed(files, want, disk, graft=True, exclude=Patterns(("libx*", "liby*")), bill=True, timestamp=0)
    assert platforms(result) == "manylinux_2_28_x86_64"
    assert result.tags.verdict is Verdict.STRICTER
    assert rules.LIB_EXCLUDE_IDLE not in {finding.rule for finding in result.findings}
    assert any("/sboms/" in entry.name for entry in result.wheel)
    with pytest.raises(RequestError, match="manylinux_2_12_x86_64 would promise too much"):
        packed({"bin/tool": fakes.program("libjq.so.1")}, wanted(platforms=("manylinux_2_12",)), disk, graft=True)
    with pytest.raises(RequestError, match=r"not found in /lib: libx\.so\.1") as caught:
        packed(files, graft=True, libraries=disk)
    assert "--exclude-library 'libx.so.1'" in caught.value.hint


def test_a_file_that_nothing_is_known_of_is_not_grafted_to() -> None:
    odd = make(Recipe(type=2, interpreter="/lib/ld-strange.so")).data
    with pytest.raises(RequestError, match="for which platform it is can't be told"):
        packed({"tool": odd, "libx.so": fakes.lib("libjq.so.1")}, graft=True, libraries=Disk({}))


@pytest.mark.parametrize(
    "files",
    [
        {"tool": fakes.program("libpython3.11.so.1.0")},
        {"tool.exe": pe_fakes.program("python311.dll")},
        {"tool": mach(ARM64, None, dylib("@rpath/Python3.framework/Versions/3.9/Python3"), filetype=2)},
    ],
)
def test_a_program_must_bring_the_python_that_it_needs(files: dict[str, bytes]) -> None:
    with pytest.raises(RequestError, match="a program is no part of the Python that starts it") as caught:
        packed(files)
    assert caught.value.hint.startswith("no -L helps; say --exclude-library")
    with pytest.raises(RequestError, match="must find one of its own"):
        packed(files, graft=True, libraries=Disk({}))
    assert packed(files, exclude=Patterns(("*[Pp]ython3*",))).programs


def test_a_library_may_use_the_python_that_loads_it() -> None:
    assert platforms(packed({"x.dll": pe_fakes.dll("python311.dll")})) == "win_amd64"
