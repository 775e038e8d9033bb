"""The canonical source distribution: one sequence of bytes per meaning, which is what Python's tarfile writes."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.sdist.tars import (
    FILE,
    INFO,
    NAME,
    PKG_INFO,
    Block,
    by_tarfile,
    canonical_by_tarfile,
    file,
    link,
    long,
    packed,
    pax,
    sdist,
    tar,
)
from tests.strategies.archives import members
from truewheel.errors import LimitError, SdistError
from truewheel.sdist import Member, Sdist, SdistName, Slice, canonical_sdist, differences, read, write
from truewheel.sdist.canonical import stamp
from truewheel.sdist.tarwriter import headers
from truewheel.wheel import Bytes

LONG = f"sample-1.0/{'d' * 200}/x"
TRICKY = {
    "sample-1.0/PKG-INFO": (PKG_INFO, False, ""),
    "sample-1.0/run": (b"#!/bin/sh\n", True, ""),
    "sample-1.0/Zebra": (b"z" * 512, False, ""),
    "sample-1.0/a-b": (b"", False, ""),
    "sample-1.0/a/b": (b"y" * 513, False, ""),
    "sample-1.0/é": (b"letters", False, ""),
    "sample-1.0/\U0001f600": (b"beyond", True, ""),
    "sample-1.0/\uff5a": (b"before it in UTF-16, behind it in UTF-8", False, ""),
    f"sample-1.0/{'n' * 89}": (b"100 bytes", False, ""),
    f"sample-1.0/{'o' * 90}": (b"101 bytes", False, ""),
    LONG: (b"long", False, ""),
    "sample-1.0/link": (b"", False, "a/b"),
    "sample-1.0/far": (b"", False, f"{'d' * 200}/x"),
    "sample-1.0/accent": (b"", False, "é"),
}


def value(files: dict[str, tuple[bytes, bool, str]]) -> Sdist:
    return Sdist(NAME, tuple(Member(name, runs, Bytes(data), leads) for name, (data, runs, leads) in files.items()))


def written(value: Sdist, timestamp: int | None = None) -> bytes:
    target = io.BytesIO()
    done = write(value, target, timestamp=timestamp)
    assert done.size == len(target.getvalue())
    assert done.members == len(value.members)
    return target.getvalue()


def test_the_tar_is_pythons() -> None:
    data = gzip.decompress(written(value(TRICKY)))
    assert data == canonical_by_tarfile((name, *rest) for name, rest in TRICKY.items())
    assert len(data) % 10240 == 0


def test_the_order_of_members_counts_for_nothing() -> None:
    backwards = dict(reversed(TRICKY.items()))
    assert written(value(backwards)) == written(value(TRICKY))


def test_it_is_read_as_the_same_and_written_as_the_same() -> None:
    first = written(value(TRICKY))
    found = read(first, NAME)
    assert found == value(TRICKY)
    assert written(found) == first
    assert differences(found) == ()


@given(
    members(),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.one_of(st.none(), st.integers(0, 1 << 34)),
)
@example({}, [False] * 6, 0)
def test_write_then_read(files: dict[str, bytes], executable: list[bool], timestamp: int | None) -> None:
    named = {name.replace("sample/", "sample-1.0/sub/", 1): data for name, data in files.items()}
    made = value(
        {"sample-1.0/PKG-INFO": (PKG_INFO, False, "")}
        | {name: (data, runs, "") for (name, data), runs in zip(named.items(), executable, strict=False)}
    )
    first = written(made, timestamp)
    found = read(first, NAME)
    assert found == made
    assert written(found, timestamp) == first
    assert differences(found, timestamp=timestamp) == ()
    assert gzip.decompress(first) == canonical_by_tarfile(
        ((m.name, bytes(m.read()), m.executable, m.link) for m in made), stamp(timestamp)
    )


def test_all_that_has_no_meaning_goes() -> None:
    """A tar of GNU's with folders, owners, times, odd modes and hard links, and one in pax: the same bytes."""
    odd = {"uid": b"0001750\0", "uname": b"me", "mtime": b"14654250000\0"}
    gnu = sdist(
        Block(b"sample-1.0/", b"5"), Block(b"sample-1.0/empty/", b"5"), file("z", b"1", mode=b"0000600\0", **odd),
        long(LONG.encode(), b"L"), replace(FILE, mode=b"0100664\0", magic=b"ustar  \0"),
        file("run", b"#!", mode=b"0000744\0"), link("twin", "sample-1.0/run", b"1"),
    )  # fmt: skip
    files = {"sample-1.0/twin!": b"#!", "sample-1.0/PKG-INFO": PKG_INFO, "sample-1.0/run!": b"#!", LONG: b"contents\n"}
    plain = gzip.compress(by_tarfile({**files, "sample-1.0/z": b"1"}))
    assert written(read(gnu, NAME)) == written(read(plain, NAME))


def test_the_value_in_canonical_form() -> None:
    found = canonical_sdist(read(sdist(pax({"comment": "x"}, b"g"), file("z"), Block(b"sample-1.0/d/", b"5")), NAME))
    assert [member.name for member in found] == ["sample-1.0/PKG-INFO", "sample-1.0/z"]
    assert (found.directories, found.records, found.gzip, found.tar_size) == ((), (), None, None)
    assert canonical_sdist(found) == found


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(None, 315532800), (0, 315532800), (1_700_000_001, 1_700_000_001), (1 << 40, 4354819198)],
)
def test_times(timestamp: int | None, expected: int) -> None:
    assert stamp(timestamp) == expected
    found = read(written(value(TRICKY), timestamp), NAME)
    assert {member.stored[7] for member in found if member.stored} == {expected}


