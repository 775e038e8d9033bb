"""WHEEL and METADATA: what they say, and nothing but what is asked rewritten."""

from __future__ import annotations

import contextlib
import email
from dataclasses import replace
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.wheels import NAME, WHEEL_TEXTS, wheels
from truewheel.errors import TruewheelError, WheelError
from truewheel.wheel import metadata
from truewheel.wheel.model import Bytes, Entry, Wheel

WHEEL = b"Wheel-Version: 1.0\nGenerator: one (1.0)\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n\n"
TAGS = st.lists(st.sampled_from(["py3-none-any", "cp312-abi3-win32", "py2-none-any"]), max_size=3, unique=True)
VALUES = st.text("abc: 09.-ä", max_size=9).map(str.strip)
LINES = st.lists(
    st.one_of(
        st.builds("{}: {}".format, st.sampled_from(["Generator", "TAG", "Tag", "Build", "X-Other", "Taglike"]), VALUES),
        st.builds(" folded {}".format, VALUES),
    ),
    max_size=8,
)


def test_what_wheel_says() -> None:
    assert metadata.parse_wheel_file(
        b"Wheel-Version: 1.0\r\nGENERATOR: one\r\ngenerator: two (2)\r\nRoot-Is-Purelib: True\r\n"
        b"Build: 1local\r\nTag: py2.py3-none-any\r\n"
    ) == metadata.WheelFile("1.0", ("one", "two (2)"), root_is_purelib=True, build="1local", tags=("py2.py3-none-any",))
    bare = metadata.parse_wheel_file(b"Wheel-Version: 1.9")
    assert bare == metadata.WheelFile("1.9", (), root_is_purelib=False, build="", tags=())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "^WHEEL has no Wheel-Version such as 1.0, it has ''$"),
        (b"\nWheel-Version: 1.0\n", "has no Wheel-Version"),
        (b"Wheel-Version: one\n", "it has 'one'"),
        (b"Wheel-Version: " + b"1" * 5000 + b".0\n", "has no Wheel-Version"),
        (b"Wheel-Version: 2.0\n", "^wheels of version 2.0 are not known here, 1.0 is$"),
    ],
)
def test_a_wheel_file_that_is_none(data: bytes, message: str) -> None:
    with pytest.raises(WheelError, match=message):
        metadata.parse_wheel_file(data)


def test_what_metadata_says() -> None:
    found = metadata.parse_metadata(
        b"Metadata-Version: 2.4\nName: Sample\nVersion: 1.0\nLicense: a\n  | folded\nLicense-File: LICENSE\n"
        b"License-File: vendored/b \xff.txt\n\nName: not a header\n"
    )
    assert (found.name, found.version) == ("Sample", "1.0")
    assert found.license_files == ("LICENSE", "vendored/b \udcff.txt")


@pytest.mark.parametrize("data", [b"", b"Name: a\n", b"Version: 1\n", b"Name:\nVersion: 1\n", b"\xff\xfe"])
def test_metadata_without_name_or_version(data: bytes) -> None:
    with pytest.raises(WheelError, match=r"^METADATA has no (Name|Version)$"):
        metadata.parse_metadata(data)


@given(LINES)
def test_the_email_module_reads_the_same(lines: list[str]) -> None:
    text = "\n".join(["Wheel-Version: 1.0", "Generator: z", *lines, "", "Tag: body"])
    theirs: Message = email.message_from_string(text)
    ours = metadata.parse_wheel_file(text.encode())
    for name, values in {"tag": ours.tags, "generator": ours.generators}.items():
        assert [" ".join(str(v).split()) for v in theirs.get_all(name, [])] == [" ".join(v.split()) for v in values]


@given(st.binary(max_size=60))
def test_no_bytes_raise_another_error(junk: bytes) -> None:
    for parse in (metadata.parse_wheel_file, metadata.parse_metadata):
        with contextlib.suppress(TruewheelError):
            parse(junk)
        with contextlib.suppress(TruewheelError):
            parse(b"Wheel-Version: 1.0\nName: a\nVersion: 1\n" + junk)


