"""Who owns the index may change a wheel in any way: none of these gets a verdict that says it is what was built."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile  # noqa: TID251 - the oracle of the mutations
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.strategies.archives import Mutation, mutations
from tests.support import record_text
from tests.verdict.zips import INFO, MEMBERS, PLAIN, Style, archive, judged
from truewheel.errors import TruewheelError, WheelError
from truewheel.verdict import Rung

REBUILT = archive(MEMBERS)
CODE = "sample/code.py"
SCRIPT = "sample-1.0.data/scripts/run.sh"
RECORD = f"{INFO}/RECORD"


def _wheel(changes: Mapping[str, bytes | None], *, record: bool = True) -> bytes:
    """The wheel with members changed, added or (None) left out, and a RECORD that is true of them, if asked for."""
    members = {name: data for name, data in {**MEMBERS, **changes}.items() if data is not None}
    if record and RECORD not in changes:
        rest = {name: data for name, data in members.items() if name != RECORD}
        members[RECORD] = record_text(rest, RECORD)
    return archive(members)


def _changed(name: str, old: bytes, new: bytes) -> bytes:
    assert old in MEMBERS[name]
    return _wheel({name: MEMBERS[name].replace(old, new, 1)})


def _with_mode(mode: int, name: str = CODE, system: int = 3) -> bytes:
    return archive(MEMBERS, lambda each: replace(PLAIN, mode=mode, system=system) if each == name else PLAIN)


def _record_row(change: Callable[[bytes], bytes]) -> bytes:
    return _wheel({RECORD: b"".join(change(line) for line in MEMBERS[RECORD].splitlines(keepends=True))})


def _swapped() -> bytes:
    one, other = "sample/__init__.py", CODE
    return _wheel({one: MEMBERS[other], other: MEMBERS[one]})


def _swapped_streams() -> bytes:
    """Two members whose records, names aside, stand in each other's place; RECORD is that of before."""
    one, other = "sample/__init__.py", CODE
    return _wheel({one: MEMBERS[other], other: MEMBERS[one]}, record=False)


_WHEEL, _METADATA = f"{INFO}/WHEEL", f"{INFO}/METADATA"
CONTENTS: dict[str, Callable[[], bytes]] = {
    "payload-byte": lambda: _changed(CODE, b"x + 4\n", b"x - 4\n"),
    "payload-byte-unrecorded": lambda: _wheel({CODE: MEMBERS[CODE] + b"#"}, record=False),
    "extra-file": lambda: _wheel({"sample/evil.py": b"import os\n"}),
    "extra-file-unrecorded": lambda: _wheel({"sample/evil.py": b"import os\n"}, record=False),
    "extra-pth": lambda: _wheel({"sample.pth": b"import sample.evil\n"}),
    "extra-empty-file": lambda: _wheel({"sample/py.typed": b""}),
    "missing-file": lambda: _wheel({"sample/empty.py": None}),
    "other-case": lambda: _wheel({CODE: None, "sample/Code.py": MEMBERS[CODE]}),
    "other-name": lambda: _wheel({CODE: None, "sample/c\u043ede.py": MEMBERS[CODE]}),
    "other-folder": lambda: _wheel({CODE: None, "code.py": MEMBERS[CODE]}),
    "swapped-contents": _swapped,
    "swapped-contents-unrecorded": _swapped_streams,
    "time-in-code": lambda: _wheel({CODE: MEMBERS[CODE] + b"BUILT = '2024-02-29 12:34:56'\n"}),
    "requirement": lambda: _wheel({_METADATA: MEMBERS[_METADATA].replace(b"\n\n", b"\nRequires-Dist: evil\n\n", 1)}),
    "project-name": lambda: _changed(_METADATA, b"Name: sample", b"Name: Sample"),
    "description": lambda: _changed(_METADATA, b"A sample.", b"A simple."),
    "tag": lambda: _changed(_WHEEL, b"py3-none-any", b"py2-none-any"),
    "purelib": lambda: _changed(_WHEEL, b"Purelib: true", b"Purelib: false"),
    "entry-points": lambda: _wheel({f"{INFO}/entry_points.txt": b"[console_scripts]\npip = sample:evil\n"}),
    "direct-url": lambda: _wheel({f"{INFO}/direct_url.json": b'{"url": "x", "dir_info": {}}'}),
    "installer": lambda: _wheel({f"{INFO}/INSTALLER": b"pip\n"}),
    "signature": lambda: _wheel({f"{INFO}/RECORD.jws": b"{}"}, record=False),
    "line-ends-in-code": lambda: _wheel({CODE: MEMBERS[CODE].replace(b"\n", b"\r\n")}),
    "executable": lambda: _with_mode(0o100755),
    "executable-for-the-owner": lambda: _with_mode(0o100744),
    "executable-for-others": lambda: _with_mode(0o100645),
    "executable-for-pip-alone": lambda: _with_mode(0o100755, system=0),
    "executable-on-no-system": lambda: _with_mode(0o100755, system=7),
    "executable-for-uv-alone": lambda: _with_mode(0o755),
    "set-user-id": lambda: _with_mode(0o104644),
    "set-group-id": lambda: _with_mode(0o102644),
    "sticky": lambda: _with_mode(0o101644),
    "record-wrong-hash": lambda: _record_row(lambda row: row.replace(b"sha256=", b"sha256=A", 1)[:-1] + b"\n"),
    "record-row-missing": lambda: _record_row(lambda row: b"" if row.startswith(CODE.encode()) else row),
    "record-row-more": lambda: _wheel({RECORD: MEMBERS[RECORD] + b"sample/evil.py,,\n"}),
    "record-row-twice": lambda: _wheel({RECORD: MEMBERS[RECORD] + MEMBERS[RECORD].splitlines(keepends=True)[0]}),
    "record-weak": lambda: _record_row(lambda row: row.replace(b"sha256=", b"md5=")),
    "record-without-hashes": lambda: _record_row(lambda row: row.partition(b",")[0] + b",,\n"),
    "record-huge": lambda: _wheel({RECORD: MEMBERS[RECORD] + b"\n" * (1 << 19)}),
    "record-no-csv": lambda: _wheel({RECORD: b"\xff\n"}),
}
"""Changes of what is inside; the index also changes RECORD, so that it is true, where nothing else is said."""


