"""Sources are copied: which files, with which modes and times, and what is refused."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tarfile
import zipfile  # noqa: TID251 - the tests need a writer that is not ours; the ban protects src
from pathlib import Path

import pytest

from tests.builds.checkouts import emptied, names, snapshot, written
from truewheel.builds import tree
from truewheel.builds.git import Git
from truewheel.builds.sources import Place, parsed, settled, stage
from truewheel.errors import RequestError, SdistError, TruewheelError, WheelError

PROJECT = {"pyproject.toml": "[build-system]\n", "src/pack/__init__.py": "VALUE = 1\n", "run.sh": "#!/bin/sh\n"}
LINKS = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets ordinary users make no links")
MODES = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no executable bits")
CALLER = dict(os.environ)


def test_a_folder_without_history(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "project",
        PROJECT
        | {
            "src/pack/__pycache__/x.pyc": "",
            ".tox/log": "",
            ".mypy_cache/a/b": "",
            ".git/HEAD": "nothing that git knows",
            "venv/pyvenv.cfg": "",
            "venv/bin/python": "",
            "dist/old.whl": "",
            "dist.txt": "",
            "build.log": "",
            "build/kept": "",
        },
    )
    before = snapshot(folder)
    staged = stage(
        str(folder), emptied(tmp_path / "room"), caller=CALLER, leave=[folder / "dist", folder / "build.log"]
    )
    assert names(staged.folder) == sorted([*PROJECT, "build/kept", "dist.txt"])
    assert (staged.kind, staged.name, staged.subdirectory, staged.facts) == ("directory", "", "", None)
    assert staged.project == staged.folder
    assert snapshot(folder) == before


@MODES
def test_modes_and_times_are_the_same_everywhere(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    (folder / "run.sh").chmod(0o700)
    (folder / "pyproject.toml").chmod(0o660)
    (folder / "src").chmod(0o2770)
    os.utime(folder / "pyproject.toml", (1_600_000_000, 1_600_000_000))
    os.utime(folder / "run.sh", (1_700_000_000, 1_700_000_000))
    os.utime(folder / "src/pack/__init__.py", (1_650_000_000, 1_650_000_000))
    staged = stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)
    assert staged.newest == 1_700_000_000
    settled(staged, 1_234_567_890, Git(CALLER))
    facts = {path.relative_to(staged.folder).as_posix(): path.stat() for path in staged.folder.rglob("*")}
    assert {name: oct(found.st_mode & 0o7777) for name, found in facts.items()} == {
        "pyproject.toml": "0o644",
        "run.sh": "0o755",
        "src": "0o755",
        "src/pack": "0o755",
        "src/pack/__init__.py": "0o644",
    }
    assert {found.st_mtime for found in (*facts.values(), staged.folder.stat())} == {1_234_567_890}


def test_no_file_is_older_than_a_zip_can_tell(tmp_path: Path) -> None:
    staged = stage(str(written(tmp_path / "p", PROJECT)), emptied(tmp_path / "room"), caller=CALLER)
    settled(staged, -5, Git(CALLER))
    assert (staged.folder / "run.sh").stat().st_mtime == 315_532_800


def _digest(tmp_path: Path, files: dict[str, str], **modes: int) -> str:
    folder = tmp_path / hashlib.sha256(repr((files, modes)).encode()).hexdigest()
    written(folder, files)
    for name, mode in modes.items():
        (folder / name).chmod(mode)
    return tree.digest(folder)


@MODES
def test_the_digest_is_of_names_bits_and_contents(tmp_path: Path) -> None:
    files = {"a": "1", "b/c": "2", "b-": "3"}
    line = "{} {} {}\0"
    one, two, three = (hashlib.sha256(text.encode()).hexdigest() for text in "123")
    lines = line.format("program", one, "a") + line.format("file", three, "b-") + line.format("file", two, "b/c")
    assert _digest(tmp_path, files, a=0o711) == hashlib.sha256(lines.encode()).hexdigest()
    assert _digest(tmp_path, files, a=0o750) == _digest(tmp_path, files, a=0o711)
    assert _digest(tmp_path, files, a=0o611) != _digest(tmp_path, files, a=0o711)
    assert _digest(tmp_path, files | {"d": ""}) != _digest(tmp_path, files)
    assert _digest(tmp_path, files | {"a": "2"}) != _digest(tmp_path, files)


@LINKS
def test_links_count_by_where_they_lead(tmp_path: Path) -> None:
    digests = set()
    for target in ("a", "b"):
        folder = written(tmp_path / target, {"a": "", "b": ""})
        (folder / "link").symlink_to(target)
        digests.add(tree.digest(folder))
    assert len(digests) == 2


@LINKS
def test_links_that_stay_inside_are_kept(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    (folder / "folder").symlink_to("src/pack")
    (folder / "src" / "up").symlink_to("../run.sh")
    (folder / "dangling").symlink_to("not/here")
    (folder / "round").symlink_to("round")
    (folder / "folder_up").symlink_to("folder/../../run.sh")  # by its words alone it leads out
    staged = stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)
    settled(staged, 1_000_000_000, Git(CALLER))
    assert str((staged.folder / "folder").readlink()) == "src/pack"
    assert str((staged.folder / "src" / "up").readlink()) == "../run.sh"
    assert str((staged.folder / "dangling").readlink()) == "not/here"
    assert (staged.folder / "folder" / "__init__.py").read_text() == "VALUE = 1\n"


@LINKS
@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "src/../../outside", "deep/../../../../outside"])
def test_links_that_lead_out_are_refused(tmp_path: Path, target: str) -> None:
    folder = written(tmp_path / "project", PROJECT)
    (folder / "src" / "a" / "b").mkdir(parents=True)
    (folder / "deep").symlink_to("src/a/b")
    (folder / "link").symlink_to(target)
    with pytest.raises(RequestError, match="leads out of the sources") as caught:
        stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)
    assert caught.value.where.file == str(folder / "link")


@LINKS
def test_a_link_that_leads_out_by_another_link_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT | {"a/b/file": ""})
    (folder / "a/b/up").symlink_to("../..")
    (folder / "out").symlink_to("a/b/up/../secret")  # by its words it is a/b/secret
    with pytest.raises(RequestError, match="leads out of the sources"):
        stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)


@MODES
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    os.mkfifo(folder / "pipe")
    with pytest.raises(RequestError, match="neither a file nor a folder nor a link"):
        stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    (folder / "run.sh").chmod(0)
    with pytest.raises(RequestError, match="can't be copied: Permission denied"):
        stage(str(folder), emptied(tmp_path / "room"), caller=CALLER)


def _sdist(path: Path, members: dict[str, str], **links: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(f"sample-1.0/{name}")
            member.size, member.mtime = len(text), 1_600_000_000 + len(name)
            member.mode = 0o600
            archive.addfile(member, io.BytesIO(text.encode()))
        for name, target in links.items():
            member = tarfile.TarInfo(f"sample-1.0/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return path


INFO = {"PKG-INFO": "Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n"}


def test_a_folder_that_can_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads them all, so the system's refusal is played."""
    folder = written(tmp_path / "p", {"a.py": "", "closed/b.py": "", "open/c.py": ""})
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(RequestError, match=r"closed: can't be read: Permission denied"):
        list(tree.listed(folder))
    shutil.move(folder / "closed", tmp_path / "closed")
    assert list(tree.listed(folder)) == ["a.py", "open/c.py"]


