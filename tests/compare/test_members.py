"""Two trees, member by member: pairing, modes, moves; and what a naive comparison of the same archives says."""

from __future__ import annotations

import io
import time
import zipfile  # noqa: TID251 - the oracle reads the archives by it
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compare.trees import between, directory, kinds, pair, reasons, tar_bytes, tarred, wheel, zipped
from tests.strategies.archives import Mutation, members, mutations
from tests.support import wheel_bytes, zip_bytes
from truewheel.compare import Comparison, Difference, Kind, Line, Mark, compare
from truewheel.compare.contents import Contents
from truewheel.compare.raw import compare_bytes
from truewheel.errors import RequestError, TruewheelError

TEXTS = st.sampled_from([b"", b"a\n", b"b\n", b"\0\1", b'{"a": 1}', b'{"a": 2}', b"x" * 5000, b"\x7fELF", b"PK\3\4"])
FILES = st.dictionaries(st.sampled_from([f"d/{name}" for name in "abcdefgh"]), TEXTS, min_size=1, max_size=6)


def _mirrored(difference: Difference) -> Difference:
    """The difference as it is told from the other side, its words aside."""
    kind = {Kind.ONLY_LEFT: Kind.ONLY_RIGHT, Kind.ONLY_RIGHT: Kind.ONLY_LEFT}.get(difference.kind, difference.kind)
    return Difference(difference.place, kind, "", difference.right, difference.left, follows=difference.follows)


def _plain(difference: Difference) -> Difference:
    return Difference(
        difference.place, difference.kind, "", difference.left, difference.right, follows=difference.follows
    )


