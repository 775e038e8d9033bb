"""Source distributions: what PEP 625 asks besides a sound archive."""

from __future__ import annotations

import io
import zipfile  # noqa: TID251 - the tests need a writer that is not ours; the ban protects src
from dataclasses import replace

import pytest

from tests.sdist.tars import FILE, INFO, NAME, PKG_INFO, Block, by_tarfile, file, link, pax, sdist, tar
from truewheel.errors import LimitError, SdistError, TruewheelError, WheelError
from truewheel.sdist import Member, Sdist, SdistName, check_whole, read
from truewheel.sdist.gzip import compressed
from truewheel.wheel import Bytes, Limits

ZIP = SdistName.parse("sample-1.0.zip")


def zipped(*files: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o040755 if name.endswith("/") else mode) << 16
            made.writestr(info, data, zipfile.ZIP_DEFLATED if data else zipfile.ZIP_STORED)
    return target.getvalue()


def test_a_tar() -> None:
    found = read(sdist(pax({"comment": "abc"}, b"g"), Block(b"sample-1.0/d/", b"5"), FILE, link("l", "a")), NAME)
    assert [member.name for member in found] == ["sample-1.0/PKG-INFO", "sample-1.0/a", "sample-1.0/l"]
    assert (found.top, found.directories, found.records) == ("sample-1.0", ("sample-1.0/d",), (("comment", "abc"),))
    assert found.pkg_info.read() == PKG_INFO
    assert found.gzip is not None
    assert (found.gzip.mtime, found.tar_size) == (0, 512 * 10)
    assert found.by_name["sample-1.0/l"].link == "a"


def test_a_zip() -> None:
    data = zipped(("sample-1.0/PKG-INFO", PKG_INFO), ("sample-1.0/d/", b""), ("sample-1.0/a", b"contents\n"))
    found = read(data, ZIP)
    assert (found.top, found.directories, found.gzip, found.tar_size) == ("sample-1.0", ("sample-1.0/d",), None, None)
    assert found == read(sdist(FILE), NAME)
    assert hash(found) == hash(read(sdist(FILE), NAME))
    assert found.by_name["sample-1.0/a"].head(4) == b"cont"


def test_equality_is_meaning() -> None:
    one = read(sdist(FILE, file("b")), NAME)
    assert one == read(sdist(file("b"), replace(FILE, mtime=b"00000000777\0", uname=b"me")), NAME)
    assert one != read(sdist(FILE, replace(file("b"), mode=b"0000755\0")), NAME)
    assert one != read(sdist(FILE, file("c")), NAME)
    assert one != read(sdist(FILE, file("b", b"x")), NAME)
    assert one != read(sdist(FILE, link("b", "a")), NAME)
    assert one != read(sdist(FILE, file("b")), SdistName("Sample", "1.0"))
    assert one != "sample"
    assert one.members[0] != "PKG-INFO"


@pytest.mark.parametrize("top", ["Sample-1.0", "sample-1.0.0", "sample-01.0"])
def test_the_folder_may_be_spelled_otherwise(top: str) -> None:
    data = b"".join(compressed(bytearray(tar(Block(f"{top}/PKG-INFO".encode(), data=PKG_INFO)))))
    assert read(data, NAME).top == top


def test_a_project_with_dashes_of_old() -> None:
    data = b"".join(compressed(bytearray(tar(Block(b"zope.interface-4.0/PKG-INFO", data=PKG_INFO)))))
    assert read(data, SdistName.parse("zope_interface-4.0.tar.gz")).top == "zope.interface-4.0"


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ((), "one folder with everything in it, this one has nothing"),
        ((Block(b"other-1.0/PKG-INFO", data=PKG_INFO),), "the folder at the top is 'other-1.0', the file name says"),
        ((Block(b"sample-1.1/PKG-INFO", data=PKG_INFO),), "the file name says sample 1.0"),
        ((Block(b"sample/PKG-INFO", data=PKG_INFO),), "the folder at the top is 'sample'"),
        ((INFO, Block(b"other/a")), "this one has other, sample-1.0 at its top"),
        ((INFO, Block(b"other", b"5")), "this one has other, sample-1.0 at its top"),
        ((Block(b"sample-1.0", data=PKG_INFO),), "one folder with everything in it"),
        ((FILE,), "there is no file sample-1.0/PKG-INFO"),
        ((Block(b"sample-1.0/sub/PKG-INFO", data=PKG_INFO),), "there is no file sample-1.0/PKG-INFO"),
        ((FILE, link("PKG-INFO", "a")), "there is no file sample-1.0/PKG-INFO"),
        ((replace(INFO, data=b""),), "the file is empty"),
        ((INFO, link("l", "../x")), "leads out of the archive"),
        ((INFO, link("d/l", "../../sample-1.0/a")), "leads out of the archive"),
    ],
)
def test_what_is_no_source_distribution(blocks: tuple[Block, ...], message: str) -> None:
    with pytest.raises(SdistError, match=message):
        read(b"".join(compressed(bytearray(tar(*blocks)))), NAME)


