"""One wheel comes of one tree, whoever packs it, wherever, on which Python, and whatever it was archived with."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.pack.samples import (
    COMPRESSED,
    MACOS,
    STATIC_ARM,
    STATIC_TAGS,
    TREE,
    WINDOWS,
    File,
    Way,
    deb,
    dynamic,
    spread,
    tarball,
    zipped,
)
from tests.repair.settings import Setting, run_apart

PROJECT = ("--name", "Some.Tool", "--version", "1.0", "--license", "MIT", "--program", "tool=bin/tool")
NAME = f"some_tool-1.0-py3-none-{STATIC_TAGS}.whl"


def packed(source: Path, to: Path, *options: str) -> str:
    """The sha256 of the wheel that comes out."""
    result = run("pack", source, *PROJECT, *options, "-w", to)
    assert result.exit_code == 0, result.output
    return hashes(to)[NAME]


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What comes of the tree as a plain tar."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "tool.tar").write_bytes(tarball(TREE))
    return packed(folder / "tool.tar", folder / "out")


WAYS = {
    "shuffled": Way(seed=1),
    "shuffled-otherwise": Way(seed=2, folders=False),
    "ustar": Way(form=tarfile.USTAR_FORMAT),
    "gnu": Way(form=tarfile.GNU_FORMAT, seed=3),
    "another-time": Way(time=1),
    "another-owner": Way(owner=1000),
    "for-all-to-write": Way(writable=0o022, seed=4),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("write", [tarball, zipped, deb], ids=["tar", "zip", "deb"])
def test_how_it_was_archived_does_not_matter(write: Callable[..., bytes], way: Way, plain: str, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(write(TREE, way=way))
    assert packed(tmp_path / "archive", tmp_path / "out", "--strip", "1") == plain


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_what_it_was_compressed_with_does_not_matter(suffix: str, plain: str, tmp_path: Path) -> None:
    source = tmp_path / f"tool-1.0.{suffix}"
    source.write_bytes(COMPRESSED[suffix](tarball(TREE, way=Way(seed=5))))
    assert packed(source, tmp_path / "out") == plain


def test_whether_there_was_a_folder_around_it_does_not_matter(plain: str, tmp_path: Path) -> None:
    for number, top in enumerate(("", "another name", "a/b")):
        (tmp_path / f"{number}.tar").write_bytes(tarball(TREE, top))
        options = ["--strip", "2"] if "/" in top else []
        assert packed(tmp_path / f"{number}.tar", tmp_path / top / "out", *options) == plain


LINKED = {name: file for name, file in TREE.items() if name != "lib/current"}
"""The tree without the link to a folder, which a hard link can't be."""


def test_links_and_copies_are_the_same(tmp_path: Path) -> None:
    copied = {**LINKED, "bin/tl": TREE["bin/tool"]}
    ways = {
        "symbolic.tar": tarball(LINKED),
        "hard.tar": tarball(LINKED, way=Way(links=tarfile.LNKTYPE, seed=1, folders=False)),
        "copy.tar": tarball(copied),
        "copy.zip": zipped(copied),
    }
    for name, data in ways.items():
        (tmp_path / name).write_bytes(data)
    assert len({packed(tmp_path / name, tmp_path / f"out-{name}") for name in ways}) == 1


def test_an_archive_of_windows_gives_the_same_where_all_scripts_are_executable(tmp_path: Path) -> None:
    tree = {name: file for name, file in TREE.items() if not file.link and name != "lib/plain.sh"}
    for name, way in {"unix": Way(), "windows": Way(unix=False)}.items():
        (tmp_path / f"{name}.zip").write_bytes(zipped(tree, way=way))
    one, other = (packed(tmp_path / f"{name}.zip", tmp_path / name) for name in ("unix", "windows"))
    assert one == other


@pytest.mark.skipif(sys.platform == "win32", reason="neither links nor execute bits")
def test_a_folder_gives_the_same(plain: str, tmp_path: Path) -> None:
    assert packed(spread(TREE, tmp_path / "tree"), tmp_path / "out") == plain


def test_the_compression_alone_is_the_callers(plain: str, tmp_path: Path) -> None:
    (tmp_path / "tool.tar").write_bytes(tarball(TREE))
    assert packed(tmp_path / "tool.tar", tmp_path / "out", "--profile", "zlib6") != plain


