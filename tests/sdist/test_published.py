"""Published source distributions: what Python's tarfile, zipfile and GNU tar see, and canonical forms of them."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess  # noqa: TID251 - tar is a program; the ban protects src
import tarfile
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from pathlib import Path

import pytest

from tests.sdist.published import PUBLISHED, published
from tests.sdist.tars import canonical_by_tarfile
from tests.tools import need
from truewheel.sdist import Member, Sdist, SdistName, TarStored, differences, read, write
from truewheel.world.sdists import open_sdist, unpack

TARS = [name for name in PUBLISHED if name.endswith(".tar.gz")]
ZIPS = [name for name in PUBLISHED if name.endswith(".zip")]


def load(name: str) -> Sdist:
    return read(published(name).read_bytes(), SdistName.parse(name))


def written(sdist: Sdist, timestamp: int | None = None) -> bytes:
    target = io.BytesIO()
    write(sdist, target, timestamp=timestamp)
    return target.getvalue()


def seen(member: Member, info: tarfile.TarInfo) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """What we say of a member, and what Python says."""
    how = member.stored
    assert isinstance(how, TarStored)
    ours = member.name, how.mode, how.uid, how.gid, how.uname, how.gname, how.mtime, member.size, how.header_offset
    theirs = (
        info.name, info.mode, info.uid, info.gid, info.uname, info.gname, int(info.mtime), info.size, info.offset
    )  # fmt: skip
    return ours, theirs


@pytest.mark.parametrize("name", TARS)
def test_python_sees_the_same_tar(name: str) -> None:
    sdist = load(name)
    with tarfile.open(published(name)) as theirs:
        infos = [info for info in theirs if not info.isdir()]
        assert len(infos) == len(sdist.members)
        assert {info.name for info in theirs if info.isdir()} == set(sdist.directories)
        for member, info in zip(sdist, infos, strict=True):
            ours, expected = seen(member, info)
            assert ours == expected
            assert member.link == (info.linkname if info.issym() else "")
            if contents := theirs.extractfile(info) if info.isreg() else None:
                assert bytes(member.read()) == contents.read()


@pytest.mark.parametrize("name", ZIPS)
def test_python_sees_the_same_zip(name: str) -> None:
    with zipfile.ZipFile(published(name)) as theirs:
        expected = {info.filename: theirs.read(info) for info in theirs.infolist() if not info.is_dir()}
    assert {member.name: bytes(member.read()) for member in load(name)} == expected


@pytest.mark.parametrize("name", PUBLISHED)
def test_canonical_forms(name: str) -> None:
    """Equal in meaning, without differences, the same when done again, and what tarfile would write."""
    sdist = load(name)
    assert differences(sdist)
    data = written(sdist)
    again = read(data, sdist.name.as_tar())
    assert again == sdist
    assert differences(again) == ()
    assert written(again) == data
    assert gzip.decompress(data) == canonical_by_tarfile(
        (member.name, bytes(member.read()), member.executable, member.link) for member in sdist
    )


@pytest.mark.parametrize("name", ["six-1.17.0.tar.gz", "pyparsing-3.2.5.tar.gz"])
def test_gnu_tar_unpacks_the_same(name: str, tmp_path: Path) -> None:
    """The canonical form by GNU tar, and the published one by us: the same files, links, modes and times."""
    (program,) = need("tar")
    packed = tmp_path / name
    packed.write_bytes(written(load(name), 1_000_000_000))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    subprocess.run([program, "-xpf", packed, "-C", theirs], check=True)
    with open_sdist(published(name)) as opened:
        top = unpack(opened.sdist, tmp_path / "ours", mtime=1_000_000_000)
    files = tree(top)
    assert files == tree(theirs / top.name)
    assert len(files) == len(load(name).members)


def tree(top: Path) -> dict[str, tuple[int, int, bytes | str]]:
    """Every file and link below a folder: mode, time, and contents or target."""
    found: dict[str, tuple[int, int, bytes | str]] = {}
    for folder, _, names in os.walk(top):
        for path in (Path(folder, name) for name in names):
            how = path.lstat()
            link = stat.S_ISLNK(how.st_mode)
            found[path.relative_to(top).as_posix()] = (
                stat.S_IMODE(how.st_mode), int(how.st_mtime), str(path.readlink()) if link else path.read_bytes()
            )  # fmt: skip
    return found
