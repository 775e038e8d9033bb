"""Which member of one side is compared with which of the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from truewheel.compare.model import Leaf, Tree

_HASH: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8,64}(?![0-9A-Za-z])").subn
"""Replaces hashes in a name: auditwheel's has 8 letters, delvewheel's 32."""
_HASH_SIGN: Final = "\0"
_INFO_FOLDERS: Final = (".dist-info", ".data", ".egg-info", ".libs")


class Renamed(NamedTuple):
    """A folder at the top, or a member, that is called otherwise on the other side; it is paired nevertheless."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """The members of two trees: those that stand for each other, in the order of their names, and those without one.

    ``folders`` are those at the top whose names differ, ``hashed`` the pairs whose names do, in a hash that they hold.
    ``left_name`` gives the name of the left for one of the right.
    """

    pairs: tuple[tuple[Leaf, Leaf], ...]
    only_left: tuple[Leaf, ...]
    only_right: tuple[Leaf, ...]
    folders: tuple[Renamed, ...]
    hashed: tuple[Renamed, ...]
    left_name: Callable[[str], str]


def paired(left: Tree, right: Tree) -> Pairing:
    """Pair members by name.

    Folders at the top may differ in their names: the one of a source distribution, or ``.dist-info`` and ``.data`` of
    a wheel, where each side has one that the other hasn't. A folder that holds everything is also paired with a
    directory, whose own name says nothing. So are two files that are all there is. Names may also hold a hash, as those
    of libraries that were grafted do: what has no partner is paired with what differs from it in that alone.
    """
    if left.form == right.form == "file" and len(left.leaves) == len(right.leaves) == 1:
        return Pairing(((left.leaves[0], right.leaves[0]),), (), (), (), (), lambda name: name)
    folders = _renamed(left, right)
    bare = _bare(left, right) if not folders else ("", "")
    renames = {folder.right: folder.left for folder in folders}

    def unhashed(name: str) -> str:
        if bare != ("", ""):
            return bare[0] + name.removeprefix(bare[1])
        top, slash, rest = name.partition("/")
        return f"{renames.get(top, top)}/{rest}" if slash else name

    theirs = {unhashed(leaf.name): leaf for leaf in right.leaves} if renames or any(bare) else _by_name(right.leaves)
    mine = _by_name(left.leaves)
    hashed = _hashed(mine.keys() - theirs.keys(), theirs.keys() - mine.keys())
    partners = {pair.right: pair.left for pair in hashed}
    theirs = {partners.get(name, name): leaf for name, leaf in theirs.items()}

    def left_name(name: str) -> str:
        plain = unhashed(name)
        return partners.get(plain, plain)

    pairs = tuple((mine[name], theirs[name]) for name in sorted(mine.keys() & theirs.keys()))
    only_left = tuple(mine[name] for name in sorted(mine.keys() - theirs.keys()))
    only_right = tuple(theirs[name] for name in sorted(theirs.keys() - mine.keys()))
    return Pairing(pairs, only_left, only_right, folders, hashed, left_name)


def _by_name(leaves: Iterable[Leaf]) -> dict[str, Leaf]:
    return {leaf.name: leaf for leaf in leaves}


def _hashed(lefts: Iterable[str], rights: Iterable[str]) -> tuple[Renamed, ...]:
    """Names that differ in nothing but a hash, in one folder, where there is just one such name on each side."""
    mine, theirs = _by_pattern(lefts), _by_pattern(rights)
    return tuple(
        Renamed(names[0], theirs[pattern][0])
        for pattern, names in sorted(mine.items())
        if len(names) == len(theirs.get(pattern, ())) == 1
    )


def _by_pattern(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by what they are without hashes; those that hold none are left out."""
    found: dict[str, list[str]] = {}
    for name in names:
        folder, slash, base = name.rpartition("/")
        pattern, count = _HASH(_HASH_SIGN, base)
        if count:
            found.setdefault(f"{folder}{slash}{pattern}", []).append(name)
    return found


def _tops(tree: Tree) -> set[str]:
    """The folders at the top."""
    return {name for name, slash, _ in (leaf.name.partition("/") for leaf in tree.leaves) if slash}


def _single_top(tree: Tree) -> str:
    """The folder that holds everything; empty if none does."""
    tops = _tops(tree)
    return tops.pop() if len(tops) == 1 and all("/" in leaf.name for leaf in tree.leaves) else ""


def _renamed(left: Tree, right: Tree) -> tuple[Renamed, ...]:
    one, other = _single_top(left), _single_top(right)
    directory = "directory" in {left.form, right.form}
    if one and other and one != other and not directory:
        return (Renamed(one, other),)
    mine, theirs = _tops(left), _tops(right)
    found: list[Renamed] = []
    for suffix in _INFO_FOLDERS:
        lefts = [top for top in mine - theirs if top.endswith(suffix)]
        rights = [top for top in theirs - mine if top.endswith(suffix)]
        if len(lefts) == len(rights) == 1:
            found.append(Renamed(lefts[0], rights[0]))
    return tuple(found)


def _bare(left: Tree, right: Tree) -> tuple[str, str]:
    """The folder of each side, with a slash, below which the members stand that are compared; empty for the whole."""
    if (left.form == "directory") == (right.form == "directory"):
        return "", ""
    one, other = _single_top(left), _single_top(right)
    if right.form == "directory" and one and one not in _tops(right):
        return f"{one}/", ""
    if left.form == "directory" and other and other not in _tops(left):
        return "", f"{other}/"
    return "", ""
