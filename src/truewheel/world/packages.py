"""Which package of a distribution brought a file: asked of the databases in the root that the file was found in.

Databases are data like any other: they may be damaged or hostile, and what can't be read says nothing. Nothing is
read of the machine that a repair runs on, so that its packages don't show in what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from truewheel.ops.libraries import Package
from truewheel.world.packages_apk import apk_claims
from truewheel.world.packages_dpkg import dpkg_claims
from truewheel.world.packages_model import Claim, sound
from truewheel.world.packages_rpm import rpm_claims
from truewheel.world.trees import Root

_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_LARGEST = 1 << 16  # bytes of os-release
_ASSIGNED = re.compile(rb"^(ID|VERSION_ID)=[\"']?([^\"'\n]*)[\"']?[ \t\r]*$", re.MULTILINE)
_MOST_TRIED = 64


class Packages:
    """The packages that are installed in a root. Each database is read when it is first asked, and then known."""

    def __init__(self, root: Root) -> None:
        self.root = root

    def owner(self, path: str) -> Package | None:
        """The package that has the file at `path`, a path in the root with all links resolved.

        A database may name a file by another way to it: ``/lib/x`` and ``/usr/lib/x`` are often one.
        """
        folder, _, name = path.rpartition("/")
        for kind, claims in self._claims(name):
            claim = self._fitting(claims, folder, path)
            if claim is not None:
                return Package(kind, *self._release, claim.name, claim.version, claim.arch)
        return None

    def _claims(self, name: str) -> Iterator[tuple[str, Iterable[Claim]]]:
        yield "deb", self._dpkg.get(name, ())
        yield "apk", self._apk.get(name, ())
        yield "rpm", rpm_claims(self.root, name)

    def _fitting(self, claims: Iterable[Claim], folder: str, path: str) -> Claim | None:
        name = path[len(folder) :]
        listed = tuple(claims)
        literal = (claim for claim in listed if claim.folder == folder)
        by_links = (claim for claim in listed[:_MOST_TRIED] if self.root.inside(claim.folder + name) == path)
        return next(literal, None) or next(by_links, None)

    @cached_property
    def _dpkg(self) -> dict[str, list[Claim]]:
        return dpkg_claims(self.root)

    @cached_property
    def _apk(self) -> dict[str, list[Claim]]:
        return apk_claims(self.root)

    @cached_property
    def _release(self) -> tuple[str, str]:
        """ID and VERSION_ID of os-release(5), "" where it doesn't say."""
        for place in _OS_RELEASE:
            data = self.root.read(place, _LARGEST)
            if data is not None:
                said = {key: sound(value) for key, value in _ASSIGNED.findall(data)}
                return said.get(b"ID", ""), said.get(b"VERSION_ID", "")
        return "", ""
