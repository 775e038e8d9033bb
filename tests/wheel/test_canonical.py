"""The canonical form: reached at once, blind to how a wheel was zipped, and never by covering something up."""

from __future__ import annotations

import io
import zipfile  # noqa: TID251 - the tests need a writer that is not ours; the ban protects src
from dataclasses import replace
from random import Random  # noqa: TID251 - hypothesis hands out a generator of its own

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus import Corpus
from tests.strategies.wheels import INFO, NAME, wheels, with_record, written
from tests.support import SAMPLE, wheel_bytes, wheel_members, zip_bytes
from truewheel.errors import WheelError
from truewheel.wheel import forms, metadata, record
from truewheel.wheel.archive import read
from truewheel.wheel.canonical import (
    CANONICAL,
    Normalizer,
    canonicalize,
    executables_derived,
    ordered,
    plain_modes,
    settle_signatures,
    whole_tags,
    without_directories,
)
from truewheel.wheel.model import Bytes, Entry, Stored, Wheel
from truewheel.wheel.name import WheelName
from truewheel.wheel.profiles import Profile

RECORD = f"{INFO}/RECORD"
some = settings(max_examples=40)


def names(wheel: Wheel) -> list[str]:
    return [entry.name for entry in wheel]


@pytest.mark.parametrize("normalize", CANONICAL, ids=lambda step: step.__name__)
@some
@given(wheels())
def test_every_step_is_idempotent_and_keeps_record_true(normalize: Normalizer, wheel: Wheel) -> None:
    once = normalize(wheel)
    assert normalize(once) is once
    assert record.verify(once, contents=True) == ()


@some
@given(wheels())
def test_the_canonical_form_is_a_fixed_point(wheel: Wheel) -> None:
    once = canonicalize(wheel)
    assert canonicalize(once) is once
    again = read(written(once), NAME)
    assert canonicalize(again) is again
    assert again == once
    assert forms.differences(again, contents=True) == ()


@some
@given(wheels(), st.randoms(use_true_random=False), st.sampled_from([0, 1, 6, 9]), st.integers(1980, 2100))
def test_the_canonical_form_is_blind_to_the_zip(wheel: Wheel, chance: Random, level: int, year: int) -> None:
    """Other order, times, system, encoder and folders, the same bytes in the end."""
    entries = list(wheel.entries)
    chance.shuffle(entries)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("sample/", (year, 2, 3, 4, 5, 6)), b"")
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, (year, 2, 3, 4, 5, chance.randrange(60)))
            info.create_system = 3
            info.external_attr = (0o744 if entry.executable else chance.choice([0o600, 0o100664])) << 16
            info.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
            archive.writestr(info, bytes(entry.read()), compresslevel=level)
    other = read(target.getvalue(), NAME)
    assert other == wheel
    assert written(canonicalize(other)) == written(canonicalize(wheel))


def test_the_order_is_three_groups_by_bytes() -> None:
    paths = ["b", "B", "a/z", "a-b", "a.py", "é", "\U0001f600", "\uff5e", "sample-1.0.data/x", f"{INFO}.txt"]
    members = [Entry(p, executable=False, content=Bytes(b"")) for p in paths]
    info = [Entry(f"{INFO}/{p}", executable=False, content=Bytes(b"")) for p in ("WHEEL", "METADATA", "a", "RECORDS")]
    found = names(ordered(with_record([*info, *members])))
    groups = sorted(paths, key=lambda p: p.encode()), sorted(e.name for e in info), [RECORD]
    assert found == [name for group in groups for name in group]


def test_folders_are_dropped() -> None:
    wheel = read(zip_bytes({"sample/": b"", **wheel_members()}), WheelName.parse(SAMPLE))
    assert wheel.directories == ("sample/",)
    assert without_directories(wheel).directories == ()


def test_dist_info_is_never_executable() -> None:
    wheel = with_record([Entry(f"{INFO}/WHEEL", executable=True, content=Bytes(b"")), *tool("sample/tool", b"")])
    assert [entry.executable for entry in plain_modes(wheel)] == [False, True, False]


def tool(path: str, data: bytes) -> list[Entry]:
    return [Entry(path, executable=True, content=Bytes(data))]


