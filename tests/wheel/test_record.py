"""RECORD is read as it is, written in one way, and believed only as far as it is true."""

from __future__ import annotations

import base64
import contextlib
import csv
import hashlib
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installer.records import parse_record_file

from tests.strategies.wheels import INFO, PATHS, wheels, with_record
from truewheel import rules
from truewheel.errors import TruewheelError, WheelError
from truewheel.wheel import record
from truewheel.wheel.model import Bytes, Entry, Wheel
from truewheel.wheel.record import RecordRow

RECORD = f"{INFO}/RECORD"
ROWS = st.builds(
    RecordRow,
    PATHS,
    st.just("sha256"),
    st.binary(min_size=32, max_size=32).map(lambda value: base64.urlsafe_b64encode(value).decode().rstrip("=")),
    st.one_of(st.none(), st.integers(0, 10**15)),
)
TABLES = st.lists(st.one_of(ROWS, st.builds(RecordRow, PATHS, st.just(""), st.just(""), st.none())), max_size=9).map(
    lambda rows: list({row.path: row for row in rows}.values())
)


def sample(*extra: Entry) -> Wheel:
    return with_record(
        [
            Entry("sample/a.py", executable=False, content=Bytes(b"a = 1\n")),
            Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"Wheel-Version: 1.0\nTag: py3-none-any\n")),
            *extra,
        ]
    )


def with_text(text: str) -> Wheel:
    return sample().replaced(Entry(RECORD, executable=False, content=Bytes(text.encode())))


def text_of(wheel: Wheel) -> str:
    return bytes(wheel.info("RECORD").read()).decode()


@given(TABLES)
def test_reading_gives_back_what_was_written(rows: list[RecordRow]) -> None:
    assert list(record.parse(record.render(rows))) == rows


@given(TABLES, st.sampled_from(["\n", "\r\n"]))
def test_the_csv_module_writes_and_reads_the_same(rows: list[RecordRow], end: str) -> None:
    text = io.StringIO()
    fields = [[r.path, r.hash_name and f"{r.hash_name}={r.hash_value}", "" if r.size is None else r.size] for r in rows]
    csv.writer(text, lineterminator=end).writerows(fields)
    assert list(record.parse(text.getvalue().encode())) == rows
    if end == "\n":
        assert record.render(rows) == text.getvalue().encode()


@given(TABLES)
def test_installer_reads_the_same(rows: list[RecordRow]) -> None:
    lines = record.render(rows).decode().splitlines(keepends=True)
    theirs = [(path, hashed, size) for path, hashed, size in parse_record_file(lines)]
    assert theirs == [
        (r.path, r.hash_name and f"{r.hash_name}={r.hash_value}", "" if r.size is None else str(r.size)) for r in rows
    ]


@given(st.text('abc,"=\n\r0123sha256', max_size=80), st.binary(max_size=4))
def test_no_text_raises_another_error(text: str, junk: bytes) -> None:
    with contextlib.suppress(TruewheelError):
        record.parse(text.encode() + junk)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,,\na,,\n", "^RECORD has two rows for 'a'$"),
        (b'"a",,\nb,,\na,,\n', "^RECORD has two rows for 'a'$"),
        (b"a,sha256=x\n", "^a row of RECORD has 2 fields instead of 3, it begins with 'a'$"),
        (b"a,,1,\n", "has 4 fields"),
        (b"a,,-1\n", "^the size of 'a' in RECORD is not a number: '-1'$"),
        ("a,,\u0663\n".encode(), "is not a number"),
        (b"a,," + b"9" * 5000 + b"\n", "is not a number"),
        (b"a,sha256,1\n", "^the hash of 'a' in RECORD is not NAME=URLSAFE_BASE64: 'sha256'$"),
        (b'a,"sha256=a\nb,,\n",1\n', "is not NAME=URLSAFE_BASE64"),
        (b"\xff,,\n", "^offset 0x0: RECORD is not UTF-8$"),
        (b'"' + b"a" * 200_000 + b'",,\n', "^RECORD is not csv: field larger than field limit"),
        (b"a\rb,,\n", "has 1 fields"),
    ],
)
def test_what_is_no_record(data: bytes, message: str) -> None:
    with pytest.raises(WheelError, match=message):
        record.parse(data)