@pytest.mark.parametrize("name", CONTENTS)
def test_changed_contents_are_never_the_same(name: str) -> None:
    verdict = judged(CONTENTS[name](), REBUILT)
    assert not verdict.rung.same
    assert verdict.deviations
    assert verdict.transplanted is None


@pytest.mark.parametrize("name", set(CONTENTS) - {"line-ends-in-code", "signature"})
def test_and_nothing_explains_them(name: str) -> None:
    verdict = judged(CONTENTS[name](), REBUILT)
    assert verdict.rung is Rung.DIFFERENT
    assert verdict.unexplained


@pytest.mark.parametrize("name", CONTENTS)
def test_nor_the_other_way_round(name: str) -> None:
    """The published one is right, the rebuild has something else."""
    verdict = judged(REBUILT, CONTENTS[name]())
    assert not verdict.rung.same


def _local(data: bytes, index: int = 0) -> int:
    """The offset of a local header."""
    at = -1
    for _ in range(index + 1):
        at = data.index(b"PK\3\4", at + 1)
    return at


def _spliced(at: Callable[[bytes], int], piece: bytes) -> bytes:
    position = at(REBUILT)
    return REBUILT[:position] + piece + REBUILT[position:]


def _mode_of_first(mode: int, low: int = 0) -> bytes:
    return archive(MEMBERS, lambda each: replace(PLAIN, mode=mode, low=low) if each == CODE else PLAIN)


def _twice() -> bytes:
    """Two members of one name."""
    other = CODE.replace("code", "codE")
    return _wheel({other: b"import os\n"}).replace(other.encode(), CODE.encode())


def _commented_member() -> bytes:
    at = REBUILT.index(b"PK\1\2")
    name = struct.unpack_from("<H", REBUILT, at + 28)[0]
    behind = at + 46 + name
    changed = REBUILT[: at + 32] + struct.pack("<H", 4) + REBUILT[at + 34 : behind] + b"evil" + REBUILT[behind:]
    end = len(changed) - 22
    size, start = struct.unpack_from("<2I", changed, end + 12)
    return changed[: end + 12] + struct.pack("<2I", size + 4, start) + changed[end + 20 :]


