"""Published wheels, beside what diffoscope says of the same pairs."""

from __future__ import annotations

import json
import subprocess  # noqa: TID251 - diffoscope is a program; the ban protects src
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

from tests.compare.trees import gz, reasons, tar_bytes
from tests.corpus import cache_folder, download
from tests.support import SAMPLE, record_text, wheel_members, zip_bytes
from tests.tools import need
from truewheel.api import normalize
from truewheel.api.comparing import diff
from truewheel.compare import Kind

SIX = (
    ("six-1.15.0-py2.py3-none-any.whl", "8b74bedcbbbaca38ff6d7491d76f2b06b3592611af620f8426e82dddb04a5ced"),
    ("six-1.16.0-py2.py3-none-any.whl", "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"),
)
ATTRS = (
    ("attrs-23.1.0-py3-none-any.whl", "1f28b4522cdc2fb4256ac1a020c78acf9cba2c6b461ccd2c126f3aa8e8335d04"),
    ("attrs-23.2.0-py3-none-any.whl", "99b87a485a5820b23b879f04c2305b44b951b502fd64be915879d77a7e8fc6f1"),
)
_TAGS = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
MARKUPSAFE = (
    (f"MarkupSafe-3.0.1-{_TAGS}", "244dbe463d5fb6d7ce161301a03a6fe744dac9072328ba9fc82289238582697b"),
    (f"MarkupSafe-3.0.2-{_TAGS}", "a123e330ef0853c6e822384873bef7507557d8e4a082961e1defa947aa59ba84"),
)


class _Detail(TypedDict, total=False):
    """What diffoscope says of one file."""

    source1: str
    source2: str
    details: list[_Detail]


def _fetched(rows: tuple[tuple[str, str], tuple[str, str]]) -> list[Path]:
    return [download(file, sha256, cache_folder()) for file, sha256 in rows]


def _told(left: Path, right: Path) -> set[str]:
    """The members that both have and that differ, as diffoscope says."""
    (program,) = need("diffoscope")
    done = subprocess.run(
        [program, "--json", "-", "--no-progress", left, right], capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stderr.decode()
    whole: _Detail = json.loads(done.stdout)
    return set(_members(whole))


def _members(detail: _Detail) -> Iterator[str]:
    """The names in the archive; a compressed tar is one step further down."""
    for part in detail.get("details", []):
        name = part["source1"]
        if name.endswith(".tar"):
            yield from _members(part)
        elif name == part["source2"] and "«TEMP»" not in name and not name.startswith(("zipinfo", "file", "filetype")):
            yield name


def _ours(left: Path, right: Path) -> set[str]:
    """The same in our words."""
    return {found.place for found in diff(left, right).differences if found.kind is Kind.CONTENT and found.place}


@pytest.mark.parametrize("rows", [SIX, ATTRS, MARKUPSAFE], ids=["six", "attrs", "markupsafe"])
def test_published_versions(rows: tuple[tuple[str, str], tuple[str, str]]) -> None:
    left, right = _fetched(rows)
    # diffoscope doesn't pair folders of two versions, so what lies in .dist-info is compared by us alone
    inside = {name for name in _ours(left, right) if ".dist-info/" not in name}
    assert inside == {name for name in _told(left, right) if ".dist-info/" not in name}
    comparison = diff(left, right)
    assert {"version", "backend", "build-time"} <= reasons(comparison)
    record = next(found for found in comparison.differences if found.place.endswith("/RECORD"))
    assert record.inside[0].follows
    assert {found.place for found in comparison.differences if found.place.endswith("/METADATA")}
    swapped = diff(right, left)
    assert len(swapped.differences) == len(comparison.differences)


def test_a_normalized_wheel_beside_the_original(tmp_path: Path) -> None:
    wheel = _fetched(MARKUPSAFE)[0]
    made = normalize(wheel, tmp_path).path
    assert _ours(wheel, made) == _told(wheel, made)
    comparison = diff(wheel, made)
    assert comparison.unexplained == ()
    assert {"build-time", "deflate", "member-order", "zip-tool"} <= reasons(comparison)
    contents = {found.place.rpartition("/")[2] for found in diff(wheel, made, contents_only=True).differences}
    assert contents <= {"RECORD", "WHEEL"}


def test_made_wheels_and_sdists_beside_diffoscope(tmp_path: Path) -> None:
    files = {"sample/a.py": b"a = 1\n", "sample/b.json": b'{"a": 1}', "sample/c.bin": bytes(100), "sample/same": b"s"}
    other = {**files, "sample/a.py": b"a = 2\n", "sample/b.json": b'{"a":1}', "sample/c.bin": bytes(99) + b"x"}
    pairs = []
    for number, content in enumerate((files, other)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / SAMPLE).write_bytes(zip_bytes(wheel_members(content)))
        (folder / "x-1.0.tar.gz").write_bytes(gz(tar_bytes({f"x-1.0/{name}": data for name, data in content.items()})))
        pairs.append(folder)
    for name in (SAMPLE, "x-1.0.tar.gz"):
        assert _ours(pairs[0] / name, pairs[1] / name) == _told(pairs[0] / name, pairs[1] / name)
    assert record_text(files, "r") != record_text(other, "r")
