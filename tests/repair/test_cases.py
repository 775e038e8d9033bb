"""What `repair` makes of small wheels: run paths, names, and that the result loads exactly what was grafted."""

from __future__ import annotations

import hashlib
import subprocess  # noqa: TID251 - what was repaired is loaded; the ban protects src
import sys
import zipfile  # noqa: TID251 - unpacked with what is not ours; the ban protects src
from pathlib import Path

import pytest

from tests.repair.anatomy import grafted, members, natives, origins
from tests.repair.building import environment, pip
from tests.repair.cases import CASES
from tests.repair.peers import truewheel
from tests.repair.workshop import Workshop

CHAINS = ("plain-chain", "rpath-chain", "runpath-chain")
GOOD = (
    *("too-low", "future", "zlib-ng", "any-platform", "absolute", "executable-stack", "both-families"),
    *(
        "static-program",
        "mixed-case",
        "comma",
        "python-library",
        *CHAINS,
        "inside",
        "out-of-reach",
        "half-inside",
        "two-packages",
    ),
    *("plain-library", "same-names", "script"),
)
REFUSED = tuple(case for case in CASES if case not in GOOD)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "shop")


def _repaired(shop: Workshop, case: str, *options: str) -> Path:
    wheel = CASES[case](shop)
    return truewheel(wheel, shop.folder / "out", shop.outside, options=options).wheel


