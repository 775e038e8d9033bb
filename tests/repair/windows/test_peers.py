"""What truewheel, delvewheel and repairwheel make of the same wheels for Windows: the tables of docs/peers.md."""

from __future__ import annotations

import inspect
import re
import subprocess  # noqa: TID251 - the peers are programs; the ban protects src
import sys
from pathlib import Path

import pytest

import truewheel as api
from tests.corpus import Corpus
from tests.pe.wine import Wine
from tests.repair.anatomy import members, sha256
from tests.repair.peers import OURS, truewheel
from tests.repair.tables import table
from tests.repair.windows.cases import CASES
from tests.repair.windows.conftest import Mended, Taken
from tests.repair.windows.links import dlls_of, links, modules_of
from tests.repair.windows.peers import PEERS, REPAIR, TOOLS, answer, change, delvewheel, loads
from tests.repair.windows.published import (
    H5PY,
    LIGHTGBM,
    NUMPY,
    NUMPY_WIN32,
    PILLOW,
    PYWIN32,
    PYZMQ,
    RUNTIME,
    SCIPY,
    SHAPELY,
    Published,
)
from tests.repair.windows.undone import runtime
from tests.repair.windows.workshop import DllWorkshop

REAL, PECULIAR = "## Real wheels, for Windows", "## One peculiarity each, for Windows"

APART = {str(subject).partition("-")[0]: subject for subject in (H5PY, NUMPY, SCIPY, SHAPELY)}
WHOLE = {
    "h5py-whole": H5PY.file,
    "lightgbm": LIGHTGBM,
    "numpy-win32": NUMPY_WIN32,
    "numpy-whole": NUMPY.file,
    "pillow": PILLOW,
    "pywin32": PYWIN32,
    "pyzmq": PYZMQ,
}
"""Published wheels as they are, with Microsoft's runtime for x86-64 at hand."""


MICROSOFTS = ("msvcp140.dll", "vcomp140.dll", "vcruntime140.dll", "vcruntime140_1.dll")


def _said(heading: str, row: str) -> dict[str, str]:
    """What the page says of a row."""
    cells = table(heading)[row][1:4]
    said = dict(zip(("delvewheel", "repairwheel", OURS), cells, strict=True))
    return {tool: said[tool] for tool in TOOLS}


def test_the_page_has_every_case() -> None:
    described = {case: (inspect.getdoc(make) or "").rstrip(".") for case, make in CASES.items()}
    assert {case: cells[0] for case, cells in table(PECULIAR).items()} == described
    assert table(REAL).keys() == {*APART, *WHOLE}


@pytest.mark.parametrize("case", CASES)
def test_the_page_says_what_comes_out(case: str, shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES[case](shop)
    machine = tuple((shop.folder / "machine").glob("*.dll"))
    found = {}
    for tool in TOOLS:
        outcome = REPAIR[tool](wheel, shop.folder / tool, *shop.places)
        found[tool] = answer(wheel, outcome)
        if outcome.wheels and not loads(outcome.wheel, wine, machine):
            found[tool] += ", **fails**"
    assert found == _said(PECULIAR, case)


@pytest.mark.parametrize("project", APART)
def test_the_page_says_what_comes_of_wheels_without_their_dlls(project: str, taken: Taken, mended: Mended) -> None:
    bare = taken(APART[project]).wheel
    found = {tool: change(bare, mended(APART[project], tool)) for tool in TOOLS}
    assert found == _said(REAL, project)


@pytest.mark.parametrize("project", WHOLE)
def test_the_page_says_what_comes_of_published_wheels(project: str, corpus: Corpus, tmp_path: Path) -> None:
    wheel = corpus(WHOLE[project])
    microsofts = runtime(corpus(RUNTIME), tmp_path / "runtime", MICROSOFTS)
    options = dict.fromkeys(TOOLS, ("--exclude", "mfc140u.dll") if project == "pywin32" else ())
    found = {
        tool: answer(wheel, REPAIR[tool](wheel, tmp_path / tool, microsofts, options=options[tool])) for tool in TOOLS
    }
    assert found == _said(REAL, project)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("subject", [H5PY, NUMPY, SHAPELY], ids=str)
def test_the_same_is_grafted_and_linked(subject: Published, peer: str, mended: Mended, tmp_path: Path) -> None:
    ours, theirs = mended(subject), mended(subject, peer)
    assert dlls_of(ours) == dlls_of(theirs)
    roots = modules_of(ours)
    assert links(ours, tmp_path / "ours", roots, "_truewheel") == links(
        theirs, tmp_path / "theirs", roots, "_delvewheel"
    )


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("subject", [H5PY, NUMPY, SHAPELY], ids=str)
def test_what_a_peer_repaired_is_whole(subject: Published, peer: str, mended: Mended, tmp_path: Path) -> None:
    theirs = mended(subject, peer)
    assert api.show(theirs).external == ()
    before, after = members(theirs), members(truewheel(theirs, tmp_path).wheel)
    changed = {name.rpartition("/")[2] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= {"RECORD", "WHEEL"}


def test_delvewheel_audits_nothing_that_it_repaired(corpus: Corpus) -> None:
    command: list[str | Path] = [Path(sys.executable).with_name("delvewheel"), "show", corpus(NUMPY.file)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "already repaired" in said
    assert "msvcp140" not in said


def test_delvewheel_tells_where_it_ran(corpus: Corpus) -> None:
    (told,) = (data for name, data in members(corpus(NUMPY.file)).items() if name.endswith("/DELVEWHEEL"))
    assert re.search(rb"Arguments: .*cibw-run-", told)


def test_delvewheel_goes_by_the_hash_seed(shop: DllWorkshop) -> None:
    """It lists DLLs in the order of a set, where Python may be older than 3.10."""
    wheel = CASES["old-python"](shop)
    made = {sha256(delvewheel(wheel, shop.folder / str(seed), *shop.places, seed=seed).wheel) for seed in range(4)}
    assert len(made) > 1
