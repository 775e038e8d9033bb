"""Grafts of one plan, held against each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from truewheel.errors import RequestError
from truewheel.ops.plan import Changes, Graft

_C = TypeVar("_C", bound=Changes)


def joined(grafts: Iterable[Graft[_C]]) -> tuple[Graft[_C], ...]:
    """The grafts by their new paths; a file that was found in two places comes once.

    Raises `RequestError` where two that differ would get one path.
    """
    found: dict[str, Graft[_C]] = {}
    for graft in sorted(grafts, key=lambda graft: (graft.member, graft.library, graft.file.path)):
        other = found.get(graft.member)
        if other is not None and other.sha256 != graft.sha256:
            raise RequestError(f"{other.file.path} and {graft.file.path} would both be {graft.member}")
        if other is not None and other.changes != graft.changes:
            raise RequestError(f"{other.file.path} and {graft.file.path} are the same, and load different libraries")
        users = graft.needed_by if other is None else tuple(sorted({*other.needed_by, *graft.needed_by}))
        found[graft.member] = replace(other or graft, needed_by=users)
    return tuple(found.values())
