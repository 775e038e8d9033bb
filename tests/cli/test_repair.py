"""`repair` on files: what is written, where libraries are looked for, what is refused, and nothing is left then."""

from __future__ import annotations

import os
import zipfile  # noqa: TID251 - an independent reader
from pathlib import Path
from typing import cast

import pytest

from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from tests.binary.fixtures import Recipe
from tests.cli.run import document, run
from tests.ops.fakes import EXEC_STACK, LINUX, PLAIN_STACK, RELR, calling, lib, musl
from tests.ops.mach_fakes import module
from tests.strategies.pe import PeFile
from tests.strategies.wheels import written
from tests.support import SAMPLE, wheel_bytes, write_wheel
from truewheel import api
from truewheel.errors import LimitError, RequestError
from truewheel.ops import Verdict
from truewheel.wheel import Bytes, Entry, Limits, Profile, WheelName, canonicalize, read

MEMBER = "pkg/_x.cpython-312-x86_64-linux-gnu.so"
RIGHT = "pkg-1.0-cp312-cp312-manylinux1_x86_64.manylinux_2_5_x86_64.whl"
SAFE = Recipe(segments=(PLAIN_STACK,))
NEEDY = {MEMBER: lib("libfoo.so.1", like=SAFE), "pkg/__init__.py": b"import sys\n"}
PLAIN = {MEMBER: lib("libz.so.1")}
FOO = lib(soname="libfoo.so.1", like=SAFE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A wheel that lacks a library."""
    return write_wheel(tmp_path, NEEDY, name=LINUX)


@pytest.fixture
def libs(tmp_path: Path) -> Path:
    """A folder that has it."""
    return folder_with(tmp_path / "libs", **{"libfoo.so.1": FOO})


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AUDITWHEEL_PLAT",
        "AUDITWHEEL_LD_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "SOURCE_DATE_EPOCH",
        "MACOSX_DEPLOYMENT_TARGET",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def folder_with(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def grafts(*arguments: str | Path, status: int = 0) -> list[str]:
    """The places where the libraries of a repair were found."""
    (wheel,) = document("repair", *arguments, status=status)["wheels"]
    return [str(graft["source"]) for graft in listed(wheel, "grafts")]


def listed(wheel: dict[str, object], field: str) -> list[dict[str, object]]:
    """A list of objects in the document."""
    return cast("list[dict[str, object]]", wheel[field])


class TestWriting:
    def test_a_signature_of_record_is_not_left_behind(self, tmp_path: Path, libs: Path) -> None:
        name = WheelName.parse(LINUX)
        whole = canonicalize(read(wheel_bytes(NEEDY, name=LINUX), name))
        jws = Entry(whole.info_path("RECORD.jws"), executable=False, content=Bytes(b"{}"))
        source = tmp_path / LINUX
        source.write_bytes(written(canonicalize(whole.replaced(jws))))
        result = run("repair", "-L", libs, "-w", "out", source)
        assert result.exit_code == 2
        assert "RECORD would change, which makes pkg-1.0.dist-info/RECORD.jws invalid" in result.stderr
        assert "--drop-signatures" in result.stderr
        assert not any(tmp_path.joinpath("out").glob("*"))
        assert run("repair", "-L", libs, "-w", "out", "--drop-signatures", source).exit_code == 0
        with zipfile.ZipFile(tmp_path / "out" / RIGHT) as archive:
            assert jws.name not in archive.namelist()

    def test_the_result_is_whole_and_canonical(self, source: Path, libs: Path, tmp_path: Path) -> None:
        before = source.read_bytes()
        result = run("repair", "-L", libs, "-w", tmp_path / "out", source)
        assert (result.exit_code, result.stderr) == (0, "")
        assert [path.name for path in (tmp_path / "out").iterdir()] == [RIGHT]
        assert source.read_bytes() == before
        assert run("normalize", "--check", tmp_path / "out" / RIGHT).exit_code == 0
        assert run("check", tmp_path / "out" / RIGHT).exit_code == 0
        assert f"{source}: written to {tmp_path / 'out' / RIGHT}" in result.stdout
        assert "graft      pkg.libs/libfoo-" in result.stdout
        assert f"from {libs / 'libfoo.so.1'}, for {MEMBER}" in result.stdout
        assert f"edit       {MEMBER}: needs libfoo-" in result.stdout

    def test_it_is_the_same_wherever_the_library_was(self, source: Path, libs: Path, tmp_path: Path) -> None:
        other = folder_with(tmp_path / "some" / "other" / "folder", **{"libfoo.so.1": FOO})
        for number, folder in enumerate((libs, other)):
            assert run("repair", "--sbom", "-L", folder, "-w", tmp_path / str(number), source).exit_code == 0
        assert (tmp_path / "0" / RIGHT).read_bytes() == (tmp_path / "1" / RIGHT).read_bytes()

    def test_wheels_go_into_the_wheelhouse(self, source: Path, libs: Path, tmp_path: Path) -> None:
        assert run("repair", "-L", libs, source).exit_code == 0
        assert [path.name for path in (tmp_path / "wheelhouse").iterdir()] == [RIGHT]

    def test_a_repaired_wheel_comes_out_as_it_is(self, source: Path, libs: Path, tmp_path: Path) -> None:
        run("repair", "-L", libs, source)
        result = run("repair", "-w", tmp_path / "again", tmp_path / "wheelhouse" / RIGHT)
        assert result.exit_code == 0
        assert f"nothing to repair; copied to {tmp_path / 'again' / RIGHT}" in result.stdout
        assert (tmp_path / "again" / RIGHT).read_bytes() == (tmp_path / "wheelhouse" / RIGHT).read_bytes()

    def test_the_document(self, source: Path, libs: Path, tmp_path: Path) -> None:
        (wheel,) = document("repair", "-L", libs, "-w", tmp_path / "out", source)["wheels"]
        (graft,), (change,) = listed(wheel, "grafts"), listed(wheel, "changes")
        assert (wheel["file"], wheel["path"]) == (str(source), str(tmp_path / "out" / RIGHT))
        assert (wheel["written"], wheel["changed"], wheel["profile"]) == (True, True, "ld1")
        assert wheel["size"] == (tmp_path / "out" / RIGHT).stat().st_size
        assert graft["library"] == "libfoo.so.1"
        assert graft["source"] == str(libs / "libfoo.so.1")
        assert graft["needed_by"] == [MEMBER]
        assert (change["member"], change["moved_to"]) == (MEMBER, None)
        assert cast("dict[str, object]", wheel["after"])["verdict"] == "exact"
        assert listed(wheel, "because")[0]["floor"] == "manylinux_2_5_x86_64"
        assert wheel["promised"] == [{"library": "libc.so.6", "members": [graft["member"], MEMBER]}]

    def test_a_dry_run_writes_nothing(self, source: Path, libs: Path, tmp_path: Path) -> None:
        before = sorted(tmp_path.rglob("*"))
        (wheel,) = document("repair", "--dry-run", "-L", libs, source)["wheels"]
        assert (wheel["written"], wheel["size"], wheel["sha256"]) == (False, None, None)
        assert wheel["path"] == str(Path("wheelhouse", RIGHT))
        assert wheel["changed"]
        result = run("repair", "--dry-run", "-L", libs, source)
        assert f"would be written to {Path('wheelhouse', RIGHT)}" in result.stdout
        assert "sha256" not in result.stdout
        assert "nothing to repair" in run("repair", "--dry-run", write_wheel(libs, PLAIN, name=RIGHT)).stdout
        (libs / RIGHT).unlink()
        assert sorted(tmp_path.rglob("*")) == before

    def test_a_pure_wheel_is_copied(self, tmp_path: Path) -> None:
        (wheel,) = document("repair", write_wheel(tmp_path))["wheels"]
        assert wheel["path"] == str(Path("wheelhouse", SAMPLE))
        assert (wheel["grafts"], wheel["changes"]) == ([], [])

    def test_the_time_of_members(self, source: Path, libs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = document("repair", "-L", libs, source)["wheels"][0]
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        timed = document("repair", "--sbom", "-L", libs, "-w", "timed", source)["wheels"][0]
        assert plain["sha256"] != timed["sha256"]
        assert b"2023-11-14T22:13:20" in sbom_of(Path("timed", RIGHT))
        assert run("normalize", "--check", Path("timed", RIGHT)).exit_code == 0

    @pytest.mark.parametrize("more", [[], ["--no-verify"]])
    def test_kept_compression_leaves_a_wheel_alone_that_needs_nothing(self, more: list[str], tmp_path: Path) -> None:
        path = write_wheel(tmp_path, PLAIN, name=RIGHT)
        (wheel,) = document("repair", "--keep-compression", *more, path)["wheels"]
        assert (tmp_path / "wheelhouse" / RIGHT).read_bytes() == path.read_bytes()
        assert (wheel["changed"], wheel["profile"]) == (False, "keep")
        # The canonical form is another file.
        assert document("repair", "-w", "canonical", path)["wheels"][0]["changed"]
        assert (tmp_path / "canonical" / RIGHT).read_bytes() != path.read_bytes()

    def test_kept_compression_of_one_that_needs_something(self, source: Path, libs: Path, tmp_path: Path) -> None:
        assert run("repair", "--keep-compression", "-L", libs, source).exit_code == 0
        assert run("check", tmp_path / "wheelhouse" / RIGHT).exit_code == 0
        assert run("normalize", "--check", "--keep-compression", tmp_path / "wheelhouse" / RIGHT).exit_code == 0


class TestRefusals:
    def test_nothing_is_left_of_a_failure(self, source: Path, tmp_path: Path) -> None:
        result = run("repair", "-w", tmp_path / "a" / "b", source)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert f"error: {source}: {MEMBER}: not found, for no place to look was named: libfoo.so.1" in result.stderr
        assert "hint: name the folder of libfoo.so.1 with -L DIR" in result.stderr
        assert not (tmp_path / "a").exists()

    def test_the_error_is_in_the_document(self, source: Path) -> None:
        (error,) = document("repair", source, status=2)["errors"]
        assert (error["file"], error["member"]) == (str(source), MEMBER)
        assert "libfoo.so.1" in str(error["message"])

    def test_the_others_are_still_repaired(self, source: Path, libs: Path, tmp_path: Path) -> None:
        good = write_wheel(libs, PLAIN, name=LINUX.replace("pkg", "other").replace("312", "311"))
        bad = write_wheel(libs, {"x/x.so": lib("libnope.so")}, name=LINUX.replace("pkg", "bad"))
        result = run("repair", "-L", libs, source, bad, good)
        assert result.exit_code == 2
        assert "libnope.so" in result.stderr
        assert len(list((tmp_path / "wheelhouse").iterdir())) == 2

    def test_a_wrong_record_is_never_made_right(self, tmp_path: Path) -> None:
        wrong = f"{MEMBER},sha256=AAAA,0\npkg-1.0.dist-info/RECORD,,\n".encode()
        path = write_wheel(tmp_path, {**PLAIN, "pkg-1.0.dist-info/RECORD": wrong}, name=RIGHT)
        for more in ([], ["--keep-compression"], ["--dry-run"]):
            result = run("repair", *more, path)
            assert result.exit_code == 2
            assert "RECORD" in result.stderr
        assert not (tmp_path / "wheelhouse").exists()

    @pytest.mark.parametrize("more", [[], ["--keep-compression"]])
    def test_a_damaged_member_is_found_though_nothing_is_done_to_it(self, more: list[str], tmp_path: Path) -> None:
        record = wheel_bytes({**PLAIN, "pkg/text": b"text"}, name=RIGHT, store=True)
        at = record.index(b"text", record.index(b"pkg/text") + 8)
        path = tmp_path / RIGHT
        path.write_bytes(record[:at] + b"tEXT" + record[at + 4 :])
        assert run("repair", *more, path).exit_code == 2
        assert not (tmp_path / "wheelhouse").exists()

    @pytest.mark.parametrize("more", [[], ["--dry-run"], ["--keep-compression"]])
    def test_the_result_never_takes_the_place_of_the_wheel(self, tmp_path: Path, more: list[str]) -> None:
        path = write_wheel(tmp_path, PLAIN, name=RIGHT)
        before = path.read_bytes()
        result = run("repair", *more, "-w", tmp_path, path)
        assert result.exit_code == 2
        assert "take the place of the wheel itself" in result.stderr
        assert path.read_bytes() == before

    def test_two_results_of_one_name_do_not_fit_into_one_folder(self, tmp_path: Path) -> None:
        names = [LINUX, LINUX.replace("linux_x86_64", "manylinux_2_28_x86_64")]
        result = run("repair", *(write_wheel(tmp_path, PLAIN, name=name) for name in names))
        assert result.exit_code == 2
        assert "would take the place of" in result.stderr
        assert len(list((tmp_path / "wheelhouse").iterdir())) == 1

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--only-plat"], "--only-plat needs a --plat TAG"),
            (["--only-plat", "--plat", "auto"], "--only-plat needs a --plat TAG"),
            (["--lib-sdir", "a/b"], "no suffix for the name of a folder"),
            (["--lib-sdir", ""], "no suffix for the name of a folder"),
            (["--lib-sdir", "a\\b"], "no suffix for the name of a folder"),
            (["--lib-sdir", ":x"], "no suffix for the name of a folder"),
            (["--lib-sdir", ".$LIB"], "no suffix for the name of a folder"),
            (["--lib-sdir", '"x"'], "no suffix for the name of a folder"),
            (["--keep-compression", "--profile", "ld1"], "contradict each other"),
            (["--no-verify"], "goes with --keep-compression only"),
            (["-L", "nowhere"], "nowhere"),
            (["--sysroot", "nowhere"], "nowhere"),
            (["--include", "libnope.so"], "--include libnope.so means no library"),
            (["--plat", "nonsense"], "nonsense"),
            (["--plat", "manylinux_2_17_aarch64"], "the wheel is not for manylinux_2_17_aarch64"),
            (["--no-such-option"], "--no-such-option"),
        ],
    )
    def test_demands_that_can_not_be_met(self, source: Path, libs: Path, options: list[str], words: str) -> None:
        result = run("repair", *options, "-L", libs, source)
        assert result.exit_code == 2
        assert words in result.stderr
        assert not Path("wheelhouse").exists()

    def test_what_no_index_takes(self, tmp_path: Path) -> None:
        path = write_wheel(tmp_path, {MEMBER: lib(like=Recipe(symbols=calling("PyFPE_jbuf")))}, name=LINUX)
        result = run("repair", path)
        assert result.exit_code == 2
        assert "no tag but linux_x86_64 is true of it" in result.stderr
        assert "--plat linux_x86_64" in result.stderr
        assert run("repair", "--plat", "linux_x86_64", path).exit_code == 0
        assert (tmp_path / "wheelhouse" / LINUX).exists()


class TestPlatforms:
    @pytest.mark.parametrize(
        ("environment", "options", "platforms"),
        [
            ("", [], "manylinux1_x86_64.manylinux_2_5_x86_64"),
            ("auto", [], "manylinux1_x86_64.manylinux_2_5_x86_64"),
            ("manylinux_2_28_x86_64", ["--only-plat"], "manylinux_2_28_x86_64"),
            ("manylinux_2_28 manylinux_2_34", ["--only-plat"], "manylinux_2_28_x86_64.manylinux_2_34_x86_64"),
            ("manylinux_2_28", ["--only-plat", "--plat", "manylinux_2_31"], "manylinux_2_31_x86_64"),
            ("manylinux_2_28", [], "manylinux1_x86_64.manylinux_2_5_x86_64"),
        ],
    )
    def test_of_the_options_and_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: str, options: list[str], platforms: str
    ) -> None:
        monkeypatch.setenv("AUDITWHEEL_PLAT", environment)
        (wheel,) = document("repair", *options, write_wheel(tmp_path, PLAIN, name=LINUX))["wheels"]
        assert Path(str(wheel["path"])).name == f"pkg-1.0-cp312-cp312-{platforms}.whl"

    @pytest.mark.parametrize(("platform", "file"), [("win_amd64", PeFile().encode()), ("macosx_11_0_arm64", module())])
    def test_of_an_image_is_no_demand_on_other_systems(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, file: bytes
    ) -> None:
        path = write_wheel(tmp_path, {"pkg/native": file}, name=f"pkg-1.0-cp312-cp312-{platform}.whl")
        monkeypatch.setenv("AUDITWHEEL_PLAT", "manylinux_2_28_x86_64")
        result = run("repair", path)
        assert (result.exit_code, result.stderr) == (0, "")
        result = run("repair", "--plat", "manylinux_2_28_x86_64", path)
        assert result.exit_code == 2
        assert "the wheel is not for manylinux_2_28_x86_64" in result.stderr
        result = run("repair", tmp_path / "odd.whl")
        assert (result.exit_code, "Traceback" in result.stderr) == (2, False)

    def test_one_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path) -> None:
        libs = folder_with(tmp_path / "new", **{"libfoo.so.1": lib(soname="libfoo.so.1", glibc="2.38")})
        monkeypatch.setenv("AUDITWHEEL_PLAT", "manylinux_2_28_x86_64")
        result = run("repair", "-L", libs, source)
        assert result.exit_code == 2
        assert "manylinux_2_28_x86_64 would promise too much: the wheel needs manylinux_2_38_x86_64" in result.stderr
        assert "GLIBC_2.38" in result.stderr
        assert str(libs / "libfoo.so.1") in result.stderr


class TestPlaces:
    def test_folders_in_their_order(self, source: Path, libs: Path, tmp_path: Path) -> None:
        other = folder_with(tmp_path / "other", **{"libfoo.so.1": FOO})
        assert grafts("-L", other, "-L", libs, source) == [str(other / "libfoo.so.1")]
        assert grafts("-L", libs, "-L", other, "-w", "again", source) == [str(libs / "libfoo.so.1")]

    def test_paths_as_the_loader_has_them(
        self, monkeypatch: pytest.MonkeyPatch, source: Path, libs: Path, tmp_path: Path
    ) -> None:
        empty, other = folder_with(tmp_path / "empty"), folder_with(tmp_path / "other", **{"libfoo.so.1": FOO})
        listed = os.pathsep.join(map(str, (empty, tmp_path / "nowhere", libs)))
        assert grafts("--ldpaths", listed, "-w", "1", source) == [str(libs / "libfoo.so.1")]
        assert grafts("--ldpaths", listed, "-L", other, "-w", "2", source) == [str(other / "libfoo.so.1")]
        monkeypatch.setenv("AUDITWHEEL_LD_LIBRARY_PATH", listed)
        assert grafts("-w", "3", source) == [str(libs / "libfoo.so.1")]
        assert grafts("--ldpaths", str(other), "-w", "4", source) == [str(libs / "libfoo.so.1")]

    @pytest.mark.skipif(os.name == "nt", reason="what a loader of Linux would do")
    def test_a_sysroot(self, source: Path, tmp_path: Path) -> None:
        folder_with(tmp_path / "root" / "usr" / "lib64", **{"libfoo.so.1": FOO})
        assert grafts("--sysroot", tmp_path / "root", source) == [str(tmp_path / "root/usr/lib64/libfoo.so.1")]

    @pytest.mark.skipif(os.name == "nt", reason="what a loader of Linux would do")
    def test_the_host_is_asked_only_where_it_is_named(
        self, monkeypatch: pytest.MonkeyPatch, source: Path, libs: Path
    ) -> None:
        monkeypatch.setenv("LD_LIBRARY_PATH", str(libs))
        assert run("repair", source).exit_code == 2
        assert grafts("--host-libs", source) == [str(libs / "libfoo.so.1")]

    def test_where_it_was_looked_for_is_told(self, source: Path, tmp_path: Path) -> None:
        empty = folder_with(tmp_path / "empty", **{"libfoo.so.1": b"/* GNU ld script */"})
        result = run("repair", "-L", empty, source)
        assert f"not found in -L {empty}: libfoo.so.1" in result.stderr
        assert f"({empty / 'libfoo.so.1'} is no ELF file)" in result.stderr


class TestWishes:
    def test_exclusions(self, source: Path) -> None:
        (wheel,) = document("repair", "--exclude", "libfoo*", source)["wheels"]
        assert wheel["excluded"] == [{"library": "libfoo.so.1", "members": [MEMBER]}]
        assert wheel["findings"] == []
        assert "left out   libfoo.so.1, for" in run("repair", "--exclude", "libfoo*", "-w", "again", source).stdout

    def test_an_exclusion_that_excludes_nothing_is_told(self, source: Path, libs: Path) -> None:
        arguments: list[str | Path] = ["repair", "--exclude", "libfo.so.1", "-L", libs, source]
        result = run(*arguments, "-w", "plain")
        assert result.exit_code == 0
        assert "warning    LIB006 --exclude libfo.so.1 matches no library" in result.stdout
        assert "did you mean libfoo.so.1?" in result.stdout
        assert run(*arguments, "--strict", "-w", "strict").exit_code == 1
        assert Path("strict", RIGHT).exists()
        assert run(*arguments, "--strict", "--dry-run").exit_code == 1
        # What could not be done counts for more.
        assert run(*arguments, "nowhere-1.0-py3-none-any.whl", "--strict", "-w", "both").exit_code == 2

    def test_strict_is_content_where_nothing_is_wrong(self, source: Path, libs: Path) -> None:
        assert run("repair", "--strict", "-L", libs, source).exit_code == 0

    def test_what_is_opened_at_run_time(self, source: Path, libs: Path) -> None:
        (libs / "plugin.so").write_bytes(lib())
        for number, glob in enumerate([str(libs / "plugin.so"), "plugin.so", "plug*"]):
            (wheel,) = document("repair", "--include", glob, "-L", libs, "-w", str(number), source)["wheels"]
            grafted = {graft["member"]: graft["needed_by"] for graft in listed(wheel, "grafts")}
            assert grafted["pkg.libs/plugin.so"] == []
        assert "opened at run time" in run("repair", "--include", "plug*", "-L", libs, "-w", "3", source).stdout

    def test_the_folder_of_grafts(self, source: Path, libs: Path) -> None:
        (wheel,) = document("repair", "--lib-sdir", ".dylibs", "-L", libs, source)["wheels"]
        assert str(listed(wheel, "grafts")[0]["member"]).startswith("pkg.dylibs/libfoo-")

    def test_a_bill(self, source: Path, libs: Path) -> None:
        assert run("repair", "--sbom", "-L", libs, source).exit_code == 0
        assert b"CycloneDX" in sbom_of(Path("wheelhouse", RIGHT))

    @pytest.mark.parametrize(
        ("options", "edits"), [([], []), (["--strip"], ["its symbol table and debug information go"])]
    )
    def test_symbols(self, options: list[str], edits: list[str], tmp_path: Path) -> None:
        data = build(Blueprint(needed=(), versions=(), undefined=(), soname=None, hashed="HASH")).data
        path = write_wheel(tmp_path, {MEMBER: data, "pkg/y.so": lib()}, name=LINUX)
        (wheel,) = document("repair", *options, path)["wheels"]
        assert [change["edits"] for change in listed(wheel, "changes")] == [edits] * len(edits)
        with zipfile.ZipFile(str(wheel["path"])) as archive:
            assert (b".symtab" in archive.read(MEMBER)) is not bool(edits)
        assert document("repair", *options, "-w", "again", str(wheel["path"]))["wheels"][0]["sha256"] == wheel["sha256"]

    @pytest.mark.parametrize(("options", "cleared"), [([], True), (["--keep-exec-stack"], False)])
    def test_stacks(self, options: list[str], tmp_path: Path, *, cleared: bool) -> None:
        path = write_wheel(tmp_path, {MEMBER: lib(like=Recipe(segments=(EXEC_STACK,)))}, name=LINUX)
        (wheel,) = document("repair", *options, path)["wheels"]
        assert bool(wheel["changes"]) is cleared

    @pytest.mark.parametrize(("options", "expands"), [([], True), (["--expand-relr"], True), (["--keep-relr"], False)])
    def test_packed_relocations(self, options: list[str], tmp_path: Path, *, expands: bool) -> None:
        path = write_wheel(tmp_path, {"pkg/x.so": musl(like=Recipe(tags=RELR))}, name=LINUX)
        # There is no table behind the tag: what would write it out says so.
        result = run("repair", *options, path)
        assert result.exit_code == (2 if expands else 0)
        assert ("DT_RELR" in result.stderr) is expands


def test_one_who_only_looks_may_say_what_others_bring_too(source: Path) -> None:
    assert document("show", source)["wheels"][0]["external"] != []
    assert document("show", "--exclude", "libfoo*", source)["wheels"][0]["external"] == []
    assert run("check", source).exit_code == 1
    assert run("retag", "--auto", "--exclude", "libfoo.so.1", "-w", "out", source).exit_code == 0
    assert Path("out", RIGHT).exists()


class TestFromPython:
    def test_what_comes_back(self, source: Path, libs: Path, tmp_path: Path) -> None:
        steps: list[int] = []
        places = api.Places(lib_dirs=(libs,))
        done = api.repair(source, tmp_path / "out", places=places, advance=steps.append)
        assert (done.source, done.path, done.written, done.changed) == (source, tmp_path / "out" / RIGHT, True, True)
        assert done.size == done.path.stat().st_size
        assert done.profile == "ld1"
        assert done.after.verdict is Verdict.EXACT
        assert [graft.library for graft in done.plan.grafts] == ["libfoo.so.1"]
        assert sum(steps) == 2 * source.stat().st_size

    def test_a_place_that_is_occupied(self, source: Path, libs: Path, tmp_path: Path) -> None:
        with pytest.raises(RequestError, match="would take the place of"):
            api.repair(source, tmp_path, places=api.Places(lib_dirs=(libs,)), occupied=[tmp_path / RIGHT])

    def test_the_limits_hold(self, source: Path, libs: Path, tmp_path: Path) -> None:
        options = api.Options(limits=Limits(members=2))
        with pytest.raises(LimitError, match="members"):
            api.repair(source, tmp_path / "out", places=api.Places(lib_dirs=(libs,)), options=options)
        assert not (tmp_path / "out").exists()

    def test_kept_compression_copies_what_is_right(self, tmp_path: Path) -> None:
        path = write_wheel(tmp_path, PLAIN, name=RIGHT)
        done = api.repair(path, tmp_path / "out", options=api.Options(profile=Profile.KEEP))
        assert (done.changed, done.written, done.size) == (False, True, path.stat().st_size)
        assert not api.repair(path, tmp_path / "dry", dry_run=True).written
        assert not (tmp_path / "dry").exists()


def sbom_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("pkg-1.0.dist-info/sboms/truewheel.cdx.json")
