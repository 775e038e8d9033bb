"""`fuse` on files: what is written and told, on made wheels and on published ones, beside LLVM's lipo."""

from __future__ import annotations

import subprocess  # noqa: TID251 - the program itself is run, with other seeds
import sys
import zipfile  # noqa: TID251 - the members are taken out with a reader that isn't ours
from pathlib import Path
from typing import cast

import pytest

import truewheel
from tests.cli.run import document, run
from tests.corpus import ROOT, ROWS, Corpus
from tests.elf.toolchains import call
from tests.ops.builds import APPLE, INTEL, MODULE, SHARED, graft, mach, name_for, needing
from tests.strategies.macho import ARM64, BUNDLE, X86_64, MachFile, build_version, packed
from tests.support import write_wheel
from tests.tools import need
from truewheel.api import Fused
from truewheel.binary import read_macho
from truewheel.binary.model import Slice
from truewheel.ops import Verdict

BOTH = name_for("macosx_10_9_universal2")
X86, ARM, PUBLISHED = (
    f"propcache-0.5.4-cp312-cp312-{platform}.whl"
    for platform in ("macosx_10_13_x86_64", "macosx_11_0_arm64", "macosx_10_13_universal2")
)


def builds(folder: Path, x86_64: dict[str, bytes] | None = None, arm64: dict[str, bytes] | None = None) -> list[Path]:
    """Two wheels for one processor each, with a module and with what is given."""
    files = {**SHARED, MODULE: mach(X86_64), **(x86_64 or {})}, {**SHARED, MODULE: mach(ARM64), **(arm64 or {})}
    return [write_wheel(folder, made, name=name_for(p)) for made, p in zip(files, (INTEL, APPLE), strict=True)]


