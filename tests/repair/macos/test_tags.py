"""The tags of published wheels for macOS after a repair, and what installers make of them."""

from __future__ import annotations

import subprocess  # noqa: TID251 - installers are programs; the ban protects src
import sys
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from tests.corpus import ROWS, Corpus
from tests.macho.layout import parts
from tests.macho.real import machos
from tests.macho.toolchains import builds
from tests.repair.anatomy import members, platforms
from tests.repair.macos.cases import CASES, MODULE
from tests.repair.macos.conftest import Mended
from tests.repair.macos.dyld import Installed
from tests.repair.macos.published import WHEELS
from tests.repair.macos.workshop import Workshop
from tests.repair.peers import OURS, truewheel

TAGS = {
    "cryptography-48.0.1-cp311-abi3-macosx_10_9_universal2.whl": ("macosx_10_13_universal2",),
    "greenlet-3.5.6-cp312-cp312-macosx_11_0_universal2.whl": ("macosx_11_0_universal2",),
    "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl": (
        *("macosx_10_15_universal2", "macosx_10_15_x86_64", "macosx_11_0_arm64"),
    ),
    "protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl": ("macosx_12_0_universal2",),
    "ziglang-0.12.0-py3-none-macosx_10_9_x86_64.whl": ("macosx_12_0_x86_64",),
    "ziglang-0.13.0-py3-none-macosx_12_0_arm64.whl": ("macosx_12_0_arm64",),
}
"""What is true of published wheels, or was said of them and is true: no tag is lowered."""

LIGHTGBM = "lightgbm-4.7.0-py3-none-macosx_12_0_arm64.whl"
RUFF = "ruff-0.17.6-py3-none-macosx_11_0_arm64.whl"


@pytest.mark.parametrize("file", TAGS)
def test_tags_are_true_and_never_lowered(file: str, corpus: Corpus, tmp_path: Path) -> None:
    wheel = truewheel(corpus(file), tmp_path, options=("--keep-compression",)).wheel
    assert platforms(wheel.name) == TAGS[file]
    compressed = wheel.stem.split("-")[-1].split(".")
    assert compressed == sorted(compressed)
    tags = {str(tag) for tag in parse_wheel_filename(wheel.name)[3]}
    (said,) = (data for name, data in members(wheel).items() if name.endswith(".dist-info/WHEEL"))
    assert {line.split()[1] for line in said.decode().splitlines() if line.startswith("Tag:")} == tags


def test_the_other_one_for_apples_processors_is_raised_too() -> None:
    assert ROWS["ziglang-0.12.0-py3-none-macosx_11_0_arm64.whl"].computed == ("macosx_12_0_arm64",)


def test_a_library_that_a_published_wheel_lacks_is_named(corpus: Corpus, tmp_path: Path) -> None:
    outcome = truewheel(corpus(LIGHTGBM), tmp_path)
    assert (outcome.status, outcome.wheels) == (2, ())
    assert "@rpath/libomp.dylib" in outcome.said
    assert "lightgbm/lib/lib_lightgbm.dylib" in outcome.said


def test_and_grafted_where_it_is_at_hand(
    corpus: Corpus, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = Workshop(tmp_path, builds(tmp_path_factory))
    version = ("-compatibility_version", "5", "-current_version", "5")  # the oldest that LightGBM takes
    shop.linked("bee", *version, kind="dylib", name="@rpath/libomp.dylib", target=shop.outside / "libomp.dylib")
    wheel = truewheel(corpus(LIGHTGBM), tmp_path / "out", shop.outside).wheel
    installed = Installed(wheel)
    assert installed.astray() == []
    (links,) = (links for (member, _), links in installed.links.items() if member.endswith("lib_lightgbm.dylib"))
    (graft,) = (target for name, targets in links.items() if "libomp" in name for target in targets)
    assert graft.startswith("lightgbm/.dylibs/libomp-")
    assert not installed.code["lightgbm/lib/lib_lightgbm.dylib"]["arm64"].rpaths


def test_a_program_signed_by_its_maker_is_left_as_it_is(corpus: Corpus, tmp_path: Path) -> None:
    wheel = truewheel(corpus(RUFF), tmp_path).wheel
    assert machos(wheel) == machos(corpus(RUFF))
    (data,) = machos(wheel).values()
    (part,) = parts(data)
    assert part.signature
    assert not part.signature.main.flags & 2


# --- installers
PYTHONS = {"macosx_11_0_arm64": "aarch64-apple-darwin", "macosx_10_15_universal2": "x86_64-apple-darwin"}


@pytest.mark.parametrize("project", ["shapely", "pyzmq"])
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installers_for_another_system_take_it(project: str, installer: str, mended: Mended, tmp_path: Path) -> None:
    wheel = mended(OURS, project)
    (platform,) = platforms(wheel.name)
    here, target = Path(sys.executable), tmp_path / "target"
    if installer == "pip":
        command: list[str | Path] = [here, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        command += ["--only-binary=:all:", f"--platform={platform}", "--python-version=3.12"]
    else:
        command = [here.with_name("uv"), "pip", "install", "--quiet", "--no-cache", "--python-version=3.12"]
        command += [f"--python-platform={PYTHONS[platform]}", "--link-mode=copy"]
    done = subprocess.run(
        [*map(str, command), "--no-deps", "--no-index", "--target", str(target), str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    native = machos(wheel)
    assert native
    for name, data in native.items():
        assert (target / name).read_bytes() == data


@pytest.mark.parametrize("case", ["script", "platlib"])
def test_what_installers_move_is_where_it_is_looked_for(
    case: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = Workshop(tmp_path, builds(tmp_path_factory))
    wheel = truewheel(CASES[case](shop), tmp_path / "out", shop.outside).wheel
    target = tmp_path / "target"
    options = ["--only-binary=:all:", "--platform=macosx_11_0_arm64", "--python-version=3.12", "--no-deps"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    done = subprocess.run(
        [*command, *options, "--target", str(target), str(wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    start = target / ("probe.scripts/tool" if case == "script" else MODULE)
    for _ in range(2):
        (name,) = (name for name in parts(start.read_bytes())[0].dylibs if name.startswith("@loader_path/"))
        start = start.parent / name.removeprefix("@loader_path/")
    assert start.name.startswith("libbee.1-")


def test_every_published_platform_is_as_the_maker_said_or_true() -> None:
    for published in WHEELS.values():
        assert ROWS[published.file].computed == (published.platform,)
