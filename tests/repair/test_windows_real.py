"""Published wheels for Windows, taken apart and repaired: the same DLLs, the same links, and they load."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pefile
import pytest

from tests.corpus import Corpus
from tests.elf.toolchains import once
from tests.pe.reader import Reading
from tests.pe.stubs import python_stubs
from tests.pe.wine import NOT_FOUND, Wine
from tests.repair.anatomy import members
from tests.repair.peers import Outcome, truewheel
from tests.repair.windows.imports import installed, led
from tests.repair.windows.undone import Undone, imports, runtime, undo

LIGHTGBM = "lightgbm-4.7.0-py3-none-win_amd64.whl"
NUMPY = "numpy-2.5.5-cp312-cp312-win_amd64.whl"
NUMPY_32 = "numpy-2.5.5-cp312-cp312-win32.whl"
PYWIN32 = "pywin32-312-cp312-cp312-win_amd64.whl"
RUNTIME = "msvc_runtime-14.51.36231-cp312-cp312-win_amd64.whl"
SHAPELY = "shapely-2.2.0-cp312-cp312-win_amd64.whl"
SHAPELY_32 = "shapely-2.2.0-cp312-cp312-win32.whl"

_HASH = re.compile(r"-(?:[0-9a-f]{8}|[0-9a-f]{32})(?=\.dll$)")


@dataclass(frozen=True, slots=True)
class Published:
    """A wheel whose DLLs are taken out. ``only`` are the modules that stay of a large one.

    ``home`` is where truewheel puts the DLLs; ``patched`` whether that needs lines in ``__init__.py``.
    """

    file: str
    home: str
    patched: bool = False
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.file.partition("-")[0] + self.file.rpartition("-")[2].removesuffix(".whl").replace("win", "-win")


SUBJECTS = (
    Published("h5py-3.16.0-cp312-cp312-win_amd64.whl", "h5py"),
    Published(NUMPY, "numpy.libs", patched=True),
    Published(SHAPELY, "shapely"),
    Published(
        "scipy-1.18.1-cp312-cp312-win_amd64.whl",
        "scipy.libs",
        patched=True,
        only=("scipy/integrate/_vode", "scipy/odr/__odrpack", "scipy/optimize/_trlib/_trlib"),
    ),
)
PARSED = (
    Published(SHAPELY_32, "shapely"),
    Published("msvc_runtime-14.51.36231-cp312-cp312-win_arm64.whl", ""),
)
"""For processors that Wine has no DLLs for here. The last is Microsoft's runtime: its module needs two of the DLLs."""


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone afterwards: what is installed is large."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


Repaired = Callable[[Published], tuple[Undone, Path]]


@pytest.fixture(scope="session")
def taken_apart(shared: Path, corpus: Corpus) -> Repaired:
    """What is left of a published wheel without its DLLs, and what truewheel makes of that; once in a run."""

    def make(subject: Published) -> tuple[Undone, Path]:
        folder = shared / f"undone-{subject}"
        once(folder, lambda target: _undo_and_repair(corpus(subject.file), target, subject))
        return Undone.kept(folder), next((folder / "out").glob("*.whl"))

    return make


def _undo_and_repair(wheel: Path, folder: Path, subject: Published) -> None:
    undone = undo(wheel, folder, only=subject.only)
    outcome = truewheel(undone.wheel, folder / "out", undone.lacking)
    assert outcome.status == 0, outcome.said


def own_name(name: str) -> str:
    """What a DLL was called before a repair gave it a hash, in lower case."""
    return _HASH.sub("", name.rpartition("/")[2].lower())


def code_of(data: bytes) -> str:
    """What no repair touches: the sections with code."""
    image = pefile.PE(data=data, fast_load=True)
    sections = [s.get_data() for s in image.sections if s.Characteristics & 0x20]
    assert sections
    return hashlib.sha256(b"".join(sections)).hexdigest()


def loads(site: Path, roots: list[str], only: str) -> set[tuple[str, str]]:
    """Who loads whom when modules are imported, by names of old; what isn't found in the wheel has no path.

    Looked up as Windows does for an extension module: in its folder, then where the ``__init__.py`` leads.
    """
    found: set[tuple[str, str]] = set()
    for root in roots:
        folders = [(site / root).parent, *led(site, root, only).folders]
        pending, seen = [site / root], set[Path]()
        while pending:
            asker = pending.pop()
            if asker in seen:
                continue
            seen.add(asker)
            for name in imports(asker.read_bytes()):
                here = next((folder / name for folder in folders if (folder / name).exists()), None)
                found.add((own_name(asker.name), own_name(name) if here else f"outside: {name}"))
                pending += [here] if here else []
    return found


def modules_of(wheel: Path) -> list[str]:
    """The extension modules, sorted by where they are."""
    return sorted(name for name in members(wheel) if name.endswith(".pyd"))


