"""What another recipe may mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tests.support import SAMPLE, wheel_members
from tests.verdict.zips import INFO, MEMBERS, PLAIN, archive, judged, side
from truewheel.recipes.model import Symptom
from truewheel.verdict import symptoms

CODE = "sample/code.py"
METADATA = f"{INFO}/METADATA"
_FILES = {name: data for name, data in MEMBERS.items() if name.rpartition("/")[2] != "RECORD"}


def _symptoms(published: bytes, rebuilt: bytes, names: tuple[str, str] = (SAMPLE, SAMPLE)) -> set[Symptom]:
    sides = side(published, names[0]), side(rebuilt, names[1])
    return set(symptoms(judged(published, rebuilt, names), *sides))


def _with(changes: Mapping[str, bytes]) -> bytes:
    return archive(wheel_members({**_FILES, **changes}))


REBUILT = archive(wheel_members(_FILES))


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (lambda: REBUILT, set()),
        (lambda: archive(wheel_members(_FILES), replace(PLAIN, time=1)), {Symptom.STORAGE}),
        (lambda: _with({CODE: b"other\n"}), {Symptom.PAYLOAD}),
        (lambda: _with({METADATA: _FILES[METADATA] + b"more\n"}), {Symptom.METADATA}),
        (lambda: _with({f"{INFO}/top_level.txt": b"sample\n"}), {Symptom.MEMBERS}),
        (lambda: _with({CODE: _FILES[CODE].replace(b"\n", b"\r\n")}), {Symptom.LINE_ENDS}),
        (
            lambda: _with({CODE: _FILES[CODE].replace(b"\n", b"\r\n"), METADATA: _FILES[METADATA] + b"more\n"}),
            {Symptom.LINE_ENDS, Symptom.METADATA},
        ),
        (
            lambda: archive(
                wheel_members(_FILES), lambda name: replace(PLAIN, mode=0o100755) if name == CODE else PLAIN
            ),
            {Symptom.EXECUTABLE},
        ),
    ],
)
def test_symptoms(published: Callable[[], bytes], expected: set[Symptom]) -> None:
    assert _symptoms(published(), REBUILT) == expected


def test_rows_of_record_in_another_order_are_storage() -> None:
    """Members that another backend wrote in another order, and RECORD with them: nothing that is inside differs."""
    rows = MEMBERS[f"{INFO}/RECORD"].splitlines(keepends=True)
    other = archive({**MEMBERS, f"{INFO}/RECORD": b"".join(reversed(rows))})
    assert _symptoms(other, archive(MEMBERS)) == {Symptom.STORAGE}


def test_a_tag() -> None:
    names = (SAMPLE, "sample-1.0-cp312-cp312-linux_x86_64.whl")
    assert _symptoms(REBUILT, REBUILT, names) == {Symptom.TAG}
    assert _symptoms(REBUILT, _with({CODE: b"other\n"}), names) == {Symptom.TAG, Symptom.PAYLOAD}
