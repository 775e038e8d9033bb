"""Sound tars of every format: the same members as Python's tarfile and GNU tar see."""

from __future__ import annotations

import io
import os
import subprocess  # noqa: TID251 - tar is a program; the ban protects src
import tarfile
from pathlib import Path

import pytest

from tests.sdist.tars import FILE, INFO, PKG_INFO, Block, by_tarfile, file, link, long, pax, tar
from tests.tools import need
from truewheel.sdist import Member, TarStored, read_tar
from truewheel.wheel import Buffer, Limits

FORMATS = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}
FILES = {
    "sample-1.0/PKG-INFO": PKG_INFO,
    "sample-1.0/tool!": b"#!/bin/sh\n" * 100,
    "sample-1.0/empty": b"",
    "sample-1.0/block": b"x" * 512,
    f"sample-1.0/{'folder' * 9}/{'name' * 20}": b"long, yet two fields hold it",
}
LONG = {f"sample-1.0/{'deep/' * 60}{'n' * 200}": b"too long for ustar", "sample-1.0/é/字.txt": b"letters"}
LINKS = {"sample-1.0/l": "tool", "sample-1.0/d/up": "../PKG-INFO", f"sample-1.0/{'z' * 120}": "d/" * 60 + "x"}


def stored(member: Member) -> TarStored:
    assert isinstance(member.stored, TarStored)
    return member.stored


@pytest.mark.parametrize("form", FORMATS)
def test_what_python_writes(form: str) -> None:
    files = FILES if form == "ustar" else FILES | LONG
    links = {"sample-1.0/l": "tool"} if form == "ustar" else LINKS
    data = by_tarfile(files, links, form=FORMATS[form])
    found = read_tar(data)
    assert [m.name for m in found.members] == [*(name.rstrip("!") for name in files), *links]
    assert {m.name: m.link for m in found.members if m.link} == links
    for member, (name, contents) in zip(found.members, files.items(), strict=False):
        assert bytes(member.read()) == contents
        assert member.head(5) == contents[:5]
        assert member.size == len(contents)
        assert member.executable == name.endswith("!")
    assert found.size == len(data)
    assert {stored(m).format for m in found.members} <= {form, "ustar"}


