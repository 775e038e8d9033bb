"""A draft is a whole, canonical wheel: nothing lost, nothing in another's way, and a RECORD that is true."""

from __future__ import annotations

import hashlib
import io
import zipfile  # noqa: TID251 - the tests need a reader that is not ours; the ban protects src
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installer.sources import WheelFile

from tests.corpus import Corpus
from tests.strategies.wheels import CONTENTS, PATHS, clash_free, written
from tests.support import record_text
from truewheel.archives import Archive, Item
from truewheel.errors import RequestError, WheelError
from truewheel.packing.layout import lay_out
from truewheel.packing.members import GENERATOR, Member, data_folder, draft, script_path
from truewheel.packing.model import About, Layout
from truewheel.wheel import (
    Bytes,
    Data,
    Limits,
    Wheel,
    WheelName,
    canonicalize,
    check_layout,
    read,
    rows_of,
    verify_record,
)

ABOUT = About("My.Tool", "1.0+x")
METADATA = b"Metadata-Version: 2.4\nName: My.Tool\nVersion: 1.0+x\n"
INFO = "my_tool-1.0+x.dist-info"


def files(**contents: bytes) -> dict[str, Member]:
    return {f"my_tool/{name}": Member(Bytes(data)) for name, data in contents.items()}


def small(members: Mapping[str, Member] | None = None, *, build: str = "") -> Wheel:
    return draft(
        ABOUT,
        members or {"my_tool/bin/t": Member(Bytes(b"\x7fELF"), executable=True), **files(text=b"a,b\n")},
        metadata=METADATA,
        licences=[("LICENSE", Bytes(b"Take it.\n"))],
        entry_points=b"[console_scripts]\nt = my_tool.__main__:t\n",
        build=build,
    )


def test_wheel_says_what_it_is_and_who_made_it() -> None:
    wheel = small()
    assert str(wheel.name) == "my_tool-1.0+x-py3-none-any.whl"
    assert wheel.info("WHEEL").read() == (
        b"Wheel-Version: 1.0\nGenerator: truewheel (pack 1)\nRoot-Is-Purelib: false\nTag: py3-none-any\n"
    )


def test_a_build_number_is_in_the_name_and_in_wheel() -> None:
    wheel = small(build="2x")
    assert str(wheel.name) == "my_tool-1.0+x-2x-py3-none-any.whl"
    assert bytes(wheel.info("WHEEL").read()).splitlines()[3:] == [b"Build: 2x", b"Tag: py3-none-any"]


def test_the_bytes_of_a_packed_wheel_never_change() -> None:
    assert GENERATOR == "truewheel (pack 1)"
    archive = written(small())
    assert hashlib.sha256(archive).hexdigest() == "9c033cd4b9b6daaf75dd63eed75b6fa04ad63877d96be5fdc99629a28ea524c5"


def test_what_is_drafted_is_what_others_read() -> None:
    target = io.BytesIO(written(small()))
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        contents = {info.filename: archive.read(info) for info in archive.infolist()}
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert list(contents) == [
        "my_tool/bin/t",
        "my_tool/text",
        f"{INFO}/METADATA",
        f"{INFO}/WHEEL",
        f"{INFO}/entry_points.txt",
        f"{INFO}/licenses/LICENSE",
        f"{INFO}/RECORD",
    ]
    assert {name for name, mode in modes.items() if mode & 0o111} == {"my_tool/bin/t"}
    record = contents.pop(f"{INFO}/RECORD")
    assert record == record_text(contents, f"{INFO}/RECORD")


def test_order_has_no_meaning() -> None:
    members = {f"my_tool/{letter}": Member(Bytes(letter.encode())) for letter in "zab"}
    licences = [(f"{letter}/LICENSE", Bytes(b"")) for letter in "zab"]
    wheel = draft(ABOUT, members, metadata=METADATA, licences=licences, entry_points=b"[console_scripts]\n")
    assert canonicalize(wheel) is wheel
    again = draft(
        ABOUT,
        dict(sorted(members.items())),
        metadata=METADATA,
        licences=licences[::-1],
        entry_points=b"[console_scripts]\n",
    )
    assert again.entries == wheel.entries


def test_installer_takes_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("wheel") / str(small().name)
    path.write_bytes(written(small()))
    with WheelFile.open(path) as source:
        source.validate_record()
        assert source.dist_info_dir == INFO


def test_nothing_is_written_that_would_be_empty() -> None:
    wheel = draft(ABOUT, files(a=b""), metadata=METADATA)
    assert list(wheel.by_name) == ["my_tool/a", f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]


@given(st.dictionaries(PATHS, st.tuples(CONTENTS, st.booleans()), max_size=8), st.data())
def test_every_member_is_there_once_and_the_wheel_is_canonical(
    found: dict[str, tuple[bytes, bool]], data: st.DataObject
) -> None:
    members = {f"my_tool/{path}": Member(Bytes(found[path][0]), found[path][1]) for path in clash_free(list(found))}
    wheel = draft(ABOUT, members, metadata=METADATA)
    check_layout(wheel)
    assert canonicalize(wheel) is wheel
    assert verify_record(wheel, contents=True) == ()
    inside = {entry.name: (entry.read(), entry.executable) for entry in wheel if not entry.name.startswith(INFO)}
    assert inside == {path: (member.content.read(), member.executable) for path, member in members.items()}
    shuffled = dict(data.draw(st.permutations(list(members.items()))))
    assert draft(ABOUT, shuffled, metadata=METADATA).entries == wheel.entries
    with ThreadPoolExecutor(2) as pool:
        assert draft(ABOUT, members, metadata=METADATA, mapper=pool.map).entries == wheel.entries