REFUSED: dict[str, Callable[[], bytes]] = {
    "comment": lambda: REBUILT[:-2] + struct.pack("<H", 4) + b"evil",
    "comment-of-a-member": _commented_member,
    "before": lambda: b"#!/bin/sh\n" + REBUILT,
    "between": lambda: _spliced(lambda data: _local(data, 1), b"junk"),
    "before-the-directory": lambda: _spliced(lambda data: data.index(b"PK\1\2"), b"junk"),
    "behind": lambda: REBUILT + b"junk",
    "twice": _twice,
    "link": lambda: _mode_of_first(0o120777),
    "device": lambda: _mode_of_first(0o060644),
    "folder-by-mode": lambda: _mode_of_first(0o40755),
    "folder-by-dos": lambda: _mode_of_first(0o100644, 0x10),
    "folder-with-bytes": lambda: archive({"sample/": b"evil", **MEMBERS}, lambda _: replace(PLAIN, mode=0)),
    "clash-of-cases": lambda: _wheel({"sample/CODE.py": b"import os\n"}),
    "nul-in-a-name": lambda: _wheel({"sample/evil.py\0.txt": b"import os\n"}),
    "turned-name": lambda: _wheel({"sample/\u202eyp.live": b"import os\n"}),
    "two-compositions": lambda: _wheel({"sample/\xe4.py": b"1\n", "sample/a\u0308.py": b"2\n"}),
    "name-in-unicode-field": lambda: archive(MEMBERS, replace(PLAIN, central_extra=b"up\x04\0evil")),
    "encrypted": lambda: archive(MEMBERS, replace(PLAIN, flags=1)),
    "bytes-behind-a-stream": lambda: archive(
        MEMBERS, replace(PLAIN, encode=lambda data: (PLAIN.encode or bytes)(data) + b"evil")
    ),
    "second-info": lambda: _wheel({"evil-1.0.dist-info/METADATA": b"Name: evil\n"}),
}
"""What the strict reader refuses, so that no verdict is come to: the reason why the transplant needs no rule for it."""


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(WheelError):
        judged(REFUSED[name](), REBUILT)


def _with(**fields: object) -> Callable[[], bytes]:
    def make() -> bytes:
        return archive(MEMBERS, lambda each: replace(PLAIN, **fields) if each == CODE else PLAIN)  # type: ignore[arg-type]

    return make


UNVOUCHED: dict[str, tuple[Callable[[], bytes], str]] = {
    "unknown-extra": (_with(central_extra=b"\x34\x12\x04\0evil"), "extra fields"),
    "unknown-local-extra": (_with(local_extra=b"\x34\x12\x04\0evil"), "extra fields"),
    "times-too-long": (_with(local_extra=b"UT\x09\0\1abcdevil"), "extra fields"),
    "times-without-a-flag": (_with(local_extra=b"UT\x05\0\0evil"), "extra fields"),
    "unknown-time-flags": (_with(local_extra=b"UT\x05\0\x88evil"), "extra fields"),
    "no-times": (_with(local_extra=b"UT\0\0"), "extra fields"),
    "central-times-too-long": (_with(central_extra=b"UT\x09\0\3abcdevil"), "extra fields"),
    "times-twice": (_with(local_extra=b"UT\5\0\1abcd" * 2), "extra fields"),
    "owners-too-long": (_with(local_extra=b"ux\x0f\0\1\4\0\0\0\0\4\0\0\0\0evil"), "extra fields"),
    "owners-of-many-bytes": (_with(local_extra=b"ux\x0c\0\1\x09evilevile\0"), "extra fields"),
    "owners-cut": (_with(local_extra=b"ux\x03\0\1\4e"), "extra fields"),
    "owners-of-another-version": (_with(local_extra=b"ux\x0b\0\2\4\0\0\0\0\4\0\0\0\0"), "extra fields"),
    "old-times-too-long": (_with(local_extra=b"UX\x0e\0abcdefghijklmn"), "extra fields"),
    "old-owners-too-long": (_with(local_extra=b"Ux\x08\0evilevil"), "extra fields"),
    "internal-attributes": (_with(internal=0xE000), "internal attributes"),
    "hidden": (_with(low=0x02), "DOS attributes"),
    "unused-attributes": (_with(low=0xEE00), "DOS attributes"),
    "unknown-system": (_with(system=0x45), "system or a version"),
    "unknown-version": (_with(create=0x65), "system or a version"),
    "unknown-version-needed": (_with(extract=0x6576), "system or a version"),
    "no-month": (_with(date=0x5A01), "times that no clock shows"),
    "no-hour": (_with(time=0xFFFF), "times that no clock shows"),
    "empty-folder": (lambda: archive({"evil/": b"", **MEMBERS}, _of_folder), "empty folders"),
    "folder-with-extra": (
        lambda: archive({"sample/": b"", **MEMBERS}, lambda each: _of_folder(each, central_extra=b"ev\2\0il")),
        "extra fields",
    ),
    "zip64-version": (lambda: _zip64_end(0x6576, 45), "ZIP64 end record is made by"),
    "zip64-version-needed": (lambda: _zip64_end(45, 0x6576), "ZIP64 end record needs"),
}
"""What may stand in a zip of the same contents and that nobody has built: the words with which it is told."""


def _of_folder(name: str, **fields: object) -> Style:
    return replace(PLAIN, mode=0o40755, low=0x10, **fields) if name.endswith("/") else PLAIN  # type: ignore[arg-type]


def _zip64_end(create: int, extract: int) -> bytes:
    data = archive(MEMBERS, end64=True)
    at = data.rindex(b"PK\6\6") + 12
    return data[:at] + struct.pack("<2H", create, extract) + data[at + 4 :]