@pytest.mark.parametrize("form", ["posix", "gnu", "ustar", "oldgnu", "v7"])
def test_what_gnu_tar_writes(form: str, tmp_path: Path) -> None:
    (program,) = need("tar")
    top = tmp_path / "sample-1.0"
    for name, data in {**FILES, **(LONG if form in {"posix", "gnu", "oldgnu"} else {})}.items():
        if form == "v7" and len(name) > 99:
            continue
        path = tmp_path / name.rstrip("!")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name.endswith("!") else 0o644)
        os.utime(path, ns=(0, 1_600_000_000_123_456_789))
    (top / "link").symlink_to("tool")
    os.link(top / "tool", top / "twin")
    command = [str(program), "-c", f"--format={form}", "--sort=name", "-C", str(tmp_path), "./sample-1.0"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    found = read_tar(data)
    by_name = {member.name: member for member in found.members}
    with tarfile.open(fileobj=io.BytesIO(data)) as theirs:
        expected = {info.name.removeprefix("./"): info for info in theirs}
        assert set(by_name) | set(found.directories) == set(expected)
        for name, member in by_name.items():
            info = expected[name]
            how = stored(member)
            assert how.mode == info.mode
            assert (how.uid, how.gid, how.uname, how.gname) == (info.uid, info.gid, info.uname, info.gname)
            assert how.mtime == int(info.mtime)
            assert member.link == (info.linkname if info.issym() else "")
            contents = theirs.extractfile(info) if not info.issym() else None
            assert contents is None or bytes(member.read()) == contents.read()
    assert by_name["sample-1.0/link"].link == "tool"
    assert by_name["sample-1.0/tool"].executable
    assert by_name["sample-1.0/tool"].content is by_name["sample-1.0/twin"].content
    assert {stored(by_name[f"sample-1.0/{twin}"]).typeflag for twin in ("tool", "twin")} == {"0", "1"}
    if form == "posix":
        assert stored(by_name["sample-1.0/empty"]).fraction == "123456789"


def test_facts_of_storage_are_kept() -> None:
    block = Block(
        b"a", mode=b"0004751\0", uid=b"0001750\0", gid=b"    12 \0", mtime=b"14654250000\0", uname=b"me", gname=b"us",
        data=b"12345",
    )  # fmt: skip
    data = tar(pax({"comment": "first"}, b"g"), pax({"mtime": "-1.25", "SCHILY.fflags": "x"}), block)
    found = read_tar(data)
    assert found.records == (("comment", "first"),)
    (member,) = found.members
    how = stored(member)
    assert (how.format, how.typeflag, how.mode, how.uid, how.gid) == ("pax", "0", 0o4751, 0o1750, 0o12)
    assert (how.uname, how.gname, how.mtime, how.fraction) == ("me", "us", -2, "75")
    assert how.records == (("mtime", "-1.25"), ("SCHILY.fflags", "x"))
    assert (how.header_offset, how.data_offset) == (1024, 1024 + 3 * 512)
    assert data[how.data_offset :][:5] == b"12345"
    assert member.executable
    assert repr(how) == "TarStored(format='pax', typeflag='0', header_offset=0x400)"


def test_numbers_in_base_256() -> None:
    gnu = b"ustar  \0"
    far = Block(b"a", uid=b"\x80" + bytes(6) + b"\x07", mtime=b"\xff" * 12, magic=gnu)
    sized = Block(b"b", size=b"\x80" + bytes(10) + b"\x03", data=b"abc", magic=gnu)
    one, two = read_tar(tar(far, sized)).members
    assert (stored(one).uid, stored(one).mtime, two.read()) == (7, -1, b"abc")


def test_folders_of_all_kinds() -> None:
    old = Block(b"old/", typeflag=b"\0", magic=b"")
    plain = Block(b"./new/", typeflag=b"5")
    bare = Block(b"bare", typeflag=b"5")
    found = read_tar(tar(Block(b"./", typeflag=b"5"), Block(b".", typeflag=b"5"), old, plain, plain, bare))
    assert found.directories == ("old", "new", "bare")
    assert found.members == ()


def test_files_from_before_posix() -> None:
    (member,) = read_tar(tar(Block(b"a", typeflag=b"\0", magic=b"", data=b"x"))).members
    assert (member.read(), stored(member).format) == (b"x", "v7")


def test_long_names_of_gnu() -> None:
    name, leads = b"sample-1.0/" + b"n" * 200, b"n/" * 80 + b"x"
    data = tar(
        long(leads, b"K"), long(name, b"L"), Block(b"cut", b"2", linkname=b"cut", magic=b"ustar  \0"), FILE, INFO
    )
    first, *_ = read_tar(data).members
    assert (first.name, first.link, stored(first).header_offset) == (name.decode(), leads.decode(), 0)


def test_hard_links_are_files() -> None:
    data = tar(
        INFO,
        file("a", b"x" * 600, mode=b"0000755\0"),
        link("b", "sample-1.0/a", b"1"),
        link("c", "./sample-1.0/b", b"1"),
    )
    _, a, b, c = read_tar(data).members
    assert a.executable
    assert (b.read(), c.read(), b.executable, c.link) == (b"x" * 600, b"x" * 600, True, "")
    assert a != b
    assert {a, Member(a.name, executable=True, content=b.content)} == {a}


def test_a_record_for_all_and_one_for_one() -> None:
    data = tar(
        pax({"mtime": "5", "uname": "all"}, b"g"), file("a"), pax({"mtime": "6", "uname": ""}), file("b", uname=b"me")
    )
    one, other = map(stored, read_tar(data).members)
    assert (one.mtime, one.uname, other.mtime, other.uname) == (5, "all", 6, "me")


@pytest.mark.parametrize("end", [1024, 1025, 10240, 1 << 20])
def test_any_number_of_zeros_ends_a_tar(end: int) -> None:
    data = tar(INFO, end=bytes(end))
    assert read_tar(data).size == len(data)


def test_a_tar_of_nothing() -> None:
    assert read_tar(bytes(10240)).members == ()


def test_it_reads_whatever_buffer() -> None:
    data = tar(INFO, FILE)
    kinds: list[Buffer] = [data, bytearray(data), memoryview(data)]
    assert len({tuple(read_tar(kind).members) for kind in kinds}) == 1
    assert read_tar(data, Limits()).members[1].read() == b"contents\n"
