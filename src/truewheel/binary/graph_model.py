"""What the graph of a wheel is made of: edges, and who asks for what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Edge(NamedTuple):
    """One library that one member (one slice of it) asks for.

    ``provider`` is the member of the wheel that answers, or None. ``how`` says by which rule: "run-path" for
    the loader's own search, "soname" or "name" for a member that is merely called so, "" without a provider.
    ``strength`` is "" for what must be there when the file is loaded, "weak" for what may be absent, and
    "delayed" for what is loaded on first use.
    """

    member: str
    arch: str
    needed: str
    provider: str | None
    how: str
    strength: str = ""


@dataclass(frozen=True)
class Graph:
    """All edges of a wheel, sorted by member, architecture and name."""

    edges: tuple[Edge, ...]

    @cached_property
    def external(self) -> dict[str, tuple[str, ...]]:
        """The libraries that no member provides, each with the members that need it; weak needs don't count.

        DLL names are in lower case, as Windows compares them.
        """
        found: dict[str, set[str]] = {}
        for edge in self.edges:
            if edge.provider is None and edge.strength != "weak":
                found.setdefault(edge.needed, set()).add(edge.member)
        return {library: tuple(sorted(found[library])) for library in sorted(found)}

    @cached_property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """The ELF libraries that a member has the name of, though no run path leads to it, with who needs them."""
        found: dict[str, set[str]] = {}
        for edge in self.edges:
            if edge.how == "soname":
                found.setdefault(edge.needed, set()).add(edge.member)
        return {library: tuple(sorted(found[library])) for library in sorted(found)}

    @cached_property
    def loads(self) -> dict[str, tuple[Edge, ...]]:
        """The edges of each member that has any."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.member, []).append(edge)
        return {member: tuple(edges) for member, edges in found.items()}
