"""Source distributions on disk: opened, and unpacked into a new folder, whatever the host is like."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdist.tars import FILE, INFO, NAME, PKG_INFO, Block, file, link, packed, sdist, tar
from truewheel.errors import RequestError, SdistError, TruewheelError
from truewheel.sdist import Member, Sdist, read, targets
from truewheel.wheel import Bytes, Limits
from truewheel.world.sdists import open_sdist, unpack

MTIME = 1_000_000_000
SAMPLE = sdist(
    Block(b"sample-1.0/empty/", b"5"),
    FILE,
    file("run", b"#!/bin/sh\n", mode=b"0000700\0"),
    file("d/e/f", b"x" * 5000, mode=b"0000000\0"),
    link("d/link", "e/f"),
    link("here", "d"),
)


@pytest.fixture
def sample() -> Sdist:
    return read(SAMPLE, NAME)


def test_opening(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.tar.gz"
    path.write_bytes(SAMPLE)
    with open_sdist(path) as opened:
        assert (opened.path, opened.size) == (path, len(SAMPLE))
        assert opened.sha256 == hashlib.sha256(SAMPLE).hexdigest()
        assert opened.sdist.pkg_info.read() == PKG_INFO
    path.unlink()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("sample-1.0.tar.gz", None, "there is no such file"),
        ("sample-1.0\0.tar.gz", None, "can't be opened"),
        ("sample-1.0.tar.gz", b"", "is empty"),
        ("sample-1.0.tar.gz", b"x", "no gzip file"),
        ("sample-1.0.zip", b"x", "archive"),
        ("sample-1.0-py3-none-any.whl", b"x", "is a wheel"),
        ("sample.tar.gz", b"x", "not the name of a source distribution"),
        ("other-1.0.tar.gz", SAMPLE, "the file name says other 1.0"),
    ],
)
def test_errors_name_the_file(name: str, data: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(TruewheelError, match=message) as caught, open_sdist(path):
        pass
    assert caught.value.where.file == str(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is a directory"), open_sdist(tmp_path):
        pass
    if hasattr(os, "mkfifo"):
        pipe = tmp_path / "sample-1.0.tar.gz"
        os.mkfifo(pipe)
        with pytest.raises(RequestError, match="not a regular file"), open_sdist(pipe):
            pass


def test_errors_in_the_block_name_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.tar.gz"
    path.write_bytes(SAMPLE)

    def fail() -> None:
        with open_sdist(path, Limits(members=50)):
            raise SdistError("a reason")

    with pytest.raises(SdistError, match="a reason") as caught:
        fail()
    assert caught.value.where.file == str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_unpacking(umask: int, sample: Sdist, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        # The folders above are made as everybody makes them, so the strictest umask gets only the last one.
        folder = tmp_path / "new" if umask == 0o777 else tmp_path / "deep" / "new"
        top = unpack(sample, folder, mtime=MTIME)
    finally:
        os.umask(before)
    assert top == folder / "sample-1.0"
    found = {path.relative_to(folder).as_posix(): path.lstat() for path in [folder, *folder.rglob("*")]}
    modes = {name: stat.S_IMODE(how.st_mode) for name, how in found.items() if not stat.S_ISLNK(how.st_mode)}
    runs = {"sample-1.0/run", "sample-1.0", "sample-1.0/d", "sample-1.0/d/e", "sample-1.0/empty", "."}
    assert modes == {name: 0o755 if name in runs else 0o644 for name in modes}
    assert {"sample-1.0/PKG-INFO", "sample-1.0/a", "sample-1.0/d/e/f", *runs} == set(modes)
    assert {int(how.st_mtime) for how in found.values()} == {MTIME}
    assert (top / "d" / "e" / "f").read_bytes() == b"x" * 5000
    assert (top / "d" / "link").readlink() == Path("e/f")
    assert (top / "here").readlink() == Path("d")


def test_only_into_a_new_folder(sample: Sdist, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="exists already") as caught:
        unpack(sample, tmp_path, mtime=MTIME)
    assert caught.value.where.file == str(tmp_path)
    taken = tmp_path / "file"
    taken.touch()
    with pytest.raises(RequestError, match="exists already"):
        unpack(sample, taken, mtime=MTIME)
    with pytest.raises(RequestError, match="can't be made"):
        unpack(sample, taken / "new", mtime=MTIME)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_never_through_a_link_that_is_there(sample: Sdist, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "new").symlink_to(elsewhere)
    with pytest.raises(RequestError, match="exists already"):
        unpack(sample, tmp_path / "new", mtime=MTIME)
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    "member",
    [
        Member("sample-1.0/../../out", executable=False, content=Bytes(b"")),
        Member("sample-1.0/l", executable=False, content=Bytes(b""), link="../.."),
        Member("/out", executable=False, content=Bytes(b"")),
    ],
)
def test_what_a_program_made_stays_inside(member: Member, sample: Sdist, tmp_path: Path) -> None:
    with pytest.raises(SdistError):
        unpack(Sdist(NAME, (*sample.members, member)), tmp_path / "new", mtime=MTIME)
    assert list(tmp_path.iterdir()) == []


class Unreadable:
    """Contents that can't be read."""

    size = 9

    def read(self) -> bytes:
        raise SdistError("damaged")

    def head(self, count: int) -> bytes:
        return bytes(count)


