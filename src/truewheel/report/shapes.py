"""The shapes of values that several reporters take or give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from truewheel.findings import Finding
from truewheel.ops import Tags

if TYPE_CHECKING:
    from truewheel.ops.plan import Changes, Plan

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


class MadeWheel(Protocol):
    """What is told of a wheel that is made, whether it was written or only worked out."""

    @property
    def path(self) -> object:
        """The result, or where it would be."""

    @property
    def written(self) -> bool:
        """Whether the result was written."""

    @property
    def size(self) -> int | None:
        """Bytes of the result, if it was written."""

    @property
    def sha256(self) -> str | None:
        """Digest of the result, hexadecimal, if it was written."""

    @property
    def profile(self) -> str:
        """The compression profile."""


class RepairedWheel(MadeWheel, Protocol):
    """What `repair` tells of a wheel."""

    @property
    def source(self) -> object:
        """The input."""

    @property
    def changed(self) -> bool:
        """Whether bytes or name differ from the input's."""

    @property
    def plan(self) -> Plan[Changes]:
        """What was grafted and edited."""

    @property
    def before(self) -> Tags:
        """The verdict on the input's tags."""

    @property
    def after(self) -> Tags:
        """The verdict on the result's tags."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the result."""


class FusedWheel(MadeWheel, Protocol):
    """What `fuse` tells of the wheel that it makes."""

    @property
    def sources(self) -> tuple[object, ...]:
        """The inputs."""

    @property
    def joined(self) -> Mapping[str, tuple[str, ...]]:
        """The fat files that were made, with their architectures."""

    @property
    def alone(self) -> Mapping[str, tuple[object, ...]]:
        """The members that not all inputs hold, with those that do."""

    @property
    def taken(self) -> tuple[str, ...]:
        """The members that differ and are the first wheel's."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else was decided, in words."""

    @property
    def tags(self) -> Tags:
        """The verdict on the result's tags."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the result."""
