"""Wheels made to hold the policies up: what they take grows with the wheel, not with its square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time

import pytest

from tests.policy.elves import library
from tests.policy.images import elf
from truewheel.binary.graph import resolve
from truewheel.binary.model import Elf, Image, VersionNeed
from truewheel.policy import examine
from truewheel.wheel import WheelName

ENOUGH = 3.0
"""Seconds. Each took ten times as long, or far longer, while it cost the square of its size."""

MANY = 5_000


def _versions() -> dict[str, Image]:
    """Versions that no manylinux promises, each with a symbol that is bound to it."""
    names = [f"FOO_{number}" for number in range(MANY)]
    made = library(needed=("libc.so.6",), imports=tuple(f"f{name}@{name}@libc.so.6" for name in names))
    return {"a.so": replace(made, version_needs=tuple(VersionNeed("libc.so.6", name, weak=False) for name in names))}


def _outside() -> dict[str, Image]:
    """Versions of a library that another member needs, in a file that needs many others."""
    made = elf("libc.so.6", *(f"lib{number}.so" for number in range(MANY)))
    needs = tuple(VersionNeed("libx.so.6", f"FOO_{number}", weak=False) for number in range(MANY))
    return {"a.so": replace(made, version_needs=needs), "b.so": elf("libx.so.6", "libc.so.6")}


def _programs() -> dict[str, Image]:
    program: Elf = replace(elf(), type=2, dynamic=False, needed=())
    return {f"bin/{number}": program for number in range(4 * MANY)}


def _musl() -> dict[str, Image]:
    made = replace(elf("libc.musl-x86_64.so.1", imports=("nowhere",)), static_tls=True)
    return {f"d{number}.so": made for number in range(MANY)}


@pytest.mark.parametrize("make", [_versions, _outside, _programs, _musl])
def test_time_grows_with_the_wheel(make: Callable[[], dict[str, Image]]) -> None:
    images = make()
    graph = resolve(images)
    start = process_time()
    assert examine(WheelName.parse("a-1-cp39-abi3-linux_x86_64.whl"), images, graph).requirements
    assert process_time() - start < ENOUGH


def test_a_name_of_many_tags_asks_each_file_once() -> None:
    """Whether a plainly named file is a module takes a look at all of its exports."""
    images: dict[str, Image] = {"a.so": elf("libc.so.6", exports=tuple(f"f{number}" for number in range(MANY)))}
    pythons = ".".join(f"pp3{number}" for number in range(60))
    abis = ".".join(f"pypy3{number}_pp73" for number in range(60))
    start = process_time()
    examine(WheelName.parse(f"a-1-{pythons}-{abis}-linux_x86_64.whl"), images, resolve(images))
    assert process_time() - start < ENOUGH
