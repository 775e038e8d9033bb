"""The canonical source distribution: one sequence of bytes per meaning."""

from __future__ import annotations

from dataclasses import replace

from truewheel.sdist.model import Sdist


def canonical_sdist(sdist: Sdist) -> Sdist:
    """The source distribution with its members sorted by the bytes of their names, and nothing else in it."""
    members = tuple(sorted(sdist.members, key=lambda member: member.name))
    return replace(sdist, name=sdist.name.as_tar(), members=members, directories=(), gzip=None, records=())
