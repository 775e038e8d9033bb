"""Real ELF files, read as others read them: published wheels of every architecture, and this host's files."""

from __future__ import annotations

import shutil
import subprocess  # noqa: TID251 - readelf is the oracle
import sys
import zipfile  # noqa: TID251 - these tests are about the members, not the archive
from pathlib import Path

import pytest

from tests.binary.elf_oracles import Facts, by_lief, by_pyelftools, ours
from tests.corpus import Corpus
from truewheel.binary.elf import read_elf
from truewheel.binary.model import Elf

LARGEST = 2_000_000
"""In bytes; pyelftools takes seconds for more."""

WHEELS = {
    "cffi-2.1.1-cp311-cp311-musllinux_1_2_i686.whl": "i686",
    "greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl": "x86_64",
    "lru_dict-1.4.1-cp313-cp313-android_21_arm64_v8a.whl": "aarch64",
    "lxml-5.4.0-cp312-cp312-manylinux_2_17_s390x.manylinux2014_s390x.whl": "s390x",
    "ninja-1.13.2-py3-none-manylinux_2_28_armv7l.manylinux_2_31_armv7l.whl": "armv7l",
    "psycopg2_binary-2.9.13-cp312-cp312-manylinux2014_ppc64le.manylinux_2_17_ppc64le.whl": "ppc64le",
    "pyzmq-27.3.0-cp312-abi3-manylinux_2_28_i686.whl": "i686",
    "uv-0.13.8-py3-none-manylinux_2_28_aarch64.whl": "aarch64",
}


def elf_members(path: Path, largest: int = LARGEST) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        small = [info for info in archive.infolist() if 4 <= info.file_size <= largest]
        heads = {info.filename: archive.read(info) for info in small if info.filename.rpartition(".")[2] != "py"}
    return {name: data for name, data in heads.items() if data[:4] == b"\x7fELF"}


def without_libraries(rows: object) -> list[tuple[str, str, str, int]]:
    assert isinstance(rows, list)
    return [(name, version, binding, kind) for name, version, _, binding, kind in rows]


def assert_like_pyelftools(elf: Elf, data: bytes) -> None:
    theirs = by_pyelftools(data)
    assert {key: value for key, value in ours(elf).items() if key in theirs} == theirs


def assert_like_lief(elf: Elf, data: bytes) -> None:
    theirs = by_lief(data)
    mine: Facts = {key: value for key, value in ours(elf).items() if key in theirs}
    mine |= {key: without_libraries(mine[key]) for key in ("imports", "exports")}
    if elf.relr:  # LIEF lists what DT_RELR stands for among the relocations
        mine["relocations"], theirs["relocations"] = None, None
    assert mine == theirs


@pytest.mark.parametrize("wheel", WHEELS)
def test_members_of_wheels_read_as_others_read_them(corpus: Corpus, wheel: str) -> None:
    members = elf_members(corpus(wheel))
    assert members
    for data in members.values():
        elf = read_elf(data)
        assert elf.arch == WHEELS[wheel]
        assert_like_pyelftools(elf, data)
        assert_like_lief(elf, data)


def test_zig_is_one_static_program(corpus: Corpus) -> None:
    name = "ziglang-0.12.0-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl"
    with zipfile.ZipFile(corpus(name)) as archive:
        elf = read_elf(archive.read("ziglang/zig"))
    assert (elf.arch, elf.type, elf.dynamic, elf.interpreter, elf.needed) == ("x86_64", 2, False, None, ())


def test_facts_that_decide_about_tags(corpus: Corpus) -> None:
    (greenlet,) = (
        read_elf(data)
        for name, data in elf_members(corpus("greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl")).items()
        if "libgcc_s" in name
    )
    assert greenlet.relr
    (android,) = elf_members(corpus("lru_dict-1.4.1-cp313-cp313-android_21_arm64_v8a.whl")).values()
    assert read_elf(android).android_api == 21
    assert read_elf(android).load_alignment == 0x4000
    (ninja,) = elf_members(corpus("ninja-1.13.2-py3-none-manylinux_2_28_armv7l.manylinux_2_31_armv7l.whl")).values()
    assert read_elf(ninja).flags == 0x5000400
    assert read_elf(ninja).interpreter == "/lib/ld-linux-armhf.so.3"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no ELF files of their own")
def test_the_interpreter_that_runs_this_and_its_libraries() -> None:
    mapped = {Path(line.split()[-1]) for line in Path("/proc/self/maps").read_text().splitlines() if ".so" in line}
    files = sorted(path for path in (*mapped, Path(sys.executable)) if path.is_file())
    assert files
    for data in (path.read_bytes() for path in files if path.stat().st_size <= LARGEST):
        assert_like_pyelftools(read_elf(data), data)
        assert_like_lief(read_elf(data), data)


@pytest.mark.skipif(shutil.which("readelf") is None, reason="binutils is not installed")
def test_readelf_sees_the_same_versions_and_libraries(corpus: Corpus, tmp_path: Path) -> None:
    members = elf_members(corpus("psycopg2_binary-2.9.13-cp312-cp312-manylinux2014_ppc64le.manylinux_2_17_ppc64le.whl"))
    for data in members.values():
        elf = read_elf(data)
        path = tmp_path / "member"
        path.write_bytes(data)
        text = subprocess.run(["readelf", "-dVW", path], capture_output=True, text=True, check=True).stdout
        lines = [line.split() for line in text.splitlines()]
        needed = [line[-1].strip("[]") for line in lines if "(NEEDED)" in line]
        versions = [line[line.index("Name:") + 1] for line in lines if "Flags:" in line and "Version:" in line]
        files = [line[line.index("File:") + 1] for line in lines if "File:" in line]
        assert tuple(needed) == elf.needed
        assert versions == [need.version for need in elf.version_needs]
        assert files == list(dict.fromkeys(need.library for need in elf.version_needs))