@given(FILES, FILES, st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_what_differs_is_what_zipfile_says(
    left: dict[str, bytes], right: dict[str, bytes], run: set[str], run_too: set[str]
) -> None:
    archives = [
        zip_bytes(files, executable={f"d/{name}" for name in names}) for files, names in ((left, run), (right, run_too))
    ]
    expected: list[tuple[str, str]] = []
    with zipfile.ZipFile(io.BytesIO(archives[0])) as one, zipfile.ZipFile(io.BytesIO(archives[1])) as other:
        for name in sorted({*one.namelist(), *other.namelist()}):
            if name not in other.namelist():
                expected.append((name, "only-left"))
            elif name not in one.namelist():
                expected.append((name, "only-right"))
            else:
                if one.read(name) != other.read(name):
                    expected.append((name, "content"))
                modes = [archive.getinfo(name).external_attr >> 16 & 0o111 for archive in (one, other)]
                if modes[0] != modes[1]:
                    expected.append((name, "mode"))
    comparison = compare(*map(zipped, archives))
    assert [place for place in kinds(comparison) if place[0]] == expected
    assert comparison.compared == len(left.keys() & right.keys())


@given(FILES, FILES)
def test_the_other_way_round_everything_is_mirrored(left: dict[str, bytes], right: dict[str, bytes]) -> None:
    there, back = between(left, right), between(right, left)
    assert sorted(map(_mirrored, there.differences), key=repr) == sorted(map(_plain, back.differences), key=repr)
    assert between(left, left).equal
    assert there.equal == (left == right)


@given(members(), members())
def test_wheels_of_any_members(left: dict[str, bytes], right: dict[str, bytes]) -> None:
    trees = wheel(left), wheel(right)
    comparison = compare(*trees)
    differ = {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
    assert {place for place, _ in kinds(comparison) if place.startswith("sample/")} == differ
    records = [found for found in comparison.differences if found.place.endswith("RECORD")]
    assert all(found.follows for found in records)
    assert bool(records) == (left != right) or set(left) == set(right)
    assert compare(trees[0], trees[0]).identical


@given(mutations())
def test_a_mutated_wheel_gives_a_comparison_or_our_error(mutation: Mutation) -> None:
    files = {"sample/a.py": b"text\n" * 50, "sample/b.json": b'{"a": [1, 2]}'}
    data = wheel_bytes(files)
    with suppress(TruewheelError):
        compare(zipped(data, "wheel"), zipped(mutation.apply(data), "wheel"))


@given(mutations(), st.sampled_from(["a.json", "x-1.dist-info/METADATA", "x-1.dist-info/RECORD", "a.zip", "a.so"]))
def test_mutated_members_of_any_kind_are_told(mutation: Mutation, name: str) -> None:
    wholes = {
        "a.json": b'{"a": [1, {"b": null}], "c": "text"}',
        "a.zip": zip_bytes({"x": b"text" * 9, "y.json": b"{}"}),
        "a.so": b"\x7fELF\2\1\1" + bytes(80),
    }
    data = wholes.get(name, b"Name: x\nVersion: 1\n\nx,y,z\n")
    if mutation.apply(data) != data:
        (found,) = between({name: data}, {name: mutation.apply(data)}).differences
        assert (found.place, found.kind) == (name, Kind.CONTENT)
        (back,) = between({name: mutation.apply(data)}, {name: data}).differences
        assert back.place == name


def test_dist_info_of_another_version_is_paired() -> None:
    left = wheel({"sample/a.py": b"a\n"}, "sample-1.0-py3-none-any.whl")
    right = wheel({"sample/a.py": b"a\n"}, "sample-1.1-py3-none-any.whl")
    comparison = compare(left, right)
    assert kinds(comparison) == [
        ("", "content"),
        ("sample-1.0.dist-info/METADATA", "content"),
        ("sample-1.0.dist-info/RECORD", "content"),
    ]
    folder, metadata, record = comparison.differences
    assert (folder.left, folder.right) == ("sample-1.0.dist-info", "sample-1.1.dist-info")
    assert reasons((folder,)) == reasons((metadata,)) == {"version"}
    assert record.follows
    assert comparison.unexplained == ()


def test_a_record_that_differs_in_its_folder_alone_follows() -> None:
    left = {f"{name}-1.dist-info/RECORD": f"{name}-1.dist-info/RECORD,,\n".encode() for name in ("x",)}
    right = {f"{name}-1.dist-info/RECORD": f"{name}-1.dist-info/RECORD,,\n".encode() for name in ("y",)}
    folder, record = between(left, right).differences
    assert folder.place == ""
    assert record.follows


def test_top_folders_of_source_distributions_are_paired() -> None:
    left = tarred(tar_bytes({"x-1.0/a": b"a", "x-1.0/b": b"b"}))
    right = tarred(tar_bytes({"x-1.1/a": b"a", "x-1.1/b": b"b"}))
    comparison = compare(left, right)
    assert kinds(comparison) == [("", "content")]
    assert comparison.compared == 2
    plain = directory({"a": b"a", "b": b"b"})
    assert compare(left, plain).equal
    assert compare(plain, right).equal
    assert kinds(compare(left, directory({"x-1.0/a": b"a", "x-1.0/b": b"c"}))) == [("x-1.0/b", "content")]
    assert kinds(compare(directory({"a": b"a", "c": b""}), right)) == [("c", "only-left"), ("x-1.1/b", "only-right")]


def test_members_that_moved_are_recognized() -> None:
    comparison = between({"a/x": b"text", "same": b""}, {"b/x": b"text", "same": b""})
    assert [(found.place, found.summary) for found in comparison.differences] == [
        ("a/x", "only on the left, 4 bytes; the right has the same bytes at b/x"),
        ("b/x", "only on the right, 4 bytes; the left has the same bytes at a/x"),
    ]
    assert "same bytes" not in between({"a": b""}, {"b": b""}).differences[0].summary
    assert "same bytes" not in between({"a": b"1"}, {"b": b"2"}).differences[0].summary


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("m.cpython-311-x86_64-linux-gnu.so", "m.cpython-312-x86_64-linux-gnu.so", "python"),
        ("x-1.dist-info/LICENSE", "x-1.dist-info/licenses/LICENSE", "backend"),
    ],
)
def test_names_that_say_why(left: str, right: str, reason: str) -> None:
    comparison = between({left: b"text"}, {right: b"text"})
    assert [reasons((found,)) for found in comparison.differences] == [{reason}, {reason}]


