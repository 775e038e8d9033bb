"""Which files are programs, and which of them a wheel starts."""

from __future__ import annotations

import pytest

from tests.binary.fixtures import Recipe, make
from tests.ops import fakes, pe_fakes
from tests.ops.builds import mach
from tests.ops.pack_fakes import (
    EXE,
    FIRMWARE,
    MAC_ARM,
    MAC_BOTH,
    MAC_INTEL,
    OBJECT,
    SCRIPT,
    STATIC,
    archive_of,
    packed,
    wanted,
)
from tests.strategies.macho import ARM64, BUNDLE, DYLIB, fat
from truewheel.archives import Archive, Item
from truewheel.binary import read as read_binary
from truewheel.errors import RequestError, Where
from truewheel.ops.pack_programs import is_program, starts
from truewheel.packing.model import Layout, Program
from truewheel.wheel import Bytes

LOADER = "/lib64/ld-linux-x86-64.so.2"


@pytest.mark.parametrize(
    ("data", "program"),
    [
        (STATIC, True),
        (fakes.program(), True),
        (make(Recipe(tags=(fakes.PIE,))).data, True),  # static and position-independent
        (fakes.lib(), False),
        (make(Recipe(interpreter=LOADER, soname="libc.so.6")).data, False),
        (OBJECT, False),
        (make(Recipe(type=1, interpreter=LOADER)).data, False),
        (MAC_ARM, True),
        (MAC_BOTH, True),
        (mach(ARM64, filetype=DYLIB), False),
        (mach(ARM64, filetype=BUNDLE), False),
        (mach(ARM64, filetype=1), False),
        (fat(MAC_INTEL, mach(ARM64, filetype=DYLIB)), False),
        (EXE, True),
        (FIRMWARE, False),
        (pe_fakes.dll(), False),
        (b"\0asm\1\0\0\0", False),
    ],
)
def test_programs_are_what_is_started(data: bytes, *, program: bool) -> None:
    image = read_binary(data)
    assert image is not None
    assert is_program(image) is program
    assert starts(Item("x", executable=False, content=Bytes(data))) is program


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF broken", STATIC[:70]])
def test_what_is_damaged_or_no_binary_starts_nothing(data: bytes) -> None:
    assert not starts(Item("x", executable=True, content=Bytes(data)))


# --- found ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("files", "program"),
    [
        ({"bin/other": STATIC}, Program("other", "bin/other")),
        ({"bin/Other.EXE": EXE}, Program("Other", "bin/Other")),
        ({"tool": STATIC, "helper": STATIC}, Program("tool", "tool")),
        ({"bin/TOOL.exe": EXE, "helper.exe": EXE}, Program("TOOL", "bin/TOOL")),
        ({"rg": STATIC, "lib/libx.so.1": fakes.program()}, Program("rg", "rg")),
        ({"rg.exe": EXE, "screen.scr": EXE, "x.dll": pe_fakes.dll()}, Program("rg", "rg")),
        ({"rg": MAC_BOTH, "rg.sh": SCRIPT}, Program("rg", "rg")),
    ],
)
def test_the_one_program_is_found_or_the_one_called_as_the_project(files: dict[str, bytes], program: Program) -> None:
    assert packed(files).programs == (program,)


def test_several_programs_must_be_told_apart() -> None:
    files = {f"bin/p{number}": STATIC for number in range(10)}
    with pytest.raises(RequestError) as caught:
        packed(files)
    assert caught.value.what == (
        "there are 10 programs and none is called tool: "
        "bin/p0, bin/p1, bin/p2, bin/p3, bin/p4, bin/p5, bin/p6, bin/p7 and 2 more"
    )
    assert caught.value.hint == "say which: --program p0=bin/p0, or --no-programs for none"
    with pytest.raises(RequestError, match=r"there are 2 programs called tool: a/tool\.exe, b/tool\.exe"):
        packed({"a/tool.exe": EXE, "b/tool.exe": EXE, "c.exe": EXE})
    assert packed(files, wanted(none=True)).programs == ()


def test_a_program_that_is_found_gets_its_bit() -> None:
    result = packed(archive_of({"tool": STATIC, "other": STATIC}))
    assert result.wheel.by_name["tool/tool"].executable
    assert not result.wheel.by_name["tool/other"].executable


def test_names_of_projects_are_the_same_however_they_are_spelled() -> None:
    files = {"my-tool.v2": STATIC, "other": STATIC}
    about = wanted().about
    result = packed(files, about=about.__class__("My_Tool.V2", "1.0"))
    assert result.programs == (Program("my-tool.v2", "my-tool.v2"),)


# --- named ---------------------------------------------------------------------------------------------------
def test_programs_are_named_with_or_without_exe() -> None:
    for suffix in ("", ".exe", ".EXE"):
        result = packed({f"bin/x{suffix}": EXE if suffix else STATIC}, wanted(Program("tl", "bin/x")))
        assert result.programs == (Program("tl", "bin/x"),)
        assert f"bin/x{suffix}".encode() in result.wheel.by_name["tool/__main__.py"].read()
    several = packed({"b": STATIC, "a": STATIC}, wanted(Program("b", "b"), Program("a", "a")))
    assert [program.command for program in several.programs] == ["b", "a"]


