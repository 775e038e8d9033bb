"""What is to be packed, opened from disk."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.compare.trees import gz, tar_bytes
from tests.packages import deb, npm
from tests.support import zip_bytes
from truewheel.archives import DIRECTORY, FILE, Archive
from truewheel.errors import ArchiveError, LimitError, RequestError, TruewheelError
from truewheel.wheel import Limits
from truewheel.world import archives, folders
from truewheel.world.archives import open_archive
from truewheel.world.folders import Found

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs modes, links and pipes of POSIX")

FILES = {"tool-1.0/tool": b"\x7fELF program", "tool-1.0/LICENSE": b"free\n", "tool-1.0/.hidden/x": b"x" * 5000}


def unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def contents(archive: Archive) -> dict[str, bytes]:
    return {item.name: bytes(item.read()) for item in archive}


def failure(path: Path, limits: Limits | None = None) -> TruewheelError:
    """The error of opening what is at a path."""
    with pytest.raises(TruewheelError) as caught, open_archive(path, limits):
        pass
    return caught.value


# --- files -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("tool.tar.gz", gz(tar_bytes(FILES)), "tar.gz"),
        ("tool.tar", tar_bytes(FILES), "tar"),
        ("tool.zip", zip_bytes(FILES), "zip"),
        ("no suffix", gz(tar_bytes(FILES)), "tar.gz"),
    ],
)
def test_an_archive(tmp_path: Path, name: str, data: bytes, form: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with open_archive(path) as opened:
        assert (opened.path, opened.size, opened.sha256) == (path, len(data), hashlib.sha256(data).hexdigest())
        assert (opened.archive.form, opened.archive.name) == (form, name)
        assert contents(opened.archive) == FILES
        opened.forget()
        assert contents(opened.archive) == FILES
    path.unlink()  # which Windows lets nobody do to a file that is mapped


def test_a_hash_that_is_demanded(tmp_path: Path) -> None:
    path = tmp_path / "tool.tar"
    path.write_bytes(tar_bytes(FILES))
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    for sha256 in (right, right.upper()):
        with open_archive(path, sha256=sha256) as opened:
            assert opened.sha256 == right
    path.write_bytes(path.read_bytes() + bytes(512))
    for place, message in ((path, f"and {right} is demanded"), (tmp_path, "has no sha256")):
        with pytest.raises(RequestError, match=message) as caught, open_archive(place, sha256=right):
            pass
        assert caught.value.where.file == str(place)
        assert caught.value.hint


def test_real_packages() -> None:
    with open_archive(npm("@esbuild/linux-ia32")) as opened:
        program = opened.archive.by_name["package/bin/esbuild"]
        assert (opened.archive.form, program.executable, program.head(4)) == ("tar.gz", True, b"\x7fELF")
    with open_archive(deb("jq")) as opened:
        program = opened.archive.by_name["usr/bin/jq"]
        assert (opened.archive.form, program.executable, program.head(4)) == ("deb", True, b"\x7fELF")


@posix
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_single_file(tmp_path: Path, mode: int) -> None:
    """Its own executable bit tells how it came here, and nothing else."""
    path = tmp_path / "tool"
    path.write_bytes(b"\x7fELF program")
    path.chmod(mode)
    with open_archive(path) as opened:
        (item,) = opened.archive.items
        assert (opened.archive.form, opened.archive.name) == (FILE, "tool")
        assert (item.name, item.executable, item.size, item.head(4)) == ("tool", False, 12, b"\x7fELF")
        assert opened.archive.modes is False
        assert (item.read(), opened.size) == (b"\x7fELF program", 12)


@posix
def test_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        path.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes nothing but UTF-8")
    with open_archive(path) as opened:
        assert opened.archive.name == opened.archive.items[0].name == "caf\\xe9"
    assert "not UTF-8" in failure(tmp_path).what


def test_what_can_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, message in (
        (tmp_path / "missing", "there is no such file"),
        (tmp_path / "empty", "is empty"),
        (tmp_path / "nul\0", "can't be opened"),
    ):
        error = failure(path)
        assert isinstance(error, RequestError)
        assert message in error.what
        assert error.where.file == str(path)


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in failure(tmp_path / "pipe").what
    error = failure(tmp_path)
    assert (error.what, error.where.file) == ("is a named pipe, which no wheel can hold", str(tmp_path / "pipe"))


def test_errors_of_an_archive_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tool.tar.gz"
    path.write_bytes(gz(tar_bytes(FILES))[:-20])
    error = failure(path)
    assert isinstance(error, ArchiveError)
    assert error.where.file == str(path)
    with pytest.raises(RequestError) as caught, open_archive(npm("@esbuild/linux-ia32")):
        raise RequestError("something else")
    assert caught.value.where.file == str(npm("@esbuild/linux-ia32"))


# --- directories -------------------------------------------------------------------------------------------------
def test_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unpacked(tmp_path / "d", FILES)
    (folder / "empty").mkdir()
    with open_archive(folder) as opened:
        assert (opened.size, opened.sha256) == (None, None)
        assert (opened.archive.form, opened.archive.name) == (DIRECTORY, "d")
        assert [item.name for item in opened.archive] == sorted(FILES)
        assert contents(opened.archive) == FILES
        assert opened.archive.by_name["tool-1.0/.hidden/x"].size == 5000
        assert opened.archive.by_name["tool-1.0/.hidden/x"].head(2) == b"xx"
        assert not opened.archive.modes, "no file has the bit"
        opened.forget()
    monkeypatch.chdir(folder / "tool-1.0")
    for path in (Path(), Path(".."), Path("../../d/empty/..")):
        with open_archive(path) as opened:
            assert opened.archive.name == ("tool-1.0" if path == Path() else "d")


def test_what_nobody_means_is_left_out(tmp_path: Path) -> None:
    meant = {"tool": b"t", ".gitignore": b"", ".github/x": b"", "git": b"", "._notes": b"", ".env": b""}
    noise = {".git/config": b"secret", "sub/.git": b"gitdir: elsewhere", "sub/.svn/entries": b"", "a/.DS_Store": b""}
    unpacked(tmp_path, meant | noise | {"a/Thumbs.db": b"", "._tool": b"\0\5\x16\7 more", "__MACOSX/x": b""})
    with open_archive(tmp_path) as opened:
        assert contents(opened.archive) == meant


@posix
def test_modes_and_links_of_a_directory(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "d", {"lib/libx.so.1": b"lib", "bin/run": b"#!", "etc/plain": b""})
    (folder / "bin" / "run").chmod(0o700)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    links = {
        "lib/libx.so": "libx.so.1",
        "start": "bin/run",
        "all": "lib",
        "out": "../secret",
        "way/out": "../bin/../../secret",
        "absolute": str(secret),
        "even": str(folder / "bin" / "run"),
        "gone": "nowhere",
        "self": "self",
        "loop/up": "..",
    }
    for name, target in links.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(target)
    with open_archive(folder) as opened:
        archive = opened.archive
        assert archive.modes
        assert contents(archive) == {
            "all/libx.so": b"lib",
            "all/libx.so.1": b"lib",
            "bin/run": b"#!",
            "etc/plain": b"",
            "lib/libx.so": b"lib",
            "lib/libx.so.1": b"lib",
            "start": b"#!",
        }
        assert {item.name for item in archive if item.executable} == {"bin/run", "start"}
        why = {unusable.name: unusable.why for unusable in archive.unusable}
    assert set(why) == {"absolute", "even", "gone", "loop/up", "out", "self", "way/out"}
    assert "out of the archive" in why["out"]
    assert "absolute" in why["absolute"]


def test_windows_has_no_executable_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unpacked(tmp_path / "d", {"tool": b"x", "other": b"y"})
    (folder / "tool").chmod(0o755)
    monkeypatch.setattr(archives, "_MODES", False)
    monkeypatch.setattr(Found, "executable", False)
    for path in (folder, folder / "tool"):
        with open_archive(path) as opened:
            assert not opened.archive.modes
            assert not any(item.executable for item in opened.archive)


@posix
def test_bits_that_every_file_has_mean_nothing(tmp_path: Path) -> None:
    """As on a file system of Windows that Linux has mounted."""
    folder = unpacked(tmp_path / "d", {"tool": b"\x7fELF", "LICENSE": b"free"})
    for path in folder.iterdir():
        path.chmod(0o777)
    for path in (folder, folder / "LICENSE", folder / "tool"):
        with open_archive(path) as opened:
            assert not opened.archive.modes


@posix
def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked(tmp_path, {"sub/a": b"a"})
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path / "sub")  # the path of a socket is short
        listener.bind("s")
        error = failure(tmp_path)
    assert isinstance(error, RequestError)
    assert (error.what, error.where.file) == ("is a socket, which no wheel can hold", str(tmp_path / "sub" / "s"))


def test_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    error = failure(tmp_path)
    assert "no file in this directory" in error.what
    assert error.where.file == str(tmp_path)


@pytest.mark.parametrize(
    "limits",
    [Limits(members=2), Limits(depth=1), Limits(member_size=4), Limits(total_size=10), Limits(name_length=4)],
    ids=repr,
)
def test_limits_of_a_directory(tmp_path: Path, limits: Limits) -> None:
    unpacked(tmp_path, {"a": b"1234", "b/c/d": b"12345", "e": b"12"})
    assert isinstance(failure(tmp_path, limits), LimitError)
    with open_archive(tmp_path, Limits(members=3, depth=2, member_size=5, total_size=11, name_length=5)):
        pass


def test_a_file_that_changes_or_vanishes_meanwhile(tmp_path: Path) -> None:
    unpacked(tmp_path, {"a": b"one", "b": b"two"})
    with open_archive(tmp_path) as opened:
        a, b = opened.archive.items
        (tmp_path / "a").write_bytes(b"longer")
        (tmp_path / "b").unlink()
        for item, message in ((a, "has changed"), (b, "can't be read")):
            with pytest.raises(RequestError, match=message) as caught:
                item.read()
            assert caught.value.where.file == str(tmp_path / item.name)
            assert caught.value.where.member == item.name


@posix
def test_what_takes_a_files_place_meanwhile(tmp_path: Path) -> None:
    """Of the same size, a link that leads to the like of it, a pipe."""
    secret = tmp_path / "secret"
    folder = unpacked(tmp_path / "d", {"a": b"one", "b": b"one", "c": b"one"})
    secret.write_bytes(b"two")
    with open_archive(folder) as opened:
        for name in "abc":
            (folder / name).unlink()
        (folder / "a").write_bytes(b"two")
        os.utime(folder / "a", ns=(1, 1))
        (folder / "b").symlink_to(secret)
        os.mkfifo(folder / "c")
        for item, message in zip(opened.archive, ("has changed", "can't be read", "has changed"), strict=True):
            for read in (item.read, lambda item=item: item.head(2)):
                with pytest.raises(RequestError, match=message):
                    read()


def test_a_file_that_shrinks_or_grows_while_its_time_stays(tmp_path: Path) -> None:
    """On Windows, where the times that the system tells of open files may be others."""
    path = tmp_path / "a"
    path.write_bytes(b"one")
    content = folders.FileContent(str(path), 3)
    assert (content.read(), content.head(1)) == (b"one", b"o")
    for other in (b"x", b"more"):
        path.write_bytes(other)
        with pytest.raises(RequestError, match="has changed"):
            content.read()


def test_a_folder_that_can_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked(tmp_path, {"sub/a": b"a"})
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    error = failure(tmp_path)
    assert (error.what, error.where.file) == ("can't be read: Permission denied", str(tmp_path / "sub"))


@posix
def test_junctions_of_windows_are_links(tmp_path: Path) -> None:
    """Their mode says that they are folders; what tells is the reparse tag."""
    (tmp_path / "junction").symlink_to("/elsewhere")
    known = SimpleNamespace(
        st_mode=stat.S_IFDIR | 0o777, st_size=0, st_mtime_ns=0, st_dev=0, st_ino=0, st_reparse_tag=0xA0000003
    )
    entry = SimpleNamespace(name="junction", path=str(tmp_path / "junction"), stat=lambda **_: known)
    found = folders._found(cast("os.DirEntry[str]", entry), str(tmp_path), "a/")
    assert (found.name, found.target, stat.S_ISLNK(found.mode)) == ("a/junction", "/elsewhere", True)


@posix
@pytest.mark.parametrize("link", [True, False])
def test_a_folder_that_becomes_another_is_not_entered(tmp_path: Path, *, link: bool) -> None:
    """What is somebody else's must not get into a wheel, whenever it takes the place of what was found."""
    inside = unpacked(tmp_path / "inside", {"sub/a": b"a"})
    outside = unpacked(tmp_path / "outside", {"secret": b"s"})
    found = folders.walk(str(inside), Limits())
    assert next(found).name == "sub"
    (inside / "sub").rename(tmp_path / "gone")
    if link:
        (inside / "sub").symlink_to(outside)
    else:
        outside.rename(inside / "sub")
    with pytest.raises(RequestError) as caught:
        list(found)
    assert caught.value.what == ("can't be read: Not a directory" if link else "has changed in the meantime")
    assert caught.value.where.file == str(inside / "sub")


@posix
def test_a_file_that_lies_behind_another_folder_is_not_read(tmp_path: Path) -> None:
    inside = unpacked(tmp_path / "inside", {"sub/a": b"a"})
    outside = unpacked(tmp_path / "outside", {"a": b"s"})
    (content,) = (each.content for each in folders.walk(str(inside), Limits()) if each.name == "sub/a")
    os.utime(outside / "a", ns=((inside / "sub" / "a").stat().st_mtime_ns,) * 2)
    (inside / "sub").rename(tmp_path / "gone")
    (inside / "sub").symlink_to(outside)
    with pytest.raises(RequestError, match="has changed in the meantime"):
        content.read()
