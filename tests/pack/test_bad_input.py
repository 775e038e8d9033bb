"""Bad input to `pack`: one clear sentence, exit status 2, nothing written, whatever else was asked for at once."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import stat
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.run import run
from tests.pack.samples import (
    COMPRESSED,
    LICENCE,
    MACOS,
    STATIC,
    STATIC_ARM,
    STATIC_TAGS,
    TREE,
    WINDOWS,
    File,
    Tree,
    deb,
    dynamic,
    spread,
    tarball,
    zip_bomb,
    zipped,
    zstd_checked,
)
from tests.support import closed_schema
from truewheel.wheel import Wheel, canonicalize

PROJECT = ("--name", "tool", "--version", "1.0")
SMALL: Tree = {"LICENSE": LICENCE, "bin/tool": File(STATIC, executable=True)}


def listing(folder: Path) -> dict[str, bytes | str]:
    """Everything below a folder: bytes of files, targets of links, kinds of the rest."""
    found: dict[str, bytes | str] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else stat.filemode(path.stat().st_mode)
    return found


def refused(folder: Path, *arguments: str | Path, errors: int = 1) -> str:
    """What is said on stderr of a run that fails: one error, perhaps with a hint, and nothing is written."""
    before = listing(folder)
    into = () if "-w" in arguments else ("-w", folder / "out")
    result = run("pack", *arguments, *into)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == errors, result.stderr
    assert all(line.startswith(("error: ", "  hint: ")) for line in lines), result.stderr
    assert len(lines) <= 2 * errors
    assert all(len(line) < 1_500 for line in lines)
    assert all(letter.isprintable() for line in lines for letter in line)
    assert listing(folder) == before
    return result.stderr


# --- archives that are damaged -------------------------------------------------------------------------------
WHOLE: dict[str, bytes] = {
    **{suffix: pack(tarball(TREE)) for suffix, pack in COMPRESSED.items()},
    "tar.zst": zstd_checked(tarball(TREE)),
    "zip": zipped(TREE),
    "deb": deb(TREE),
}


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("suffix", WHOLE)
def test_a_truncated_archive(suffix: str, share: float, tmp_path: Path) -> None:
    archive = tmp_path / f"tool.{suffix}"
    whole = WHOLE[suffix]
    if suffix == "tar" and share > 0.9:  # what lacks there are zeros at the end, which many a tar lacks
        whole = whole.rstrip(b"\0")
    archive.write_bytes(whole[: int(share * len(whole))])
    assert refused(tmp_path, archive, *PROJECT).startswith(f"error: {archive}: ")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("suffix", sorted(WHOLE.keys() - {"tar"}))
def test_a_flipped_bit(suffix: str, share: float, tmp_path: Path) -> None:
    archive = tmp_path / f"tool.{suffix}"
    data = bytearray(WHOLE[suffix])
    data[int(share * len(data))] ^= 0x10
    archive.write_bytes(data)
    assert refused(tmp_path, archive, *PROJECT, "--strip", "1").startswith(f"error: {archive}: ")


def test_a_flipped_bit_in_the_header_of_a_tar(tmp_path: Path) -> None:
    data = bytearray(WHOLE["tar"])
    data[100] ^= 1
    (tmp_path / "tool.tar").write_bytes(data)
    assert "tool.tar: " in refused(tmp_path, tmp_path / "tool.tar", *PROJECT)


# --- archives that are hostile -------------------------------------------------------------------------------
def with_entry(info: tarfile.TarInfo, data: bytes = b"") -> bytes:
    """A small release, and one entry more."""
    target = io.BytesIO(tarball(SMALL, "t"))
    with tarfile.open(fileobj=target, mode="a") as archive:
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def linked(target: str) -> bytes:
    """A release whose library is a link."""
    return with_entry(entry("t/bin/libx.so", tarfile.SYMTYPE, target))


def wide() -> bytes:
    """Twenty links in each of seven folders to the next: a folder that would hold a thousand million files."""
    tree = {f"d{depth}/l{number}": File(link=f"../d{depth + 1}") for depth in range(7) for number in range(20)}
    return tarball({**SMALL, "d7/file": File(b"x"), **tree}, "t")


class Case(NamedTuple):
    """An archive, what is asked of it, and words of the error."""

    data: Callable[[], bytes]
    said: str
    options: tuple[str, ...] = ()


def tree(files: Tree) -> Callable[[], bytes]:
    return lambda: tarball(files, "t")


HOSTILE: dict[str, Case] = {
    "traversal": Case(lambda: with_entry(entry("../evil")), "../evil"),
    "traversal-inside": Case(lambda: with_entry(entry("t/a/../../../evil")), "t/a/../../../evil"),
    "absolute": Case(lambda: with_entry(entry("/etc/passwd")), "/etc/passwd"),
    "traversal-that-is-not-chosen": Case(lambda: with_entry(entry("../evil")), "../evil", ("--include", "bin/**")),
    "traversal-in-a-zip": Case(lambda: zipped({**SMALL, "../../evil": File(b"x")}, "t"), "t/../../evil"),
    "absolute-in-a-zip": Case(lambda: zipped({**SMALL, "/evil": File(b"x")}, ""), "/evil"),
    "character-device": Case(lambda: with_entry(entry("t/dev/null", tarfile.CHRTYPE)), "t/dev/null"),
    "block-device": Case(lambda: with_entry(entry("t/dev/sda", tarfile.BLKTYPE)), "t/dev/sda"),
    "pipe": Case(lambda: with_entry(entry("t/pipe", tarfile.FIFOTYPE)), "t/pipe", ("--exclude", "pipe")),
    "link-out": Case(lambda: linked("../../../etc/passwd"), "bin/libx.so"),
    "link-to-an-absolute-path": Case(lambda: linked("/etc/passwd"), "bin/libx.so"),
    "link-to-nothing": Case(lambda: linked("nowhere"), "bin/libx.so"),
    "link-in-a-circle": Case(lambda: linked("libx.so"), "bin/libx.so"),
    "twice-the-same-name": Case(lambda: with_entry(entry("t/bin/tool"), b"other"), "bin/tool"),
    "reserved-name": Case(tree({**SMALL, "bin/NUL.txt": File(b"x")}), "bin/NUL.txt"),
    "name-with-a-colon": Case(tree({**SMALL, "bin/a:b": File(b"x")}), "bin/a:b"),
    "names-that-differ-in-case": Case(tree({**SMALL, "bin/Tool": File(b"x")}), "bin/Tool"),
    "control-characters": Case(tree({**SMALL, "bin/\x1b[31mred": File(b"x")}), "\\x1b[31mred"),
    "gzip-bomb": Case(lambda: gzip.compress(tarball({**SMALL, "zeros": File(bytes(70 << 20))})), "the limit is"),
    "xz-bomb": Case(
        lambda: lzma.compress(tarball({**SMALL, "zeros": File(bytes(70 << 20))}), preset=0), "the limit is"
    ),
    "zip-bomb": Case(zip_bomb, "the limit is"),
    "bomb-of-links": Case(wide, "the limit is"),
    "too-many-members": Case(tree(TREE), "--max-members", ("--max-members", "3")),
    "too-large": Case(tree(TREE), "--max-total-size", ("--max-total-size", "10000")),
    "a-damaged-program": Case(tree({**SMALL, "bin/tool": File(STATIC[:100], executable=True)}), "bin/tool"),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive(case: Case, tmp_path: Path) -> None:
    archive = tmp_path / "tool.archive"
    archive.write_bytes(case.data())
    said = refused(tmp_path, archive, *PROJECT, *case.options)
    assert said.startswith(f"error: {archive}: ")
    assert case.said in said


@pytest.mark.parametrize("target", ["../../../etc/passwd", "/etc/passwd", "nowhere", "libx.so"])
def test_a_link_that_nobody_wants_is_no_fault(target: str, tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(linked(target))
    result = run("pack", tmp_path / "tool.tar", *PROJECT, "--exclude", "bin/libx.so", "-w", tmp_path / "out")
    assert result.exit_code == 0, result.output


# --- programs that make no wheel -----------------------------------------------------------------------------
WRONG: dict[str, Case] = {
    "no-binary": Case(tree({"LICENSE": LICENCE, "README": File(b"Hello\n")}), ""),
    "no-binary-but-a-script": Case(tree({"LICENSE": LICENCE, "bin/tool": TREE["lib/run.sh"]}), ""),
    "all-left-out": Case(tree(SMALL), "", ("--exclude", "**")),
    "two-systems": Case(tree({**SMALL, "bin/tool.exe": File(WINDOWS)}), "bin/tool.exe"),
    "two-processors": Case(tree({**SMALL, "bin/arm": File(STATIC_ARM, executable=True)}), "bin/arm"),
    "linux-and-macos": Case(tree({**SMALL, "bin/mac": File(MACOS, executable=True)}), "bin/mac"),
    "external-library": Case(tree({**SMALL, "bin/tool": File(dynamic("libx.so.1"))}), "libx.so.1"),
    "licence-left-out": Case(tree({**SMALL, "lib/x/COPYING": LICENCE}), "lib/x/COPYING", ("--license-file", "LICENSE")),
    "licence-left-out-by-include": Case(
        tree({**SMALL, "lib/COPYING": LICENCE}), "lib/COPYING", ("--license-file", "LICENSE", "--include", "bin/**")
    ),
    "licence-that-is-not-there": Case(tree(SMALL), "COPYING", ("--license-file", "COPYING")),
    "program-that-is-not-there": Case(tree(SMALL), "bin/other", ("--program", "tool=bin/other")),
    "program-that-is-none": Case(tree(SMALL), "LICENSE", ("--program", "tool=LICENSE")),
    "too-few-folders-to-strip": Case(tree(SMALL), "LICENSE", ("--strip", "2")),
    "two-files-in-one-place": Case(tree(SMALL), "bin/tool", ("--rename", "LICENSE=bin/tool")),
    "tag-below-the-truth": Case(
        tree({**SMALL, "bin/tool": File(dynamic())}), "2.17", ("--plat", "manylinux_2_5_x86_64")
    ),
    "tag-of-another-system": Case(tree(SMALL), "win_amd64", ("--plat", "win_amd64")),
    "tag-that-is-none": Case(tree(SMALL), "manylinux", ("--plat", "manylinux")),
    "module-of-the-archive-in-the-way": Case(tree({**SMALL, "__main__.py": File(b"1\n")}), "__main__.py"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_an_archive_that_makes_no_wheel(case: Case, tmp_path: Path) -> None:
    archive = tmp_path / "tool.tar"
    archive.write_bytes(case.data())
    said = refused(tmp_path, archive, *PROJECT, *case.options)
    assert said.startswith(f"error: {archive}: ")
    assert case.said in said


def test_a_missing_library_comes_with_the_way_to_have_it(tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball({**SMALL, "bin/tool": File(dynamic("libx.so.1"), executable=True)}))
    assert "hint: " in (said := refused(tmp_path, tmp_path / "tool.tar", *PROJECT))
    assert "--lib-dir" in said or "-L" in said


# --- settings ------------------------------------------------------------------------------------------------
def project(folder: Path, text: str, archives: Mapping[str, bytes] | None = None) -> Path:
    """Settings, and the archives that they name."""
    for name, data in (archives or {"linux.tar": tarball(SMALL)}).items():
        (folder / name).write_bytes(data)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder / "pyproject.toml"


HEAD = '[tool.truewheel.pack]\nname = "tool"\nversion = "1.0"\n'
TARGETS = '[tool.truewheel.pack.targets]\nlinux = "linux.tar"\n'

SETTINGS: dict[str, tuple[str, str]] = {
    "wrong-hash": (
        f'{HEAD}[tool.truewheel.pack.targets.linux]\npath = "linux.tar"\nsha256 = "{"0" * 64}"\n',
        "0" * 64,
    ),
    "no-hash": (f'{HEAD}[tool.truewheel.pack.targets.linux]\npath = "linux.tar"\nsha256 = "abc"\n', "sha256"),
    "address-without-hash": (f'{HEAD}[tool.truewheel.pack.targets]\nlinux = "https://example/x.zip"\n', "sha256"),
    "unknown-key": (f'{HEAD}colour = "red"\n{TARGETS}', "colour"),
    "unknown-key-of-a-target": (f'{HEAD}[tool.truewheel.pack.targets.a]\npath = "linux.tar"\nhue = 1\n', "hue"),
    "bad-version": (f"{HEAD.replace('1.0', 'one')}{TARGETS}", "one"),
    "bad-name": (HEAD.replace('"tool"', '"to ol!"') + TARGETS, "to ol!"),
    "no-version": (f'[tool.truewheel.pack]\nname = "tool"\n{TARGETS}', "version"),
    "no-targets": (HEAD, "targets"),
    "no-table": ('[project]\nname = "tool"\nversion = "1"\n', "[tool.truewheel.pack]"),
    "no-toml": ("[tool.truewheel.pack\n", "TOML"),
    "missing-archive": (f'{HEAD}[tool.truewheel.pack.targets]\nlinux = "nowhere.tar"\n', "nowhere.tar"),
    "missing-readme": (f'{HEAD}readme = "README.md"\n{TARGETS}', "README.md"),
    "missing-file-to-add": (f'{HEAD}add = {{ "__main__.py" = "run.py" }}\n{TARGETS}', "run.py"),
    "file-to-add-from-elsewhere": (f'{HEAD}add = {{ "a.py" = "../a.py" }}\n{TARGETS}', "../a.py"),
    "wrong-licence": (f'{HEAD}license = "Foo Public"\n{TARGETS}', "Foo Public"),
}


@pytest.mark.parametrize(("text", "message"), SETTINGS.values(), ids=SETTINGS)
def test_bad_settings(text: str, message: str, tmp_path: Path) -> None:
    assert message in refused(tmp_path, "--config", project(tmp_path, text))


def test_settings_that_are_no_utf8(tmp_path: Path) -> None:
    config = project(tmp_path, "")
    config.write_bytes(b"name = '\xff'\n")
    assert "pyproject.toml" in refused(tmp_path, "--config", config)


def test_a_target_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, "--config", project(tmp_path, HEAD + TARGETS), "--target", "windows")
    assert "windows" in said
    assert "linux" in said


# --- the command line ----------------------------------------------------------------------------------------
COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing": ((), "there is nothing to pack"),
    "missing": (("no.tar", *PROJECT), "no.tar"),
    "no-name": (("tool.tar", "--version", "1"), "name"),
    "no-version": (("tool.tar", "--name", "tool"), "version"),
    "bad-version": (("tool.tar", "--name", "tool", "--version", "1..0"), "1..0"),
    "bad-name": (("tool.tar", "--name", "-tool", "--version", "1"), "-tool"),
    "bad-glob": (("tool.tar", *PROJECT, "--include", "[a"), "[a"),
    "bad-rename": (("tool.tar", *PROJECT, "--rename", "bin"), "OLD=NEW"),
    "rename-twice": (("tool.tar", *PROJECT, "--rename", "a=b", "--rename", "a=c"), "given twice for a"),
    "program-twice": (("tool.tar", *PROJECT, "--program", "tool", "--script", "tool=other"), "given twice for tool"),
    "no-path": (("a" * 300, *PROJECT), "error: aaa"),
    "rename-out": (("tool.tar", *PROJECT, "--rename", "LICENSE=../LICENSE"), "../LICENSE"),
    "bad-package": (("tool.tar", *PROJECT, "--into", "a-b"), "a-b"),
    "bad-build-number": (("tool.tar", *PROJECT, "--build-number", "x1"), "build number"),
    "bad-python": (("tool.tar", *PROJECT, "--requires-python", "three"), "three"),
    "programs-and-none": (("tool.tar", *PROJECT, "--no-programs", "--program", "tool"), "contradict"),
    "a-folder-that-is-empty": (("empty", *PROJECT), "empty"),
    "a-file-that-is-empty": (("nothing.zip", *PROJECT), "not an archive"),
    "a-text": (("text.txt", *PROJECT), "text.txt"),
    "the-same-archive-twice": (("tool.tar", "tool.tar", *PROJECT), "tool-1.0-py3-none-"),
    "address-without-hash": (("https://example/tool.tar", *PROJECT), "sha256"),
    "against-nothing": (("tool.tar", *PROJECT, "--check-only", "--against", "nowhere"), "nowhere"),
    "against-without-check": (("tool.tar", *PROJECT, "--against", "empty"), "--check-only"),
    "no-folder-of-libraries": (("tool.tar", *PROJECT, "--lib-dir", ""), "--lib-dir"),
}


@pytest.mark.parametrize(("arguments", "message"), COMMANDS.values(), ids=COMMANDS)
def test_bad_command_lines(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball(SMALL))
    (tmp_path / "nothing.zip").touch()
    (tmp_path / "text.txt").write_text("Hello\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert message in refused(tmp_path, *arguments)


# --- where the wheel goes ------------------------------------------------------------------------------------
NAME = f"tool-1.0-py3-none-{STATIC_TAGS}.whl"


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball(SMALL))
    (tmp_path / "dist").write_text("in the way")
    for folder in ("dist", "dist/below"):
        said = refused(tmp_path, tmp_path / "tool.tar", *PROJECT, "-w", tmp_path / folder)
        assert str(tmp_path / "dist") in said


def test_a_folder_where_the_wheel_should_be(tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball(SMALL))
    (tmp_path / "dist" / NAME).mkdir(parents=True)
    assert NAME in refused(tmp_path, tmp_path / "tool.tar", *PROJECT, "-w", tmp_path / "dist")


@pytest.mark.skipif(sys.platform == "win32", reason="folders there have no modes")
def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball(SMALL))
    # Nobody can make a file there, not even root.
    place = Path("/proc/self") if os.geteuid() == 0 else tmp_path / "locked"
    if place.parent == tmp_path:
        place.mkdir(mode=0o555)
    assert str(place) in refused(tmp_path, tmp_path / "tool.tar", *PROJECT, "-w", place / "dist")


def test_the_archive_is_not_overwritten(tmp_path: Path) -> None:
    archive = tmp_path / NAME
    archive.write_bytes(tarball(SMALL))
    assert "place of the archive" in refused(tmp_path, archive, *PROJECT, "-w", tmp_path)


def test_the_archives_of_other_targets_are_not_overwritten(tmp_path: Path) -> None:
    first = tmp_path / f"tool-1.0-py3-none-{STATIC_TAGS}.whl"
    first.write_bytes(tarball({"tool": File(STATIC_ARM, executable=True)}))
    second = tmp_path / "second.tar"
    second.write_bytes(tarball({"tool": File(STATIC, executable=True)}))
    said = refused(tmp_path, first, second, *PROJECT, "-w", tmp_path)
    assert f"place of the archive {first}" in said


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("place", ["tree", "tree/dist", "tree/a/new/dist", "link/dist"])
def test_wheels_do_not_go_into_the_folder_that_is_packed(place: str, tmp_path: Path) -> None:
    spread(SMALL, tmp_path / "tree")
    (tmp_path / "link").symlink_to("tree")
    for options in ([], ["--dry-run"]):
        said = refused(tmp_path, tmp_path / "tree", *PROJECT, *options, "-w", tmp_path / place)
        assert "the next run would pack them" in said


def test_a_folder_beside_the_one_that_is_packed_will_do(tmp_path: Path) -> None:
    spread(SMALL, tmp_path / "tree")
    assert run("pack", tmp_path / "tree", *PROJECT, "-w", tmp_path / "tree2").exit_code == 0


# --- several targets -----------------------------------------------------------------------------------------
THREE = f"{HEAD}[tool.truewheel.pack.targets]\na = 'a.tar'\nb = 'b.tar.xz'\nc = 'c.tar'\n"
GOOD = {
    "a.tar": tarball(SMALL),
    "b.tar.xz": lzma.compress(tarball({**SMALL, "bin/tool": File(STATIC_ARM, executable=True)})),
    "c.tar": tarball({**SMALL, "bin/tool": File(MACOS, executable=True)}),
}


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("bad", GOOD)
def test_one_of_three_that_fails_leaves_nothing_of_the_others(bad: str, workers: str, tmp_path: Path) -> None:
    config = project(tmp_path, THREE, {**GOOD, bad: GOOD[bad].rstrip(b"\0")[:-40]})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / NAME).write_bytes(b"the wheel of last week")
    said = refused(tmp_path, "--config", config, "-j", workers)
    assert said.startswith("error: ")
    assert bad in said


def test_all_that_fail_are_told_of(tmp_path: Path) -> None:
    config = project(tmp_path, THREE, {**GOOD, "a.tar": b"x" * 600, "c.tar": tarball({"README": File(b"x")})})
    said = refused(tmp_path, "--config", config, errors=2)
    assert "a.tar" in said
    assert "c.tar" in said


@pytest.mark.skipif(sys.platform == "win32", reason="mapped files aren't written to there")
@pytest.mark.parametrize("form", ["tool.tar", "tool.deb", "tool"])
def test_an_archive_that_changes_while_it_is_packed(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hash was found right, and so its bytes are held against RECORD once more."""
    path = tmp_path / form
    plain = deb(SMALL, compress=bytes) if form == "tool.deb" else tarball(SMALL)
    path.write_bytes(STATIC + bytes(100) if form == "tool" else plain)

    def late(wheel: Wheel) -> Wheel:
        data = path.read_bytes()
        at = data.index(STATIC) + len(STATIC) - 1
        with path.open("r+b") as file:
            file.seek(at)
            file.write(bytes([data[at] ^ 1]))
        return canonicalize(wheel)

    monkeypatch.setattr("truewheel.api.packing.canonicalize", late)
    result = run("pack", path, *PROJECT, "-w", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "RECORD" in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == [form]


def test_two_targets_that_make_one_wheel(tmp_path: Path) -> None:
    config = project(tmp_path, THREE, {**GOOD, "c.tar": GOOD["a.tar"]})
    for options in (["-j", "1"], ["-j", "3"], ["--dry-run"]):
        said = refused(tmp_path, "--config", config, *options)
        assert NAME in said
        assert "a and c " in said


def test_targets_that_are_fine_are_written(tmp_path: Path) -> None:
    result = run("pack", "--config", project(tmp_path, THREE, GOOD), "-w", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_errors_stand_in_the_json_and_no_wheels(tmp_path: Path) -> None:
    config = project(tmp_path, THREE, {**GOOD, "a.tar": b"x" * 600})
    result = run("pack", "--json", "--config", config, "-w", tmp_path / "out")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    closed_schema("pack").validate(document)
    assert document["wheels"] == []
    (error,) = document["errors"]
    assert "a.tar" in error["file"]
    assert not (tmp_path / "out").exists()
