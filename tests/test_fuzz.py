"""The targets of the fuzzer take all their seeds; looking for more is for ``make fuzz``."""

from __future__ import annotations

import pytest

from fuzz.seeds import BINARIES, seeds
from fuzz.targets import TARGETS, look


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_takes_its_seeds(target: str) -> None:
    assert seeds(target)
    for seed in seeds(target):
        TARGETS[target](seed)
        TARGETS[target](seed[: len(seed) // 2])


def test_the_binaries_to_start_from_are_sound() -> None:
    assert {image.format for image in map(look, BINARIES) if image is not None} == {"elf", "macho", "pe", "wasm"}
