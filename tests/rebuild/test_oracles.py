"""Two tools of Debian that strip and compare: they find nothing in what we build, and what we find elsewhere."""

from __future__ import annotations

import json
import shutil
import zipfile  # noqa: TID251 - looks into results with a reader that isn't ours; the ban protects src
from pathlib import Path
from subprocess import run as start  # noqa: TID251 - the oracles are programs; the ban protects src
from typing import TypedDict

from tests.projects import PURE, C
from tests.rebuild.proofs import built, uv_build, wheel_of
from tests.tools import need
from truewheel import api

EPOCH = 1_700_000_000


class _Node(TypedDict, total=False):
    source1: str
    details: list[_Node]


def _members(node: _Node) -> set[str]:
    """The members of an archive in which diffoscope sees a difference."""
    return {part["source1"] for part in node.get("details", [])}


def _diffoscope(left: Path, right: Path, folder: Path) -> tuple[int, _Node]:
    (program,) = need("diffoscope")
    report = folder / "report.json"
    done = start([program, "--json", report, left, right], capture_output=True, check=False)
    node: _Node = json.loads(report.read_text("utf-8")) if done.returncode else {}
    return done.returncode, node


def test_diffoscope_sees_what_we_see(tmp_path: Path) -> None:
    need(*C.tools)
    first, second = (uv_build(C.write(tmp_path / name / "withc"), tmp_path / name) for name in ("here", "elsewhere"))
    status, node = _diffoscope(first, second, tmp_path)
    said = api.diff(first, second)
    assert status == 1
    assert {name for name in _members(node) if not name.startswith("zip")} == {
        one.place for one in said.differences if one.place
    }


def test_diffoscope_sees_no_difference_between_two_builds(tmp_path: Path) -> None:
    need(*C.tools)
    first, second = (
        wheel_of(built(C.write(tmp_path / name), tmp_path / f"{name}-dist", epoch=EPOCH)) for name in ("here", "there")
    )
    assert _diffoscope(first, second, tmp_path)[0] == 0


def _entries(path: Path) -> set[tuple[object, ...]]:
    """Everything that an archive says of its members, but where they lie."""
    with zipfile.ZipFile(path) as archive:
        return {
            (
                *(info.filename, info.date_time, info.compress_type, info.comment, info.extra, info.create_system),
                *(info.create_version, info.extract_version, info.flag_bits, info.internal_attr, info.external_attr),
                *(info.CRC, info.compress_size, info.file_size),
            )
            for info in archive.infolist()
        }


def test_strip_nondeterminism_changes_nothing_but_the_order_of_a_wheel(tmp_path: Path) -> None:
    """It sorts all members by their names; ours has the .dist-info at the end, as PEP 427 recommends."""
    (program,) = need("strip-nondeterminism")
    project = PURE[0]
    wheel = wheel_of(built(project.write(tmp_path / "sources"), tmp_path / "dist", epoch=EPOCH))
    stripped = Path(shutil.copy(wheel, tmp_path / "stripped.zip"))
    start([program, "-t", "zip", "-T", str(EPOCH), stripped], check=True)
    assert _entries(stripped) == _entries(wheel)
    with zipfile.ZipFile(stripped) as archive:
        assert archive.namelist() == sorted(archive.namelist())


def test_strip_nondeterminism_changes_nothing_of_an_sdist(tmp_path: Path) -> None:
    (program,) = need("strip-nondeterminism")
    done = built(PURE[0].write(tmp_path / "sources"), tmp_path / "dist", epoch=EPOCH, sdist=True)
    (sdist,) = (artefact.path for artefact in done.artefacts if artefact.kind == "sdist")
    stripped = Path(shutil.copy(sdist, tmp_path / "stripped.gz"))
    start([program, "-t", "gzip", "-T", str(EPOCH), stripped], check=True)
    assert stripped.read_bytes() == sdist.read_bytes()