def test_forms_that_mean_the_same() -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).decode()
    plain = RecordRow("a", "sha256", digest.rstrip("="), 0)
    for text in (f"a,sha256={digest},0\n", f'"a",SHA256={digest},0', f"\n\na,sha256={digest.rstrip('=')},0\r\n\r\n"):
        assert record.parse(text.encode()) == (plain,)


@settings(max_examples=40)
@given(wheels())
def test_a_true_record_has_no_findings(wheel: Wheel) -> None:
    assert record.verify(wheel, contents=True) == ()


def test_every_wrong_row_is_found() -> None:
    good = text_of(sample())
    first, second, own = good.splitlines(keepends=True)
    md5 = base64.urlsafe_b64encode(hashlib.md5(b"a = 1\n", usedforsecurity=False).digest()).decode()
    sha512 = base64.urlsafe_b64encode(hashlib.sha512(b"a = 1\n").digest()).decode()
    for text, rule in {
        second + own: rules.RECORD_MISSING_ROW,
        good + "sample/b.py,,\n": rules.RECORD_MISSING_FILE,
        good.replace(",6\n", ",7\n"): rules.RECORD_WRONG,
        good.replace("sha256=", "sha256=0", 1): rules.RECORD_WRONG,
        f"sample/a.py,md5={md5},6\n" + second: rules.RECORD_WEAK,
        "sample/a.py,,\n" + second: rules.RECORD_WEAK,
    }.items():
        findings = record.verify(with_text(text), contents=True)
        assert [finding.rule for finding in findings] == [rule], text
        assert findings[0].member in {"sample/a.py", "sample/b.py"}
    assert record.verify(with_text(f"sample/a.py,sha512={sha512},\n" + second), contents=True) == ()
    assert record.verify(with_text(good.replace("sha256=", "sha256=0", 1)), contents=False) == ()
    assert first in good


def test_record_doesnt_vouch_for_itself_nor_its_signatures() -> None:
    signature = Entry(f"{INFO}/RECORD.jws", executable=False, content=Bytes(b"signed"))
    unsigned = sample()
    wheel = unsigned.replaced(signature)
    assert record.verify(wheel, contents=True) == ()
    assert RECORD not in record.rows_of(wheel)


@settings(max_examples=20)
@given(wheels())
def test_threads_find_the_same(wheel: Wheel) -> None:
    changed = [replace(e, content=Bytes(b"changed")) for e in wheel.entries if e.name.startswith("sample/")]
    wheel = wheel.replaced(*changed)
    with ThreadPoolExecutor(2) as pool:
        assert record.verify(wheel, contents=True, mapper=pool.map) == record.verify(wheel, contents=True)


def test_amending_keeps_record_true() -> None:
    wheel = sample(Entry("sample/b,c.py", executable=False, content=Bytes(b"b")))
    after = record.amended(
        wheel,
        Entry("sample/a.py", executable=True, content=Bytes(b"other")),
        Entry('sample/new "x".py', executable=False, content=Bytes(b"new")),
        without=["sample/b,c.py", "sample/never-there"],
    )
    assert record.verify(after, contents=True) == ()
    assert sorted(after.by_name) == sorted(["sample/a.py", 'sample/new "x".py', f"{INFO}/WHEEL", RECORD])
    # Rows that are carried along are as good as rows that are read.
    reread = after.replaced(Entry(RECORD, executable=False, content=Bytes(bytes(after.info("RECORD").read()))))
    assert record.rows_of(after) == record.rows_of(reread)
    assert after == reread


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sha256=", "sha256=0", "its sha256 is .*, RECORD says 0"),
        (",6\n", ",5\n", "its size is 6, RECORD says 5"),
        ("sample/a.py", "sample/c.py", "the member has no row in RECORD"),
    ],
)
def test_amending_launders_nothing(old: str, new: str, message: str) -> None:
    wheel = with_text(text_of(sample()).replace(old, new, 1))
    with pytest.raises(WheelError, match=f"^sample/a.py: .*{message}"):
        record.amended(wheel, Entry("sample/a.py", executable=False, content=Bytes(b"other")))


def test_twenty_thousand_rows_take_tens_of_milliseconds() -> None:
    rows = [RecordRow(f"sample/folder_{i % 100}/module_{i}.py", "sha256", "a" * 43, i) for i in range(20_000)]
    data = record.render(rows)
    start = time.process_time()
    assert len(record.parse(data)) == 20_000
    assert len(record.render(rows)) == len(data)
    assert time.process_time() - start < 1  # about 0.05 on an idle machine; this is a guard against squares