def test_tags_of_wheel_are_its_own() -> None:
    """The file name may say otherwise: that is a finding, not a form."""
    text = b"Wheel-Version: 1.0\nTag: py3.py2-none-win32\nGenerator: x\n"
    wheel = whole_tags(with_record([Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(text))]))
    expected = b"Wheel-Version: 1.0\nTag: py2-none-win32\nTag: py3-none-win32\nGenerator: x\n"
    assert wheel.info("WHEEL").read() == expected
    assert metadata.read_wheel_file(wheel).tags != wheel.name.tags


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sample/__init__.py,", "sample/other.py,", "^sample/__init__.py: the member has no row in RECORD$"),
        (
            "sample-1.0.dist-info/RECORD,,",
            "gone.py,,",
            "^gone.py: RECORD lists 'gone.py', which is not in the archive$",
        ),
        (",16\n", ",17\n", "^sample/__init__.py: the member is not what RECORD says: its size is 16, RECORD says 17$"),
        ("sha256", "md5", "^sample/__init__.py: RECORD has the weak hash md5 for the member$"),
        ("a", "'", "RECORD"),
    ],
)
def test_a_wrong_record_is_refused(old: str, new: str, message: str) -> None:
    members = wheel_members()
    members[RECORD] = members[RECORD].replace(old.encode(), new.encode(), 1)
    wheel = read(zip_bytes(members), WheelName.parse(SAMPLE))
    with pytest.raises(WheelError, match=message):
        written(canonicalize(wheel))


def test_a_wrong_hash_is_refused_at_the_latest_when_it_is_written() -> None:
    members = wheel_members({"sample/a.py": b"good"})
    members["sample/a.py"] = b"evil"
    wheel = canonicalize(read(zip_bytes(members), WheelName.parse(SAMPLE)))
    for profile in Profile:
        with pytest.raises(WheelError, match=r"^sample/a.py: the member is not what RECORD says: its sha256 is"):
            written(wheel, profile)


def test_stronger_hashes_become_sha256_once_checked() -> None:
    plain = with_record([Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"Wheel-Version: 1.0\n"))])
    (row,) = record.rows_of(plain).values()
    for value, fine in ((record.digest("sha512", b"Wheel-Version: 1.0\n"), True), ("wrong", False)):
        rows = [record.RecordRow(row.path, "sha512", value, None), record.RecordRow(RECORD, "", "", None)]
        strong = plain.replaced(Entry(RECORD, executable=False, content=record.RecordText(rows)))
        if fine:
            assert canonicalize(strong) == plain
        else:
            with pytest.raises(WheelError, match=r"its sha512 is .*, RECORD says wrong$"):
                canonicalize(strong)


def signed(signature: str = "RECORD.jws", *, crlf: bool) -> Wheel:
    members = wheel_members()
    record_text = members.pop(RECORD)
    members[RECORD] = record_text.replace(b"\n", b"\r\n") if crlf else record_text
    members[f"{INFO}/{signature}"] = b"signed"
    return read(zip_bytes(members), WheelName.parse(SAMPLE))


@pytest.mark.parametrize("signature", ["RECORD.jws", "RECORD.p7s"])
def test_a_signature_is_not_broken_unless_asked(signature: str) -> None:
    wheel = signed(signature, crlf=True)
    with pytest.raises(WheelError, match=rf"^RECORD would change, which makes {INFO}/{signature} invalid$"):
        canonicalize(wheel)
    dropped = canonicalize(wheel, drop_signatures=True)
    assert f"{INFO}/{signature}" not in dropped.by_name
    assert record.verify(dropped, contents=True) == ()


@pytest.mark.parametrize("drop", [False, True])
def test_a_signature_that_stays_valid_stays(drop: bool) -> None:
    wheel = canonicalize(signed(crlf=True), drop_signatures=True)
    wheel = wheel.replaced(Entry(f"{INFO}/RECORD.jws", executable=False, content=Bytes(b"signed")))
    assert f"{INFO}/RECORD.jws" in canonicalize(wheel, drop_signatures=drop).by_name
    assert settle_signatures(wheel, wheel, drop=drop) is wheel


def test_executables_are_derived() -> None:
    contents = {
        "sample/run": b"#!/bin/sh\n",
        "sample/tool": b"\x7fELF",
        "sample/data": b"data",
        "sample-1.0.data/scripts/go.bat": b"echo",
        f"{INFO}/WHEEL": b"#!Wheel-Version: 1.0\n",
    }
    wheel = with_record([Entry(path, path == "sample/data", Bytes(data)) for path, data in contents.items()])
    derive = executables_derived(lambda entry: entry.head(4) == b"\x7fELF")
    found = derive(wheel)
    executable = [entry.name for entry in found if entry.executable]
    assert executable == [
        "sample/run",
        "sample/tool",
        "sample-1.0.data/scripts/go.bat",
    ]
    assert derive(found) is found


