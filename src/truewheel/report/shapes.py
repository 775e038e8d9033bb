"""The shapes of values that several reporters take or give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
"""What a JSON document is made of here: floats don't occur, so documents are equal when their text is."""


class WrittenWheel(Protocol):
    """What `normalize` and `retag` tell of a wheel that was written."""

    @property
    def changed(self) -> bool:
        """Whether bytes or name differ from the input's."""

    @property
    def size(self) -> int:
        """Bytes of the result."""

    @property
    def sha256(self) -> str:
        """Digest of the result, hexadecimal."""

    @property
    def profile(self) -> str:
        """The compression profile."""

    @property
    def differences(self) -> tuple[str, ...]:
        """What was not canonical in the input, in words."""
