"""An archive is known by its first bytes, and the same files come out of every form."""

from __future__ import annotations

import io
import mmap
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives.made import PACKINGS, SEEN, TREE, File, Link, Tree, ar_of, deb_of, seen, tar_of, zip_of
from truewheel.archives import Archive, read_archive
from truewheel.errors import ArchiveError, LimitError
from truewheel.wheel import Limits

MAKERS: dict[str, Callable[[Tree], bytes]] = {
    **{form: lambda tree, pack=pack: pack(tar_of(tree)) for form, pack in PACKINGS.items()},  # type: ignore[misc]
    "zip": zip_of,
    "deb": deb_of,
}
APPLE = b"\0\5\x16\7\0\2\0\0Mac OS X        "


def opened(data: bytes, limits: Limits | None = None) -> Archive:
    found = read_archive(data, "tool", limits)
    assert found is not None
    return found


@pytest.mark.parametrize("form", MAKERS)
def test_every_form(form: str) -> None:
    found = opened(MAKERS[form](TREE))
    assert (found.form, found.name, found.modes) == (form, "tool", True)
    assert seen(found) == SEEN
    assert [item.name for item in found] == sorted(SEEN)
    assert [one.name for one in found.unusable] == ["tool-1.0/gone"]
    assert found.by_name["tool-1.0/bin/t"].content is found.by_name["tool-1.0/bin/tool"].content
    assert found.by_name["tool-1.0/bin/tool"].head(4) == b"\x7fELF"


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_every_format_of_tar(form: int) -> None:
    assert seen(opened(tar_of(TREE, form))) == SEEN


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_compression_of_a_debian_package(packing: str) -> None:
    assert seen(opened(deb_of(TREE, packing))) == SEEN


@pytest.mark.parametrize("form", MAKERS)
def test_a_mapped_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    path.write_bytes(MAKERS[form](TREE))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        found = read_archive(mapped, "archive")
        assert seen(found) == SEEN
        del found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF" + bytes(600),
        b"MZ" + bytes(600),
        b"text\n" * 300,
        bytes(20_480),
        b"PK\x07\x08" + bytes(600),
        ar_of([(b"a.o/", b"\x7fELF")]),
        b"!<arch>\n",
        b"!<thin>\n" + bytes(100),
        tar_of({"a": File(b"x")}).replace(b"ustar", b"\0" * 5)[:400],
    ],
)
def test_what_is_no_archive(data: bytes) -> None:
    assert read_archive(data, "tool") is None


@pytest.mark.parametrize(
    ("magic", "what"),
    [
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07\x01", "a RAR archive"),
        (b"LZIP\x01", "a file compressed with lzip"),
        (b"\x04\x22\x4d\x18", "a file compressed with LZ4"),
        (b"\xed\xab\xee\xdb", "an RPM package"),
        (b"xar!", "a package of macOS' installer"),
        (b"MSCF", "a cabinet file of Windows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a package of Windows' installer"),
    ],
)
def test_archives_that_are_known_and_not_read(magic: bytes, what: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        read_archive(magic + bytes(100), "tool")
    assert str(caught.value) == f"is {what}, which isn't understood"
    assert "tar or zip" in caught.value.hint


@pytest.mark.parametrize("form", [form for form in PACKINGS if form != "tar"])
@pytest.mark.parametrize("inside", [b"\x7fELF" * 300, b"", zip_of({"a": File()})])
def test_a_compressed_file_that_is_no_tar(form: str, inside: bytes) -> None:
    with pytest.raises(ArchiveError, match="a compressed file, but no tar is in it") as caught:
        read_archive(PACKINGS[form](inside), "tool.gz")
    assert "unpack it" in caught.value.hint


@pytest.mark.parametrize("form", PACKINGS)
def test_an_empty_tar(form: str) -> None:
    data = PACKINGS[form](tar_of({}))
    if form == "tar":
        assert read_archive(data, "empty") is None
    else:
        assert opened(data).items == ()


# --- executable bits -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize(
    ("tree", "modes"),
    [
        ({"a": File(b"\x7fELF", executable=True), "b": File(b"text")}, True),
        ({"a": File(b"\x7fELF"), "b": File(b"text")}, False),
        ({"a": File(b"\x7fELF", executable=True), "b": File(b"text", executable=True)}, False),
        ({"a": File(b"\x7fELF", executable=True), "b": File(b"#!/bin/sh\n", executable=True)}, True),
        ({"a": File(b"\x7fELF", executable=True)}, True),
        ({"a": File(b"\x7fELF")}, False),
        ({"a.exe": File(b"MZ", executable=True), "b": File(b"\xcf\xfa\xed\xfe", executable=True)}, True),
    ],
)
def test_when_executable_bits_are_meant(form: str, tree: Tree, modes: bool) -> None:
    assert opened(MAKERS[form](tree)).modes is modes


# --- what macOS adds -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", MAKERS)
def test_what_macos_adds_is_left_out(form: str) -> None:
    tree: Tree = {
        "._tool": File(APPLE),
        "tool/a": File(b"x", executable=True),
        "tool/._a": File(APPLE),
        "tool/.DS_Store": File(b"\0\0\0\1Bud1"),
        "tool/._meant": File(b"not AppleDouble"),
        "__MACOSX/tool/._a": File(b""),
        "__MACOSX/link": Link("nowhere"),
        "tool/__MACOSX/kept": File(b"k"),
    }
    found = opened(MAKERS[form](tree))
    assert set(seen(found)) == {"tool/a", "tool/._meant", "tool/__MACOSX/kept"}
    assert found.unusable == ()


