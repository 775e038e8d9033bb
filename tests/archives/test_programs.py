"""What programs pack is read as other programs unpack it."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - tar and its kind are programs; the ban protects src
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.archives.made import TREE, File, deb_of, seen
from tests.packages import deb, npm
from tests.tools import need
from truewheel.archives import Archive, read_archive

LONG = "/".join("d" * 60 for _ in range(3))
PLAIN: dict[str, str | bytes] = {
    "tool-1.0/bin/tool!": b"\x7fELF" + bytes(range(256)) * 40,
    "tool-1.0/bin/script!": b"#!/bin/sh\n",
    "tool-1.0/lib64/libx.so.1.2": b"library" * 5000,
    "tool-1.0/lib64/libx.so.1": "libx.so.1.2",
    "tool-1.0/lib64/libx.so": "libx.so.1",
    "tool-1.0/lib": "lib64",
    "tool-1.0/share/up": "../bin/tool",
    "tool-1.0/share/folder": "../lib",
    "tool-1.0/share/self": "..",
    "tool-1.0/share/gone": "nowhere",
    "tool-1.0/share/empty": b"",
    "tool-1.0/share/a b": b"blank",
}
RICH = PLAIN | {"tool-1.0/share/ünï/字.txt": b"letters", f"tool-1.0/{LONG}/{'f' * 120}": b"long", "tool-1.0/long": LONG}
LOST = {"tool-1.0/share/self", "tool-1.0/share/gone"}


def spread(folder: Path, tree: Mapping[str, str | bytes]) -> Path:
    """The files on disk; a text is where a link leads."""
    for name, thing in tree.items():
        path = folder / name.removesuffix("!")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(thing, str):
            path.symlink_to(thing)
        else:
            path.write_bytes(thing)
            path.chmod(0o755 if name.endswith("!") else 0o644)
    os.link(folder / "tool-1.0/bin/tool", folder / "tool-1.0/bin/twin")
    (folder / "tool-1.0/nothing").mkdir()
    return folder


def run(folder: Path, command: str) -> None:
    """Run a command, whose first word has to be there, in a folder."""
    words = command.split()
    (program,) = need(words[0])
    subprocess.run([program, *words[1:]], cwd=folder, check=True, capture_output=True)


def found_on(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """All files below a folder, and what links mean that lead to some of them."""
    found: dict[str, tuple[bytes, bool]] = {}
    for here, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name != "self"]
        for path in (Path(here, name) for name in names):
            if path.exists():
                found[path.relative_to(folder).as_posix()] = path.read_bytes(), os.access(path, os.X_OK)
    return found


def opened(path: Path) -> Archive:
    found = read_archive(path.read_bytes(), path.name)
    assert found is not None
    return found


PACKERS = {
    **{f"tar-{form}": f"tar -cf ../a --format={form} tool-1.0" for form in ("gnu", "posix", "oldgnu")},
    "tar-dot": "tar -czf ../a .",
    "tar-sparse": "tar -cSJf ../a --format=posix tool-1.0",
    **{f"bsdtar-{form}": f"bsdtar -cf ../a --format={form} tool-1.0" for form in ("pax", "gnutar")},
    "bsdtar-zip": "bsdtar -cf ../a --format=zip tool-1.0",
    "zip": "zip -qry ../a.zip tool-1.0",
    "zip-no-extra": "zip -qryXD ../a.zip tool-1.0",
    "7z": "7z a -snl -bso0 ../a.zip tool-1.0",
    "7z-tar": "7z a -snl -bso0 -ttar ../a tool-1.0",
}
PLAIN_PACKERS = {f"tar-{form}": f"tar -cf ../a --format={form} tool-1.0" for form in ("ustar", "v7")}


@pytest.mark.parametrize(("packer", "command", "tree"), [
    *((name, command, RICH) for name, command in PACKERS.items()),
    *((name, command, PLAIN) for name, command in PLAIN_PACKERS.items()),
])  # fmt: skip
def test_what_programs_pack(packer: str, command: str, tree: Mapping[str, str | bytes], tmp_path: Path) -> None:
    folder = spread(tmp_path / "in", tree)
    with (folder / "tool-1.0/share/holes").open("wb") as file:
        file.truncate(200_000)
        file.seek(99_000)
        file.write(b"island")
    run(folder, command)
    found = opened(next(tmp_path.glob("a*")))
    assert seen(found) == found_on(folder), packer
    assert {one.name for one in found.unusable} == LOST
    assert found.modes


@pytest.mark.parametrize("unpacker", ["unzip -q ../a.zip", "bsdtar -xf ../a.zip"])
def test_zips_as_others_unpack_them(unpacker: str, tmp_path: Path) -> None:
    folder = spread(tmp_path / "in", RICH)
    run(folder, "zip -qry ../a.zip tool-1.0")
    (out := tmp_path / "out").mkdir()
    run(out, unpacker)
    assert seen(opened(tmp_path / "a.zip")) == found_on(out)


@pytest.mark.parametrize("packing", ["tar.gz", "tar.xz", "tar.zst", "tar"])
def test_debian_packages_as_dpkg_unpacks_them(packing: str, tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb_of({f"./{name}": thing for name, thing in TREE.items()}, packing))
    run(tmp_path, "dpkg-deb -x a.deb out")
    assert seen(opened(tmp_path / "a.deb")) == found_on(tmp_path / "out")


@pytest.mark.parametrize("compression", ["none", "gzip", "xz", "zstd"])
def test_debian_packages_that_dpkg_packs(compression: str, tmp_path: Path) -> None:
    folder = spread(tmp_path / "in", RICH)
    (folder / "DEBIAN").mkdir()
    control = "Package: tool\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a tool\n"
    (folder / "DEBIAN/control").write_text(control, encoding="utf-8")
    run(tmp_path, f"dpkg-deb -Z{compression} --root-owner-group -b in a.deb")
    shutil.rmtree(folder / "DEBIAN")
    assert seen(opened(tmp_path / "a.deb")) == found_on(folder)


@pytest.mark.parametrize("name", ["ripgrep", "zstd"])
def test_packages_of_debian(name: str, tmp_path: Path) -> None:
    path = deb(name)
    run(tmp_path, f"dpkg-deb -x {path} out")
    assert seen(opened(path)) == found_on(tmp_path / "out")


@pytest.mark.parametrize("name", ["@esbuild/linux-x64", "@esbuild/win32-x64"])
def test_packages_of_npm(name: str, tmp_path: Path) -> None:
    path = npm(name)
    run(tmp_path, f"tar -xf {path}")
    found = opened(path)
    assert seen(found) == found_on(tmp_path)
    assert found.form == "tar.gz"
    assert found.modes


@pytest.mark.parametrize(
    "command", ["xz -T2 --block-size=20000", "zstd -q -T2", "zstd -q --ultra -22", "bzip2", "gzip"]
)
def test_what_programs_compress(command: str, tmp_path: Path) -> None:
    folder = spread(tmp_path / "in", RICH)
    run(folder, "tar -cf ../a tool-1.0")
    run(tmp_path, f"{command} a")
    (packed,) = (path for path in tmp_path.glob("a.*") if path.suffix)
    assert seen(opened(packed)) == found_on(folder)


def test_a_file_of_its_own_is_none() -> None:
    assert isinstance(TREE["tool-1.0/bin/tool"], File)
    assert read_archive(TREE["tool-1.0/bin/tool"].data, "tool") is None
