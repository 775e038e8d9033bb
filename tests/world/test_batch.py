"""Several files take their places together, or none does."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess  # noqa: TID251 - a process is interrupted
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from truewheel.errors import RequestError
from truewheel.world.batch import Batch
from truewheel.world.files import hidden

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs the rights of POSIX")


def there(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def write(batch: Batch, target: Path, data: bytes) -> None:
    draft = batch.draft(target.name)
    for byte in data:
        assert draft.write(bytes([byte])) == 1
    draft.commit_as(target)


def attempt(folder: Path, *names: str, error: BaseException | None = None) -> None:
    """A batch with files of some names, and perhaps something that is raised in the end."""
    with Batch(folder) as batch:
        for name in names:
            write(batch, folder / name, b"new")
        if error is not None:
            batch.draft("unfinished").write(b"x")
            raise error


def test_all_take_their_places_in_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    with Batch(folder) as batch:
        write(batch, folder / "a", b"first")
        write(batch, folder / "b", b"second")
        batch.draft("left out").write(b"nobody wants it")
        assert all(name.startswith(".") and name.endswith(".part") for name in there(folder))
        assert len(there(folder)) == 3
    assert there(folder) == {"a": b"first", "b": b"second"}


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "other").write_bytes(b"untouched")
    with Batch(tmp_path) as batch:
        write(batch, tmp_path / "a", b"new")
        write(batch, tmp_path / "b", b"new too")
        assert (tmp_path / "a").read_bytes() == b"old"
    assert there(tmp_path) == {"a": b"new", "b": b"new too", "other": b"untouched"}


@pytest.mark.parametrize("error", [RequestError("no"), ValueError("no"), KeyboardInterrupt(), OSError(5, "no")])
def test_none_does_where_something_is_raised(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(type(error)):
        attempt(tmp_path, "a", "b", error=error)
    assert there(tmp_path) == {"a": b"old"}


def test_folders_that_were_made_vanish_too(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no"):
        attempt(tmp_path / "x" / "y", "a", error=RequestError("no"))
    assert there(tmp_path) == {}
    with Batch(tmp_path / "x"):
        assert (tmp_path / "x").is_dir()
    assert there(tmp_path) == {}, "nothing was committed"


def test_threads_write_each_its_own(tmp_path: Path) -> None:
    names = [f"{number:03}" for number in range(40)]
    with Batch(tmp_path) as batch, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write(batch, tmp_path / name, name.encode() * 50), names))
        assert not [name for name in there(tmp_path) if name in names]
    assert there(tmp_path) == {name: name.encode() * 50 for name in names}


@pytest.mark.parametrize("second", ["a.whl", "A.whl"])
def test_two_drafts_for_one_name(tmp_path: Path, second: str) -> None:
    with pytest.raises(RequestError, match="would both have this name") as caught:
        attempt(tmp_path, "a.whl", second)
    assert caught.value.where.file == str(tmp_path / second)
    assert there(tmp_path) == {}


def test_what_can_not_be_asked_of_a_draft(tmp_path: Path) -> None:
    with Batch(tmp_path) as batch:
        draft = batch.draft("linux/x64")
        with pytest.raises(RequestError, match="isn't in"):
            draft.commit_as(tmp_path / "elsewhere" / "a")
        draft.commit_as(tmp_path / "a")
        for late in (lambda: draft.write(b"x"), lambda: draft.commit_as(tmp_path / "b")):
            with pytest.raises(RequestError, match="linux/x64 can't be written any more"):
                late()
        unfinished = batch.draft("mac")
    assert there(tmp_path) == {"a": b""}
    with pytest.raises(RequestError, match="mac can't be written any more"):
        unfinished.write(b"x")
    with pytest.raises(RequestError, match="comes too late"):
        batch.draft("windows")
    assert there(tmp_path) == {"a": b""}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder, message in ((tmp_path / "file", "no folder to write into"), (tmp_path / "file" / "x", "be written")):
        with pytest.raises(RequestError, match=message), Batch(folder):
            pass
    assert there(tmp_path) == {"file": b""}


def test_an_interrupt_while_folders_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path, **__: bool) -> None:
        os.makedirs(tmp_path / "x")  # noqa: PTH103 - pathlib's own is the one that is interrupted
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), Batch(tmp_path / "x"):
        pass
    assert there(tmp_path) == {}


def test_a_folder_in_the_place_of_a_result(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(RequestError, match="is a folder") as caught:
        attempt(tmp_path, "a", "b")
    assert caught.value.where.file == str(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@posix
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RequestError, match="linux can't be written: No space left") as caught, Batch(tmp_path) as batch:
        batch.draft("linux").commit_as(tmp_path / "a")
    assert caught.value.where.file == str(tmp_path)
    assert there(tmp_path) == {}


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_disk_that_is_full_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr("truewheel.world.batch.created", lambda _: full)
        with pytest.raises(RequestError, match="linux can't be written: No space left"), Batch(tmp_path) as batch:
            batch.draft("linux").write(bytes(1 << 20))


def test_a_draft_that_can_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.world.batch.hidden", lambda _: tmp_path / "taken")
    (tmp_path / "taken").touch()
    with pytest.raises(RequestError, match="linux can't be written: File exists"), Batch(tmp_path) as batch:
        batch.draft("linux")


# --- a rename that fails in the middle ----------------------------------------------------------------------------
def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Path, Path], bool], error: BaseException) -> None:
    """Let renames fail for which `fails` says so."""
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if fails(self, target):
            raise error
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no hard links."""
    real = os.link

    def link(source: Path, target: Path, **more: bool) -> None:
        if not os.path.lexists(source):
            real(source, target, **more)
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", ["a", "b", "c", "d"])
def test_a_rename_that_fails_takes_the_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, error: BaseException, *, links: bool
) -> None:
    before = {"b": b"old b", "d": b"old d"}
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    if not links:
        without_links(monkeypatch)
    failing(monkeypatch, lambda part, target: part.suffix == ".part" and target.name == at, error)
    with pytest.raises((RequestError, KeyboardInterrupt)) as caught:
        attempt(tmp_path, *"cbad")
    if isinstance(caught.value, RequestError):
        assert caught.value.where.file == str(tmp_path / at)
        assert (caught.value.what, caught.value.hint) == ("can't be written: Permission denied", "")
    assert there(tmp_path) == before


