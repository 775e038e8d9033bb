"""DLLs that load each other: the circles among them, each after all that it loads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def circles(loads: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """The files in groups: those that reach each other together, and each group behind those that it reaches.

    A file in no circle is a group of its own. The way is Kosaraju's, without recursion: two walks, the second one
    against the arrows and in the reverse order of the first.
    """
    users: dict[str, list[str]] = {path: [] for path in loads}
    for path in sorted(loads):
        for other in loads[path]:
            users[other].append(path)
    behind = _walk(sorted(loads), loads)
    groups: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for path in reversed(behind):
        if path not in seen:
            group = _walk([path], users, seen)
            groups.append(tuple(sorted(group)))
    return groups[::-1]


def _walk(starts: Iterable[str], ways: Mapping[str, Collection[str]], seen: set[str] | None = None) -> list[str]:
    """All that is reached and wasn't `seen`, each behind what is reached from it."""
    seen = set() if seen is None else seen
    done: list[str] = []
    for start in starts:
        pending = [(start, iter(ways[start]))] if start not in seen else []
        seen.add(start)
        while pending:
            path, rest = pending[-1]
            further = next((other for other in rest if other not in seen), None)
            if further is None:
                done.append(path)
                pending.pop()
            else:
                seen.add(further)
                pending.append((further, iter(ways[further])))
    return done