def test_what_an_installer_adds() -> None:
    plain = {"x/a.py": b"a = 1\n"}
    tree = wheel(plain)
    files = {leaf.name: bytes(leaf.content.read()) for leaf in tree.leaves}
    info = next(name for name in files if name.endswith("/RECORD")).removesuffix("/RECORD")
    added = {f"{info}/INSTALLER": b"pip\n", f"{info}/REQUESTED": b""}
    rows = files[f"{info}/RECORD"].decode() + "".join(f"{name},,\n" for name in added)
    written = "".join(sorted(rows.splitlines(keepends=True))).replace("\n", "\r\n").encode()
    comparison = compare(tree, directory({**files, **added, f"{info}/RECORD": written}))
    assert reasons(comparison) == {"installer"}
    assert not comparison.unexplained


def test_how_record_is_written_is_no_content() -> None:
    info = "x-1.dist-info/RECORD"
    rows = f"a,sha256=aaaa,1\nb,sha256=bbbb,1\n{info},,\n"
    other = "".join(reversed(rows.splitlines(keepends=True))).replace("\n", "\r\n")
    trees = [zipped(zip_bytes({"a": b"1", "b": b"2", info: text.encode()})) for text in (rows, other)]
    assert compare(*trees, contents_only=True).equal
    assert not compare(*trees).same_contents
    lying = zipped(zip_bytes({"a": b"1", "b": b"2", info: other.replace("bbbb", "cccc").encode()}))
    (found,) = compare(trees[0], lying, contents_only=True).differences
    assert found.summary == "b: the row differs, the member doesn't"


def test_signatures_of_record() -> None:
    name = "x-1.dist-info/RECORD.jws"
    (only,) = between({name: b"{}", "a": b""}, {"a": b""}).differences
    assert [cause.evidence for cause in only.causes] == ["only the left is signed"]
    assert reasons(between({name: b'{"a": 1}'}, {name: b'{"a": 2}'})) == {"signature"}


def test_reasons_are_ranked_by_what_they_explain() -> None:
    left = {"a": b"/tmp/pip-req-build-aaaaaaaa/x", "b": b"/tmp/pip-req-build-aaaaaaaa/y", "c": b"at 12:00:01\n"}
    right = {"a": b"/tmp/pip-req-build-bbbbbbbb/x", "b": b"/tmp/pip-req-build-bbbbbbbb/y", "c": b"at 13:00:02\n"}
    comparison = between({**left, "d": b"one"}, {**right, "d": b"two"})
    assert [(reason.id, places) for reason, places in comparison.causes] == [
        ("build-path", ("a", "b")),
        ("build-time", ("c",)),
    ]
    assert comparison.unexplained == ("d",)


@pytest.mark.parametrize(
    ("left", "right", "explained"),
    [
        (b"\0\1 at /tmp/tmpabcd1234/x.c \0", b"\0\1 at /tmp/tmpwxyz9876/x.c \0", True),
        (b"\0\1 at /tmp/tmpabcd1234/x.c \0", b"\0\2 at /tmp/tmpwxyz9876/x.c \0", False),
        (b"\0\1 at /tmp/tmpabcd1234/x.c \0", b"\0\1 at /tmp/tmpwxyz9876/x.c \0more", False),
        (
            b"\0" + bytes(9 << 20) + b" at /tmp/tmpabcd1234/x.c",
            b"\1" + bytes(9 << 20) + b" at /tmp/tmpwxyz9876/x.c",
            False,
        ),
    ],
    ids=["a path", "a path and a byte", "a path and a string", "too far apart"],
)
def test_bytes_are_explained_or_not(left: bytes, right: bytes, explained: bool) -> None:
    comparison = between({"x": left}, {"x": right})
    assert (comparison.unexplained == ()) is explained


def test_executable_bits() -> None:
    comparison = compare(directory({"a": b"a", "b": b"b"}, executable=["a"]), directory({"a": b"a", "b": b"c"}, ["b"]))
    assert kinds(comparison) == [("a", "mode"), ("b", "content"), ("b", "mode")]
    assert comparison.differences[0].summary == "executable on the left only"
    assert (comparison.differences[2].left, comparison.differences[2].right) == ("not executable", "executable")
    assert not comparison.same_contents