def test_what_others_put_into_a_place_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_: Path, target: Path) -> bool:
        if target.name == "b":
            target.write_bytes(b"another's")
        return target.name == "b"

    failing(monkeypatch, taken, PermissionError(13, "Permission denied"))
    with pytest.raises(RequestError):
        attempt(tmp_path, "a", "b")
    assert there(tmp_path) == {"b": b"another's"}


def test_without_hard_links_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_links(monkeypatch)
    (tmp_path / "a").write_bytes(b"old")
    with Batch(tmp_path) as batch:
        write(batch, tmp_path / "a", b"new")
        write(batch, tmp_path / "b", b"new")
    assert there(tmp_path) == {"a": b"new", "b": b"new"}


def test_a_file_that_can_not_be_set_aside_stops_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows somebody may have it open."""
    without_links(monkeypatch)
    failing(monkeypatch, lambda old, _: old.name == "b", PermissionError(13, "in use"))
    before = {"a": b"old a", "b": b"old b"}
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(RequestError, match="in use"):
        attempt(tmp_path, "a", "b")
    assert there(tmp_path) == before


def test_what_can_not_be_put_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")
    failing(monkeypatch, lambda part, target: target.name == "b" or part.suffix == ".old", PermissionError(13, "no"))
    with pytest.raises(RequestError) as caught:
        attempt(tmp_path, "a", "b")
    (spare,) = (name for name, data in there(tmp_path).items() if data == b"old")
    assert caught.value.hint == f"what stood at {tmp_path / 'a'} is now {tmp_path / spare}"


@posix
def test_a_link_in_the_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"untouched")
    (tmp_path / "a").symlink_to("real")
    with Batch(tmp_path) as batch:
        write(batch, tmp_path / "a", b"new")
    assert there(tmp_path) == {"a": b"new", "real": b"untouched"}
    assert not (tmp_path / "a").is_symlink()


@posix
def test_the_mode_is_what_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with Batch(tmp_path) as batch:
            write(batch, tmp_path / "a", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_hidden_names_are_never_too_long(tmp_path: Path) -> None:
    assert len(hidden(tmp_path / ("x" * 255)).name) < 120
    with Batch(tmp_path) as batch:
        batch.draft("ä/.." * 500).commit_as(tmp_path / "a")
    assert there(tmp_path) == {"a": b""}


INTERRUPTED = """
import sys, threading, time
from pathlib import Path
from truewheel.world.batch import Batch
folder = Path(sys.argv[1])
with Batch(folder / "made") as batch:
    def work(number):
        draft = batch.draft(str(number))
        try:
            while True:
                draft.write(bytes(1000))
                time.sleep(0.001)
        except Exception:
            pass
    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    [thread.start() for thread in threads]
    while len(list((folder / "made").iterdir())) < 4:
        time.sleep(0.01)
    print("ready", flush=True)
    time.sleep(60)
"""


@posix
def test_an_interrupt_while_threads_write_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in said
    assert there(tmp_path) == {}
