"""Static libraries: whose objects they hold, and fat ones as lipo makes them."""

from __future__ import annotations

from contextlib import suppress
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.binary.archives import MAGIC, archive, member
from tests.elf.toolchains import call
from tests.strategies.macho import ARM64, I386, OBJECT, PPC, X86_64, MachFile, fat
from tests.tools import need
from truewheel.binary import macho_archive
from truewheel.binary.fields import Fields
from truewheel.binary.macho import is_fat_archive
from truewheel.binary.macho_archive import archived_processor
from truewheel.binary.macho_fat import assembled
from truewheel.errors import BinaryError, RequestError


def thing(cpu: tuple[int, int], contents: bytes = b"\x90" * 16) -> bytes:
    """An object."""
    bits = 64 if cpu[0] & 0x01000000 else 32
    return MachFile(cpu, OBJECT, ">" if cpu == PPC else "<", bits, contents=contents).encode()


@pytest.mark.parametrize("cpu", [X86_64, ARM64, I386, PPC])
def test_the_processor_is_that_of_the_objects(cpu: tuple[int, int]) -> None:
    odd = member(b"a name of some length.o", thing(cpu, b"\x90" * 17))
    data = archive(thing(cpu), thing(cpu)) + odd + member(b"readme", b"?") + member(b"empty", b"")
    assert archived_processor(Fields(data)) == (*cpu, 64 if cpu[0] & 0x01000000 else 32)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (MAGIC, "for 0 processors"),
        (archive(b"text that is no object"), "for 0 processors"),
        (archive(thing(X86_64), thing(ARM64)), "for 2 processors"),
        (archive(thing(ARM64))[:-3], "a member of the archive needs"),
        (archive() + b"x", "the header of a member of the archive needs"),
        (archive() + member(b"a.o", b"", size=-1), "a number"),
        (archive() + member(b"a.o", b"", size=10**9), "a member of the archive needs"),
        (archive() + member(b"a.o", b"", end=b"??"), "doesn't end as it should"),
        (archive() + member(b"#1/9", b"12345678"), "longer than the member"),
        (archive() + member(b"#1/x", b"12345678"), "a number"),
    ],
)
def test_damaged_and_mixed_ones_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(BinaryError, match=problem):
        archived_processor(Fields(data))


def test_the_number_of_members_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macho_archive, "_MOST_MEMBERS", 3)
    assert archived_processor(Fields(archive(*[thing(ARM64)] * 2))).cpu_type == ARM64[0]  # and the table of symbols
    with pytest.raises(BinaryError, match="more than 3 members"):
        archived_processor(Fields(archive(*[thing(ARM64)] * 3)))


@given(st.integers(0, 1000), st.integers(0, 255))
@example(0, 0)
def test_whatever_byte_is_wrong_only_our_error_comes(at: int, value: int) -> None:
    data = bytearray(archive(thing(ARM64), thing(ARM64)))
    data[at % len(data)] = value
    with suppress(BinaryError):
        archived_processor(Fields(data))


@pytest.mark.parametrize("cpus", [(X86_64, ARM64), (ARM64, I386, X86_64), (ARM64,)])
def test_fat_libraries_are_those_that_lipo_makes(cpus: tuple[tuple[int, int], ...], tmp_path: Path) -> None:
    libraries = [archive(thing(cpu, b"\x90" * (16 + number))) for number, cpu in enumerate(cpus)]
    for order in permutations(range(len(cpus))):
        paths = [tmp_path / f"{number}.a" for number in order]
        for number, path in zip(order, paths, strict=True):
            path.write_bytes(libraries[number])
        call([*need("llvm-lipo-19"), "-create", *paths, "-output", tmp_path / "fat.a"])
        made = assembled([libraries[number] for number in order])
        assert made == (tmp_path / "fat.a").read_bytes()
        assert is_fat_archive(made)


def test_two_libraries_for_one_processor() -> None:
    with pytest.raises(RequestError, match="two slices for arm64"):
        assembled([archive(thing(ARM64)), archive(thing(ARM64, b"\x90" * 4))])
    with pytest.raises(BinaryError):
        assembled([fat(archive(thing(ARM64)), cpus=[ARM64]), archive(thing(X86_64))])
