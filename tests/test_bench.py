"""That those who are measured side by side do the same work."""

from __future__ import annotations

import hashlib
import lzma
import subprocess  # noqa: TID251 - the commands that are measured; the ban protects src
import sys
import sysconfig
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from pathlib import Path

import pytest

from bench.model import Contest
from bench.packing import SCRIPT, TOOLS, ZIG, contests, left_out
from tests.pack.samples import LICENCE, STATIC, File, tarball

SCRIPTS = Path(sysconfig.get_path("scripts"))
TREE = {"LICENSE": LICENCE, "zig": File(STATIC, executable=True), "lib/std/std.zig": File(b"// std\n")}


def packing() -> Contest:
    """The contest on zig's archive, with the tools of the running Python."""
    return next(contest for contest in contests(str(SCRIPTS / "truewheel"), SCRIPTS) if contest.subject is ZIG)


@pytest.mark.skipif(sys.platform == "win32", reason="one of them is a script of a Unix shell")
def test_all_who_pack_put_the_same_files_into_the_wheel(tmp_path: Path) -> None:
    (tmp_path / ZIG.file).write_bytes(lzma.compress(tarball(TREE, top="zig-0.12.0")))
    held = {}
    for contender in packing().contenders:
        folder = tmp_path / contender.name
        folder.mkdir()
        for command in contender.commands(tmp_path, folder):
            subprocess.run(command, check=True, capture_output=True)
        held[contender.name] = members(*folder.rglob("*.whl"))
    ours = held["truewheel"]
    assert {f"ziglang/{name}" for name in TREE} == ours.keys() - {"ziglang/__init__.py", "ziglang/__main__.py"}
    for peer in (SCRIPT, TOOLS):
        assert held[peer] == {name: ours[name] for name in held[peer]}
        assert held[peer].keys() == {f"ziglang/{name}" for name in TREE}


def members(wheel: Path) -> dict[str, tuple[str, bool]]:
    """The hash of each file below the package, and whether it may be executed; RECORD knows all of them."""
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows = {line.split(",")[0] for line in archive.read(record).decode().splitlines()}
        assert rows == {info.filename for info in archive.infolist() if not info.is_dir()}
        return {
            info.filename: (hashlib.sha256(archive.read(info)).hexdigest(), bool(info.external_attr >> 16 & 0o100))
            for info in archive.infolist()
            if info.filename.startswith("ziglang/") and not info.is_dir()
        }


def test_what_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.packing._NPM", False)
    assert "npm" in left_out()
    assert [contest.title for contest in contests("truewheel", Path("bin"))] == ["pack zig"]
