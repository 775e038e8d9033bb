"""Where libraries are looked for, in which order, and what is never opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.world import places
from truewheel.world.libraries import LibrarySearch
from truewheel.world.mapped import MappedLibrary
from truewheel.world.trees import Root

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
NAME = "libx.so.1"


def put(path: Path, data: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data or str(path).encode())
    return path.resolve()


def found(search: LibrarySearch, name: str = NAME, *run_paths: str, beside: LibraryFile | None = None) -> list[Path]:
    return [Path(file.path) for file in search.candidates(name, run_paths, beside)]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own in the place of the real one."""
    base = tmp_path / "machine"
    (base / "usr/lib").mkdir(parents=True)
    monkeypatch.setattr("truewheel.world.libraries.Root", lambda path: Root(str(base) if path == "/" else path))
    return base


def test_the_order_of_the_places(tmp_path: Path, host: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/ld.so.conf").write_bytes(b"/opt/configured\n")
    expected = [
        put(tmp_path / "second" / NAME),
        put(tmp_path / "first" / NAME),
        put(tmp_path / "ldpath" / NAME),
        put(tmp_path / "first/below" / NAME),
        put(root / "asked" / NAME),
        put(root / "opt/configured" / NAME),
        put(root / "usr/lib" / NAME),
        put(host / "asked" / NAME),
        put(tmp_path / "loader path" / NAME),
        put(host / "usr/lib" / NAME),
    ]
    with LibrarySearch(
        [tmp_path / "second", tmp_path / "first"],
        [tmp_path / "ldpath", tmp_path / "gone"],
        sysroot=root,
        host=True,
        environment={"LD_LIBRARY_PATH": f":$ORIGIN;{tmp_path}/loader path;relative"},
    ) as search:
        protocol: Libraries = search
        assert [
            Path(file.path) for file in protocol.candidates(NAME, ("/asked", f"{tmp_path}/first/below"))
        ] == expected
        assert search.searched == (
            f"-L {tmp_path / 'second'}",
            f"-L {tmp_path / 'first'}",
            f"--ldpaths {tmp_path / 'ldpath'}",
            f"--ldpaths {tmp_path / 'gone'} (no such folder)",
            f"the sysroot {root}",
            "LD_LIBRARY_PATH",
            "the host's folders",
        )
    with LibrarySearch(sysroot=root, environment={"LD_LIBRARY_PATH": f"{tmp_path}/loader path"}) as search:
        assert found(search, NAME, "/asked") == expected[4:7], "the environment belongs to the host"
    with LibrarySearch() as search:
        assert found(search, NAME, f"{tmp_path}/first", "/asked") == []
        assert search.searched == ()


def test_the_real_host_is_a_system_like_others() -> None:
    with LibrarySearch(host=True) as search:
        assert search.searched == ("the host's folders",)
        assert found(search, "lib-that-nobody-has.so") == []


@pytest.mark.parametrize("origin", ["$ORIGIN", "${ORIGIN}"])
@pytest.mark.parametrize("token", ["$LIB", "${LIB}"])
def test_tokens_of_run_paths(tmp_path: Path, origin: str, token: str) -> None:
    asking = put(tmp_path / "deps/lib/liba.so")
    below = put(tmp_path / "deps/lib/private" / NAME)
    wide, narrow = put(tmp_path / "deps/x/lib64" / NAME), put(tmp_path / "deps/x/lib" / NAME)
    put(tmp_path / "elsewhere" / NAME)
    with LibrarySearch([tmp_path / "deps"]) as search:
        beside = MappedLibrary(str(asking))
        assert found(search, NAME, f"{origin}/private", beside=beside) == [below]
        assert found(search, NAME, f"{origin}/../x/{token}", beside=beside) == [wide, narrow]
        assert found(search, NAME, f"{tmp_path}/deps/x/{token}") == [wide, narrow]
        assert found(search, NAME, f"{origin}/private") == [], "a member's origin leads nowhere outside"
        assert found(search, NAME, f"{origin}/../../elsewhere", beside=beside) == []
        for entry in ("", "private", "$ORIGINAL/private", f"{origin}x/private", f"{origin}/$PLATFORM", "$PLATFORM/x"):
            assert found(search, NAME, entry, f"{tmp_path}/elsewhere", beside=beside) == []


def test_run_paths_in_a_sysroot(tmp_path: Path) -> None:
    asking = put(tmp_path / "root/opt/a/lib/liba.so")
    beside_it, absolute = put(tmp_path / "root/opt/a/other" / NAME), put(tmp_path / "root/opt/b" / NAME)
    put(tmp_path / "outside" / NAME)
    with LibrarySearch(sysroot=tmp_path / "root") as search:
        beside = MappedLibrary(str(asking))
        assert found(search, NAME, "$ORIGIN/../other", "/opt/b", beside=beside) == [beside_it, absolute]
        assert found(search, NAME, "/opt/b/", "/opt/./b", "/opt/a/../b") == [absolute], "each file once"
        assert found(search, NAME, "$ORIGIN/../../../../outside", f"{tmp_path}/outside", beside=beside) == []
        stranger = MappedLibrary(str(put(tmp_path / "outside/liba.so")))
        assert found(search, NAME, "$ORIGIN", "$ORIGIN/../root/opt/b", beside=stranger) == []


def test_a_name_with_a_slash_is_a_path(tmp_path: Path) -> None:
    given = put(tmp_path / "deps/lib" / NAME)
    inside = put(tmp_path / "root/opt" / NAME)
    put(tmp_path / "root/usr/lib" / NAME)
    put(tmp_path / "outside" / NAME)
    top = put(tmp_path / "root/liby.so")
    with LibrarySearch([tmp_path / "deps"], sysroot=tmp_path / "root") as search:
        assert found(search, f"{tmp_path}/deps/lib/{NAME}") == [given]
        assert found(search, f"/opt/{NAME}", "/usr/lib") == [inside]
        assert found(search, f"$ORIGIN/{NAME}", beside=MappedLibrary(str(given))) == [given]
        assert found(search, "/liby.so") == [top]
        for name in (f"opt/{NAME}", f"./{NAME}", f"../lib/{NAME}", f"{tmp_path}/outside/{NAME}"):
            assert found(search, name, "/opt", f"{tmp_path}/deps/lib") == []


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a\0b", "x" * 300, "/" * 5000, "lib/", "\udcff\ud800", "/\0/a"])
def test_names_that_no_library_has(tmp_path: Path, name: str) -> None:
    with LibrarySearch([tmp_path], sysroot=tmp_path) as search:
        assert found(search, name, "/", "a\0b", "/\0", "/" * 5000, "/\ud800", str(tmp_path)) == []
        assert search.matching(name) == ()


def test_of_a_run_path_without_measure_the_first_part_counts(tmp_path: Path) -> None:
    put(tmp_path / "last" / NAME)
    with LibrarySearch(sysroot=tmp_path) as search:
        many = [f"/{number}" for number in range(places._MOST_ENTRIES)]
        assert found(search, NAME, *many[1:], "/last")
        assert not found(search, NAME, *many, "/last")


@needs_links
def test_links(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "libx.so.1.0")
    real = put(tmp_path / "root/usr/lib/libx.so.1.0")
    for folder in ("deps", "root/deps"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / NAME).symlink_to("/usr/lib/libx.so.1.0" if folder != "deps" else outside)
    (tmp_path / "root/lib").symlink_to("usr/lib")
    (tmp_path / "root/usr/lib" / NAME).symlink_to("/lib/libx.so.1.0")
    (tmp_path / "root/usr/lib/libout.so").symlink_to(f"../../../../../../../../..{outside}")
    (tmp_path / "root/usr/lib/libloop.so").symlink_to("libloop.so")
    with LibrarySearch([tmp_path / "deps", tmp_path / "root/deps"], sysroot=tmp_path / "root") as search:
        assert found(search, NAME) == [outside, real], "resolved, and each file once"
        assert found(search, "libout.so") == found(search, "libloop.so") == []
    with LibrarySearch([tmp_path / "root/usr/lib"]) as search:
        assert found(search, "libout.so") == [outside], "links of a folder that was given are ordinary ones"


@needs_links
def test_a_run_path_may_reach_a_given_folder_by_a_link(tmp_path: Path) -> None:
    real = put(tmp_path / "deps/lib" / NAME)
    (tmp_path / "link").symlink_to("deps")
    with LibrarySearch([tmp_path / "deps"]) as search:
        assert found(search, NAME, f"{tmp_path}/link/lib") == [real]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_is_called_like_a_library_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    (tmp_path / "libdir.so").mkdir()
    with LibrarySearch([tmp_path], sysroot=tmp_path) as search:
        assert found(search, NAME, "/") == found(search, "libdir.so") == []
        assert search.matching("*.so*") == search.matching(str(tmp_path / NAME)) == ()


def test_hwcaps_are_passed_by(tmp_path: Path) -> None:
    put(tmp_path / "usr/lib/glibc-hwcaps/x86-64-v3" / NAME)
    with LibrarySearch([tmp_path / "usr/lib"], sysroot=tmp_path) as search:
        assert found(search) == []


def test_files_are_mapped_once_and_until_the_end(tmp_path: Path) -> None:
    put(tmp_path / NAME, b"data")
    put(tmp_path / "held", b"held")
    (tmp_path / "empty").write_bytes(b"")
    with LibrarySearch([tmp_path]) as search:
        file = next(search.candidates(NAME))
        assert bytes(file.data) == b"data"
        assert next(search.candidates(NAME)) is file is search.matching(NAME)[0]
        assert next(search.candidates("empty")).data == b""
        view = memoryview(next(search.candidates("held")).data)
    with pytest.raises(ValueError, match="closed"):
        len(file.data)
    assert bytes(view) == b"held", "whoever still holds a view keeps the file"
    view.release()


def test_what_can_not_be_read_is_passed_over_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = put(tmp_path / "a" / NAME), put(tmp_path / "b" / NAME)
    opened = open

    def refusing(path: str, mode: str) -> object:
        if path == str(bad):
            raise PermissionError(13, "Permission denied")
        return opened(path, mode)

    with LibrarySearch([tmp_path / "a", tmp_path / "b"]) as search:
        monkeypatch.setattr("builtins.open", refusing)
        assert found(search) == found(search) == [good]
        assert search.searched[2:] == (f"{bad}: can't be read: Permission denied",)
        with pytest.raises(RequestError, match="can't be read"):
            len(search.matching(str(bad))[0].data)


@pytest.mark.parametrize("option", ["-L", "--sysroot"])
def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, option: str) -> None:
    for path, message in ((tmp_path / "gone", "no such folder"), (put(tmp_path / "file"), "is a file")):
        with pytest.raises(RequestError, match=message) as caught:
            LibrarySearch([path]) if option == "-L" else LibrarySearch(sysroot=path)
        assert option in caught.value.what
        assert caught.value.where.file == str(path)
        assert not caught.value.hint


