"""Links mean what the file system makes of them, as far as that has an end and stays inside."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.archives import Item, Link, Unusable, resolved
from truewheel.errors import LimitError
from truewheel.wheel import Bytes, Limits

DEEP = "/".join("abcdefgh")


def files(*names: str) -> dict[str, Item]:
    """Files whose bytes are their names; those that end in an exclamation mark are executable."""
    return {name: Item(name, name.endswith("!"), Bytes(name.encode()), offset=7) for name in names}


def made(links: Mapping[str, str], *names: str, folders: tuple[str, ...] = (), rooted: bool = False) -> dict[str, str]:
    """Which file each name means, or in brackets why it means none."""
    placed = {name: Link(target, 100 + number) for number, (name, target) in enumerate(links.items())}
    items, unusable = resolved(files(*names), placed, folders, Limits(), rooted=rooted)
    assert [item.name for item in items] == sorted(item.name for item in items)
    assert [one.name for one in unusable] == sorted(one.name for one in unusable)
    return {item.name: bytes(item.read()).decode() for item in items} | {one.name: f"[{one.why}]" for one in unusable}


def new(links: Mapping[str, str], *names: str, folders: tuple[str, ...] = (), rooted: bool = False) -> dict[str, str]:
    """What links add to the files."""
    return {
        name: what for name, what in made(links, *names, folders=folders, rooted=rooted).items() if name not in names
    }


def test_a_link_to_a_file_is_the_file() -> None:
    own = files("bin/tool!")
    (item, link), unusable = resolved(own, {"bin/x": Link("tool!", 300)}, (), Limits())
    assert item is own["bin/tool!"]
    assert (link.name, link.executable, link.offset) == ("bin/x", True, 300)
    assert link.content is item.content
    assert unusable == ()


@pytest.mark.parametrize(
    ("links", "names", "expected"),
    [
        ({"l": "a"}, ["a"], {"l": "a"}),
        ({"l": "./a"}, ["a"], {"l": "a"}),
        ({"l": "b//c"}, ["b/c"], {"l": "b/c"}),
        ({"l": "b/../a"}, ["a", "b/c"], {"l": "a"}),
        ({"b/l": "../a"}, ["a"], {"b/l": "a"}),
        ({"l": "k", "k": "a"}, ["a"], {"l": "a", "k": "a"}),
        ({"l": "b"}, ["b/c", "b/d/e"], {"l/c": "b/c", "l/d/e": "b/d/e"}),
        ({"l": "b/"}, ["b/c"], {"l/c": "b/c"}),
        ({"l": "b/."}, ["b/c"], {"l/c": "b/c"}),
        ({"l": "d/c", "d": "b"}, ["b/c"], {"d/c": "b/c", "l": "b/c"}),
        ({"x/l": "d/../a", "x/d": "../b/c"}, ["b/c/f", "b/a"], {"x/d/f": "b/c/f", "x/l": "b/a"}),
        ({"l": "b", "b/k": "../c"}, ["b/f", "c/g"], {"l/f": "b/f", "l/k/g": "c/g", "b/k/g": "c/g"}),
        ({"l": "a:b\\c"}, ["a:b\\c"], {"l": "a:b\\c"}),
        ({"n/l": ".."}, ["a", "b/c"], {"n/l": "[it leads to a folder that it lies in]"}),
        ({"n/l": "."}, ["n/a"], {"n/l": "[it leads to a folder that it lies in]"}),
        ({"l": ".."}, ["a"], {"l": "[it leads out of the archive]"}),
        ({"b/l": "../../a"}, ["a"], {"b/l": "[it leads out of the archive]"}),
        ({"b/l": "../../b/a"}, ["b/a"], {"b/l": "[it leads out of the archive]"}),
        ({"l": "/a"}, ["a"], {"l": "[it is absolute: '/a']"}),
        ({"l": ""}, ["a"], {"l": "[it doesn't say where it leads]"}),
        ({"l": "b"}, ["a"], {"l": "[it leads to 'b', which isn't in the archive]"}),
        ({"l": "b/../a"}, ["a"], {"l": "[it leads to 'b/../a', which isn't in the archive]"}),
        ({"l": "a/"}, ["a"], {"l": "['a' on its way is a file, not a folder]"}),
        ({"l": "a/../b"}, ["a", "b"], {"l": "['a' on its way is a file, not a folder]"}),
        ({"l": "k/", "k": "a"}, ["a"], {"l": "['a' on its way is a file, not a folder]", "k": "a"}),
        ({"l": "l"}, [], {"l": "[it leads in a circle]"}),
        ({"l": "l/x"}, [], {"l": "[it leads in a circle]"}),
        (
            {"l": "k", "k": "b"},
            [],
            {
                "k": "[it leads to 'b', which isn't in the archive]",
                "l": "[it leads through 'k', and that one nowhere: it leads to 'b', which isn't in the archive]",
            },
        ),
        (
            {"k": "l", "l": "m", "m": "k"},
            [],
            {
                "k": "[it leads in a circle]",
                "l": "[it leads through 'k', and that one nowhere: it leads in a circle]",
                "m": "[it leads through 'k', and that one nowhere: it leads in a circle]",
            },
        ),
        (
            {"a/l": "../b", "b/m": "../a"},
            ["a/f", "b/g"],
            {"a/l": "[it leads to a folder that it lies in]", "b/m": "[it leads to a folder that it lies in]"},
        ),
        (
            {"x": "bin", "bin/X11": "."},
            ["bin/f"],
            {
                "x/f": "bin/f",
                "bin/X11": "[it leads to a folder that it lies in]",
                "x/X11": "[it leads to a folder that it lies in]",
            },
        ),
        ({"y": "b/X/f", "b/X": "."}, ["b/f"], {"y": "b/f", "b/X": "[it leads to a folder that it lies in]"}),
    ],
)  # fmt: skip
def test_what_links_mean(links: dict[str, str], names: list[str], expected: dict[str, str]) -> None:
    assert new(links, *names) == expected
    assert new(dict(reversed(links.items())), *reversed(names)) == expected


def test_folders_without_files() -> None:
    assert new({"l": "empty"}, "a", folders=("empty",)) == {}
    assert new({"l": "e/mpty/../../a"}, "a", folders=("e/mpty",)) == {"l": "a"}
    assert new({"l": "e/../a"}, "a", folders=("e/mpty",)) == {"l": "a"}


def test_in_a_system_of_its_own_nothing_leads_out() -> None:
    """Debian packages: ``/`` is where they are unpacked."""
    links = {
        "usr/bin/a": "/bin/b",
        "bin/b": "../../../usr/lib/c",
        "usr/bin/d": "/nowhere",
        "etc/e": "//usr//lib",
        "r": "/",
    }
    found = new(links, "usr/lib/c", rooted=True)
    assert found == {
        "usr/bin/a": "usr/lib/c",
        "bin/b": "usr/lib/c",
        "usr/bin/d": "[it leads to '/nowhere', which isn't in the archive]",
        "etc/e/c": "usr/lib/c",
        "r": "[it leads to a folder that it lies in]",
    }


# --- against the system --------------------------------------------------------------------------------------
_PARTS = st.sampled_from(["a", "b", "c"])
_NAMES = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)
_TARGETS = st.lists(st.sampled_from(["a", "b", "c", "..", "..", ".", ""]), min_size=1, max_size=4).map("/".join)
_TREES = st.dictionaries(_NAMES, st.one_of(st.just(""), _TARGETS), min_size=1, max_size=9)
"""Names with where they lead; files lead nowhere."""


def _fitting(tree: dict[str, str]) -> dict[str, str]:
    """The tree without names that would need another one as a folder, and targets that would be absolute."""
    found: dict[str, str] = {}
    for name, target in sorted(tree.items()):
        if not any(name.startswith(f"{other}/") for other in found):
            found[name] = target.lstrip("/")
    return found


def _on_disk(root: str, tree: dict[str, str]) -> None:
    for name, target in tree.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        else:
            path.write_text(name, encoding="utf-8")


class _Disk:
    """What the system finds below a folder, each link judged by realpath; folders that hold themselves are left out."""

    def __init__(self, root: str) -> None:
        self.root = Path(root).resolve()
        self.lost: set[str] = set()

    def real(self, path: Path) -> Path | None:
        """What a path leads to; None for nothing inside."""
        try:
            path.stat()  # resolve goes up from a file as well as from a folder
            found = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return found if found == self.root or self.root in found.parents else None

    def reached(self, folder: Path, seen: set[Path]) -> set[Path]:
        """All links to folders that one comes upon from a folder."""
        for here, inner, _ in os.walk(folder):
            for path in (Path(here, name) for name in inner):
                if path.is_symlink() and path not in seen and (real := self.real(path)):
                    seen.add(path)
                    self.reached(real, seen)
        return seen

    def files(self, folder: Path, prefix: str = "") -> dict[str, str]:
        """Every file and what is in it."""
        found: dict[str, str] = {}
        for path in folder.iterdir():
            name, real = f"{prefix}{path.name}", self.real(path)
            if real is None or (path.is_symlink() and real.is_dir() and path in self.reached(real, set())):
                self.lost.add(name)
            elif real.is_dir():
                found |= self.files(real, f"{name}/")
            else:
                found[name] = real.read_text(encoding="utf-8")
        return found


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@given(_TREES.map(_fitting))
def test_as_the_system_sees_them(tree: dict[str, str]) -> None:
    links = {name: target for name, target in tree.items() if target}
    names = [name for name, target in tree.items() if not target]
    with tempfile.TemporaryDirectory() as root:
        _on_disk(root, tree)
        disk = _Disk(root)
        expected = disk.files(disk.root)
        found = made(links, *names)
        assert {name: what for name, what in found.items() if what[0] != "["} == expected
        assert {name for name, what in found.items() if what[0] == "["} == disk.lost


@given(_TREES.map(_fitting), st.data())
def test_the_order_has_no_meaning(tree: dict[str, str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(list(tree)))
    links = {name: tree[name] for name in order if tree[name]}
    names = [name for name in order if not tree[name]]
    sorted_links = dict(sorted(links.items()))
    assert made(links, *names) == made(sorted_links, *sorted(names))
    assert made(links, *names, rooted=True) == made(sorted_links, *sorted(names), rooted=True)


# --- bombs ---------------------------------------------------------------------------------------------------
def test_a_chain_of_links() -> None:
    links = {f"l{number:02}": f"l{number + 1:02}" for number in range(40)} | {"l40": "a"}
    found = made(links, "a")
    assert found.pop("l00") == "[it leads through more than 40 links]"
    assert set(found.values()) == {"a"}


def test_a_chain_without_an_end_takes_no_recursion() -> None:
    links = {f"l{number:06}": f"l{number + 1:06}" for number in range(20_000)}
    assert set(made(links).values()) == {
        "[it leads to 'l020000', which isn't in the archive]",
        "[it leads through 'l019999', and that one nowhere: it leads to 'l020000', which isn't in the archive]",
    }


def test_links_that_double_each_other() -> None:
    """Each leads to a folder with two links to the next folder: more than there are atoms."""
    links = {f"f{number}/{side}": f"../f{number + 1}" for number in range(60) for side in "ab"}
    for last in (("f60/file",), ()):
        with pytest.raises(LimitError, match=r"links (to folders )?make") as caught:
            resolved(
                files(*last), {name: Link(target) for name, target in links.items()}, ("f60",), Limits(members=5_000)
            )
        assert "--max-" in caught.value.hint


def test_ways_that_double_each_other() -> None:
    """Each goes twice through the one before."""
    links = {"l0": "a", **{f"l{number}": f"l{number - 1}/../l{number - 1}" for number in range(1, 2_000)}}
    found = made(links, "a/f")
    assert found["l0/f"] == "a/f"
    assert found["l1999"].endswith("it leads through more than 40 links]")


def test_names_that_grow() -> None:
    nested = {f"a{number}/l": f"../a{number + 1}" for number in range(30)}
    with pytest.raises(LimitError, match=r"a name of [0-9]+ bytes; the limit is 30"):
        resolved(files("a30/x"), {name: Link(target) for name, target in nested.items()}, (), Limits(name_length=30))
    resolved(files("d/xy"), {"a": Link("d")}, (), Limits(name_length=4))
    with pytest.raises(LimitError, match="a name of 5 bytes; the limit is 4"):
        resolved(files("d/xyz"), {"a": Link("d")}, (), Limits(name_length=4))
    with pytest.raises(LimitError, match="leads through 11 folders; the limit is 10"):
        resolved(files("a30/x"), {name: Link(target) for name, target in nested.items()}, (), Limits(depth=10))


def test_copies_are_counted() -> None:
    links = {f"l{number}": Link("a") for number in range(10)}
    resolved(files("a/1", "a/2"), links, (), Limits(members=32))
    with pytest.raises(LimitError, match="31 files and more; the limit is 30"):
        resolved(files("a/1", "a/2"), links, (), Limits(members=30))
    resolved(files("a/1", "a/2"), links, (), Limits(total_size=66))
    with pytest.raises(LimitError, match="there are 66 bytes; the limit is 65") as caught:
        resolved(files("a/1", "a/2"), links, (), Limits(total_size=65))
    assert "--max-total-size" in caught.value.hint


def test_lost_links_say_where_they_stand() -> None:
    _, unusable = resolved({}, {"l": Link("x", 9)}, (), Limits())
    assert unusable == (Unusable("l", "it leads to 'x', which isn't in the archive", 9),)
