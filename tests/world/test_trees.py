"""Folders as this machine sees them, and as a process in a root does."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.world import trees
from truewheel.world.trees import Folder, Root, within

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_finds_files_and_folders(tmp_path: Path) -> None:
    put(tmp_path / "a" / "libx.so")
    tree = Folder(str(tmp_path))
    assert tree.file("a/libx.so") == tree.place("/a/libx.so") == str((tmp_path / "a" / "libx.so").resolve())
    assert tree.folder("a") == str((tmp_path / "a").resolve())
    assert tree.folder("") == tree.place("") == tree.path
    assert tree.file("a") is None
    assert tree.folder("a/libx.so") is None
    assert tree.file("a/../a/libx.so") is None
    assert tree.read("a/libx.so", 10) == b"x"
    assert tree.read("a", 10) is None


@needs_links
def test_links_of_a_folder_lead_anywhere_and_those_of_a_root_stay_in_it(tmp_path: Path) -> None:
    outside = put(tmp_path / "lib" / "libx.so", b"outside")
    inside = put(tmp_path / "root" / "lib" / "libx.so", b"inside")
    root = tmp_path / "root"
    (root / "absolute").symlink_to("/lib/libx.so")
    (root / "climbing").symlink_to("../../../lib/libx.so")
    (root / "folder").symlink_to("/../lib")
    (root / "real").symlink_to(str(outside))
    assert Folder(str(root)).file("real") == str(outside.resolve())
    tree = Root(str(root))
    for path in ("absolute", "climbing", "folder/libx.so", "/folder/../lib/libx.so", "../../lib/libx.so"):
        assert tree.file(path) == str(inside.resolve()), path
        assert tree.inside(path) == "lib/libx.so"
    assert tree.file("real") is None


@needs_links
def test_links_that_lead_in_circles_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("/a")
    (tmp_path / "deep").symlink_to("deep/deep/deep")
    (tmp_path / "long").symlink_to("x/" * 2000)
    for tree in (Folder(str(tmp_path)), Root(str(tmp_path))):
        assert [tree.file(name) for name in ("a", "b", "deep", "long")] == [None] * 4
    for number in range(60):
        (tmp_path / f"chain{number}").symlink_to(f"chain{number + 1}" if number < 59 else "end")
    put(tmp_path / "end")
    assert Root(str(tmp_path)).file("chain20") is not None
    assert Root(str(tmp_path)).file("chain19") is None, "Linux follows 40 links"


@pytest.mark.parametrize("path", ["a\0b", "x" * 256, "a/" * 4000, "\udcff", "a//\0", "caf\u00e9" * 60])
def test_paths_that_no_system_opens_lead_nowhere(tmp_path: Path, path: str) -> None:
    for tree in (Folder(str(tmp_path)), Root(str(tmp_path))):
        assert tree.real(path) is None
        assert list(tree.matching(path)) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "libx.so")
    (tmp_path / "link.so").symlink_to("libx.so")
    for tree in (Folder(str(tmp_path)), Root(str(tmp_path))):
        assert tree.file("libx.so") is None
        assert tree.read("link.so", 1) is None


def test_patterns_are_matched_part_by_part(tmp_path: Path) -> None:
    for name in ("a/x.so", "a/y.so", "a/.z.so", "b/x.so", "b/[q].so"):
        put(tmp_path / name)
    tree = Folder(str(tmp_path))
    assert list(tree.matching("*.so")) == []
    assert list(tree.matching("*/x.so")) == ["a/x.so", "b/x.so"]
    assert list(tree.matching("[a]/*")) == ["a/x.so", "a/y.so"]
    assert list(tree.matching(".*", "a")) == ["a/.z.so"]
    assert list(tree.matching("[q].so", "b")) == ["b/[q].so"], "a name that is spelled like a pattern is itself"
    assert list(tree.matching("[z-a]?", "a")) == []
    assert list(tree.matching("", "a")) == []
    assert list(tree.matching("*", "nowhere")) == []


def test_a_pattern_that_old_pythons_trip_over_matches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a")

    def trip(name: str, pattern: str) -> bool:
        raise re.error(name + pattern)

    monkeypatch.setattr(trees, "fnmatchcase", trip)
    assert list(Folder(str(tmp_path)).matching("[z-a]")) == []


def test_what_vanishes_or_may_not_be_read_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is made up."""
    put(tmp_path / "a")

    def refuse(*_: object) -> None:
        raise PermissionError

    tree = Folder(str(tmp_path))
    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    assert tree.names("") == []
    assert tree.read("a", 1) is None
    monkeypatch.setattr(os, "readlink", refuse)
    assert trees._target("a") > "/" * 4096


def test_the_rest_of_a_path() -> None:
    sep = os.sep
    assert within(f"{sep}a{sep}b{sep}c", f"{sep}a") == "b/c"
    assert within(f"{sep}a", f"{sep}a") == ""
    assert within(f"{sep}ab", f"{sep}a") is None
    assert within(f"{sep}a", sep) == "a"


class OpenHow(ctypes.Structure):
    """The argument of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def kernels_path(root: str, path: str) -> str | int:
    """Where Linux goes for `path` in a root that it can't leave (openat2(2), RESOLVE_IN_ROOT), or its error."""
    number, o_path, resolve_in_root = 437, 0o10000000, 0x10
    folder = os.open(root, os.O_RDONLY)
    try:
        how = OpenHow(o_path, 0, resolve_in_root)
        libc = ctypes.CDLL(None, use_errno=True)
        file = libc.syscall(number, folder, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
        if file < 0:
            return ctypes.get_errno()
        try:
            return str(Path(f"/proc/self/fd/{file}").readlink())
        finally:
            os.close(file)
    finally:
        os.close(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="the oracle is the kernel of Linux")
@given(
    links=st.dictionaries(
        st.sampled_from(["a", "b", "c/d", "c/e"]),
        st.text("abcde./", min_size=1, max_size=12),
        max_size=4,
    ),
    path=st.text("abcde./", min_size=1, max_size=16),
)
def test_a_root_leads_where_linux_goes(
    links: dict[str, str], path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("roots")
    put(base / "a")
    put(base / "root" / "c" / "a")
    for name, target in links.items():
        (base / "root" / name).symlink_to(target)
    tree = Root(str(base / "root"))
    found, theirs = tree.real(path), kernels_path(tree.path, path)
    if theirs == errno.ENOTDIR:
        assert found is None or within(found, tree.path) is not None, "a file with a slash behind it may pass"
    else:
        assert found == (theirs if isinstance(theirs, str) else None)
