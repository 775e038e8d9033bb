"""Links to folders that they lie in, if not directly then through other links: copying what they mean has no end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def in_circles(entered: Mapping[str, str], folders: Iterable[str]) -> list[str]:
    """The links from which one comes back to them by going into folders and through links; sorted.

    `entered` says which folder each link leads to. A link that merely leads to a folder with such a one in it isn't
    among them.
    """
    inside: dict[str, list[str]] = {folder: [] for folder in folders}
    for name in (*inside, *entered):
        if name:
            inside[name.rpartition("/")[0]].append(name)
    after: dict[str, Sequence[str]] = {**inside, **{link: (folder,) for link, folder in entered.items()}}
    return sorted(name for group in _Components(after).all() if len(group) > 1 for name in group if name in entered)


class _Components:
    """The strongly connected components of a graph: Tarjan's algorithm (1972), without recursion."""

    def __init__(self, after: Mapping[str, Sequence[str]]) -> None:
        self._after = after
        self._number: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._open: dict[str, None] = {}
        self._ways: list[tuple[str, Iterator[str]]] = []

    def all(self) -> Iterator[list[str]]:
        """Each component once."""
        for start in self._after:
            if start not in self._number:
                self._enter(start)
            while self._ways:
                node, rest = self._ways[-1]
                new = next((other for other in rest if not self._seen(node, other)), None)
                if new is not None:
                    self._enter(new)
                elif group := self._left():
                    yield group

    def _enter(self, node: str) -> None:
        self._number[node] = self._low[node] = len(self._number)
        self._open[node] = None
        self._ways.append((node, iter(self._after[node])))

    def _seen(self, node: str, other: str) -> bool:
        """Whether a neighbour is known already; if it is still open, it may be in the same component."""
        if other in self._open:
            self._low[node] = min(self._low[node], self._number[other])
        return other in self._number

    def _left(self) -> list[str]:
        """Leave the last node: the component that it closes, if any."""
        node, _ = self._ways.pop()
        if self._ways:
            before = self._ways[-1][0]
            self._low[before] = min(self._low[before], self._low[node])
        group: list[str] = []
        while self._low[node] == self._number[node] and node in self._open:
            group.append(self._open.popitem()[0])
        return group
