"""Tars that lie, or that two tools could understand in two ways: each refused with one sentence."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import pytest

from tests.sdist.tars import END, FILE, INFO, Block, file, link, long, pax, tar
from truewheel.errors import LimitError, SdistError
from truewheel.sdist import read_tar
from truewheel.wheel import Limits

ENOUGH = 5.0
"""Seconds. What follows would take many times that if it cost the square of its size."""

GNU = b"ustar  \0"

FLAWS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no end"),
    "no zeros": (tar(FILE, end=b""), "no end"),
    "one block of zeros": (tar(FILE, end=bytes(512)), "one block of zeros, not two"),
    "half a block of zeros": (tar(FILE, end=bytes(1000)), "one block of zeros, not two"),
    "cut in contents": (tar(FILE)[:600], "9 bytes, 88 are left"),
    "a lying size": (tar(replace(FILE, size=b"00000002000\0")), "one block of zeros, not two"),
    "a size past the end": (tar(replace(FILE, size=b"00077777777\0")), "are left of the tar"),
    "members behind the end": (tar(FILE, end=END + FILE.encode() + END), "goes on behind its end"),
    "garbage behind the end": (tar(FILE, end=END + b"x"), "goes on behind its end"),
    "a hole": (tar(FILE, bytes(512), FILE), "goes on behind its end"),
    "a wrong checksum": (tar(replace(FILE, checksum=b"001234\0 ")), "checksum of the header is"),
    "no checksum": (tar(replace(FILE, checksum=b"\0 ")), "declares none"),
    "an unknown magic": (tar(replace(FILE, magic=b"ustar\x0001")), "unknown format"),
    "an old header with new fields": (tar(replace(FILE, magic=b"", prefix=b"x")), "others for a name"),
    "incremental GNU": (tar(replace(FILE, magic=GNU, prefix=b"14000000000\0")), "GNU tar takes for times"),
    "bytes behind the last field": (tar(replace(FILE, rest=b"tar\0")), "no common format defines"),
    "a size with a sign": (tar(replace(FILE, size=b"-0000000011\0")), "size is no number"),
    "a size in Python's octal": (tar(replace(FILE, size=b"0o000000011\0")), "size is no number"),
    "a size with bytes behind it": (tar(replace(FILE, size=b"00000011\0 77")), "size is no number"),
    "a negative size": (tar(replace(FILE, size=b"\xff" * 12)), "size is no number"),
    "an enormous size": (tar(replace(FILE, size=b"\x80" + b"\xff" * 11)), "size is no number"),
    "a large size": (tar(replace(FILE, size=b"\x80\0\0\0" + b"\x7f" * 8)), "the limit is"),
    "an enormous time": (tar(replace(FILE, mtime=b"\xff\0" + b"\xff" * 10)), "mtime is no number"),
    "a mode of letters": (tar(replace(FILE, mode=b"rw-r--r-")), "mode is no number"),
    "a character device": (tar(replace(FILE, typeflag=b"3", data=b"")), "a character device"),
    "a block device": (tar(replace(FILE, typeflag=b"4", data=b"")), "a block device"),
    "a pipe": (tar(replace(FILE, typeflag=b"6", data=b"")), "a named pipe"),
    "a sparse file": (tar(replace(FILE, typeflag=b"S")), "a sparse file"),
    "a volume": (tar(replace(FILE, typeflag=b"V", data=b"")), "the name of a volume"),
    "an unknown type": (tar(replace(FILE, typeflag=b"Z")), "unknown type 'Z'"),
    "a sparse file of pax": (tar(pax({"GNU.sparse.major": "1"}), FILE), "sparse"),
    "a folder with contents": (tar(replace(FILE, typeflag=b"5")), "only files have contents"),
    "a link with contents": (tar(replace(FILE, typeflag=b"2", linkname=b"b")), "only files have contents"),
    "a file called like a folder": (tar(Block(b"a/")), "the name is a folder's"),
    "an old folder by its long name": (tar(long(b"a/", b"L"), Block(b"a", b"\0", magic=GNU)), "unknown type"),
    "two names": (tar(long(b"b", b"L"), pax({"path": "c"}), FILE), "not alone"),
    "two long names": (tar(long(b"b", b"L"), long(b"c", b"L"), FILE), "two headers of one kind"),
    "two sets of records": (tar(pax({"path": "b"}), pax({"path": "c"}), FILE), "two headers of one kind"),
    "an empty long name": (tar(long(b"", b"L"), FILE), "long name that is empty"),
    "a long name that goes on": (tar(long(b"a\0b", b"L"), FILE), "goes on behind it"),
    "records for nobody": (tar(pax({"path": "b"})), "where a member should follow"),
    "records for all between": (tar(pax({"path": "b"}), pax({"comment": "x"}, b"g"), FILE), "stands between"),
    "a path for all": (tar(pax({"path": "b"}, b"g"), FILE), "path is given to all members"),
    "a size for all": (tar(pax({"size": "9"}, b"g"), FILE), "size is given to all members"),
    "another size": (tar(pax({"size": "512"}), FILE), "readers would go on at different places"),
    "a size where the header has none": (tar(pax({"size": "9"}), replace(FILE, size=b"0" * 11)), "different places"),
    "a size of letters": (tar(pax({"size": "9x"}), FILE), "size is no number"),
    "a size of other digits": (tar(pax({"size": "\u0669"}), FILE), "size is no number"),
    "a time of letters": (tar(pax({"mtime": "soon"}), FILE), "mtime is no time"),
    "a time without an end": (tar(pax({"mtime": "1." + "0" * 999}), FILE), "mtime is no time"),
    "an empty path": (tar(pax({"path": ""}), FILE), "path is empty"),
    "another character set": (tar(pax({"hdrcharset": "ISO-IR 8859 1 1998"}), FILE), "character set"),
    "records for all of nobody": (tar(FILE, pax({"comment": "x"}, b"g")), "where a member should follow"),
    "a device of letters": (tar(replace(FILE, devices=b"sda")), "device is no number"),
    "a long name without an end": (tar(Block(b"x", b"L", data=b"abc", magic=GNU), FILE), "has no NUL at its end"),
    "a record without a length": (tar(pax(b"path=b\n"), FILE), "no true length"),
    "a record that is too long": (tar(pax(b"99 path=b\n"), FILE), "no true length"),
    "a record that is too short": (tar(pax(b"5 path=b\n"), FILE), "no true length"),
    "a record of nothing": (tar(pax(b"2 \n"), FILE), "no true length|no KEY"),
    "a record without a key": (tar(pax(b"5 =b\n"), FILE), "no KEY=VALUE"),
    "a NUL in a key": (tar(pax(b"22 GNU.spars\0.major=1\n"), FILE), "no KEY=VALUE"),
    "a length with a zero": (tar(pax(b"010 path=b\n"), FILE), "no true length"),
    "too many records": (tar(Block(b"x", b"x", data=b" " * ((1 << 20) + 1)), FILE), "1,048,576 are the most"),
    "a name that is not UTF-8": (tar(Block(b"a\xff")), "not UTF-8"),
    "a pax name that is not UTF-8": (tar(pax(b"10 path=\xff\n"), FILE), "not UTF-8"),
    "a NUL in a pax name": (tar(pax({"path": "a\0b"}), FILE), "invisible character"),
    "a link that is not UTF-8": (tar(Block(b"a", b"2", linkname=b"\xff")), "not UTF-8"),
    "an absolute name": (tar(Block(b"/etc/passwd")), "absolute"),
    "a name that leads out": (tar(Block(b"a/../../b")), "leads elsewhere"),
    "dots behind a dot": (tar(Block(b"./../b")), "leads elsewhere"),
    "a backslash": (tar(Block(b"a\\b")), "backslash"),
    "a drive": (tar(Block(b"c:/x")), "colon"),
    "a control character": (tar(Block(b"a\nb")), "invisible character"),
    "no name": (tar(Block(b"")), "empty part"),
    "a device of Windows": (tar(Block(b"a/NUL.txt")), "device"),
    "two files of one name": (tar(FILE, FILE), "two members are called"),
    "two files by case": (tar(Block(b"a/B"), Block(b"a/b")), "case or composition"),
    "two files by composition": (tar(Block("é".encode()), Block("e\u0301".encode())), "case or composition"),
    "two files but for a dot": (tar(Block(b"a"), Block(b"./a")), "two members are called"),
    "a file in a file": (tar(Block(b"a"), Block(b"a/b")), "needs a folder"),
    "a file in a link": (tar(Block(b"a", b"2", linkname=b"b"), Block(b"a/x")), "needs a folder"),
    "a folder and a file": (tar(Block(b"a/", b"5"), Block(b"a")), "needs a folder|case"),
    "a hard link to nothing": (tar(INFO, link("a", "sample-1.0/none", b"1")), "no file that stands before it"),
    "a hard link to itself": (tar(link("a", "sample-1.0/a", b"1")), "no file that stands before it"),
    "a hard link to a later file": (tar(link("b", "sample-1.0/a", b"1"), FILE), "no file that stands before it"),
    "a hard link to a link": (tar(FILE, link("b", "a"), link("c", "sample-1.0/b", b"1")), "no file that stands before"),
    "a hard link to outside": (tar(link("b", "/etc/passwd", b"1")), "no file that stands before it"),
    "a link to outside": (tar(link("a", "../../b")), "leads out of the archive"),
    "a link to the root": (tar(link("a", "/etc/passwd")), "absolute"),
    "a link to nowhere": (tar(link("a", "")), "nothing at all"),
    "a link to a drive": (tar(link("a", "c:/x")), "colon"),
    "a link out by a link": (tar(link("x/d", ".."), link("x/e", "d/../../y")), "leads out of the archive"),
    "a link out by a folder link": (tar(link("a/b/c", "../.."), link("l", "a/b/c/../../out")), "leads out"),
    "a circle": (tar(link("a", "b"), link("b", "a")), "in a circle"),
    "a link to itself": (tar(link("a", "a")), "in a circle"),
    "a circle through a folder": (tar(link("a", "a/b")), "in a circle"),
    "a long way": (tar(*(link(f"l{n}", f"l{n + 1}") for n in range(50)), file("l50")), "more than 40 links"),
    "a long way back": (tar(*(link(f"l{n}", f"l{n - 1}") for n in range(1, 60)), file("l0")), "more than 40 links"),
    "a wide way": (tar(link("d", "."), link("l", "d/" * 41 + "x")), "more than 40 links"),
}


TARS = [data for data, _ in FLAWS.values()]


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaws_are_told(flaw: str) -> None:
    data, message = FLAWS[flaw]
    with pytest.raises((SdistError, LimitError), match=message) as caught:
        read_tar(data)
    where = caught.value.where
    assert where.offset is not None
    assert 0 <= where.offset <= len(data)


def test_a_record_that_is_there_twice() -> None:
    with pytest.raises(SdistError, match="there twice"):
        read_tar(tar(pax(b"9 path=b\n" * 2), FILE))


def test_names_stand_in_the_error() -> None:
    data = tar(INFO, Block(b"sample-1.0/sub/pipe", b"6"))
    with pytest.raises(SdistError) as caught:
        read_tar(data)
    assert str(caught.value) == (
        "sample-1.0/sub/pipe: offset 0x400: the member is a named pipe; files, links and folders are understood"
    )


def test_a_link_that_is_too_long() -> None:
    deep = pax({"linkpath": "/".join(["x"] * 102)})
    with pytest.raises(SdistError, match="too many folders"):
        read_tar(tar(deep, link("l", "cut")))
    with pytest.raises(SdistError, match="too long"):
        read_tar(tar(pax({"linkpath": "x" * 1025}), link("l", "cut")))


def test_links_that_lead_nowhere_pass() -> None:
    found = read_tar(tar(FILE, link("l", "none/of/these"), link("m", "a/../b"), link("d", "."), link("e", "d/d/a")))
    assert [member.link for member in found.members[1:]] == ["none/of/these", "a/../b", ".", "d/d/a"]


@pytest.mark.parametrize(
    ("limits", "data", "message"),
    [
        (Limits(members=2), tar(INFO, FILE, file("b")), "the limit is 2"),
        (Limits(members=2), tar(pax({"comment": "1"}, b"g"), pax({"comment": "1"}, b"g"), FILE), "the limit is 2"),
        (Limits(member_size=8), tar(FILE), "the limit is 8"),
        (Limits(total_size=17), tar(FILE, file("b", b"123456789")), "the limit is 17"),
        (Limits(name_length=10), tar(FILE), "the limit is 10"),
        (Limits(depth=1), tar(Block(b"a/b/c")), "the limit is 1"),
        (
            Limits(total_ratio=2, total_ratio_from=0),
            tar(file("a", bytes(9999)), *(link(f"l{n}", "sample-1.0/a", b"1") for n in range(9))),
            "hard links make 99,990 bytes",
        ),
    ],
)
def test_limits(limits: Limits, data: bytes, message: str) -> None:
    with pytest.raises(LimitError, match=message):
        read_tar(data, limits)


def test_many_members_take_no_long_time() -> None:
    data = tar(*(file(f"{n}") for n in range(20_000)))
    before = process_time()
    assert len(read_tar(data).members) == 20_000
    assert process_time() - before < ENOUGH


def test_many_links_take_no_long_time() -> None:
    """Every link through every other one, and deep targets."""
    links = [link(f"l{n}", "./" * 40 + f"l{n - 1 if n % 38 else 'none'}") for n in range(1, 8_000)]
    data = tar(*links)
    before = process_time()
    assert len(read_tar(data).members) == 7_999
    assert process_time() - before < ENOUGH


def test_records_upon_records_take_no_long_time() -> None:
    shared = [pax({f"key{n}": "x" * 400}, b"g") for n in range(4_000)]
    data = tar(*shared, INFO, *(file(f"{n}") for n in range(4_000)))
    before = process_time()
    assert len(read_tar(data).records) == 4_000
    assert process_time() - before < ENOUGH


def test_a_zip_is_no_tar() -> None:
    with pytest.raises(SdistError):
        read_tar(b"PK\3\4" + bytes(2000))
