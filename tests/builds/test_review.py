"""What hostile sources and programs could leave behind or be taken for, as a reviewer has found."""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess  # noqa: TID251 - git makes a repository; the ban protects src
import sys
import tempfile
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds import tree, workplace
from truewheel.builds.isolation_workroom import remove, workroom
from truewheel.builds.model import Conditions, Request
from truewheel.builds.project import make
from truewheel.builds.shims import Shims, folder_maps, write_shims
from truewheel.builds.sources import stage
from truewheel.builds.wrapped_doors import with_doors
from truewheel.errors import RequestError

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


_BACKEND = """
import base64, glob, hashlib, os, sys, zipfile

def get_requires_for_build_wheel(config_settings=None):
    for folder in glob.glob(sys.prefix + "/lib/python*/site-packages/flit_core-*.dist-info"):
        os.unlink(folder + "/METADATA")
        os.mkfifo(folder + "/METADATA")
    return ["flit-core"]

def build_wheel(folder, config_settings=None, metadata_directory=None):
    room = os.path.dirname(folder)
    for name, script in {"cmake": "sleep 300", "make": "yes", "ninja": "echo broken; exit 1", "odd": "echo 1"}.items():
        open(room + "/used/" + name, "w").close()
        with open(room + "/bin/" + name, "w") as file:
            file.write("#!/bin/sh\\n" + script + "\\n")
        os.chmod(room + "/bin/" + name, 0o755)
    print("CC is", os.environ["CC"])
    os.chdir(room + "/tmp")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    info = "m-1.dist-info/"
    files = {info + "METADATA": "Metadata-Version: 2.1\\nName: m\\nVersion: 1\\n"}
    files[info + "WHEEL"] = "Wheel-Version: 1.0\\nGenerator: m\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(text)}\\n")
    files[info + "RECORD"] = "".join(lines) + info + "RECORD,,\\n"
    with zipfile.ZipFile(folder + "/m-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "m-1-py3-none-any.whl"
"""


