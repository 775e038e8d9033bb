"""How much a wheel may ask for, so that no archive, however made, takes the machine down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from truewheel.errors import LimitError, Where

_OPTIONS: Final = {
    "members": "--max-members",
    "member_size": "--max-member-size",
    "total_size": "--max-total-size",
    "ratio": "--max-ratio",
    "total_ratio": "--max-total-ratio",
    "name_length": "--max-name-length",
    "depth": "--max-depth",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest figures that a reader accepts. All are checked against what the headers declare.

    ``members``: ten times the largest wheel seen (21,488).
    ``member_size``, bytes uncompressed: one member at a time is held in memory, and the largest libraries
    published so far (CUDA's) stay below 3 GiB.
    ``total_size``, bytes uncompressed of all members: about a minute of work.
    ``ratio`` of one member: what deflate can do at best, 258 bytes for two bits (RFC 1951, section 3.2.5); a
    header that declares more lies.
    ``total_ratio`` of the whole, asked above ``total_ratio_from`` bytes: PyPI refuses the same at upload; real
    wheels stay below 7.
    ``name_length`` in bytes and ``depth`` in folders: Linux takes paths of 4,096 bytes, macOS of 1,024; tools
    that walk folders recursively give up at a depth of some hundreds. Real wheels stay below 200 and 20.
    """

    members: int = 250_000
    member_size: int = 4 << 30
    total_size: int = 32 << 30
    ratio: int = 1_032
    total_ratio: int = 50
    total_ratio_from: int = 64 << 20
    name_length: int = 1_024
    depth: int = 100

    def exceeded(self, field: str, facts: str, where: Where | None = None) -> LimitError:
        """The error for the limit called `field`; `facts` says what was found. Returned, for the caller to raise."""
        limit = getattr(self, field)
        return LimitError(
            f"{facts}; the limit is {limit:,}",
            where=where,
            hint=f"if the file is to be trusted, raise the limit with {_OPTIONS[field]}",
        )