# --- several targets -----------------------------------------------------------------------------------------
def tree_of(program: bytes, name: str = "bin/tool") -> Mapping[str, File]:
    """A release for one platform."""
    return {"LICENSE": TREE["LICENSE"], name: File(program, executable=True), "share/all.txt": File(b"all" * 50_000)}


RELEASE = {
    "linux-x64": tree_of(dynamic()),
    "linux-arm64": tree_of(STATIC_ARM),
    "macos-arm64": tree_of(MACOS),
    "windows-x64": tree_of(WINDOWS, "bin/tool.exe"),
}


def settings(folder: Path, labels: list[str]) -> Path:
    """The archives of a release and the settings for them, in the order of `labels`."""
    folder.mkdir(parents=True)
    for label, tree in RELEASE.items():
        (folder / f"{label}.tar.gz").write_bytes(COMPRESSED["tar.gz"](tarball(tree, label)))
    text = '[tool.truewheel.pack]\nname = "tool"\nversion = "1.0"\nprograms = { tool = "bin/tool" }\n'
    text += "[tool.truewheel.pack.targets]\n" + "".join(f'{label} = "{label}.tar.gz"\n' for label in labels)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder / "pyproject.toml"


def test_neither_the_order_of_targets_nor_the_number_of_workers_matters(tmp_path: Path) -> None:
    done = []
    for number, labels in enumerate((sorted(RELEASE), sorted(RELEASE, reverse=True))):
        config = settings(tmp_path / str(number), labels)
        for workers in ("1", "2", "5"):
            out = tmp_path / f"out-{number}-{workers}"
            result = run("pack", "--config", config, "-j", workers, "-w", out)
            assert result.exit_code == 0, result.output
            done.append(hashes(out))
            told = [line.split()[0] for line in result.stdout.splitlines()[1:-1]]
            assert told == labels
    assert {name.split("-none-")[1] for name in done[0]} == {
        "manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl",
        "macosx_12_0_arm64.whl",
        "win_amd64.whl",
    }
    assert all(each == done[0] for each in done)


def test_a_target_alone_gives_what_all_together_give(tmp_path: Path) -> None:
    config = settings(tmp_path / "settings", sorted(RELEASE))
    assert run("pack", "--config", config, "-w", tmp_path / "all").exit_code == 0
    everything = hashes(tmp_path / "all")
    for label in RELEASE:
        assert run("pack", "--config", config, "--target", label, "-w", tmp_path / label).exit_code == 0
        assert hashes(tmp_path / label).items() <= everything.items()


# --- the process ---------------------------------------------------------------------------------------------
APART = {
    "seed-1-umask-077": (Setting(seed=1, umask="077"), {}),
    "random-seed-umask-000": (Setting(umask="000"), {"PYTHONHASHSEED": "random"}),
    "elsewhere": (Setting(folder="somewhere/else entirely"), {"TZ": "Pacific/Kiritimati"}),
    "locale": (Setting(), {"LC_ALL": "C", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONUTF8": "0"}),
    "one-core": (Setting(one_core=True), {"COLUMNS": "40", "NO_COLOR": "1"}),
}


@pytest.mark.skipif(sys.platform != "linux", reason="umask and cores are set as Linux has them")
@pytest.mark.parametrize(("setting", "around"), APART.values(), ids=APART)
def test_nothing_around_matters(setting: Setting, around: dict[str, str], plain: str, tmp_path: Path) -> None:
    assert apart(tmp_path, Path(sys.executable), setting, **around) == plain


@pytest.mark.skipif(sys.platform != "linux", reason="umask and cores are set as Linux has them")
def test_the_oldest_python_gives_the_same(oldest_python: Path, plain: str, tmp_path: Path) -> None:
    assert apart(tmp_path, oldest_python, Setting(seed=3)) == plain


@pytest.mark.skipif(sys.platform != "linux", reason="umask and cores are set as Linux has them")
def test_the_newest_python_gives_the_same(other_python: Path, plain: str, tmp_path: Path) -> None:
    assert apart(tmp_path, other_python, Setting(seed=4)) == plain


def apart(folder: Path, python: Path, setting: Setting, **around: str) -> str:
    """The sha256 of what a process of its own makes of a tree on disk, with -w relative to where it runs."""
    here = folder / setting.folder
    source = spread(TREE, here / "tree")
    run_apart(["pack", source, *PROJECT, "-w", "out"], here, setting, python, **around)
    return hashes(here / "out")[NAME]