def test_a_step_that_was_asked_for_is_taken() -> None:
    wheel = read(wheel_bytes({"sample/run": b"#!/bin/sh\n"}), WheelName.parse(SAMPLE))
    derived = canonicalize(wheel, also=[executables_derived(lambda _: False)])
    assert derived.by_name["sample/run"].executable
    assert derived == canonicalize(derived)


def test_differences_are_told_in_words() -> None:
    wheel_text = b"Wheel-Version: 1.0\nTag: py2.py3-none-any\n"
    members = wheel_members({"sample/b.py": b"b" * 99, "sample/a.py": b"", f"{INFO}/WHEEL": wheel_text})
    data = zip_bytes({"sample/": b"", **members}, executable=[f"{INFO}/METADATA"], time=(1999, 1, 2, 3, 4, 6))
    wheel = read(data, NAME)
    everything = "5 members (sample/b.py, sample/a.py, sample-1.0.dist-info/WHEEL, …)"
    assert forms.differences(wheel) == (
        "entries for folders: 1",
        "executable files in .dist-info",
        "tags in WHEEL not expanded, sorted and one to a line",
        "members in another order",
        "RECORD in another form or order",
        "deflated where that is no smaller: 2 members (sample/a.py, sample-1.0.dist-info/WHEEL)",
        f"another time than 1980-01-01 00:00:00: {everything}",
    )
    assert forms.differences(wheel, Profile.KEEP, timestamp=915246247)[-1] == "RECORD in another form or order"
    wrong = read(zip_bytes({**members, "stowaway": b""}), NAME)
    assert "no canonical form: stowaway: the member has no row in RECORD" in forms.differences(wrong)
    assert forms.differences(canonicalize(wheel))[-1:] != ()  # the entries still remember the archive
    made = with_record([Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"Wheel-Version: 1.0\n"))])
    assert forms.differences(made, contents=True) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"create_version": 63}, "other versions"),
        ({"extract_version": 45}, "other versions"),
        ({"system": 0}, "other modes or another system"),
        ({"external_attributes": 0o600 << 16}, "other modes or another system"),
        ({"external_attributes": 0o100644 << 16 | 1}, "other modes or another system"),
        ({"internal_attributes": 1}, "internal attributes"),
        ({"flags": 0x800}, "other flags"),
        ({"local_extra": b"\x01\0\0\0"}, "extra fields"),
        ({"dos_time": 1}, "another time than 1980-01-01 00:00:00"),
        ({"method": 8, "size": 3, "compressed_size": 3}, "deflated where that is no smaller"),
    ],
)
def test_every_field_that_differs_is_told(change: dict[str, object], words: str) -> None:
    wheel = read(
        written(canonicalize(read(wheel_bytes({"a": b"a"}), WheelName.parse(SAMPLE)))), WheelName.parse(SAMPLE)
    )
    assert forms.differences(wheel) == ()
    entry = wheel.by_name["a"]
    assert entry.stored
    stored = Stored._make({**entry.stored._asdict(), **change}.values())
    changed = wheel.replaced(replace(entry, stored=stored))
    assert forms.differences(changed) == (f"{words}: 1 member (a)",)


def test_real_wheels_become_canonical(corpus: Corpus) -> None:
    name = "greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl"
    original = read(corpus(name).read_bytes(), WheelName.parse(name))
    assert forms.differences(original)
    data = written(canonicalize(original))
    assert forms.differences(read(data, original.name), contents=True) == ()
    kept = read(written(canonicalize(original), Profile.KEEP), original.name)
    assert forms.differences(kept, Profile.KEEP, contents=True) == ()
    assert any("otherwise than by the profile ld1" in words for words in forms.differences(kept, contents=True))
    assert kept == read(data, original.name)


def test_a_tag_that_is_folded_over_two_lines_is_unfolded() -> None:
    said = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag:\n py3-none-any\n"
    data = wheel_bytes({"sample/a.py": b"", "sample-1.0.dist-info/WHEEL": said})
    canonical = canonicalize(read(data, WheelName.parse(SAMPLE)))
    assert bytes(canonical.info("WHEEL").read()) == said.replace(b"Tag:\n ", b"Tag: ")
