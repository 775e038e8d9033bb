"""Members that one side has and the other hasn't: whether they moved, or are called otherwise, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from truewheel.compare.equality import twins
from truewheel.compare.leaves import SPECIAL
from truewheel.compare.model import Cause, Difference, Kind, Leaf
from truewheel.compare.pairing import Pairing
from truewheel.compare.reasons import BACKEND, INSTALLER, SIGNATURE
from truewheel.compare.record import SIGNATURES
from truewheel.compare.tokens import part
from truewheel.compare.traces import explain

_LICENSES: Final = re.compile(
    r"[^/]+\.dist-info/(?:licenses/|license_files/)?[^/]*(?i:licen[cs]e|copying|notice|authors)[^/]*"
).match
_INSTALLED: Final = re.compile(r"(?:.*/)?[^/]+\.dist-info/(?:INSTALLER|REQUESTED|direct_url\.json)").fullmatch
"""What installers add (PyPA's "Recording installed projects", PEP 610)."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the sides: its name, the kind of what it alone has, and what the other one has instead.

    ``twins`` are the other's members with the same bytes by the names of ours; ``skeletons`` are the other's names by
    what stays of them without versions, Pythons and platforms.
    """

    name: str
    other: str
    kind: Kind
    twins: Mapping[str, str]
    skeletons: Mapping[str, str]


def compare_alone(pairing: Pairing, prefix: str) -> Iterator[Difference]:
    """Members that have no partner, their names behind a prefix. Raises `TruewheelError` where one can't be read."""
    if not (pairing.only_left or pairing.only_right):
        return
    of_left, of_right = twins(pairing.only_left, pairing.only_right)
    plain = {leaf.name: part(leaf.name).skeleton for leaf in (*pairing.only_left, *pairing.only_right)}
    skeletons = [{plain[leaf.name]: leaf.name for leaf in side} for side in (pairing.only_left, pairing.only_right)]
    left = _Side("left", "right", Kind.ONLY_LEFT, of_left, skeletons[1])
    right = _Side("right", "left", Kind.ONLY_RIGHT, of_right, skeletons[0])
    for side, leaves in ((left, pairing.only_left), (right, pairing.only_right)):
        for leaf in leaves:
            causes = tuple(_causes(leaf.name, side.skeletons.get(plain[leaf.name]), side))
            yield Difference(prefix + leaf.name, side.kind, _summary(leaf, side), causes=causes)


def unlike_files(leaf: Leaf) -> str:
    """What a member is that has no contents: a link, or a special file; empty for a file."""
    if leaf.link:
        return f"a link to {leaf.link}"
    return next((fact.value for fact in leaf.facts if fact.label == SPECIAL), "")


def _summary(leaf: Leaf, side: _Side) -> str:
    said = unlike_files(leaf) or f"{leaf.content.size:,} bytes"
    twin = side.twins.get(leaf.name)
    moved = f"; the {side.other} has the same bytes at {twin}" if twin is not None else ""
    return f"only on the {side.name}, {said}{moved}"


def _causes(name: str, partner: str | None, side: _Side) -> Iterator[Cause]:
    """Why the other side hasn't got it: it has one for another Python or platform, or at another place."""
    twin = side.twins.get(name)
    if partner is not None:
        yield from explain(*((name, partner) if side.kind is Kind.ONLY_LEFT else (partner, name))).causes
    elif _INSTALLED(name):
        yield Cause(INSTALLER, f"the {side.name} is an installed tree")
    elif name.endswith(SIGNATURES):
        yield Cause(SIGNATURE, f"only the {side.name} is signed")
    elif twin is not None and _LICENSES(name) and _LICENSES(twin):
        yield Cause(BACKEND, "newer backends put licences into .dist-info/licenses (PEP 639)", sure=False)
