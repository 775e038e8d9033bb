"""Source distributions made in memory, to be compared with repositories."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path


def sdist_of(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    name: str = "demo-1.0.tar.gz",
    programs: Collection[str] = (),
    links: Mapping[str, str] | None = None,
) -> Path:
    """An sdist with these files, and a PKG-INFO as backends write it."""
    top = name.removesuffix(".tar.gz")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    project, _, version = top.rpartition("-")
    everything = {"PKG-INFO": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n", **files}
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for member, contents in sorted(everything.items()):
            data = contents.encode() if isinstance(contents, str) else contents
            entry = tarfile.TarInfo(f"{top}/{member}")
            entry.size, entry.mode = len(data), 0o755 if member in programs else 0o644
            archive.addfile(entry, io.BytesIO(data))
        for member, target in sorted((links or {}).items()):
            entry = tarfile.TarInfo(f"{top}/{member}")
            entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
            archive.addfile(entry)
    return path


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for git's own; none is a link."""
    found = {}
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if name != ".git"]
        for name in files:
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
