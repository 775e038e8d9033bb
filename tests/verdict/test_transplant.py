"""Rebuilt contents written as a published zip: proven by writing them with zipfile, and field by field."""

from __future__ import annotations

import hashlib
import io
import mmap
import zipfile  # noqa: TID251 - the oracle: a writer that is not ours
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compare.test_published import ATTRS, SIX
from tests.compare.trees import zipped
from tests.corpus import cache_folder, download
from tests.support import SAMPLE
from tests.verdict.zips import INFO, MEMBERS, PLAIN, Style, archive, by_zlib, judged, side
from truewheel.compare import compare
from truewheel.verdict import Rung, judge, transplant
from truewheel.wheel.deflate import deflate

_REVERSED = dict(reversed(MEMBERS.items()))


def _field(style: Style) -> tuple[bytes, bytes]:
    return archive(MEMBERS, style), archive(MEMBERS)


_COUNT = len(MEMBERS)
_STREAMED = replace(PLAIN, descriptor="signed")


@pytest.mark.parametrize(
    ("style", "size", "field"),
    [
        (replace(PLAIN, time=0x1234), 8, "time"),
        (replace(PLAIN, date=0x5A22), 8, "time"),
        (replace(PLAIN, time=0, date=0), 8, "time"),
        (replace(PLAIN, mode=0o100664), 4, "mode"),
        (replace(PLAIN, mode=0o644), 4, "mode"),
        (replace(PLAIN, low=0x20), 4, "mode"),
        (replace(PLAIN, system=0), 1, "system"),
        (replace(PLAIN, create=63), 1, "version"),
        (replace(PLAIN, extract=10), 4, "version"),
        (replace(PLAIN, flags=0x800), 4, "flags"),
        (replace(PLAIN, flags=0x002), 4, "flags"),
        (replace(PLAIN, internal=1), 2, "attributes"),
        (replace(PLAIN, local_extra=b"UT\5\0\1abcd", central_extra=b"UT\5\0\1abcd"), 18, "extra"),
        (replace(PLAIN, local_extra=b"ux\x0b\0\1\4\0\0\0\0\4\0\0\0\0"), 15, "extra"),
        (replace(PLAIN, local_extra=b"UX\x08\0abcdefgh"), 12, "extra"),
        (replace(PLAIN, local_extra=b"Ux\4\0abcd", central_extra=b"Ux\0\0"), 12, "extra"),
    ],
)
def test_every_field_is_counted(style: Style, size: int, field: str) -> None:
    published, rebuilt = _field(style)
    verdict = judged(published, rebuilt)
    assert verdict.rung is Rung.ZIP_METADATA
    assert verdict.transplanted is not None
    assert verdict.transplanted.size == size * _COUNT
    assert verdict.transplanted.fields == ((field, _COUNT),)
    assert verdict.transplanted.deflate == ""
    assert verdict.storage


def test_as_many_bytes_differ_as_are_counted_at_most() -> None:
    """Where nothing changes its length, the bytes that differ are those of the fields."""
    published = archive(MEMBERS, replace(PLAIN, time=0x1234, mode=0o100666, system=0))
    rebuilt = archive(MEMBERS)
    verdict = judged(published, rebuilt)
    assert verdict.transplanted
    assert verdict.transplanted.fields == (("time", _COUNT), ("mode", _COUNT), ("system", _COUNT))
    differ = sum(one != other for one, other in zip(published, rebuilt, strict=True))
    assert 0 < differ <= verdict.transplanted.size == 13 * _COUNT


@pytest.mark.parametrize("form", ["signed", "bare", "long-signed", "long-bare"])
@pytest.mark.parametrize("zeroed", [True, False])
def test_data_descriptors(form: str, zeroed: bool) -> None:
    style = replace(PLAIN, descriptor=form, zeroed=zeroed)
    if form.startswith("long"):
        style = replace(style, long=True)
    verdict = judged(*_field(style))
    assert verdict.rung is Rung.ZIP_METADATA
    assert verdict.transplanted
    fields = dict(verdict.transplanted.fields)
    assert fields["descriptor"] == fields["flags"] == _COUNT


