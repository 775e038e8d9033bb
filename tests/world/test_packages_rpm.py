"""The packages of rpm, from both kinds of database, sound and hostile."""

from __future__ import annotations

import builtins
import sqlite3
import struct
import subprocess  # noqa: TID251 - rpm is a program
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools import need
from tests.world.rpmdb import INT32, STRING, STRINGS, Rpm, header, ndb, write_sqlite
from truewheel.world import packages_rpm
from truewheel.world.packages_model import Claim
from truewheel.world.packages_rpm import rpm_claims
from truewheel.world.trees import Root

FOO = Rpm("foo-libs", ("/usr/lib64/libfoo.so.1", "/usr/share/foo", "/usr/lib64/libfoo.so.1.2", "/opt/libfoo.so.1"))
BAR = Rpm("bar", ("/usr/lib64/libbar.so", "/usr/lib/libfoo.so.1"), epoch=2, arch="i686")
SQLITE, NDB = "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/Packages.db"


def put_sqlite(base: Path) -> Path:
    return write_sqlite(base / SQLITE, [FOO, BAR])


def put_ndb(base: Path) -> Path:
    path = base / NDB
    path.parent.mkdir(parents=True)
    path.write_bytes(ndb([FOO, BAR]))
    return path


def claims(base: Path, name: str) -> list[Claim]:
    return rpm_claims(Root(str(base)), name)


@pytest.mark.parametrize("put", [put_sqlite, put_ndb])
def test_who_has_a_file(tmp_path: Path, put: Callable[[Path], Path]) -> None:
    put(tmp_path)
    assert claims(tmp_path, "libfoo.so.1") == [
        Claim("usr/lib64", "foo-libs", "1.2.3-4.fc40", "x86_64"),
        Claim("opt", "foo-libs", "1.2.3-4.fc40", "x86_64"),
        Claim("usr/lib", "bar", "2:1.2.3-4.fc40", "i686"),
    ]
    assert claims(tmp_path, "libbar.so") == [Claim("usr/lib64", "bar", "2:1.2.3-4.fc40", "i686")]
    for name in ("libfoo.so", "foo-libs", "so.1", "", "x' OR 1", "\udcff"):
        assert claims(tmp_path, name) == []


def test_both_places_count(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "var/lib/rpm/rpmdb.sqlite", [BAR])
    assert len(claims(tmp_path, "libbar.so")) == 1


def test_nothing_is_put_beside_a_database(tmp_path: Path) -> None:
    path = put_sqlite(tmp_path)
    before = path.read_bytes()
    claims(tmp_path, "libbar.so")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_python_without_sqlite_knows_no_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sqlite(tmp_path)
    imported = builtins.__import__

    def without(name: str, *args: object) -> object:
        if name == "sqlite3":
            raise ImportError
        return imported(name, *args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(builtins, "__import__", without)
    assert claims(tmp_path, "libbar.so") == []


@pytest.mark.parametrize(
    "hostile",
    [
        "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(900000000) AS blob",
        "CREATE TABLE packages (hnum INTEGER, blob BLOB GENERATED ALWAYS AS (zeroblob(900000000)))",
        "CREATE TABLE packages (hnum INTEGER, blob TEXT)",
        "CREATE TABLE packages (hnum INTEGER)",
    ],
)
def test_a_database_that_computes_is_not_asked(tmp_path: Path, hostile: str) -> None:
    path = put_sqlite(tmp_path)
    database = sqlite3.connect(path)
    database.execute("DROP TABLE Packages")
    database.execute(hostile)
    if hostile.endswith("TEXT)"):
        database.execute("INSERT INTO packages VALUES (2, 'text')")
    database.commit()
    database.close()
    assert claims(tmp_path, "libbar.so") == []


def test_a_complaint_of_sqlite_that_is_no_text(tmp_path: Path) -> None:
    path = put_sqlite(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"ON 'Basenames'(key ASC)", b"ON 'Basenames'(k\x80y ASC)"))
    with closing(sqlite3.connect(path)) as database, pytest.raises((UnicodeDecodeError, sqlite3.Error)):
        database.execute("SELECT 1 FROM Packages")
    assert claims(tmp_path, "libbar.so") == []


def test_a_query_that_takes_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put_sqlite(tmp_path)
    database = sqlite3.connect(path)
    database.execute("DROP INDEX Basenames_key_idx")
    database.executemany("INSERT INTO Basenames VALUES ('x', 1, 1)", [()] * 20_000)
    database.commit()
    database.close()
    assert claims(tmp_path, "libbar.so"), "without an index it takes longer, and not too long"
    monkeypatch.setattr(packages_rpm, "_MOST_STEPS", 10)
    assert claims(tmp_path, "libbar.so") == []


def test_a_package_that_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sqlite(tmp_path / "a")
    put_ndb(tmp_path / "b")
    monkeypatch.setattr(packages_rpm, "_LARGEST", len(BAR.header()))
    assert len(FOO.header()) > len(BAR.header())
    for base in (tmp_path / "a", tmp_path / "b"):
        assert [claim.name for claim in claims(base, "libfoo.so.1")] == ["bar"]


