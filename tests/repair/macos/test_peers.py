"""What truewheel, delocate and repairwheel make of the same wheels for macOS: the tables of docs/peers.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.macho.checker import complaints
from tests.macho.real import machos
from tests.macho.toolchains import builds
from tests.repair.anatomy import platforms
from tests.repair.macos.cases import CASES, ENTITLEMENTS, MODULE
from tests.repair.macos.conftest import Mended
from tests.repair.macos.dyld import Installed
from tests.repair.macos.peers import PEERS, REPAIR, TOOLS
from tests.repair.macos.published import WHEELS
from tests.repair.macos.undone import GRAFTS
from tests.repair.macos.workshop import Workshop
from tests.repair.peers import OURS, Outcome, truewheel
from tests.repair.tables import table

HEADING = "## One peculiarity each, for macOS"


@pytest.fixture
def shop(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path / "shop", builds(tmp_path_factory))


def answer(outcome: Outcome) -> str:
    """How a repair ended, as docs/peers.md says it."""
    if outcome.status:
        return "dies" if "Traceback" in outcome.said else "refuses"
    installed = Installed(outcome.wheel)
    words = [" ".join(tag.removeprefix("macosx_") for tag in platforms(outcome.wheel.name))]
    count = len({name for name in installed.code if name.rpartition("/")[0].endswith(("/.dylibs", ".dylibs"))})
    words += [f"{count} grafted"] if count else []
    words += ["not found"] if installed.astray() else []
    return ", ".join(words)


def test_the_page_has_every_case() -> None:
    described = {case: (inspect.getdoc(make) or "").rstrip(".") for case, make in CASES.items()}
    assert {case: cells[0] for case, cells in table(HEADING).items()} == described


def test_the_page_has_every_wheel() -> None:
    told = {
        row: (int(cells[0]), cells[-1].partition(",")[0]) for row, cells in table("## Real wheels, for macOS").items()
    }
    assert told == {name: (row.grafts, row.platform.removeprefix("macosx_")) for name, row in WHEELS.items()}


@pytest.mark.parametrize("project", ["pyzmq", "shapely"])
@pytest.mark.parametrize("peer", PEERS)
def test_the_same_is_grafted_and_linked(project: str, peer: str, mended: Mended) -> None:
    ours, theirs = Installed(mended(OURS, project)), Installed(mended(peer, project))
    assert ours.graph(GRAFTS) == theirs.graph(GRAFTS)
    assert theirs.astray() == []
    assert platforms(ours.wheel.name) == platforms(theirs.wheel.name)
    assert {name for name, data in machos(theirs.wheel).items() if complaints(data)} == set()


@pytest.mark.parametrize("project", ["pyzmq", "shapely"])
@pytest.mark.parametrize("peer", PEERS)
def test_what_a_peer_repaired_is_whole(project: str, peer: str, mended: Mended, tmp_path: Path) -> None:
    theirs = mended(peer, project)
    ours = truewheel(theirs, tmp_path).wheel
    before, after = Installed(theirs), Installed(ours)
    assert before.graph(GRAFTS) == after.graph(GRAFTS)
    assert before.code.keys() == after.code.keys()
    assert platforms(ours.name) == platforms(theirs.name)


def _lost_identity(wheel: Path) -> bool:
    (part,) = Installed(wheel).code[MODULE].values()
    return part.signature is not None and bool(part.signature.main.flags & 2)


def _lost_entitlements(wheel: Path) -> bool:
    return ENTITLEMENTS not in machos(wheel)["probe/bin/tool"]


def _unsigned(wheel: Path) -> bool:
    return all(part.signature is None for part in Installed(wheel).code[MODULE].values())


def _lost_tail(wheel: Path) -> bool:
    return b"appended to the file" not in machos(wheel)[MODULE]


def _build_path(wheel: Path) -> bool:
    return b"/Users/builder/secret" in machos(wheel)[MODULE]


HARM: dict[str, tuple[Callable[[Path], bool], dict[str, bool]]] = {
    "entitlements": (_lost_entitlements, {"delocate": True, "repairwheel": True, OURS: False}),
    "identity": (_lost_identity, {"delocate": True, "repairwheel": True}),
    "leaf": (_build_path, {"delocate": True, "repairwheel": True, OURS: False}),
    "trailing": (_lost_tail, {"repairwheel": True, OURS: False}),
    "unsigned": (_unsigned, {"delocate": True, "repairwheel": True, OURS: False}),
}
"""What the page says of contents, by case: whether a wheel has come to harm, and whose has."""


@pytest.mark.parametrize("case", CASES)
def test_the_page_says_what_comes_out(case: str, shop: Workshop) -> None:
    wheel = CASES[case](shop)
    outcomes = {tool: REPAIR[tool](wheel, shop.folder / tool, shop.outside) for tool in TOOLS}
    _, delocate, repairwheel, ours, _ = table(HEADING)[case]
    said = {"delocate": delocate, "repairwheel": repairwheel, OURS: ours}
    assert {tool: answer(outcome) for tool, outcome in outcomes.items()} == {tool: said[tool] for tool in TOOLS}
    if case in HARM:
        harm, told = HARM[case]
        told = {tool: harmed for tool, harmed in told.items() if tool in TOOLS}
        assert {tool: harm(outcomes[tool].wheel) for tool in told} == told
