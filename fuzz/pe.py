"""What is fuzzed of the changes to PE files."""

from __future__ import annotations

from tests.binary.test_pe_edit_hostile import CHANGES, ROOMS, check


def edit_pe(data: bytes) -> None:
    """Each of some changes to one file, in all rooms or in one: refused, or made so that nothing else changes."""
    for changes in CHANGES:
        for rooms in ROOMS:
            check(data, changes, rooms)