@given(LINES, TAGS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n", "\n\nbody: x\n"]))
def test_with_tags_changes_nothing_else(lines: list[str], tags: list[str], end: str, tail: str) -> None:
    data = ("\n".join(["Wheel-Version: 1.0", "Generator: z", *lines]) + tail).replace("\n", end).encode()
    after = metadata.with_tags(data, tags)
    assert list(metadata.parse_wheel_file(after).tags) == tags
    assert metadata.with_tags(after, tags) == after
    assert metadata.without_tags(after).rstrip() == metadata.without_tags(data).rstrip()
    assert (b"\r" in after) == (b"\r" in data)


@given(WHEEL_TEXTS)
def test_tags_that_are_right_stay_as_they_are(data: bytes) -> None:
    assert metadata.with_tags(data, metadata.parse_wheel_file(data).tags) == data


def test_where_new_tags_stand() -> None:
    assert metadata.with_tags(WHEEL, ["a-b-c"]) == WHEEL.replace(b"py2-none-any\nTag: py3-none-any", b"a-b-c")
    assert metadata.with_tags(b"A: 1\n\nbody\n", ["x"]) == b"A: 1\nTag: x\n\nbody\n"
    assert metadata.with_tags(b"A: 1\r\nB: 2\r\n", ["x", "y"]) == b"A: 1\r\nB: 2\r\nTag: x\r\nTag: y\r\n"
    assert metadata.with_tags(b"A: 1", ["x", "y"]) == b"A: 1\nTag: x\nTag: y"
    assert metadata.with_tags(b"Tag: a\nA: 1\nTAG: b\n more\nB: 2", ["x"]) == b"Tag: x\nA: 1\nB: 2"


@given(LINES, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n", "\n\nbody: x\n"]))
def test_with_purelib_changes_nothing_else(lines: list[str], pure: bool, end: str, tail: str) -> None:
    data = ("\n".join(["Wheel-Version: 1.0", "Generator: z", *lines]) + tail).replace("\n", end).encode()
    after = metadata.with_purelib(data, pure)
    said = metadata.parse_wheel_file(after)
    assert said == replace(metadata.parse_wheel_file(data), root_is_purelib=pure)
    assert metadata.with_purelib(after, pure) == after
    line = f"Root-Is-Purelib: {'true' if pure else 'false'}".encode()
    left = after.replace(line + end.encode(), b"").replace(end.encode() + line, b"")
    assert left == data
    assert metadata.with_purelib(metadata.with_purelib(after, not pure), pure) == after


def test_where_root_is_purelib_stands() -> None:
    assert metadata.with_purelib(WHEEL, False) == WHEEL.replace(b"true", b"false")
    assert metadata.with_purelib(WHEEL, True) == WHEEL
    spelled = WHEEL.replace(b"Root-Is-Purelib: true", b"root-is-PURELIB:True ")
    assert metadata.with_purelib(spelled, True) == spelled
    assert metadata.with_purelib(spelled, False) == WHEEL.replace(b"true", b"false")
    assert metadata.with_purelib(b"A: 1\r\nTag: x\r\n", False) == b"A: 1\r\nRoot-Is-Purelib: false\r\nTag: x\r\n"
    assert metadata.with_purelib(b"A: 1\n\nTag: body\n", False) == b"A: 1\nRoot-Is-Purelib: false\n\nTag: body\n"
    assert metadata.with_purelib(b"A: 1", True) == b"A: 1\nRoot-Is-Purelib: true"
    twice = b"A: 1\nRoot-Is-Purelib: tr\n ue\nB: 2\nRoot-Is-Purelib: false\n"
    assert metadata.with_purelib(twice, True) == b"A: 1\nRoot-Is-Purelib: true\nB: 2\n"


def test_tags_expand() -> None:
    assert metadata.expanded(["py3.py2-none-any", "py3-none-any"]) == ("py2-none-any", "py3-none-any")
    assert metadata.expanded([]) == ()


def test_tags_dont_explode() -> None:
    part = ".".join(map(str, range(2000)))
    with pytest.raises(WheelError, match="more than 10000 full tags"):
        metadata.expanded([f"{part}-{part}-{part}"])


@settings(max_examples=20)
@given(wheels())
def test_the_files_of_a_wheel(wheel: Wheel) -> None:
    assert metadata.read_wheel_file(wheel).expanded_tags == ("py2-none-any", "py3-none-any")
    assert metadata.read_metadata(wheel).name == "sample"


def test_errors_name_the_member() -> None:
    info = "sample-1.0.dist-info"
    empty = [Entry(f"{info}/{name}", executable=False, content=Bytes(b"")) for name in ("WHEEL", "METADATA")]
    wheel = Wheel(NAME, tuple(empty))
    with pytest.raises(WheelError, match=rf"^{info}/WHEEL: WHEEL has no"):
        metadata.read_wheel_file(wheel)
    with pytest.raises(WheelError, match=rf"^{info}/METADATA: METADATA has no"):
        metadata.read_metadata(wheel)
