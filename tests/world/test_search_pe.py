"""DLLs are looked for by names that are the same in any case."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.searches import found, matched, put
from truewheel.world import trees
from truewheel.world.libraries import LibrarySearch
from truewheel.world.trees import Root

tells_case = pytest.mark.skipif(os.name == "nt", reason="names of files have no case here")


def dlls(search: LibrarySearch, name: str, *, beside: Path | None = None) -> list[Path]:
    return found(search, name, beside=beside, kind="pe")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own in the place of the real one."""
    base = tmp_path / "machine"
    base.mkdir()
    monkeypatch.setattr("truewheel.world.libraries.Root", lambda path: Root(str(base) if path == "/" else path))
    return base


def test_the_order_of_the_places(tmp_path: Path, host: Path) -> None:
    root = tmp_path / "root"
    asking = put(host / "package/asking.dll")
    expected = [
        put(tmp_path / "given/Foo.DLL"),
        put(tmp_path / "ldpath/foo.dll"),
        put(host / "package/FOO.dll"),
        put(root / "bin/foo.dll"),
        put(root / "Lib/foo.dll"),
        put(root / "WINDOWS/System32/foo.dll"),
        put(root / "WINDOWS/sysWOW64/foo.dll"),
        put(tmp_path / "path/foo.dll"),
        put(tmp_path / "C/System32/foo.dll"),
        put(tmp_path / "C/SysWOW64/foo.dll"),
    ]
    put(root / "foo.dll")
    put(host / "bin/foo.dll")
    with LibrarySearch(
        [tmp_path / "given"],
        [tmp_path / "ldpath"],
        sysroot=root,
        host=True,
        environment={"PATH": f"relative{os.pathsep}{tmp_path}/path", "SYSTEMROOT": str(tmp_path / "C")},
    ) as search:
        assert dlls(search, "fOO.dll", beside=asking) == expected
        assert dlls(search, "fOO.dll") == [*expected[:2], *expected[3:]]
        assert search.searched[2:] == (f"the sysroot {root}", "PATH", "the host's folders")
    with LibrarySearch(sysroot=root, environment={"PATH": f"{tmp_path}/path"}) as search:
        assert dlls(search, "foo.dll", beside=asking) == expected[3:7], "the environment belongs to the host"
        assert search.searched == (f"the sysroot {root}",)


def test_a_run_path_means_nothing(tmp_path: Path) -> None:
    put(tmp_path / "given/run/foo.dll")
    with LibrarySearch([tmp_path / "given"]) as search:
        assert found(search, "foo.dll", str(tmp_path / "given/run"), kind="pe") == []


def test_the_folder_of_who_asks_counts_within_the_places(tmp_path: Path) -> None:
    asking, lib = put(tmp_path / "given/deep/asking.dll"), put(tmp_path / "given/deep/Lib.dll")
    stranger = put(tmp_path / "elsewhere/asking.dll")
    put(tmp_path / "elsewhere/lib.dll")
    top = put(tmp_path / "given/lib.dll")
    with LibrarySearch([tmp_path / "given"]) as search:
        assert dlls(search, "LIB.DLL", beside=asking) == [top, lib]
        assert dlls(search, "LIB.DLL", beside=stranger) == [top]
    with LibrarySearch(sysroot=tmp_path / "given") as search:
        assert dlls(search, "LIB.DLL", beside=asking) == [lib]


@tells_case
def test_of_names_that_differ_in_case_alone_the_one_spelled_alike_is_first(tmp_path: Path) -> None:
    for name in ("FOO.dll", "Foo.dll", "foo.dll"):
        put(tmp_path / name)
    with LibrarySearch([tmp_path]) as search:
        assert [path.name for path in dlls(search, "foo.dll")] == ["foo.dll", "FOO.dll", "Foo.dll"]
        assert [path.name for path in dlls(search, "fOO.dll")] == ["FOO.dll", "Foo.dll", "foo.dll"]
        assert [path.name for path in matched(search, "Foo.dll", "pe")] == ["Foo.dll"]
        assert [path.name for path in matched(search, "f*.dll", "pe")] == ["FOO.dll"], "which are one name"


def test_an_enormous_folder_still_has_what_is_spelled_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_MOST_NAMES", 0)
    lib = put(tmp_path / "foo.dll")
    with LibrarySearch([tmp_path]) as search:
        assert dlls(search, "foo.dll") == [lib]


def test_a_folder_is_listed_once(tmp_path: Path) -> None:
    with LibrarySearch([tmp_path]) as search:
        assert dlls(search, "foo.dll") == []
        put(tmp_path / "FOO.dll")
        assert matched(search, "foo.dll", "pe") != []
        if os.name != "nt":
            assert dlls(search, "foo.dll") == []


def test_what_an_include_means(tmp_path: Path) -> None:
    given, deep = put(tmp_path / "given/Plug.DLL"), put(tmp_path / "given/Plugins/Deep.dll")
    usual = put(tmp_path / "root/BIN/other.dll")
    with LibrarySearch([tmp_path / "given"], sysroot=tmp_path / "root") as search:
        assert matched(search, "plug.dll", "pe") == matched(search, "P*.dll", "pe") == [given]
        assert matched(search, "plugins/*.DLL", "pe") == [deep]
        assert matched(search, "OTHER.*", "pe") == [usual]
        assert matched(search, "gone.dll", "pe") == []


@given(name=st.text("./\\aA\0:\udcff", max_size=20) | st.text(max_size=20))
def test_nothing_that_a_file_says_is_an_error(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    with LibrarySearch([base], sysroot=base) as search:
        for beside in (None, base / "a.dll"):
            for path in dlls(search, name, beside=beside):
                assert path.is_relative_to(base.resolve())
        assert isinstance(search.matching(name, kind="pe"), tuple)
