"""delocate does its work with the stand-ins for Apple's tools, on published wheels."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - delocate is a program; the ban protects src
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.elf.toolchains import call
from tests.macho.apple_tools import delocate_environment
from tests.macho.checker import complaints
from tests.macho.codesign import Style, signed
from tests.macho.family import edited
from tests.macho.layout import parts
from tests.macho.real import machos, renamed, wishes
from tests.macho.toolchains import AY, BUILD_PATH, PAIRS, Case, builds, fat
from tests.support import zip_bytes
from tests.tools import need

SHAPELY = "shapely-2.2.0-cp312-cp312-macosx_11_0_arm64.whl"
ZMQ = "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl"
PSYCOPG = "psycopg2_binary-2.9.13-cp312-cp312-macosx_{}.whl"

if os.name != "posix":
    pytest.skip("the stand-ins are scripts of a Unix shell", allow_module_level=True)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment that delocate runs in."""
    return delocate_environment(tmp_path / "tools")


def run(environment: dict[str, str], *command: str | Path) -> str:
    """What a program of that environment prints; it must succeed."""
    words = list(map(str, command))
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_delocate_lists_what_a_wheel_holds(environment: dict[str, str], corpus: Corpus) -> None:
    said = run(environment, "delocate-listdeps", corpus(SHAPELY)).split()
    assert said == ["shapely/.dylibs/libgeos.3.14.1.dylib", "shapely/.dylibs/libgeos_c.1.20.5.dylib"]
    said = run(environment, "delocate-listdeps", "--all", corpus(ZMQ)).split()
    loaded = {name for data in machos(corpus(ZMQ)).values() for part in parts(data) for name in part.dylibs}
    inside = {f"zmq/.dylibs/{name.rpartition('/')[2]}" for name in loaded if name.startswith("@")}
    assert set(said) == inside | {name for name in loaded if name.startswith("/")}
    assert len(inside) == 2


def test_delocate_grafts_what_was_taken_out(environment: dict[str, str], corpus: Corpus, tmp_path: Path) -> None:
    outside = tmp_path / "lib"
    outside.mkdir()
    published = machos(corpus(SHAPELY))
    names = {f"@loader_path/.dylibs/{Path(name).name}": outside / Path(name).name for name in published}
    members = {}
    for name, data in published.items():
        path = outside / Path(name).name
        path.write_bytes(data)
        changes = [word for old in parts(data)[0].dylibs if old in names for word in ("-change", old, str(names[old]))]
        if changes:
            call([*need("llvm-install-name-tool-19"), *changes, path])
        if ".dylibs" not in name:
            members[name] = path.read_bytes()
    assert len(members) == len(published) - 2
    wheel = tmp_path / "shapely-2.2.0-cp312-cp312-macosx_11_0_arm64.whl"
    wheel.write_bytes(zip_bytes({"shapely/__init__.py": b"", **members, **_information()}))
    run(environment, "delocate-wheel", "--wheel-dir", tmp_path / "out", wheel)
    made = machos(tmp_path / "out" / wheel.name)
    assert made.keys() == published.keys()
    for name, data in made.items():
        assert complaints(data) == [], name
        assert parts(data)[0].dylibs == parts(published[name])[0].dylibs, name


def test_delocate_follows_the_names_that_truewheel_writes(
    environment: dict[str, str], corpus: Corpus, tmp_path: Path
) -> None:
    members = {}
    for name, data in machos(corpus(SHAPELY)).items():
        intended = {part.arch: wishes(part) for part in parts(data)}
        place = name if ".dylibs" not in name else f"sample.dylibs/{renamed(name).rpartition('/')[2]}"
        members[place] = edited(data, intended)
    wheel = tmp_path / "shapely-2.2.0-cp312-cp312-macosx_11_0_arm64.whl"
    wheel.write_bytes(zip_bytes({"shapely/__init__.py": b"", **members, **_information()}))
    said = run(environment, "delocate-listdeps", wheel).split()
    assert said == ["sample.dylibs/libgeos-0123abcd.3.14.1.dylib", "sample.dylibs/libgeos_c-0123abcd.1.20.5.dylib"]


def _information() -> dict[str, bytes]:
    folder = "shapely-2.2.0.dist-info"
    return {
        f"{folder}/METADATA": b"Metadata-Version: 2.1\nName: shapely\nVersion: 2.2.0\n",
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp312-cp312-macosx_11_0_arm64\n",
        f"{folder}/RECORD": b"",
    }


def test_delocate_merges_two_wheels(environment: dict[str, str], corpus: Corpus, tmp_path: Path) -> None:
    two = [corpus(PSYCOPG.format(platform)) for platform in ("10_13_x86_64", "11_0_arm64")]
    run(environment, "delocate-merge", "--wheel-dir", tmp_path, *two)
    (made,) = tmp_path.glob("*.whl")
    assert "macosx_10_13_universal2" in made.name
    files = machos(made)
    assert files.keys() == machos(two[0]).keys()
    for name, data in files.items():
        assert [part.arch for part in parts(data)] == ["x86_64", "arm64"], name
        assert complaints(data) == [], name


def test_stand_ins_speak_as_apples_tools_do(environment: dict[str, str], tmp_path: Path) -> None:
    """In what delocate reads of them: all slices, and the words about files of other kinds."""
    text = tmp_path / "text"
    text.write_text("no library", encoding="utf-8")
    tools = tmp_path / "tools"

    def said(*command: str | Path) -> tuple[int, str]:
        words = list(map(str, command))
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert "is not an object file" in said(tools / "otool", "-arch", "all", "-m", "-L", text)[1]
    assert said(tools / "lipo", "-create", text, text, "-output", tmp_path / "out") == (
        1,
        f"fatal error: lipo: can't figure out the architecture type of: {text}\n",
    )
    assert said(tools / "otool", "-X", text)[0] == 1


@pytest.mark.parametrize("case", PAIRS[:2], ids=str)
def test_stand_ins_take_fat_files(
    case: Case, environment: dict[str, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path / AY
    path.write_bytes(fat(case, AY, builds(tmp_path_factory)).read_bytes())
    tools = tmp_path / "tools"
    run(environment, tools / "install_name_tool", "-delete_rpath", BUILD_PATH, path)
    run(environment, tools / "codesign", "--force", "--sign", "-", path)
    run(environment, tools / "codesign", "--verify", path)
    assert run(environment, tools / "otool", "-arch", "all", "-m", "-l", path).count("cmd LC_RPATH") == 2
    assert run(environment, tools / "lipo", "-info", path).split()[-2:] == ["x86_64", "arm64"]
    assert [part.rpaths for part in parts(path.read_bytes())] == [["@loader_path"]] * 2
    assert complaints(signed(path.read_bytes(), Style("again"))) == []