def test_errors_of_zips_are_those_of_wheels() -> None:
    with pytest.raises(WheelError, match="the archive is truncated"):
        read(b"PK", ZIP)
    data = zipped(("sample-1.0/PKG-INFO", PKG_INFO), mode=0o120777)
    with pytest.raises(WheelError, match="symbolic link"):
        read(data, ZIP)
    damaged = zipped(("sample-1.0/PKG-INFO", PKG_INFO * 9)).replace(PKG_INFO[:9], b"x")
    found = read(bytes(damaged[:60]) + b"\xff" + damaged[61:], ZIP)
    with pytest.raises(WheelError) as caught:
        found.pkg_info.read()
    assert caught.value.where.member == "sample-1.0/PKG-INFO"


def test_a_wrong_kind_by_its_name() -> None:
    with pytest.raises(SdistError, match="no gzip file"):
        read(zipped(("sample-1.0/PKG-INFO", PKG_INFO)), NAME)
    with pytest.raises(WheelError, match="gzip"):
        read(sdist(), ZIP)


def test_limits_hold_for_both() -> None:
    limits = Limits(members=1)
    with pytest.raises(LimitError):
        read(sdist(FILE), NAME, limits)
    with pytest.raises(LimitError):
        read(zipped(("sample-1.0/PKG-INFO", PKG_INFO), ("sample-1.0/a", b"")), ZIP, limits)


class Damaged:
    """Contents that can't be read."""

    size = 1

    def read(self) -> bytes:
        raise SdistError("damaged")

    def head(self, count: int) -> bytes:
        raise SdistError(f"damaged before {count}")


def test_errors_of_contents_name_the_member() -> None:
    member = Member("sample-1.0/a", executable=False, content=Damaged())
    with pytest.raises(TruewheelError) as caught:
        member.read()
    assert str(caught.value) == "sample-1.0/a: damaged"
    with pytest.raises(TruewheelError) as caught:
        member.head(3)
    assert str(caught.value) == "sample-1.0/a: damaged before 3"


def made(*members: Member, directories: tuple[str, ...] = ()) -> Sdist:
    info = Member("sample-1.0/PKG-INFO", executable=False, content=Bytes(PKG_INFO))
    return Sdist(NAME, (info, *members), directories)


def plain(name: str, leads: str = "") -> Member:
    return Member(name, executable=False, content=Bytes(b""), link=leads)


@pytest.mark.parametrize(
    ("sdist", "message"),
    [
        (made(plain("sample-1.0/../x")), "leads elsewhere"),
        (made(plain("sample-1.0/PKG-INFO")), "two members are called"),
        (made(plain("sample-1.0/a"), plain("sample-1.0/A")), "case or composition"),
        (made(plain("sample-1.0/\ud800")), "not UTF-8"),
        (made(plain("a")), "at its top"),
        (made(directories=("/etc",)), "absolute"),
        (made(plain("sample-1.0/l", "../x")), "leads out"),
        (made(plain("sample-1.0/l", "l")), "in a circle"),
    ],
)
def test_what_a_program_made_is_checked(sdist: Sdist, message: str) -> None:
    with pytest.raises(SdistError, match=message):
        check_whole(sdist)
    check_whole(made())


def test_python_agrees_on_what_it_wrote() -> None:
    files = {"sample-1.0/PKG-INFO": PKG_INFO, "sample-1.0/run!": b"#!", f"sample-1.0/{'d/' * 40}{'x' * 100}": b"1"}
    found = read(b"".join(compressed(bytearray(by_tarfile(files, {"sample-1.0/l": "run"})))), NAME)
    assert {m.name + "!" * m.executable: bytes(m.read()) for m in found if not m.link} == files
