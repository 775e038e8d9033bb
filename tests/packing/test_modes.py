"""Executable is what the archive says, or what a Unix system would start."""

from __future__ import annotations

import pytest

from tests.corpus import Corpus
from truewheel.archives import Item
from truewheel.binary import MachO, read
from truewheel.errors import BinaryError
from truewheel.packing.modes import executables
from truewheel.wheel import Bytes, WheelName
from truewheel.wheel import read as read_wheel

ELF = b"\x7fELF" + bytes(60)
MACH_O = b"\xcf\xfa\xed\xfe" + bytes(60)
PE = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0"


def items(**files: tuple[bytes, bool]) -> dict[str, Item]:
    return {name: Item(f"top/{name}", executable, Bytes(data)) for name, (data, executable) in files.items()}


FILES = items(
    elf=(ELF, False),
    macho=(MACH_O, False),
    library=(ELF + b"library", True),
    script=(b"#!/bin/sh\n", False),
    windows=(PE, True),
    text=(b"#\n", True),
    nothing=(b"", False),
)


def is_program(item: Item) -> bool:
    return b"library" not in item.read()


@pytest.mark.parametrize(("modes", "derive"), [(True, None), (True, False), (False, False)])
def test_the_archive_is_believed(modes: bool, derive: bool | None) -> None:
    found = executables(FILES, modes=modes, is_program=is_program, derive=derive)
    assert found == {"library", "windows", "text"}


@pytest.mark.parametrize(("modes", "derive"), [(False, None), (True, True), (False, True)])
def test_where_the_archive_cannot_say_the_files_do(modes: bool, derive: bool | None) -> None:
    found = executables(FILES, modes=modes, is_program=is_program, derive=derive)
    assert found == {"elf", "macho", "script"}


@pytest.mark.parametrize("modes", [True, False])
def test_programs_are_executable_whatever_they_are(modes: bool) -> None:
    found = executables(FILES, modes=modes, is_program=is_program, programs=["windows", "nothing"])
    assert {"windows", "nothing"} <= found
    assert "text" not in executables(FILES, modes=False, is_program=is_program, programs=["elf"])


def test_only_native_files_of_unix_are_asked_whether_they_are_programs() -> None:
    asked: list[str] = []

    def ask(item: Item) -> bool:
        asked.append(item.name)
        return False

    executables(FILES, modes=False, is_program=ask, programs=["elf"])
    assert asked == ["top/macho", "top/library"]


def test_an_error_names_the_file_as_the_archive_does() -> None:
    def broken(_: Item) -> bool:
        raise BinaryError("it is truncated")

    with pytest.raises(BinaryError, match="top/elf: it is truncated"):
        executables(FILES, modes=False, is_program=broken)


@pytest.mark.parametrize(
    "file", ["ziglang-0.12.0-py3-none-macosx_11_0_arm64.whl", "ziglang-0.12.0-py3-none-win_amd64.whl"]
)
def test_the_bits_of_a_published_wheel_can_be_derived(corpus: Corpus, file: str) -> None:
    wheel = read_wheel(corpus(file).read_bytes(), WheelName.parse(file))
    there = {entry.name: Item(entry.name, entry.executable, entry.content) for entry in wheel}

    def program(item: Item) -> bool:
        image = read(item.read())
        return isinstance(image, MachO) and all(part.filetype == 2 for part in image.slices)

    derived = executables(there, modes=False, is_program=program)
    published = executables(there, modes=True, is_program=program)
    assert derived == {name for name in published if not name.endswith(".exe")}