def test_sizes_that_ustar_cannot_say() -> None:
    class Endless:
        """Contents of more than 8 GiB, without them."""

        size = 8 << 30

        def read(self) -> bytes:
            raise NotImplementedError

        def head(self, count: int) -> bytes:
            return bytes(count)

    block = headers(Member("a", executable=False, content=Endless()), 0)
    assert b"19 size=8589934592\n" in block[512:1024]
    assert block[1024 + 124 :][:12] == b"00000000000\0"
    last = headers(Member("a", executable=False, content=Slice(b"", 0, (8 << 30) - 1)), 0)
    assert last[124:136] == b"77777777777\0"


def test_what_is_unsound_is_not_written() -> None:
    target = io.BytesIO()
    for files in ({}, {"a": (b"", False, "")}, TRICKY | {"sample-1.0/../a": (b"", False, "")}):
        with pytest.raises(SdistError):
            write(value(files), target)
    assert target.getvalue() == b""


class Enormous:
    """Contents that no memory holds."""

    size = 1 << 40

    def read(self) -> bytes:
        raise MemoryError

    def head(self, count: int) -> bytes:
        return bytes(count)


def test_what_memory_does_not_hold_is_told() -> None:
    made = value({"sample-1.0/PKG-INFO": (PKG_INFO, False, "")})
    large = replace(made, members=(*made.members, Member("sample-1.0/a", executable=False, content=Enormous())))
    with pytest.raises(LimitError, match="1,099,511,627,824 bytes together"):
        write(large, io.BytesIO())


DIFFERENCES = {
    "entries for folders: 1": sdist(Block(b"sample-1.0/", b"5")),
    "pax records about all members: comment": sdist(pax({"comment": "x"}, b"g"), FILE),
    "members in another order": sdist(file("B")),
    "hard links: 1 member (sample-1.0/b)": sdist(FILE, link("b", "sample-1.0/a", b"1")),
    "another format than pax: 1 member (sample-1.0/a)": sdist(replace(FILE, magic=b"ustar  \0")),
    "other modes: 1 member (sample-1.0/a)": sdist(replace(FILE, mode=b"0000664\0")),
    "an owner: 1 member (sample-1.0/a)": sdist(replace(FILE, uname=b"root")),
    "other fields of the header: 1 member (sample-1.0/a)": sdist(
        pax({"atime": "1"}), file("a", mtime=b"%011o\0" % 315532800)
    ),
    "another time than 1980-01-01 00:00:00: 2 members (sample-1.0/PKG-INFO, sample-1.0/a)": sdist(FILE),
    "another time than 1980-01-01 00:00:00: 5 members (sample-1.0/PKG-INFO, sample-1.0/a, sample-1.0/b, …)": sdist(
        FILE, file("b"), file("c"), file("d")
    ),
    "another number of zeros at the end than it takes to fill 10,240 bytes": sdist(end=bytes(10240)),
    "a time in the gzip header: 2023-11-14 22:13:20": packed(tar(INFO), "1f8b0800 00f15365 00ff"),
    "other fields of the gzip header (OS 3, XFL 2)": packed(tar(INFO), "1f8b0800 00000000 0203"),
    "zeros behind the gzip stream: 3": sdist() + bytes(3),
}


@pytest.mark.parametrize("words", DIFFERENCES)
def test_differences_are_told(words: str) -> None:
    found = read(DIFFERENCES[words], NAME)
    assert words in differences(found)


def test_each_difference_is_told_for_its_own_reason() -> None:
    """Of an archive that is canonical but for one field, one thing is told."""
    tarred = canonical_by_tarfile([("sample-1.0/PKG-INFO", PKG_INFO, False, "")])
    stream = written(read(gzip.compress(tarred), NAME))
    assert differences(read(stream, NAME)) == ()
    assert differences(read(stream, NAME), timestamp=315532801) == (
        "another time than 1980-01-01 00:00:01: 1 member (sample-1.0/PKG-INFO)",
    )
    assert differences(read(packed(tarred, "1f8b0808 00000000 00ff 782e74617200"), NAME)) == (
        "a name or comment in the gzip header: x.tar",
    )
    dirty = tarred[:1000] + b"x" + tarred[1001:]
    assert differences(read(packed(dirty), NAME)) == ("other fields of the header: 1 member (sample-1.0/PKG-INFO)",)


def test_a_member_that_was_put_in_has_no_differences() -> None:
    found = read(sdist(FILE), NAME)
    more = replace(found, members=(*found.members, Member("sample-1.0/b", executable=False, content=Bytes(b""))))
    assert differences(more) == differences(found)


def test_what_comes_from_no_archive_has_no_differences() -> None:
    assert differences(value({"sample-1.0/PKG-INFO": (PKG_INFO, False, "")})) == ()
    zipped = replace(value(TRICKY), name=SdistName.parse("sample-1.0.zip"))
    assert differences(zipped) == ("a zip, not a .tar.gz",)
    assert str(canonical_sdist(zipped).name) == "sample-1.0.tar.gz"
