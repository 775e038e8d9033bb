"""Which package brought a library: databases of dpkg and apk, and of none."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - dpkg is a program
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.rpmdb import Rpm, write_sqlite
from truewheel.ops.libraries import Package
from truewheel.world import packages_apk, packages_dpkg
from truewheel.world.libraries import LibrarySearch
from truewheel.world.mapped import MappedLibrary
from truewheel.world.packages import Packages
from truewheel.world.trees import Root

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")

STATUS = """\
Package: adduser
Status: install ok installed
Version: 3.1
Architecture: all
Description: names
 Package: not a field

Package: zlib1g
Architecture: amd64
Multi-Arch: same
Version: 1:1.2.13.dfsg-1

Package: zlib1g
Architecture: i386
Version: 1:1.2.13.dfsg-1

Package: nameless
Version: 1
"""
LISTS = {
    "adduser": "/.\n/usr\n/usr/share/lib.so-called\n",
    "zlib1g-amd64": "/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libz.so.1.2.13\n",
    "nameless": "/usr/lib/libnameless.so\n",
    "unknown": "/usr/lib/libunknown.so\n",
}
APK = """\
C:Q1abc=
P:zlib
V:1.3.1-r2
A:x86_64
F:lib
R:libz.so.1
a:0:0:777
R:libz.so.1.3.1
F:usr/share
R:zlib.txt

P:broken name
V:1
A:x86_64
F:usr/lib
R:libbroken.so

R:libnowhere.so

