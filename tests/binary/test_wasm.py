from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies.macho import NAMES
from truewheel.binary import read_wasm
from truewheel.binary.model import Wasm
from truewheel.errors import BinaryError

HEAD = b"\0asm\1\0\0\0"
TYPE_SECTION = b"\1\4\1\x60\0\0"


def leb(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + leb(rest) if rest else bytes([low])


def sized(data: bytes) -> bytes:
    return leb(len(data)) + data


def custom(name: bytes, data: bytes) -> bytes:
    return b"\0" + sized(sized(name) + data)


def needed(*names: str) -> bytes:
    return b"\2" + sized(leb(len(names)) + b"".join(sized(name.encode()) for name in names))


MEMORY = b"\1" + sized(b"\0\0\0\0")


@given(st.lists(NAMES, max_size=5))
def test_a_side_module_names_what_it_needs(names: list[str]) -> None:
    data = HEAD + custom(b"dylink.0", MEMORY + needed(*names)) + TYPE_SECTION
    assert read_wasm(data) == Wasm(1, shared=True, needed=tuple(names))


@pytest.mark.parametrize("rest", [b"", TYPE_SECTION, custom(b"name", b""), TYPE_SECTION + custom(b"dylink.0", MEMORY)])
def test_other_modules_are_not_shared(rest: bytes) -> None:
    assert read_wasm(HEAD + rest) == Wasm(1, shared=False, needed=())


def test_a_component_has_a_version_of_its_own() -> None:
    assert read_wasm(b"\0asm\x0d\0\1\0").version == 0x1000D


def test_the_architecture_is_wasm32() -> None:
    assert read_wasm(HEAD).archs == ("wasm32",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "header", id="empty"),
        pytest.param(b"\0asm\1\0\0", "header", id="version cut"),
        pytest.param(b"\0wasm\0\0\0", "can't begin with", id="another magic"),
        pytest.param(HEAD + b"\0", "number", id="no size"),
        pytest.param(HEAD + b"\0" + b"\xff" * 6, "more than 5 bytes", id="endless number"),
        pytest.param(HEAD + b"\0\x7f", "first section", id="section beyond the file"),
        pytest.param(HEAD + b"\0\1\7", "name of the first section", id="name beyond the section"),
        pytest.param(HEAD + custom(b"dylink.0", b"\2\x50"), "subsection", id="subsection beyond the section"),
        pytest.param(HEAD + custom(b"dylink.0", b"\2" + sized(b"\2\1a")), "number", id="fewer names than told"),
        pytest.param(HEAD + custom(b"dylink.0", b"\2" + sized(b"\1\x09a")), "needed library", id="name too long"),
        pytest.param(HEAD + custom(b"dylink.0", b"\2" + sized(leb(4097))), "4097 libraries", id="too many names"),
    ],
)
def test_damage_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message) as caught:
        read_wasm(data)
    assert caught.value.where.offset is not None
