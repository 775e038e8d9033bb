"""An sdist's files and those of a commit: what was added, is missing or was changed, and what is known of it."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from truewheel.rebuilds.history_objects import LINK, PROGRAM, SUBMODULE, Node, Tree
from truewheel.rebuilds.history_written import filled_in, written
from truewheel.sdist import Member, Sdist

_PROJECTS: Final = ("pyproject.toml", "setup.py", "setup.cfg")
_MOST_FOLDERS: Final = 500
_MOST_LOOKED_AT: Final = 1_000
"""Files, about, by which the folder of a project is found."""
_MOST_COPIES: Final = 100
"""Files with the same contents among which the one that a link leads to is looked for."""
_MOST_READ: Final = 64
"""Files of the commit that are read to say how they were changed; what is more stays without a remark."""
_CYTHON: Final = (".c", ".cpp", ".cxx", ".h")

Blobs = Callable[[Collection[str]], Mapping[str, bytes]]


class File(NamedTuple):
    """A file of an sdist, or a link where ``link`` says where it leads: its id as git would have it."""

    member: Member
    id: str


@dataclass
class Compared:
    """What differs; the fields are those of `verdict.model.History`."""

    subdirectory: str = ""
    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    generated: dict[str, str] = field(default_factory=dict)
    traits: dict[str, str] = field(default_factory=dict)


def files_of(sdist: Sdist, digits: int) -> dict[str, File]:
    """The files and links of an sdist by their paths below its top folder, with the ids that git gives them.

    `digits` is the length of an id in the repository.
    """
    start = len(sdist.top) + 1
    return {
        member.name[start:]: File(member, blob_id(_contents(member), digits)) for member in sorted(sdist, key=_name)
    }


def _name(member: Member) -> str:
    return member.name


def _contents(member: Member) -> bytes:
    return member.link.encode("utf-8", "surrogateescape") if member.link else bytes(member.read())


def blob_id(data: bytes, digits: int = 40) -> str:
    """The id that git gives a file with these contents: that many hexadecimal digits, 40 of SHA-1 or 64 of SHA-256."""
    total = hashlib.new("sha1" if digits == 40 else "sha256", b"blob %d\0" % len(data), usedforsecurity=False)
    total.update(data)
    return total.hexdigest()


def folder_of(files: Mapping[str, File], tree: Tree) -> str:
    """The folder of a commit that an sdist was made of, with a slash at its end; "" for the top.

    It is the one with a project in it in which most of the sdist's files stand at the same place with the same
    contents; of several the outermost.
    """
    folders = {""}
    for path in tree:
        folder, _, name = path.rpartition("/")
        if name in _PROJECTS and folder and len(folders) < _MOST_FOLDERS:
            folders.add(f"{folder}/")

    some = list(files.items())[:: max(1, len(files) // _MOST_LOOKED_AT)]

    def alike(folder: str) -> tuple[int, int, str]:
        same = sum(1 for name, file in some if (node := tree.get(folder + name)) and node.id == file.id)
        return -same, folder.count("/"), folder

    return min(folders, key=alike)


def compared(files: Mapping[str, File], tree: Tree, folder: str, blobs: Blobs) -> Compared:
    """Compare all files of an sdist with a folder of a commit. `blobs` gives what files of it hold, by their ids."""
    comparison = _Comparison(files, tree, folder)
    for name in files:
        comparison.pair(name)
    comparison.explain(blobs)
    found = comparison.found
    ours = (path[len(folder) :] for path, node in tree.items() if path.startswith(folder) and node.mode != SUBMODULE)
    found.missing = sorted(name for name in ours if name not in files)
    return found


class _Comparison:
    """An sdist's files, a commit's, and what was found so far."""

    def __init__(self, files: Mapping[str, File], tree: Tree, folder: str) -> None:
        self._files, self._tree, self._folder = files, tree, folder
        self.found = Compared(folder.rstrip("/"))
        self._places: dict[str, list[str]] = {}
        for path in sorted(tree):
            if tree[path].mode not in {LINK, SUBMODULE}:
                self._places.setdefault(tree[path].id, []).append(path)

    def _node(self, name: str) -> Node | None:
        return self._tree.get(self._folder + name)

    def pair(self, name: str) -> None:
        """Compare one file, or a link, with what the commit has in its place."""
        node, file, found = self._node(name), self._files[name], self.found
        if node is None:
            found.added.append(name)
            return
        if node.mode == LINK and not file.member.link:
            target = _followed(self._folder + name, node, self._places.get(file.id, ())[:_MOST_COPIES])
            if target:
                found.traits[name] = f"a link in the commit, a copy of {target} here"
                return
        if (node.mode == LINK) != bool(file.member.link) or node.id != file.id:
            found.changed.append(name)
        elif node.mode != LINK and (node.mode == PROGRAM) != file.member.executable:
            found.programs.append(name)

    def explain(self, blobs: Blobs) -> None:
        """Say of every file that was added or changed what is known of it."""
        found, before = self.found, self._before(blobs)
        for name in (*found.added, *found.changed):
            file = self._files[name]
            if file.member.link:
                found.traits[name] = f"a link to {file.member.link}"
                continue
            data, old = _contents(file.member), before.get(name)
            if said := written(name, data, old, self._files):
                found.generated[name] = said
            elif said := self._trait(name, data, old):
                found.traits[name] = said

    def _before(self, blobs: Blobs) -> dict[str, bytes]:
        """What the commit has in the place of files that were changed, as far as they are read."""
        changed = sorted(self.found.changed, key=_depth)[:_MOST_READ]
        nodes = {name: node for name in changed if (node := self._node(name)) and node.mode not in {LINK, SUBMODULE}}
        known = blobs({node.id for node in nodes.values()})
        return {name: known[node.id] for name, node in nodes.items() if node.id in known}

    def _trait(self, name: str, data: bytes, old: bytes | None) -> str:
        """What is known of a file that isn't the commit's, nor any backend's."""
        node, own = self._node(name), self._files[name].id
        if node and node.id in _line_ends(data, len(own)):
            return "line ends alone differ"
        if old is not None and filled_in(data, old):
            return "git archive filled it in ($Format:…$, export-subst); what stands there isn't the commit's"
        if data and own in self._places:
            return f"the same as {self._places[own][0]} in the repository"
        source = next(_pyrex(name, self._tree, self._folder), "")
        if node is None and source:
            return f"Cython makes such a file of {source}; that this is what it makes can't be told without doing it"
        return ""


def _depth(name: str) -> tuple[int, str]:
    return name.count("/"), name


def _followed(path: str, link: Node, targets: Iterable[str]) -> str:
    """Which of some files a link of the commit leads to; "" for none of them.

    Its id doesn't tell where it leads, but it is that of the way there, and the way to each file is known.
    """
    here = posixpath.dirname(path) or "."
    for target in targets:
        leads = posixpath.relpath(target, here)
        spelled = (text.encode("utf-8", "surrogateescape") for text in (leads, f"./{leads}"))
        if link.id in {blob_id(text, len(link.id)) for text in spelled}:
            return target
    return ""


def _line_ends(data: bytes, digits: int) -> set[str]:
    """The ids that a text has with other line ends."""
    plain = data.replace(b"\r\n", b"\n")
    return {blob_id(text, digits) for text in (plain, plain.replace(b"\n", b"\r\n"))}


def _pyrex(name: str, tree: Tree, folder: str) -> Iterator[str]:
    stem, suffix = posixpath.splitext(name)
    if suffix in _CYTHON:
        yield from (f"{stem}{ending}" for ending in (".pyx", ".py") if f"{folder}{stem}{ending}" in tree)
