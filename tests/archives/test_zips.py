"""Zips of other people's: what their tools write is read, what could be read in two ways is refused."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest

from tests.archives.made import SEEN, TREE, File, Tree, seen, zip_of
from tests.wheel.rawzip import End, Part, build
from truewheel.archives import read_archive
from truewheel.errors import ArchiveError, LimitError, WheelError
from truewheel.wheel import Limits

A = Part(b"a", mode=0o100755)
SECOND = "é".encode()


def second_name(name: bytes, told: bytes, version: int = 1) -> bytes:
    """The extra field that says a name in Unicode (APPNOTE 4.6.9)."""
    data = bytes([version]) + zlib.crc32(name).to_bytes(4, "little") + told
    return b"\x75\x70" + len(data).to_bytes(2, "little") + data


def names(*parts: Part, end: End | None = None) -> list[str]:
    return list(seen(read_archive(build(parts, end).data, "tool.zip")))


# --- read ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("comment", [b"", b"0123456789abcdef" * 3, b"PK", b"PK\5\6" + bytes(30), b"x" * 65_535])
def test_a_comment_of_the_archive(comment: bytes) -> None:
    assert seen(read_archive(zip_of(TREE, comment=comment), "tool.zip")) == SEEN


def test_comments_of_members() -> None:
    assert names(replace(A, comment=b"of a"), Part(b"b"), Part(b"c", comment=b"of c")) == ["a", "b", "c"]


@pytest.mark.parametrize("system", [3, 19])
def test_names_that_unix_tools_leave_unmarked(system: int) -> None:
    part = Part(SECOND, system=system)
    extra = second_name(SECOND, SECOND)
    assert names(A, part) == ["a", "é"]
    assert names(A, replace(part, extra=extra, local_extra=extra)) == ["a", "é"]
    assert names(A, replace(part, extra=extra, local_extra=extra, flags=0x800)) == ["a", "é"]
    assert names(A, Part("e\u0301".encode(), system=system)) == ["a", "e\u0301"]


@pytest.mark.parametrize("system", [0, 3, 10, 19])
def test_where_modes_are_meant(system: int) -> None:
    found = read_archive(build([replace(A, system=system), Part(b"b", system=system)]).data, "tool.zip")
    assert found is not None
    assert found.modes is (system in {3, 19})
    assert [item.executable for item in found] == [system in {3, 19}, False]


def test_git_calls_only_programs_unix() -> None:
    found = read_archive(build([A, Part(b"b", system=0, mode=0)]).data, "tool.zip")
    assert found is not None
    assert found.modes
    assert [item.executable for item in found] == [True, False]


def test_what_archivers_of_java_write() -> None:
    parts = [
        Part(b"META-INF/", b"", method=0, mode=0xFFFF, dos=0x10),
        Part(b"a", mode=0xFFFF, local_extract=10),
        Part(b"b", mode=0o100755),
    ]
    found = read_archive(build(parts).data, "tool.jar")
    assert found is not None
    assert [(item.name, item.executable) for item in found] == [("a", False), ("b", True)]


def test_folders_and_links() -> None:
    parts = [
        Part(b"d/", b"", method=0, mode=0o40755, dos=0x10),
        Part(b"e/", b"", method=0, mode=0),
        Part(b"f/", b"", method=0, mode=0o40755, system=0),
        A,
        Part(b"d/l", b"../a", mode=0o120777),
        Part(b"d/m", b"../a", mode=0o120777, system=19, method=0),
    ]
    assert names(*parts) == ["a", "d/l", "d/m"]


def test_offsets_are_those_of_the_members() -> None:
    built = build([A, Part(b"l", b"a", mode=0o120777), Part(b"m", b"x", mode=0o120777)])
    found = read_archive(built.data, "tool.zip")
    assert found is not None
    assert [item.offset for item in found] == [built.local[0], built.local[1]]
    assert found.unusable[0].offset == built.local[2]


def test_damage_is_found_when_a_member_is_read() -> None:
    built = build([A, Part(b"b", b"contents", method=0)])
    found = read_archive(built.data.replace(b"contents", b"content!"), "tool.zip")
    assert found is not None
    with pytest.raises(WheelError, match=r"b: the CRC-32 of the bytes is \w+, the archive declares"):
        found.by_name["b"].read()
    cut = read_archive(build([A, Part(b"b", raw=b"\x07\0\0", packed=3)]).data, "tool.zip")
    assert cut is not None
    with pytest.raises(WheelError, match="b: the deflate stream is damaged"):
        cut.by_name["b"].head(4)


# --- refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ([Part(b"\x82", system=3)], "not marked as UTF-8"),
        ([Part(SECOND, system=0)], "not marked as UTF-8"),
        ([Part(SECOND, flags=0x800, extra=second_name(SECOND, b"other"))], "a second name in Unicode, is not allowed"),
        ([Part(b"a", local_extra=second_name(b"a", b"b"))], "a second name in Unicode, is not allowed"),
        ([Part(b"a", extra=second_name(b"b", b"a"))], "a second name in Unicode, is not allowed"),
        ([Part(b"a", extra=second_name(b"a", b"a", version=2))], "a second name in Unicode, is not allowed"),
        ([Part(b"a", extra=b"\x75\x63\x01\0x")], "a second comment in Unicode, is not allowed"),
        ([Part(b"\xff", flags=0x800)], "the name is not UTF-8: byte 0xff at 0"),
        ([Part(b"a", flags=1)], "the member is encrypted"),
        ([Part(b"a", method=12)], r"compression method 12 \(bzip2\); members are stored"),
        ([Part(b"a", mode=0o60644)], "the member is a block device"),
        ([Part(b"a", mode=0o20644)], "the member is a character device"),
        ([Part(b"a", mode=0o10644)], "the member is a named pipe"),
        ([Part(b"a", mode=0o140644)], "of the unknown type 0o140000"),
        ([Part(b"a", mode=0o10644, system=0)], "the member is a named pipe"),
        ([Part(b"a", mode=0o40755)], "a folder or volume, without a slash"),
        ([Part(b"a", mode=0, dos=0x10)], "a folder or volume, without a slash"),
        ([Part(b"a", mode=0, dos=0x08)], "a folder or volume, without a slash"),
        ([Part(b"a/", mode=0o40755)], "the name is a folder's, the member isn't"),
        ([Part(b"a/", b"", method=0)], "the name is a folder's, the member isn't"),
        ([Part(b"a/", b"x", mode=0o120777)], "the name is a folder's, the member isn't"),
        ([Part(b"a", b"b", mode=0o120777, system=0)], "a link, which only zips made on Unix have"),
        ([Part(b"a", b"b", mode=0o120777, crc=1)], "CRC-32"),
        ([Part(b"a"), Part(b"b", before=b"gap")], "belong to no member"),
        ([Part(b"a", local_name=b"b")], "the local header calls the member 'b'"),
        ([], "the archive has no members"),
    ],
)
def test_what_is_refused(parts: list[Part], what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        read_archive(build(parts).data, "tool.zip")


def test_two_ends_that_could_be_meant() -> None:
    inner = build([Part(b"inner")]).data
    whole = build([A], End(comment=inner)).data
    with pytest.raises(ArchiveError, match="two end records that could be meant"):
        read_archive(whole, "tool.zip")


@pytest.mark.parametrize("end", [End(comment=b"x", comment_length=2), End(comment=b"xx", comment_length=1)])
def test_a_comment_of_another_length(end: End) -> None:
    with pytest.raises(ArchiveError, match="the end record declares a comment"):
        read_archive(build([A], end).data, "tool.zip")


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_truncated(cut: int) -> None:
    data = zip_of(TREE)
    with pytest.raises(ArchiveError):
        read_archive(data[:-cut], "tool.zip")
    with pytest.raises(ArchiveError):
        read_archive(data[: len(data) * cut // 60], "tool.zip")


def test_the_target_of_a_link_that_is_too_long() -> None:
    part = Part(b"l", b"x" * 2000, mode=0o120777)
    with pytest.raises(LimitError, match=r"the link's target has 2,000 bytes; the limit is 1,024"):
        read_archive(build([A, part]).data, "tool.zip")


def test_a_bomb() -> None:
    tree: Tree = {str(number): File(bytes(1 << 20)) for number in range(4)}
    with pytest.raises(LimitError, match="a ratio of"):
        read_archive(zip_of(tree), "bomb.zip", Limits(total_ratio_from=1 << 20))


def test_a_wheel_is_as_strict_as_ever() -> None:
    """What is new here is for archives of others."""
    from truewheel.wheel import read_zip  # noqa: PLC0415

    for data in (
        zip_of(TREE, comment=b"x"),
        build([replace(A, comment=b"x")]).data,
        build([Part(SECOND)]).data,
        build([Part(b"a", local_extract=10)]).data,
        build([Part(b"a/", b"", method=0, mode=0xFFFF), Part(b"a/b")]).data,
        build([Part(b"a", extra=second_name(b"a", b"a"))]).data,
    ):
        with pytest.raises(WheelError):
            read_zip(data)