@pytest.mark.parametrize("name", UNVOUCHED)
def test_nothing_hides_in_what_is_transplanted(name: str) -> None:
    """The members are the same, and so is the verdict; the sha256 is not vouched for, and it is said why."""
    make, words = UNVOUCHED[name]
    verdict = judged(make(), REBUILT)
    assert verdict.rung is Rung.SAME_CONTENTS
    assert any(words in said for said in verdict.storage), verdict.storage


@pytest.mark.parametrize("name", UNVOUCHED)
def test_unless_the_rebuild_has_it_too(name: str) -> None:
    """Then it came out of the build: an order that differs is all that is taken."""
    published = UNVOUCHED[name][0]()
    at = published.index(b"PK\1\2") + 12
    size = struct.unpack_from("<H", published, published.index(b"PK\1\2") + 28)[0]
    assert size
    # The time of the first member is another one in the rebuild: 12 in the central, 10 in the local header.
    rebuilt = bytearray(published)
    rebuilt[at : at + 2] = rebuilt[10:12] = b"\x21\x60"
    verdict = judged(published, bytes(rebuilt))
    assert verdict.rung is Rung.ZIP_METADATA, verdict.storage
    assert verdict.transplanted
    assert verdict.transplanted[:2] == (8, (("time", 1),))


def test_a_wrong_record_is_the_builders_own_where_all_bytes_are_the_same() -> None:
    data = CONTENTS["record-wrong-hash"]()
    verdict = judged(data, data)
    assert verdict.rung is Rung.BIT_FOR_BIT
    assert verdict.record


def test_a_wrong_record_is_not_laundered_by_a_rebuild_with_the_same_one() -> None:
    wrong = {**MEMBERS, RECORD: MEMBERS[RECORD].replace(b"sha256=", b"sha256=A", 1)}
    verdict = judged(archive(wrong, replace(PLAIN, time=0)), archive(wrong))
    assert verdict.rung is Rung.DIFFERENT
    assert [each.member for each in verdict.unexplained] == [RECORD]
    assert "RECORD is wrong" in verdict.unexplained[0].summary


def test_another_file_name_is_told_and_takes_no_part() -> None:
    names = ("sample-1.0-py3-none-any.whl", "sample-1.0-py2.py3-none-any.whl")
    for published in (REBUILT, archive(MEMBERS, replace(PLAIN, time=0))):
        verdict = judged(published, REBUILT, names)
        assert verdict.rung.same
        assert any(names[0] in said and names[1] in said for said in verdict.storage)


# --- random changes ------------------------------------------------------------------------------------------
def _meaning(data: bytes) -> dict[str, tuple[bytes, bool]] | None:
    """What zipfile finds in it: names, bytes and executable bits; None where it finds fault."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
            return {info.filename: (opened.read(info), bool(info.external_attr >> 16 & 0o111)) for info in infos}
    except Exception:  # noqa: BLE001  # zipfile has many ways to say it
        return None


@settings(max_examples=300, deadline=None)
@given(st.lists(mutations(), min_size=1, max_size=3))
@example([])
def test_mutations_are_refused_or_not_the_same(changes: list[Mutation]) -> None:
    published = REBUILT
    for change in changes:
        published = change.apply(published)
    try:
        verdict = judged(published, REBUILT)
    except TruewheelError:
        return
    if verdict.rung.same:
        assert _meaning(published) == _meaning(REBUILT)
    if verdict.rung is Rung.BIT_FOR_BIT:
        assert hashlib.sha256(published).digest() == hashlib.sha256(REBUILT).digest()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(set(MEMBERS) - {RECORD})), st.binary(max_size=40), st.floats(0, 1), st.booleans())
@example(name=CODE, put=b"", share=0, record=True)
def test_any_other_bytes_of_any_member(name: str, put: bytes, share: float, record: bool) -> None:
    """Put anywhere into any member: it is the same exactly if that changes nothing."""
    data = MEMBERS[name]
    at = int(share * len(data))
    changed = data[:at] + put + data[at + len(put) :]
    try:
        verdict = judged(_wheel({name: changed}, record=record), REBUILT)
    except TruewheelError:
        return
    assert verdict.rung.same == (changed == data)


def test_every_bit_of_the_archive_counts() -> None:
    """Whatever byte changes: it is refused, or it is another verdict, and a good one only for the same contents."""
    small = _wheel({CODE: None})
    good = 0
    for at in range(len(small)):
        for flip in (0x01, 0x80):
            changed = bytearray(small)
            changed[at] ^= flip
            try:
                verdict = judged(bytes(changed), small)
            except TruewheelError:
                continue
            assert verdict.rung is not Rung.BIT_FOR_BIT
            if verdict.rung.same:
                good += 1
                assert _meaning(bytes(changed)) == _meaning(small)
    assert good
