"""The folder for grafts: the one that delocate would choose, wherever a wheel keeps its packages."""

from __future__ import annotations

import pytest

from tests.ops.fakes import wheel_of
from truewheel.ops.macho_places import Folder, folder_for_grafts, loader_way

TAGS = "cp312-cp312-macosx_11_0_arm64.whl"


def folder(*members: str, name: str = "My_Pkg-1.0", suffix: str | None = None) -> Folder:
    return folder_for_grafts(wheel_of(dict.fromkeys(members, b""), f"{name}-{TAGS}"), suffix)


@pytest.mark.parametrize(
    ("members", "place"),
    [
        (("my_pkg/__init__.py", "a/__init__.py"), "my_pkg/.dylibs"),
        (("My.Pkg/__init__.py", "a/__init__.py"), "My.Pkg/.dylibs"),
        (("b/__init__.py", "a/__init__.py", "my_pkg/x.so"), "a/.dylibs"),
        (("x.so",), "My_Pkg.dylibs"),
        (("namespace/deep/__init__.py", "namespace/deep/x.so"), "My_Pkg.dylibs"),
        (("my_pkg.py", "x.so"), "My_Pkg.dylibs"),
    ],
)
def test_it_is_in_the_package(members: tuple[str, ...], place: str) -> None:
    assert folder(*members) == Folder(place, place)


def test_a_package_in_platlib_is_one_too() -> None:
    place = "My_Pkg-1.0.data/platlib/my_pkg/"
    assert folder(f"{place}__init__.py", "a/__init__.py") == Folder(f"{place}.dylibs", "my_pkg/.dylibs")
    assert folder(f"{place}__init__.py", "my_pkg/__init__.py") == Folder("my_pkg/.dylibs", "my_pkg/.dylibs")


@pytest.mark.parametrize("scheme", ["purelib", "data", "scripts"])
def test_what_lies_elsewhere_is_none(scheme: str) -> None:
    assert folder(f"My_Pkg-1.0.data/{scheme}/my_pkg/__init__.py").member == "My_Pkg.dylibs"


def test_its_name_may_be_another() -> None:
    assert folder("my_pkg/__init__.py", suffix=".libs").member == "my_pkg/.libs"
    assert folder(suffix="_libs").member == "My_Pkg_libs"


@pytest.mark.parametrize(
    ("start", "goal", "way"),
    [
        ("pkg", "pkg/.dylibs", "@loader_path/.dylibs"),
        ("", "pkg/.dylibs", "@loader_path/pkg/.dylibs"),
        ("pkg/a/b", "pkg/.dylibs", "@loader_path/../../.dylibs"),
        ("pkg/.dylibs", "pkg/.dylibs", "@loader_path"),
    ],
)
def test_the_way_there(start: str, goal: str, way: str) -> None:
    assert loader_way(start, goal) == way