def test_a_program_that_is_renamed_is_started_where_it_is() -> None:
    layout = Layout(strip=0, into="tool", rename={"usr/bin/": "bin/"})
    result = packed({"usr/bin/x": STATIC}, wanted(Program("x", "usr/bin/x"), layout=layout))
    assert result.wheel.by_name["tool/bin/x"].executable
    assert b"'bin/x'" in result.wheel.by_name["tool/__main__.py"].read()


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("tool", "did you mean bin/tool or sbin/tool.sh?"),
        ("bin/tol", "did you mean bin/tool"),
        ("zzzzzzzz", "paths are those without the stripped folders"),
    ],
)
def test_a_program_that_is_not_there_is_looked_for(path: str, hint: str) -> None:
    files = {"bin/tool": STATIC, "sbin/tool.sh": SCRIPT}
    with pytest.raises(RequestError, match=f"there is no {path} in the archive, which the command x") as caught:
        packed(files, wanted(Program("x", path)))
    assert caught.value.hint.startswith(hint.partition(" or ")[0])


def test_a_program_that_was_not_chosen_is_pointed_out() -> None:
    layout = Layout(strip=0, into="tool", include=("bin",))
    with pytest.raises(RequestError, match="was not chosen") as caught:
        packed({"bin/a": STATIC, "sbin/b.exe": STATIC}, wanted(Program("b", "sbin/b"), layout=layout))
    assert caught.value.where == Where(member="sbin/b.exe")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"x": b"text", "tool": STATIC}, "it is no program"),
        ({"x": SCRIPT, "tool.exe": EXE}, "it is a script, which Windows can't start"),
        ({"x": fakes.lib()}, "it is a library, and no program"),
        ({"x.exe": pe_fakes.dll()}, "it is a library, and no program"),
        ({"x": mach(ARM64, filetype=DYLIB)}, "it is a library, and no program"),
        ({"x": OBJECT, "tool": STATIC}, "it is an object file"),
    ],
)
def test_what_is_no_program_can_not_be_started(files: dict[str, bytes], words: str) -> None:
    with pytest.raises(RequestError, match=f"{words}, and the command x should start it"):
        packed(files, wanted(Program("x", "x")))


def test_scripts_beside_programs_can_be_started() -> None:
    result = packed({"x.sh": SCRIPT, "tool": STATIC}, wanted(Program("x", "x.sh")))
    assert result.wheel.by_name["tool/x.sh"].executable
    both = packed({"x.sh": SCRIPT, "tool": MAC_ARM}, wanted(Program("x", "x.sh", script=True)))
    assert both.wheel.by_name["tool-1.0.data/scripts/x"].executable


def test_two_programs_of_one_command_are_refused() -> None:
    with pytest.raises(RequestError, match="two programs have the command X"):
        packed({"a": STATIC, "b": STATIC}, wanted(Program("x", "a", script=True), Program("X", "b")))


class TestCommandsOfLinks:
    """As node's archives have them: ``bin/npm`` leads to a script that looks for others beside itself."""

    ITEMS = (
        Item("bin/node", True, Bytes(STATIC)),
        Item("bin/npm", True, Bytes(SCRIPT), linked="lib/npm/cli.js"),
        Item("lib/npm/cli.js", True, Bytes(SCRIPT)),
    )

    def started(self, *programs: Program, exclude: tuple[str, ...] = ()) -> str:
        archive = Archive("tar", "node.tar", self.ITEMS)
        layout = Layout(strip=0, into="node", exclude=exclude)
        made = packed(archive, wanted(*programs, layout=layout)).wheel
        return bytes(made.by_name["node/__main__.py"].read()).decode()

    def test_start_what_they_lead_to(self) -> None:
        assert "'npm': 'lib/npm/cli.js'," in self.started(Program("npm", "bin/npm"))

    def test_start_the_copy_where_that_is_all(self) -> None:
        assert "'npm': 'bin/npm'," in self.started(Program("npm", "bin/npm"), exclude=("lib",))

    def test_links_and_copies_are_counted(self) -> None:
        archive = Archive("tar", "node.tar", self.ITEMS)
        assert packed(archive, wanted(Program("node", "bin/node"))).copies == (len(SCRIPT),)


TOOLS = {"bin/tool": STATIC, "share/doc/tool": b"about it", "libexec/other": STATIC}


class TestCommandsWithoutPath:
    def test_mean_the_one_program_that_is_called_so(self) -> None:
        result = packed(TOOLS, wanted(Program("tool", "tool"), Program("other", "other")))
        main = bytes(result.wheel.by_name["tool/__main__.py"].read()).decode()
        assert "'tool': 'bin/tool'," in main
        assert "'other': 'libexec/other'," in main

    def test_are_unclear_where_there_are_two(self) -> None:
        with pytest.raises(RequestError, match="there is no tool in the archive") as caught:
            packed({**TOOLS, "sbin/tool": STATIC}, wanted(Program("tool", "tool")))
        assert caught.value.hint.startswith("did you mean bin/tool or sbin/tool")

    def test_a_path_means_itself(self) -> None:
        with pytest.raises(RequestError, match="there is no x/tool in the archive"):
            packed(TOOLS, wanted(Program("tool", "x/tool")))
