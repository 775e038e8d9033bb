"""What Python's tarfile sees in a tar that we take for sound: the same, or one of us is wrong."""

from __future__ import annotations

import io
import tarfile
from typing import TypeAlias

from truewheel.sdist import Tarball

Seen: TypeAlias = tuple[str, str, bytes]
"""Name, kind (file, link or folder), and contents or target."""


def by_python(data: bytes) -> list[Seen]:
    """The members as tarfile has them, folders once each, names without a dot before them."""
    found: list[Seen] = []
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as theirs:
        for info in theirs:
            name = bare(info.name)
            if info.isdir():
                if name not in {"", "."} and (name, "folder", b"") not in found:
                    found.append((name, "folder", b""))
            elif info.issym():
                found.append((name, "link", info.linkname.encode("utf-8", "surrogateescape")))
            else:
                assert info.isreg() or info.islnk(), info.type
                contents = theirs.extractfile(info)
                assert contents is not None
                found.append((name, "file", contents.read()))
    return found


def bare(name: str) -> str:
    """A name without dots before it or a slash behind it."""
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name.rstrip("/")


def by_us(tar: Tarball) -> list[Seen]:
    """The same of what was read, files and links before folders."""
    return [
        (member.name, "link" if member.link else "file", member.link.encode() if member.link else bytes(member.read()))
        for member in tar.members
    ] + [(name, "folder", b"") for name in tar.directories]


def agree(tar: Tarball, data: bytes) -> bool:
    """Whether both see the same."""
    return sorted(by_us(tar)) == sorted(by_python(data))
