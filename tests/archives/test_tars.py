"""Tars of other people's: hard links, members with holes, those from before the standard, and what is no file."""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.archives.made import TREE, seen, tar_of
from tests.sdist.tars import Block, long, pax, record, tar
from truewheel.archives import Archive, read_archive
from truewheel.archives.tars import is_tar
from truewheel.errors import ArchiveError, LimitError, TruewheelError
from truewheel.wheel import Limits

A = Block(b"a", mode=b"0000755\0", data=b"contents")
OLD = Block(b"a", magic=b"", typeflag=b"\0", data=b"contents")


def opened(*blocks: Block | bytes, limits: Limits | None = None) -> Archive:
    found = read_archive(tar(*blocks), "tool.tar", limits)
    assert found is not None
    return found


def hard(name: bytes, target: bytes) -> Block:
    return Block(name, b"1", linkname=target)


# --- known by the first bytes --------------------------------------------------------------------------------
def test_a_tar_from_before_the_standard() -> None:
    assert seen(opened(OLD)) == {"a": (b"contents", False)}
    assert read_archive(tar(replace(OLD, checksum=b"000000")), "tool") is None
    assert not is_tar(OLD.encode()[:511])
    assert is_tar(tar_of(TREE)[:262])


# --- hard links ----------------------------------------------------------------------------------------------
def test_hard_links() -> None:
    found = opened(A, hard(b"d/b", b"a"), hard(b"./c", b"./d/b"))
    assert seen(found) == dict.fromkeys(["a", "c", "d/b"], (b"contents", True))
    assert found.by_name["c"].content is found.by_name["a"].content
    assert found.by_name["d/b"].offset == 1024


def test_a_hard_link_to_a_link_is_that_link_elsewhere() -> None:
    found = opened(A, Block(b"l", b"2", linkname=b"a"), hard(b"m", b"l"), hard(b"d/m", b"l"))
    assert list(seen(found)) == ["a", "l", "m"]
    assert [one.name for one in found.unusable] == ["d/m"]


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        ([hard(b"b", b"a"), A], "b: offset 0x0: the hard link leads to 'a', which is no file that stands before it"),
        ([A, hard(b"b", b"d/a")], "the hard link leads to 'd/a'"),
        ([A, hard(b"b", b"/a")], "/a: offset 0x400: the name is absolute"),
        ([A, hard(b"b", b"../a")], "has the part '..'"),
        ([A, hard(b"b", b"b")], "the hard link leads to 'b'"),
        ([A, Block(b"d/", b"5"), hard(b"b", b"d")], "the hard link leads to 'd'"),
    ],
)
def test_hard_links_that_lead_nowhere(blocks: list[Block], what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        opened(*blocks)


# --- no files ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("block", "what"),
    [
        (Block(b"x", b"3"), "x: offset 0x400: the member is a character device"),
        (Block(b"x", b"4"), "a block device"),
        (Block(b"x", b"6"), "a named pipe"),
        (Block(b"x", b"S"), "a sparse file"),
        (Block(b"x", b"V"), "the name of a volume"),
        (Block(b"x", b"Z"), "of the unknown type 'Z'"),
        (Block(b"x", b"2"), ""),
        (Block(b"x", size=b"zzz\0"), "the size is no number"),
        (Block(b"x", data=b"y", size=b"00000077777\0"), "32,767 bytes, 1,[0-9]+ are left of the tar"),
        (replace(A, checksum=b"0"), "the checksum of the header"),
    ],
)
def test_what_is_no_file_link_or_folder(block: Block, what: str) -> None:
    if not what:
        assert opened(A, block).unusable[0].why == "it doesn't say where it leads"
        return
    with pytest.raises(ArchiveError, match=what):
        opened(A, block)


@pytest.mark.parametrize("end", [b"", bytes(512), bytes(1024) + b"more" * 128])
def test_another_end(end: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"the tar (has no end|ends with one block|goes on behind its end)"):
        read_archive(tar(A, end=end), "tool.tar")


def test_names_that_only_we_look_at_are_bounded_too() -> None:
    with pytest.raises(LimitError, match="the name has 2,000 bytes; the limit is 1,024"):
        opened(A, long(b"x" * 2000, b"K"), Block(b"b", b"1", magic=b"ustar  \0"))
    with pytest.raises(LimitError, match="the name has 2,000 bytes; the limit is 1,024"):
        opened(*holed(0, name="x" * 2000))


def test_targets_of_links() -> None:
    found = opened(A, Block(b"l", b"2", linkname=b"\xff"), Block(b"m", b"2", linkname=b"a\nb"))
    assert [one.why for one in found.unusable] == [
        r"it leads to '\\xff', which isn't in the archive",
        r"it leads to 'a\nb', which isn't in the archive",
    ]
    with pytest.raises(LimitError, match="the link's target has 2,000 bytes"):
        opened(A, long(b"x" * 2000, b"K"), Block(b"l", b"2", magic=b"ustar  \0"))


# --- holes ---------------------------------------------------------------------------------------------------
def holed(size: int, *pieces: tuple[int, bytes], table: str | None = None, **records: str) -> list[Block]:
    """A sparse member as libarchive writes it."""
    facts = {"major": "1", "minor": "0", "name": "d/tool", "realsize": str(size)} | records
    told = {f"GNU.sparse.{key}": value for key, value in facts.items() if value}
    numbers = [len(pieces), *(number for offset, data in pieces for number in (offset, len(data)))]
    text = ("".join(f"{number}\n" for number in numbers) if table is None else table).encode()
    data = text + bytes(-len(text) % 512) + b"".join(data for _, data in pieces)
    return [pax(told), Block(b"d/GNUSparseFile.0/tool", mode=b"0000755\0", data=data)]


