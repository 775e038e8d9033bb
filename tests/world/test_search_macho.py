"""Libraries are looked for as dyld does, as far as that is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.searches import found, matched, put
from truewheel.errors import RequestError
from truewheel.world.libraries import LibrarySearch
from truewheel.world.trees import Root

NAME = "libx.1.dylib"
FRAMEWORK = "QtCore.framework/Versions/A/QtCore"


def mach(search: LibrarySearch, name: str, *run_paths: str, beside: Path | None = None) -> list[Path]:
    return found(search, name, *run_paths, beside=beside, kind="macho")


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Mac of our own in the place of the host."""
    base = tmp_path / "mac"
    base.mkdir()
    monkeypatch.setattr("truewheel.world.libraries.Root", lambda path: Root(str(base) if path == "/" else path))
    return base


def test_the_order_of_the_places(tmp_path: Path, mac: Path) -> None:
    root = tmp_path / "root"
    expected = [
        put(tmp_path / "given/below" / NAME),  # of two with one name in given folders, the one that is meant
        put(tmp_path / "given" / NAME),
        put(tmp_path / "ldpath" / NAME),
        put(tmp_path / "app/Frameworks" / NAME),
        put(root / "opt/lib" / NAME),
        put(root / "usr/local/lib" / NAME),
        put(root / "usr/lib" / NAME),
        put(tmp_path / "first" / NAME),
        put(mac / "opt/lib" / NAME),
        put(tmp_path / "last" / NAME),
    ]
    put(mac / "usr/local/lib" / NAME)
    (tmp_path / "app/MacOS").mkdir()
    asked = ("@executable_path/../Frameworks", "/opt/lib", f"{tmp_path}/given/below", "$ORIGIN", "lib", "", "@rpath")
    with LibrarySearch(
        [tmp_path / "given"],
        [tmp_path / "ldpath"],
        sysroot=root,
        host=True,
        environment={
            "DYLD_LIBRARY_PATH": f"{tmp_path}/first::relative",
            "DYLD_FALLBACK_LIBRARY_PATH": f"{tmp_path}/last",
            "DYLD_FALLBACK_FRAMEWORK_PATH": f"{tmp_path}/given",
            "LD_LIBRARY_PATH": f"{tmp_path}/given/below",
        },
        executable_path=tmp_path / "app/MacOS",
    ) as search:
        assert mach(search, NAME, *asked) == expected
        assert search.searched == (
            f"-L {tmp_path / 'given'}",
            f"--ldpaths {tmp_path / 'ldpath'}",
            f"--executable-path {tmp_path / 'app/MacOS'}",
            f"the sysroot {root}",
            "DYLD_LIBRARY_PATH",
            "DYLD_FALLBACK_FRAMEWORK_PATH",
            "DYLD_FALLBACK_LIBRARY_PATH",
            "the host's folders",
        )
    with LibrarySearch(host=True) as search:
        assert mach(search, NAME, *asked) == [expected[8], mac / "usr/local/lib" / NAME]
        assert search.searched == ("the host's folders",)
    with LibrarySearch([tmp_path / "given"]) as search:
        assert mach(search, NAME, *asked) == [expected[0], expected[1]]


def test_no_configuration_of_linux_counts(tmp_path: Path) -> None:
    put(tmp_path / "opt/configured" / NAME)
    put(tmp_path / "lib" / NAME)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.conf").write_bytes(b"/opt/configured\n")
    with LibrarySearch(sysroot=tmp_path) as search:
        assert mach(search, NAME) == []


def test_the_folder_of_who_asks(tmp_path: Path) -> None:
    asking, sibling = put(tmp_path / "deps/lib/liba.dylib"), put(tmp_path / "deps/other" / NAME)
    inside, stranger = put(tmp_path / "root/opt/a/liba.dylib"), put(tmp_path / "elsewhere/liba.dylib")
    lib = put(tmp_path / "root/opt" / NAME)
    put(tmp_path / "elsewhere" / NAME)
    with LibrarySearch([tmp_path / "deps"], sysroot=tmp_path / "root") as search:
        assert mach(search, NAME, "@loader_path/../other", beside=asking) == [sibling]
        assert mach(search, NAME, "@loader_path/../../elsewhere", beside=asking) == []
        assert mach(search, NAME, "@loader_path/..", beside=inside) == [lib]
        assert mach(search, NAME, "@loader_path", beside=stranger) == []
        assert mach(search, NAME, "@loader_path/../other") == [], "a member's folder leads nowhere outside"
        assert mach(search, NAME, "@loader_pathx/../other", "@executable_path/../other", beside=asking) == []


