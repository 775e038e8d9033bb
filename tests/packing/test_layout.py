"""Each chosen file of an archive goes to one place of its own, whatever order they come in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packages import deb, npm
from tests.strategies.wheels import clash_free
from truewheel.archives import DIRECTORY, FILE, Archive, Item, Unusable, read_archive
from truewheel.errors import RequestError
from truewheel.packing.layout import Idle, Laid, lay_out
from truewheel.packing.model import Layout
from truewheel.wheel import Bytes, Limits

PE = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0"
WHEEL_DATA = "tool-1.0.data"
EMPTY: Mapping[str, str] = MappingProxyType({})

PARTS = st.sampled_from(["a", "b", "bin", "lib", "x.txt", "c-1.0", "é", "LICENSE"])
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


def archive(*names: str, form: str = "tar.gz", unusable: Sequence[Unusable] = ()) -> Archive:
    items = [Item(name, executable=False, content=Bytes(b"%d" % at), offset=at) for at, name in enumerate(names)]
    return Archive(form, "tool.tar.gz", tuple(items), tuple(unusable))


def laid(
    *names: str,
    form: str = "tar.gz",
    strip: int | None = None,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    rename: Mapping[str, str] = EMPTY,
    into: str = "",
    data: tuple[str, ...] = (),
    foreign: tuple[str, ...] = (),
) -> Laid:
    return lay_out(archive(*names, form=form), Layout(strip, include, exclude, rename, into, data, foreign))


def where_to(found: Laid) -> dict[str, str]:
    """Where each file goes, by its name in the archive."""
    return {item.name: found.place(name, WHEEL_DATA) for name, item in found.chosen.items()}


# --- strip ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "names", "stripped"),
    [
        ("tar.gz", ["package/bin/t", "package/README"], ["README", "bin/t"]),
        ("zip", ["t-1/a/b", "t-1/a/c"], ["a/b", "a/c"]),
        ("zip", ["t", "t-1/a"], ["t", "t-1/a"]),
        ("zip", ["t"], ["t"]),
        ("zip", ["a/t", "b/t"], ["a/t", "b/t"]),
        ("deb", ["usr/bin/t", "usr/share/doc/t"], ["usr/bin/t", "usr/share/doc/t"]),
        (DIRECTORY, ["a/t", "a/u"], ["a/t", "a/u"]),
    ],
)
def test_the_one_folder_of_everything_is_stripped_unless_it_means_something(
    form: str, names: list[str], stripped: list[str]
) -> None:
    found = laid(*names, form=form)
    assert list(found.stripped) == list(found.chosen) == stripped


def test_a_link_that_leads_nowhere_lies_somewhere_too() -> None:
    links = [Unusable("latest", "it leads to no file")]
    found = lay_out(archive("a/t", unusable=links), Layout(exclude=("latest",)))
    assert list(found.stripped) == ["a/t"]


@pytest.mark.parametrize("form", ["tar.gz", "deb", DIRECTORY])
def test_so_many_folders_are_stripped_as_are_asked_for(form: str) -> None:
    assert list(laid("usr/bin/v/t", "usr/lib/u", "usr/a/t", form=form, strip=2).stripped) == ["t", "u", "v/t"]


def test_a_file_with_too_few_folders_has_to_be_excluded_under_its_whole_name() -> None:
    with pytest.raises(RequestError, match=r"a/README: offset 0x1: 2 folders are to be stripped, .* in 1 folder"):
        laid("a/b/t", "a/README", strip=2)
    with pytest.raises(RequestError, match="1 folder is to be stripped, and the file is in no folder"):
        laid("a/b/t", "README", strip=1)
    found = laid("a/b/t", "a/README", strip=2, exclude=("a/README",))
    assert list(found.stripped) == ["t"]
    assert found.idle == ()


def test_a_link_with_too_few_folders_is_refused_and_excluded_like_a_file() -> None:
    there = archive("a/t", unusable=[Unusable("latest", "it leads to no file", 7)])
    with pytest.raises(RequestError, match="latest: offset 0x7: 1 folder is to be stripped"):
        lay_out(there, Layout(strip=1))
    assert list(lay_out(there, Layout(strip=1, exclude=("latest",))).chosen) == ["t"]


def test_files_that_strip_makes_one_are_refused_by_both_names_unless_they_are_excluded() -> None:
    with pytest.raises(RequestError, match=r"b/t: offset 0x1: once folders are stripped this and 'a/t' are both 't'"):
        laid("a/t", "b/t", "b/u", strip=1)
    found = laid("a/t", "b/t", "b/u", strip=1, exclude=("t",))
    assert found.stripped["t"].name == "a/t"
    assert list(found.chosen) == ["u"]
    there = archive("a/t", "a/u", unusable=[Unusable("b/t", "it leads to no file")])
    with pytest.raises(RequestError, match=r"b/t: .*'a/t' are both 't'"):
        lay_out(there, Layout(strip=1))
    assert list(lay_out(there, Layout(strip=1, exclude=("t",))).chosen) == ["u"]


def test_folders_below_nothing_are_not_stripped() -> None:
    with pytest.raises(RequestError, match="-1 folders"):
        laid("a", strip=-1)


@pytest.mark.parametrize(
    ("data", "alone", "name"),
    [
        (b"\x7fELF", "tool", "tool"),
        (PE, "tool", "tool.exe"),
        (PE, "tool.EXE", "tool.EXE"),
        (PE, "", "tool-linux-1.0"),
        (b"", "tool", "tool"),
    ],
)
def test_a_file_of_its_own_is_called_like_its_command(data: bytes, alone: str, name: str) -> None:
    items = (Item("tool-linux-1.0", executable=False, content=Bytes(data)),)
    found = lay_out(Archive(FILE, "tool-linux-1.0", items), Layout(strip=3, into="tool"), alone=alone)
    assert where_to(found) == {"tool-linux-1.0": f"tool/{name}"}


# --- include, exclude ----------------------------------------------------------------------------------------
def test_exclude_takes_from_what_include_has_chosen() -> None:
    found = laid("a/bin/t", "a/bin/u", "a/doc/t", "a/LICENSE", include=("bin", "LICENSE"), exclude=("**/u",))
    assert list(found.chosen) == ["LICENSE", "bin/t"]
    assert list(found.stripped) == ["LICENSE", "bin/t", "bin/u", "doc/t"]
    assert found.excluded("bin/u")
    assert not found.excluded("doc/t")


def test_a_link_that_leads_nowhere_is_refused_if_it_is_chosen() -> None:
    there = archive("a/bin/t", "a/lib/u", unusable=[Unusable("a/lib/v", "it leads out of the archive", 512)])
    with pytest.raises(
        RequestError, match=r"a/lib/v: offset 0x200: the link .*: it leads out of the archive"
    ) as caught:
        lay_out(there, Layout())
    assert "exclude" in caught.value.hint
    assert list(lay_out(there, Layout(include=("bin",))).chosen) == ["bin/t"]
    assert list(lay_out(there, Layout(exclude=("lib/v",))).chosen) == ["bin/t", "lib/u"]
    with pytest.raises(RequestError, match="lib/v"):
        lay_out(there, Layout(include=("lib/v",)))


def test_nothing_chosen_is_an_error_with_what_there_is() -> None:
    names = [f"a/{number:02}" for number in range(20)]
    with pytest.raises(RequestError, match=re.escape("none of its 20 files is chosen, `include` has 'bin'; they")) as e:
        laid(*names, include=("bin",))
    assert e.value.what.endswith("begin with '00', '01', '02', '03', '04', '05', '06', '07' and 12 more")
    with pytest.raises(RequestError, match=r"`exclude` has '\*\*'; they begin with 'x', 'y'$"):
        laid("a/x", "a/y", exclude=("**",))
    with pytest.raises(RequestError, match="there is no file in it"):
        laid()


def test_patterns_with_nothing_to_do_are_told() -> None:
    found = laid(
        "a/bin/t",
        "a/doc/u",
        include=("bin", "lib"),
        exclude=("bin/*.md", "doc"),
        rename={"bin/t": "t", "doc/": "", "bin/": ""},
        data=("man",),
        foreign=("doc/u",),
    )
    assert found.idle == (
        Idle("include", "lib"),
        Idle("exclude", "bin/*.md"),
        Idle("rename", "doc/"),
        Idle("rename", "bin/"),
        Idle("data", "man"),
        Idle("foreign", "doc/u"),
    )


def test_foreign_files_are_told_if_they_are_chosen() -> None:
    assert laid("a/t", "a/x/u", "a/x/v", foreign=("x",), exclude=("x/v",)).foreign == {"x/u"}


def test_patterns_for_what_is_not_chosen_have_nothing_to_do() -> None:
    found = laid("a/t", "a/u", exclude=("u",), data=("u",), foreign=("u",), rename={"u": "v"})
    assert found.idle == (Idle("rename", "u"), Idle("data", "u"), Idle("foreign", "u"))


def test_patterns_for_links_that_lead_nowhere_have_something_to_do() -> None:
    there = archive("a/bin/t", unusable=[Unusable("a/lib/v", "it leads to no file")])
    assert lay_out(there, Layout(include=("bin", "lib"), exclude=("lib/v",))).idle == ()


# --- rename, place -------------------------------------------------------------------------------------------
def test_the_longest_rename_counts() -> None:
    found = laid(
        "usr/bin/t",
        "usr/bin/u/v",
        "usr/lib/w",
        "usr/x",
        form="deb",
        rename={"usr/": "", "usr/bin/": "programs/", "usr/bin/u/v": "v", "usr/b/": "never/"},
        into="tool",
    )
    assert where_to(found) == {
        "usr/bin/t": "tool/programs/t",
        "usr/bin/u/v": "tool/v",
        "usr/lib/w": "tool/lib/w",
        "usr/x": "tool/x",
    }
    assert found.idle == (Idle("rename", "usr/b/"),)


@pytest.mark.parametrize(
    ("old", "new"), [("a", "b/"), ("a/", "b"), ("a", ""), ("", "a"), ("", "a/"), ("/", "a/"), ("a/", "/"), ("a", "/")]
)
def test_both_sides_of_a_rename_mean_a_file_or_a_folder(old: str, new: str) -> None:
    with pytest.raises(RequestError, match="can't be renamed"):
        laid("a/b", rename={old: new})


def test_data_goes_to_the_root_of_the_environment() -> None:
    found = laid("a/t", "a/man/t.1", data=("man",), rename={"man/": "share/man/man1/"}, into="tool")
    assert where_to(found) == {"a/t": "tool/t", "a/man/t.1": "tool-1.0.data/data/share/man/man1/t.1"}


def test_without_a_package_files_are_at_the_top() -> None:
    assert where_to(laid("a/t.py")) == {"a/t.py": "t.py"}


def test_two_files_never_share_a_place() -> None:
    with pytest.raises(RequestError, match="a/y: offset 0x1: this and 'a/x' would both be 'p/z'"):
        laid("a/x", "a/y", rename={"x": "z", "y": "z"}, into="p")
    found = laid("a/x", "a/y", rename={"x": "z", "y": "z"}, data=("x",), into="p")
    assert where_to(found) == {"a/x": "tool-1.0.data/data/z", "a/y": "p/z"}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("reaDme", "same file where case"),
        ("reaDMe/x", "one is a file where the other needs a folder"),
        ("a:b", "colon"),
        ("a\\b", "backslash"),
        ("aux.c", "device"),
        ("x.", "ends in a dot"),
        ("x" * 300, "300 bytes"),
        ("x/" * 120 + "x", "folders"),
        ("y/" * 600 + "y", "bytes"),
        ("a\udcff", "not UTF-8"),
        ("new\nline", "invisible"),
    ],
)
def test_names_that_some_system_would_take_otherwise_are_refused_where_they_are_chosen(name: str, problem: str) -> None:
    there = archive("a/reaDMe", f"a/{name}", "a/zero")
    with pytest.raises(RequestError, match=problem) as caught:
        lay_out(there, Layout(into="p"))
    assert caught.value.where.member == f"a/{name}"
    assert caught.value.where.offset == 1
    assert caught.value.hint
    assert where_to(lay_out(there, Layout(include=("zero",), into="p"))) == {"a/zero": "p/zero"}


@pytest.mark.parametrize("top", ["x-1.dist-info", "x.data", "X.DIST-INFO", ".data"])
def test_folders_that_mean_something_to_installers_are_refused_at_the_top_alone(top: str) -> None:
    with pytest.raises(RequestError, match="would mean something to installers") as caught:
        laid("t", f"{top}/y")
    assert caught.value.where.member == f"{top}/y"
    assert where_to(laid("t", f"{top}/y", into="p"))[f"{top}/y"] == f"p/{top}/y"
    assert where_to(laid("t", f"{top}/y", data=("*",)))[f"{top}/y"] == f"{WHEEL_DATA}/data/{top}/y"
    assert where_to(laid("t", "u.data"))["u.data"] == "u.data"


def test_longer_paths_can_be_allowed() -> None:
    there = archive("t", "x/" * 120 + "x")
    assert len(lay_out(there, Layout(), limits=Limits(depth=200)).chosen) == 2


# --- real ones -----------------------------------------------------------------------------------------------
def test_one_layout_does_for_all_packages_of_a_program() -> None:
    layout = Layout(include=("bin/esbuild", "esbuild.exe"), rename={"bin/": ""}, into="esbuild")
    for package, name, idle in [
        ("linux-x64", "bin/esbuild", "esbuild.exe"),
        ("win32-x64", "esbuild.exe", "bin/esbuild"),
    ]:
        there = read_archive(npm(f"@esbuild/{package}").read_bytes(), package)
        assert there is not None
        found = lay_out(there, layout)
        assert where_to(found) == {f"package/{name}": f"esbuild/{name.removeprefix('bin/')}"}
        assert Idle("include", idle) in found.idle
        assert {"README.md", "package.json"} < found.stripped.keys()


def test_a_debian_package_keeps_its_folders_until_they_are_stripped() -> None:
    there = read_archive(deb("ripgrep").read_bytes(), "ripgrep.deb")
    assert there is not None
    found = lay_out(there, Layout(include=("usr/bin", "usr/share/man"), rename={"usr/": ""}, data=("usr/share",)))
    assert where_to(found) == {
        "usr/bin/rg": "bin/rg",
        "usr/share/man/man1/rg.1.gz": "tool-1.0.data/data/share/man/man1/rg.1.gz",
    }
    assert list(lay_out(there, Layout(strip=2, include=("rg",))).chosen) == ["rg"]


# --- laws ----------------------------------------------------------------------------------------------------
@st.composite
def layouts(draw: st.DrawFn, names: list[str]) -> Layout:
    globs = st.lists(st.one_of(st.sampled_from(["*", "**/x.txt", "bin", "a/**", "*/b"]), st.sampled_from(names)))
    folders = sorted({f"{folder}/" for name in names for folder in map(str, PurePosixPath(name).parents)} - {"./"})
    renamed = st.dictionaries(
        st.sampled_from(folders or ["none/"]), st.sampled_from(["", "new/", "new/er/"]), max_size=3
    )
    exact = st.dictionaries(st.sampled_from(names), st.sampled_from(["one", "two/three"]), max_size=2)
    return Layout(
        strip=draw(st.sampled_from([None, 0, 0, 0, 1])),
        include=tuple(draw(st.one_of(st.just([]), globs))),
        exclude=tuple(draw(st.one_of(st.just([]), globs))),
        rename={**draw(renamed), **draw(exact)},
        into=draw(st.sampled_from(["", "pkg", "pkg/sub"])),
        data=tuple(draw(globs)),
    )


def outcome(there: Archive, layout: Layout) -> Laid | str:
    try:
        return lay_out(there, layout)
    except RequestError as error:
        return str(error)


@given(st.lists(NAMES, min_size=1, max_size=8, unique=True), st.data())
def test_every_chosen_file_is_placed_exactly_once_in_any_order(names: list[str], data: st.DataObject) -> None:
    there = archive(*clash_free(names))
    layout = data.draw(layouts([item.name for item in there.items]))
    shuffled = replace(there, items=tuple(data.draw(st.permutations(there.items))))
    found, again = outcome(there, layout), outcome(shuffled, layout)
    if isinstance(found, str) or isinstance(again, str):
        assert found == again
        return
    placed = [(name, item.name, found.place(name, WHEEL_DATA)) for name, item in found.chosen.items()]
    assert placed == [(name, item.name, again.place(name, WHEEL_DATA)) for name, item in again.chosen.items()]
    assert list(found.stripped) == list(again.stripped)
    assert found.idle == again.idle
    # Nothing comes from nowhere, nothing is lost or doubled, and no place is used twice.
    assert len({place for _, _, place in placed}) == len(placed) == len(found.places)
    assert {name for _, name, _ in placed} <= {item.name for item in there.items}
    assert all(whole == name or whole.endswith(f"/{name}") for name, whole, _ in placed)
    missing = found.stripped.keys() - found.chosen.keys()
    assert all(layout.include or found.excluded(name) for name in missing)
    assert not any(found.excluded(name) for name in found.chosen)