@pytest.mark.parametrize(
    ("size", "pieces"),
    [
        (0, []),
        (5000, []),
        (5000, [(0, b"start")]),
        (5000, [(4990, b"0123456789")]),
        (5000, [(0, b"a" * 600), (1000, b"b"), (1001, b"c"), (5000, b"")]),
    ],
)
def test_members_with_holes(size: int, pieces: list[tuple[int, bytes]]) -> None:
    expected = bytearray(size)
    for offset, data in pieces:
        expected[offset : offset + len(data)] = data
    found = opened(A, *holed(size, *pieces), hard(b"twin", b"d/tool"))
    assert seen(found)["d/tool"] == seen(found)["twin"] == (bytes(expected), True)
    for count in (0, 3, 601, 1000, 1001, 6000):
        assert found.by_name["d/tool"].head(count) == expected[:count]
    with tarfile.open(fileobj=io.BytesIO(tar(*holed(size, *pieces)))) as theirs:
        (info,) = theirs
        assert info.name == "d/tool"
        contents = theirs.extractfile(info)
        assert contents is not None
        assert contents.read() == expected


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        (holed(10, (0, b"x"), major="0"), "in another way than version 1.0"),
        (holed(10, (0, b"x"), minor="1"), "in another way than version 1.0"),
        (holed(10, (0, b"x"), realsize=""), "in another way than version 1.0"),
        (holed(10, (0, b"x"), realsize="-1"), "in another way than version 1.0"),
        (holed(10, (0, b"x"), realsize="9" * 19), "in another way than version 1.0"),
        (holed(10, (9, b"xx")), "the pieces of the sparse member overlap, or reach beyond its 10 bytes"),
        (holed(10, (11, b"")), "overlap, or reach beyond"),
        (holed(10, (5, b"x"), (4, b"y")), "overlap, or reach beyond"),
        (holed(10, (4, b"xx"), (5, b"y")), "overlap, or reach beyond"),
        (holed(10, (0, b"x"), table="1\n0\n2\n"), "isn't one of its contents"),
        (holed(10, (0, b"x"), table="0\n"), "isn't one of its contents"),
        (holed(10, (0, b"x"), table="1\n0\n"), "has no sound list of its pieces"),
        (holed(10, (0, b"x"), table=""), "has no sound list of its pieces"),
        (holed(10, (0, b"x"), table="-1\n"), "has no sound list of its pieces"),
        (holed(10, (0, b"x"), table="9999999999\n"), "has no sound list of its pieces"),
        (holed(10, (0, b"x"), table="1" * 19 + "\n"), "has no sound list of its pieces"),
        (holed(10, (0, b"x"), name="../tool"), "has the part '..'"),
        ([holed(10)[0], Block(b"l", b"2", linkname=b"a")], "in another way than version 1.0"),
        ([holed(10)[0], Block(b"l/", b"5")], "in another way than version 1.0"),
        ([pax(record("GNU.sparse.major", "1"), b"g"), A], "sparse"),
        ([pax({"SCHILY.realsize": "9"}), A], "sparse"),
    ],
)
def test_holes_that_make_no_sense(blocks: list[Block], what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        opened(*blocks)


def test_a_list_of_pieces_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.archives.sparse._MOST_PIECES", 5)
    opened(*holed(100, *((at, b"x") for at in range(5))))
    with pytest.raises(ArchiveError, match="no sound list"):
        opened(*holed(100, *((at, b"x") for at in range(6))))


def test_a_bomb_of_holes() -> None:
    opened(*holed(64 << 20))
    with pytest.raises(LimitError, match="hold files of 104,857,600 bytes, a ratio of"):
        opened(*holed(100 << 20))
    with pytest.raises(LimitError, match="the limit is 4,294,967,296"):
        opened(*holed(10**18 - 1))


def test_holes_that_do_not_fit_into_memory() -> None:
    limits = Limits(member_size=10**18, total_size=10**18, total_ratio=10**18)
    found = opened(*holed(10**17), limits=limits)
    with pytest.raises(LimitError, match=r"d/tool: a member of 100,000,000,000,000,000 bytes doesn't fit"):
        found.by_name["d/tool"].read()
    assert found.by_name["d/tool"].head(3) == bytes(3)


@given(st.integers(0, 3000), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=90)), max_size=5), st.data())
def test_any_holes(tail: int, gaps: list[tuple[int, bytes]], data: st.DataObject) -> None:
    """As Python's tarfile sees them; and a list that is damaged is refused, or says something else."""
    at, pieces = 0, list[tuple[int, bytes]]()
    for gap, piece in gaps:
        pieces.append((at + gap, piece))
        at += gap + len(piece)
    blocks = holed(at + tail, *pieces)
    packed = tar(*blocks)
    with tarfile.open(fileobj=io.BytesIO(packed)) as theirs:
        contents = theirs.extractfile("d/tool")
        assert contents is not None
        assert seen(read_archive(packed, "x"))["d/tool"][0] == contents.read()
    place = packed.index(blocks[1].data) + data.draw(st.integers(0, 20))
    put = data.draw(st.sampled_from(b"0123456789\n-x"))
    with suppress(TruewheelError):
        seen(read_archive(packed[:place] + bytes([put]) + packed[place + 1 :], "x"))
