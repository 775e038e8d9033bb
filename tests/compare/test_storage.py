"""How archives store the same: each fact told once, with its cause."""

from __future__ import annotations

import io
import tarfile
import zipfile  # noqa: TID251 - the archives that are compared are made by it
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from zlib_ng import zlib_ng

from tests.compare.trees import directory, gz, kinds, reasons, tar_bytes, tarred, zipped
from tests.strategies.wheels import wheels, written
from tests.support import zip_bytes
from tests.wheel.rawzip import Part, build
from truewheel.compare import UNRECOGNIZED, Comparison, Kind, Leaf, Tree, compare, tree_facts, unrecognized
from truewheel.compare.leaves import gzip_facts, moment
from truewheel.sdist import GzipHeader
from truewheel.wheel import Bytes, Wheel
from truewheel.wheel.profiles import Profile

if TYPE_CHECKING:
    from types import ModuleType

FILES = {f"pkg/{number}.py": b"text\n" * number for number in range(30)}


def _made(change: Callable[[zipfile.ZipInfo, int], None], names: Iterable[str] = FILES) -> Tree:
    """A zip whose members' records were changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for number, name in enumerate(names):
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 3, 0o100644 << 16, zipfile.ZIP_DEFLATED
            change(info, number)
            made.writestr(info, FILES[name])
    return zipped(target.getvalue())


PLAIN = _made(lambda _info, _number: None)


def _only(comparison: Comparison) -> tuple[str, set[str], str]:
    """Of the one difference: its summary, the reasons, and the evidence."""
    (found,) = comparison.differences
    assert (found.place, found.kind) == ("", Kind.STORAGE)
    assert comparison.same_contents
    assert not comparison.unexplained
    return found.summary, reasons(comparison), found.causes[0].evidence


def test_times_of_all_members_are_one_difference() -> None:
    def later(info: zipfile.ZipInfo, number: int) -> None:
        info.date_time = (2025, 1, 1, 0, 0, number * 2 % 60)

    comparison = compare(PLAIN, _made(later))
    summary, found, evidence = _only(comparison)
    assert summary == "time differs for 30 members"
    assert found == {"build-time"}
    assert evidence == (
        "2024-01-01 00:00:00 for all on the left, "
        "30 times from 2025-01-01 00:00:00 to 2025-01-01 00:00:58 on the right: "
        "one time for all on the left: SOURCE_DATE_EPOCH, a constant of the builder, or a quick build"
    )
    assert len(comparison.differences[0].inside) == 8
    assert comparison.differences[0].inside[0].left == "2024-01-01 00:00:00"
    assert compare(PLAIN, _made(later), contents_only=True).equal


@pytest.mark.parametrize(
    ("attributes", "reason", "sure"),
    [
        (0o100664 << 16, {"umask"}, True),
        (0o100600 << 16, {"umask"}, True),
        (0o100444 << 16, {"umask"}, False),
        (0o644 << 16, {"zip-tool"}, True),
        (0o664 << 16, {"umask", "zip-tool"}, True),
        (0o100644 << 16 | 1, {"zip-tool"}, True),
    ],
)
def test_modes(attributes: int, reason: set[str], sure: bool) -> None:
    def other(info: zipfile.ZipInfo, number: int) -> None:
        info.external_attr = attributes if number < 3 else info.external_attr

    comparison = compare(PLAIN, _made(other))
    summary, found, _ = _only(comparison)
    assert summary.endswith("for 3 of 30 members")
    assert found == reason
    assert comparison.differences[0].causes[0].sure is sure


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [("create_version", 63, "version made by"), ("extract_version", 10, "version needed"),
     ("internal_attr", 1, "internal attributes"), ("extra", b"\xfe\xca\x02\x00ab", "extra field")],
)  # fmt: skip
def test_fields_of_the_tool(field: str, value: object, label: str) -> None:
    comparison = compare(PLAIN, _made(lambda info, _: setattr(info, field, value)))
    assert label in {difference.summary.split(" differ")[0] for difference in comparison.differences}
    assert reasons(comparison) == {"zip-tool"}


def test_a_time_that_is_a_constant_of_builders() -> None:
    def fixed(info: zipfile.ZipInfo, _number: int) -> None:
        info.date_time = (2020, 2, 2, 0, 0, 0)

    def later(info: zipfile.ZipInfo, number: int) -> None:
        info.date_time = (2025, 1, 1, 0, 0, number * 2 % 60)

    _, _, evidence = _only(compare(_made(later), _made(fixed)))
    assert evidence.endswith(": the right has a time that builders use as a constant")


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (b"", b"UT\5\0\1\1\1\1\1ux\4\0\0\1\0\1", {"zip-tool"}),
        (b"UT\5\0\1\1\1\1\1ux\4\0\0\1\0\1", b"UT\5\0\1\2\2\2\2ux\4\0\0\2\0\1", {"build-time", "host"}),
        (b"ux\4\0\0\1\0\1", b"ux\4\0\0\2\0\1", {"host"}),
        (b"ux\4\0\0\1\0\1", b"ux\4\0\0\1\0\1UT\1\0\1", {"zip-tool"}),
        (b"\xfe\xca\2\0ab", b"\xfe\xca\2\0ac", {"zip-tool"}),
        (b"\xfe\xca\x99\0" + b"ab" * 76 + b"c", b"\xfe\xca\x99\0" + b"ab" * 76 + b"d", {"zip-tool"}),
    ],
)
def test_what_extra_fields_hold(left: bytes, right: bytes, found: set[str]) -> None:
    trees = [zipped(build([Part(b"a.py", extra=extra, local_extra=extra)]).data) for extra in (left, right)]
    assert reasons(compare(*trees)) == found


def test_times_in_extra_fields() -> None:
    stamps = [b"UT\5\0\1" + bytes([stamp]) * 4 for stamp in (1, 2)]
    trees = [zipped(build([Part(b"a.py", extra=stamp, local_extra=stamp)]).data) for stamp in stamps]
    comparison = compare(*trees)
    assert {difference.summary for difference in comparison.differences} == {
        "local extra field differs for 1 member",
        "extra field differs for 1 member",
    }
    assert reasons(comparison) == {"build-time"}


def test_order_of_members() -> None:
    summary, found, evidence = _only(compare(PLAIN, _made(lambda _info, _number: None, sorted(FILES, reverse=True))))
    assert summary == "30 of 30 members stand at another place"
    assert found == {"member-order"}
    assert evidence == (
        "not sorted on the left, not sorted on the right; "
        "the first that differs, member 1, is pkg/0.py on the left, pkg/9.py on the right"
    )
    _, _, evidence = _only(compare(PLAIN, _made(lambda _info, _number: None, sorted(FILES))))
    assert "sorted by name on the right" in evidence


def test_folders_that_have_entries() -> None:
    with_folder = zipped(zip_bytes({"pkg/": b"", **FILES}, time=(2024, 1, 1, 0, 0, 0)))
    summary, found, evidence = _only(compare(with_folder, zipped(zip_bytes(FILES, time=(2024, 1, 1, 0, 0, 0)))))
    assert summary == "folder entries differ"
    assert found == {"zip-tool"}
    assert evidence == "only the left has pkg; only the right has none"


TEXT = b"".join(b"%d bottles of %d\n" % (number, number * number) for number in range(3000))


def _raw(stream: bytes, method: int = 8) -> Tree:
    return zipped(build([Part(b"a.txt", data=TEXT, raw=stream, method=method)]).data)


def _zlib(level: int, library: ModuleType = zlib) -> bytes:
    stream = library.compressobj(level, zlib.DEFLATED, -15)
    made: bytes = stream.compress(TEXT) + stream.flush()
    return made


def test_streams_by_another_encoder_or_level() -> None:
    from truewheel.wheel.deflate import deflate  # noqa: PLC0415  # its name is that of the method everywhere else

    summary, found, evidence = _only(compare(_raw(_zlib(6)), _raw(bytes(deflate(TEXT, 6)))))
    assert summary == "compressed in another way: 1 member"
    assert found == {"deflate"}
    assert evidence.startswith("zlib level 6")
    assert evidence.endswith(" on the left, libdeflate level 6 on the right")
    _, _, evidence = _only(compare(_raw(_zlib(1)), _raw(_zlib(9))))
    assert evidence.startswith("zlib level 1 on the left, zlib level 9")
    method, streams = compare(_raw(TEXT, 0), _raw(_zlib(6))).differences
    assert method.summary == "method differs for 1 member"
    assert reasons((method, streams)) == {"deflate"}
    assert streams.inside[0].left == "stored"


def test_a_method_that_follows_from_other_contents_is_no_difference() -> None:
    short, long = zipped(zip_bytes({"a.txt": b"x"}, store=True)), zipped(zip_bytes({"a.txt": b"x" * 100}))
    (found,) = compare(short, long).differences
    assert (found.place, found.kind) == ("a.txt", Kind.CONTENT)


def test_streams_of_zlib_ng() -> None:
    _, found, evidence = _only(compare(_raw(_zlib(6)), _raw(_zlib(6, zlib_ng))))
    assert found == {"deflate"}
    assert evidence.endswith("an encoder unknown here on the right")


def test_streams_that_are_too_large_to_be_tried() -> None:
    data = TEXT * 10
    stream = zlib.compressobj(1, zlib.DEFLATED, -15)
    raw = stream.compress(data) + stream.flush()
    left, right = (zipped(build([Part(b"a", data=data, **more)]).data) for more in ({}, {"raw": raw}))  # type: ignore[arg-type]
    assert "too large" in _only(compare(left, right))[2]


def test_flags_of_the_level() -> None:
    left, right = (zipped(build([Part(b"a.txt", flags=flags)]).data) for flags in (0, 2))
    summary, found, _ = _only(compare(left, right))
    assert summary == "level differs for 1 member"
    assert found == {"deflate"}


@pytest.mark.parametrize(
    ("more", "label", "reason"),
    [
        ({"mtime": 1_700_000_000}, "time", "build-time"),
        ({"mode": 0o600}, "mode", "umask"),
        ({"user": "me"}, "user", "host"),
    ],
)
def test_facts_of_a_tar(more: Mapping[str, object], label: str, reason: str) -> None:
    files = {"x-1/a": b"a", "x-1/b": b"b"}
    summary, found, _ = _only(compare(tarred(tar_bytes(files)), tarred(tar_bytes(files, **more))))  # type: ignore[arg-type]
    assert summary == f"{label} differs for 2 members"
    assert found == {reason}


def test_a_tar_and_a_zip_differ_in_that_alone() -> None:
    files = {"x-1/a": b"a"}
    (found,) = compare(tarred(tar_bytes(files)), zipped(zip_bytes(files))).differences
    assert found.summary == "the left is a tar, the right a zip"


def test_nothing_is_compared_with_a_directory() -> None:
    assert compare(PLAIN, directory(FILES)).equal
    assert compare(directory(FILES), PLAIN).equal


def test_facts_of_gzip() -> None:
    plain = GzipHeader(0, "", "", 255, 0)
    facts = [
        dict(gzip_facts(header))
        for header in (plain, GzipHeader(1, "a", "b", 3, 2, text=True, extra=b"x", checked=True, padding=9))
    ]
    assert [label for label in facts[0] if facts[0][label] == facts[1][label]] == []
    assert facts[1]["gzip flags"] == "text, extra 78, checksum"
    assert moment(-1) == "-1 seconds since 1970"
    assert moment(1, "50") == "1970-01-01 00:00:01.50"
    assert moment(1 << 60) == f"{1 << 60} seconds since 1970"


def test_a_gzip_name_that_holds_the_version() -> None:
    def tree(name: str, version: str) -> Tree:
        tar = tarred(tar_bytes({f"x-{version}/a": b"a"}))
        return replace(tar, facts=(*tar.facts, *gzip_facts(GzipHeader(1, name, "", 3, 0))))

    comparison = compare(tree("x-6.0.2.tar", "6.0.2"), tree("x-6.0.3.tar", "6.0.3"))
    assert reasons(comparison) == {"version"}
    assert "zip-tool" in reasons(compare(tree("x-6.0.2.tar", "6.0.2"), tree("dist/y-6.0.3.tar", "6.0.3")))


def test_gzip_streams_alone() -> None:
    data = tar_bytes({"x-1/a": TEXT})
    left, right = (
        Tree("sdist", "x", tarred(data).leaves, gzip_facts(GzipHeader(0, "", "", 3, 0)), size, str(size))
        for size in (1, 2)
    )
    summary, found, evidence = _only(compare(left, right))
    assert summary == "the same contents, compressed in another way"
    assert found == {"deflate"}
    assert evidence == "1 bytes on the left, 2 bytes on the right"
    assert gz(data, 1) != gz(data, 9)


def test_files_that_differ_in_nothing_that_is_known() -> None:
    left, right = (Tree("zip", "x", PLAIN.leaves, (), 1, digest) for digest in "ab")
    comparison = compare(left, right)
    assert comparison.differences == UNRECOGNIZED
    assert "offset 0x10" in unrecognized(comparison, 16).differences[0].summary
    assert unrecognized(comparison, None) is comparison


@given(wheels())
def test_two_forms_of_one_wheel_have_the_same_contents(wheel: Wheel) -> None:
    left, right = (zipped(written(wheel, profile), "wheel") for profile in (Profile.LD1, Profile.ZLIB6))
    comparison = compare(left, right)
    assert comparison.same_contents
    assert reasons(comparison) <= {"deflate"}
    assert kinds(compare(left, left)) == []


def _with_records(*records: dict[str, str]) -> Tree:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number, pax in enumerate(records):
            info = tarfile.TarInfo(f"x-1/{number}")
            info.pax_headers = pax
            archive.addfile(info, io.BytesIO())
    return tarred(target.getvalue())


@pytest.mark.parametrize(
    ("left", "right", "label", "reason"),
    [
        ({"SCHILY.xattr.user.x": "1"}, {"SCHILY.xattr.user.x": "2"}, "attributes", "zip-tool"),
        ({"SCHILY.xattr.user.x": "1" * 500}, {"SCHILY.xattr.user.x": "1" * 499 + "2"}, "attributes", "zip-tool"),
        ({"atime": "1"}, {"atime": "2"}, "other times", "build-time"),
    ],
)
def test_values_of_pax_records(left: dict[str, str], right: dict[str, str], label: str, reason: str) -> None:
    summary, found, evidence = _only(compare(_with_records(left), _with_records(right)))
    assert summary == f"{label} differ for 1 member"
    assert found == {reason}
    assert len(evidence) < 500


def test_pax_records_of_the_whole_to_their_end() -> None:
    left, right = ("y" * 500 + end for end in "ab")
    trees = [Tree("tar", "x", (), tree_facts((), [("comment", text)])) for text in (left, right)]
    (found,) = compare(*trees).differences
    assert found.summary == "pax records differ"


def test_what_a_hard_link_leads_to() -> None:
    tars = []
    for target in ("x-1/a", "x-1/b"):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in ("x-1/a", "x-1/b"):
                archive.addfile(tarfile.TarInfo(name), io.BytesIO())
            link = tarfile.TarInfo("x-1/c")
            link.type, link.linkname = tarfile.LNKTYPE, target
            archive.addfile(link)
        tars.append(tarred(made.getvalue()))
    summary, _, _ = _only(compare(*tars))
    assert summary == "hard link differs for 1 of 3 members"


def test_the_last_of_many_folders_and_extra_fields() -> None:
    folders = [[f"{number:03}/" for number in range(300)] for _ in range(2)]
    folders[1][-1] = "other/"
    trees = [Tree("zip", "x", (), tree_facts(names)) for names in folders]
    summary, _, evidence = _only(compare(*trees))
    assert summary == "folder entries differ"
    assert evidence == "only the left has 299; only the right has other"
    headers = [GzipHeader(0, "", "", 3, 0, extra=bytes(500) + end) for end in (b"a", b"b")]
    assert gzip_facts(headers[0]) != gzip_facts(headers[1])


def test_folders_below_one_that_is_called_otherwise() -> None:
    trees = [
        Tree("sdist", top, (Leaf(f"{top}/a", executable=False, content=Bytes(b"")),), tree_facts([top, f"{top}/b"]))
        for top in ("x-1", "y-1")
    ]
    assert [found.place for found in compare(*trees).differences if found.kind is Kind.STORAGE] == []


def test_a_tar_that_only_one_side_compresses() -> None:
    plain = tarred(tar_bytes({"x-1/a": TEXT}))
    packed = replace(plain, facts=(*plain.facts, *gzip_facts(GzipHeader(0, "", "", 3, 0))), sha256="other")
    for one, other, said in ((plain, packed, "not compressed"), (packed, plain, "compressed with gzip")):
        summary, found, _ = _only(compare(one, other))
        assert summary.startswith(f"the left is {said}, the right ")
        assert found == {"deflate"}