def test_a_descriptor_and_placeholders_are_counted() -> None:
    verdict = judged(archive(MEMBERS, _STREAMED), archive(MEMBERS))
    assert verdict.transplanted
    # 16 bytes of descriptor, 12 of placeholders in the local header, 4 of flags.
    assert verdict.transplanted.size == _COUNT * (16 + 12 + 4)


def test_zip64_fields_and_end() -> None:
    published = archive(MEMBERS, replace(PLAIN, long=True), end64=True)
    verdict = judged(published, archive(MEMBERS))
    assert verdict.rung is Rung.ZIP_METADATA
    assert verdict.transplanted
    assert dict(verdict.transplanted.fields) == {"extra": _COUNT, "descriptor": _COUNT, "end": 1}
    assert verdict.transplanted.size == _COUNT * (20 + 20 + 12 + 12) + 76


def test_the_other_way_round() -> None:
    """A rebuild may have ZIP64's fields and descriptors, the published file not."""
    rebuilt = archive(MEMBERS, replace(_STREAMED, long=True), end64=True)
    assert judged(archive(MEMBERS), rebuilt).rung is Rung.ZIP_METADATA


def test_versions_of_the_zip64_end_are_counted() -> None:
    published = archive(MEMBERS, end64=True)
    at = published.rindex(b"PK\6\6")
    rebuilt = published[: at + 12] + b"\x14\3\x14\0" + published[at + 16 :]
    verdict = judged(published, rebuilt)
    assert verdict.transplanted
    assert verdict.transplanted[:2] == (4, (("end", 1),))


def test_order() -> None:
    names = list(MEMBERS)
    names[0], names[1] = names[1], names[0]
    verdict = judged(archive({name: MEMBERS[name] for name in names}), archive(MEMBERS))
    assert verdict.transplanted
    assert verdict.transplanted[:2] == (8, (("order", 2),))


def test_folders_of_members_are_counted_whole() -> None:
    def style(name: str) -> Style:
        return replace(PLAIN, mode=0o40755, low=0x10) if name.endswith("/") else PLAIN

    published = archive({"sample/": b"", **MEMBERS}, style)
    verdict = judged(published, archive(MEMBERS))
    assert verdict.transplanted
    assert verdict.transplanted[:2] == (30 + 46 + 2 * len("sample/"), (("folder", 1),))
    assert judged(archive(MEMBERS), published).rung is Rung.ZIP_METADATA


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (by_zlib(9), "zlib level 9"),
        (by_zlib(1), "zlib level 1"),
        (by_zlib(4), "zlib level 4"),
        (lambda data: bytes(deflate(data, 6)), "libdeflate level 6"),
        (lambda data: bytes(deflate(data, 12)), "libdeflate level 12"),
    ],
)
def test_the_compressor_is_found(encode: Callable[[bytes], bytes], name: str) -> None:
    verdict = judged(archive(MEMBERS, replace(PLAIN, encode=encode)), archive(MEMBERS))
    assert verdict.rung is Rung.ZIP_METADATA
    assert verdict.transplanted
    assert verdict.transplanted.deflate == name
    assert [field for field, _ in verdict.transplanted.fields] == ["deflate"]


def test_two_compressors_in_one_file() -> None:
    """A repaired wheel keeps some streams and compresses others anew."""

    def style(name: str) -> Style:
        return replace(PLAIN, encode=by_zlib(9 if name == "sample/code.py" else 1))

    verdict = judged(archive(MEMBERS, style), archive(MEMBERS, replace(PLAIN, encode=by_zlib(5))))
    assert verdict.transplanted
    assert verdict.transplanted.deflate.split(" and ")[1] == "zlib level 9"


def test_stored_here_and_deflated_there() -> None:
    stored, deflated = archive(MEMBERS, replace(PLAIN, encode=None)), archive(MEMBERS)
    verdict = judged(stored, deflated)
    assert verdict.transplanted
    assert verdict.transplanted == (4 * _COUNT, (("method", _COUNT),), "")
    verdict = judged(deflated, stored)
    assert verdict.transplanted
    assert verdict.transplanted == (12 * _COUNT, (("method", _COUNT), ("deflate", _COUNT)), "zlib level 6")