def refused(*arguments: str | Path) -> str:
    """What the command says when it can't do its work."""
    result = run("fuse", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def test_one_wheel_is_written_and_told(tmp_path: Path) -> None:
    x86_64, arm64 = builds(tmp_path)
    result = run("fuse", x86_64, arm64, "-w", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:4] == [
        f"{x86_64}, {arm64}: written to {tmp_path / 'out' / BOTH}",
        "  tag        macosx_10_9_universal2",
        f"  because    macosx_11_0_arm64: {MODULE}: minos 11.0 of the arm64 slice",
        f"  because    macosx_10_9_x86_64: {MODULE}: minos 10.9 of the x86_64 slice",
    ]
    assert f"  fat        {MODULE} (x86_64, arm64)\n" in result.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == [BOTH]
    audit = truewheel.check(tmp_path / "out" / BOTH, strict=True, ignore=("REP", "MET"))
    assert audit.findings == ()
    assert run("normalize", "--check", tmp_path / "out" / BOTH).exit_code == 0


def test_limits_that_were_raised_hold_for_the_result(tmp_path: Path) -> None:
    deep = {f"pkg/{'a/' * 100}x.txt": b""}
    wheels = builds(tmp_path, deep, deep)
    assert "--max-depth" in refused(*wheels)
    assert run("fuse", "--max-depth", "200", *wheels, "-w", tmp_path / "out").exit_code == 0


def test_the_document(tmp_path: Path) -> None:
    module = needing(X86_64, "@loader_path/libx-1234.dylib")
    x86_64, arm64 = builds(
        tmp_path, {MODULE: module, "pkg/libx-1234.dylib": graft(X86_64), "pkg/a.json": b"1"}, {"pkg/a.json": b"2"}
    )
    options = ["-w", str(tmp_path / "out"), "--take-first", "*.json", "--take-first", "*.html"]
    (found,) = document("fuse", x86_64, arm64, *options)["wheels"]
    assert found["files"] == [str(x86_64), str(arm64)]
    assert found["path"] == str(tmp_path / "out" / BOTH)
    assert found["joined"] == [{"member": MODULE, "archs": ["x86_64", "arm64"]}]
    assert found["alone"] == [{"member": "pkg/libx-1234.dylib", "files": [str(x86_64)]}]
    assert found["taken"] == ["pkg/a.json"]
    assert found["notes"] == ["--take-first *.html means nothing that differs"]
    assert found["sha256"] == truewheel.digest(tmp_path / "out" / BOTH).sha256
    text = run("fuse", x86_64, arm64, *options).stdout
    assert f"  alone      pkg/libx-1234.dylib, of {x86_64}\n  first's    pkg/a.json\n  note       --take-first" in text


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    wheels = builds(tmp_path)
    (planned,) = document("fuse", *wheels, "-w", tmp_path / "out", "--dry-run")["wheels"]
    assert not (tmp_path / "out").exists()
    assert (planned["written"], planned["sha256"], planned["size"]) == (False, None, None)
    assert "would be written to" in run("fuse", *wheels, "-w", tmp_path / "out", "--dry-run").stdout
    (done,) = document("fuse", *wheels, "-w", tmp_path / "out")["wheels"]
    differing = {"written", "sha256", "size"}
    assert {k: v for k, v in planned.items() if k not in differing} == {
        k: v for k, v in done.items() if k not in differing
    }


def test_findings_are_told(tmp_path: Path) -> None:
    unsigned = MachFile(ARM64, BUNDLE, commands=(build_version(1, packed(11)),)).encode()
    wheels = builds(tmp_path, arm64={MODULE: unsigned})
    text = run("fuse", *wheels, "-w", tmp_path / "out").stdout
    assert f"  error      MAC003 {MODULE}: the arm64 slice has no code signature\n" in text
    (found,) = document("fuse", *wheels, "-w", tmp_path / "out")["wheels"]
    assert [finding["rule"] for finding in cast("list[dict[str, str]]", found["findings"])] == ["MAC003"]


def test_many_lines_of_a_kind_are_counted(tmp_path: Path) -> None:
    many = {f"pkg/{n:02}.txt": b"" for n in range(20)}
    text = run("fuse", *builds(tmp_path, many), "-w", tmp_path / "out").stdout
    assert text.count("  alone      ") == 9
    assert "  alone      and 12 more\n" in text


def test_what_is_wrong_is_told_with_the_wheel_that_it_is_in(tmp_path: Path) -> None:
    x86_64, arm64 = builds(tmp_path, arm64={MODULE: mach(ARM64)[:200]})
    for order in ([x86_64, arm64], [arm64, x86_64]):
        assert refused(*order, "-w", tmp_path / "out").startswith(f"error: {arm64}: {MODULE}: ")
    record = f"pkg/__init__.py,sha256={'A' * 43},1\n{MODULE},,\n".encode()
    x86_64, arm64 = builds(tmp_path, arm64={"pkg-1.0.dist-info/RECORD": record})
    assert refused(x86_64, arm64, "-w", tmp_path / "out").startswith(f"error: {arm64}: ")
    assert not (tmp_path / "out").exists()


def test_contents_that_are_not_what_record_says(tmp_path: Path) -> None:
    wheels = builds(tmp_path)
    with zipfile.ZipFile(wheels[1]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["pkg/data.txt"] = b"another!\n"
    with zipfile.ZipFile(wheels[1], "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert f"error: {wheels[1]}: pkg/data.txt: " in refused(*wheels, "-w", tmp_path / "out")


def test_what_differs_is_refused_with_the_way_out(tmp_path: Path) -> None:
    x86_64, arm64 = builds(tmp_path, {"pkg/a.json": b"1"}, {"pkg/a.json": b"2"})
    said = refused(x86_64, arm64, "-w", tmp_path / "out")
    assert said.startswith(
        f"error: {x86_64}, {arm64}: a member differs from wheel to wheel: pkg/a.json\n  hint: --take-"
    )
    assert not (tmp_path / "out").exists()
    (error,) = document("fuse", x86_64, arm64, status=2)["errors"]
    assert error["file"] == f"{x86_64}, {arm64}"


def test_requests_that_can_not_be_met(tmp_path: Path) -> None:
    x86_64, arm64 = builds(tmp_path)
    assert "nothing to fuse a single wheel with" in refused(x86_64)
    assert f"error: {tmp_path / 'none.whl'}: there is no such file" in refused(x86_64, tmp_path / "none.whl")
    assert "two of them are for x86_64" in refused(x86_64, x86_64)
    assert "contradict each other" in refused(x86_64, arm64, "--keep-compression", "--profile", "ld1")


def test_a_result_of_an_earlier_run_is_replaced_and_no_input_is(tmp_path: Path) -> None:
    wheels = builds(tmp_path)
    before = [path.read_bytes() for path in wheels]
    for _ in range(2):
        assert run("fuse", *wheels, "-w", tmp_path).exit_code == 0
    assert [path.read_bytes() for path in wheels] == before
    assert "two of them are for arm64" in refused(*wheels, tmp_path / BOTH)


@pytest.mark.parametrize("profile", ["ld1", "zlib6", "keep"])
def test_every_profile(profile: str, tmp_path: Path) -> None:
    (found,) = document("fuse", *builds(tmp_path), "-w", tmp_path / "out", "--profile", profile)["wheels"]
    assert found["profile"] == profile
    assert truewheel.check(tmp_path / "out" / BOTH, select=("REC", "TAG")).findings == ()


def test_nothing_around_matters(tmp_path: Path) -> None:
    launch = "import os, sys; os.umask(int(sys.argv.pop(1), 8)); from truewheel.cli import main; main()"
    wheels = list(map(str, builds(tmp_path, {"pkg/x.txt": b"x"}, {"pkg/a.txt": b"a"})))
    digests = set()
    for seed, mask, order in (("0", "022", wheels), ("1", "077", wheels[::-1]), ("7", "002", wheels)):
        folder = tmp_path / seed
        command = [sys.executable, "-c", launch, mask, "fuse", *order, "-w", str(folder)]
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, env=environment, check=True, capture_output=True)
        digests.add(truewheel.digest(folder / BOTH).sha256)
    assert len(digests) == 1


# --- published wheels
@pytest.fixture(name="fused")
def fused_wheel(corpus: Corpus, tmp_path: Path) -> Fused:
    """The wheel of two that a project publishes beside one for both processors."""
    return truewheel.fuse([corpus(X86), corpus(ARM)], tmp_path / "out")


def contents(path: Path) -> dict[str, bytes]:
    """The members of a wheel."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def test_fat_files_are_those_that_lipo_makes(fused: Fused, corpus: Corpus, tmp_path: Path) -> None:
    ours, thin = contents(fused.path), [contents(corpus(name)) for name in (X86, ARM)]
    assert fused.joined
    for member in fused.joined:
        for order in (0, 1), (1, 0):
            for number in order:
                (tmp_path / str(number)).write_bytes(thin[number][member])
            made = tmp_path / "fat"
            call([*need("llvm-lipo-19"), "-create", *(tmp_path / str(n) for n in order), "-output", made])
            assert made.read_bytes() == ours[member]


def test_the_wheel_is_what_the_project_publishes(fused: Fused, corpus: Corpus) -> None:
    """The same tag, members and files; the fat ones with the same processors, releases, libraries and symbols."""
    assert fused.path.name == PUBLISHED
    assert fused.tags.claimed == ROWS[PUBLISHED].computed
    assert fused.tags.verdict is Verdict.EXACT
    ours, theirs = contents(fused.path), contents(corpus(PUBLISHED))
    assert ours.keys() == theirs.keys()
    differing = {name for name in ours if ours[name] != theirs[name]}
    assert differing <= {*fused.joined, "propcache-0.5.4.dist-info/RECORD", "propcache-0.5.4.dist-info/WHEEL"}
    for member in fused.joined:
        assert [facts(part) for part in read_macho(ours[member]).slices] == [
            facts(part) for part in read_macho(theirs[member]).slices
        ]


def facts(part: Slice) -> tuple[object, ...]:
    """What of a slice doesn't depend on the folder that it was built in."""
    return part.arch, part.filetype, part.minos, part.dylibs, part.symbols.imports, part.symbols.exports


def test_the_order_of_published_wheels_has_no_meaning(fused: Fused, corpus: Corpus, tmp_path: Path) -> None:
    again = truewheel.fuse([corpus(ARM), corpus(X86)], tmp_path / "again")
    assert (again.path.name, again.sha256) == (fused.path.name, fused.sha256)