def test_the_other_meaning_of_a_letter_is_explained() -> None:
    with pytest.raises(RequestError) as caught:
        LibrarySearch([Path(".libs")])
    assert "--lib-sdir" in caught.value.hint


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LibrarySearch]:
    for name in (
        *("deps/plug.so", "deps/modules/legacy.so", "ldpath/plug.so", "ldpath/other.so", "here/local.so"),
        *("root/usr/lib/plug.so", "root/usr/lib/modules/fips.so", "root/usr/lib/modules/legacy.so", "root/opt/plug.so"),
    ):
        put(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with LibrarySearch([tmp_path / "deps"], [tmp_path / "ldpath"], sysroot=tmp_path / "root") as search:
        yield search


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("here/local.so", ["here/local.so"]),
        ("here/*.so", ["here/local.so"]),
        ("local.so", []),
        ("plug.so", ["deps/plug.so"]),
        ("p*.so", ["deps/plug.so"]),
        ("*.so", ["deps/plug.so", "ldpath/other.so"]),
        ("modules/*.so", ["deps/modules/legacy.so", "root/usr/lib/modules/fips.so"]),
        ("/opt/plug.so", ["root/opt/plug.so"]),
        ("/*/plug.so", ["root/opt/plug.so"]),
        ("../outside.so", []),
        ("nothing*", []),
        ("modules", []),
        ("/nothing/*", []),
        ("/", []),
        ("/etc", []),
    ],
)
def test_what_an_include_means(plugins: LibrarySearch, tmp_path: Path, pattern: str, expected: list[str]) -> None:
    assert [Path(file.path) for file in plugins.matching(pattern)] == [(tmp_path / name).resolve() for name in expected]


def test_an_absolute_path_is_one_of_this_machine_where_the_sysroot_has_none(
    plugins: LibrarySearch, tmp_path: Path
) -> None:
    path = tmp_path / "here" / "local.so"
    assert [Path(file.path) for file in plugins.matching(str(path))] == [path.resolve()]
    assert [Path(file.path) for file in plugins.matching(f"{path.parent}/*.so")] == [path.resolve()]


@given(
    name=st.text(max_size=40) | st.text("./ab\0$*[", max_size=20),
    run_paths=st.lists(st.text("/.$ORIGNLIB{}\0\udcffx", max_size=30), max_size=4),
)
def test_nothing_that_a_file_says_is_an_error(
    name: str, run_paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp()
    with LibrarySearch([base], sysroot=base) as search:
        for beside in (None, MappedLibrary(str(base / "liba.so"))):
            for file in search.candidates(name, tuple(run_paths), beside):
                assert Path(file.path).is_relative_to(base.resolve())
        assert isinstance(search.matching(name), tuple)


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.world.libraries.os.access", lambda *_: False)  # root may read everything
    with pytest.raises(RequestError, match="-L: the folder can't be read"):
        LibrarySearch([tmp_path])