# --- names ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("/etc/passwd", "the name is absolute"),
        ("../x", "has the part '..'"),
        ("a/../../x", "has the part '..'"),
        ("a/..", "has the part '..'"),
        ("..\\x", "has the part '..'"),
        ("a\\..\\..\\x", "has the part '..'"),
        ("\\x", "the name is absolute"),
        ("a\x1b[2Jb", "the control character U\\+001B"),
        ("a\x85b", "the control character U\\+0085"),
        ("a\nb", "the control character U\\+000A"),
    ],
)
def test_names_that_lead_elsewhere(form: str, name: str, what: str) -> None:
    with pytest.raises(ArchiveError, match=what) as caught:
        read_archive(MAKERS[form]({"fine": File(b"x"), name: File(b"y")}), "tool")
    assert caught.value.where.offset is not None
    assert caught.value.where.member == name
    with pytest.raises(ArchiveError, match=what):
        read_archive(MAKERS[form]({"fine": File(b"x"), name: Link("fine")}), "tool")


@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize("name", ["a:b", "C:x", "a\\b", "nul", "a.", "a ", "x..y", "...", "A", "-rf", "a\u202eb"])
def test_names_that_only_matter_to_whoever_takes_them(form: str, name: str) -> None:
    assert list(seen(opened(MAKERS[form]({name: File(b"x"), "a": File(b"y")})))) == sorted({name, "a"})


@pytest.mark.parametrize("form", MAKERS)
def test_dots_and_doubled_slashes_mean_nothing(form: str) -> None:
    tree: Tree = {".": None, "./a//b": File(b"1"), "./a/./c": File(b"2"), "././d": File(b"3")}
    assert list(seen(opened(MAKERS[form](tree)))) == ["a/b", "a/c", "d"]


@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize(
    ("tree", "what"),
    [
        ({"a": File(b"1"), "./a": File(b"2")}, "two members are called 'a'"),
        ({"a": File(b"1"), ".//a": Link("b")}, "two members are called 'a'"),
        ({"a": Link("c"), "./a": Link("b")}, "two members are called 'a'"),
        ({"a": File(b"1"), "a/b": File(b"2")}, "'a' is a file where others need a folder"),
        ({"x/a/b/c": File(b"1"), "x/a": File(b"2")}, "'x/a' is a file where others need a folder"),
        ({"a": Link("c"), "a/b": File(b"2")}, "'a' is a link where others need a folder"),
        ({"c": None, "a": Link("c"), "./a/": None}, "'a' is a link where others need a folder"),
        ({"./.": File(b"1")}, "a file or link has no name"),
    ],
)
def test_two_members_in_one_place(form: str, tree: Tree, what: str) -> None:
    with pytest.raises(ArchiveError, match=what):
        read_archive(MAKERS[form](tree), "tool")


def test_a_folder_may_be_named_twice() -> None:
    tree: Tree = {"a": None, "./a": None, "a/b": File(b"x"), "a/.": None}
    assert list(seen(opened(tar_of(tree)))) == ["a/b"]


def test_names_that_are_no_text() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as made:
        made.addfile(tarfile.TarInfo("a\xe9"))
    with pytest.raises(ArchiveError, match="the name is not UTF-8: byte 0xe9 at 1") as caught:
        read_archive(target.getvalue(), "tool")
    assert caught.value.where.member == "a\\xe9"


# --- limits --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(members=3), "the limit is 3"),
        (Limits(member_size=600), "the limit is 600"),
        (Limits(total_size=900), "the limit is 900"),
        (Limits(name_length=20), "the limit is 20"),
        (Limits(depth=1), "leads through 2 folders"),
    ],
)
def test_limits(form: str, limits: Limits, what: str) -> None:
    with pytest.raises(LimitError, match=what):
        read_archive(MAKERS[form](TREE), "tool", limits)


@pytest.mark.parametrize("form", ["tar", "zip"])
def test_the_longest_target_of_a_link(form: str) -> None:
    data = MAKERS[form]({"file": File(), "l": Link("././file")})
    assert len(opened(data, Limits(name_length=8)).items) == 2
    with pytest.raises(LimitError, match="the link's target has 8 bytes; the limit is 7"):
        opened(data, Limits(name_length=7))


def test_links_to_one_file_are_no_bomb() -> None:
    tree: Tree = {"a": File(b"x" * (1 << 20)), **{f"l{number}": Link("a") for number in range(60)}}
    assert len(opened(tar_of(tree), Limits(total_ratio_from=1 << 20)).items) == 61


def test_what_links_make_counts_in_the_total() -> None:
    tree: Tree = {"a": File(b"x" * 10_000), **{f"l{number}": Link("a") for number in range(20)}}
    assert len(opened(tar_of(tree)).items) == 21
    with pytest.raises(LimitError, match=r"with what links mean, there are 1[0-9]0,000 bytes; the limit is 100,000"):
        read_archive(tar_of(tree), "tool", Limits(total_size=100_000))
