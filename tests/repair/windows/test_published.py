"""Published wheels for Windows, taken apart and repaired: the same DLLs, the same links, and they load."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.pe.reader import Reading
from tests.pe.stubs import python_stubs
from tests.pe.wine import NOT_FOUND, Wine
from tests.repair.anatomy import members
from tests.repair.peers import Outcome, truewheel
from tests.repair.windows.conftest import Mended, Taken
from tests.repair.windows.imports import installed, led
from tests.repair.windows.links import dlls_of, links, modules_of, own_name
from tests.repair.windows.published import (
    H5PY,
    LIGHTGBM,
    LOADED,
    NUMPY_WIN32,
    PARSED,
    PILLOW,
    PYWIN32,
    PYZMQ,
    PYZMQ_ARM,
    RUNTIME,
    RUNTIME_ARM,
    SCIPY,
    SHAPELY,
    SHAPELY_32,
    Published,
)
from tests.repair.windows.undone import runtime, undo

Told = Callable[[Published], dict[str, list[tuple[int, list[str]]]]]


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone afterwards: what is installed is large."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize("subject", [*LOADED, *PARSED], ids=str)
def test_the_same_dlls_as_published(subject: Published, taken: Taken, mended: Mended, corpus: Corpus) -> None:
    wheel = mended(subject)
    theirs, ours = dlls_of(corpus(subject.file)), dlls_of(wheel)
    assert ours == {name: code for name, code in theirs.items() if name in ours}
    assert ours.keys() == theirs.keys() or subject is RUNTIME_ARM
    new, untouched = members(wheel), members(taken(subject).wheel)
    assert {name.rpartition("/")[0] for name in new if name.endswith(".dll")} == {subject.home}
    lines = {name for name in new if name.endswith(".py") and b"_truewheel" in new[name]}
    assert bool(lines) is subject.patched
    same = {name for name in untouched if name.endswith(".py") and new[name] == untouched[name]}
    assert same == {name for name in untouched if name.endswith(".py")} - lines


@pytest.mark.parametrize("subject", [*LOADED, *PARSED[:1]], ids=str)
def test_the_same_links_as_published(subject: Published, mended: Mended, corpus: Corpus, scratch: Path) -> None:
    roots = modules_of(mended(subject))
    theirs = links(corpus(subject.file), scratch / "theirs", roots, "_delvewheel")
    ours = links(mended(subject), scratch / "ours", roots, "_truewheel")
    assert ours == theirs
    assert any(not provider.startswith("outside: ") for _, provider in ours)


@pytest.mark.parametrize("subject", [*LOADED, *PARSED], ids=str)
def test_what_is_not_edited_keeps_its_signature(subject: Published, taken: Taken, mended: Mended) -> None:
    undone, wheel = taken(subject), mended(subject)
    for name, data in members(wheel).items():
        if name.endswith(".dll") and own_name(name).startswith(("msvcp", "vcomp", "vcruntime")):
            assert data == (undone.lacking / own_name(name)).read_bytes()
            assert Reading(data).certificate[1]


@pytest.fixture
def told(taken: Taken, mended: Mended, corpus: Corpus, wine: Wine, scratch: Path) -> Told:
    """What Wine tells of every module of a published wheel, of what is left of it, and of what truewheel makes of that.

    For each the error, and the DLLs by their own names.
    """

    def load(subject: Published) -> dict[str, list[tuple[int, list[str]]]]:
        roots = modules_of(mended(subject))
        data = members(mended(subject))
        stubs = python_stubs([data[name] for name in roots], scratch / "python")
        ways = {
            "lacking": (taken(subject).wheel, "_truewheel"),
            "published": (corpus(subject.file), "_delvewheel"),
            "repaired": (mended(subject), "_truewheel"),
        }
        found = {}
        for way, (wheel, lines) in ways.items():
            site = installed(wheel, scratch / way)
            folders = dict.fromkeys(folder for root in roots for folder in led(site, root, lines).folders)
            accounts = wine.load(*(site / root for root in roots), folders=folders, first=stubs)
            assert len(accounts) == len(roots)
            found[way] = [(said.error, sorted({own_name(dll.name) for dll in said.modules})) for said in accounts]
        return found

    return load


@pytest.mark.parametrize("subject", LOADED, ids=str)
def test_they_load_as_published(subject: Published, told: Told) -> None:
    found = told(subject)
    assert found["repaired"] == found["published"]
    assert {error for error, _ in found["repaired"]} == {0}
    assert NOT_FOUND in {error for error, _ in found["lacking"]}


def test_lines_of_delvewheel_may_stay(mended: Mended, corpus: Corpus, scratch: Path) -> None:
    """Both lead to the folder then, and DLLs of one process have one name each."""
    undone = undo(corpus(SCIPY.file), scratch / "undone", only=SCIPY.only, patched=True)
    made = truewheel(undone.wheel, scratch / "out", undone.lacking).wheel
    roots = modules_of(made)
    theirs, ours = (links(made, scratch / lines, roots, lines) for lines in ("_delvewheel", "_truewheel"))
    assert theirs == ours == links(mended(SCIPY), scratch / "without", roots, "_truewheel")


def _refused(wheel: Path, folder: Path, *places: Path, options: tuple[str, ...] = ()) -> Outcome:
    outcome = truewheel(wheel, folder / "out", *places, options=options)
    assert (outcome.status, outcome.wheels) == (2, ())
    return outcome


def _named(outcome: Outcome) -> list[str]:
    return re.findall(r"([\w.]+\.dll), which", outcome.said)


def test_what_lightgbm_lacks_is_named_and_grafted(corpus: Corpus, wine: Wine, scratch: Path) -> None:
    lacking = ["msvcp140.dll", "vcomp140.dll", "vcruntime140.dll", "vcruntime140_1.dll"]
    assert _named(_refused(corpus(LIGHTGBM), scratch)) == lacking
    microsofts = runtime(corpus(RUNTIME), scratch / "runtime", lacking)
    made = truewheel(corpus(LIGHTGBM), scratch / "out", microsofts).wheel
    grafts = {own_name(name): data for name, data in members(made).items() if name.startswith("lightgbm/bin/")}
    assert {name: grafts.pop(name) for name in lacking} == {name: (microsofts / name).read_bytes() for name in lacking}
    assert list(grafts) == ["lib_lightgbm.dll"]
    before, after = (installed(path, scratch / path.parent.name) for path in (corpus(LIGHTGBM), made))
    (lost,), (loaded,) = (wine.load(site / "lightgbm" / "bin" / "lib_lightgbm.dll") for site in (before, after))
    assert (lost.error, loaded.error) == (NOT_FOUND, 0)
    assert {own_name(module.name) for module in loaded.modules} >= {"lib_lightgbm.dll", "msvcp140.dll", "vcomp140.dll"}


def test_what_pywin32_lacks_is_named(corpus: Corpus, scratch: Path) -> None:
    assert _named(_refused(corpus(PYWIN32), scratch)) == ["mfc140u.dll", "msvcp140.dll"]
    microsofts = runtime(corpus(RUNTIME), scratch / "runtime", ["msvcp140.dll"])
    made = truewheel(corpus(PYWIN32), scratch / "out", microsofts, options=("--exclude", "mfc140u.dll")).wheel
    old, new = members(corpus(PYWIN32)), members(made)
    (graft,) = new.keys() - old.keys()
    assert graft.rpartition("/")[0] == "win32comext/mapi"
    changed = {name for name in old if old[name] != new[name] and ".dist-info/" not in name}
    assert changed == {"win32comext/mapi/exchange.pyd", "win32comext/mapi/mapi.pyd"}


def test_what_numpy_for_32_bits_lacks_is_named_and_grafted(corpus: Corpus, scratch: Path) -> None:
    assert _named(_refused(corpus(NUMPY_WIN32), scratch)) == ["msvcp140.dll"]
    wrong = runtime(corpus(RUNTIME), scratch / "wrong", ["msvcp140.dll"])
    assert "is for amd64" in _refused(corpus(NUMPY_WIN32), scratch, wrong).said
    right = runtime(corpus(SHAPELY_32.file), scratch / "right", ["msvcp140.dll"])
    made = truewheel(corpus(NUMPY_WIN32), scratch / "out", wrong, right).wheel
    grafts = {name: data for name, data in members(made).items() if name.endswith(".dll")}
    assert [own_name(name) for name in grafts] == ["msvcp140.dll"]
    assert list(grafts.values()) == [(right / "msvcp140.dll").read_bytes()]
    roots = ["numpy/_core/_multiarray_umath.cp312-win32.pyd", "numpy/fft/_pocketfft_umath.cp312-win32.pyd"]
    found = links(made, scratch / "site", roots, "_truewheel")
    askers = {asker for asker, provider in found if provider == "msvcp140.dll"}
    assert askers == {root.rpartition("/")[2] for root in roots}


@pytest.mark.parametrize("file", [H5PY.file, PILLOW, PYZMQ, PYZMQ_ARM, SHAPELY.file])
def test_where_nothing_lacks_nothing_changes(file: str, corpus: Corpus, tmp_path: Path) -> None:
    old, new = members(corpus(file)), members(truewheel(corpus(file), tmp_path).wheel)
    changed = {name.rpartition("/")[2] for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert changed <= {"RECORD", "WHEEL"}
