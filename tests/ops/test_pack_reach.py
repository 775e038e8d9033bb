"""Programs that don't find what lies beside them: nobody loads anything before a program."""

from __future__ import annotations

import subprocess  # noqa: TID251 - the compiler is a program; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.binary.fixtures import Recipe
from tests.cli.run import run
from tests.ops import fakes, pe_fakes
from tests.ops.builds import mach
from tests.ops.pack_fakes import packed, platforms, wanted
from tests.strategies.macho import ARM64, IDENTITY, Command, dylib, rpath
from tests.tools import need
from truewheel.errors import RequestError
from truewheel.ops import Patterns
from truewheel.ops.pack import Packed
from truewheel.packing.model import Layout, Program

MAIN = "int f(void); int main(void) { return f(); }"
LIB = "int f(void) { return 7; }"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of gcc's: with a run path to ``lib``, with one that leads astray, and without any."""
    folder = tmp_path_factory.mktemp("tree")
    (gcc,) = need("gcc")
    (folder / "lib").mkdir()
    for place, run_path in (("good", "$ORIGIN/../lib"), ("astray", "$ORIGIN/lib"), ("without", "")):
        (folder / place).mkdir()
        library = folder / "lib" / "libf.so.1"
        command: list[str | Path] = [gcc, "-shared", "-fPIC", "-Wl,-soname,libf.so.1", "-xc", "-", "-o", library]
        subprocess.run(command, input=LIB, encoding="utf-8", check=True)
        link = [f"-Wl,-rpath,{run_path}"] if run_path else []
        command = [gcc, "-xc", "-", "-xnone", library, *link, "-o", folder / place / "tool"]
        subprocess.run(command, input=MAIN, encoding="utf-8", check=True)
    return folder


@pytest.mark.parametrize("place", ["good", "astray", "without"])
def test_what_is_packed_starts(tree: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    out = tmp_path / "out"
    choice = ["--include", f"{place}/tool", "--include", "lib", "--program", f"tool={place}/tool", "-w", str(out)]
    done = run("pack", "--name", "tool", "--version", "1", *choice, ".")
    if place != "good":
        assert done.exit_code == 2
        assert f"{place}/tool needs libf.so.1, which is in the archive as lib/libf.so.1" in done.stderr
        assert not out.exists()
        choice += ["--exclude-library", "libf.so.1"]
        done = run("pack", "--name", "tool", "--version", "1", *choice, ".")
    assert (done.exit_code, done.stderr) == (0, "")
    (wheel,) = out.glob("*.whl")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True)
    ended = subprocess.run([sys.executable, "-m", "tool"], cwd=site, capture_output=True, check=False)
    assert ended.returncode == (7 if place == "good" else 127)


def test_a_script_leaves_its_libraries_behind(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    choice = ("--include", "good", "--include", "lib", "--script", "tool=good/tool", "-w", tmp_path / "out")
    done = run("pack", "--name", "tool", "--version", "1", *choice, ".")
    assert done.exit_code == 2
    assert "no run path leads there" in done.stderr


def refused(files: dict[str, bytes]) -> str:
    with pytest.raises(RequestError) as caught:
        packed(files)
    return caught.value.what


class TestElf:
    def test_a_library_that_a_library_needs(self) -> None:
        files = {
            "bin/tool": fakes.program("liba.so", like=Recipe(runpath="$ORIGIN/../lib")),
            "lib/liba.so": fakes.lib("libb.so", soname="liba.so"),
            "lib/libb.so": fakes.lib(soname="libb.so"),
        }
        said = refused(files)
        assert said.startswith(
            "lib/liba.so, which bin/tool loads, needs libb.so, which is in the archive as lib/libb.so"
        )

    def test_what_somebody_else_has_loaded_is_found(self) -> None:
        files = {
            "bin/tool": fakes.program("liba.so", "libb.so", like=Recipe(runpath="$ORIGIN/../lib")),
            "lib/liba.so": fakes.lib("libb.so", soname="liba.so"),
            "lib/libb.so": fakes.lib(soname="libb.so"),
        }
        assert platforms(packed(files))

    def test_the_platforms_own_is_taken(self) -> None:
        files = {"bin/tool": fakes.program("libz.so.1"), "lib/libz.so.1": fakes.lib(soname="libz.so.1")}
        assert platforms(packed(files))

    def test_programs_that_nobody_starts_may_be_helped(self) -> None:
        """A script may set LD_LIBRARY_PATH for them."""
        files = {"tool": fakes.program("liba.so"), "lib/liba.so": fakes.lib(soname="liba.so")}
        assert platforms(packed(files, wanted(none=True)))


class TestMacho:
    @staticmethod
    def made(*commands: Command, name: str = "@rpath/liba.dylib") -> Packed:
        program = mach(ARM64, None, dylib(name), *commands, filetype=2)
        library = mach(ARM64, None, dylib("@rpath/liba.dylib", IDENTITY), filetype=6)
        return packed({"bin/tool": program, "lib/liba.dylib": library})

    def test_a_run_path_leads_there(self) -> None:
        assert platforms(self.made(rpath("@loader_path/../lib"))) == "macosx_11_0_arm64"
        assert platforms(self.made(name="@executable_path/../lib/liba.dylib")) == "macosx_11_0_arm64"

    @pytest.mark.parametrize("name", ["@rpath/liba.dylib", "/opt/lib/liba.dylib", "@loader_path/liba.dylib"])
    def test_nothing_leads_there(self, name: str) -> None:
        with pytest.raises(RequestError, match="no run path leads there"):
            self.made(name=name)


class TestWindows:
    def test_dlls_lie_beside_the_program(self) -> None:
        files = {
            "bin/tool.exe": pe_fakes.program("a.dll"),
            "bin/A.DLL": pe_fakes.dll("b.dll"),
            "bin/b.dll": pe_fakes.dll(),
        }
        assert platforms(packed(files)) == "win_amd64"

    def test_elsewhere_they_are_not_found(self) -> None:
        files = {"bin/tool.exe": pe_fakes.program("a.dll"), "lib/a.dll": pe_fakes.dll()}
        assert "bin/tool.exe needs a.dll, which is in the archive as lib/a.dll" in refused(files)

    def test_nor_where_the_dll_lies_that_needs_them(self) -> None:
        files = {"tool.exe": pe_fakes.program("a.dll"), "a.dll": pe_fakes.dll("b.dll"), "lib/b.dll": pe_fakes.dll()}
        assert refused(files).startswith("a.dll, which tool.exe loads, needs b.dll")

    def test_those_of_the_system_are(self) -> None:
        files = {"bin/tool.exe": pe_fakes.program("version.dll"), "lib/version.dll": pe_fakes.dll()}
        assert platforms(packed(files)) == "win_amd64"


def test_others_see_to_it() -> None:
    files = {"tool": fakes.program("liba.so"), "lib/liba.so": fakes.lib(soname="liba.so")}
    assert platforms(packed(files, exclude=Patterns(("liba.*",))))
    assert wanted(Program("tool", "tool"), layout=Layout(strip=0)).target.programs
