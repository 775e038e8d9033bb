"""Debian packages: which part is taken, and what is refused."""

from __future__ import annotations

import gzip
import lzma

import pytest

from tests.archives.made import PACKINGS, SEEN, TREE, File, Link, Tree, ar_of, deb_of, seen, tar_of
from truewheel.archives import read_archive
from truewheel.errors import ArchiveError, LimitError
from truewheel.wheel import Limits

VERSION = (b"debian-binary", b"2.0\n")
CONTROL = (b"control.tar.xz", lzma.compress(tar_of({"./control": File(b"Package: tool\n")})))
TAR = tar_of(TREE)
END = len(TAR) - len(TAR.rstrip(b"\0"))
DATA = (b"data.tar.xz", lzma.compress(tar_of(TREE)))


@pytest.mark.parametrize(
    "parts",
    [
        [VERSION, CONTROL, DATA],
        [(b"debian-binary/", b"2.1\nmore"), (b"control.tar/", b""), (b"data.tar.xz/", DATA[1])],
        [VERSION, (b"_first", b"odd"), CONTROL, (b"_second", b""), DATA, (b"_gpgorigin", b"signature")],
        [VERSION, CONTROL, DATA, (b"another", b"thing"), (b"data.tar.gz", b"no")],
    ],
)
def test_the_data_is_taken(parts: list[tuple[bytes, bytes]]) -> None:
    found = read_archive(ar_of(parts), "tool.deb")
    assert seen(found) == SEEN
    assert found is not None
    assert found.form == "deb"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ([(b"debian-binary", b"3.0\n"), CONTROL, DATA], r"is of version b'3'; version 2 is understood"),
        ([(b"debian-binary", b"20.0\n"), CONTROL, DATA], r"is of version b'20'; version 2 is understood"),
        ([(b"debian-binary", b""), CONTROL, DATA], "is of version b''"),
        ([VERSION], "ends before its control.tar"),
        ([VERSION, CONTROL], "ends before its data.tar"),
        ([VERSION, DATA, CONTROL], "has 'data.tar.xz' where its control.tar should be"),
        ([VERSION, CONTROL, (b"data", b"")], "has 'data' where its data.tar should be"),
        ([VERSION, CONTROL, (b"data.tarot", b"")], "has 'data.tarot' where its data.tar should be"),
        ([VERSION, CONTROL, (b"data.tar.lzma", b"\x5d\0\0\x80\0" + bytes(20))], "is compressed in a way that isn't"),
        ([VERSION, CONTROL, (b"data.tar", b"")], "is compressed in a way that isn't understood"),
        ([VERSION, CONTROL, (b"data.tar.xz", DATA[1][:-9])], "data.tar.xz: offset .*: the xz stream breaks off"),
        ([VERSION, CONTROL, (b"data.tar.gz", gzip.compress(b"text" * 200))], "no tar is in it"),
        ([VERSION, CONTROL, (b"data.tar.gz", gzip.compress(TAR) + b"x")], "data.tar.gz: offset"),
        ([VERSION, CONTROL, (b"data.tar", TAR[:-END])], "the tar has no end"),
    ],
)
def test_what_is_refused(parts: list[tuple[bytes, bytes]], what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        read_archive(ar_of(parts), "tool.deb")


@pytest.mark.parametrize("packing", PACKINGS)
def test_truncated(packing: str) -> None:
    data = deb_of(TREE, packing)
    for length in range(68, len(data) - 1024 * (packing == "tar"), 61):
        with pytest.raises(ArchiveError):
            read_archive(data[:length], "tool.deb")


@pytest.mark.parametrize(("at", "put"), [(66, b"x"), (67, b"x"), (56, b"-1"), (56, b"9999999999"), (56, b"  ")])
def test_headers_that_are_none(at: int, put: bytes) -> None:
    data = bytearray(ar_of([VERSION, CONTROL, DATA]))
    data[at : at + len(put)] = put
    with pytest.raises(ArchiveError, match=r"isn't one \(ar|declares 9,999,999,999 bytes"):
        read_archive(bytes(data), "tool.deb")


def test_links_mean_places_below_the_root() -> None:
    tree: Tree = {
        "./usr/lib/tool/run": File(b"\x7fELF", executable=True),
        "./usr/bin/tool": Link("/usr/lib/tool/run"),
        "./usr/bin/X11": Link("."),
        "./usr/share/out": Link("../../../../../usr/lib/tool/run"),
        "./lib/needed": Link("/lib/x86_64-linux-gnu/libc.so.6"),
    }
    found = read_archive(deb_of(tree), "tool.deb")
    assert set(seen(found)) == {"usr/lib/tool/run", "usr/bin/tool", "usr/share/out"}
    assert found is not None
    assert [one.name for one in found.unusable] == ["lib/needed", "usr/bin/X11"]
    assert found.by_name["usr/bin/tool"].executable


def test_limits_name_the_part() -> None:
    with pytest.raises(LimitError, match=r"data\.tar\.xz: .*the xz stream holds") as caught:
        read_archive(deb_of({"a": File(bytes(100_000))}), "tool.deb", Limits(member_size=50_000))
    assert caught.value.where.member == "data.tar.xz"
