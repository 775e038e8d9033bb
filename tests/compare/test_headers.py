"""METADATA, PKG-INFO and WHEEL, field by field."""

from __future__ import annotations

import pytest

from tests.compare.trees import pair, reasons
from truewheel.compare.headers import compare_headers
from truewheel.compare.model import Difference

INFO = "six-1.0.dist-info/"
METADATA = "Metadata-Version: 2.1\nName: six\nVersion: 1.0\nRequires-Dist: a (>=1)\nRequires-Dist: b\n\nText.\nMore.\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: bdist_wheel (0.40.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n"


def _compared(left: str, right: str, name: str = f"{INFO}METADATA") -> dict[str, Difference]:
    return {part.place: part for part in compare_headers(pair(left, right, name))}


@pytest.mark.parametrize(
    ("old", "new", "place", "reason", "sure"),
    [
        ("Version: 1.0", "Version: 1.1", "Version", "version", True),
        ("Metadata-Version: 2.1", "Metadata-Version: 2.4", "Metadata-Version", "backend", True),
        ("a (>=1)", "a>=1", "Requires-Dist", "backend", False),
        ("Name: six\n", "Name: six\nDynamic: summary\n", "Dynamic", "backend", False),
        ("Name: six\n", "Name: six\nPlatform: UNKNOWN\n", "Platform", "backend", False),
        ("Name: six\n", "Name: six\nLicense-File: LICENSE\n", "License-File", "backend", False),
        ("Requires-Dist: a (>=1)\nRequires-Dist: b", "Requires-Dist: b\nRequires-Dist: a (>=1)", "Requires-Dist",
         "hash-order", False),
        ("Name: six\nVersion: 1.0\n", "Version: 1.0\nName: six\n", "order of fields", "backend", False),
        ("Text.\nMore.\n", "Text.\nMore.\n\n\n", "description", "backend", False),
    ],
)  # fmt: skip
def test_fields_of_metadata(old: str, new: str, place: str, reason: str, sure: bool) -> None:
    assert old in METADATA
    found = _compared(METADATA, METADATA.replace(old, new, 1))
    assert list(found) == [place]
    assert [(cause.reason.id, cause.sure) for cause in found[place].causes] == [(reason, sure)]


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("bdist_wheel (0.40.0)", "setuptools (84.2.1)", "Generator", "backend"),
        ("py3-none-any", "cp312-cp312-linux_x86_64", "Tag", "platform"),
        ("py3-none-any", "py2-none-any", "Tag", "python"),
        ("Root-Is-Purelib: true", "Root-Is-Purelib: false", "Root-Is-Purelib", "backend"),
    ],
)
def test_fields_of_wheel(old: str, new: str, place: str, reason: str) -> None:
    found = _compared(WHEEL, WHEEL.replace(old, new), f"{INFO}WHEEL")
    assert list(found) == [place]
    assert reasons(tuple(found.values())) == {reason}


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("linux_x86_64", "manylinux_2_17_x86_64", "tag"),
        ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "tag"),
        ("macosx_11_0_arm64", "macosx_10_9_arm64", "tag"),
        ("macosx_11_0_arm64", "macosx_11_0_x86_64", "platform"),
        ("manylinux_2_28_x86_64", "musllinux_1_2_x86_64", "platform"),
        ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "platform"),
        ("win32", "win_amd64", "platform"),
    ],
)
def test_another_tag_is_no_other_platform(left: str, right: str, reason: str) -> None:
    sides = [WHEEL.replace("py3-none-any", f"cp312-cp312-{side}") for side in (left, right)]
    assert reasons(tuple(_compared(sides[0], sides[1], f"{INFO}WHEEL").values())) == {reason}


def test_a_long_value_is_shown_where_it_differs() -> None:
    licence = "x" * 1000
    found = _compared(f"Name: six\nLicense: {licence}one{licence}\n", f"Name: six\nLicense: {licence}two{licence}\n")
    assert "xone" in (found["License"].left or "")
    assert "xtwo" in (found["License"].right or "")
    assert len(found["License"].left or "") < 400


def test_tags_in_another_order_are_the_same_tags() -> None:
    left = WHEEL.replace("Tag: py3-none-any", "Tag: py2-none-any\nTag: py3-none-any")
    found = _compared(left, WHEEL.replace("Tag: py3-none-any", "Tag: py3-none-any\nTag: py2-none-any"), f"{INFO}WHEEL")
    assert reasons(tuple(found.values())) == {"hash-order"}


def test_values_are_shown_and_counted() -> None:
    found = _compared(METADATA, METADATA.replace("Requires-Dist: b", "Requires-Dist: c\nRequires-Dist: d"))
    assert found["Requires-Dist"].summary == "1 of 2 values only on the left, 2 of 3 values only on the right"
    assert (found["Requires-Dist"].left, found["Requires-Dist"].right) == ("a (>=1)\nb", "a (>=1)\nc\nd")
    found = _compared(METADATA, METADATA.replace("Name: six\n", ""))
    assert found["Name"].summary == "only on the left: 1 value"
    many = "".join(f"Classifier: {number}\n" for number in range(50))
    found = _compared(METADATA, METADATA.replace("Name: six\n", f"Name: six\n{many}"))
    assert (found["Classifier"].right or "").endswith("\n(10 more)")
    assert found["Classifier"].summary == "only on the right: 50 values"


def test_the_description_line_by_line() -> None:
    found = _compared(METADATA, METADATA.replace("More.", "Other."), "six-1.0/PKG-INFO")
    assert list(found) == ["description"]
    assert [line.text for line in found["description"].lines] == ["Text.", "More.", "Other."]


def test_line_ends_and_folds() -> None:
    found = _compared(METADATA, METADATA.replace("\n", "\r\n"))
    assert list(found) == ["line ends"]
    folded = METADATA.replace("Name: six", "Name: six\nLicense: one\n        two")
    found = _compared(folded, folded.replace("two", "three"))
    assert found["License"].left == "one\n        two"


def test_spelling_of_a_field() -> None:
    found = _compared(METADATA, METADATA.replace("Name:", "name:"))
    assert list(found) == ["order of fields"]


@pytest.mark.parametrize(
    ("left", "right", "name"),
    [
        ("No headers here\n", "Name: x\n", f"{INFO}METADATA"),
        ("\nName: x\n", "Name: x\n", f"{INFO}METADATA"),
        ("Name: x\n", "Name: y\n", "README"),
        ("Name: x\0\n", "Name: y\n", f"{INFO}METADATA"),
        ("A: 1\n" * 30_000, "A: 2\n", f"{INFO}METADATA"),
    ],
)
def test_what_is_left_to_others(left: str, right: str, name: str) -> None:
    assert _compared(left, right, name) == {}


def test_requirements_that_nobody_can_read() -> None:
    found = _compared(METADATA, METADATA.replace("a (>=1)", "a ( >= 1 )"))
    assert reasons(tuple(found.values())) == {"backend"}
    left = METADATA.replace("a (>=1)", "!! (x)")
    assert reasons(tuple(_compared(left, left.replace("!! (x)", "!!x")).values())) == {"backend"}
    assert reasons(tuple(_compared(left, left.replace("!! (x)", "?? y")).values())) == set()
