"""Where the symbolic links of an archive lead: inside, or the archive is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from truewheel.errors import SdistError, Where
from truewheel.sdist.model import Sdist
from truewheel.wheel import Limits
from truewheel.wheel.paths import fault

_MOST_LINKS: Final = 40
"""On the way to one file, as in Linux: path_resolution(7)."""


def check_links(links: Mapping[str, str], offset: Callable[[str], int], limits: Limits, *, floor: int = 0) -> None:
    """Refuse links that lead out of the archive, through whatever other links, or in a circle.

    ``links`` says where each link leads, as written; `offset` gives the place of its header, for the error. With a
    ``floor`` of 1, links may not leave the folder at the top in which they stand, either. A link whose target isn't
    there leads nowhere, and passes: nothing can be reached by it. Raises `SdistError`.
    """
    found = _Links(links, limits, floor)
    for name in links:
        found.check(name, offset)


def targets(sdist: Sdist) -> dict[str, str]:
    """The path that every symbolic link of a source distribution leads to in the end, through whatever other links."""
    links = {member.name: member.link for member in sdist if member.link}
    found = _Links(links, Limits(), 1)
    return {name: "/".join(found.resolved(name)[0]) for name in links}


class _Links:
    """Resolves links, each one once."""

    def __init__(self, links: Mapping[str, str], limits: Limits, floor: int) -> None:
        self._links = links
        self._limits = limits
        self._floor = floor
        self._known: dict[str, tuple[tuple[str, ...], int]] = {}

    def check(self, name: str, offset: Callable[[str], int]) -> None:
        """Resolve a link; errors name it."""
        try:
            self.resolved(name)
        except SdistError as error:
            raise SdistError(error.what, where=Where(member=name, offset=offset(name)), hint=error.hint) from None

    def resolved(self, name: str, depth: int = 0) -> tuple[tuple[str, ...], int]:
        """The folders on the way to what the link leads to, and how many links had to be followed."""
        if name in self._known:
            return self._known[name]
        at, followed = name.split("/")[:-1], 1
        for part in self._parts(name):
            if part == "..":
                if len(at) <= self._floor:
                    raise SdistError(f"the link leads out of the archive: {self._links[name]!r}")
                at.pop()
                continue
            at.append(part)
            place = "/".join(at)
            if place in self._links:
                if depth == _MOST_LINKS:
                    raise SdistError(f"the link leads through more than {_MOST_LINKS} links, or in a circle")
                target, more = self.resolved(place, depth + 1)
                at, followed = list(target), followed + more
        if followed > _MOST_LINKS:
            raise SdistError(f"the link leads through more than {_MOST_LINKS} links")
        self._known[name] = tuple(at), followed
        return self._known[name]

    def _parts(self, name: str) -> list[str]:
        """The parts of a link's target. Raises `SdistError` for one that isn't relative, or that hides something."""
        target = self._links[name]
        parts = [part for part in target.removesuffix("/").split("/") if part != "."]
        plain = "/".join(part for part in parts if part != "..")
        if target.startswith("/"):
            raise SdistError(f"the link is absolute: {target!r}")
        if len(target.encode("utf-8", "surrogatepass")) > self._limits.name_length or len(parts) > self._limits.depth:
            raise SdistError("the link's target is too long, or leads through too many folders")
        if plain and (problem := fault(plain)):
            raise SdistError(f"where the link leads, {problem}: {target!r}")
        return parts
