"""Folders and git checkouts to build from, and what they look like afterwards."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - git is a program; the ban protects src
from collections.abc import Mapping
from pathlib import Path

from truewheel.builds.model import Workroom

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.org",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.org",
    "GIT_AUTHOR_DATE": "2024-05-06T07:08:09Z",
    "GIT_COMMITTER_DATE": "2024-05-06T07:08:09Z",
}
TIME = 1_714_979_289
"""The commits' time, in seconds since 1970."""


def git(folder: Path, *words: str) -> str:
    """What git prints; it must succeed."""
    command = ["git", "-c", "protocol.file.allow=always", *words]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | QUIET, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder


def checkout(folder: Path, files: Mapping[str, str], tag: str = "v1.0") -> Path:
    """A repository whose only commit has these files, with a tag."""
    written(folder, files)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "tag", tag)
    return folder


def emptied(folder: Path) -> Workroom:
    """A workroom with its folders, as `workroom` makes one."""
    room = Workroom(folder)
    for place in (room.source, room.out, room.env, room.home, room.tmp, room.shims):
        place.mkdir(parents=True)
    return room


def names(folder: Path) -> list[str]:
    """All files and links below a folder, but for git's own, sorted."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found if ".git" not in path.relative_to(folder).parts)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, time and contents of all below a folder, git's own files too: whether it was written to."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[path.relative_to(folder).as_posix()] = (facts.st_mode, facts.st_mtime_ns, data)
    return found
