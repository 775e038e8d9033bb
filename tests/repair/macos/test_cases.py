"""Small wheels for macOS with one peculiarity each, repaired: what dyld finds, and what is refused in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.macho.checker import Intended, complaints, shortfall
from tests.macho.layout import MH_EXECUTE, parts
from tests.macho.real import machos
from tests.macho.toolchains import builds
from tests.repair.anatomy import members, platforms
from tests.repair.macos.cases import CASES, ENTITLEMENTS, MODULE, two_halves
from tests.repair.macos.dyld import SYSTEM, Installed, filetype, fingerprint
from tests.repair.macos.workshop import Workshop
from tests.repair.peers import truewheel

REFUSED = ("half-fat", "identity", "missing", "no-room")
GOOD = tuple(case for case in CASES if case not in REFUSED)
GRAFTING = (
    *("absolute", "intel", "universal2", "own-rpath", "chain-rpath", "loader-path", "weak-found", "reexport"),
    *("single-module", "namespace", "platlib", "script", "two-packages", "entitlements", "newer-library"),
)


@pytest.fixture
def shop(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path / "shop", builds(tmp_path_factory))


def repaired(shop: Workshop, case: str, *options: str) -> Path:
    return truewheel(CASES[case](shop), shop.folder / "out", shop.outside, options=options).wheel


def _chain(wheel: Path) -> list[list[str]]:
    """From each file that nobody loads: the members that are loaded in a row, the first of them itself."""
    links = Installed(wheel).links
    loaded = {to for names in links.values() for targets in names.values() for to in targets}
    rows = []
    for start in sorted({member for member, _ in links} - loaded):
        arch = next(arch for member, arch in links if member == start)
        row = [start]
        while inside := [to for targets in links[row[-1], arch].values() for to in targets if to != SYSTEM]:
            row.append(inside[0])
        rows.append(row)
    return rows


@pytest.mark.parametrize("case", GOOD)
def test_every_name_leads_to_a_file_and_every_signature_fits(case: str, shop: Workshop) -> None:
    wheel = repaired(shop, case)
    assert Installed(wheel).astray() == []
    allowed = {"arm64: __LINKEDIT doesn't end with the slice"} if case == "trailing" else set()
    for name, data in machos(wheel).items():
        assert set(complaints(data)) <= allowed, name
    for slices in Installed(wheel).code.values():
        assert slices.get("arm64") is None or slices["arm64"].signature


@pytest.mark.parametrize("case", GRAFTING)
def test_a_chain_is_grafted_to_its_end(case: str, shop: Workshop) -> None:
    wheel = repaired(shop, case)
    rows = _chain(wheel)
    outside = {fingerprint(part) for path in shop.outside.rglob("*.dylib") for part in parts(path.read_bytes())}
    code = Installed(wheel).code
    for row in rows:
        assert len(row) == 3
        assert {fingerprint(part) for name in row[1:] for part in code[name].values()} == outside
    assert str(shop.outside).encode() not in b"".join(members(wheel).values())


def test_what_is_taken_out_of_its_folder_is_found_where_it_is_installed(shop: Workshop) -> None:
    wheel = repaired(shop, "script")
    ((program, *_),) = _chain(wheel)
    (part,) = Installed(wheel).code[program].values()
    assert (program, filetype(part)) == ("probe.scripts/tool", MH_EXECUTE)
    assert members(wheel)["probe-1.0.data/scripts/tool"].startswith(b"#!python")


def test_libraries_of_one_name_stay_apart(shop: Workshop) -> None:
    wheel = repaired(shop, "same-names")
    rows = dict(_chain(wheel))
    assert rows.keys() == {"probe/left.so", "probe/right.so"}
    assert len(set(rows.values())) == 2
    code = Installed(wheel).code
    for side in ("left", "right"):
        (original,) = parts((shop.outside / side / "libbee.dylib").read_bytes())
        (part,) = code[rows[f"probe/{side}.so"]].values()
        assert part.commands[-1].kind == original.commands[-1].kind
        assert _uuid(part.data) == _uuid(original.data)


def _uuid(data: bytes) -> bytes:
    """What linkers mark a file with (LC_UUID)."""
    (found,) = (command.data for command in parts(data)[0].commands if command.kind == 0x1B)
    return found


def test_what_is_weak_and_absent_stays_so(shop: Workshop) -> None:
    wheel = repaired(shop, "weak")
    ((_, graft),) = _chain_without_missing(wheel)
    (part,) = Installed(wheel).code[graft].values()
    assert "/opt/build/lib/libbee.1.dylib" in part.dylibs


def _chain_without_missing(wheel: Path) -> list[list[str]]:
    installed = Installed(wheel)
    return [
        [member, *(to for targets in names.values() for to in targets if to in installed.code)]
        for (member, _), names in installed.links.items()
        if member == MODULE
    ]


def test_what_is_reexported_is_found_too(shop: Workshop) -> None:
    ((_, middle, bottom),) = _chain(repaired(shop, "reexport"))
    assert "libay" in middle
    assert "libbee" in bottom


def test_each_processor_gets_its_own(shop: Workshop) -> None:
    wheel = two_halves(shop)
    folders = (shop.outside, shop.outside / "intel")
    made = [truewheel(wheel, shop.folder / f"out-{n}", *folders[::n]).wheel for n in (1, -1)]
    assert made[0].read_bytes() == made[1].read_bytes()
    installed = Installed(made[0])
    assert installed.astray() == []
    (native,) = (slices for name, slices in installed.code.items() if name == MODULE)
    found = {arch: next(iter(installed.links[MODULE, arch][part.dylibs[0]])) for arch, part in native.items()}
    assert len(set(found.values())) == 2
    assert {name: list(installed.code[name]) for name in found.values()} == {found[arch]: [arch] for arch in found}


def test_libraries_that_load_each_other_come_both(shop: Workshop) -> None:
    installed = Installed(repaired(shop, "cycle"))
    ay, bee = sorted(name for name in installed.code if name != MODULE)
    assert frozenset({bee}) in installed.links[ay, "arm64"].values()
    assert frozenset({ay}) in installed.links[bee, "arm64"].values()


def test_a_sysroot_is_searched_as_its_own_system_would(shop: Workshop) -> None:
    wheel = CASES["absolute"](shop)
    plain = truewheel(wheel, shop.folder / "plain", shop.outside).wheel
    inside = shop.folder / "root/opt/build/lib"
    inside.parent.mkdir(parents=True)
    shop.outside.rename(inside)
    found = truewheel(wheel, shop.folder / "found", options=("--sysroot", str(shop.folder / "root"))).wheel
    assert found.read_bytes() == plain.read_bytes()


def test_the_folder_of_the_program_can_be_named(shop: Workshop) -> None:
    bee = shop.bee("@executable_path/../lib/libbee.1.dylib")
    wheel = shop.wheel({MODULE: shop.linked("ay", bee)})
    program = shop.folder / "app" / "bin"
    program.mkdir(parents=True)
    shop.outside.rename(program.with_name("lib"))
    assert truewheel(wheel, shop.folder / "not").status == 2
    found = truewheel(wheel, shop.folder / "found", options=("--executable-path", str(program))).wheel
    assert Installed(found).astray() == []


@pytest.mark.parametrize("case", ["inside", "ios", "objects"])
def test_what_is_complete_is_left_alone(case: str, shop: Workshop) -> None:
    before = CASES[case](shop)
    after = truewheel(before, shop.folder / "out", shop.outside).wheel
    record = "probe-1.0.dist-info/RECORD"
    assert {**members(after), record: b""} == {**members(before), record: b""}
    assert after.name == before.name


def test_what_is_out_of_reach_is_led_to(shop: Workshop) -> None:
    assert _chain(repaired(shop, "out-of-reach")) == [[MODULE, "probe/lib/libay.dylib", "probe/lib/libbee.1.dylib"]]


def test_paths_of_the_build_machine_go_unless_they_are_kept(shop: Workshop) -> None:
    assert b"/Users/builder" not in members(repaired(shop, "leaf"))[MODULE]


def test_they_are_kept_on_demand(shop: Workshop) -> None:
    assert b"/Users/builder" in members(repaired(shop, "leaf", "--no-sanitize-rpaths"))[MODULE]


def test_entitlements_stay(shop: Workshop) -> None:
    (part,) = Installed(repaired(shop, "entitlements")).code["probe/bin/tool"].values()
    assert part.signature
    assert part.signature.blobs[5][8:] == part.signature.blobs[7][8:] == ENTITLEMENTS
    assert part.signature.main.flags == 2


def test_appended_data_stays(shop: Workshop) -> None:
    assert members(repaired(shop, "trailing"))[MODULE].endswith(b"appended to the file")


# --- room in the header
SHORTEST = "@loader_path/.dylibs/0123"
"""What is tried last: four digits of the hash of a library that lies beside the package."""


def test_the_shortest_name_that_fits_is_taken(shop: Workshop) -> None:
    ((_, graft),) = _chain(repaired(shop, "tight"))
    assert graft == "probe/.dylibs/libbee.1.dylib"


def test_what_lacks_is_told_to_the_byte(shop: Workshop) -> None:
    wheel = CASES["no-room"](shop)
    (part,) = parts(members(wheel)[MODULE])
    lack = shortfall(part, Intended({"/l/b.dylib": SHORTEST}))
    outcome = truewheel(wheel, shop.folder / "out", shop.outside)
    assert outcome.status == 2
    assert re.search(rf"{MODULE}: .*\b{lack} bytes lack\b", outcome.said), outcome.said


@pytest.mark.parametrize("pad", range(0, 65, 8))
def test_it_fits_as_soon_as_the_shortest_names_do(pad: int, shop: Workshop) -> None:
    native = shop.linked("ay", shop.bee("/l/b.dylib"), pad=hex(pad))
    (part,) = parts(native.read_bytes())
    wheel = shop.wheel({MODULE: native})
    outcome = truewheel(wheel, shop.folder / "out", shop.outside)
    assert (outcome.status == 0) == (shortfall(part, Intended({"/l/b.dylib": SHORTEST})) <= 0), outcome.said
    if outcome.wheels:
        assert Installed(outcome.wheel).astray() == []


# --- signatures of an identity
def test_a_signature_of_somebody_is_replaced_with_leave_only(shop: Workshop) -> None:
    wheel = repaired(shop, "identity", "--resign")
    assert Installed(wheel).astray() == []
    (part,) = Installed(wheel).code[MODULE].values()
    assert part.signature
    assert part.signature.main.flags & 2
    assert complaints(machos(wheel)[MODULE]) == []


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("half-fat", ("libay.dylib", MODULE, "is for arm64")),
        ("identity", (MODULE, "signed by", "--resign")),
        ("missing", ("libbee.1.dylib", MODULE)),
        ("no-room", (MODULE, "headerpad_max_install_names")),
    ],
)
def test_refusals_name_what_offends_and_leave_nothing(case: str, words: tuple[str, ...], shop: Workshop) -> None:
    outcome = truewheel(CASES[case](shop), shop.folder / "out", shop.outside)
    assert (outcome.status, outcome.wheels) == (2, ())
    assert not [word for word in words if word not in outcome.said], outcome.said


# --- demands
@pytest.mark.parametrize(
    ("case", "options", "word"),
    [
        ("newer-library", ("--require-target-macos-version", "12.0"), "libbee.1"),
        ("minor", ("--require-target-macos-version", "12.0"), MODULE),
        ("absolute", ("--require-archs", "universal2"), "x86_64"),
        ("leaf", ("--require-archs", "x86_64"), MODULE),
    ],
)
def test_a_demand_that_is_not_kept_names_the_file(
    case: str, options: tuple[str, ...], word: str, shop: Workshop
) -> None:
    outcome = truewheel(CASES[case](shop), shop.folder / "out", shop.outside, options=options)
    assert (outcome.status, outcome.wheels) == (2, ())
    assert word in outcome.said


def test_the_variable_of_apples_tools_is_a_demand_too(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", "12.0")
    outcome = truewheel(CASES["newer-library"](shop), shop.folder / "out", shop.outside)
    assert outcome.status == 2
    assert "libbee.1" in outcome.said
    monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", "13.0")
    kept = truewheel(shop.folder / "probe-1.0-cp312-cp312-macosx_11_0_arm64.whl", shop.folder / "out", shop.outside)
    assert platforms(kept.wheel.name) == ("macosx_13_0_arm64",)


@pytest.mark.parametrize("options", [("--require-archs", "arm64,x86_64"), ("--require-target-macos-version", "11.0")])
def test_a_demand_that_is_kept_changes_nothing(options: tuple[str, ...], shop: Workshop) -> None:
    wheel = CASES["universal2"](shop)
    plain = truewheel(wheel, shop.folder / "plain", shop.outside).wheel
    asked = truewheel(wheel, shop.folder / "asked", shop.outside, options=options).wheel
    assert (asked.name, asked.read_bytes()) == (plain.name, plain.read_bytes())
