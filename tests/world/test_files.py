"""Files: mapped for reading, written beside and renamed."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.support import write_wheel
from truewheel.errors import RequestError, TruewheelError, WheelError
from truewheel.world import file_sha256, open_wheel, replacing


def test_open_wheel_reads_and_closes(tmp_path: Path) -> None:
    path = write_wheel(tmp_path)
    with open_wheel(path) as opened:
        assert opened.size == path.stat().st_size
        assert file_sha256(opened) == hashlib.sha256(path.read_bytes()).hexdigest()
        assert opened.wheel.info("WHEEL").read().startswith(b"Wheel-Version")
        opened.forget_pages()
        assert opened.wheel.info("METADATA").read().startswith(b"Metadata-Version")
    assert opened.mapping.closed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.exists, "no such file"),
        (Path.mkdir, "is a directory"),
        (Path.touch, "is empty"),
        (lambda p: p.write_text("hello\n"), "zip"),
    ],
)
def test_what_is_no_wheel_says_so(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "sample-1.0-py3-none-any.whl"
    assert callable(make)
    make(path)
    with pytest.raises(TruewheelError, match=message) as caught, open_wheel(path):
        pass
    assert caught.value.where.file == str(path)


@pytest.mark.parametrize(
    ("filename", "message"),
    [
        ("sample-1.0.tar.gz", "source distribution"),
        ("sample.txt", "doesn't end in .whl"),
        ("sample.whl", "not the name of a wheel"),
        ("sample-1.0-py3-none.whl", "not the name of a wheel"),
    ],
)
def test_names_that_are_no_wheels(tmp_path: Path, filename: str, message: str) -> None:
    path = tmp_path / filename
    path.write_bytes(b"PK")
    with pytest.raises(TruewheelError, match=message), open_wheel(path):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0-py3-none-any.whl"
    os.mkfifo(path)
    with pytest.raises(RequestError, match="not a regular file"), open_wheel(path):
        pass


def test_errors_inside_the_block_name_the_file(tmp_path: Path) -> None:
    path = write_wheel(tmp_path)
    with pytest.raises(WheelError) as caught, open_wheel(path):
        raise WheelError("something")
    assert str(path) in str(caught.value)


def test_replacing_writes_all_or_nothing(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.whl"
    with replacing(target) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    with pytest.raises(TypeError), replacing(target) as file:
        file.write(b"half" + "no bytes")  # type: ignore[operator]  # the error that is wanted here
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["a.whl"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_replacing_gives_the_mode_that_the_umask_allows(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        with replacing(tmp_path / "a.whl") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.whl").stat().st_mode) == mode


def test_a_target_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="no folder to write into"), replacing(tmp_path / "file" / "a.whl"):
        pass


@pytest.mark.parametrize("reason", [OSError(28, "no space left"), KeyboardInterrupt()])
def test_a_view_that_is_still_held_keeps_no_file_open(tmp_path: Path, reason: BaseException) -> None:
    """A full disk or an interrupt finds views in the frames of whoever wrote; `BufferError` took its place."""

    def work(path: Path) -> None:
        with open_wheel(path) as opened:
            write(opened.mapping)

    def write(mapping: mmap.mmap) -> None:
        view = memoryview(mapping)
        assert view.nbytes
        raise reason

    with pytest.raises(type(reason)):
        work(write_wheel(tmp_path))
