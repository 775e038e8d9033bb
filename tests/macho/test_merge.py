"""`fuse` beside delocate-merge on the same wheels: where the two agree, and where delocate chooses in silence."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - delocate is a program; the ban protects src
import zipfile  # noqa: TID251 - the members are taken out with a reader that isn't ours
from pathlib import Path

import pytest

import truewheel
from tests.corpus import Corpus
from tests.macho.apple_tools import delocate_environment
from tests.macho.checker import complaints
from tests.macho.layout import parts
from tests.macho.real import machos
from tests.support import wheel_bytes, zip_bytes
from truewheel.errors import RequestError

PAIRS = {
    "propcache": [f"propcache-0.5.4-cp312-cp312-macosx_{p}.whl" for p in ("10_13_x86_64", "11_0_arm64")],
    "psycopg2": [f"psycopg2_binary-2.9.13-cp312-cp312-macosx_{p}.whl" for p in ("10_13_x86_64", "11_0_arm64")],
}

if os.name != "posix":
    pytest.skip("the stand-ins are scripts of a Unix shell", allow_module_level=True)


def merged(folder: Path, *wheels: Path) -> Path:
    """What delocate-merge makes of two wheels."""
    command = ["delocate-merge", "--wheel-dir", str(folder / "theirs"), *map(str, wheels)]
    (folder / "theirs").mkdir()
    environment = delocate_environment(folder / "tools")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = (folder / "theirs").glob("*.whl")
    return made


def contents(path: Path) -> dict[str, bytes]:
    """The files of a wheel."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_two_make_the_same_wheel(pair: list[str], corpus: Corpus, tmp_path: Path) -> None:
    """The same name, members and libraries. delocate signs anew what was signed; in ours each slice keeps its bytes."""
    wheels = [corpus(name) for name in pair]
    theirs, ours = merged(tmp_path, *wheels), truewheel.fuse(wheels, tmp_path / "ours").path
    assert ours.name == theirs.name
    found, expected = contents(ours), contents(theirs)
    assert found.keys() == expected.keys()
    fat = machos(ours)
    assert fat.keys() == machos(theirs).keys()
    made_anew = {name for name in found if name.endswith((".dist-info/WHEEL", ".dist-info/RECORD"))}
    assert {name: data for name, data in found.items() if name not in fat.keys() | made_anew} == {
        name: data for name, data in expected.items() if name not in fat.keys() | made_anew
    }
    for name, data in fat.items():
        assert complaints(data) == [], name
        assert [(p.arch, p.dylibs, p.rpaths) for p in parts(data)] == [
            (p.arch, p.dylibs, p.rpaths) for p in parts(expected[name])
        ]
        for part, wheel in zip(parts(data), wheels, strict=True):
            assert bytes(part.data) == contents(wheel)[name]


def test_delocate_takes_what_differs_from_the_second_and_says_nothing(corpus: Corpus, tmp_path: Path) -> None:
    wheels = []
    for number, name in enumerate(PAIRS["propcache"]):
        members = contents(corpus(name)) | {"propcache/py.typed": b"# %d\n" % number}
        members["propcache-0.5.4.dist-info/RECORD"] = b""
        wheels.append(tmp_path / name)
        wheels[-1].write_bytes(zip_bytes(members))
    assert contents(merged(tmp_path, *wheels))["propcache/py.typed"] == b"# 1\n"
    for wheel in wheels:
        members = contents(wheel)
        del members["propcache-0.5.4.dist-info/RECORD"]
        wheel.write_bytes(wheel_bytes(members, name=wheel.name))
    with pytest.raises(RequestError, match=r"propcache/py\.typed$"):
        truewheel.fuse(wheels, tmp_path / "ours")