@linux
def test_what_a_build_leaves_behind_is_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes in the environment, marks of programs that hang, chatter and fail, and folders 1100 deep."""
    need("gcc")
    source, temporary, programs = tmp_path / "m", tmp_path / "tmp", tmp_path / "programs"
    for folder in (source, temporary, programs):
        folder.mkdir()
    for name in ("cmake", "make", "ninja"):
        (programs / name).symlink_to("/bin/true")
    (source / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['flit-core']\nbuild-backend = 'b'\nbackend-path = ['.']\n"
    )
    (source / "b.py").write_text(_BACKEND)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(workplace, "_PATIENCE", 0.5)
    gcc = shutil.which("gcc")
    request = Request(source=str(source), sdist=False, isolation="none", environment={"CC": f"{gcc} -m64"})
    caller = {**os.environ, "CC": str(gcc), "PATH": f"{programs}:{os.environ['PATH']}"}
    made = make(request, tmp_path / "out", log=tmp_path / "log", caller_environment=caller)
    versions = dict(made.tools)
    assert versions["cmake"] == ""
    assert len(versions["make"]) < 10
    assert versions["ninja"] == ""
    assert "odd" not in versions
    assert list(temporary.iterdir()) == []
    # A compiler that is given for the build has its stand-in, and the way there is no machine's own.
    log = (tmp_path / "log").read_text()
    assert f"CC is {temporary}/truewheel-{os.getuid()}/0/bin/" in log
    assert "gcc -m64" in log
    assert str(temporary) not in made.provenance


@pytest.mark.parametrize(("letter", "depth"), [("d", 1100), ("d" * 200, 60)])
def test_removing_what_lies_deep(letter: str, depth: int, tmp_path: Path) -> None:
    """Deeper than Python's stack, and than the system's longest path; folders closed, the first one too."""
    (tmp_path / "kept").mkdir()
    folder = tmp_path / "room"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(letter, dir_fd=here)
        os.symlink(tmp_path / "kept", "link", dir_fd=here)
        inner = os.open(letter, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (folder / letter).chmod(0)
    folder.chmod(0)
    remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="os.walk has no stack there")
def test_sources_that_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 1010)
    for folder in reversed([deep, *deep.parents]):
        folder.mkdir(exist_ok=True)
    with pytest.raises(RequestError, match="too deep"):
        list(tree.listed(tmp_path))
    remove(tmp_path / "d")


def _index(folder: Path, names: list[str]) -> None:
    """An index (version 2) with files that git itself would not put into one."""
    body = b"DIRC" + struct.pack(">II", 2, len(names))
    for name in sorted(names):
        hashed = hashlib.sha1(b"blob 0\0", usedforsecurity=False).digest()
        entry = struct.pack(">10I", 0, 0, 0, 0, 0, 0, 0o100644, 0, 0, 0) + hashed
        entry += struct.pack(">H", len(name)) + name.encode()
        body += entry + b"\0" * (8 - len(entry) % 8)
    (folder / ".git" / "index").write_bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())


@pytest.mark.parametrize("inner", [".git", ".GIT"])
def test_an_index_brings_no_repository_along(inner: str, tmp_path: Path) -> None:
    """Its settings would name programs, which `git update-index` runs in the copy."""
    need("git")
    source = tmp_path / "source"
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    names = ["pyproject.toml", f"sub/{inner}/HEAD", f"sub/{inner}/config"]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    _index(source, names)
    with workroom(Conditions(), "none") as (room, _), pytest.raises(RequestError, match="a file of git's own"):
        stage(str(source), room, caller=os.environ)


def test_doors_know_where_they_are(tmp_path: Path) -> None:
    """A cache that was moved has others: with the old ones, a compiler outside of a build would call itself."""
    behind = tmp_path / "behind"
    behind.mkdir()
    (behind / "cc").write_text("#!/bin/sh\n")
    (behind / "cc").chmod(0o755)
    paths = []
    for name in ("old", "new"):
        found = with_doors(Shims(names=("cc",)), behind, {"XDG_CACHE_HOME": str(tmp_path / name), "PATH": "/usr/bin"})
        paths.append(Path(found["PATH"].partition(os.pathsep)[0]))
    assert paths[0].is_relative_to(tmp_path / "old")
    assert paths[0].name != paths[1].name


@linux
@pytest.mark.parametrize("temporary", ["/", "relative", "/var/a=b"])
def test_a_temporary_folder_that_is_none(temporary: str, tmp_path: Path) -> None:
    """An empty prefix stands before every path, and a relative or a divided one before others."""
    need("gcc")
    write_shims(tmp_path / "bin", maps=folder_maps([tmp_path / "sources"]), caller=os.environ)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.c").write_text("int a;\n")
    command = [str(tmp_path / "bin" / "gcc"), "-g", "-c", "a.c", "-o", "a.o"]
    subprocess.run(command, check=True, cwd=tmp_path / "sources", env={**os.environ, "TMPDIR": temporary})
    made = (tmp_path / "sources" / "a.o").read_bytes()
    assert b"\0/src\0" in made
    assert b"/tmp/" not in made


@linux
def test_words_behind_two_dashes_are_files(tmp_path: Path) -> None:
    """For clang; gcc knows no ``--``. A compiler that shows its words stands for both."""
    (tmp_path / "real").mkdir()
    clang = tmp_path / "real" / "clang"
    clang.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    clang.chmod(0o755)
    write_shims(tmp_path / "bin", maps=(("/my sources", "/src"),), caller={"PATH": str(clang.parent)})
    run = [str(tmp_path / "bin" / "clang"), "-c", "-o", "an o", "--", "a b.c"]
    words = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    assert words[-5:] == run[1:]
    assert "-ffile-prefix-map=/my sources=/src" in words[:-5]
    words = subprocess.run(run[:4], check=True, capture_output=True, text=True).stdout.splitlines()
    assert words[:3] == run[1:4]
    assert words[-1] == "-ffile-prefix-map=/my sources=/src"