def test_an_unknown_compressor_leaves_the_contents() -> None:
    """Less memory for zlib stands for zlib-ng of some distribution: other bytes, the same contents."""
    published, rebuilt = archive(MEMBERS, replace(PLAIN, encode=by_zlib(6, 1))), archive(MEMBERS)
    assert transplant(side(published), side(rebuilt)) is None
    verdict = judged(published, rebuilt)
    assert verdict.rung is Rung.SAME_CONTENTS
    assert any("compressed by something else than zlib" in said for said in verdict.storage)


def test_zlib_ng_leaves_the_contents() -> None:
    from zlib_ng import zlib_ng  # noqa: PLC0415  # an oracle that not every platform has

    def encode(data: bytes) -> bytes:
        stream = zlib_ng.compressobj(6, zlib_ng.DEFLATED, -15)
        return stream.compress(data) + stream.flush()

    assert judged(archive(MEMBERS, replace(PLAIN, encode=encode)), archive(MEMBERS)).rung is Rung.SAME_CONTENTS


def test_mapped_files_can_be_closed_afterwards() -> None:
    """Nothing of a judgement holds on to the files, whichever way it went."""
    rebuilt = archive(MEMBERS)
    for published in (
        archive(MEMBERS, replace(PLAIN, encode=by_zlib(9))),
        archive(MEMBERS, replace(PLAIN, encode=by_zlib(6, 1))),
    ):
        maps = [mmap.mmap(-1, len(data)) for data in (published, rebuilt)]
        for mapped, data in zip(maps, (published, rebuilt), strict=True):
            mapped[:] = data
        sides = [side(mapped) for mapped in maps]
        comparison = compare(zipped(published, "wheel", SAMPLE), zipped(rebuilt, "wheel", SAMPLE))
        assert judge(sides[0], sides[1], comparison).rung.same
        for mapped in maps:
            mapped.close()


def test_the_sha256_decides() -> None:
    """Sides of which one names another sha256 than its own: nothing is bit-for-bit then, in whatever way."""
    published, rebuilt = side(archive(MEMBERS, replace(PLAIN, time=1))), side(archive(MEMBERS))
    assert transplant(published, rebuilt)
    assert transplant(published._replace(sha256="0" * 64), rebuilt) is None


def test_a_sha256_alone_is_not_believed() -> None:
    published, rebuilt = archive(MEMBERS, replace(PLAIN, time=1)), archive({**MEMBERS, "sample/more.py": b"1\n"})
    trees = zipped(published, "wheel", SAMPLE), zipped(rebuilt, "wheel", SAMPLE)
    comparison = compare(*trees)
    one, other = side(published), side(rebuilt)
    assert judge(one, other._replace(sha256=one.sha256), comparison).rung is Rung.DIFFERENT


# --- against zipfile -----------------------------------------------------------------------------------------
_ATTRIBUTES = {
    "time": "date_time",
    "mode": "external_attr",
    "system": "create_system",
    "extra": "extra",
    "attributes": "internal_attr",
    "method": "compress_type",
}


def _by_zipfile(published: bytes, rebuilt: bytes, fields: set[str], level: int | None) -> bytes:
    """The rebuilt contents written by zipfile, with no more taken from the published file than the fields named."""
    one, other = zipfile.ZipFile(io.BytesIO(published)), zipfile.ZipFile(io.BytesIO(rebuilt))
    target = io.BytesIO()
    names = (one if "order" in fields else other).namelist()
    with zipfile.ZipFile(target, "w") as writer:
        for name in names:
            chosen = zipfile.ZipInfo(name)
            for field, attribute in _ATTRIBUTES.items():
                source = one if field in fields else other
                setattr(chosen, attribute, getattr(source.getinfo(name), attribute))
            writer.writestr(chosen, other.read(name), chosen.compress_type, level)
    return target.getvalue()