P:top
V:1
A:noarch
R:libtop.so
"""


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def dpkg_root(base: Path) -> Root:
    put(base / "var/lib/dpkg/status", STATUS)
    for name, text in LISTS.items():
        put(base / f"var/lib/dpkg/info/{name.replace('-', ':')}.list", text)
    put(base / "usr/lib/x86_64-linux-gnu/libz.so.1.2.13")
    return Root(str(base))


colons = pytest.mark.skipif(os.name == "nt", reason="no file has a colon in its name on Windows")


@colons
@needs_links
def test_dpkg_on_a_merged_system(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    put(tmp_path / "usr/lib/os-release", "NAME='Debian GNU/Linux'\nVERSION_ID=\"12\"\nID=debian \nID_LIKE=x\n")
    packages = Packages(dpkg_root(tmp_path))
    expected = Package("deb", "debian", "12", "zlib1g", "1:1.2.13.dfsg-1", "amd64")
    assert packages.owner("usr/lib/x86_64-linux-gnu/libz.so.1.2.13") == expected
    assert packages.owner("lib/x86_64-linux-gnu/libz.so.1.2.13") == expected
    assert packages.owner("usr/share/lib.so-called") == expected._replace(name="adduser", version="3.1", arch="all")
    for path in ("usr/lib/libz.so.1.2.13", "usr/lib/libnameless.so", "usr/lib/libunknown.so", "usr", "", "a.so"):
        assert packages.owner(path) is None, path


@colons
def test_two_folders_that_are_two_hold_two_files(tmp_path: Path) -> None:
    put(tmp_path / "lib/x86_64-linux-gnu/libz.so.1.2.13")
    packages = Packages(dpkg_root(tmp_path))
    assert packages.owner("usr/lib/x86_64-linux-gnu/libz.so.1.2.13") is None
    found = packages.owner("lib/x86_64-linux-gnu/libz.so.1.2.13")
    assert found == Package("deb", "", "", "zlib1g", "1:1.2.13.dfsg-1", "amd64")


def test_packages_of_an_image_made_by_bazel(tmp_path: Path) -> None:
    stanza = "Package: libssl3\nVersion: 3.0.15-1\nArchitecture: arm64\n"
    put(tmp_path / "var/lib/dpkg/status.d/libssl3", stanza)
    put(tmp_path / "var/lib/dpkg/status.d/libssl3.md5sums", "0123  usr/lib/libssl.so.3\nno line\n4567  usr/lib/a.so")
    put(tmp_path / "var/lib/dpkg/status.d/unknown", "nothing")
    put(tmp_path / "etc/os-release", "ID='\x1b[31m'\nVERSION_ID=12\n")
    packages = Packages(Root(str(tmp_path)))
    assert packages.owner("usr/lib/libssl.so.3") == Package("deb", "", "12", "libssl3", "3.0.15-1", "arm64")
    assert packages.owner("usr/lib/a.so") is not None


@pytest.mark.parametrize("place", packages_apk._PLACES)
def test_apk(tmp_path: Path, place: str) -> None:
    put(tmp_path / place, APK)
    put(tmp_path / "etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n")
    packages = Packages(Root(str(tmp_path)))
    assert packages.owner("lib/libz.so.1.3.1") == Package("apk", "alpine", "3.20.3", "zlib", "1.3.1-r2", "x86_64")
    assert packages.owner("libtop.so") == Package("apk", "alpine", "3.20.3", "top", "1", "noarch")
    for path in ("usr/lib/libz.so.1.3.1", "usr/lib/libbroken.so", "libnowhere.so", "usr/share/zlib.txt"):
        assert packages.owner(path) is None, path


def test_rpm(tmp_path: Path) -> None:
    rpm = Rpm("zlib", ("/usr/lib64/libz.so.1.2.11",))
    write_sqlite(tmp_path / "var/lib/rpm/rpmdb.sqlite", [rpm])
    put(tmp_path / "etc/os-release", 'ID="almalinux"\nVERSION_ID="9.4"\n')
    found = Packages(Root(str(tmp_path))).owner("usr/lib64/libz.so.1.2.11")
    assert found == Package("rpm", "almalinux", "9.4", "zlib", "1.2.3-4.fc40", "x86_64")


def test_databases_count_where_they_were_given_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, root = tmp_path / "host", tmp_path / "root"
    monkeypatch.setattr("truewheel.world.libraries.Root", lambda path: Root(str(host) if path == "/" else path))
    for base in (host, root):
        put(base / "lib/apk/db/installed", APK)
        put(base / "lib/libz.so.1")
    with LibrarySearch(sysroot=root, host=True) as search:
        mine, hosts = search.candidates("libz.so.1")
        assert search.package_of(mine) is not None
        assert search.package_of(hosts) is None
    with LibrarySearch([root / "lib"]) as search:
        assert search.package_of(next(search.candidates("libz.so.1"))) is None, "above what was given"
    with LibrarySearch([root]) as search:
        (file,) = search.matching("lib/libz.so.1")
        assert search.package_of(file) is not None
        assert search.package_of(MappedLibrary(str(root))) is None


def test_of_too_much_the_first_part_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = [f"Package: p{number}\nVersion: 1\nArchitecture: all\n" for number in range(3)]
    put(tmp_path / "var/lib/dpkg/status", "\n".join(packages))
    for number in range(3):
        put(tmp_path / f"var/lib/dpkg/info/p{number}.list", f"/lib{number}.so\n/also{number}.so\n")
    put(tmp_path / "lib/apk/db/installed", APK)
    root = Root(str(tmp_path))
    assert len(packages_dpkg.dpkg_claims(root)) == 6
    monkeypatch.setattr(packages_dpkg, "MOST_CLAIMS", 3)
    assert list(packages_dpkg.dpkg_claims(root)) == ["lib0.so", "also0.so", "lib1.so"]
    monkeypatch.setattr(packages_dpkg, "_LARGEST_SUM", 30)
    assert list(packages_dpkg.dpkg_claims(root)) == ["lib0.so", "also0.so"]
    monkeypatch.setattr(packages_dpkg, "_LARGEST", 20)
    assert packages_dpkg.dpkg_claims(root) == {}
    monkeypatch.setattr(packages_apk, "MOST_CLAIMS", 1)
    assert list(packages_apk.apk_claims(root)) == ["libz.so.1"]
    monkeypatch.setattr(packages_apk, "_LARGEST", 20)
    assert packages_apk.apk_claims(root) == {}


@pytest.mark.parametrize("place", ["var/lib/dpkg/status", "lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite"])
def test_a_folder_in_the_place_of_a_database_is_none(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    assert Packages(Root(str(tmp_path))).owner("usr/lib/libz.so.1") is None


WORDS = [b"Package: a\n", b"Version: 1\n", b"Architecture: b\n", b"\n", b"/usr/lib/liba.so\n", b"F:usr/lib\n"]
WORDS += [b"R:liba.so\n", b"P:a\n", b"V:1\n", b"A:b\n", b"ID=a\n", b"VERSION_ID='\n", b"\0\xff\n", b".so", b"/"]


@given(parts=st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=12))
def test_any_bytes_are_a_database(parts: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("hostile")
    for place in ("var/lib/dpkg/info/a.list", "var/lib/dpkg/status", "lib/apk/db/installed", "etc/os-release"):
        (base / place).parent.mkdir(parents=True, exist_ok=True)
        (base / place).write_bytes(b"".join(parts))
    found = Packages(Root(str(base))).owner("usr/lib/liba.so")
    assert found is None or (found.name == "a" and found.version == "1" and found.arch == "b")


INSTALLED = Path("/var/lib/dpkg")


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("dpkg-query"), reason="no Debian")
def test_the_database_of_this_machine(tmp_path: Path) -> None:
    """Copied in part, so that it is the one of a sysroot; dpkg itself says what is right."""
    shutil.copy("/usr/lib/os-release", put(tmp_path / "usr/lib/os-release"))
    shutil.copy(INSTALLED / "status", put(tmp_path / "var/lib/dpkg/status"))
    expected = {}
    for name in ("zlib1g", "libgcc-s1", "libc-bin"):
        query = ["dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${Architecture}", name]
        package, version, arch = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
        listed = f"info/{package}.list"
        shutil.copy(INSTALLED / listed, put(tmp_path / "var/lib/dpkg" / listed))
        for path in (INSTALLED / listed).read_text().splitlines():
            if ".so" in path and Path(path).is_file():
                put(tmp_path / path[1:])
                expected[path[1:]] = (name, version, arch)
    packages = Packages(Root(str(tmp_path)))
    for path, (name, version, arch) in expected.items():
        found = packages.owner(path)
        assert found == Package("deb", *packages._release, name, version, arch)
    assert len(expected) >= 2
    assert all(packages._release)