def test_an_sdist(tmp_path: Path) -> None:
    path = _sdist(tmp_path / "sample-1.0.tar.gz", PROJECT | INFO)
    staged = stage(str(path), emptied(tmp_path / "room"), caller=CALLER)
    assert names(staged.folder) == sorted(PROJECT | INFO)
    assert (staged.kind, staged.name) == ("sdist", "sample-1.0.tar.gz")
    assert staged.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert staged.newest == 1_600_000_000 + len("src/pack/__init__.py")


def test_an_sdist_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (PROJECT | INFO).items():
            archive.writestr(zipfile.ZipInfo(f"sample-1.0/{name}", (2021, 2, 3, 4, 5, 6)), text)
        archive.writestr(zipfile.ZipInfo("sample-1.0/z", (2020, 0, 0, 0, 0, 0)), "")  # no time at all
    staged = stage(str(path), emptied(tmp_path / "room"), caller=CALLER)
    assert names(staged.folder) == sorted([*PROJECT, *INFO, "z"])
    assert staged.newest == 1_612_325_106


@pytest.mark.parametrize(
    "links", [{"out": "../../etc/passwd"}, {"out": "/etc/passwd"}, {"a": ".", "b": "a/../../../secret"}]
)
def test_an_sdist_with_links_that_lead_out(tmp_path: Path, links: dict[str, str]) -> None:
    path = _sdist(tmp_path / "sample-1.0.tar.gz", PROJECT | INFO, **links)
    with pytest.raises(SdistError):
        stage(str(path), emptied(tmp_path / "room"), caller=CALLER)
    assert not names(tmp_path / "room")