def _rewritten(data: bytes, level: int, *, system: int = 3, backwards: bool = False) -> bytes:
    """A wheel as another build of it: one time, modes of another umask."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    infos = [info for info in source.infolist() if not info.is_dir()]
    with zipfile.ZipFile(target, "w") as writer:
        for info in reversed(infos) if backwards else infos:
            new = zipfile.ZipInfo(info.filename, (2021, 3, 4, 5, 6, 8))
            executable = info.external_attr >> 16 & 0o111
            new.external_attr = (0o100775 if executable else 0o100664) << 16
            new.create_system = system
            writer.writestr(new, source.read(info), zipfile.ZIP_DEFLATED, level)
    return target.getvalue()


@pytest.mark.parametrize(("name", "sha256"), [SIX[1], ATTRS[1]])
@pytest.mark.parametrize(("level", "system", "backwards"), [(6, 3, False), (9, 3, True), (1, 0, False)])
def test_published_wheels(name: str, sha256: str, level: int, system: int, backwards: bool) -> None:
    """What the verdict names is all that zipfile needs to write the published bytes."""
    published = download(name, sha256, cache_folder()).read_bytes()
    rebuilt = _rewritten(published, level, system=system, backwards=backwards)
    taken = transplant(side(published, name), side(rebuilt, name))
    assert taken is not None
    fields = {field for field, _ in taken.fields}
    assert ("order" in fields, "system" in fields, "deflate" in fields) == (backwards, system != 3, level != 6)
    written = _by_zipfile(published, rebuilt, fields, 6)
    assert hashlib.sha256(written).digest() == hashlib.sha256(published).digest()
    assert judged(published, rebuilt, (name, name)).transplanted == taken


# --- laws ----------------------------------------------------------------------------------------------------
_TIMES = st.sampled_from([(0, 0), (0x1234, 0x5A21), (0xBF7D, 0xFF9F), (0, 0x21)])
_EXTRAS = st.sampled_from([b"", b"UT\5\0\1abcd", b"UT\5\0\1wxyz"])


@st.composite
def _styles(draw: st.DrawFn) -> Style:
    time, date = draw(_TIMES)
    extra = draw(_EXTRAS)
    return Style(
        time=time,
        date=date,
        mode=draw(st.sampled_from([0o100644, 0o100600, 0o666, 0o100444])),
        low=draw(st.sampled_from([0, 0x20, 0x21])),
        system=draw(st.sampled_from([0, 3, 19])),
        create=draw(st.sampled_from([10, 20, 45, 63])),
        extract=draw(st.sampled_from([10, 20, 45])),
        flags=draw(st.sampled_from([0, 2, 4, 0x800])),
        encode=draw(st.sampled_from([None, by_zlib(6), by_zlib(9), by_zlib(2)])),
        internal=draw(st.sampled_from([0, 1])),
        local_extra=extra,
        central_extra=extra,
        descriptor=draw(st.sampled_from(["", "signed", "bare"])),
        zeroed=draw(st.booleans()),
        long=draw(st.booleans()),
    )


@st.composite
def _archives(draw: st.DrawFn) -> bytes:
    """The members in some order, each in a style of its own, with some folders' entries."""
    folders = {folder: b"" for folder in ["sample/", f"{INFO}/"] if draw(st.booleans())}
    contents = {**folders, **MEMBERS}
    names = draw(st.permutations(list(contents)))
    styles = {name: draw(_styles()) for name in names}
    for name in folders:
        styles[name] = replace(styles[name], mode=0o40755, low=0x10, descriptor="", long=False)
    return archive({name: contents[name] for name in names}, styles.__getitem__, end64=draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(_archives(), _archives())
def test_any_two_styles_of_the_same_contents(published: bytes, rebuilt: bytes) -> None:
    verdict = judged(published, rebuilt)
    if published == rebuilt:
        assert verdict.rung is Rung.BIT_FOR_BIT
        return
    assert verdict.rung is Rung.ZIP_METADATA, verdict.storage
    assert verdict.transplanted
    assert verdict.transplanted.size > 0
    assert all(count > 0 for _, count in verdict.transplanted.fields)


def test_backwards_all_are_moved() -> None:
    verdict = judged(archive(_REVERSED), archive(MEMBERS))
    assert verdict.transplanted
    moved = sum(one != other for one, other in zip(_REVERSED, MEMBERS, strict=True))
    assert verdict.transplanted[:2] == (4 * moved, (("order", moved),))
