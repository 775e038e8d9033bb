"""What truewheel, auditwheel and repairwheel make of the same wheels: the tables of docs/peers.md."""

from __future__ import annotations

import inspect
import stat
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repair.anatomy import grafted, members, natives, origins, platforms
from tests.repair.building import SOURCES
from tests.repair.cases import CASES
from tests.repair.conftest import Repair
from tests.repair.peers import OURS, PEERS, REPAIR, TOOLS, Outcome, truewheel
from tests.repair.tables import table
from tests.repair.workshop import Workshop

KNOWN = (5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 36, 37, 38, 39, 40, 41)
"""The manylinux_2_N that auditwheel 6.8.2 knows; it rounds others up."""


def answer(outcome: Outcome) -> str:
    """How a repair ended, as docs/peers.md says it."""
    if outcome.status:
        end = "dies" if "Traceback" in outcome.said else "refuses"
        return f"{end}, leaves a wheel" if outcome.wheels else end
    tags = " ".join(tag.removesuffix("_x86_64") for tag in platforms(outcome.wheel.name))
    count = len(grafted(outcome.wheel))
    return f"{tags}, {count} grafted" if count else tags


def _page() -> dict[str, dict[str, str]]:
    """The rows of the table of cases: what stands in each column, by case."""
    return {
        case: {"special": special, "auditwheel": audit, "repairwheel": other, OURS: ours}
        for case, (special, audit, other, ours, _) in table("## One peculiarity each").items()
    }


def test_the_page_has_every_case() -> None:
    described = {case: (inspect.getdoc(make) or "").rstrip(".") for case, make in CASES.items()}
    assert {case: row["special"] for case, row in _page().items()} == described


@pytest.mark.parametrize("case", CASES)
def test_the_page_says_what_comes_out(case: str, tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    wheel = CASES[case](shop)
    found = {tool: answer(REPAIR[tool](wheel, tmp_path / tool, shop.outside)) for tool in TOOLS}
    row = _page()[case]
    assert found == {tool: row[tool] for tool in TOOLS}


def _tags(name: str, *, rounded: bool = False) -> set[int]:
    """The N of manylinux_2_N; `rounded` up to what auditwheel knows."""
    minors = {int(tag.split("_")[2]) for tag in platforms(name)}
    return {min(n for n in KNOWN if n >= minor) for minor in minors} if rounded else minors


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("project", SOURCES)
def test_the_same_is_grafted_and_promised(project: str, peer: str, repaired: Repair) -> None:
    ours, theirs = repaired(OURS, project), repaired(peer, project)
    assert origins(ours) == origins(theirs)
    assert _tags(ours.name, rounded=True) == _tags(theirs.name)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("project", SOURCES)
def test_what_a_peer_repaired_is_whole(project: str, peer: str, repaired: Repair, tmp_path: Path) -> None:
    theirs = repaired(peer, project)
    ours = truewheel(theirs, tmp_path).wheel
    assert grafted(ours) == grafted(theirs)
    before, after = members(theirs), members(ours)
    assert {name for name in grafted(ours) if before[name] != after[name]} == set()
    assert _tags(ours.name, rounded=True) == _tags(theirs.name)


@pytest.mark.parametrize("case", ["plain-chain", "rpath-chain", "half-inside", "two-packages", "script"])
@pytest.mark.parametrize("peer", PEERS)
def test_the_same_of_small_wheels(case: str, peer: str, tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    wheel = CASES[case](shop)
    ours, theirs = (REPAIR[tool](wheel, tmp_path / tool, shop.outside).wheel for tool in (OURS, peer))
    assert origins(ours) == origins(theirs)
    assert platforms(ours.name) == platforms(theirs.name)


def _link_is_a_file(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        return stat.S_ISREG(archive.getinfo("probe/link.so").external_attr >> 16)


def _listed(wheel: Path) -> bool:
    return b"probe/native.so,sha256=" in members(wheel)["probe-1.0.dist-info/RECORD"]


def _keeps_the_build_path(wheel: Path) -> bool:
    return natives(wheel)["probe/native.so"].runpath == "/home/builder/secret/lib"


def _keeps_the_stack(wheel: Path) -> bool:
    return natives(wheel)["probe/native.so"].executable_stack


HARM: tuple[tuple[str, str, Callable[[Path], bool], bool], ...] = (
    ("link", "auditwheel", _link_is_a_file, True),
    ("link", "repairwheel", _link_is_a_file, False),
    *(("unlisted", peer, _listed, True) for peer in PEERS),
    *(("absolute", peer, _keeps_the_build_path, True) for peer in PEERS),
    *(("executable-stack", peer, _keeps_the_stack, True) for peer in PEERS),
    ("absolute", OURS, _keeps_the_build_path, False),
    ("executable-stack", OURS, _keeps_the_stack, False),
)


@pytest.mark.parametrize(("case", "tool", "harm", "expected"), [row for row in HARM if row[1] in TOOLS])
def test_what_the_page_says_of_contents(
    case: str, tool: str, harm: Callable[[Path], bool], expected: bool, tmp_path: Path
) -> None:
    shop = Workshop(tmp_path)
    assert harm(REPAIR[tool](CASES[case](shop), tmp_path / tool, shop.outside).wheel) is expected