@pytest.mark.parametrize(
    "tags",
    [
        [],
        [tag for tag in BAR.tags() if tag[0] != 1022],
        [tag for tag in BAR.tags() if tag[0] != 1117],
        [tag for tag in BAR.tags() if tag[0] != 1118],
        [*BAR.tags(), (1000, STRING, 1, b"not a name\0")],
        [*BAR.tags(), (1000, INT32, 1, b"four")],
        [*BAR.tags(), (1000, STRING, 1, b"endless")],
        [*BAR.tags(), (1116, INT32, 1 << 31, b"")],
        [*BAR.tags(), (1116, INT32, 2, b"\xff" * 8)],
        [*BAR.tags(), (1116, STRINGS, 2, b"a\0b\0")],
        [*BAR.tags(), (1117, STRINGS, 0, b"")],
        [*BAR.tags(), (1117, STRING, 1, b"libbar.so\0")],
    ],
)
def test_headers_that_say_nothing(tmp_path: Path, tags: list[tuple[int, int, int, bytes]]) -> None:
    path = write_sqlite(tmp_path / SQLITE, [BAR])
    database = sqlite3.connect(path)
    for blob in (header(tags), header(tags)[:20], b"", struct.pack(">2I", 0xFFFFFFFF, 0)):
        database.execute("UPDATE Packages SET blob = ?", (blob,))
        database.commit()
        assert claims(tmp_path, "libbar.so") == []
    database.close()


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


NDB_OF_BAR = ndb([BAR, BAR])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RpmP",
        changed(NDB_OF_BAR, 0, b"Slot"),
        changed(NDB_OF_BAR, 12, b"\0\0\0\0"),
        changed(NDB_OF_BAR, 32, b"Spot"),
        changed(NDB_OF_BAR, 40, b"\xff\xff\xff\xff"),
        changed(NDB_OF_BAR, 4096, b"Blob"),
        changed(NDB_OF_BAR, 4100, b"\7"),
        changed(NDB_OF_BAR, 4108, b"\xff\xff\xff\xff"),
    ],
)
def test_a_damaged_ndb_says_less(tmp_path: Path, data: bytes) -> None:
    put_ndb(tmp_path).write_bytes(data)
    assert len(claims(tmp_path, "libbar.so")) <= 1


def test_blobs_that_overlap_are_not_searched_forever(tmp_path: Path) -> None:
    """Every slot leads to the same large package: as many searches as there are slots, each through the whole file."""
    first = NDB_OF_BAR[32:48]
    size = struct.pack("<I", len(NDB_OF_BAR) - 4096 - 16)
    data = changed(changed(NDB_OF_BAR, 32, first * 250), 4108, size)
    put_ndb(tmp_path).write_bytes(data)
    assert len(claims(tmp_path, "libbar.so")) < 3


@pytest.mark.parametrize("put", [put_sqlite, put_ndb])
@given(data=st.data())
def test_a_damaged_database_is_never_an_error(
    put: Callable[[Path], Path], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("rpm")
    path = put(base)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))])
    for claim in claims(base, "libfoo.so.1"):
        assert claim.name
        assert claim.version


SPEC = """\
Name: foo-libs
Version: 1.2.3
Release: 4
Epoch: 2
Summary: made by a test
License: MIT
%description
made by a test
%install
mkdir -p %{buildroot}/usr/lib64
echo x > %{buildroot}/usr/lib64/libfoo.so.1
%files
/usr/lib64/libfoo.so.1
"""


def test_a_database_of_rpm_itself(tmp_path: Path) -> None:
    rpm, _ = need("rpm", "rpmbuild")
    (tmp_path / "foo.spec").write_text(SPEC)
    build = ["rpmbuild", "--define", f"_topdir {tmp_path}/top", "--target", "x86_64", "-bb", str(tmp_path / "foo.spec")]
    subprocess.run(build, check=True, capture_output=True)
    (package,) = (tmp_path / "top").rglob("*.rpm")
    base = tmp_path / "root"
    here = ["rpm", "--root", str(base), "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite"]
    install = [*here, "--install", "--nodeps", "--noscripts", "--ignorearch", "--force-debian", str(package)]
    subprocess.run([word for word in install if is_understood(word, rpm)], check=True, capture_output=True)
    said = subprocess.run([*here, "-qa", "--qf", "%{NAME} %{EVR} %{ARCH}"], check=True, capture_output=True, text=True)
    (claim,) = claims(base, "libfoo.so.1")
    assert claim == ("usr/lib64", *said.stdout.split())


def is_understood(word: str, rpm: Path) -> bool:
    """Debian's rpm wants to be told that it is on Debian; no other knows the word."""
    return word != "--force-debian" or b"force-debian" in rpm.read_bytes()
