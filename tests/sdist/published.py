"""Published source distributions of several backends, pinned by sha256, fetched once by pip like the wheels."""

from __future__ import annotations

import subprocess  # noqa: TID251 - pip is a program; the ban protects src
import sys
import tempfile
from pathlib import Path

from tests.corpus import CorpusError, cache_folder, locked, sha256_of
from truewheel.sdist import SdistName

PUBLISHED = {
    "flit_core-3.12.0.tar.gz": "18f63100d6f94385c6ed57a72073443e1a71a4acb4339491615d0f16d6ff01b2",
    "maturin-1.9.4.tar.gz": "235163a0c99bc6f380fb8786c04fd14dcf6cd622ff295ea3de525015e6ac40cf",
    "pdm_backend-2.4.5.tar.gz": "56c019c440308adad5d057c08cbb777e65f43b991a3b0920749781258972fe5b",
    "poetry_core-2.2.1.tar.gz": "97e50d8593c8729d3f49364b428583e044087ee3def1e010c6496db76bd65ac5",
    "pyparsing-3.2.5.tar.gz": "2df8d5b7b2802ef88e8d016a2eb9c7aeaa923529cd251ed0fe4608275d4105b6",
    "scikit_build_core-0.11.6.tar.gz": "5982ccd839735be99cfd3b92a8847c6c196692f476c215da84b79d2ad12f9f1b",
    "six-1.17.0.tar.gz": "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
    "zope.interface-4.0.5.zip": "1a7c84716bbd9981915b64a81d8a3f076a5934a8c8df4224655469b3564940cc",
}
"""Made by flit, maturin (Rust's tar, GNU format), setuptools of old (GNU format), pdm, poetry, flit with a link,
hatchling (ustar), setuptools (pax), and setuptools of old as a zip."""


def published(file: str) -> Path:
    """The path of one of them. Raises `CorpusError` where it can't be had."""
    folder = cache_folder() / "sdists"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file
    with locked(folder / f".{file}.lock"):
        if not target.exists():
            _fetch(file, target)
    if (found := sha256_of(target)) != PUBLISHED[file]:
        raise CorpusError(f"{file} has sha256 {found}, the table says {PUBLISHED[file]}")
    return target


def _fetch(file: str, target: Path) -> None:
    name = SdistName.parse(file)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary=:all:", "--dest", scratch, f"{name.project}=={name.version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        got = Path(scratch, file)
        if not got.exists():
            raise CorpusError(f"pip did not fetch {file}:\n{done.stderr or done.stdout}")
        got.replace(target)
