"""The folders of a system's loader, read from its configuration; glibc's own ldconfig is the oracle."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - ldconfig is a program
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.world import ldconf
from truewheel.world.ldconf import library_folders
from truewheel.world.trees import Root

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")


def system(base: Path, files: dict[str, str], folders: tuple[str, ...] = ()) -> Root:
    for folder in folders:
        (base / folder).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_bytes(text.encode())
    return Root(str(base))


def test_the_configured_folders_come_before_the_usual_ones(tmp_path: Path) -> None:
    files = {
        "etc/ld.so.conf": "# ours\n\t/opt/one  # first\ninclude ld.so.conf.d/*.conf /etc/extra\nhwcap 0 x\n/opt/gone\n",
        "etc/ld.so.conf.d/b.conf": "/opt/b\r\n",
        "etc/ld.so.conf.d/a.conf": "/opt/a/\nrelative/folder\ninclude\n",
        "etc/ld.so.conf.d/ignored.txt": "/opt/txt\n",
        "etc/extra": "/opt/two words",
    }
    folders = ("opt/one", "opt/a", "opt/b", "opt/txt", "opt/two words", "usr/lib", "lib", "usr/lib/s390x-linux-gnu")
    root = system(tmp_path, files, folders)
    configured = ("opt/one", "opt/a", "opt/b", "opt/two words")
    assert library_folders(root) == (*configured, "lib", "usr/lib", "usr/lib/s390x-linux-gnu")


def test_musl_has_the_first_word_only_where_glibc_has_none(tmp_path: Path) -> None:
    folders = ("opt/musl", "opt/glibc", "lib", "opt/more")
    root = system(tmp_path, {"etc/ld-musl-x86_64.path": "/opt/musl:/nowhere\n/opt/more\n\n"}, folders)
    assert library_folders(root) == ("opt/musl", "opt/more", "lib")
    system(tmp_path, {"etc/ld.so.conf": "/opt/glibc"})
    assert library_folders(root) == ("opt/glibc", "lib", "opt/musl", "opt/more")


@needs_links
def test_a_merged_system_has_each_folder_once(tmp_path: Path) -> None:
    root = system(tmp_path, {}, ("usr/lib/x86_64-linux-gnu", "usr/lib64"))
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "lib64").symlink_to("/usr/lib64")
    assert library_folders(root) == ("usr/lib", "usr/lib64", "usr/lib/x86_64-linux-gnu")


def test_includes_may_run_in_circles(tmp_path: Path) -> None:
    files = {
        "etc/ld.so.conf": "include a\ninclude ld.so.conf\ninclude /etc/*\n/opt/end\n",
        "etc/a": "include b\n/opt/a",
        "etc/b": "include a\n/opt/b",
    }
    assert library_folders(system(tmp_path, files, ("opt/a", "opt/b", "opt/end"))) == ("opt/b", "opt/a", "opt/end")


def test_of_too_much_the_first_part_counts(tmp_path: Path) -> None:
    folders = ("opt/0", "opt/1", "opt/8", "opt/9", "opt/last")
    chain = {f"etc/{number}": f"/opt/{number}\ninclude {number + 1}\n" for number in range(20)}
    root = system(tmp_path, {"etc/ld.so.conf": "include 0\n", **chain}, folders)
    assert library_folders(root) == ("opt/0", "opt/1"), "eight files deep"
    system(tmp_path, {"etc/ld.so.conf": "/opt/0\n" + "#" * ldconf._LARGEST + "\n/opt/last\n"})
    assert library_folders(root) == ("opt/0",)
    system(tmp_path, {"etc/ld.so.conf": "/opt/0\n" + "x" * (ldconf._LARGEST - 10) + "\n/opt/last\n"})
    assert library_folders(root) == ("opt/0",), "half a line is none"
    system(tmp_path, {"etc/ld.so.conf": "/opt/0\n" * 2000 + "/opt/last\n"})
    assert library_folders(root) == ("opt/0",)
    many = " ".join(["none"] * ldconf._MOST_INCLUDES)
    system(tmp_path, {"etc/ld.so.conf": f"include {many} 1\n/opt/last\n"})
    assert library_folders(root) == ("opt/last",)
    system(tmp_path, {"etc/ld.so.conf": "include /*/1\n/opt/last\n"})
    assert library_folders(root) == ("opt/last",)
    lot = {f"etc/lot/{number}": "/opt/0" for number in range(ldconf._MOST_FILES)} | {"etc/lot/last": "/opt/1"}
    system(tmp_path, {"etc/ld.so.conf": "include lot/*\n", **lot})
    assert library_folders(root) == ("opt/0",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "lib").mkdir()
    os.mkfifo(tmp_path / "etc" / "ld.so.conf")
    assert library_folders(Root(str(tmp_path))) == ("lib",)


@given(text=st.binary(max_size=300), musl=st.binary(max_size=100))
def test_any_bytes_are_a_configuration(text: bytes, musl: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("hostile")
    (base / "etc").mkdir()
    (base / "lib").mkdir()
    (base / "etc" / "ld.so.conf").write_bytes(text)
    (base / "etc" / "ld-musl-any.path").write_bytes(musl)
    assert "lib" in library_folders(Root(str(base)))


LDCONFIG = shutil.which("ldconfig", path="/sbin:/usr/sbin") or ""


@pytest.mark.skipif(sys.platform != "linux" or not LDCONFIG, reason="ldconfig belongs to glibc")
def test_ldconfig_looks_in_the_same_folders(tmp_path: Path) -> None:
    files = {
        "etc/ld.so.conf": "/opt/one # comment\n  include ld.so.conf.d/*.conf\n/opt/trailing/ \n#/opt/hidden\n",
        "etc/ld.so.conf.d/a.conf": "/opt/a\ninclude /etc/ld.so.conf.d/deep/[xy]\n",
        "etc/ld.so.conf.d/deep/x": "/opt/x\n",
        "etc/ld.so.conf.d/.hidden.conf": "/opt/hidden\n",
    }
    names = ("opt/one", "opt/a", "opt/x", "opt/trailing", "opt/hidden")
    root = system(tmp_path, files, names)
    configured = [folder for folder in library_folders(root) if folder.startswith("opt/")]
    command = [LDCONFIG, "-v", "-N", "-X", "-f", str(tmp_path / "flat"), "-C", str(tmp_path / "cache")]
    # ldconfig resolves includes below a root only as root (it does chroot), so the files say where they are.
    (tmp_path / "flat").write_text(files["etc/ld.so.conf"].replace("ld.so.conf.d", f"{tmp_path}/etc/ld.so.conf.d"))
    part = tmp_path / "etc/ld.so.conf.d/a.conf"
    part.write_text(part.read_text().replace("/etc", f"{tmp_path}/etc"))
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = (said.stderr + said.stdout).splitlines()  # that there is no such folder, or what is in it
    assert list(dict.fromkeys(name for line in lines for name in names if f"/{name}" in line)) == configured