def test_a_framework_is_looked_for_as_a_tree_and_then_as_a_file(tmp_path: Path, mac: Path) -> None:
    expected = [
        put(tmp_path / "first/run" / FRAMEWORK),
        put(tmp_path / "second" / FRAMEWORK),
        put(tmp_path / "first/QtCore"),
        put(tmp_path / "fallback" / FRAMEWORK),
        put(tmp_path / "libraries/QtCore"),
        put(mac / "opt" / FRAMEWORK),
        put(mac / "Library/Frameworks" / FRAMEWORK),
        put(mac / "System/Library/Frameworks" / FRAMEWORK),
        put(mac / "usr/lib/QtCore"),
    ]
    put(tmp_path / "fallback/QtCore")
    with LibrarySearch(
        [tmp_path / "first", tmp_path / "second"],
        host=True,
        environment={
            "DYLD_FRAMEWORK_PATH": f"{tmp_path}/fallback",
            "DYLD_LIBRARY_PATH": f"{tmp_path}/libraries",
        },
    ) as search:
        assert mach(search, FRAMEWORK, f"{tmp_path}/first/run", "/opt") == expected
        assert mach(search, f"deep/{FRAMEWORK}", "/") == [*expected[2:5], *expected[6:]]
        assert mach(search, "QtCore") == [expected[2], expected[4], expected[8]]


def test_part_of_a_path_belongs_to_the_entry(tmp_path: Path) -> None:
    below, beside = put(tmp_path / "root/opt/lib/sub" / NAME), put(tmp_path / "root/opt/other" / NAME)
    alone = put(tmp_path / "given" / NAME)
    with LibrarySearch([tmp_path / "given"], sysroot=tmp_path / "root") as search:
        assert mach(search, f"sub/{NAME}", "/opt/lib") == [alone, below]
        assert mach(search, f"../other/{NAME}", "/opt/lib") == [alone, beside]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_the_program_of_a_sysroot_stays_in_it(tmp_path: Path) -> None:
    (tmp_path / "root/App/MacOS").mkdir(parents=True)
    (tmp_path / "root/App/Frameworks").symlink_to("/usr/lib")
    lib = put(tmp_path / "root/usr/lib" / NAME)
    with LibrarySearch(sysroot=tmp_path / "root", executable_path=tmp_path / "root/App/MacOS") as search:
        for entry in ("@executable_path/../Frameworks", "@executable_path/../../../../usr/lib"):
            assert next(search.candidates(NAME, (entry,), kind="macho")).path == str(lib)


def test_what_an_include_means(tmp_path: Path) -> None:
    given, usual = put(tmp_path / "given" / FRAMEWORK), put(tmp_path / "root/usr/local/lib" / NAME)
    put(tmp_path / "root/lib" / NAME)
    with LibrarySearch([tmp_path / "given"], sysroot=tmp_path / "root") as search:
        assert matched(search, FRAMEWORK, "macho") == matched(search, "*.framework/*/A/QtCore", "macho") == [given]
        assert matched(search, "libx*", "macho") == [usual]
        assert matched(search, "LIBX*", "macho") == []


def test_a_program_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="--executable-path: there is no such folder"):
        LibrarySearch(executable_path=tmp_path / "gone")


@given(
    name=st.text("./abQtCore.framework\0@", max_size=40) | st.text(max_size=20),
    run_paths=st.lists(st.sampled_from(["@loader_path", "@executable_path"]) | st.text("/.@\0\udcffx", max_size=30)),
)
def test_nothing_that_a_file_says_is_an_error(
    name: str, run_paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp()
    with LibrarySearch([base], sysroot=base) as search:
        for beside in (None, base / "liba.dylib"):
            for path in mach(search, name, *run_paths, beside=beside):
                assert path.is_relative_to(base.resolve())
        assert isinstance(search.matching(name, kind="macho"), tuple)


def test_two_libraries_of_one_name_are_told_apart_by_where_files_say_they_are(tmp_path: Path) -> None:
    x, y = put(tmp_path / "x" / NAME), put(tmp_path / "y" / NAME)
    for folders in ([x.parent, y.parent], [y.parent, x.parent]):
        with LibrarySearch(folders) as search:
            assert mach(search, NAME, str(x.parent))[0] == x
            assert mach(search, NAME, str(y.parent))[0] == y
