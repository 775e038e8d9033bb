"""What is in a wheel, read by zipfile and pyelftools: nothing of ours takes part."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from packaging.utils import parse_wheel_filename

_LEGACY = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
_HASHED = re.compile(r"-(?P<hash>[0-9a-f]{8})\.")


@dataclass(frozen=True, slots=True)
class Native:
    """What the dynamic section of an ELF file says, and the sonames that its version needs are filed under."""

    soname: str
    needed: tuple[str, ...]
    rpath: str
    runpath: str
    version_files: tuple[str, ...]
    executable_stack: bool

    @property
    def search(self) -> str:
        """The run path that the loader goes by: DT_RPATH counts only without DT_RUNPATH."""
        return self.runpath or self.rpath


def native(data: bytes) -> Native | None:
    """The reading of an ELF file, None for anything else."""
    if not data.startswith(b"\x7fELF"):
        return None
    try:
        file = ELFFile(io.BytesIO(data))
        dynamic = next((s for s in file.iter_sections() if isinstance(s, DynamicSection)), None)
        tags = list(dynamic.iter_tags()) if dynamic else []
        versions = [s for s in file.iter_sections() if isinstance(s, GNUVerNeedSection)]
    except ELFError:
        return None
    return Native(
        soname="".join(_texts(tags, "soname")),
        needed=_texts(tags, "needed"),
        rpath="".join(_texts(tags, "rpath")),
        runpath="".join(_texts(tags, "runpath")),
        version_files=tuple(sorted(str(need.name) for section in versions for need, _ in section.iter_versions())),
        executable_stack=any(s.header.p_type == "PT_GNU_STACK" and s.header.p_flags & 1 for s in file.iter_segments()),
    )


def _texts(tags: Iterable[DynamicTag], name: str) -> tuple[str, ...]:
    return tuple(str(getattr(tag, name)) for tag in tags if tag.entry.d_tag == f"DT_{name.upper()}")


def members(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, as zipfile reads them."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def natives(wheel: Path) -> dict[str, Native]:
    """The ELF files of a wheel."""
    found = {name: native(data) for name, data in members(wheel).items()}
    return {name: read for name, read in found.items() if read is not None}


def grafted(wheel: Path) -> tuple[str, ...]:
    """The members of the folders for grafted libraries, sorted."""
    return tuple(sorted(name for name in members(wheel) if name.split("/")[0].endswith(".libs")))


def origins(wheel: Path) -> frozenset[str]:
    """What was grafted, by the first eight digits of the sha256 of each original file.

    auditwheel, repairwheel and we put it into the name, at different places of it.
    """
    names = [name.rpartition("/")[2] for name in grafted(wheel)]
    matches = [_HASHED.search(name) for name in names]
    lost = [name for name, match in zip(names, matches, strict=True) if match is None]
    assert not lost, f"grafted without a hash: {lost}"
    return frozenset(match["hash"] for match in matches if match is not None)


def platforms(name: str) -> tuple[str, ...]:
    """The platform tags of a wheel's file name in the modern spelling, each once, sorted."""
    tags = {tag.platform for tag in parse_wheel_filename(name)[3]}
    for old, new in _LEGACY.items():
        tags = {new + tag.removeprefix(old) if tag.startswith(f"{old}_") else tag for tag in tags}
    return tuple(sorted(tags))


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