class Counted:
    """Content that counts how often it is read."""

    def __init__(self, size: int = 3) -> None:
        self.size, self.times = size, 0

    def read(self) -> Data:
        self.times += 1
        return bytes(self.size)

    def head(self, count: int) -> bytes:
        raise NotImplementedError


def test_contents_are_read_once() -> None:
    content = Counted()
    draft(ABOUT, {"my_tool/a": (content, False)}, metadata=METADATA)
    assert content.times == 1


class Broken(Counted):
    """Content that can't be read."""

    def read(self) -> Data:
        raise WheelError("the CRC is wrong")


def test_a_content_that_cannot_be_read_is_named() -> None:
    with pytest.raises(WheelError, match="my_tool/a: the CRC is wrong"):
        draft(ABOUT, {"my_tool/a": Member(Broken())}, metadata=METADATA)


# --- what doesn't go ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        f"{INFO}/METADATA",
        f"{INFO}/more",
        "other-2.dist-info/METADATA",
        "OTHER.DIST-INFO/x",
        "other.data/scripts/x",
        "my_tool-1.0+x.data/purelib/x",
        "my_tool-1.0+x.data/x",
    ],
)
def test_a_member_has_no_business_where_installers_look(path: str) -> None:
    with pytest.raises(RequestError, match="would mean something to installers") as caught:
        small({path: Member(Bytes(b""))})
    assert caught.value.where.member == path


def test_programs_and_data_have_their_schemes() -> None:
    paths = [script_path(ABOUT, "t.exe"), f"{data_folder(ABOUT)}/data/share/x"]
    wheel = small({path: Member(Bytes(b"x")) for path in paths})
    assert list(wheel.by_name)[:2] == ["my_tool-1.0+x.data/data/share/x", "my_tool-1.0+x.data/scripts/t.exe"]


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (["my_tool/a", "my_tool/A"], "where case"),
        (["my_tool/a", "my_tool/a/b"], "needs a folder"),
        (["my_tool/a:b"], "colon"),
        (["my_tool/\udcff"], "not UTF-8"),
        (["my_tool/a//b"], "empty part"),
        (["../a"], "leads elsewhere"),
        (["x/" * 200 + "x"], "folders"),
    ],
)
def test_members_in_the_way_of_others_are_refused(paths: list[str], problem: str) -> None:
    with pytest.raises(RequestError, match=problem) as caught:
        small({path: Member(Bytes(b"")) for path in paths})
    assert caught.value.hint


def test_licences_are_in_nobodys_way_either() -> None:
    with pytest.raises(RequestError, match="where case"):
        draft(ABOUT, {}, metadata=METADATA, licences=[("LICENSE", Bytes(b"a")), ("license", Bytes(b"b"))])
    with pytest.raises(RequestError, match="leads elsewhere"):
        draft(ABOUT, {}, metadata=METADATA, licences=[("../RECORD", Bytes(b"a"))])


def test_limits_can_be_raised() -> None:
    path = "my_tool/" + "x/" * 200 + "x"
    assert path in draft(ABOUT, {path: Member(Bytes(b""))}, metadata=METADATA, limits=Limits(depth=300)).by_name


@pytest.mark.parametrize(("version", "build"), [("1.0", "x"), ("1.0", "1-2"), ("one", ""), ("1.0", "1/2")])
def test_a_wheel_that_cannot_be_named_is_refused(version: str, build: str) -> None:
    with pytest.raises(RequestError, match="no wheel can have the name"):
        draft(About("t", version), {}, metadata=b"Name: t\n", build=build)


# --- a real one --------------------------------------------------------------------------------------------------
def test_a_published_tree_has_the_published_rows(corpus: Corpus) -> None:
    file = "ziglang-0.12.0-py3-none-macosx_11_0_arm64.whl"
    published = read(corpus(file).read_bytes(), WheelName.parse(file))
    items = [Item(f"zig-macos/{entry.name}", entry.executable, entry.content) for entry in published]
    layout = Layout(include=("ziglang",), rename={"ziglang/": ""}, into="ziglang")
    laid = lay_out(Archive("zip", "zig.zip", tuple(items)), layout)
    members = {
        laid.place(name, "never.data"): Member(item.content, item.executable) for name, item in laid.chosen.items()
    }
    about = About("ziglang", "0.12.0")
    wheel = draft(about, members, metadata=b"Metadata-Version: 2.4\nName: ziglang\nVersion: 0.12.0\n")
    theirs, ours = rows_of(published), rows_of(wheel)
    tree = {path for path in theirs if path.startswith("ziglang/")}
    assert len(tree) > 10_000
    assert {path: ours.get(path) for path in tree} == {path: theirs[path] for path in tree}
    assert ours.keys() - tree == {wheel.info_path("METADATA"), wheel.info_path("WHEEL")}
    assert {e.name for e in wheel if e.executable} == {e.name for e in published if e.executable}
