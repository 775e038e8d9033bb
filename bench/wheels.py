"""What is measured on: published wheels, wheels built here from published sources, and a file of a published wheel.

All of it is pinned by sha256.
"""

from __future__ import annotations

import shutil
import sys
import zipfile  # noqa: TID251 - takes a file out of a wheel; the ban protects src
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.corpus import cache_folder, download
from tests.repair.building import SOURCES, build


class Input(Protocol):
    """A file that can be had, under a name."""

    @property
    def name(self) -> str:
        """What the contests call it."""

    @property
    def many(self) -> bool:
        """Whether it has so many members that quadratic tools don't finish."""

    def fetch(self) -> Path:
        """The path of the file."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A published wheel. ``many`` tells that it has so many members that quadratic tools don't finish."""

    name: str
    file: str
    sha256: str
    many: bool = False

    def fetch(self) -> Path:
        """The path of the wheel, downloaded by pip if it isn't there. Reading it warms the page cache."""
        return download(self.file, self.sha256, cache_folder())


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject(
            "numpy",
            "numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "704d819265e5d1064d932968e9ee85fff2103ccc78c05b878c06943ba27b8507",
        ),
        Subject(
            "scipy",
            "scipy-1.18.1-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "f55fa87b6c612ecd6b058f167c53231b1d14e412efe361d3d6e38b3631c73218",
        ),
        Subject(
            "pyarrow",
            "pyarrow-26.0.1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "c718bf97a92a6dea97fd1062c3b9f9e2e83cb9cc926e752289fa4ffff41738f9",
        ),
        Subject(
            "opencv",
            "opencv_python_headless-5.0.0.93-cp37-abi3-manylinux_2_28_x86_64.whl",
            "ed709fdf9aa0bd1f2ed8549e71d19449b03a675bb581eb292285f6861953be37",
        ),
        Subject(
            "ziglang",
            "ziglang-0.17.0-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
            "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b",
            many=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Built:
    """A wheel with libraries of the system, built from a row of `SOURCES` with the running Python, and kept."""

    name: str
    many: bool = False

    def fetch(self) -> Path:
        """The path of the wheel. Needs a compiler and the headers."""
        folder = cache_folder() / "built" / f"cp{sys.version_info[0]}{sys.version_info[1]}"
        folder.mkdir(parents=True, exist_ok=True)
        return build(self.name, folder)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a published wheel, unpacked and kept."""

    name: str
    wheel: Subject
    member: str
    many: bool = False

    def fetch(self) -> Path:
        """The path of the unpacked file."""
        target = cache_folder() / self.member.rpartition("/")[2]
        if not target.exists():
            part = target.with_name(target.name + ".part")
            with zipfile.ZipFile(self.wheel.fetch()) as archive, part.open("wb") as file:
                shutil.copyfileobj(archive.open(self.member), file)
            part.replace(target)
        return target


REPAIRED: tuple[Input, ...] = (
    *map(Built, SOURCES),
    Subject(
        "ziglang 0.12",
        "ziglang-0.12.0-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
        "0c777f1d5d9be32d0edffc79956d03ed35f868a8db7b0552da0984182aa10ff0",
        many=True,
    ),
)
"""The wheels that are repaired: three that lack libraries, and a large one that lacks none."""

EDITED = Member(
    "libllvmlite",
    Subject(
        "llvmlite",
        "llvmlite-0.50.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        "d501e5103076b9a14be885d2574dc2f6793171aa54a853d1244e011d476f1399",
    ),
    "llvmlite/binding/libllvmlite.so",
)
"""A library of 179 MB."""
