"""The tree of zig 0.12.0, taken out of its published wheels and packed again: all as it was but the tags."""

from __future__ import annotations

import json
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from pathlib import Path

import pytest

from tests.cli.run import document
from tests.corpus import Corpus
from tests.ops.fakes import Disk
from tests.pack.zig import RELEASES, VERSION, listed, members, published, released
from truewheel.ops.pack import Wanted, pack
from truewheel.packing.model import About, Layout, Target
from truewheel.wheel import WheelName
from truewheel.world.archives import open_archive

ABOUT = ("--name", "ziglang", "--version", VERSION, "--license", "MIT", "--requires-python", "~=3.5")
OURS = {"ziglang/__init__.py", "ziglang/__main__.py"}
"""What isn't zig's: the package, and the module that starts the program."""

OF_THE_WHEEL = ("METADATA", "WHEEL", "RECORD", "__init__.py", "__main__.py")
"""The same, and metadata, by their names in a wheel that is taken for an archive."""


def test_from_zigs_own_archive_for_macos(corpus: Corpus, tmp_path: Path) -> None:
    platform = "macos-aarch64"
    archive, original = released(corpus, platform, tmp_path), published(corpus, platform)
    before = members(original)
    assert len(before) == 15_190
    added = write_modules(original, tmp_path)
    settings = f"""
        [tool.truewheel.pack]
        name = "ziglang"
        version = "{VERSION}"
        license = "MIT"
        requires-python = "~=3.5"
        exclude = ["doc"]
        add = {json.dumps(added).replace(":", " =")}

        [tool.truewheel.pack.targets]
        {platform} = "zig-{{label}}-{{version}}.tar.zst"
    """
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (done,) = document("pack", "--config", tmp_path / "pyproject.toml", "-w", tmp_path / "out")["wheels"]
    wheel = Path(str(done["path"]))
    assert done["source"] == archive.name
    assert wheel.name == f"ziglang-{VERSION}-py3-none-macosx_12_0_arm64.whl"
    assert members(wheel) == before
    further = listed(wheel).keys() - before.keys()
    info = f"ziglang-{VERSION}.dist-info"
    assert {name for name in further if not name.startswith(f"{info}/licenses/")} == {
        f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD")
    }
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/lib/libc/musl/COPYRIGHT"} <= further
    reasons = [reason["reason"] for reason in done["because"]]  # type: ignore[attr-defined]  # of the schema
    assert reasons == ["minos 11.7.1 of the arm64 slice"]


def test_from_a_wheel_as_an_archive_for_linux(corpus: Corpus, tmp_path: Path) -> None:
    platform = "linux-x86_64"
    original = published(corpus, platform)
    wheel = packed(original, tmp_path)
    before, after = listed(original), listed(wheel)
    assert WheelName.parse(wheel.name).platforms == tuple(RELEASES[platform].platforms.split("."))
    zigs = {name for name in before if name.startswith("ziglang/")} - OURS
    assert len(zigs) == 15_188
    assert {name: after[name] for name in zigs} == {name: before[name] for name in zigs}
    assert {name for name in after if name.startswith("ziglang/")} == zigs | OURS


@pytest.mark.parametrize("platform", RELEASES)
def test_the_tags_of_all_platforms(platform: str, corpus: Corpus) -> None:
    target = Target(platform, "", layout=Layout(strip=1, exclude=OF_THE_WHEEL, into="ziglang"))
    with open_archive(published(corpus, platform)) as opened:
        done = pack(opened.archive, Wanted(About("ziglang", VERSION), target), Disk({}))
        executable = [entry.name for entry in done.wheel if entry.executable]
    assert ".".join(done.wheel.name.platforms) == RELEASES[platform].platforms
    assert [program.command for program in done.programs] == ["zig"]
    assert executable == [f"ziglang/zig{'.exe' if platform.startswith('windows') else ''}"]


def packed(archive: Path, folder: Path, *options: str) -> Path:
    """The wheel that comes of another wheel, without what isn't zig's."""
    without = [word for name in OF_THE_WHEEL for word in ("--exclude", name)]
    (done,) = document("pack", archive, *ABOUT, "--strip", "1", *without, *options, "-w", folder / "out")["wheels"]
    return Path(str(done["path"]))


def write_modules(wheel: Path, folder: Path) -> dict[str, str]:
    """The package and its ``__main__`` as they were published, in a project's folder; where they belong, and lie."""
    (folder / "python").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in ("__init__.py", "__main__.py"):
            (folder / "python" / name).write_bytes(archive.read(f"ziglang/{name}"))
    return {name: f"python/{name}" for name in ("__init__.py", "__main__.py")}
