"""Published wheels, taken apart and repaired: the same libraries and links as their makers published."""

from __future__ import annotations

import csv
import io
import subprocess  # noqa: TID251 - delocate is a program; the ban protects src
from pathlib import Path

import pytest
from installer.sources import WheelFile

from tests.cli.run import document
from tests.corpus import ROWS, Corpus
from tests.macho.apple_tools import delocate_environment
from tests.macho.checker import Intended, complaints, strayed
from tests.macho.oracles import by_checker, disagreeing, faults
from tests.macho.real import machos
from tests.repair.anatomy import members, platforms
from tests.repair.macos.conftest import Mended, Taken
from tests.repair.macos.dyld import SYSTEM, Installed, fingerprint
from tests.repair.macos.published import SMALL, WHEELS
from tests.repair.macos.undone import GRAFTS
from tests.repair.peers import OURS, truewheel

EACH = pytest.mark.parametrize("project", WHEELS)
IOS = "lru_dict-1.4.1-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl"
_LARGEST = 2 << 20
"""Larger files aren't shown to LLVM, LIEF and macholib: that takes long, and tests/macho does it."""

_TEXTS = {"PATH004", "REP001"}
"""Paths of the build machine that are compiled in, and times in an SBOM: a repair changes neither."""


def _grafts(wheel: Path) -> list[str]:
    return sorted(name for name in members(wheel) if name.rpartition("/")[0].endswith(GRAFTS))


@EACH
def test_what_is_taken_apart_lacks_its_libraries(project: str, taken: Taken, tmp_path: Path) -> None:
    bare = taken(project)
    assert Installed(bare.wheel).astray()
    assert not _grafts(bare.wheel)
    outcome = truewheel(bare.wheel, tmp_path / "out")
    assert outcome.status == 2
    asked = {Path(line.split(": ")[1].split(" leads")[0]).name for line in Installed(bare.wheel).astray()}
    assert any(name in outcome.said for name in asked), outcome.said
    assert not list(tmp_path.rglob("*.whl"))


@EACH
def test_the_same_libraries_and_links_come_out(project: str, mended: Mended, corpus: Corpus) -> None:
    ours, theirs = Installed(mended(OURS, project)), Installed(corpus(WHEELS[project].file))
    assert ours.astray() == []
    assert len(_grafts(ours.wheel)) == len(_grafts(theirs.wheel)) == WHEELS[project].grafts
    assert ours.graph(GRAFTS) == theirs.graph(GRAFTS)
    assert platforms(ours.wheel.name) == (WHEELS[project].platform,)
    for member in ours.code.keys() & theirs.code.keys():
        pair = (ours.code[member], theirs.code[member])
        assert len({tuple((arch, fingerprint(part)) for arch, part in slices.items()) for slices in pair}) == 1, member


@EACH
def test_every_file_is_signed_as_it_is(project: str, mended: Mended, taken: Taken) -> None:
    wheel = mended(OURS, project)
    found = machos(wheel)
    assert {name: said for name, data in found.items() if (said := complaints(data))} == {}
    before = machos(taken(project).wheel)
    for name, slices in Installed(wheel).code.items():
        for arch, part in slices.items():
            assert part.signature or arch == "x86_64", name
            if name in before and found[name] != before[name] and part.signature:
                assert part.signature.main.flags & 2, "ad hoc"


@EACH
def test_no_name_is_of_the_machine_that_built_it(project: str, mended: Mended) -> None:
    installed = Installed(mended(OURS, project))
    for (member, arch), links in installed.links.items():
        part = installed.code[member][arch]
        assert not [path for path in part.rpaths if not path.startswith("@")], member
        assert (part.install_name or "@").startswith("@"), member
        assert not [name for name, to in links.items() if not name.startswith("@loader_path") and to != {SYSTEM}]


@EACH
def test_everything_else_is_as_it_was(project: str, mended: Mended, taken: Taken) -> None:
    wheel, bare = mended(OURS, project), taken(project)
    before, after = members(bare.wheel), members(wheel)
    native = machos(bare.wheel).keys()
    assert after.keys() - before.keys() == set(_grafts(wheel))
    assert before.keys() <= after.keys()
    changed = {name for name in before.keys() - native if before[name] != after[name]}
    assert {name.rpartition("/")[2] for name in changed} <= {"RECORD", "WHEEL"}
    with WheelFile.open(wheel) as source:
        source.validate_record()


def _rows(wheel: Path) -> list[list[str]]:
    (record,) = (data for name, data in members(wheel).items() if name.endswith(".dist-info/RECORD"))
    return list(csv.reader(io.StringIO(record.decode())))


@EACH
def test_it_is_whole_and_repairing_it_again_changes_nothing(project: str, mended: Mended, tmp_path: Path) -> None:
    wheel = mended(OURS, project)
    assert sorted(row[0] for row in _rows(wheel)) == sorted(members(wheel))
    again = truewheel(wheel, tmp_path).wheel
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())
    (shown,) = document("show", wheel)["wheels"]
    assert shown["external"] == []
    (checked,) = document("check", wheel)["wheels"]
    found = checked["findings"]
    assert isinstance(found, list)
    assert {finding["rule"] for finding in found if finding["severity"] != "info"} <= _TEXTS


@pytest.mark.parametrize("project", SMALL)
def test_others_read_the_same_and_find_no_fault(project: str, mended: Mended, tmp_path: Path) -> None:
    for name, data in machos(mended(OURS, project)).items():
        if len(data) > _LARGEST:
            continue
        path = tmp_path / Path(name).name
        path.write_bytes(data)
        assert disagreeing(path, by_checker(data)) == {}, name
        assert faults(path, tmp_path) == [], name
        path.unlink()


@pytest.mark.parametrize("project", ["pyzmq", "shapely"])
def test_delocate_finds_the_same(project: str, mended: Mended, tmp_path: Path) -> None:
    wheel = mended(OURS, project)
    command = ["delocate-listdeps", "--all", str(wheel)]
    environment = delocate_environment(tmp_path / "tools")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    system = {
        name for links in Installed(wheel).links.values() for name, targets in links.items() if targets == {SYSTEM}
    }
    assert set(done.stdout.split()) == {*_grafts(wheel), *system}


@pytest.mark.parametrize("project", SMALL)
def test_what_delocate_has_repaired_lacks_nothing(project: str, corpus: Corpus, tmp_path: Path) -> None:
    published = corpus(WHEELS[project].file)
    (shown,) = document("show", published)["wheels"]
    assert shown["external"] == []
    ours = truewheel(published, tmp_path / "once").wheel
    before, after = Installed(published), Installed(ours)
    assert after.code.keys() == before.code.keys()
    assert after.graph(GRAFTS) == before.graph(GRAFTS)
    assert platforms(ours.name) == platforms(published.name)
    assert {name for name, data in machos(ours).items() if complaints(data)} == set()
    assert truewheel(ours, tmp_path / "again").wheel.read_bytes() == ours.read_bytes()


def test_a_published_wheel_for_ios_gets_a_true_tag_and_loses_a_trace(corpus: Corpus, tmp_path: Path) -> None:
    published = corpus(IOS)
    made = truewheel(published, tmp_path).wheel
    assert platforms(made.name) == ROWS[IOS].computed
    ((member, old),) = machos(published).items()
    ((same, new),) = machos(made).items()
    assert (same, complaints(new)) == (member, [])
    assert b"build/lib.ios-" in old
    assert strayed(old, new, {"arm64": Intended(install_name=f"@rpath/{Path(member).name}")}) == []