def test_a_zip_of_windows_has_no_executable_bits() -> None:
    data = zip_bytes({"a": b"a"}, executable=["a"])
    at = data.index(b"PK\1\2") + 5
    from_windows = data[:at] + b"\0" + data[at + 1 :]
    comparison = compare(zipped(data), zipped(from_windows))
    assert ("a", "mode") in kinds(comparison)
    assert reasons(comparison) == {"platform", "zip-tool"}


def test_links() -> None:
    left = directory({"a": b"text"}, links={"b": "a", "c": "a"})
    right = directory({"a": b"text", "c": b"text"}, links={"b": "x"})
    comparison = compare(left, right)
    assert [(found.place, found.kind.value, found.left, found.right) for found in comparison.differences] == [
        ("b", "mode", "a link to a", "a link to x"),
        ("c", "mode", "a link to a", "a file"),
    ]
    only = compare(directory({}, links={"b": "a"}), directory({}))
    assert only.differences[0].summary == "only on the left, a link to a"


def test_a_member_that_differs_says_how() -> None:
    (found,) = between({"a": b"\0one"}, {"a": b"\0two!"}).differences
    assert (found.left, found.right) == ("4 bytes", "5 bytes")
    assert found.summary == "4 bytes on the left, 5 on the right; the first 1 and the last 0 are the same"
    assert found.lines == (
        Line(Mark.LEFT, 1, None, "00000000  00 6f 6e 65                                      |.one|"),
        Line(Mark.RIGHT, None, 1, "00000000  00 74 77 6f 21                                   |.two!|"),
    )


def test_what_comes_back_holds_no_open_file() -> None:
    comparison = between({"a": b"one"}, {"a": b"two!"})
    assert [leaf.content.size for tree in (comparison.left, comparison.right) for leaf in tree.leaves] == [3, 4]
    for read in (comparison.left.leaves[0].content.read, lambda: comparison.left.leaves[0].content.head(1)):
        with pytest.raises(RequestError, match="closed"):
            read()


def test_a_damaged_member_is_an_error_that_names_it() -> None:
    data = wheel_bytes({"sample/a.py": b"text\n" * 9})
    at = data.index(b"PK\3\4") + 30 + len("sample/a.py")
    damaged = data[:at] + bytes(3) + data[at + 3 :]
    with pytest.raises(TruewheelError) as caught:
        compare(zipped(data), zipped(damaged))
    assert caught.value.where.member == "sample/a.py"


def test_threads_change_nothing() -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # one test's

    files = {f"d/{number}": bytes([number % 7]) * 20_000 for number in range(300)}
    other = {**files, "d/7": b"\1" * 20_000, "d/299": b"x"}
    sides = zipped(zip_bytes(files)), directory(other)
    with ThreadPoolExecutor(3) as pool:
        assert compare(*sides, mapper=pool.map) == compare(*sides)
    assert {place for place, _ in kinds(compare(*sides))} == {"d/7", "d/299"}


def test_many_members_take_no_time() -> None:
    files = {f"d/{number}": b"%d" % number for number in range(20_000)}
    sides = zipped(zip_bytes(files)), zipped(zip_bytes({**files, "d/9": b"x"}, level=1, time=(2020, 1, 1, 0, 0, 0)))
    start = time.process_time()
    comparison: Comparison = compare(*sides)
    assert time.process_time() - start < 10  # seconds of CPU; 1 where nothing else runs
    assert kinds(comparison) == [("", "storage"), ("d/9", "content")]


def test_every_comparer_is_asked_in_turn() -> None:
    contents = Contents()
    assert contents(pair(b"a\n", b"b\n"))[0].lines
    assert contents(pair(b"\0", b"\1"))[0].summary == "1 byte differs of 1, from offset 0x0 to 0x0"
    assert contents(pair("Name: x\n", "Name: y\n", "x-1.dist-info/METADATA"))[0].place == "Name"
    assert compare_bytes(pair(b"same", b"same")) == ()
