"""What is fuzzed of the changes to Mach-O files, and of their signatures."""

from __future__ import annotations

from tests.binary.test_macho_edit_hostile import CHANGES, check, judge


def edit_macho(data: bytes) -> None:
    """Each of some changes to one file: refused, or made so that the second time there is nothing to do."""
    for changes in CHANGES:
        check(data, changes)
    judge(data)
