"""What is compared, opened from disk; and `diff` over it."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess  # noqa: TID251 - the memory of a process of its own is measured
import sys
import zipfile  # noqa: TID251 - a large archive is made by it
from pathlib import Path

import pytest

from tests.compare.trees import gz, kinds, reasons, tar_bytes
from tests.support import SAMPLE, wheel_bytes, wheel_members, zip_bytes
from truewheel.api.comparing import diff
from truewheel.compare import Kind
from truewheel.errors import LimitError, RequestError, SdistError, TruewheelError, WheelError
from truewheel.wheel import Limits
from truewheel.world.sides import first_difference, open_side

SDIST = {
    "x-1.0/PKG-INFO": b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n",
    "x-1.0/x.py": b"x = 1\n",
    "x-1.0/pyproject.toml": b"[project]\n",
}


def _written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        _written(folder, name, data)
    return folder


@pytest.mark.parametrize(
    ("name", "data", "form", "members"),
    [
        (SAMPLE, wheel_bytes(), "wheel", 4),
        ("x-1.0.tar.gz", gz(tar_bytes(SDIST)), "sdist", 3),
        ("x-1.0.zip", zip_bytes(SDIST), "sdist", 3),
        ("other.zip", zip_bytes({"a": b"a", "b/c": b"c"}), "zip", 2),
        ("other-1.0.zip", zip_bytes({"a": b"a", "b/c": b"c"}), "zip", 2),
        ("other.tar", tar_bytes({"a": b"a"}), "tar", 1),
        ("other.tgz", gz(tar_bytes({"a": b"a"})), "tar", 1),
        ("x-2.0.tar.gz", gz(tar_bytes({"a": b"a", "b/c": b""})), "tar", 2),
        ("a.json.gz", gz(b"{}"), "file", 1),
        ("notes.txt", b"text", "file", 1),
        ("empty", b"", "file", 1),
    ],
)
def test_what_is_recognized(tmp_path: Path, name: str, data: bytes, form: str, members: int) -> None:
    path = _written(tmp_path, name, data)
    with open_side(path) as tree:
        assert (tree.form, tree.name, len(tree.leaves)) == (form, name, members)
        assert tree.size == len(data)
        assert tree.ordered
        assert sum(len(leaf.content.read()) for leaf in tree.leaves) == sum(leaf.content.size for leaf in tree.leaves)
        assert all(leaf.content.head(3) == bytes(leaf.content.read())[:3] for leaf in tree.leaves)
    assert diff(path, path).identical


def test_a_directory(tmp_path: Path) -> None:
    folder = _unpacked(tmp_path / "d", {"b/c.txt": b"c", "a": b"a", "b/a/x": b""})
    with open_side(folder) as tree:
        assert (tree.form, tree.name, tree.size, tree.sha256, tree.ordered) == ("directory", "d", None, None, False)
        assert [leaf.name for leaf in tree.leaves] == ["a", "b/a/x", "b/c.txt"]
        assert tree.leaves[2].content.head(5) == b"c"


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes, links and sockets of POSIX")
def test_modes_links_and_sockets_of_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _unpacked(tmp_path / "d", {"run": b"#!", "plain": b""})
    (folder / "run").chmod(0o755)
    (folder / "loop").symlink_to("..")
    (folder / "gone").symlink_to("/nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(folder)  # the path of a socket is short
        listener.bind("s")
        with open_side(folder) as tree:
            found = {leaf.name: (leaf.executable, leaf.link) for leaf in tree.leaves}
            facts = {leaf.name: [fact.value for fact in leaf.facts] for leaf in tree.leaves if leaf.facts}
    assert found == {
        "gone": (False, "/nowhere"),
        "loop": (False, ".."),
        "plain": (False, ""),
        "run": (True, ""),
        "s": (False, ""),
    }
    assert facts == {"s": ["a socket"]}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_special_files_in_directories_are_told(tmp_path: Path) -> None:
    left, right = (_unpacked(tmp_path / side, {"a": b""}) for side in ("left", "right"))
    os.mkfifo(left / "p")
    (found,) = diff(left, right).differences
    assert (found.kind, found.summary) == (Kind.ONLY_LEFT, "only on the left, a named pipe")
    (right / "p").touch()
    (found,) = diff(left, right).differences
    assert (found.kind, found.summary) == (Kind.MODE, "a named pipe on the left, a file on the right")
    (right / "p").unlink()
    os.mkfifo(right / "p")
    assert diff(left, right).equal


def test_an_empty_path_is_not_the_current_directory(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="empty path"):
        diff("", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory by what the kernel says")
def test_large_members_are_not_kept_twice(tmp_path: Path) -> None:
    size = 48 << 20
    data = bytearray(os.urandom(size))
    paths = []
    for side in ("left", "right"):
        paths.append(tmp_path / f"{side}.zip")
        with zipfile.ZipFile(paths[-1], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            made.writestr(zipfile.ZipInfo("big.bin"), bytes(data), zipfile.ZIP_DEFLATED)
        data[1000] ^= 1
    code = "import resource, sys\nfrom truewheel.api import diff\n"
    code += "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\nassert not diff(*sys.argv[1:]).equal\n"
    code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)"
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, check=True)
    assert int(done.stdout) * 1024 < 4.6 * size  # 5.3 where both files stay mapped


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names that are no text")
def test_names_that_are_no_text_can_be_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff")).write_bytes(b"")
    with open_side(tmp_path) as tree:
        assert [leaf.name for leaf in tree.leaves] == ["a\\xff"]


def test_errors_name_the_file(tmp_path: Path) -> None:
    cases: list[tuple[Path, type[TruewheelError], str]] = [
        (tmp_path / "none", RequestError, "no such file or directory"),
        (_written(tmp_path, SAMPLE, b"no zip"), WheelError, ""),
        (_written(tmp_path, "odd.whl", wheel_bytes()), WheelError, ""),
        (_written(tmp_path, "x-1.0.tar.gz", gz(tar_bytes(SDIST))[:-9]), SdistError, ""),
        (_written(tmp_path, "x-1.0.zip", zip_bytes(SDIST)[:-9]), WheelError, ""),
        (_written(tmp_path, "x.tar", tar_bytes(SDIST)[:700]), SdistError, ""),
    ]
    for path, kind, words in cases:
        with pytest.raises(kind, match=words or None) as caught, open_side(path):
            pass
        assert caught.value.where.file == str(path)
        assert caught.value.exit_status == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_what_is_neither_a_file_nor_a_directory(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RequestError, match="neither"), open_side(tmp_path / "pipe"):
        pass


@pytest.mark.parametrize("limits", [Limits(members=2), Limits(depth=1)])
def test_limits_of_a_directory(tmp_path: Path, limits: Limits) -> None:
    _unpacked(tmp_path, {"a": b"", "b/c/d": b"", "e": b""})
    with pytest.raises(LimitError), open_side(tmp_path, limits):
        pass


def test_a_file_that_changes_or_vanishes_meanwhile(tmp_path: Path) -> None:
    file = _written(tmp_path / "d", "a", b"one")
    with open_side(tmp_path / "d") as tree:
        file.write_bytes(b"other")
        with pytest.raises(RequestError, match="has changed"):
            tree.leaves[0].content.read()
        file.unlink()
        with pytest.raises(RequestError, match="can't be read"):
            tree.leaves[0].content.read()


def test_an_installed_wheel_beside_the_file(tmp_path: Path) -> None:
    members = wheel_members()
    wheel = _written(tmp_path, SAMPLE, wheel_bytes())
    folder = _unpacked(tmp_path / "site", members)
    assert diff(wheel, folder).equal
    assert diff(folder, wheel, workers=1).equal
    _written(folder, "sample-1.0.dist-info/INSTALLER", b"pip\n")
    _written(folder, "sample/__init__.py", b"changed\n")
    assert kinds(diff(wheel, folder)) == [
        ("sample-1.0.dist-info/INSTALLER", "only-right"),
        ("sample/__init__.py", "content"),
    ]


def test_a_source_distribution_beside_its_folder(tmp_path: Path) -> None:
    sdist = _written(tmp_path, "x-1.0.tar.gz", gz(tar_bytes(SDIST)))
    folder = _unpacked(tmp_path / "src", {name.removeprefix("x-1.0/"): data for name, data in SDIST.items()})
    assert diff(sdist, folder).equal
    zipped = _written(tmp_path, "x-1.0.zip", zip_bytes(SDIST))
    (found,) = diff(sdist, zipped).differences
    assert found.kind is Kind.STORAGE
    assert diff(sdist, zipped, contents_only=True).equal


def test_two_files_of_any_name(tmp_path: Path) -> None:
    left, right = _written(tmp_path, "one.txt", b"a\nb\n"), _written(tmp_path, "two.txt", b"a\nc\n")
    assert kinds(diff(left, right)) == [("one.txt", "content")]
    assert diff(left, _written(tmp_path, "three.txt", b"a\nb\n")).identical


def test_the_same_archive_compressed_in_another_way(tmp_path: Path) -> None:
    data = tar_bytes({**SDIST, "x-1.0/data": b"".join(b"%d" % (n * n) for n in range(2000))})
    paths = []
    for level in (1, 9):
        packed = gzip.compress(data, level, mtime=0)
        paths.append(_written(tmp_path / str(level), "x-1.0.tar.gz", packed[:8] + b"\0" + packed[9:]))
    comparison = diff(*paths)
    assert reasons(comparison) == {"deflate"}
    assert comparison.same_contents


def test_files_that_differ_where_nothing_is_compared(tmp_path: Path) -> None:
    data = tar_bytes(SDIST)
    paths = [_written(tmp_path, "a.tar", data), _written(tmp_path, "b.tar", data + bytes(10240))]
    (found,) = diff(*paths).differences
    assert found.summary == f"the files' bytes differ from offset {len(data):#x} on, in nothing that is compared"
    assert found.kind is Kind.STORAGE


def test_the_first_difference(tmp_path: Path) -> None:
    left = _written(tmp_path, "a", bytes(3 << 20))
    assert first_difference(left, left) is None
    assert first_difference(left, _written(tmp_path, "b", bytes(3 << 20) + b"x")) == 3 << 20
    assert first_difference(left, _written(tmp_path, "c", bytes(2 << 20) + b"x" + bytes(9))) == 2 << 20
    with pytest.raises(RequestError):
        first_difference(left, tmp_path / "none")
