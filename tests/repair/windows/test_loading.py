"""Small wheels for Windows load after `repair` what they lacked before it: under Wine, as CPython would load them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pe.checker import complaints
from tests.pe.reader import Reading
from tests.pe.toolchains import OVERLAY, signature_fits
from tests.pe.wine import DELAYED_NOT_FOUND, NOT_FOUND, Wine
from tests.repair.anatomy import members, sha256
from tests.repair.peers import truewheel
from tests.repair.windows.cases import CASES, EXTENSION, called
from tests.repair.windows.imports import Led, import_module, installed, led, status_of
from tests.repair.windows.workshop import DllWorkshop
from truewheel.binary.pe_edit import Room

MODULE = f"probe/{EXTENSION}"
SCRIPT = "Scripts/tool.exe"

MODULES = {
    "plain": (MODULE,),
    "two-packages": (MODULE, f"other/deep/{EXTENSION}"),
    "sub-packages": (f"probe/x/{EXTENSION}", f"probe/y/{EXTENSION}"),
    "top-level": (EXTENSION,),
    "namespace": (f"space/one/{EXTENSION}", f"space/two/{EXTENSION}"),
    "bare-namespace": (f"space/one/{EXTENSION}", f"space/two/{EXTENSION}"),
    "shared-init": (f"space/one/{EXTENSION}", f"space/two/{EXTENSION}"),
    "platlib": (MODULE,),
    "plain-dll": ("probe/own.dll",),
    "forwarded": (MODULE,),
    "signed": (MODULE,),
    "overlay": (MODULE,),
    "other-case": (MODULE,),
    "half-inside": (MODULE,),
    "future": (f"probe/x/{EXTENSION}", f"probe/y/{EXTENSION}"),
}
"""What is imported of each wheel that lacks something; the rest of the cases have tests of their own."""

PATCHED = {
    "two-packages": {"probe/__init__.py", "other/__init__.py"},
    "sub-packages": {"probe/__init__.py"},
    "namespace": {"space/one/__init__.py", "space/two/__init__.py"},
    "shared-init": {"space/one/__init__.py", "space/two/__init__.py"},
    "future": {"probe/__init__.py"},
}
"""The sources that change; elsewhere none does."""


LONG = tuple(f"{letter * 200}.dll" for letter in "bcd")
"""More than the padding of a small file has room for."""


def repaired(shop: DllWorkshop, wheel: Path, *options: str) -> Path:
    """What truewheel makes of it."""
    return truewheel(wheel, shop.folder / "out", *shop.places, options=options).wheel


@pytest.mark.parametrize("case", MODULES)
def test_a_repaired_wheel_loads_what_was_grafted(case: str, shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES[case](shop)
    before = installed(wheel, shop.folder / "before")
    after = installed(repaired(shop, wheel), shop.folder / "after")
    dlls = {path.relative_to(after).as_posix() for path in after.rglob("*.dll")}
    for module in MODULES[case]:
        assert import_module(wine, before, module).error == NOT_FOUND
        seen = import_module(wine, after, module)
        assert (seen.error, seen.answer) == (0, 42)
        beside = {dll for dll in dlls if dll.rpartition("/")[0] == module.rpartition("/")[0]}
        assert seen.modules == {module} | ({dll for dll in dlls if ".libs/" in dll} or beside)
    changed = {path.relative_to(after).as_posix() for path in after.rglob("*.py") if _differs(path, before, after)}
    assert changed == PATCHED.get(case, set())


def _differs(path: Path, before: Path, after: Path) -> bool:
    return path.read_bytes() != (before / path.relative_to(after)).read_bytes()


@pytest.mark.parametrize("case", PATCHED)
def test_the_patch_is_needed(case: str, shop: DllWorkshop, wine: Wine) -> None:
    after = installed(repaired(shop, CASES[case](shop)), shop.folder / "after")
    for module in MODULES[case]:
        assert import_module(wine, after, module, led_by=Led()).error == NOT_FOUND
        assert led(after, module) == Led((after / "probe.libs",))


def test_what_is_inside_stays(shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES["inside"](shop)
    made = repaired(shop, wheel)
    assert {name: data for name, data in members(made).items() if ".dist-info/" not in name} == {
        name: data for name, data in members(wheel).items() if ".dist-info/" not in name
    }
    assert import_module(wine, installed(made, shop.folder / "after"), MODULE).answer == 42


@pytest.mark.parametrize("case", ["script", "late-script"])
def test_a_program_finds_its_dlls_beside_it(case: str, shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES[case](shop)
    before = installed(wheel, shop.folder / "before")
    after = installed(repaired(shop, wheel), shop.folder / "after")
    assert status_of(wine, before / SCRIPT) not in (0, 42)
    assert status_of(wine, after / SCRIPT) == 42


@pytest.mark.parametrize("case", ["late", "late-graft"])
def test_what_is_called_for_late_is_loaded_before(case: str, shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES[case](shop)
    made = repaired(shop, wheel)
    after = installed(made, shop.folder / "after")
    for site, leading in ((installed(wheel, shop.folder / "before"), None), (after, Led())):
        seen = import_module(wine, site, MODULE, led_by=leading)
        lost = case == "late-graft" and leading is None  # its first DLL isn't late
        assert (seen.error, seen.exception) == ((NOT_FOUND, "") if lost else (0, DELAYED_NOT_FOUND))
    seen = import_module(wine, after, MODULE)
    assert (seen.error, seen.answer, len(seen.modules)) == (0, 42, 3)


def test_what_nothing_loads_before_is_told(shop: DllWorkshop, wine: Wine) -> None:
    outcome = truewheel(CASES["late-top-level"](shop), shop.folder / "out", *shop.places)
    assert re.search(r"calls for a-[0-9a-f]{8}\.dll late", outcome.said)
    seen = import_module(wine, installed(outcome.wheel, shop.folder / "after"), EXTENSION)
    assert seen.exception == DELAYED_NOT_FOUND


def test_a_driver_is_left_to_the_machine(shop: DllWorkshop, wine: Wine) -> None:
    made = repaired(shop, CASES["driver"](shop))
    after = installed(made, shop.folder / "after")
    assert import_module(wine, after, MODULE).error == NOT_FOUND
    (after / "probe" / "nvcuda.dll").write_bytes((shop.folder / "machine" / "nvcuda.dll").read_bytes())
    assert import_module(wine, after, MODULE).answer == 42


def test_names_may_stay(shop: DllWorkshop, wine: Wine) -> None:
    wheel = CASES["plain"](shop)
    made = repaired(shop, wheel, "--no-mangle-all")
    own = {"probe/a.dll": shop.outside / "a.dll", "probe/b.dll": shop.deep / "b.dll"}
    data = members(made)
    assert {name: data[name] for name in own} == {name: path.read_bytes() for name, path in own.items()}
    assert data[MODULE] == members(wheel)[MODULE]
    assert import_module(wine, installed(made, shop.folder / "after"), MODULE).answer == 42


@pytest.mark.parametrize("room", Room)
def test_names_find_room_in_all_three_ways(room: Room, shop: DllWorkshop, wine: Wine) -> None:
    # A name of a graft has no dash in front, so this one keeps its length.
    names = {
        Room.PLACE: ("---------a.dll", "---------b.dll"),
        Room.PADDING: ("a.dll", "b.dll"),
        Room.SECTION: ("a.dll", *LONG),
    }
    wheel = called(shop, *names[room])
    made = repaired(shop, wheel)
    old, new = members(wheel), members(made)
    first = next(path for path in shop.outside.iterdir() if path.is_file())
    grafts = {name: data for name, data in new.items() if name.endswith(".dll") and _imports(data)}
    (graft,) = grafts.values()
    assert _way(first.read_bytes(), graft) is room
    assert room is Room.SECTION or _way(old[MODULE], new[MODULE]) is room
    assert not [complaint for data in (graft, new[MODULE]) for complaint in complaints(data)]
    seen = import_module(wine, installed(made, shop.folder / "after"), MODULE)
    assert (seen.error, seen.answer) == (0, 42)


def _imports(data: bytes) -> bool:
    return bool(Reading(data).imports)


def _way(old: bytes, new: bytes) -> Room:
    """Where the names of an edited file went, by its section table."""
    was, now = Reading(old), Reading(new)
    assert old != new
    if len(now.sections) > len(was.sections):
        return Room.SECTION
    sizes = [[section.virtual_size for section in reading.sections] for reading in (was, now)]
    return Room.PADDING if sizes[0] != sizes[1] else Room.PLACE


def test_a_signature_goes_with_an_edit_alone(shop: DllWorkshop) -> None:
    wheel = CASES["signed"](shop)
    after = installed(repaired(shop, wheel), shop.folder / "after")
    fits = {path.name.partition("-")[0]: signature_fits(path, shop.folder) for path in (after / "probe").iterdir()}
    assert fits == {"__init__.py": False, "a": False, "b": True, EXTENSION.partition("-")[0]: False}
    (kept,) = after.glob("probe/b-*.dll")
    assert sha256(kept) == sha256(shop.deep / "b.dll")


def test_an_overlay_stays_where_it_was(shop: DllWorkshop) -> None:
    wheel = CASES["overlay"](shop)
    new = members(repaired(shop, wheel))
    (graft,) = (data for name, data in new.items() if name.startswith("probe/a-"))
    for before, after in ((members(wheel)[MODULE], new[MODULE]), ((shop.outside / "a.dll").read_bytes(), graft)):
        assert before.endswith(OVERLAY)
        assert after[before.index(OVERLAY) :].startswith(OVERLAY)
