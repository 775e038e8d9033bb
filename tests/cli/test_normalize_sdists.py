"""`normalize` takes source distributions beside wheels."""

from __future__ import annotations

import io
import tarfile
import zipfile  # noqa: TID251 - it writes what we read
from pathlib import Path

import pytest

from tests.cli.run import document, run
from tests.support import SAMPLE, write_wheel

NAME = "demo-1.0.tar.gz"


def write_sdist(folder: Path, *, compression: int = 9) -> Path:
    """An sdist as Python's own tarfile writes it: members in a folder's order, an owner, times."""
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=compression) as archive:
        for name, data in (("z.py", b"z = 1\n"), ("PKG-INFO", b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")):
            member = tarfile.TarInfo(f"demo-1.0/{name}")
            member.size, member.mtime, member.uname = len(data), 1_700_000_000, "somebody"
            archive.addfile(member, io.BytesIO(data))
    return path


def test_an_sdist_is_written_canonically_beside_a_wheel(tmp_path: Path) -> None:
    done = document("normalize", "-w", tmp_path / "out", write_wheel(tmp_path), write_sdist(tmp_path))["wheels"]
    assert [Path(str(one["path"])).name for one in done] == [SAMPLE, NAME]
    with tarfile.open(tmp_path / "out" / NAME) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["demo-1.0/PKG-INFO", "demo-1.0/z.py"]
    assert {(member.mtime, member.uname, member.mode) for member in members} == {(315_532_800, "", 0o644)}
    again = document("normalize", "-w", tmp_path / "again", tmp_path / "out" / NAME)["wheels"][0]
    assert not again["changed"]
    assert again["sha256"] == done[1]["sha256"]


def test_check_says_what_is_not_canonical_and_in_place_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sdist(tmp_path)
    checked = run("normalize", "--check", path)
    assert checked.exit_code == 1
    assert "members in another order" in checked.stdout
    assert "written to" in run("normalize", "--in-place", path).stdout
    assert run("normalize", "--check", path).exit_code == 0
    inode = path.stat().st_ino
    assert "canonical already, left as it is" in run("normalize", "--in-place", path).stdout
    assert path.stat().st_ino == inode
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert "2001-09-09 01:46:40" in run("normalize", "--check", path).stdout
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


def test_what_sdists_do_not_have_is_refused(tmp_path: Path) -> None:
    result = run("normalize", "--profile", "zlib6", "-w", tmp_path / "out", write_sdist(tmp_path))
    assert result.exit_code == 2
    assert f"{NAME}: a source distribution is compressed under the profile ld1 alone" in result.stderr
    assert not (tmp_path / "out").exists()


def test_other_commands_say_what_to_do_with_an_sdist(tmp_path: Path) -> None:
    result = run("show", write_sdist(tmp_path))
    assert result.exit_code == 2
    assert "is a source distribution, not a wheel" in result.stderr
    assert "truewheel build" in result.stderr


def write_zip(folder: Path) -> Path:
    """An sdist as they were before PEP 625."""
    path = folder / "demo-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo-1.0/PKG-INFO", b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0/z.py", b"z = 1\n")
    return path


def test_a_zip_becomes_the_same_tar(tmp_path: Path) -> None:
    done = document("normalize", "-w", tmp_path / "zip", write_zip(tmp_path))["wheels"][0]
    assert Path(str(done["path"])).name == NAME
    assert done["changed"]
    assert run("normalize", "-w", tmp_path / "tar", write_sdist(tmp_path)).exit_code == 0
    assert (tmp_path / "zip" / NAME).read_bytes() == (tmp_path / "tar" / NAME).read_bytes()


def test_a_zip_is_not_replaced_by_a_tar(tmp_path: Path) -> None:
    path = write_zip(tmp_path)
    before = path.read_bytes()
    result = run("normalize", "--in-place", path)
    assert result.exit_code == 2
    assert "which can't take its place" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before
    assert run("normalize", "--check", path).exit_code == 1