def test_nothing_is_left_after_an_error(sample: Sdist, tmp_path: Path) -> None:
    broken = Member("sample-1.0/z", executable=False, content=Unreadable())
    with pytest.raises(SdistError, match="damaged"):
        unpack(Sdist(NAME, (*sample.members, broken)), tmp_path / "new", mtime=MTIME)
    with pytest.raises(RequestError, match="can't be written"):
        unpack(sample, tmp_path / "new", mtime=1 << 80)
    assert list(tmp_path.iterdir()) == []


def test_files_are_copied_where_there_can_be_no_links(
    sample: Sdist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path, __: str) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refused)
    with pytest.raises(RequestError, match="privilege"):  # there is a link to a folder
        unpack(sample, tmp_path / "new", mtime=MTIME)
    through = read(packed(tar(INFO, FILE, link("b", "c"), link("c", "./d/a"), link("d", "."))), NAME)
    with pytest.raises(RequestError, match="privilege"):
        unpack(through, tmp_path / "new", mtime=MTIME)
    plain = read(packed(tar(INFO, FILE, link("b", "c"), link("c", "./a"))), NAME)
    top = unpack(plain, tmp_path / "new", mtime=MTIME)
    assert (top / "b").read_bytes() == (top / "c").read_bytes() == b"contents\n"
    assert not (top / "b").is_symlink()


_STEPS = st.lists(st.sampled_from(["a", "b", "c", "..", "."]), min_size=1, max_size=5).map("/".join)
_PLACES = st.sampled_from(["a", "b", "c", "a/a", "a/b", "b/a", "b/c", "c/b/a"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
@given(st.dictionaries(_PLACES, st.one_of(_STEPS, st.none()), min_size=1, max_size=6))
def test_no_link_that_is_made_leads_out(links: dict[str, str | None]) -> None:
    """Links wherever, through each other, and files (None): the system itself resolves those that were let pass."""
    blocks = [file(name) if leads is None else link(name, leads) for name, leads in links.items()]
    with tempfile.TemporaryDirectory() as scratch, suppress(SdistError):
        sdist = read(packed(tar(INFO, *blocks)), NAME)
        top = unpack(sdist, Path(scratch, "new"), mtime=MTIME).resolve()
        found = targets(sdist)
        assert found.keys() == {f"sample-1.0/{name}" for name, leads in links.items() if leads is not None}
        for name, target in found.items():
            real = (top.parent / name).resolve()
            assert real == top or top in real.parents
            assert not real.exists() or real == top.parent / target


def test_zips_are_unpacked_too(tmp_path: Path) -> None:
    from tests.sdist.test_read import ZIP, zipped  # noqa: PLC0415 - made there

    path = tmp_path / str(ZIP)
    path.write_bytes(zipped(("sample-1.0/PKG-INFO", PKG_INFO), ("sample-1.0/a/b", b"1" * 99)))
    with open_sdist(path) as opened:
        top = unpack(opened.sdist, tmp_path / "new", mtime=MTIME)
    assert (top / "a" / "b").read_bytes() == b"1" * 99
