"""usage: pack_plainly.py PROJECT VERSION FOLDER ARCHIVE... Make a wheel of each tar, in memory.

The plain way to do it in Python, as the scripts do that projects have for it: all files are read with tarfile, hashed,
and written with zipfile at level 6. What `truewheel pack` is compared with.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import tarfile
import zipfile  # noqa: TID251 - this is the peer; the ban protects src
from pathlib import Path

_WHEEL = "Wheel-Version: 1.0\nGenerator: pack_plainly\nRoot-Is-Purelib: false\nBuild: {}\nTag: py3-none-any\n"


def read(archive: str, package: str) -> dict[str, tuple[bytes, int]]:
    """The files of a tar by their place in the wheel, without the folder at its top: bytes and mode."""
    files: dict[str, tuple[bytes, int]] = {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            opened = tar.extractfile(entry) if entry.isfile() else None
            if opened is not None:
                files[f"{package}/{entry.name.partition('/')[2]}"] = opened.read(), entry.mode
    return files


def main(project: str, version: str, folder: str, *archives: str) -> None:
    """Write the wheels, which are told apart by their build numbers."""
    info = f"{project}-{version}.dist-info"
    for number, archive in enumerate(archives):
        files = read(archive, project)
        files[f"{info}/METADATA"] = f"Metadata-Version: 2.4\nName: {project}\nVersion: {version}\n".encode(), 0o644
        files[f"{info}/WHEEL"] = _WHEEL.format(number).encode(), 0o644
        record = []
        with zipfile.ZipFile(Path(folder, f"{project}-{version}-{number}-py3-none-any.whl"), "w") as wheel:
            for name, (data, mode) in files.items():
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                record.append(f"{name},sha256={digest},{len(data)}\n")
                put(wheel, name, data, mode)
            put(wheel, f"{info}/RECORD", "".join((*record, f"{info}/RECORD,,\n")).encode(), 0o644)


def put(wheel: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    """Add a member."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.external_attr = (mode | 0o100000) << 16
    wheel.writestr(member, data, zipfile.ZIP_DEFLATED, 6)


if __name__ == "__main__":
    main(*sys.argv[1:])
