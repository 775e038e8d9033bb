"""What holds for every repair for macOS, whatever loads whom: everything is found, nothing is left to do."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.fakes import Disk, wishes
from tests.ops.mach_fakes import BOTH, MAC, mach, module, planned, repaired
from tests.strategies.macho import (
    ARM64,
    BUNDLE,
    DYLIB,
    EXECUTE,
    LAZY,
    LOAD,
    REEXPORT,
    WEAK,
    X86_64,
    Command,
    dylib,
    fat,
)
from truewheel.binary import identify, read_macho
from truewheel.binary.graph import installed_path
from truewheel.binary.macho_sign import signature_faults
from truewheel.wheel import Wheel

LIBRARIES = range(5)
KINDS = (LOAD, WEAK, REEXPORT, LAZY)


def native(wheel: Wheel) -> dict[str, bytes]:
    """The Mach-O files of a wheel, by the path that they are installed to."""
    files = {entry.name: bytes(entry.read()) for entry in wheel}
    return {installed_path(name): data for name, data in files.items() if identify(data[:64]) == "macho"}


def unmet(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """What dyld wouldn't find: a small one of its own, for paths from the loader and for a file's own run paths."""
    for path, data in files.items():
        for part in read_macho(data).slices:
            for link in part.dylibs:
                head, _, rest = link.name.partition("/")
                starts = {"@loader_path": ["@loader_path"], "@rpath": part.rpaths}.get(head, [])
                places = [
                    posixpath.join(start.replace("@loader_path", posixpath.dirname(path), 1), rest) for start in starts
                ]
                found = [files[place] for place in map(posixpath.normpath, places) if place in files]
                archs = {each.arch for each in read_macho(found[0]).slices} if found else set()
                if not link.name.startswith("/usr/lib/") and part.arch not in archs:
                    yield path, link.name


def faults(files: Mapping[str, bytes]) -> list[str]:
    """What is left of the build machine, and signatures that don't fit."""
    found = [fault.what for data in files.values() for fault in signature_faults(data)]
    for data in files.values():
        for part in read_macho(data).slices:
            found += [path for path in (*part.rpaths, part.install_name or "") if path.startswith("/")]
            found += ["twice"] * (len(set(part.rpaths)) < len(part.rpaths))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A wheel's modules, and libraries outside that load each other in every way there is; all lie in ``/o``."""
    spelled = st.sampled_from(("/o/lib{}.dylib", "@rpath/lib{}.dylib", "lib{}.dylib"))
    styles = {number: draw(spelled) for number in LIBRARIES}
    needs = st.lists(st.sampled_from(LIBRARIES), max_size=3, unique=True)

    def links(wanted: list[int], own: str | None) -> list[Command]:
        spelled = [
            styles[each] if own is None or draw(st.booleans()) else "@loader_path/lib{}.dylib" for each in wanted
        ]
        kinds = st.sampled_from(KINDS)
        return [dylib(style.format(each), draw(kinds)) for each, style in zip(wanted, spelled, strict=True)]

    def file(wanted: list[int], own: str | None, rpaths: list[str]) -> bytes:
        made = links(wanted, own)
        filetype = BUNDLE if own is None else DYLIB
        return fat(
            *(mach(*made, id=own, rpaths=rpaths, cpu=cpu, filetype=filetype) for cpu in (ARM64, X86_64)), align=14
        )

    rpaths = st.lists(st.sampled_from(("/o", "@loader_path", "/opt", "@loader_path/../x")), max_size=3)
    outside = {
        f"/o/lib{number}.dylib": file(draw(needs), styles[number].format(number), draw(rpaths)) for number in LIBRARIES
    }
    places = st.sampled_from(("pkg/a.so", "pkg/b/c.so", "d.so", "pkg-1.0.data/platlib/pkg/e.so"))
    members = {place: file(draw(needs), None, draw(rpaths)) for place in draw(st.sets(places, min_size=1))}
    return members, outside


@given(worlds())
def test_everything_is_found_and_nothing_is_left_to_do(world: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    members, outside = world
    disk = Disk(outside, folders=("/o",))
    wheel = repaired(members, disk, name=BOTH)
    files = native(wheel)
    assert list(unmet(files)) == []
    assert faults(files) == []
    again = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
    assert not planned(again, name=BOTH)


PATH = "/o/libfoo.1.dylib"
FOO = mach("@rpath/libbar.dylib", id=PATH, rpaths=["/o"])
OUTSIDE = {PATH: FOO, "/o/libbar.dylib": mach(id="@rpath/libbar.dylib")}


@pytest.mark.parametrize(
    "files",
    [
        {"pkg/_x.so": module(PATH, rpaths=["/o", "/o"])},
        {"_x.so": module(PATH)},
        {"pkg-1.0.data/platlib/pkg/__init__.py": b"", "pkg-1.0.data/platlib/pkg/_x.so": module(PATH)},
        {"pkg-1.0.data/platlib/_x.so": module(PATH), "pkg/_y.so": module("@rpath/libbar.dylib", rpaths=["/o"])},
        {"pkg-1.0.data/scripts/app": mach(PATH, filetype=EXECUTE), "pkg/_x.so": module(PATH)},
        {"pkg/_x.so": module(PATH, room=16), "pkg/deep/down/_y.so": module(PATH, room=48)},
        {"pkg/_x.so": module(PATH, "/b/libown.dylib"), "pkg/lib/libown.dylib": mach(PATH, id="/b/libown.dylib")},
        {"pkg/_x.so": module(PATH, signed=b""), "pkg/_y.so": module(signed=b"")},
    ],
)
def test_wherever_it_lies(files: Mapping[str, bytes]) -> None:
    wheel = repaired(files, Disk(OUTSIDE, folders=()))
    assert list(unmet(native(wheel))) == []
    assert faults(native(wheel)) == []
    again = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
    made = planned(again, Disk(OUTSIDE, folders=()), name=MAC)
    assert not made
    assert made.findings == ()


def test_what_is_excluded_stays_so() -> None:
    wanted = wishes(exclude=("libbar*",))
    wheel = repaired({"pkg/_x.so": module(PATH)}, OUTSIDE, wanted)
    again = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
    assert not planned(again, OUTSIDE, wanted)
