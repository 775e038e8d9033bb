"""A commit of a repository somewhere, read without a checkout: no filter, no hook and no link of a stranger's works.

What is fetched is one commit, without its history, and where the server can do it without its files either: what they
hold is known by git's own ids, so most of them needn't be seen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.builds.capture import Answer
from truewheel.builds.git import Git
from truewheel.errors import RequestError
from truewheel.rebuilds.repository import Place, Tag, tags_of

_MOST_FILES: Final = 200_000
_DEEPEST: Final = 64
_LARGEST_BLOB: Final = 1 << 20
_LONGEST: Final = 200
"""More bytes than the line that `cat-file --batch` says of an object has."""
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_QUIET: Final = {
    "core.attributesFile": os.devnull,
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "transfer.bundleURI": "false",
}
"""Settings for every command: nothing runs behind our back, and no stranger's protocol is spoken.

SSH is what some users have for https (url.*.insteadOf).
"""

LINK: Final = "120000"
PROGRAM: Final = "100755"
SUBMODULE: Final = "160000"
_FOLDER: Final = "40000"


class Node(NamedTuple):
    """An entry of a commit: git's mode in octal digits, and the id of what it holds, in hexadecimal."""

    mode: str
    id: str


Tree = Mapping[str, Node]
"""The files, links and submodules of a commit by their paths; names that aren't UTF-8 have surrogates."""


class Remote:
    """A repository somewhere, and a bare one in an empty folder here that holds what was fetched of it."""

    def __init__(self, place: Place, folder: Path, git: Git) -> None:
        self.place, self._folder, self._git = place, folder, git
        self._settings = dict(_QUIET)
        if place.named:
            scheme = place.url.partition("://")[0] if "://" in place.url else "file"
            self._settings[f"protocol.{scheme}.allow"] = "always"
        else:
            self._settings["credential.helper"] = ""  # nobody's password is offered to an address that metadata name

    def tags(self) -> tuple[Tag, ...]:
        """All its tags. Raises `RequestError` with what git says where it can't be reached."""
        return tags_of(self._told("ls-remote", "--tags", "--", self.place.url))

    def fetch(self, commit: str, ref: str = "") -> bool:
        """Have a commit here; whether the repository has it. `ref` is what led to it once, for old servers.

        Raises `RequestError` where git can't make a repository at all.
        """
        if not _COMMIT.fullmatch(commit):
            return False
        if not (self._folder / "HEAD").exists():
            form = "sha256" if len(commit) == 64 else "sha1"
            self._told("init", "--quiet", "--bare", "--template=", f"--object-format={form}", ".")
            self._told("remote", "add", "--", "origin", self.place.url)
        return any(self._fetched(wanted, commit) for wanted in (commit, ref) if wanted)

    def _fetched(self, wanted: str, commit: str) -> bool:
        partial = ("--quiet", "--no-tags", "--depth=1", "--filter=blob:none")
        if wanted.startswith("-") or self._ask("fetch", *partial, "--", "origin", wanted).status:
            return False
        return self._ask("cat-file", "-e", f"{commit}^{{commit}}").status == 0

    def tree(self, commit: str) -> dict[str, Node]:
        """All that a fetched commit holds. Raises `RequestError` for more files or folders than anybody has."""
        found: dict[str, Node] = {}
        level = {"": f"{commit}^{{tree}}"}
        for _ in range(_DEEPEST):
            if not level:
                return found
            trees = dict(self._objects(set(level.values())))
            below: dict[str, str] = {}
            for folder, name in level.items():
                for entry, node in _entries(trees.get(name, b""), len(commit) // 2):
                    if node.mode == _FOLDER:
                        below[f"{folder}{entry}/"] = node.id
                    else:
                        found[folder + entry] = node
                    if len(found) + len(below) > _MOST_FILES:
                        raise RequestError(f"the commit holds more than {_MOST_FILES:,} files")
            level = below
        raise RequestError(f"the commit has folders more than {_DEEPEST} deep in each other")

    def blobs(self, ids: Collection[str]) -> dict[str, bytes]:
        """What files hold, by their ids; those over 1 MiB, and those that can't be had, are left out."""
        asked = "".join(f"{name}\n" for name in sorted(ids) if _COMMIT.fullmatch(name))
        if not asked:
            return {}
        sizes = self._ask("cat-file", "--batch-check", given=asked).output.decode("ascii", "replace").split("\n")
        small = {words[0] for words in map(str.split, sizes) if _is_small(words)}
        return dict(self._objects(small))

    def submodules(self, commit: str) -> dict[str, str]:
        """The addresses of submodules by their paths, as .gitmodules has them."""
        answer = self._ask("config", "--blob", f"{commit}:.gitmodules", "--null", "--list")
        values: dict[str, dict[str, str]] = {}
        for entry in answer.output.decode("utf-8", "replace").split("\0"):
            key, _, value = entry.partition("\n")
            section, _, name = key.rpartition(".")
            values.setdefault(section, {})[name] = value
        return {one["path"]: one["url"] for one in values.values() if "path" in one and "url" in one}

    def _objects(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Objects by the names that they were asked for with."""
        order = sorted(names)
        if not order:
            return
        output = self._told("cat-file", "--batch", given="".join(f"{name}\n" for name in order))
        place = 0
        for name in order:
            answer, _, _ = output[place : place + _LONGEST].partition(b"\n")
            words = answer.split(b" ")
            place += len(answer) + 1
            if len(words) == 3 and words[2].isdigit():
                size = int(words[2])
                yield name, output[place : place + size]
                place += size + 1

    def _ask(self, *words: str, given: str = "") -> Answer:
        return self._git.ask(*words, folder=self._folder, settings=self._settings, given=given)

    def _told(self, *words: str, given: str = "") -> bytes:
        return self._git.told(*words, folder=self._folder, settings=self._settings, given=given)


def _is_small(words: list[str]) -> bool:
    """Whether an answer of `cat-file --batch-check` (id, type, size) is that of a file that is read."""
    return len(words) == 3 and words[2].isdigit() and int(words[2]) <= _LARGEST_BLOB


def _entries(tree: bytes, size: int) -> Iterator[tuple[str, Node]]:
    """The entries of a tree object: mode, space, name, NUL, id; `size` is that of an id in bytes."""
    place = 0
    while place < len(tree):
        space = tree.find(b" ", place)
        end = tree.find(b"\0", space)
        if space < 0 or end < 0:
            return
        mode = tree[place:space].decode("ascii", "replace").lstrip("0")
        name = tree[space + 1 : end].decode("utf-8", "surrogateescape")
        place = end + 1 + size
        if name and "/" not in name and place <= len(tree):
            yield name, Node(mode, tree[end + 1 : place].hex())
