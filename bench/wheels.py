"""The published wheels that are measured on, pinned by sha256."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.corpus import cache_folder, download


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