def test_an_sdist_with_a_name_that_leads_out(tmp_path: Path) -> None:
    path = _sdist(tmp_path / "sample-1.0.tar.gz", INFO | {"../../../x": ""})
    with pytest.raises(SdistError):
        stage(str(path), emptied(tmp_path / "room"), caller=CALLER)
    assert not list(tmp_path.rglob("x"))


@pytest.mark.parametrize("name", ["x-1.0.tar.gz", "x-1.0.zip"])
def test_noise_for_an_sdist(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"noise" * 99)
    with pytest.raises((SdistError, WheelError)) as caught:
        stage(str(tmp_path / name), emptied(tmp_path / "room"), caller=CALLER)
    assert caught.value.where.file == str(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "says"), [("x-1.0-py3-none-any.whl", "is a wheel already"), ("x.txt", "not the name of a source dist")]
)
def test_other_files(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(TruewheelError, match=says):
        stage(str(tmp_path / name), emptied(tmp_path / "room"), caller=CALLER)


@pytest.mark.parametrize(
    "source", ["/not/here", "x" * 5000, "", "nothing here", "a\0b", "https://me:secret@example.org/x.tar.gz"]
)
def test_no_such_source(tmp_path: Path, source: str) -> None:
    where = tmp_path / "x"
    with pytest.raises(RequestError) as caught:
        stage(source or str(where), emptied(tmp_path / "room"), caller=CALLER)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("git+https://example.org/a/b.git", Place("https://example.org/a/b.git", "", "")),
        ("git+https://example.org/a/b@v1", Place("https://example.org/a/b", "v1", "")),
        ("git+https://me:pass@example.org/a@feature/x", Place("https://me:pass@example.org/a", "feature/x", "")),
        ("git+ssh://git@example.org/a#subdirectory=x/y/", Place("ssh://git@example.org/a", "", "x/y")),
        ("git+file://localhost/a/b@v%231#egg=z&subdirectory=c", Place("file://localhost/a/b", "v#1", "c")),
    ],
)
def test_addresses_of_repositories(source: str, place: Place) -> None:
    assert parsed(source) == place


@pytest.mark.parametrize(
    "source",
    [
        "git+http://example.org/a",
        "git+git://example.org/a",
        "git+ext::sh -c x",
        "git+ext://x/y",
        "git+https://example.org",
        "git+example.org/a",
        "git+https://example.org/a@-x",
        "git+https://example.org/a@--upload-pack=x",
        "git+https://example.org/a\n",
        "git+https://me:secret@example.org/a b",
        "git+https://example.org/a#subdirectory=../b",
        "git+https://example.org/a#subdirectory=b\\c",
    ],
)
def test_what_is_no_address(source: str) -> None:
    with pytest.raises(RequestError) as caught:
        parsed(source)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_written_to_while_it_is_copied(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be copied"):
        tree.copied(tmp_path, ["gone"], tmp_path / "copy")


@LINKS
def test_files_behind_links_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", {"a/secret": ""})
    shutil.move(folder / "a", tmp_path / "elsewhere")
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RequestError, match="is reached through a link"):
        tree.copied(folder, ["a/secret"], tmp_path / "copy")