@pytest.mark.parametrize("subject", [*SUBJECTS, *PARSED], ids=str)
def test_the_same_dlls_as_published(subject: Published, taken_apart: Repaired, corpus: Corpus) -> None:
    undone, wheel = taken_apart(subject)
    old, new = members(corpus(subject.file)), members(wheel)
    grafts = {name: data for name, data in new.items() if name.endswith(".dll")}
    assert {name.rpartition("/")[0] for name in grafts} == {subject.home}
    theirs = {own_name(name): code_of(data) for name, data in old.items() if name.endswith(".dll")}
    ours = {own_name(name): code_of(data) for name, data in grafts.items()}
    assert ours == {name: code for name, code in theirs.items() if name in ours}
    assert ours.keys() == theirs.keys() or subject in PARSED[1:]
    lines = {name for name in new if name.endswith(".py") and b"_truewheel" in new[name]}
    assert bool(lines) is subject.patched
    untouched = members(undone.wheel)
    same = {name for name in untouched if name.endswith(".py") and new[name] == untouched[name]}
    assert same == {name for name in untouched if name.endswith(".py")} - lines


@pytest.mark.parametrize("subject", [*SUBJECTS, *PARSED[:1]], ids=str)
def test_the_same_links_as_published(subject: Published, taken_apart: Repaired, corpus: Corpus, scratch: Path) -> None:
    _, wheel = taken_apart(subject)
    roots = modules_of(wheel)
    theirs = loads(installed(corpus(subject.file), scratch / "theirs"), roots, "_delvewheel")
    ours = loads(installed(wheel, scratch / "ours"), roots, "_truewheel")
    assert ours == theirs
    assert any(not provider.startswith("outside: ") for _, provider in ours)


@pytest.mark.parametrize("subject", [*SUBJECTS, *PARSED], ids=str)
def test_what_is_not_edited_keeps_its_signature(subject: Published, taken_apart: Repaired) -> None:
    undone, wheel = taken_apart(subject)
    for name, data in members(wheel).items():
        if name.endswith(".dll") and own_name(name).startswith(("msvcp", "vcomp", "vcruntime")):
            assert data == (undone.lacking / own_name(name)).read_bytes()
            assert Reading(data).certificate[1]


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_they_load_as_published(
    subject: Published, taken_apart: Repaired, corpus: Corpus, wine: Wine, scratch: Path
) -> None:
    undone, wheel = taken_apart(subject)
    roots = modules_of(wheel)
    data = members(wheel)
    stubs = python_stubs([data[name] for name in roots], scratch / "python")
    told = {}
    for which, path, only in (
        ("lacking", undone.wheel, "_truewheel"),
        ("theirs", corpus(subject.file), "_delvewheel"),
        ("ours", wheel, "_truewheel"),
    ):
        site = installed(path, scratch / which)
        folders = dict.fromkeys(folder for root in roots for folder in led(site, root, only).folders)
        accounts = wine.load(*(site / root for root in roots), folders=folders, first=stubs)
        assert len(accounts) == len(roots)
        told[which] = [(said.error, sorted({own_name(module.name) for module in said.modules})) for said in accounts]
    assert told["ours"] == told["theirs"]
    assert {error for error, _ in told["ours"]} == {0}
    assert NOT_FOUND in {error for error, _ in told["lacking"]}


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
    assert _named(_refused(corpus(NUMPY_32), scratch)) == ["msvcp140.dll"]
    wrong = runtime(corpus(RUNTIME), scratch / "wrong", ["msvcp140.dll"])
    assert "is for amd64" in _refused(corpus(NUMPY_32), scratch, wrong).said
    right = runtime(corpus(SHAPELY_32), scratch / "right", ["msvcp140.dll"])
    made = truewheel(corpus(NUMPY_32), scratch / "out", wrong, right).wheel
    grafts = {name: data for name, data in members(made).items() if name.endswith(".dll")}
    assert [own_name(name) for name in grafts] == ["msvcp140.dll"]
    assert list(grafts.values()) == [(right / "msvcp140.dll").read_bytes()]
    roots = ["numpy/_core/_multiarray_umath.cp312-win32.pyd", "numpy/fft/_pocketfft_umath.cp312-win32.pyd"]
    links = loads(installed(made, scratch / "site"), roots, "_truewheel")
    assert {asker for asker, provider in links if provider == "msvcp140.dll"} == {
        root.rpartition("/")[2] for root in roots
    }


@pytest.mark.parametrize(
    "file",
    [
        "h5py-3.16.0-cp312-cp312-win_amd64.whl",
        "pillow-13.0.0-cp312-cp312-win_amd64.whl",
        "pyzmq-27.3.0-cp312-abi3-win_amd64.whl",
        "pyzmq-27.3.0-cp312-abi3-win_arm64.whl",
        SHAPELY,
    ],
)
def test_where_nothing_lacks_nothing_changes(file: str, corpus: Corpus, scratch: Path) -> None:
    old, new = members(corpus(file)), members(truewheel(corpus(file), scratch).wheel)
    changed = {name.rpartition("/")[2] for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert changed <= {"RECORD", "WHEEL"}