def _loaded(wheel: Path, member: str) -> tuple[int, set[str]]:
    """What ``func()`` of a member gives, and which files of the wheel are mapped then."""
    home = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home)
    code = f"""
import ctypes
print(ctypes.CDLL({str(home / member)!r}).func())
for line in open("/proc/self/maps"):
    if {str(home)!r} in line:
        print(line.split(None, 5)[5].strip())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value, *mapped = done.stdout.splitlines()
    return int(value), {str(Path(path).relative_to(home)) for path in mapped}


@pytest.mark.parametrize("case", CHAINS)
def test_a_chain_is_grafted_to_its_end(case: str, shop: Workshop) -> None:
    wheel = _repaired(shop, case)
    first, second = grafted(wheel)
    read = natives(wheel)
    paths = [read[name].search for name in ("probe/native.so", first, second)]
    assert paths == ["$ORIGIN/../probe.libs", "$ORIGIN", ""]
    assert [Path(first).name, Path(second).name] == [read[first].soname, read[second].soname]
    assert str(shop.outside).encode() not in b"".join(members(wheel).values())
    assert _loaded(wheel, "probe/native.so") == (11, {"probe/native.so", first, second})


def test_names_carry_the_hash_of_the_original(shop: Workshop) -> None:
    wheel = _repaired(shop, "plain-chain")
    files = [shop.outside / "liba.so", shop.outside / "libb.so"]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in files]
    assert origins(wheel) == set(hashes)
    assert grafted(wheel) == (f"probe.libs/liba-{hashes[0]}.so", f"probe.libs/libb-{hashes[1]}.so")


def test_what_is_inside_stays(shop: Workshop) -> None:
    wheel = _repaired(shop, "inside")
    before, after = members(shop.folder / "probe-1.0-py3-none-linux_x86_64.whl"), members(wheel)
    info = ("probe-1.0.dist-info/WHEEL", "probe-1.0.dist-info/RECORD")
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set(info)
    assert _loaded(wheel, "probe/native.so") == (11, {"probe/native.so", "probe/liba.so", "probe/libb.so"})


def test_what_is_out_of_reach_is_led_to(shop: Workshop) -> None:
    wheel = _repaired(shop, "out-of-reach")
    assert not grafted(wheel)
    mapped = {"probe/native.so", "probe/lib/liba.so", "probe/lib/libb.so"}
    assert _loaded(wheel, "probe/native.so") == (11, mapped)


def test_what_is_half_inside_is_completed(shop: Workshop) -> None:
    wheel = _repaired(shop, "half-inside")
    (second,) = grafted(wheel)
    internal = natives(wheel)["probe/internal/liba.so"]
    assert internal.search == "$ORIGIN/../../probe.libs"
    assert _loaded(wheel, "probe/native.so") == (11, {"probe/native.so", "probe/internal/liba.so", second})


def test_two_packages_share_a_graft(shop: Workshop) -> None:
    wheel = _repaired(shop, "two-packages")
    read = natives(wheel)
    paths = {name: read[name].search for name in ("probe/native.so", "other/deep/native.so")}
    assert paths == {"probe/native.so": "$ORIGIN/../probe.libs", "other/deep/native.so": "$ORIGIN/../../probe.libs"}
    assert _loaded(wheel, "other/deep/native.so") == (11, {"other/deep/native.so", *grafted(wheel)})


def test_a_library_of_the_wheel_finds_the_graft(shop: Workshop) -> None:
    wheel = _repaired(shop, "plain-library")
    own = natives(wheel)["probe/lib/libown.so"]
    assert "$ORIGIN/../../probe.libs" in own.search.split(":")
    mapped = {"probe/native.so", "probe/lib/libown.so", *grafted(wheel)}
    assert _loaded(wheel, "probe/native.so") == (11, mapped)


def test_libraries_of_one_name_stay_apart(shop: Workshop) -> None:
    wheel = _repaired(shop, "same-names")
    (second,) = grafted(wheel)
    assert _loaded(wheel, "probe/left/native.so") == (1, {"probe/left/native.so", "probe/left/libsame.so", second})
    assert _loaded(wheel, "probe/right/native.so") == (2, {"probe/right/native.so", "probe/right/libsame.so"})


def test_a_script_finds_the_graft(shop: Workshop) -> None:
    wheel = _repaired(shop, "script")
    python = environment(shop.folder / "env")
    pip(python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    assert subprocess.run([python.with_name("tool")], check=False).returncode == 11
    for library in shop.outside.iterdir():
        library.unlink()
    assert subprocess.run([python.with_name("tool")], check=False).returncode == 11


def test_libpython_is_dropped(shop: Workshop) -> None:
    wheel = _repaired(shop, "python-library")
    assert not grafted(wheel)
    assert natives(wheel)["probe/native.cpython-311-x86_64-linux-gnu.so"].needed == ("libc.so.6",)


def test_a_build_path_goes(shop: Workshop) -> None:
    wheel = _repaired(shop, "absolute")
    read = natives(wheel)["probe/native.so"]
    assert (read.rpath, read.runpath) == ("", "")
    assert b"/home/builder" not in members(wheel)["probe/native.so"]


def test_an_executable_stack_goes_unless_kept(shop: Workshop) -> None:
    assert not natives(_repaired(shop, "executable-stack"))["probe/native.so"].executable_stack


def test_an_executable_stack_is_kept_on_demand(shop: Workshop) -> None:
    wheel = _repaired(shop, "executable-stack", "--keep-exec-stack")
    assert natives(wheel)["probe/native.so"].executable_stack


def test_an_exclusion_takes_what_only_it_needs(shop: Workshop) -> None:
    wheel = _repaired(shop, "plain-chain", "--exclude", "liba.so")
    assert not grafted(wheel)
    assert "liba.so" in natives(wheel)["probe/native.so"].needed


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_left_where_it_fails(case: str, shop: Workshop) -> None:
    outcome = truewheel(CASES[case](shop), shop.folder / "out", shop.outside)
    assert outcome.status == 2
    assert not [path for path in (shop.folder / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("missing", ("liblost.so.1", "probe/native.so")),
        ("processor", ("x86-64-v3", "probe/native.so")),
        ("private-zlib", ("inflate_table", "libz.so.1", "probe/native.so")),
        ("pyfpe", ("PyFPE_jbuf", "probe/native")),
        ("unlisted", ("RECORD", "probe/native.so")),
        ("link", ("symbolic link", "probe/link.so")),
    ],
)
def test_refusals_name_what_offends(case: str, words: tuple[str, ...], shop: Workshop) -> None:
    said = truewheel(CASES[case](shop), shop.folder / "out", shop.outside).said
    assert not [word for word in words if word not in said], said


@pytest.mark.parametrize("case", GOOD)
def test_repairing_again_changes_nothing(case: str, shop: Workshop) -> None:
    wheel = _repaired(shop, case)
    again = truewheel(wheel, shop.folder / "again").wheel
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())
